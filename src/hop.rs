//! Fields that are about one connection (hop-by-hop, RFC 9110 section 7.6.1),
//! and how fields go without moving others. Both sides of the proxy need that:
//! what stays here differs, what belongs to a connection does not. Pure.

use http::{
    HeaderMap, HeaderName,
    header::{
        AUTHORIZATION, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, HOST, LOCATION,
        SET_COOKIE, TE, TRANSFER_ENCODING,
    },
};

/// Whether a field is about one connection whatever Connection says: RFC 9110 7.6.1, and
/// `HTTP2-Settings` (RFC 7540 3.2.1), since nobody here speaks h2c by upgrade.
pub fn is_hop_by_hop(name: &HeaderName) -> bool {
    matches!(
        name.as_str(),
        "connection"
            | "keep-alive"
            | "proxy-connection"
            | "te"
            | "transfer-encoding"
            | "upgrade"
            | "http2-settings"
    )
}

/// The options on all Connection lines, as they are spelled.
pub fn connection_options(headers: &HeaderMap) -> impl Iterator<Item = &[u8]> {
    elements(headers, &CONNECTION)
}

/// The field names on all Connection lines, without those that a peer must not
/// take off and those that go anyway.
pub fn named_by_connection(headers: &HeaderMap) -> Vec<HeaderName> {
    connection_options(headers)
        .filter(|option| !option.eq_ignore_ascii_case(b"keep-alive"))
        .filter_map(|option| HeaderName::from_bytes(option).ok())
        .filter(|name| !END_TO_END.contains(name) && !name.as_str().starts_with("x-forwarded-"))
        .collect()
}

/// Whether the sender takes trailers (RFC 9110 10.1.4).
pub fn accepts_trailers(headers: &HeaderMap) -> bool {
    // Most requests have no such line, which is the cheaper question.
    headers.contains_key(TE)
        && elements(headers, &TE).any(|coding| coding.eq_ignore_ascii_case(b"trailers"))
}

/// Takes off trailers what `named` says, the fields about the connection, and those about
/// framing, which no trailer may be (RFC 9110 6.5.1).
pub fn strip_trailers(trailers: &mut HeaderMap, named: &[HeaderName]) {
    remove_in_order(trailers, |name| {
        *name == CONTENT_LENGTH || is_hop_by_hop(name) || named.contains(name)
    });
}

/// Removes what `goes` names and moves no other line.
pub fn remove_in_order(headers: &mut HeaderMap, goes: impl Fn(&HeaderName) -> bool) {
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

/// The elements of the list that all lines called `name` make.
fn elements<'h>(headers: &'h HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'h [u8]> {
    let lines = headers.get_all(name).iter();
    lines
        .flat_map(|line| line.as_bytes().split(|byte| *byte == b','))
        .map(<[u8]>::trim_ascii)
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
