//! Hop-by-hop fields (RFC 9110 section 7.6.1): those that are about one
//! connection go; the order, spelling and number of all others stay.

use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, Version,
    header::{CONNECTION, CONTENT_LENGTH, TE, TRANSFER_ENCODING, UPGRADE},
};

use super::failure::Failure;
use crate::hop::{connection_options, is_hop_by_hop, named_by_connection, remove_in_order};
use crate::message::{TransferCoding, transfer_coding};

/// The connection options that are sent on, though the field itself is ours.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Kept {
    /// `TE: trailers`, without which an app keeps its trailers to itself.
    pub(super) trailers: bool,
    /// `Upgrade`, on the request that asks for it, the 101 that grants it and the 426 that wants it.
    pub(super) upgrade: bool,
}

/// Takes the hop-by-hop fields off an answer to a `method` of a client that speaks `version`,
/// and returns the names that trailers must not have either.
pub(super) fn clean_response<B>(
    response: &mut Response<B>,
    method: &Method,
    version: Version,
) -> Result<Vec<HeaderName>, Failure> {
    settle_coding(response, method, version)?;
    // RFC 9110 15.5.22: what a 426 is about. HTTP/2 knows no such field (RFC 9113 8.2.2).
    let upgrade = response.status() == StatusCode::UPGRADE_REQUIRED
        && version == Version::HTTP_11
        && response.headers().contains_key(UPGRADE);
    let trailers = false;
    Ok(strip(response.headers_mut(), Kept { trailers, upgrade }))
}

/// Refuses a body that cannot be read, and leaves of Transfer-Encoding what the next hop has.
fn settle_coding<B>(
    response: &mut Response<B>,
    method: &Method,
    version: Version,
) -> Result<(), Failure> {
    let status = response.status();
    let coding = transfer_coding(response.headers());
    // RFC 9112 6.3: they end with their head, whatever it says.
    let has_no_body = *method == Method::HEAD
        || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    match coding {
        TransferCoding::None => return Ok(()),
        TransferCoding::Chunked => {}
        _ if has_no_body => {}
        TransferCoding::Repeated => return Err(Failure::TransferCoding(REPEATED)),
        TransferCoding::Other => return Err(Failure::TransferCoding(OTHER)),
    }
    // RFC 9113 8.2.2: HTTP/2 has frames instead.
    let keeps_it = coding == TransferCoding::Chunked && version != Version::HTTP_2;
    // RFC 9112 6.3: Transfer-Encoding overrides Content-Length, which is not sent on.
    remove_in_order(response.headers_mut(), |name| {
        *name == CONTENT_LENGTH || *name == TRANSFER_ENCODING && !keeps_it
    });
    Ok(())
}

/// Leaves one Content-Length of several, and none in a 204 (RFC 9110 8.6): clients of HTTP/2
/// reset such an answer.
pub(super) fn settle_length<B>(response: &mut Response<B>) {
    let is_empty = response.status() == StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    let mut lines = headers.get_all(CONTENT_LENGTH).iter();
    let Some(first) = lines.next() else { return };
    if is_empty {
        remove_in_order(headers, |name| *name == CONTENT_LENGTH);
    } else if lines.next().is_some() {
        // The connection has seen to it that they say the same.
        let first = first.clone();
        headers.insert(CONTENT_LENGTH, first);
    }
}

/// Takes the hop-by-hop fields off, but for what `kept` names, and returns what Connection
/// named. Transfer-Encoding stays: it says `chunked`, as the next hop's will too.
pub(super) fn strip(headers: &mut HeaderMap, kept: Kept) -> Vec<HeaderName> {
    let goes_mostly = |name: &HeaderName| *name != TRANSFER_ENCODING && is_hop_by_hop(name);
    if !headers.keys().any(goes_mostly) {
        return Vec::new();
    }
    let named = named_by_connection(headers);
    let connection = kept_connection(headers, kept);
    let goes = |name: &HeaderName| match *name {
        CONNECTION => connection.is_none(),
        TE => !kept.trailers,
        UPGRADE => !kept.upgrade,
        _ => goes_mostly(name) || named.contains(name),
    };
    remove_in_order(headers, goes);
    // `insert` replaces all lines of a name in the place of the first.
    if let Some(connection) = connection {
        headers.insert(CONNECTION, connection);
    }
    if kept.trailers {
        headers.insert(TE, HeaderValue::from_static("trailers"));
    }
    named
}

/// Whether `option` is on one of the Connection lines.
pub(super) fn has_connection_option(headers: &HeaderMap, option: &str) -> bool {
    connection_options(headers).any(|found| found.eq_ignore_ascii_case(option.as_bytes()))
}

/// The Connection line to send: the options that are kept, spelled as they came.
fn kept_connection(headers: &HeaderMap, kept: Kept) -> Option<HeaderValue> {
    let spelled = |option: &'static str| {
        let found =
            connection_options(headers).find(|it| it.eq_ignore_ascii_case(option.as_bytes()));
        found.unwrap_or(option.as_bytes())
    };
    let value = match (kept.upgrade, kept.trailers) {
        (false, false) => return None,
        (true, false) => spelled("upgrade").to_vec(),
        (false, true) => spelled("te").to_vec(),
        (true, true) => [spelled("upgrade"), b", ", spelled("te")].concat(),
    };
    HeaderValue::from_bytes(&value).ok()
}

const REPEATED: &str = "names the transfer coding chunked more than once";
const OTHER: &str = "has a transfer coding other than chunked";
