//! Failures to responses: where a request gets an answer that the app did not
//! give. What is answered before it is a request, for hyper cannot read it or it is too
//! slow or too large (400, 408, 414, 431), does not come here: see `server::refusal`.

use std::error::Error as _;

use http::{HeaderValue, Method, Response, StatusCode, header};
use http_body_util::{Either, Full};
use humantime::format_duration;
use thiserror::Error;
use tracing::warn;

use super::{Asked, Body, Proxy};
use crate::message::{Unfit, is_refusal, page};
use crate::upstream;

/// Why a request was not answered by the app. The texts go to the client:
/// they name no address and hold nothing that was sent.
#[derive(Debug, Error)]
pub(super) enum Failure {
    #[error(transparent)]
    Unfit(#[from] Unfit),
    #[error("{0}")]
    Unsupported(&'static str),
    #[error("the method CONNECT is not for a reverse proxy")]
    Connect,
    #[error("the request was to go no further than here (Max-Forwards)")]
    LastHop,
    #[error("the request has been here before: the upstream leads back to this proxy")]
    Loop,
    #[error("no random bytes for a WebSocket handshake")]
    NoRandomness,
    #[error(transparent)]
    Upstream(#[from] upstream::Error),
    #[error("the upstream switched protocols, which nobody asked for")]
    UnwantedUpgrade,
    #[error("the upstream took the request for a WebSocket for another one")]
    MissingUpgrade,
    #[error("the upstream's answer {0}")]
    TransferCoding(&'static str),
}

impl Failure {
    /// Says, counts and logs what happened.
    pub(super) fn into_response(self, asked: &Asked, proxy: &Proxy) -> Response<Body> {
        if matches!(self, Self::LastHop) && asked.method == Method::OPTIONS {
            // The answer that says least: RFC 9110 9.3.7 asks for no field of it.
            return Response::new(Either::Right(Full::default()));
        }
        let (status, kind) = self.status();
        let reason = self.reason(proxy);
        self.record(status, &reason, asked, proxy);
        let mut response = page(status, &reason, asked.version).map(Either::Right);
        let headers = response.headers_mut();
        let proxy_status = HeaderValue::from_str(&format!("rescope; error={kind}"));
        headers.insert(
            "proxy-status",
            proxy_status.expect("the error types are tokens"),
        );
        if matches!(self, Self::Connect | Self::LastHop) {
            headers.insert(header::ALLOW, HeaderValue::from_static(""));
        }
        response
    }

    /// The status and the Proxy-Status error type (RFC 9209 2.3).
    fn status(&self) -> (StatusCode, &'static str) {
        use upstream::Error;
        match self {
            Self::Unfit(Unfit::Malformed(_)) => (StatusCode::BAD_REQUEST, "http_request_error"),
            Self::Unfit(Unfit::TransferCoding(_)) | Self::Unsupported(_) => {
                (StatusCode::NOT_IMPLEMENTED, "http_request_error")
            }
            Self::Connect | Self::LastHop => {
                (StatusCode::METHOD_NOT_ALLOWED, "http_request_denied")
            }
            Self::Loop => (StatusCode::LOOP_DETECTED, "proxy_loop_detected"),
            Self::NoRandomness => (StatusCode::BAD_GATEWAY, "proxy_internal_error"),
            Self::UnwantedUpgrade | Self::MissingUpgrade => {
                (StatusCode::BAD_GATEWAY, "http_upgrade_failed")
            }
            Self::TransferCoding(_) => (StatusCode::BAD_GATEWAY, "http_response_transfer_coding"),
            Self::Upstream(error) => match error {
                Error::Resolve(_) => (StatusCode::BAD_GATEWAY, "dns_error"),
                Error::Refused(_) => (StatusCode::BAD_GATEWAY, "connection_refused"),
                Error::Unreachable(_) => (StatusCode::BAD_GATEWAY, "destination_ip_unroutable"),
                Error::NoDescriptor(_) => {
                    (StatusCode::SERVICE_UNAVAILABLE, "connection_limit_reached")
                }
                Error::ConnectTimeout(_) => (StatusCode::GATEWAY_TIMEOUT, "connection_timeout"),
                Error::Tls(_) => (StatusCode::BAD_GATEWAY, "tls_protocol_error"),
                Error::Closed(_) | Error::Reset(_) => {
                    (StatusCode::BAD_GATEWAY, "connection_terminated")
                }
                Error::ResponseTimeout => (StatusCode::GATEWAY_TIMEOUT, "http_response_timeout"),
                Error::HeadTooLarge => {
                    (StatusCode::BAD_GATEWAY, "http_response_header_section_size")
                }
                Error::Garbage(_) | Error::TooManyInterim => {
                    (StatusCode::BAD_GATEWAY, "http_protocol_error")
                }
                Error::RequestBody(_) | Error::InvalidHost => {
                    (StatusCode::BAD_REQUEST, "http_request_error")
                }
                Error::RequestBodyIdle => (StatusCode::REQUEST_TIMEOUT, "http_request_error"),
            },
        }
    }

    /// What the page and the log say.
    fn reason(&self, proxy: &Proxy) -> String {
        match self {
            Self::Upstream(upstream::Error::RequestBodyIdle) => {
                let limit = format_duration(proxy.upstream.body_idle());
                format!("{self}: nothing for {limit} ([timeouts] body_idle)")
            }
            _ => self.to_string(),
        }
    }

    fn record(&self, status: StatusCode, reason: &str, asked: &Asked, proxy: &Proxy) {
        let (method, path, metrics) = (&asked.method, asked.uri.path(), &proxy.metrics);
        if is_refusal(status) {
            metrics.refused_requests.inc();
            metrics
                .refusal_notices
                .refused(method, path, status.as_u16(), reason);
            return;
        }
        proxy.metrics.upstream_failures.inc();
        let upstream = &proxy.upstream;
        let cause = self.source().map(ToString::to_string);
        warn!(%method, path, status = status.as_u16(), %upstream, reason, cause, "no answer from the upstream");
    }
}
