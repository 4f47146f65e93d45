//! The form of a POST (RFC 6749 section 3.1), read whole: it is to be a query.

use std::time::Duration;

use http::{
    HeaderMap,
    header::{CONTENT_ENCODING, CONTENT_TYPE},
};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::{Body as _, Bytes, Incoming};
use tokio::time::timeout;

use super::refusal::Refusal;

/// Returns the form's bytes as they came. It has `limit` for the whole of it.
///
/// # Errors
///
/// It is no form, too long, broken or too late.
pub(super) async fn read(
    headers: &HeaderMap,
    body: &mut Incoming,
    limit: Duration,
) -> Result<Bytes, Refusal> {
    if !is_form(headers) {
        return Err(Refusal::NoForm);
    }
    if body.size_hint().lower() > MAX_BYTES as u64 {
        return Err(Refusal::LongForm);
    }
    let whole = timeout(limit, Limited::new(body, MAX_BYTES).collect()).await;
    match whole.map_err(|_| Refusal::LateForm)? {
        Ok(form) => Ok(form.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(Refusal::LongForm),
        Err(_) => Err(Refusal::BrokenForm),
    }
}

/// Whether the type is that of a form, whatever its parameters, and nothing is coded.
fn is_form(headers: &HeaderMap) -> bool {
    let mut lines = headers.get_all(CONTENT_TYPE).iter();
    let (Some(line), None) = (lines.next(), lines.next()) else {
        return false;
    };
    let media_type = line.as_bytes().split(|byte| *byte == b';').next();
    let media_type = media_type.unwrap_or_default().trim_ascii();
    media_type.eq_ignore_ascii_case(b"application/x-www-form-urlencoded")
        && !headers.contains_key(CONTENT_ENCODING)
}

/// As long as a request's head may usually be, so that what a GET may say a POST may too.
const MAX_BYTES: usize = 64 * 1024;
