//! Hop-by-hop fields (RFC 9110 section 7.6.1): those that are about one
//! connection go; the order, spelling and number of all others stay.

use http::{
    HeaderMap, HeaderName, HeaderValue, Response, StatusCode, Version,
    header::{
        AUTHORIZATION, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, HOST, LOCATION,
        SET_COOKIE, TE, TRANSFER_ENCODING, UPGRADE,
    },
};

use super::failure::Failure;

/// The connection options that are sent on, though the field itself is ours.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Kept {
    /// `TE: trailers`, without which an app keeps its trailers to itself.
    pub(super) trailers: bool,
    /// `Upgrade`, on the request that asks for it and the 101 that grants it.
    pub(super) upgrade: bool,
}

/// How a message's body was framed on its way here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TransferCoding {
    None,
    /// Exactly one `chunked`, which hyper takes off and puts on.
    Chunked,
    Other,
}

/// Takes the hop-by-hop fields off an answer to a client that speaks `version`, and returns
/// the names that trailers must not have either.
pub(super) fn clean_response(
    headers: &mut HeaderMap,
    version: Version,
) -> Result<Vec<HeaderName>, Failure> {
    match transfer_coding(headers) {
        TransferCoding::None => {}
        TransferCoding::Other => return Err(Failure::TransferCoding),
        // RFC 9112 6.3: Transfer-Encoding overrides Content-Length, which is not sent on.
        TransferCoding::Chunked => remove_in_order(headers, |name| {
            // RFC 9113 8.2.2: HTTP/2 has frames instead.
            *name == CONTENT_LENGTH || version == Version::HTTP_2 && *name == TRANSFER_ENCODING
        }),
    }
    Ok(strip(headers, Kept::default()))
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
    if !headers.keys().any(is_hop_by_hop) {
        return Vec::new();
    }
    let named = connection_options(headers);
    let connection = kept_connection(headers, kept);
    let goes = |name: &HeaderName| match *name {
        CONNECTION => connection.is_none(),
        TE => !kept.trailers,
        UPGRADE => !kept.upgrade,
        _ => is_hop_by_hop(name) || named.contains(name),
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

/// Takes off trailers what `named` says, the fields about the connection, and those about
/// framing, which no trailer may be (RFC 9110 6.5.1).
pub(super) fn strip_trailers(trailers: &mut HeaderMap, named: &[HeaderName]) {
    remove_in_order(trailers, |name| {
        let is_framing = matches!(*name, CONTENT_LENGTH | TRANSFER_ENCODING);
        is_framing || is_hop_by_hop(name) || named.contains(name)
    });
}

/// What the Transfer-Encoding lines say.
pub(super) fn transfer_coding(headers: &HeaderMap) -> TransferCoding {
    let Some(first) = headers.get(TRANSFER_ENCODING) else {
        return TransferCoding::None;
    };
    let is_only = headers.get_all(TRANSFER_ENCODING).iter().nth(1).is_none();
    match is_only && first.as_bytes().eq_ignore_ascii_case(b"chunked") {
        true => TransferCoding::Chunked,
        false => TransferCoding::Other,
    }
}

/// Whether `option` is on one of the Connection lines.
pub(super) fn has_connection_option(headers: &HeaderMap, option: &str) -> bool {
    options(headers).any(|found| found.eq_ignore_ascii_case(option.as_bytes()))
}

/// Removes what `goes` names and moves no other line.
pub(super) fn remove_in_order(headers: &mut HeaderMap, goes: impl Fn(&HeaderName) -> bool) {
    while let Some((place, name)) = headers.keys().enumerate().filter(|it| goes(it.1)).last() {
        // `remove` puts the last name in the place of the one that goes: at the end nothing moves.
        if place + 2 < headers.keys_len() {
            return rebuild_without(headers, goes);
        }
        let name = name.clone();
        headers.remove(name);
    }
}

fn rebuild_without(headers: &mut HeaderMap, goes: impl Fn(&HeaderName) -> bool) {
    let mut kept = HeaderMap::with_capacity(headers.keys_len());
    let mut current = None;
    for (name, value) in std::mem::take(headers) {
        if name.is_some() {
            current = name.filter(|name| !goes(name));
        }
        if let Some(name) = &current {
            kept.append(name.clone(), value);
        }
    }
    *headers = kept;
}

/// The field names on all Connection lines, without those that a peer must not
/// take off and those that go anyway.
fn connection_options(headers: &HeaderMap) -> Vec<HeaderName> {
    options(headers)
        .filter(|option| !option.eq_ignore_ascii_case(b"keep-alive"))
        .filter_map(|option| HeaderName::from_bytes(option).ok())
        .filter(|name| !END_TO_END.contains(name) && !name.as_str().starts_with("x-forwarded-"))
        .collect()
}

fn options(headers: &HeaderMap) -> impl Iterator<Item = &[u8]> {
    let lines = headers.get_all(CONNECTION).iter();
    lines
        .flat_map(|line| line.as_bytes().split(|byte| *byte == b','))
        .map(<[u8]>::trim_ascii)
}

/// The Connection line to send: the options that are kept, spelled as they came.
fn kept_connection(headers: &HeaderMap, kept: Kept) -> Option<HeaderValue> {
    let spelled = |option: &'static str| {
        let found = options(headers).find(|it| it.eq_ignore_ascii_case(option.as_bytes()));
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

/// RFC 9110 7.6.1, and `HTTP2-Settings` (RFC 7540 3.2.1): nobody here speaks h2c by upgrade.
/// Transfer-Encoding is not among them, see [`strip`].
fn is_hop_by_hop(name: &HeaderName) -> bool {
    matches!(
        name.as_str(),
        "connection" | "keep-alive" | "proxy-connection" | "te" | "upgrade" | "http2-settings"
    )
}

/// Fields that a Connection line does not take off, whoever says so: without
/// them a request would mean something else (RFC 9110 7.6.1 forbids naming them).
const END_TO_END: [HeaderName; 9] = [
    AUTHORIZATION,
    CONTENT_LENGTH,
    CONTENT_TYPE,
    COOKIE,
    HOST,
    LOCATION,
    SET_COOKIE,
    TRANSFER_ENCODING,
    HeaderName::from_static("forwarded"),
];
