//! A pretend Zoom on loopback: its authorize and token endpoints, in every
//! regime that apps meet today.
//!
//! It is for tests and demos only. It never talks to Zoom, keeps everything in
//! memory, and takes consent for granted: nobody has to click.

mod regime;
mod token;

use std::{
    collections::{HashMap, HashSet},
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use http::{
    HeaderValue, Method, Request, Response, StatusCode,
    header::{LOCATION, SET_COOKIE},
};
use thiserror::Error;
use tokio::net::TcpListener;
use url::form_urlencoded;

use super::{
    random_token,
    wire::{Body, cookie, page, serve},
};
use regime::Asked;
use token::{Challenge, Grant};

pub use regime::{InvalidScope, Regime};
pub(super) use token::s256;

/// The cookie that says a browser is signed in to the pretend Zoom.
const SESSION: &str = "zoom_session";

/// The endpoints, bound and not yet served.
#[derive(Debug)]
pub struct PretendZoom {
    listener: TcpListener,
    address: SocketAddr,
    zoom: Zoom,
}

/// An app as it stands in the pretend marketplace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisteredApp {
    /// Its `client_id`.
    pub client_id: String,
    /// Its secret; `None` for a public client, which must prove itself with PKCE.
    pub client_secret: Option<String>,
    /// Where codes may be sent, compared whole.
    pub redirect_uris: Vec<String>,
    /// The scopes saved on the app: what is granted where none are asked for.
    pub scopes: Vec<String>,
    /// What `scope` in its authorize URL does.
    pub regime: Regime,
}

impl PretendZoom {
    /// Binds a free port of 127.0.0.1; connections wait until [`serve`](Self::serve).
    ///
    /// # Errors
    ///
    /// No port can be bound.
    pub async fn bind() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        Ok(Self {
            listener,
            address,
            zoom: Zoom::default(),
        })
    }

    /// The address that was bound.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Adds an app, or replaces the one with the same `client_id`.
    pub fn register(&mut self, app: RegisteredApp) {
        self.zoom.apps.insert(app.client_id.clone(), app);
    }

    /// Answers until `shutdown`.
    pub async fn serve(self, shutdown: impl Future<Output = ()>) {
        let zoom = Arc::new(self.zoom);
        let handler = move |request| {
            let zoom = Arc::clone(&zoom);
            async move { zoom.answer(&request) }
        };
        serve(self.listener, handler, shutdown).await;
    }
}

/// What the pretend Zoom knows.
#[derive(Debug, Default)]
struct Zoom {
    apps: HashMap<String, RegisteredApp>,
    issued: Mutex<Issued>,
}

/// What was handed out.
#[derive(Debug, Default)]
struct Issued {
    /// Grants by their code; a code that was tried is gone.
    codes: HashMap<String, Grant>,
    access_tokens: HashSet<String>,
    sessions: HashSet<String>,
}

impl Zoom {
    fn answer(&self, request: &Request<Bytes>) -> Response<Body> {
        match (request.method(), request.uri().path()) {
            (&Method::GET, "/oauth/authorize") => self.authorize(request),
            (&Method::POST, "/oauth/token") => self.token(request),
            (&Method::GET, "/v2/users/me") => self.user(request),
            (&Method::GET, "/signin") => {
                let page = page(StatusCode::OK, "<p>Signed in to the pretend Zoom.</p>");
                self.with_session(page)
            }
            _ => page(StatusCode::NOT_FOUND, "<p>There is no such page.</p>"),
        }
    }

    /// Answers the authorization endpoint (RFC 6749 3.1).
    fn authorize(&self, request: &Request<Bytes>) -> Response<Body> {
        let query = request.uri().query().unwrap_or_default();
        let session = cookie(request, SESSION).unwrap_or_default();
        let is_signed_in = self.issued().sessions.contains(session);
        let location = self
            .consent(query, is_signed_in)
            .and_then(|location| HeaderValue::try_from(location).map_err(|_| Refusal::Redirect));
        match location {
            Ok(location) => {
                let mut response = page(StatusCode::FOUND, "<p>You are being sent back.</p>");
                response.headers_mut().insert(LOCATION, location);
                self.with_session(response)
            }
            Err(refusal) => {
                let text =
                    format!("<h1>You cannot authorize this app</h1>\n<p>{refusal} (4,700)</p>");
                page(StatusCode::BAD_REQUEST, &text)
            }
        }
    }

