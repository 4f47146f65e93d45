//! The authorization endpoints that are known, and what the configuration may add.

use std::fmt;

use thiserror::Error;
use url::Host;

use super::{
    endpoint_path::{EndpointPath, InvalidEndpointPath},
    zoom::CLOUDS,
};

/// How an endpoint is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scheme {
    /// With TLS, as RFC 6749 3.1 requires.
    #[default]
    Https,
    /// Without; for a pretend provider on this machine alone.
    Http,
}

impl Scheme {
    /// The port that stands for the scheme where none is written.
    pub fn default_port(self) -> u16 {
        match self {
            Self::Https => 443,
            Self::Http => 80,
        }
    }

    /// The scheme's name, in lower case.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Https => "https",
            Self::Http => "http",
        }
    }
}

/// One authorization endpoint: scheme, host or all hosts below it, port, path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    pub(super) scheme: Scheme,
    /// Lower-case ASCII, without a trailing dot; the part behind `*` for a wildcard.
    host: String,
    wildcard: bool,
    pub(super) port: u16,
    path: String,
}

impl Endpoint {
    /// Returns the endpoint at `host` and `path`, on the scheme's own port where `port` is `None`.
    ///
    /// A `host` that begins with `*.` stands for every name below the rest. A
    /// slash at the end of the path is of no account.
    ///
    /// # Errors
    ///
    /// The host or path is none, or `http` is asked for a host that is not this machine.
    pub fn new(
        scheme: Scheme,
        host: &str,
        port: Option<u16>,
        path: &str,
    ) -> Result<Self, InvalidEndpoint> {
        let (wildcard, name) = match host.strip_prefix("*.") {
            Some(rest) => (true, rest),
            None => (false, host),
        };
        let parsed = Host::parse(name.strip_suffix('.').unwrap_or(name))
            .map_err(|_| InvalidEndpoint::Host(host.to_owned()))?;
        if name.contains('*') || wildcard && !matches!(parsed, Host::Domain(_)) {
            return Err(InvalidEndpoint::Host(host.to_owned()));
        }
        if scheme == Scheme::Http && (wildcard || !is_this_machine(&parsed)) {
            return Err(InvalidEndpoint::PlainHttp(host.to_owned()));
        }
        let path: EndpointPath = path.parse()?;
        let path = path.as_str();
        Ok(Self {
            scheme,
            host: match wildcard {
                true => format!(".{parsed}"),
                false => parsed.to_string(),
            },
            wildcard,
            port: port.unwrap_or(scheme.default_port()),
            path: path.strip_suffix('/').unwrap_or(path).to_owned(),
        })
    }

    /// The host, or the part of it behind `*.`, in lower-case ASCII.
    pub fn host(&self) -> &str {
        self.host.strip_prefix('.').unwrap_or(&self.host)
    }

    /// Whether `host` is this endpoint's, in any case, with or without one trailing dot.
    pub(super) fn has_host(&self, host: &[u8]) -> bool {
        let host = host.strip_suffix(b".").unwrap_or(host);
        let Some(start) = host.len().checked_sub(self.host.len()) else {
            return false;
        };
        // A wildcard's dot is part of `self.host`, so at least one byte must precede it.
        host[start..].eq_ignore_ascii_case(self.host.as_bytes()) && (start > 0) == self.wildcard
    }

    /// Whether `path` is this endpoint's; one trailing slash is the same path.
    pub(super) fn has_path(&self, path: &[u8]) -> bool {
        path.strip_suffix(b"/").unwrap_or(path) == self.path.as_bytes()
    }
}

/// Shown as in the configuration: `*.zoom.us/oauth/authorize`.
impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.scheme != Scheme::Https {
            write!(f, "{}://", self.scheme.as_str())?;
        }
        let star = if self.wildcard { "*" } else { "" };
        write!(f, "{star}{}", self.host)?;
        if self.port != self.scheme.default_port() {
            write!(f, ":{}", self.port)?;
        }
        let path = if self.path.is_empty() {
            "/"
        } else {
            &self.path
        };
        write!(f, "{path}")
    }
}

/// Why a configuration's endpoint is none.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidEndpoint {
    /// Not a host name, an address or `*.` before a name.
    #[error("a host name, an address, or `*.` and a name is allowed here, not `{0}`")]
    Host(String),
    /// Not an absolute path in its plainest spelling.
    #[error(transparent)]
    Path(#[from] InvalidEndpointPath),
    /// Plain http to another machine.
    #[error(
        "`scheme = \"http\"` is for `localhost`, 127.0.0.0/8 and `[::1]` only, not `{0}` (RFC 6749 3.1)"
    )]
    PlainHttp(String),
}

/// All endpoints that count.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EndpointTable(Vec<Endpoint>);

impl EndpointTable {
    /// Returns Zoom's endpoints, those of its government cloud included.
    pub fn builtin() -> Self {
        let endpoint = |&(host, path): &(&str, &str)| {
            Endpoint::new(Scheme::Https, host, None, path).expect("the built-in table is valid")
        };
        let known = CLOUDS.iter().flat_map(|cloud| &cloud.authorize);
        Self(known.map(endpoint).collect())
    }

    /// Adds an endpoint.
    pub fn push(&mut self, endpoint: Endpoint) {
        self.0.push(endpoint);
    }

    /// Yields the endpoints, Zoom's own first.
    pub fn iter(&self) -> impl Iterator<Item = &Endpoint> {
        self.0.iter()
    }
}

fn is_this_machine(host: &Host) -> bool {
    match host {
        Host::Domain(name) => name == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}
