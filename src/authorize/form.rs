//! The form of a POST (RFC 6749 section 3.1), read whole: it is to be a query.

use std::time::Duration;

use http::{
    HeaderMap,
    header::{CONTENT_ENCODING, CONTENT_TYPE},
    request::Parts,
};
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};
use tokio::time::timeout;

use super::refusal::Refusal;
use crate::message::expects_continue;
use crate::net::linger;

/// What comes behind the head of a request.
pub(super) struct Upload {
    body: Incoming,
    /// Whether the client waits to be told to go on before it sends anything. Reading tells it.
    waits: bool,
}

impl Upload {
    pub(super) fn new(body: Incoming, parts: &Parts) -> Self {
        Self {
            body,
            waits: expects_continue(parts),
        }
    }

    /// Lets go of what was not read, and returns whether the connection can go on behind it.
    /// A client that is still sending may never see its answer unless that is taken, and one
    /// that waits is not to be told to send what nobody wants.
    pub(super) fn discard(self) -> bool {
        let is_over = self.body.is_end_stream();
        if !is_over && !self.waits {
            linger(self.body);
        }
        is_over || !self.waits
    }
}

/// Returns the form's bytes as they came; none where nothing is sent. Each piece has `limit` to
/// come in.
///
/// # Errors
///
/// It is no form, too long, broken, or a piece is too late.
pub(super) async fn read(
    headers: &HeaderMap,
    upload: &mut Upload,
    limit: Duration,
) -> Result<Vec<u8>, Refusal> {
    if upload.body.is_end_stream() {
        return Ok(Vec::new());
    }
    if !is_form(headers) {
        return Err(Refusal::NoForm);
    }
    if upload.body.size_hint().lower() > MAX_BYTES as u64 {
        return Err(Refusal::LongForm(MAX_BYTES));
    }
    upload.waits = false;
    let mut form = Vec::new();
    loop {
        let frame = timeout(limit, upload.body.frame()).await;
        let Some(frame) = frame.map_err(|_| Refusal::LateForm(limit))? else {
            return Ok(form);
        };
        let frame = frame.map_err(|_| Refusal::BrokenForm)?;
        // What is no data are trailers, which end it.
        let piece = frame.into_data().unwrap_or_default();
        if form.len() + piece.len() > MAX_BYTES {
            return Err(Refusal::LongForm(MAX_BYTES));
        }
        form.extend(piece);
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
