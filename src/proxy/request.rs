//! A client's request to the one that the app gets: in HTTP/1.1's terms, whatever
//! the client speaks, since that is what most apps get. A connection to an app that
//! speaks HTTP/2 translates it again.

use http::{
    HeaderMap, HeaderValue, Method, Request, Uri, Version,
    header::{CONTENT_LENGTH, COOKIE, EXPECT, HOST, MAX_FORWARDS, TRANSFER_ENCODING},
    request::Parts,
};
use hyper::body::{Body as _, Incoming};

use super::{
    Proxy,
    failure::Failure,
    fields::{self, Kept},
    forwarded::{self, Forwarding},
};
use crate::hop::{accepts_trailers, remove_in_order};
use crate::message::{self, TransferCoding, Unfit, expects_continue, says_empty, transfer_coding};
use crate::net::Client;
use crate::upstream::RequestBody;

/// Returns what to send to the app for `request`.
///
/// # Errors
///
/// The request is one that a proxy must refuse or answer itself.
pub(super) fn to_upstream(
    request: Request<Incoming>,
    upgrade: bool,
    client: &Client,
    proxy: &Proxy,
) -> Result<Request<RequestBody>, Failure> {
    let (mut parts, body) = request.into_parts();
    if parts.method == Method::CONNECT {
        return Err(Failure::Connect);
    }
    refuse_loop(&parts.headers, client, proxy)?;
    message::check(&parts)?;
    if transfer_coding(&parts.headers) == TransferCoding::Chunked {
        // RFC 9112 6.3: it overrides a Content-Length, which is not sent on.
        remove_in_order(&mut parts.headers, |name| *name == CONTENT_LENGTH);
    }
    set_host(&mut parts, proxy)?;
    count_down(&mut parts)?;
    if parts.version == Version::HTTP_2 {
        join_cookies(&mut parts.headers);
    }
    if parts.version == Version::HTTP_10 {
        // RFC 9110 10.1.1: an expectation counts for nothing there.
        remove_in_order(&mut parts.headers, |name| *name == EXPECT);
    }
    if expects_continue(&parts) {
        client.interim.expect_continue();
    }
    let trailers = accepts_trailers(&parts.headers);
    let named = fields::strip(&mut parts.headers, Kept { trailers, upgrade });
    introduce(&mut parts, client, proxy);
    parts.uri = origin_form(parts.uri)?;
    // RFC 9112 2.3: a proxy sends its own version.
    parts.version = Version::HTTP_11;
    let body = match upgrade {
        true => RequestBody::none(),
        false => with_framing(&mut parts.headers, body).without_trailers(named),
    };
    Ok(Request::from_parts(parts, body))
}

/// RFC 9110 7.6: a request that comes back to this process, or that has its mark, is not sent on.
fn refuse_loop(headers: &HeaderMap, client: &Client, proxy: &Proxy) -> Result<(), Failure> {
    let is_marked = || {
        let name = proxy.fields.via.as_deref();
        name.is_some_and(|name| forwarded::has_via(headers, name))
    };
    match client.is_one_of(&proxy.own) || is_marked() {
        true => Err(Failure::Loop),
        false => Ok(()),
    }
}

/// RFC 9112 3.2: an absolute-form target, or `:authority`, replaces Host; HTTP/1.0 may have
/// neither.
fn set_host(parts: &mut Parts, proxy: &Proxy) -> Result<(), Failure> {
    let host = match parts.uri.authority() {
        Some(authority) => authority.as_str(),
        None if parts.headers.contains_key(HOST) => return Ok(()),
        None => proxy.upstream.host(),
    };
    let host = HeaderValue::from_str(host);
    let host = host.map_err(|_| Unfit::Malformed("there is no Host line"))?;
    parts.headers.insert(HOST, host);
    Ok(())
}

/// RFC 9110 7.6.2: TRACE and OPTIONS end here when Max-Forwards has come down to 0.
fn count_down(parts: &mut Parts) -> Result<(), Failure> {
    if !matches!(parts.method, Method::TRACE | Method::OPTIONS) {
        return Ok(());
    }
    let Some(field) = parts.headers.get_mut(MAX_FORWARDS) else {
        return Ok(());
    };
    // What is no number says nothing.
    let Some(left) = field.to_str().ok().and_then(|it| it.parse::<u64>().ok()) else {
        return Ok(());
    };
    match left.checked_sub(1) {
        Some(left) => *field = HeaderValue::from(left),
        None => return Err(Failure::LastHop),
    }
    Ok(())
}

/// RFC 9113 8.2.3: the crumbs of HTTP/2 become one line.
fn join_cookies(headers: &mut HeaderMap) {
    let lines: Vec<_> = headers.get_all(COOKIE).iter().collect();
    if lines.len() < 2 {
        return;
    }
    let crumbs: Vec<_> = lines.iter().map(|line| line.as_bytes()).collect();
    if let Ok(joined) = HeaderValue::from_bytes(&crumbs.join(&b"; "[..])) {
        headers.insert(COOKIE, joined);
    }
}

/// Tells the app about the client and this proxy, where that is wanted.
fn introduce(parts: &mut Parts, client: &Client, proxy: &Proxy) {
    // Who speaks TLS here hides its scheme from the app, which would build http URLs.
    let usual = match client.is_tls {
        true => Forwarding::Replace,
        false => Forwarding::Off,
    };
    let forwarding = proxy.fields.forwarding.unwrap_or(usual);
    forwarded::apply(&mut parts.headers, client, forwarding);
    if let Some(name) = &proxy.fields.via {
        let version = match parts.version {
            Version::HTTP_2 => "2.0",
            Version::HTTP_10 => "1.0",
            _ => "1.1",
        };
        forwarded::add_via(&mut parts.headers, version, name);
    }
}

/// RFC 9112 3.2.1: path and query alone, or `*`, byte for byte.
fn origin_form(target: Uri) -> Result<Uri, Failure> {
    if target.authority().is_none() {
        return Ok(target);
    }
    let path = target.into_parts().path_and_query;
    let target = path.map(Uri::from);
    // A fragment right behind the authority leaves nothing.
    let target = target.filter(|target| !target.path().is_empty());
    target.ok_or(Unfit::Malformed("the target has no path").into())
}

/// Returns the body to send. One without a length says so itself: hyper would send none
/// with a GET (RFC 9112 6.1).
fn with_framing(headers: &mut HeaderMap, body: Incoming) -> RequestBody {
    let is_chunked = headers.contains_key(TRANSFER_ENCODING);
    if body.is_end_stream() && !is_chunked {
        return RequestBody::none();
    }
    if says_empty(headers) {
        // In HTTP/2 its end is still to come; if data comes instead, the app is to see a
        // request that breaks off, not a whole one.
        remove_in_order(headers, |name| *name == CONTENT_LENGTH);
    }
    if !is_chunked && !headers.contains_key(CONTENT_LENGTH) {
        headers.insert(TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
    }
    RequestBody::new(body)
}
