//! What the server refuses before a handler sees it: a page that says why and
//! which limit is in the way, and a line at info.
//!
//! Neither holds anything that was sent, but for a valid Host in the page that
//! says where to go instead.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Version,
    header::{CONTENT_LENGTH, DATE, HOST},
};
use http_body_util::Full;
use humantime::format_duration;
use hyper::body::Body as _;
use thiserror::Error;
use tracing::{debug, info};

use super::Settings;
use crate::message::{is_host, page};
use crate::net::{Client, write_head};

/// Why a request is not answered.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(super) enum Refusal {
    #[error("the head of the request has more than {0} bytes ([limits] header_size)")]
    LargeHead(usize),
    #[error("the head of the request has more than {0} fields ([limits] header_count)")]
    ManyFields(usize),
    #[error(
        "the head of the request has more than {0} bytes or {1} fields ([limits] header_size, \
         header_count)"
    )]
    LargeOrMany(usize, usize),
    #[error("the target of the request has more than 65534 bytes")]
    LongTarget,
    #[error("the Content-Length is not valid")]
    ContentLength,
    #[error("the head of the request is not valid HTTP")]
    Malformed,
    #[error("the head of the request took more than {} ([timeouts] header_read)", format_duration(*.0))]
    LateHead(Duration),
    #[error("rescope stops, and the head of the request was not whole")]
    CutHead,
    /// The origin to go to instead, where it is known.
    #[error("this port speaks https, and what came is not TLS")]
    NoTls(Option<String>),
    #[error("a fault of rescope itself")]
    Panic,
}

impl Refusal {
    /// That of a client who speaks plain HTTP to a port that is for TLS. It is told the origin
    /// by its own Host, if that is valid, else by the address that it has reached.
    pub(super) fn no_tls<B>(client: &Client, request: Option<&Request<B>>) -> Self {
        let local = || client.local.map(|local| local.to_string());
        let host = request.and_then(host).or_else(local);
        Self::NoTls(host.map(|host| format!("https://{host}")))
    }

    /// Returns the whole answer, for a client that speaks `version`; without its content for
    /// HEAD.
    pub(super) fn page(&self, version: Version, is_head: bool) -> Response<Full<Bytes>> {
        let why = match self {
            Self::NoTls(Some(origin)) => format!("{self}; use {origin}"),
            _ => self.to_string(),
        };
        let (mut parts, mut content) = page(self.status(), &why, version).into_parts();
        let kind = match self {
            Self::Panic => "rescope; error=proxy_internal_error",
            _ => "rescope; error=http_request_error",
        };
        // RFC 9209 2.3.
        let kind = HeaderValue::from_static(kind);
        parts.headers.insert("proxy-status", kind);
        complete(&mut parts.headers, &mut content, is_head);
        Response::from_parts(parts, content)
    }

    /// The same as HTTP/1.1 writes it.
    pub(super) fn bytes(&self, is_head: bool) -> Vec<u8> {
        let (mut parts, content) = self.page(Version::HTTP_11, is_head).into_parts();
        let length = content.size_hint().lower();
        parts.headers.entry(CONTENT_LENGTH).or_insert(length.into());
        let mut bytes = Vec::new();
        write_head(parts.status, &parts.headers, &mut bytes);
        bytes.extend(content.into_inner().unwrap_or_default());
        bytes
    }

    /// Counts and logs it.
    pub(super) fn tell(&self, client: &Client, settings: &Settings) {
        let metrics = &settings.metrics;
        metrics.refused_requests.inc();
        let (peer, status, reason) = (client.address, self.status().as_u16(), self.to_string());
        match metrics.refusal_notices.has_room() {
            true => info!(?peer, status, reason, "request refused"),
            false => debug!(?peer, status, reason, "request refused"),
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::LargeHead(_) | Self::ManyFields(_) | Self::LargeOrMany(..) => {
                StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE
            }
            Self::LongTarget => StatusCode::URI_TOO_LONG,
            Self::LateHead(_) | Self::CutHead => StatusCode::REQUEST_TIMEOUT,
            Self::ContentLength | Self::Malformed | Self::NoTls(_) => StatusCode::BAD_REQUEST,
            Self::Panic => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// What a request names as its host, where that is one (RFC 9110 4.2.4: none has user information).
fn host<B>(request: &Request<B>) -> Option<String> {
    if request.method() == Method::CONNECT {
        // It names where to go from here.
        return None;
    }
    let mut lines = request.headers().get_all(HOST).iter();
    let host = match (request.uri().authority(), lines.next(), lines.next()) {
        // RFC 9112 3.2.2: it beats Host.
        (Some(authority), ..) => authority.as_str().as_bytes(),
        (None, Some(line), None) => line.as_bytes(),
        _ => return None,
    };
    let is_fine = is_host(host) && host.len() <= LONGEST_HOST;
    is_fine.then(|| String::from_utf8_lossy(host).into_owned())
}

/// Adds what an answer of our own lacks; one to HEAD loses its content.
pub fn complete(headers: &mut HeaderMap, content: &mut Full<Bytes>, is_head: bool) {
    // RFC 9110 6.6.1: whoever makes an answer dates it.
    let now = httpdate::fmt_http_date(SystemTime::now());
    if let Ok(now) = HeaderValue::try_from(now) {
        headers.insert(DATE, now);
    }
    // RFC 9110 9.3.2: "The server MUST NOT send content in the response" to HEAD, though the
    // length that it would have. hyper sees to that in HTTP/1.1 only.
    let length = content.size_hint().lower();
    if is_head && length > 0 {
        headers.insert(CONTENT_LENGTH, length.into());
        *content = Full::default();
    }
}

/// A name (RFC 1035 2.3.4) and a port.
const LONGEST_HOST: usize = 255 + ":65535".len();