    /// Returns the URL that takes a new code back to the app.
    fn consent(&self, query: &str, is_signed_in: bool) -> Result<String, Refusal> {
        let parameters = Parameters::parse(query);
        let one = |name| parameters.one(name).map_err(|Repeated| Refusal::Repeated);
        let client_id = one("client_id")?.ok_or(Refusal::Client)?;
        let app = self.apps.get(&client_id).ok_or(Refusal::Client)?;
        let redirect_uri = one("redirect_uri")?.ok_or(Refusal::Redirect)?;
        if !app.redirect_uris.contains(&redirect_uri) {
            return Err(Refusal::Redirect);
        }
        if one("response_type")?.as_deref() != Some("code") {
            return Err(Refusal::ResponseType);
        }
        let challenge = Challenge::new(one("code_challenge")?, one("code_challenge_method")?)?;
        let asked = Asked {
            scope: one("scope")?,
            optional_scope: one("optional_scope")?,
            is_signed_in,
        };
        let scopes = app.regime.grant(&asked, &app.scopes)?;
        let grant = Grant {
            client_id,
            redirect_uri: redirect_uri.clone(),
            challenge,
            scopes,
        };
        let code = random_token();
        let mark = if redirect_uri.contains('?') { '&' } else { '?' };
        let location = format!("{redirect_uri}{mark}code={code}{}", state_pair(query));
        self.issued().codes.insert(code, grant);
        Ok(location)
    }

    fn with_session(&self, mut response: Response<Body>) -> Response<Body> {
        let session = random_token();
        let line = format!("{SESSION}={session}; Path=/; HttpOnly; SameSite=Lax");
        let line = HeaderValue::try_from(line).expect("a token is base64url");
        response.headers_mut().insert(SET_COOKIE, line);
        self.issued().sessions.insert(session);
        response
    }

    fn issued(&self) -> MutexGuard<'_, Issued> {
        self.issued.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns `&state=..` in the very bytes of `query` (RFC 6749 4.1.2: "the exact value
/// received from the client"), or nothing where it has none.
fn state_pair(query: &str) -> String {
    let is_state = |raw: &&str| {
        let pair = form_urlencoded::parse(raw.as_bytes()).next();
        pair.is_some_and(|(name, _)| name == "state")
    };
    let value = |raw: &str| {
        raw.split_once('=')
            .map_or(String::new(), |(_, value)| value.to_owned())
    };
    match query.split('&').find(is_state) {
        Some(raw) => format!("&state={}", value(raw)),
        None => String::new(),
    }
}

/// Decoded parameters, in order.
#[derive(Debug)]
struct Parameters(Vec<(String, String)>);

/// RFC 6749 3.1: "Request and response parameters MUST NOT be included more than once."
#[derive(Debug)]
struct Repeated;

impl Parameters {
    fn parse(form: &str) -> Self {
        Self(
            form_urlencoded::parse(form.as_bytes())
                .into_owned()
                .collect(),
        )
    }

    fn one(&self, name: &str) -> Result<Option<String>, Repeated> {
        let mut values = self.0.iter().filter(|(known, _)| known == name);
        let value = values.next().map(|(_, value)| value.clone());
        match values.next() {
            None => Ok(value),
            Some(_) => Err(Repeated),
        }
    }
}

/// What the error page says. As on Zoom, nothing goes back to the app.
#[derive(Debug, Error)]
enum Refusal {
    #[error("Invalid client_id")]
    Client,
    #[error("Invalid redirect")]
    Redirect,
    #[error("Invalid response_type")]
    ResponseType,
    #[error("A parameter is there twice")]
    Repeated,
    #[error(transparent)]
    Challenge(#[from] token::InvalidChallenge),
    #[error(transparent)]
    Scope(#[from] InvalidScope),
}
