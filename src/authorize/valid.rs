//! What a request must be to be answered, beyond what hyper sees to.

use http::{
    HeaderMap, HeaderValue, Version,
    header::{HOST, TRANSFER_ENCODING},
    request::Parts,
    uri::Authority,
};

use super::refusal::Refusal;

/// # Errors
///
/// Something is malformed; the error says what, and shows none of it.
pub(super) fn check(parts: &Parts) -> Result<(), Refusal> {
    check_host(parts)?;
    check_transfer_coding(&parts.headers)
}

/// RFC 9112 3.2: exactly one valid Host, which HTTP/1.0 may leave out, and HTTP/2 for
/// `:authority`.
fn check_host(parts: &Parts) -> Result<(), Refusal> {
    let mut lines = parts.headers.get_all(HOST).iter();
    let may_lack = match parts.version {
        Version::HTTP_2 => parts.uri.authority().is_some(),
        version => version < Version::HTTP_11,
    };
    match (lines.next(), lines.next()) {
        (Some(_), Some(_)) => Err(Refusal::Malformed("there are several Host lines")),
        (Some(host), None) if !is_host(host) => {
            Err(Refusal::Malformed("the Host line is not valid"))
        }
        (None, _) if !may_lack => Err(Refusal::Malformed("there is no Host line")),
        _ => Ok(()),
    }
}

/// Whether `host` is one, or says that there is none (RFC 9110 7.2).
fn is_host(host: &HeaderValue) -> bool {
    let host = host.as_bytes();
    host.is_empty() || !host.contains(&b'@') && Authority::try_from(host).is_ok()
}

/// RFC 9112 6.1: `chunked` alone. With a Content-Length beside it, hyper goes by the chunks.
fn check_transfer_coding(headers: &HeaderMap) -> Result<(), Refusal> {
    let lines: Vec<_> = headers.get_all(TRANSFER_ENCODING).iter().collect();
    match lines[..] {
        [] => Ok(()),
        [coding] if coding.as_bytes().eq_ignore_ascii_case(b"chunked") => Ok(()),
        _ => Err(Refusal::TransferCoding),
    }
}
