//! A small web app that signs people in with Zoom, as many are.
//!
//! Its redirect has the shape that Laravel Socialite's has: a 302 with `scope`,
//! `state` and PKCE in the URL and an HTML body that holds the URL again. It
//! knows nothing of rescope, keeps everything in memory and talks to the
//! pretend Zoom alone.

use std::{
    collections::HashMap,
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use http::{
    HeaderValue, Method, Request, Response, StatusCode,
    header::{AUTHORIZATION, CONTENT_TYPE, HOST, LOCATION, SET_COOKIE},
};
use serde_json::Value;
use thiserror::Error;
use tokio::net::TcpListener;
use url::form_urlencoded::{self, Serializer};

use super::{
    random_token,
    wire::{Body, SendError, cookie, escape, page, send, serve},
    zoom::{Regime, RegisteredApp, s256},
};

const CLIENT_ID: &str = "SampleApp";
const CLIENT_SECRET: &str = "sample-secret";
const SESSION: &str = "sample_session";

/// The app, bound and not yet served.
#[derive(Debug)]
pub struct SampleApp {
    listener: TcpListener,
    address: SocketAddr,
    state: Arc<State>,
}

#[derive(Debug)]
struct State {
    zoom: SocketAddr,
    sessions: Mutex<HashMap<String, SignIn>>,
    last_redirect: Mutex<Option<String>>,
}

/// A sign-in that has begun.
#[derive(Debug)]
struct SignIn {
    state: String,
    code_verifier: String,
    redirect_uri: String,
}

/// What the app has sent; usable while the app is served.
#[derive(Debug, Clone)]
pub struct Redirects(Arc<State>);

impl Redirects {
    /// The last authorize URL that left the app.
    pub fn last(&self) -> Option<String> {
        lock(&self.0.last_redirect).clone()
    }
}

impl SampleApp {
    /// Binds a free port of 127.0.0.1 for an app whose Zoom is at `zoom`.
    ///
    /// # Errors
    ///
    /// No port can be bound.
    pub async fn bind(zoom: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let state = Arc::new(State {
            zoom,
            sessions: Mutex::default(),
            last_redirect: Mutex::default(),
        });
        Ok(Self {
            listener,
            address,
            state,
        })
    }

    /// The address that was bound.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// What the app will have sent.
    pub fn redirects(&self) -> Redirects {
        Redirects(Arc::clone(&self.state))
    }

    /// Returns the app's entry in the marketplace, for browsers that reach it at `addresses`.
    pub fn registration(addresses: &[SocketAddr], regime: Regime) -> RegisteredApp {
        let redirect_uri = |address: &SocketAddr| redirect_uri(&address.to_string());
        RegisteredApp {
            client_id: CLIENT_ID.to_owned(),
            client_secret: Some(CLIENT_SECRET.to_owned()),
            redirect_uris: addresses.iter().map(redirect_uri).collect(),
            scopes: vec!["user:read:admin".to_owned()],
            regime,
        }
    }

    /// Answers until `shutdown`.
    pub async fn serve(self, shutdown: impl Future<Output = ()>) {
        let handler = move |request| {
            let state = Arc::clone(&self.state);
            async move { state.answer(&request).await }
        };
        serve(self.listener, handler, shutdown).await;
    }
}

impl State {
    async fn answer(&self, request: &Request<Bytes>) -> Response<Body> {
        match (request.method(), request.uri().path()) {
            (&Method::GET, "/") => page(
                StatusCode::OK,
                "<p><a href=\"/login\">Sign in with Zoom</a></p>",
            ),
            (&Method::GET, "/login") => self.login(request),
            (&Method::GET, "/callback") => match self.callback(request).await {
                Ok(name) => {
                    let text = format!("<p>Signed in as {}</p>", escape(&name));
                    page(StatusCode::OK, &text)
                }
                Err(fault) => page(
                    StatusCode::BAD_REQUEST,
                    &format!("<p>Not signed in: {fault}</p>"),
                ),
            },
            _ => page(StatusCode::NOT_FOUND, "<p>There is no such page.</p>"),
        }
    }

    fn login(&self, request: &Request<Bytes>) -> Response<Body> {
        let Some(Ok(host)) = request.headers().get(HOST).map(HeaderValue::to_str) else {
            return page(StatusCode::BAD_REQUEST, "<p>There is no Host field.</p>");
        };
        let sign_in = SignIn {
            state: random_token(),
            code_verifier: random_token(),
            // From the Host that the browser asked, so that it comes back the way it went.
            redirect_uri: redirect_uri(host),
        };
        let url = self.authorize_url(&sign_in);
        let html = format!(
            "<p>Redirecting to <a href=\"{0}\">{0}</a>.</p>",
            escape(&url)
        );
        let mut response = page(StatusCode::FOUND, &html);
        let session = random_token();
        let cookie = format!("{SESSION}={session}; Path=/; HttpOnly; SameSite=Lax");
        let value = |text: &str| HeaderValue::from_str(text).expect("URLs and tokens are ASCII");
        response.headers_mut().insert(LOCATION, value(&url));
        response.headers_mut().insert(SET_COOKIE, value(&cookie));
        lock(&self.sessions).insert(session, sign_in);
        *lock(&self.last_redirect) = Some(url);
        response
    }

    fn authorize_url(&self, sign_in: &SignIn) -> String {
        let query = Serializer::new(String::new())
            .append_pair("client_id", CLIENT_ID)
            .append_pair("redirect_uri", &sign_in.redirect_uri)
            .append_pair("scope", "user:read:admin")
            .append_pair("response_type", "code")
            .append_pair("state", &sign_in.state)
            .append_pair("code_challenge", &s256(&sign_in.code_verifier))
            .append_pair("code_challenge_method", "S256")
            .finish();
        format!("http://{}/oauth/authorize?{query}", self.zoom)
    }

    /// Returns the name of who is signed in.
    async fn callback(&self, request: &Request<Bytes>) -> Result<String, Fault> {
        let query = request.uri().query().unwrap_or_default();
        let parameters: HashMap<_, _> = form_urlencoded::parse(query.as_bytes()).collect();
        let session = cookie(request, SESSION).ok_or(Fault::Session)?;
        let sign_in = lock(&self.sessions).remove(session).ok_or(Fault::Session)?;
        if parameters.get("state").map(AsRef::as_ref) != Some(&*sign_in.state) {
            return Err(Fault::State);
        }
        let code = parameters.get("code").ok_or(Fault::Code)?;
        let token = self.access_token(code, &sign_in).await?;
        let request = Request::get("/v2/users/me").header(AUTHORIZATION, format!("Bearer {token}"));
        let user = self.call(request, Body::default()).await?;
        let name = |key: &str| user[key].as_str().map(str::to_owned).ok_or(Fault::Answer);
        Ok(format!("{} {}", name("first_name")?, name("last_name")?))
    }

    async fn access_token(&self, code: &str, sign_in: &SignIn) -> Result<String, Fault> {
        let form = Serializer::new(String::new())
            .append_pair("grant_type", "authorization_code")
            .append_pair("client_id", CLIENT_ID)
            .append_pair("client_secret", CLIENT_SECRET)
            .append_pair("code", code)
            .append_pair("redirect_uri", &sign_in.redirect_uri)
            .append_pair("code_verifier", &sign_in.code_verifier)
            .finish();
        let request =
            Request::post("/oauth/token").header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        let answer = self.call(request, Body::from(form)).await?;
        answer["access_token"]
            .as_str()
            .map(str::to_owned)
            .ok_or(Fault::Answer)
    }

    async fn call(&self, request: http::request::Builder, body: Body) -> Result<Value, Fault> {
        let request = request.header(HOST, self.zoom.to_string()).body(body);
        let request = request.map_err(|_| Fault::Answer)?;
        let response = send(self.zoom, request).await?;
        serde_json::from_slice(response.body()).map_err(|_| Fault::Answer)
    }
}

fn redirect_uri(host: &str) -> String {
    format!("http://{host}/callback")
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Why nobody is signed in.
#[derive(Debug, Error)]
enum Fault {
    #[error("this browser has begun no sign-in")]
    Session,
    #[error("the state is not the one that was sent")]
    State,
    #[error("there is no code")]
    Code,
    #[error("Zoom answered no token")]
    Answer,
    #[error(transparent)]
    Send(#[from] SendError),
}
