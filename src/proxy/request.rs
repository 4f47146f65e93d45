//! A client's request to the one that the app gets.

use http::{
    HeaderMap, HeaderValue, Method, Request, Uri, Version,
    header::{CONTENT_LENGTH, HOST, TE, TRANSFER_ENCODING},
    uri::Authority as UriAuthority,
};
use hyper::body::{Body as _, Incoming};

use super::{
    failure::Failure,
    fields::{self, Kept, TransferCoding},
};
use crate::upstream::{Authority, RequestBody};

/// Returns what to send to the app for `request`.
///
/// # Errors
///
/// The request is one that a proxy must refuse.
pub(super) fn to_upstream(
    request: Request<Incoming>,
    upgrade: bool,
    upstream: &Authority,
) -> Result<Request<RequestBody>, Failure> {
    if request.method() == Method::CONNECT {
        return Err(Failure::Connect);
    }
    let (mut parts, body) = request.into_parts();
    match fields::transfer_coding(&parts.headers) {
        TransferCoding::None => {}
        TransferCoding::Chunked => {
            // RFC 9112 6.3: a Content-Length beside it is not sent on.
            fields::remove_in_order(&mut parts.headers, |name| *name == CONTENT_LENGTH);
        }
        TransferCoding::Other => {
            return Err(Failure::Unsupported(
                "only the transfer coding chunked is supported",
            ));
        }
    }
    set_host(&mut parts.headers, &parts.uri, parts.version, upstream)?;
    let trailers = accepts_trailers(&parts.headers);
    fields::strip(&mut parts.headers, Kept { trailers, upgrade });
    parts.uri = origin_form(parts.uri)?;
    // RFC 9112 2.3: a proxy sends its own version.
    parts.version = Version::HTTP_11;
    let body = match body.is_end_stream() && !parts.headers.contains_key(TRANSFER_ENCODING) {
        true => RequestBody::none(),
        false => RequestBody::new(body),
    };
    Ok(Request::from_parts(parts, body))
}

/// RFC 9112 3.2: exactly one valid Host, which an absolute-form target replaces;
/// HTTP/1.0 knows none.
fn set_host(
    headers: &mut HeaderMap,
    target: &Uri,
    version: Version,
    upstream: &Authority,
) -> Result<(), Failure> {
    let mut lines = headers.get_all(HOST).iter();
    match (lines.next(), lines.next()) {
        (Some(_), Some(_)) => return Err(Failure::Malformed("there are several Host lines")),
        (Some(host), None) if !is_host(host) => {
            return Err(Failure::Malformed("the Host line is not valid"));
        }
        (None, _) if version == Version::HTTP_11 => {
            return Err(Failure::Malformed("there is no Host line"));
        }
        (None, _) => {
            let host = HeaderValue::from_str(&upstream.to_string());
            let host = host.map_err(|_| Failure::Malformed("there is no Host line"))?;
            headers.insert(HOST, host);
        }
        (Some(_), None) => {}
    }
    if let Some(authority) = target.authority() {
        if authority.as_str().contains('@') {
            return Err(Failure::Malformed("the target holds user information"));
        }
        let host = HeaderValue::from_str(authority.as_str());
        headers.insert(
            HOST,
            host.map_err(|_| Failure::Malformed("the target is not valid"))?,
        );
    }
    Ok(())
}

/// Whether `host` is `uri-host [ ":" port ]` or empty (RFC 9110 7.2).
fn is_host(host: &HeaderValue) -> bool {
    let host = host.as_bytes();
    host.is_empty() || !host.contains(&b'@') && UriAuthority::try_from(host).is_ok()
}

/// Whether the client takes trailers (RFC 9110 10.1.4).
fn accepts_trailers(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(TE).iter();
    lines
        .flat_map(|line| line.as_bytes().split(|byte| *byte == b','))
        .any(|coding| coding.trim_ascii().eq_ignore_ascii_case(b"trailers"))
}

/// RFC 9112 3.2.1: path and query alone, or `*`, byte for byte.
fn origin_form(target: Uri) -> Result<Uri, Failure> {
    if target.authority().is_none() {
        return Ok(target);
    }
    let path = target.into_parts().path_and_query;
    let path = path.ok_or(Failure::Malformed("the target has no path"))?;
    Ok(Uri::from(path))
}
