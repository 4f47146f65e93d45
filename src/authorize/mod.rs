//! An authorize endpoint of its own, for clients that build the URL themselves:
//! what they ask of it is answered with a redirect to the real one, the
//! client's policy applied.
//!
//! Never an open redirector: of a request only its query, or its form, reaches
//! the `Location`, and only behind the `?`. Scheme, host and path are the
//! configuration's.

mod discovery;
mod form;
mod query;
mod redirect;
mod refusal;

use std::{sync::Arc, time::Duration};

use arc_swap::access::DynAccess;
use http::{HeaderValue, Method, Request, Response, Version, header::CONNECTION, request::Parts};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use tracing::debug;

use crate::message;
use crate::metrics::Metrics;
use crate::net::Client;
use crate::oauth::{EndpointPath, EndpointUrl, Issuer};
use crate::rewrite::Rewriter;

use form::Upload;
use refusal::Refusal;

/// An answer, whole.
pub type Answer = Response<Full<Bytes>>;

/// All that requests share.
pub struct Authorize {
    /// What is at each of the server's listeners, in their order.
    pub sites: Vec<Site>,
    /// What becomes of redirects; each is treated with what it is then. It recognises every
    /// endpoint's `to`.
    pub rewriter: Box<dyn DynAccess<Rewriter> + Send + Sync>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// The longest wait for each piece of a form.
    pub body_idle: Duration,
}

/// What is at one listener.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Site {
    /// Its endpoints, no two at one path.
    pub endpoints: Vec<Endpoint>,
    /// Whether there is nothing else.
    pub is_alone: bool,
}

/// One authorize endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Where it is.
    pub path: EndpointPath,
    /// Where its requests are sent on to.
    pub to: EndpointUrl,
    /// The token endpoint beside `to`; `None` for Zoom's, or none that is known.
    pub token_endpoint: Option<EndpointUrl>,
    /// The revocation endpoint beside `to`; `None` for Zoom's, or none that is known.
    pub revocation_endpoint: Option<EndpointUrl>,
    /// What clients know it by; `None` for whichever of `localhost`, loopback and
    /// the listener's address they ask for.
    pub issuer: Option<Issuer>,
    /// Whether clients without an entry are refused.
    pub known_clients_only: bool,
    /// Whether it is described; one of a listener is at most.
    pub discovery: bool,
}

/// What a request is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked<'a> {
    /// An authorize endpoint.
    Endpoint(&'a Endpoint),
    /// The description of one, and the issuer that it has for this client.
    Discovery(&'a Endpoint, Issuer),
    /// The description of one by a name that nobody has written, where there is no app to ask.
    NoIssuer,
    /// Nothing that is there.
    Nothing,
}

impl Authorize {
    /// Returns what `request` of `client` is about; `None` where it is somebody else's.
    pub fn find(&self, request: &Request<Incoming>, client: &Client) -> Option<Asked<'_>> {
        self.sites.get(client.listener)?.find(request, client)
    }

    /// Answers one request about what was asked, whatever comes.
    pub async fn answer(&self, asked: Asked<'_>, request: Request<Incoming>) -> Answer {
        self.metrics.requests.inc();
        let (parts, body) = request.into_parts();
        let mut upload = Upload::new(body, &parts);
        let mut answer = match self.give(asked, &parts, &mut upload).await {
            Ok(answer) => answer,
            Err(refusal) => {
                self.metrics.refused_requests.inc();
                refusal.tell(&parts, &self.metrics.refusal_notices);
                refusal.into_answer(parts.version)
            }
        };
        if !upload.discard() && parts.version != Version::HTTP_2 {
            // RFC 9112 9.6: what comes next cannot be told from what is not read.
            let close = HeaderValue::from_static("close");
            answer.headers_mut().insert(CONNECTION, close);
        }
        // The query stays out of it: state and PKCE values are secrets.
        debug!(
            method = %parts.method,
            path = parts.uri.path(),
            status = answer.status().as_u16(),
            "request about an authorize endpoint"
        );
        answer
    }

    async fn give(
        &self,
        asked: Asked<'_>,
        parts: &Parts,
        upload: &mut Upload,
    ) -> Result<Answer, Refusal> {
        message::check(parts)?;
        let endpoint = match asked {
            Asked::Endpoint(endpoint) => endpoint,
            Asked::Discovery(endpoint, issuer) => {
                return discovery::answer(endpoint, &issuer, &parts.method);
            }
            Asked::NoIssuer => return Err(Refusal::NoIssuer),
            Asked::Nothing => return Err(Refusal::NotFound),
        };
        let form = match parts.method {
            Method::GET | Method::HEAD => None,
            Method::POST => Some(form::read(&parts.headers, upload, self.body_idle).await?),
            _ => return Err(Refusal::Method("GET, HEAD, POST")),
        };
        let query = query::join(parts.uri.query(), form.as_deref())?;
        let rewriter = self.rewriter.load();
        let location = redirect::location(endpoint, query, &rewriter, &self.metrics)?;
        Ok(redirect::answer(&parts.method, location))
    }
}

impl Site {
    /// Returns what `request` of `client` is about; `None` where that is somebody else's. No
    /// other spelling of a path is the same one.
    fn find(&self, request: &Request<Incoming>, client: &Client) -> Option<Asked<'_>> {
        let path = request.uri().path();
        let mut endpoints = self.endpoints.iter();
        if let Some(endpoint) = endpoints
            .clone()
            .find(|endpoint| endpoint.path.as_str() == path)
        {
            return Some(Asked::Endpoint(endpoint));
        }
        let nothing = self.is_alone.then_some(Asked::Nothing);
        if !discovery::PATHS.contains(&path) {
            return nothing;
        }
        let Some(endpoint) = endpoints.find(|endpoint| endpoint.discovery) else {
            return nothing;
        };
        match discovery::issuer(endpoint, request, client) {
            Some(issuer) => Some(Asked::Discovery(endpoint, issuer)),
            // The app may have documents of its own.
            None => self.is_alone.then_some(Asked::NoIssuer),
        }
    }
}
