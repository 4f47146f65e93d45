//! What every message is held to, whoever answers it: the grammar of tokens
//! and Host, how a body is framed, what hyper leaves unchecked of the head of a
//! request, and the page that says what is wrong. Pure; it changes nothing, and
//! its errors show nothing that was sent.

mod head;
mod host;
mod page;

use http::{
    HeaderMap, HeaderValue, Version,
    header::{EXPECT, TRANSFER_ENCODING},
    request::Parts,
};

pub use head::{Unfit, check, says_empty};
pub use host::is_host;
pub use page::{is_refusal, page};

/// How a message's body was framed on its way here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransferCoding {
    /// By its length, or not at all.
    None,
    /// Exactly one `chunked`, which hyper takes off and puts on.
    Chunked,
    /// `chunked` more than once, on one line or several, which nobody may send.
    Repeated,
    /// What nobody here can take off.
    Other,
}

/// What the Transfer-Encoding lines say (RFC 9112 6.1).
pub fn transfer_coding(headers: &HeaderMap) -> TransferCoding {
    let Some(first) = headers.get(TRANSFER_ENCODING) else {
        return TransferCoding::None;
    };
    let is_only = headers.get_all(TRANSFER_ENCODING).iter().nth(1).is_none();
    let is_chunked = |coding: &[u8]| coding.eq_ignore_ascii_case(b"chunked");
    if is_only && is_chunked(first.as_bytes()) {
        return TransferCoding::Chunked;
    }
    let lines = headers.get_all(TRANSFER_ENCODING).iter();
    let codings = lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b','));
    let chunked = codings.filter(|coding| is_chunked(coding.trim_ascii()));
    match chunked.count() {
        0 | 1 => TransferCoding::Other,
        _ => TransferCoding::Repeated,
    }
}

/// Whether the client waits with the body until it is told to go on (RFC 9110 10.1.1: in
/// HTTP/1.0 an expectation counts for nothing).
pub fn expects_continue(parts: &Parts) -> bool {
    let field = parts.headers.get(EXPECT).map(HeaderValue::as_bytes);
    parts.version > Version::HTTP_10
        && field.is_some_and(|field| field.eq_ignore_ascii_case(b"100-continue"))
}

/// `token` (RFC 9110 5.6.2).
pub fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(is_token_character)
}

/// `tchar` (RFC 9110 5.6.2).
fn is_token_character(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}
