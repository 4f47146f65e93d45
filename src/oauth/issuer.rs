//! What clients know an authorization server by.

use std::str::FromStr;

use thiserror::Error;

use super::{
    endpoint::Scheme,
    endpoint_url::{EndpointUrl, InvalidEndpointUrl},
};

/// An issuer identifier (RFC 8414 2) without a path, though a `/` may stand at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issuer(String);

impl Issuer {
    /// Returns the issuer at `host`, a name or an address in its plainest spelling, IPv6 in
    /// brackets.
    pub fn new(scheme: Scheme, host: &str, port: u16) -> Self {
        let name = scheme.as_str();
        Self(match port == scheme.default_port() {
            true => format!("{name}://{host}"),
            false => format!("{name}://{host}:{port}"),
        })
    }

    /// The issuer as clients are to compare it: byte for byte (RFC 8414 4).
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The same without a `/` at its end; a path may be put behind it.
    pub fn origin(&self) -> &str {
        self.0.strip_suffix('/').unwrap_or(&self.0)
    }
}

/// Takes what an operator may write: `https`, or `http` for this machine, in its plainest
/// spelling. RFC 8414 2 would allow a path, but the documents are found without one here.
impl FromStr for Issuer {
    type Err = InvalidIssuer;

    fn from_str(text: &str) -> Result<Self, InvalidIssuer> {
        let issuer = Self(text.to_owned());
        match format!("{}/", issuer.origin()).parse::<EndpointUrl>() {
            Ok(url) if url.path() == "/" => Ok(issuer),
            Err(InvalidEndpointUrl::Spelling(plain)) => {
                let plain = plain.trim_end_matches('/').to_owned();
                Err(InvalidIssuer::Spelling(plain))
            }
            _ => Err(InvalidIssuer::Malformed),
        }
    }
}

/// Why a text is no issuer. What was found is not shown: it may hold a secret.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidIssuer {
    /// No origin, or plain http to another machine.
    #[error(
        "an issuer is `https://HOST` or `https://HOST:PORT`, as clients write it, without a path; \
         `http` is for this machine only"
    )]
    Malformed,
    /// The same issuer has a plainer spelling, which is shown.
    #[error("an issuer is written in its plainest spelling, `{0}`")]
    Spelling(String),
}
