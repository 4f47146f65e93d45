//! The head of an answer whose body is another than the app's.

use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{ACCEPT_RANGES, CONTENT_LENGTH, ETAG, LAST_MODIFIED},
};

use crate::hop::remove_in_order;

/// Puts a head right for a body that was changed, and is now of `length` bytes where that is to
/// be said. Nothing else moves.
///
/// Content-Length goes or says the new length, digests of what the app sent go (RFC 3230,
/// RFC 9530, RFC 1864, and Unencoded-Digest, which is to join them), and a strong ETag becomes weak (RFC 9110 8.8.1): what it names is no
/// longer the same to the byte. An ETag that is none stays: only the app can say what it means.
/// Accept-Ranges and Last-Modified go, since a range is one of what the app has: behind a part of
/// the changed body, `If-Range` with that date would get the rest of another (RFC 9110 13.1.5).
pub(super) fn change_head(headers: &mut HeaderMap, length: Option<u64>) {
    remove_in_order(headers, |name| match *name {
        ETAG => false,
        CONTENT_LENGTH => length.is_none(),
        ACCEPT_RANGES | LAST_MODIFIED => true,
        _ => OUTDATED_TRAILERS.contains(name),
    });
    if let Some(length) = length {
        headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    for (name, value) in headers.iter_mut() {
        if *name == ETAG && is_strong(value.as_bytes()) {
            let weak = [b"W/", value.as_bytes()].concat();
            // It was a field value before, and the two are visible ASCII.
            if let Ok(weak) = HeaderValue::from_bytes(&weak) {
                *value = weak;
            }
        }
    }
}

/// Whether a head holds what [`change_head`] puts right, lengths aside.
pub(super) fn depends_on_body(headers: &HeaderMap) -> bool {
    let mut names = headers.keys();
    names.any(|name| {
        [ACCEPT_RANGES, LAST_MODIFIED].contains(name) || OUTDATED_TRAILERS.contains(name)
    })
}

/// Trailers that are no longer so of a body that was changed, and go. Its head may have left
/// before the change was known to come, so an ETag cannot become weak here.
pub(super) const OUTDATED_TRAILERS: [HeaderName; 6] = [
    HeaderName::from_static("content-md5"),
    HeaderName::from_static("digest"),
    HeaderName::from_static("repr-digest"),
    HeaderName::from_static("content-digest"),
    HeaderName::from_static("unencoded-digest"),
    ETAG,
];

/// Whether `value` is an `entity-tag` without `W/` (RFC 9110 8.8.3).
fn is_strong(value: &[u8]) -> bool {
    let inner = value.strip_prefix(b"\"");
    let inner = inner.and_then(|it| it.strip_suffix(b"\""));
    inner.is_some_and(|it| {
        it.iter()
            .all(|byte| *byte > b' ' && !b"\"\x7f".contains(byte))
    })
}
