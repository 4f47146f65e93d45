//! Where the app is.
//!
//! Only what is written counts; no name is looked up here.

use std::{fmt, path::PathBuf, str::FromStr};

use thiserror::Error;
use url::{Host, Url};

use super::listen::{InvalidSocketPath, ListenAddress, socket_path};

/// Where the app is, written `http://HOST[:PORT]`, `https://HOST[:PORT]` or `unix:/PATH`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum UpstreamUrl {
    /// Over TCP as it is.
    Http {
        /// A name or an address in its plainest spelling; IPv6 without brackets.
        host: String,
        /// Never 0; 80 where none is written.
        port: u16,
    },
    /// Over TLS, the certificate verified.
    Https {
        /// A name or an address in its plainest spelling; IPv6 without brackets.
        host: String,
        /// Never 0; 443 where none is written.
        port: u16,
    },
    /// The path of a Unix socket; absolute, as long as a system takes.
    Unix(PathBuf),
}

impl UpstreamUrl {
    /// Whether a connection to this would reach a socket that listens on `listen`,
    /// as far as that can be told without looking up a name.
    pub(super) fn reaches(&self, listen: &ListenAddress) -> bool {
        match (self, listen) {
            (Self::Http { host, port } | Self::Https { host, port }, _) => {
                listen.is_reached_by(host, *port)
            }
            (Self::Unix(path), ListenAddress::Unix(own)) => path == own,
            (Self::Unix(_), _) => false,
        }
    }
}

impl FromStr for UpstreamUrl {
    type Err = InvalidUpstream;

    fn from_str(text: &str) -> Result<Self, InvalidUpstream> {
        if let Some(path) = text.strip_prefix("unix:") {
            return Ok(Self::Unix(socket_path(path)?));
        }
        if text.contains('@') {
            return Err(InvalidUpstream::Userinfo);
        }
        let malformed = || InvalidUpstream::Malformed(text.escape_debug().to_string());
        // The URL standard would pass over white space and take `\` for `/`.
        if text.contains(|c: char| c.is_whitespace() || c.is_control() || c == '\\') {
            return Err(malformed());
        }
        // It would take `http:a` for `http://a` too.
        let (scheme, _) = text.split_once("://").ok_or_else(malformed)?;
        let is_tls = scheme.eq_ignore_ascii_case("https");
        if !is_tls && !scheme.eq_ignore_ascii_case("http") {
            return Err(malformed());
        }
        let url = Url::parse(text).map_err(|_| malformed())?;
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return Err(InvalidUpstream::Path);
        }
        let host = match url.host().ok_or_else(malformed)? {
            Host::Domain(name) => name.to_owned(),
            Host::Ipv4(ip) => ip.to_string(),
            Host::Ipv6(ip) => ip.to_string(),
        };
        match url.port_or_known_default() {
            None | Some(0) => Err(malformed()),
            Some(port) if is_tls => Ok(Self::Https { host, port }),
            Some(port) => Ok(Self::Http { host, port }),
        }
    }
}

/// Shown as in the configuration, port always included: `http://127.0.0.1:3000`.
impl fmt::Display for UpstreamUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, host, port) = match self {
            Self::Http { host, port } => ("http", host, port),
            Self::Https { host, port } => ("https", host, port),
            Self::Unix(path) => return write!(f, "unix:{}", path.display()),
        };
        match host.contains(':') {
            true => write!(f, "{scheme}://[{host}]:{port}"),
            false => write!(f, "{scheme}://{host}:{port}"),
        }
    }
}

/// Why a text is no upstream. What stands before an `@` may be a password, so it is not shown.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidUpstream {
    /// None of the forms.
    #[error(
        "an upstream is `http://HOST:PORT`, `https://HOST:PORT` or `unix:/PATH`, \
         such as `http://127.0.0.1:3000`, not `{0}`"
    )]
    Malformed(String),
    /// Something stands before the host.
    #[error("an upstream holds no user name or password; write `http://HOST:PORT`")]
    Userinfo,
    /// Something stands behind the port.
    #[error("an upstream holds no path, query or fragment; write `http://HOST:PORT`")]
    Path,
    /// No path of a Unix socket.
    #[error(transparent)]
    Socket(#[from] InvalidSocketPath),
}
