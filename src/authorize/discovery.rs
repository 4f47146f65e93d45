//! Documents in which libraries find an endpoint (RFC 8414, OpenID Connect
//! Discovery 1.0).
//!
//! They hold what is known to be true and nothing else: of a server that is not
//! Zoom's what is written, and that it issues codes. Zoom is no OpenID provider:
//! what only one has (`jwks_uri`, `id_token_*`, `subject_types_*`,
//! `userinfo_endpoint`) is left out.

use std::{net::IpAddr, sync::Once};

use http::{
    HeaderValue, Method, Request, Response,
    header::{CACHE_CONTROL, CONTENT_TYPE, HOST},
    uri::Authority,
};
use http_body_util::Full;
use serde::Serialize;
use tracing::info;

use super::{Answer, Endpoint, Refusal};
use crate::net::Client;
use crate::oauth::{Cloud, EndpointUrl, Issuer, Scheme};

/// Where the documents are; both say the same.
pub(super) const PATHS: [&str; 2] = [
    "/.well-known/openid-configuration",
    "/.well-known/oauth-authorization-server",
];

/// Returns the issuer that `endpoint` has for `client`; `None` where clients know it by a name
/// that nobody has written.
pub(super) fn issuer<B>(
    endpoint: &Endpoint,
    request: &Request<B>,
    client: &Client,
) -> Option<Issuer> {
    let own = || own_issuer(&asked_authority(request)?, client);
    let issuer = endpoint.issuer.clone().or_else(own);
    if issuer.is_none() {
        // Anybody may ask by any name, as often as they like.
        static TOLD: Once = Once::new();
        TOLD.call_once(|| {
            info!(
                "discovery is asked for by a name that is not known: set `issuer` in `[authorize]`"
            );
        });
    }
    issuer
}

/// Describes `endpoint`.
///
/// # Errors
///
/// The method is not for this.
pub(super) fn answer(
    endpoint: &Endpoint,
    issuer: &Issuer,
    method: &Method,
) -> Result<Answer, Refusal> {
    if !matches!(*method, Method::GET | Method::HEAD) {
        return Err(Refusal::Method("GET, HEAD"));
    }
    let document = Document::new(endpoint, issuer);
    let text = serde_json::to_string(&document).expect("strings and lists of them are JSON");
    let mut answer = Response::new(Full::from(text));
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
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
    #[serde(skip_serializing_if = "Option::is_none")]
    response_modes_supported: Option<&'static [&'static str]>,
    grant_types_supported: &'static [&'static str],
    #[serde(skip_serializing_if = "Option::is_none")]
    token_endpoint_auth_methods_supported: Option<&'static [&'static str]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revocation_endpoint: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code_challenge_methods_supported: Option<&'static [&'static str]>,
}

impl<'a> Document<'a> {
    fn new(endpoint: &'a Endpoint, issuer: &'a Issuer) -> Self {
        let zoom = Cloud::of(&endpoint.to.host());
        let written = |url: &'a Option<EndpointUrl>| url.as_ref().map(EndpointUrl::as_str);
        let of_zoom = |list: &'static [&'static str]| zoom.map(|_| list);
        Self {
            issuer: issuer.as_str(),
            authorization_endpoint: format!("{}{}", issuer.origin(), endpoint.path.as_str()),
            token_endpoint: written(&endpoint.token_endpoint)
                .or(zoom.map(|zoom| zoom.token_endpoint)),
            response_types_supported: &["code"],
            response_modes_supported: of_zoom(&["query"]),
            // Where it is left out it says `implicit` too.
            grant_types_supported: match zoom {
                Some(_) => &["authorization_code", "refresh_token"],
                None => &["authorization_code"],
            },
            token_endpoint_auth_methods_supported: of_zoom(&["client_secret_basic", "none"]),
            revocation_endpoint: written(&endpoint.revocation_endpoint)
                .or(zoom.map(|zoom| zoom.revocation_endpoint)),
            code_challenge_methods_supported: of_zoom(&["S256", "plain"]),
        }
    }
}

/// Whom the request names: an absolute-form target or `:authority`, else Host.
fn asked_authority<B>(request: &Request<B>) -> Option<Authority> {
    let host = || request.headers().get(HOST)?.as_bytes().try_into().ok();
    request.uri().authority().cloned().or_else(host)
}

/// Returns the issuer at the listener that `client` is connected to, by the name that was `asked`
/// for; `None` unless that stands for this machine and this port. Any other may be made up,
/// which would poison what a cache or another client reads, and a client that asked for one
/// takes no issuer but that (RFC 8414 3.3).
fn own_issuer(asked: &Authority, client: &Client) -> Option<Issuer> {
    let own = client.ends?.to;
    let scheme = match client.is_tls {
        true => Scheme::Https,
        false => Scheme::Http,
    };
    if asked.port_u16().unwrap_or(scheme.default_port()) != own.port() {
        return None;
    }
    let address = match own.ip() {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    };
    let mut names = ["localhost", "127.0.0.1", "[::1]", &address].into_iter();
    let host = names.find(|name| name.eq_ignore_ascii_case(asked.host()))?;
    Some(Issuer::new(scheme, host, own.port()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::Ends;

    fn asked_as(asked: &'static str, own: &str, is_tls: bool) -> Option<Issuer> {
        let ends = Ends {
            from: "192.0.2.1:1".parse().unwrap(),
            to: own.parse().unwrap(),
        };
        let client = Client {
            is_tls,
            ends: Some(ends),
            ..Client::default()
        };
        own_issuer(&Authority::from_static(asked), &client)
    }

    #[test]
    fn port_of_the_scheme_is_not_written() {
        for (asked, own, is_tls, expected) in [
            ("localhost", "127.0.0.1:80", false, "http://localhost"),
            ("LOCALHOST:80", "127.0.0.1:80", false, "http://localhost"),
            ("[::1]:443", "[::1]:443", true, "https://[::1]"),
            ("192.0.2.7", "192.0.2.7:443", true, "https://192.0.2.7"),
            ("localhost:80", "127.0.0.1:80", true, "https://localhost:80"),
            (
                "[2001:db8::1]:9",
                "[2001:db8::1]:9",
                false,
                "http://[2001:db8::1]:9",
            ),
        ] {
            let issuer = asked_as(asked, own, is_tls);
            assert_eq!(issuer.as_ref().map(Issuer::as_str), Some(expected));
        }
    }

    #[test]
    fn other_names_and_ports_are_nobodys() {
        for (asked, is_tls) in [
            ("evil.example:443", true),
            ("192.0.2.8", true),
            ("192.0.2.7", false),
            ("192.0.2.7:80", true),
        ] {
            assert_eq!(asked_as(asked, "192.0.2.7:443", is_tls), None, "{asked}");
        }
    }
}
