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
            remove_in_order(headers, is_forwarding);
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

/// Whether an app may read in `name` who the client is, or by which scheme, host or URL it
/// came. Apps that get fields as CGI variables know `-` from no other sign, and some look
/// for fields by the name of the variable.
fn is_forwarding(name: &HeaderName) -> bool {
    let name = name.as_str().as_bytes();
    let mut plain = [b'-'; LONGEST];
    for (plain, byte) in plain.iter_mut().zip(name) {
        if byte.is_ascii_alphanumeric() {
            *plain = *byte;
        }
    }
    let plain = &plain[..name.len().min(LONGEST)];
    let plain = plain.strip_prefix(b"http-").unwrap_or(plain);
    PREFIXES.iter().any(|prefix| plain.starts_with(prefix)) || is_listed(plain)
}

const PREFIXES: [&[u8]; 3] = [b"x-forwarded-", b"x-forward-", b"forwarded-"];

/// More than the longest name that is listed, behind `http-`.
const LONGEST: usize = 40;

/// What frameworks, their plugins and widespread snippets read.
#[rustfmt::skip]
fn is_listed(name: &[u8]) -> bool {
    matches!(
        name,
        // The client.
        b"forwarded" | b"x-forwarded" | b"ali-cdn-real-ip" | b"appengine-user-ip" | b"cdn-src-ip"
            | b"cf-connecting-ip" | b"cf-connecting-ipv6" | b"cf-pseudo-ipv4" | b"client-ip"
            | b"cloudfront-viewer-address" | b"cluster-client-ip" | b"do-connecting-ip"
            | b"fastly-client-ip" | b"fly-client-ip" | b"incap-client-ip" | b"proxy-client-ip"
            | b"real-ip" | b"remote-addr" | b"true-client-ip" | b"wl-proxy-client-ip"
            | b"x-appengine-user-ip" | b"x-azure-clientip" | b"x-azure-socketip" | b"x-client-ip"
            | b"x-cluster-client-ip" | b"x-envoy-external-address" | b"x-nf-client-connection-ip"
            | b"x-original-for" | b"x-original-forwarded-for" | b"x-originating-ip"
            | b"x-proxyuser-ip" | b"x-real-ip" | b"x-remote-addr" | b"x-remote-ip"
            | b"x-sucuri-clientip" | b"x-true-client-ip" | b"x-vercel-forwarded-for"
            | b"x-vercel-proxied-for"
            // The scheme.
            | b"cf-visitor" | b"cloudfront-forwarded-proto" | b"fastly-ssl" | b"from-https"
            | b"front-end-https" | b"https" | b"scheme" | b"x-appengine-https" | b"x-arr-ssl"
            | b"wl-proxy-ssl" | b"x-client-proto" | b"x-front-end-https" | b"x-https"
            | b"x-original-proto" | b"x-original-scheme" | b"x-proto" | b"x-scheme" | b"x-ssl"
            | b"x-url-scheme"
            // The host.
            | b"host-override" | b"x-host" | b"x-host-override" | b"x-http-host-override"
            | b"x-original-host" | b"x-real-host"
            // The URL.
            | b"path-info" | b"request-uri" | b"script-name" | b"x-envoy-original-path"
            | b"x-ms-original-url" | b"x-original-path" | b"x-original-prefix" | b"x-original-uri"
            | b"x-original-url" | b"x-replaced-path" | b"x-request-uri" | b"x-rewrite-uri"
            | b"x-rewrite-url" | b"x-script-name" | b"x-waws-unencoded-url"
    )
}

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
