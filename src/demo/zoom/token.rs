//! The token endpoint (RFC 6749 4.1.3), PKCE (RFC 7636), and one call of the API.

use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD, Engine};
use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Request, Response, StatusCode,
    header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE},
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use thiserror::Error;

use super::{Parameters, Repeated, Zoom};
use crate::demo::{random_token, wire::Body};

/// What a code stands for.
#[derive(Debug)]
pub(super) struct Grant {
    pub(super) client_id: String,
    pub(super) redirect_uri: String,
    pub(super) challenge: Option<Challenge>,
    pub(super) scopes: Vec<String>,
}

/// What the `code_verifier` must come to (RFC 7636 4.3).
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Challenge {
    Plain(String),
    S256(String),
}

/// An authorization request's PKCE parameters make no sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("Invalid code_challenge")]
pub(super) struct InvalidChallenge;

impl Challenge {
    /// Returns the challenge of an authorization request, if it has one; without a method, it is `plain`.
    pub(super) fn new(
        challenge: Option<String>,
        method: Option<String>,
    ) -> Result<Option<Self>, InvalidChallenge> {
        match (challenge, method.as_deref()) {
            (None, None) => Ok(None),
            (Some(challenge), None | Some("plain")) => Ok(Some(Self::Plain(challenge))),
            (Some(challenge), Some("S256")) => Ok(Some(Self::S256(challenge))),
            _ => Err(InvalidChallenge),
        }
    }

    fn is_met_by(&self, verifier: &str) -> bool {
        match self {
            Self::Plain(challenge) => verifier == challenge,
            Self::S256(challenge) => s256(verifier) == *challenge,
        }
    }
}

/// Returns `BASE64URL-ENCODE(SHA256(ASCII(verifier)))` (RFC 7636 4.2).
pub(in crate::demo) fn s256(verifier: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(verifier))
}

impl Zoom {
    pub(super) fn token(&self, request: &Request<Bytes>) -> Response<Body> {
        match self.exchange(request) {
            Ok(answer) => json_response(StatusCode::OK, &answer),
            Err(fault) => {
                let answer = json!({"reason": fault.to_string(), "error": fault.code()});
                json_response(fault.status(), &answer)
            }
        }
    }

    fn exchange(&self, request: &Request<Bytes>) -> Result<Value, Fault> {
        let mut parameters = Parameters::parse(request.uri().query().unwrap_or_default());
        let body = String::from_utf8_lossy(request.body());
        parameters.0.append(&mut Parameters::parse(&body).0);
        let one = |name| parameters.one(name).map_err(|Repeated| Fault::Repeated);
        if one("grant_type")?.as_deref() != Some("authorization_code") {
            return Err(Fault::GrantType);
        }
        let (client_id, secret) = match basic(request.headers()) {
            Some((client_id, secret)) => (client_id, Some(secret)),
            None => (
                one("client_id")?.ok_or(Fault::Client)?,
                one("client_secret")?,
            ),
        };
        let app = self.apps.get(&client_id).ok_or(Fault::Client)?;
        if app.client_secret != secret {
            return Err(Fault::Client);
        }
        let code = one("code")?.ok_or(Fault::Code)?;
        let grant = self.issued().codes.remove(&code).ok_or(Fault::Code)?;
        if grant.client_id != client_id {
            return Err(Fault::Code);
        }
        if one("redirect_uri")?.as_ref() != Some(&grant.redirect_uri) {
            return Err(Fault::Redirect);
        }
        let proven = match &grant.challenge {
            Some(challenge) => challenge.is_met_by(&one("code_verifier")?.unwrap_or_default()),
            None => app.client_secret.is_some(),
        };
        if !proven {
            return Err(Fault::Verifier);
        }
        let access_token = random_token();
        self.issued().access_tokens.insert(access_token.clone());
        Ok(json!({
            "access_token": access_token,
            "token_type": "bearer",
            "refresh_token": random_token(),
            "expires_in": 3599,
            "scope": grant.scopes.join(" "),
        }))
    }

    pub(super) fn user(&self, request: &Request<Bytes>) -> Response<Body> {
        let bearer = authorization(request.headers(), "bearer").unwrap_or_default();
        if !self.issued().access_tokens.contains(bearer) {
            let answer = json!({"code": 124, "message": "Invalid access token."});
            return json_response(StatusCode::UNAUTHORIZED, &answer);
        }
        let user = json!({
            "id": "pretend-user-1",
            "first_name": "Ada",
            "last_name": "Example",
            "email": "ada@example.com",
        });
        json_response(StatusCode::OK, &user)
    }
}

fn json_response(status: StatusCode, value: &Value) -> Response<Body> {
    let mut response = Response::new(Body::from(value.to_string()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    // RFC 6749 5.1: whoever answers with a token says that it must not be stored.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Returns the client_id and secret of HTTP Basic (RFC 7617).
fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let decoded = BASE64_STANDARD
        .decode(authorization(headers, "basic")?)
        .ok()?;
    let (client_id, secret) = str::from_utf8(&decoded).ok()?.split_once(':')?;
    Some((client_id.to_owned(), secret.to_owned()))
}

/// Returns what follows the scheme, whose case is of no account (RFC 9110 11.1).
fn authorization<'h>(headers: &'h HeaderMap, scheme: &str) -> Option<&'h str> {
    let (found, rest) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    found.eq_ignore_ascii_case(scheme).then_some(rest.trim())
}

/// Why no token is issued.
#[derive(Debug, Error)]
enum Fault {
    #[error("Unsupported grant type")]
    GrantType,
    #[error("A parameter is there twice")]
    Repeated,
    #[error("Invalid client_id or client_secret")]
    Client,
    #[error("Invalid authorization code")]
    Code,
    #[error("Redirect URI mismatch")]
    Redirect,
    #[error("Invalid code_verifier")]
    Verifier,
}

impl Fault {
    /// The error code of RFC 6749 5.2.
    fn code(&self) -> &'static str {
        match self {
            Self::GrantType => "unsupported_grant_type",
            Self::Repeated => "invalid_request",
            Self::Client => "invalid_client",
            Self::Code | Self::Redirect | Self::Verifier => "invalid_grant",
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Client => StatusCode::UNAUTHORIZED,
            _ => StatusCode::BAD_REQUEST,
        }
    }
}
