//! What the app is told about the client's side: `X-Forwarded-*` and
//! `Forwarded` (RFC 7239), and `Via` (RFC 9110 section 7.6.3).

use std::net::IpAddr;

use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{FORWARDED, HOST, VIA},
};

use crate::hop::remove_in_order;
use crate::net::Client;

/// What becomes of the forwarding fields of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Forwarding {
    /// They pass as they came.
    Off,
    /// What came is believed, and the client's address is added to it.
    Append,
    /// What came is taken off (RFC 9700 section 4.13), and what is known here written.
    Replace,
}

/// Writes the fields for a request of `client`; its Host line is the one that the app gets.
pub(super) fn apply(headers: &mut HeaderMap, client: &Client, forwarding: Forwarding) {
    match forwarding {
        Forwarding::Off => return,
        Forwarding::Append => {}
        Forwarding::Replace => {
            remove_in_order(headers, |name| *name == FORWARDED || is_x_forwarded(name));
        }
    }
    let host = headers.get(HOST).cloned();
    let address = client.address.map(|address| address.ip().to_canonical());
    let scheme = if client.is_tls { "https" } else { "http" };
    append(headers, FORWARDED, &element(address, scheme, host.as_ref()));
    if let Some(address) = address {
        append(headers, X_FORWARDED_FOR, &address.to_string());
    }
    // These two have no list form: what the first proxy saw is what counts.
    let first = headers.entry(X_FORWARDED_PROTO);
    first.or_insert(HeaderValue::from_static(scheme));
    if let Some(host) = host {
        headers.entry(X_FORWARDED_HOST).or_insert(host);
    }
}

/// Adds this proxy to the Via list under `name`; `version` is the client's, such as `1.1`.
pub(super) fn add_via(headers: &mut HeaderMap, version: &str, name: &str) {
    append(headers, VIA, &format!("{version} {name}"));
}

/// Whether the Via list shows that `name` has had the request before.
pub(super) fn has_via(headers: &HeaderMap, name: &str) -> bool {
    let lines = headers.get_all(VIA).iter();
    lines
        .flat_map(|line| line.as_bytes().split(|byte| *byte == b','))
        .filter_map(|entry| {
            let mut words = entry.split(u8::is_ascii_whitespace);
            words.by_ref().filter(|word| !word.is_empty()).nth(1)
        })
        .any(|by| by.eq_ignore_ascii_case(name.as_bytes()))
}

/// Puts `element` at the end of a list field, on its last line.
fn append(headers: &mut HeaderMap, name: HeaderName, element: &str) {
    let last = headers.get_all(&name).iter().next_back();
    let list = match last {
        Some(last) if !last.is_empty() => [last.as_bytes(), b", ", element.as_bytes()].concat(),
        _ => element.as_bytes().to_vec(),
    };
    let Ok(list) = HeaderValue::from_bytes(&list) else {
        return;
    };
    match headers.entry(name) {
        http::header::Entry::Occupied(mut lines) => {
            if let Some(last) = lines.iter_mut().next_back() {
                *last = list;
            }
        }
        http::header::Entry::Vacant(place) => drop(place.insert(list)),
    }
}

/// Whether an app may take `name` for an `X-Forwarded` field, those that are not written here
/// too, such as `-Port`. Those that read fields from CGI variables take `_` for `-`.
fn is_x_forwarded(name: &HeaderName) -> bool {
    let start = name.as_str().as_bytes().get(..PREFIX.len());
    let same = |(found, wanted): (&u8, &u8)| found == wanted || (*found, *wanted) == (b'_', b'-');
    start.is_some_and(|start| start.iter().zip(PREFIX).all(same))
}

const PREFIX: &[u8] = b"x-forwarded-";

/// One element of `Forwarded` (RFC 7239 section 4).
fn element(address: Option<IpAddr>, scheme: &str, host: Option<&HeaderValue>) -> String {
    let node = match address {
        Some(IpAddr::V4(address)) => address.to_string(),
        // RFC 7239 section 6: in brackets, and so in quotes.
        Some(IpAddr::V6(address)) => format!("\"[{address}]\""),
        None => "unknown".to_owned(),
    };
    let host = host.and_then(|host| host.to_str().ok());
    match host.filter(|host| !host.is_empty() && !host.contains(['"', '\\'])) {
        Some(host) => format!("for={node};host=\"{host}\";proto={scheme}"),
        None => format!("for={node};proto={scheme}"),
    }
}

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
