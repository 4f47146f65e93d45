//! The page that says why a request was not answered as it wishes.

use std::fmt::Display;

use bytes::Bytes;
use http::{
    HeaderValue, Response, StatusCode, Version,
    header::{CACHE_CONTROL, CONNECTION, CONTENT_TYPE},
};
use http_body_util::Full;

/// Returns a page of plain text that nobody keeps, for a client that speaks `version`. Its
/// connection ends where the request is at fault: what such a client sends next cannot be
/// told from that request's body.
pub fn page(status: StatusCode, why: &dyn Display, version: Version) -> Response<Full<Bytes>> {
    let mut page = Response::new(Full::from(format!("rescope: {why}\n")));
    *page.status_mut() = status;
    let headers = page.headers_mut();
    let text = HeaderValue::from_static("text/plain; charset=utf-8");
    headers.insert(CONTENT_TYPE, text);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if is_refusal(status) && version != Version::HTTP_2 {
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
    page
}

/// Whether `status` says that the request is at fault, or asks for what nobody here can do.
pub fn is_refusal(status: StatusCode) -> bool {
    status.is_client_error() || status == StatusCode::NOT_IMPLEMENTED
}
