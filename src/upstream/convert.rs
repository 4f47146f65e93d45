//! A request as HTTP/1.1 writes it, to one as HTTP/2 does (RFC 9113 section 8).

use http::{
    HeaderMap, HeaderValue, Request, Uri, Version,
    header::{HOST, TE},
    uri::{Authority, PathAndQuery, Scheme},
};

use super::{Error, RequestBody};
use crate::hop::{accepts_trailers, is_hop_by_hop, remove_in_order};

/// Writes `request`, in origin-form with Host, as HTTP/2 does; `host` stands in for none.
///
/// # Errors
///
/// Its Host is no authority.
pub(super) fn to_http2(
    request: &mut Request<RequestBody>,
    is_tls: bool,
    host: &str,
) -> Result<(), Error> {
    let authority = match request.headers().get(HOST).map(HeaderValue::as_bytes) {
        None | Some(b"") => Authority::try_from(host),
        Some(host) => Authority::try_from(host),
    };
    let mut parts = std::mem::take(request.uri_mut()).into_parts();
    parts.authority = Some(authority.map_err(|_| Error::InvalidHost)?);
    parts.scheme = Some(if is_tls { Scheme::HTTPS } else { Scheme::HTTP });
    let path = parts.path_and_query;
    parts.path_and_query = Some(path.unwrap_or(PathAndQuery::from_static("/")));
    *request.uri_mut() = Uri::from_parts(parts).map_err(|_| Error::InvalidHost)?;
    *request.version_mut() = Version::HTTP_2;
    clean(request.headers_mut());
    Ok(())
}

/// Takes Host and the connection-specific fields off (RFC 9113 8.2.2, 8.3.1) and moves no other.
fn clean(headers: &mut HeaderMap) {
    let takes_trailers = accepts_trailers(headers);
    remove_in_order(headers, |name| *name == HOST || is_hop_by_hop(name));
    if takes_trailers {
        headers.insert(TE, HeaderValue::from_static("trailers"));
    }
}
