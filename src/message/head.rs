//! What the head of a request must be, beyond what hyper sees to: nothing that
//! another program might read as something else (RFC 9112 section 11.2).

use http::{
    HeaderMap, Method, Version,
    header::{CONTENT_LENGTH, HOST, TRANSFER_ENCODING},
    request::Parts,
};
use thiserror::Error;

use super::{
    TransferCoding,
    host::{is_host, is_same_host},
    is_token_character, transfer_coding,
};

/// Why a request is not answered as it wishes. The texts go to the client and hold nothing
/// that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Unfit {
    /// It is no request, or one that others may read in another way; a 400.
    #[error("{0}")]
    Malformed(&'static str),
    /// Its body cannot be read; a 501 (RFC 9112 6.1).
    #[error("{0}")]
    TransferCoding(&'static str),
}

/// Looks at all that is not the method's or the path's: those are for whoever answers.
///
/// # Errors
///
/// Something is malformed or not supported; the error says what, and shows none of it.
pub fn check(parts: &Parts) -> Result<(), Unfit> {
    check_target(parts)?;
    check_content_length(&parts.headers)?;
    if parts.version == Version::HTTP_2 {
        check_http2(parts)?;
    }
    check_transfer_coding(&parts.headers)?;
    check_host(parts)
}

fn check_transfer_coding(headers: &HeaderMap) -> Result<(), Unfit> {
    match transfer_coding(headers) {
        TransferCoding::None | TransferCoding::Chunked => Ok(()),
        TransferCoding::Repeated => Err(Unfit::TransferCoding(
            "the transfer coding chunked is named more than once",
        )),
        TransferCoding::Other => Err(Unfit::TransferCoding(
            "only the transfer coding chunked is supported",
        )),
    }
}

/// RFC 9112 3.2: a path, or `*` for OPTIONS alone; an absolute-form target may go without one,
/// but has a scheme. CONNECT's is another, and nobody here answers it.
fn check_target(parts: &Parts) -> Result<(), Unfit> {
    if parts.method == Method::CONNECT {
        return Ok(());
    }
    let target = parts.uri.path_and_query();
    let target = target.map_or("", |target| target.as_str());
    let has_authority = parts.uri.authority().is_some();
    if has_authority && parts.uri.scheme_str().is_none_or(str::is_empty) {
        return Err(Unfit::Malformed("the target has no scheme"));
    }
    let is_absolute = has_authority && parts.version != Version::HTTP_2;
    let is_fine = target.starts_with('/')
        || target == "*" && parts.method == Method::OPTIONS
        || is_absolute && target.starts_with('?');
    match is_fine {
        true => Ok(()),
        false => Err(Unfit::Malformed("the target has no path")),
    }
}

/// RFC 9110 8.6: one number. hyper does not look at one beside a Transfer-Encoding, and
/// more digits than a 64-bit number has are read differently by different programs.
fn check_content_length(headers: &HeaderMap) -> Result<(), Unfit> {
    let Some(length) = headers.get(CONTENT_LENGTH) else {
        return Ok(());
    };
    let is_only = headers.get_all(CONTENT_LENGTH).iter().nth(1).is_none();
    let digits = length.as_bytes();
    let is_number = digits.iter().all(u8::is_ascii_digit) && (1..=19).contains(&digits.len());
    let is_small = || length.to_str().is_ok_and(|it| it.parse::<i64>().is_ok());
    match is_only && is_number && is_small() {
        true => Ok(()),
        false => Err(Unfit::Malformed("the Content-Length is not valid")),
    }
}

/// RFC 9113 8.2.1 and 8.3.1, as far as the h2 library leaves it to others.
fn check_http2(parts: &Parts) -> Result<(), Unfit> {
    let is_blank = |byte: Option<&u8>| matches!(byte, Some(b' ' | b'\t'));
    for (name, value) in &parts.headers {
        if !name.as_str().bytes().all(is_token_character) {
            return Err(Unfit::Malformed("the name of a field is not valid"));
        }
        let value = value.as_bytes();
        if is_blank(value.first()) || is_blank(value.last()) {
            return Err(Unfit::Malformed("white space surrounds a field's value"));
        }
    }
    Ok(())
}

/// RFC 9112 3.2: exactly one valid Host, empty where there is none to name; HTTP/1.0
/// does without. RFC 9113 8.3.1: in HTTP/2 `:authority` takes its place,
/// and a Host that says something else is malformed.
fn check_host(parts: &Parts) -> Result<(), Unfit> {
    let is_http2 = parts.version == Version::HTTP_2;
    let authority = parts.uri.authority();
    let mut lines = parts.headers.get_all(HOST).iter();
    match (lines.next(), lines.next()) {
        (Some(_), Some(_)) => return Err(Unfit::Malformed("there are several Host lines")),
        (Some(host), None) if !host.is_empty() && !is_host(host.as_bytes()) => {
            return Err(Unfit::Malformed("the Host line is not valid"));
        }
        (Some(host), None) if is_http2 && authority.is_some_and(|it| !is_same_host(it, host)) => {
            return Err(Unfit::Malformed("Host and :authority differ"));
        }
        (None, _) if parts.version == Version::HTTP_11 || is_http2 && authority.is_none() => {
            return Err(Unfit::Malformed("there is no Host line"));
        }
        _ => {}
    }
    // One with user information is none (RFC 9110 4.2.4).
    match authority.is_none_or(|it| is_host(it.as_str().as_bytes())) {
        true => Ok(()),
        false => Err(Unfit::Malformed("the target's host is not valid")),
    }
}

/// Whether the length that is written leaves no room for a body that is still to come
/// (HTTP/2 allows an empty one).
pub fn says_empty(headers: &HeaderMap) -> bool {
    let length = headers.get(CONTENT_LENGTH);
    !headers.contains_key(TRANSFER_ENCODING)
        && length.is_some_and(|length| length.as_bytes().iter().all(|digit| *digit == b'0'))
}
