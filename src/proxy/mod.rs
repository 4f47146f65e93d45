//! The life of one request, top down: [`Proxy::handle`].
//!
//! What the client sent goes to the app and what the app answers goes back,
//! streaming, with the hop-by-hop fields taken off and the URLs rewritten that
//! take a browser somewhere. All else is untouched.

pub mod body;
mod failure;
mod fields;
mod forwarded;
mod redirect;
mod request;
mod rules;
mod trailers;
mod tunnel;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use arc_swap::ArcSwap;
use http::{HeaderValue, Method, Request, Response, StatusCode, Uri, Version, header::HOST};
use http_body_util::{Either, Full};
use hyper::body::{Bytes, Incoming};
use tracing::{Level, debug};

use crate::metrics::Metrics;
use crate::net::{Client, Interim, OwnConnections, Shutdown};
use crate::oauth::{RequestUrl, Scheme};
use crate::upstream::{Binding, Upstream};

use body::{HeldBodies, LookedAt};
use failure::Failure;
use tunnel::Upgrade;

pub use forwarded::Forwarding;
pub use rules::Rules;
pub use trailers::AnswerBody;

/// What goes to the client: the app's body, looked into or not, or a short text of our own.
pub type Body = Either<Either<AnswerBody, Box<LookedAt>>, Full<Bytes>>;

/// All that requests share.
pub struct Proxy {
    /// What becomes of answers; each is looked at with what it is then.
    pub rules: Arc<ArcSwap<Rules>>,
    /// The app.
    pub upstream: Upstream,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// The end, which tunnels know of.
    pub shutdown: Shutdown,
    /// How long a tunnel may carry nothing.
    pub upgrade_idle: Duration,
    /// The connections to the app, of all proxies in this process.
    pub own: OwnConnections,
    /// What is held of bodies, of all of them.
    pub held: HeldBodies,
    /// What is added to requests.
    pub fields: AddedFields,
}

/// Fields that are added to requests.
#[derive(Debug, Clone, Default)]
pub struct AddedFields {
    /// What becomes of X-Forwarded-* and Forwarded; `None` for off, but replace where the
    /// client speaks TLS.
    pub forwarding: Option<Forwarding>,
    /// The name to be known by in Via; `None` for no Via.
    pub via: Option<String>,
}

impl Proxy {
    /// Answers one request of `client`, whatever comes; `binding` is its connection's.
    pub async fn handle(
        &self,
        request: Request<Incoming>,
        client: &Client,
        binding: &Binding,
    ) -> Response<Body> {
        self.metrics.requests.inc();
        let asked = Asked::new(&request, client);
        let response = match self.forward(request, &asked, client, binding).await {
            Ok(response) => response,
            Err(failure) => failure.into_response(&asked, self),
        };
        client.interim.finish();
        asked.log(response.status());
        response
    }

    async fn forward(
        &self,
        mut request: Request<Incoming>,
        asked: &Asked,
        client: &Client,
        binding: &Binding,
    ) -> Result<Response<Body>, Failure> {
        let upgrade = Upgrade::wanted_by(&mut request)?;
        let outgoing = request::to_upstream(request, upgrade.is_some(), client, self)?;
        let interim = match asked.version {
            Version::HTTP_11 => &client.interim,
            // RFC 9110 15.2: HTTP/1.0 knows none.
            _ => &Interim::default(),
        };
        // HTTP/2 sends several requests at once.
        let binding = (asked.version != Version::HTTP_2).then_some(binding);
        let answer = self.upstream.send(outgoing, interim, binding).await?;
        self.metrics.retries.inc_by(u64::from(answer.attempts - 1));
        let mut response = answer.response;
        let named = if response.status() == StatusCode::SWITCHING_PROTOCOLS {
            let upgrade = upgrade.ok_or(Failure::UnwantedUpgrade)?;
            upgrade.start(&mut response, self)?;
            Vec::new()
        } else {
            if upgrade.is_some_and(|upgrade| upgrade.would_open_with(response.status())) {
                return Err(Failure::MissingUpgrade);
            }
            fields::settle_length(&mut response);
            fields::clean_response(&mut response, &asked.method, asked.version)?
        };
        let rules = self.rules.load();
        rules.rewrite_headers(response.headers_mut(), &asked.url(), &self.metrics);
        // RFC 9112 2.3: a proxy sends its own version. It also makes a body that was
        // delimited by the end of its connection chunked, so that a break is seen as one.
        *response.version_mut() = Version::HTTP_11;
        let response = response.map(|body| AnswerBody::new(body, named));
        let response = body::rewrite(response, asked, rules, self).await;
        Ok(response.map(Either::Left))
    }
}

/// What is still to be known of a request when it has been sent.
struct Asked {
    method: Method,
    uri: Uri,
    host: Option<HeaderValue>,
    version: Version,
    is_tls: bool,
    /// Whether its answer's content is to stay as it is.
    forbids_changes: bool,
    /// When it came; known only where it will be logged.
    start: Option<Instant>,
}

impl Asked {
    fn new(request: &Request<Incoming>, client: &Client) -> Self {
        Self {
            method: request.method().clone(),
            uri: request.uri().clone(),
            host: request.headers().get(HOST).cloned(),
            version: request.version(),
            is_tls: client.is_tls,
            forbids_changes: body::forbids_changes(request.headers()),
            start: tracing::enabled!(Level::DEBUG).then(Instant::now),
        }
    }

    /// The request's own URL, as the client sees it.
    fn url(&self) -> RequestUrl<'_> {
        RequestUrl {
            scheme: match self.is_tls {
                true => Scheme::Https,
                false => Scheme::Http,
            },
            authority: match self.uri.authority() {
                // RFC 9112 3.2.2: an absolute-form target beats Host.
                Some(authority) => authority.as_str().as_bytes(),
                None => self.host.as_ref().map_or(b"", HeaderValue::as_bytes),
            },
            path: self.uri.path(),
        }
    }

    /// One line a request; the query stays out of it, since codes and states travel there.
    fn log(&self, status: StatusCode) {
        if let Some(start) = self.start {
            debug!(
                method = %self.method,
                path = self.uri.path(),
                status = status.as_u16(),
                microseconds = start.elapsed().as_micros(),
                "request"
            );
        }
    }
}
