//! Documents in which libraries find an endpoint (RFC 8414, OpenID Connect
//! Discovery 1.0).
//!
//! They hold what is known to be true and nothing else. Zoom is no OpenID
//! provider: what only one has (`jwks_uri`, `id_token_*`, `subject_types_*`,
//! `userinfo_endpoint`) is left out.

use std::net::IpAddr;

use http::{
    HeaderValue, Method, Response,
    header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, HOST},
    request::Parts,
    uri::Authority,
};
use http_body_util::Full;
use serde::Serialize;

use super::{Answer, Endpoint, Refusal};
use crate::net::Client;
use crate::oauth::EndpointUrl;

/// Where the documents are; both say the same.
pub(super) const PATHS: [&str; 2] = [
    "/.well-known/openid-configuration",
    "/.well-known/oauth-authorization-server",
];

/// Describes `endpoint` to `client`.
///
/// # Errors
///
/// The method is not for this, or it cannot be told what clients know the endpoint by.
pub(super) fn answer(
    endpoint: &Endpoint,
    parts: &Parts,
    client: &Client,
) -> Result<Answer, Refusal> {
    if !matches!(parts.method, Method::GET | Method::HEAD) {
        return Err(Refusal::Method("GET, HEAD"));
    }
    let issuer = match &endpoint.issuer {
        Some(issuer) => issuer.clone(),
        None => own_origin(asked_authority(parts), client).ok_or(Refusal::NoIssuer)?,
    };
    let document = Document::new(endpoint, &issuer);
    let text = serde_json::to_string(&document).expect("strings and lists of them are JSON");
    let length = text.len();
    let mut answer = Response::new(match parts.method {
        Method::HEAD => Full::default(),
        _ => Full::from(text),
    });
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    Ok(answer)
}

/// The members that apply (RFC 8414 section 2), in its order.
#[derive(Debug, Serialize)]
struct Document<'a> {
    issuer: &'a str,
    authorization_endpoint: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_endpoint: Option<&'a str>,
    response_types_supported: &'static [&'static str],
    response_modes_supported: &'static [&'static str],
    grant_types_supported: &'static [&'static str],
    #[serde(skip_serializing_if = "Option::is_none")]
    token_endpoint_auth_methods_supported: Option<&'static [&'static str]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revocation_endpoint: Option<&'a str>,
    code_challenge_methods_supported: &'static [&'static str],
}

impl<'a> Document<'a> {
    fn new(endpoint: &'a Endpoint, issuer: &'a str) -> Self {
        let zoom = Zoom::of(&endpoint.to.host());
        let [token, revocation] = match &zoom {
            Some(zoom) => [Some(zoom.token), Some(zoom.revocation)],
            None => [None, None],
        };
        let origin = issuer.strip_suffix('/').unwrap_or(issuer);
        let written = |url: &'a Option<EndpointUrl>| url.as_ref().map(EndpointUrl::as_str);
        Self {
            issuer,
            authorization_endpoint: format!("{origin}{}", endpoint.path),
            token_endpoint: written(&endpoint.token).or(token),
            response_types_supported: &["code"],
            response_modes_supported: &["query"],
            // Where it is left out it says `implicit` too.
            grant_types_supported: match zoom {
                Some(_) => &["authorization_code", "refresh_token"],
                None => &["authorization_code"],
            },
            token_endpoint_auth_methods_supported: zoom
                .as_ref()
                .map(|_| &["client_secret_basic", "none"][..]),
            revocation_endpoint: written(&endpoint.revocation).or(revocation),
            code_challenge_methods_supported: match zoom {
                Some(_) => &["S256", "plain"],
                // RFC 9700 2.1.1: servers must support PKCE.
                None => &["S256"],
            },
        }
    }
}

/// The endpoints of one of Zoom's clouds.
struct Zoom {
    token: &'static str,
    revocation: &'static str,
}

impl Zoom {
    /// Returns those of the cloud that `host` belongs to.
    fn of(host: &str) -> Option<Self> {
        let is_below = |domain: &str| {
            let rest = host.strip_suffix('.').unwrap_or(host).strip_suffix(domain);
            rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        };
        if is_below("zoom.us") {
            return Some(Self {
                token: "https://zoom.us/oauth/token",
                revocation: "https://zoom.us/oauth/revoke",
            });
        }
        is_below("zoomgov.com").then_some(Self {
            token: "https://zoomgov.com/oauth/token",
            revocation: "https://zoomgov.com/oauth/revoke",
        })
    }
}

/// Whom the request names: an absolute-form target or `:authority`, else Host.
fn asked_authority(parts: &Parts) -> Option<Authority> {
    let host = || parts.headers.get(HOST)?.as_bytes().try_into().ok();
    parts.uri.authority().cloned().or_else(host)
}

/// Returns the URL of the listener that `client` is connected to: by the name that was asked
/// for where that stands for this machine, else by its address. A name that others may have
/// made up never counts: it would poison what a cache or another client reads.
fn own_origin(asked: Option<Authority>, client: &Client) -> Option<String> {
    let own = client.ends?.to;
    let (scheme, default_port) = match client.is_tls {
        true => ("https", 443),
        false => ("http", 80),
    };
    let address = match own.ip() {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    };
    let asked = asked.filter(|asked| asked.port_u16().unwrap_or(default_port) == own.port());
    let names = ["localhost", "127.0.0.1", "[::1]", &address];
    let name = asked.and_then(|asked| {
        let mut names = names.into_iter();
        names.find(|name| name.eq_ignore_ascii_case(asked.host()))
    });
    let host = name.unwrap_or(&address);
    Some(match own.port() == default_port {
        true => format!("{scheme}://{host}"),
        false => format!("{scheme}://{host}:{}", own.port()),
    })
}
