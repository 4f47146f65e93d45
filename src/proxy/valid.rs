//! What a request must be to be sent on, beyond what hyper sees to: all that
//! another program might read as something else (RFC 9112 section 11.2).

use std::net::Ipv6Addr;

use http::{
    HeaderMap, Method, Version,
    header::{CONTENT_LENGTH, TRANSFER_ENCODING},
    request::Parts,
};

use super::failure::Failure;

/// Looks at all but Host.
///
/// # Errors
///
/// Something is malformed; the error says what, and shows none of it.
pub(super) fn check(parts: &Parts) -> Result<(), Failure> {
    check_target(parts)?;
    check_content_length(&parts.headers)?;
    match parts.version {
        Version::HTTP_2 => check_http2(parts),
        _ => Ok(()),
    }
}

/// RFC 9112 3.2: a path, or `*` for OPTIONS alone; an absolute-form target may go without one,
/// but has a scheme.
fn check_target(parts: &Parts) -> Result<(), Failure> {
    let target = parts.uri.path_and_query();
    let target = target.map_or("", |target| target.as_str());
    let has_authority = parts.uri.authority().is_some();
    if has_authority && parts.uri.scheme_str().is_none_or(str::is_empty) {
        return Err(Failure::Malformed("the target has no scheme"));
    }
    let is_absolute = has_authority && parts.version != Version::HTTP_2;
    let is_fine = target.starts_with('/')
        || target == "*" && parts.method == Method::OPTIONS
        || is_absolute && target.starts_with('?');
    match is_fine {
        true => Ok(()),
        false => Err(Failure::Malformed("the target has no path")),
    }
}

/// RFC 9110 8.6: one number. hyper does not look at one beside a Transfer-Encoding, and
/// more digits than a 64-bit number has are read differently by different programs.
fn check_content_length(headers: &HeaderMap) -> Result<(), Failure> {
    let mut lines = headers.get_all(CONTENT_LENGTH).iter();
    let Some(length) = lines.next() else {
        return Ok(());
    };
    let digits = length.as_bytes();
    let is_number = digits.iter().all(u8::is_ascii_digit) && (1..=19).contains(&digits.len());
    let is_small = || length.to_str().is_ok_and(|it| it.parse::<i64>().is_ok());
    match lines.next().is_none() && is_number && is_small() {
        true => Ok(()),
        false => Err(Failure::Malformed("the Content-Length is not valid")),
    }
}

/// RFC 9113 8.2.1 and 8.3.1, as far as the h2 library leaves it to others.
fn check_http2(parts: &Parts) -> Result<(), Failure> {
    let is_blank = |byte: Option<&u8>| matches!(byte, Some(b' ' | b'\t'));
    for (name, value) in &parts.headers {
        if !name.as_str().bytes().all(is_token_character) {
            return Err(Failure::Malformed("the name of a field is not valid"));
        }
        let value = value.as_bytes();
        if is_blank(value.first()) || is_blank(value.last()) {
            return Err(Failure::Malformed("white space surrounds a field's value"));
        }
    }
    Ok(())
}

/// Whether `host` is `uri-host [ ":" port ]` (RFC 9110 7.2, RFC 3986 3.2.2), and not empty.
pub(super) fn is_host(host: &[u8]) -> bool {
    let Ok(host) = str::from_utf8(host) else {
        return false;
    };
    let (is_host, rest) = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, rest)) => (address.parse::<Ipv6Addr>().is_ok(), rest),
        None => {
            let (name, rest) = host.split_at(host.find(':').unwrap_or(host.len()));
            (is_name(name), rest)
        }
    };
    is_host && (rest.is_empty() || rest.strip_prefix(':').is_some_and(is_port))
}

/// RFC 3986 3.2.3; it may be empty, but has to be one that exists.
fn is_port(port: &str) -> bool {
    let is_number = port.bytes().all(|byte| byte.is_ascii_digit());
    is_number && (port.is_empty() || port.parse::<u16>().is_ok())
}

/// Whether `name` is a registered name or an IPv4 address, and not empty.
fn is_name(name: &str) -> bool {
    let is_fine = |byte: u8| NAME[usize::from(byte)];
    let is_escape = |rest: &str| {
        let digits = rest.as_bytes().get(..2);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    };
    // Every request has one, and next to none an escape.
    !name.is_empty()
        && name.bytes().all(is_fine)
        && (!name.contains('%') || name.split('%').skip(1).all(is_escape))
}

/// The bytes of a registered name, `%` with them (RFC 3986 3.2.2).
const NAME: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = matches!(
            byte as u8,
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'.' | b'_' | b'~' | b'%'
                | b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'='
        );
        byte += 1;
    }
    table
};

/// RFC 9110 5.6.2.
fn is_token_character(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// Whether the length that is written leaves no room for a body that is still to come
/// (HTTP/2 allows an empty one).
pub(super) fn says_empty(headers: &HeaderMap) -> bool {
    let length = headers.get(CONTENT_LENGTH);
    !headers.contains_key(TRANSFER_ENCODING)
        && length.is_some_and(|length| length.as_bytes().iter().all(|digit| *digit == b'0'))
}
