//! The two addresses of a proxy: its own and the app's.
//!
//! Only what is written counts; no name is looked up here.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    str::FromStr,
};

use thiserror::Error;
use url::{Host, Url};

/// The address that is listened on where nothing is written.
pub(super) const DEFAULT_LISTEN: SocketAddr =
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);

/// Returns the address that `text` writes: `IP:PORT`, or `localhost:PORT` for 127.0.0.1.
pub(super) fn parse_listen(text: &str) -> Result<SocketAddr, InvalidListen> {
    let text_of_ip = match text.strip_prefix("localhost:") {
        Some(port) => format!("127.0.0.1:{port}"),
        None => text.to_owned(),
    };
    text_of_ip
        .parse()
        // What stands before an `@` may be a password.
        .map_err(|_| InvalidListen(text.rsplit('@').next().unwrap_or(text).to_owned()))
}

/// A text is no address to listen on.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("an address is `IP:PORT` or `localhost:PORT`, such as `127.0.0.1:8080`, not `{0}`")]
pub struct InvalidListen(pub String);

/// Where the app is, written as `http://host[:port]`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UpstreamUrl {
    /// A name or an address in its plainest spelling; IPv6 without brackets.
    pub host: String,
    /// Never 0; 80 where none is written.
    pub port: u16,
}

impl UpstreamUrl {
    /// Whether a connection to this would reach a socket that listens on `listen`,
    /// as far as that can be told without looking up a name.
    pub(super) fn reaches(&self, listen: SocketAddr) -> bool {
        if listen.port() != self.port {
            return false;
        }
        let own = listen.ip().to_canonical();
        let own_is_local = is_localhost(own) || own.is_unspecified();
        let Ok(ip) = self.host.parse::<IpAddr>() else {
            let name = self.host.strip_suffix('.').unwrap_or(&self.host);
            return own_is_local && name == "localhost";
        };
        let ip = ip.to_canonical();
        if ip.is_unspecified() {
            // Connecting to 0.0.0.0 or [::] means connecting to this machine.
            return own_is_local;
        }
        // [::] takes IPv4 connections too, 0.0.0.0 no IPv6 ones.
        let any = own.is_unspecified() && (own.is_ipv6() || ip.is_ipv4());
        ip == own || (any && ip.is_loopback())
    }
}

/// The two addresses that `localhost` may stand for.
fn is_localhost(ip: IpAddr) -> bool {
    ip == IpAddr::V4(Ipv4Addr::LOCALHOST) || ip == IpAddr::V6(Ipv6Addr::LOCALHOST)
}

impl FromStr for UpstreamUrl {
    type Err = InvalidUpstream;

    fn from_str(text: &str) -> Result<Self, InvalidUpstream> {
        if text.contains('@') {
            return Err(InvalidUpstream::Userinfo);
        }
        let malformed = || InvalidUpstream::Malformed(text.to_owned());
        match text.split_once("://") {
            Some((scheme, _)) if scheme.eq_ignore_ascii_case("http") => {}
            Some((scheme, _)) if scheme.eq_ignore_ascii_case("https") => {
                return Err(InvalidUpstream::Tls);
            }
            _ => return Err(malformed()),
        }
        // The URL standard would pass over white space and take `\` for `/`.
        if text.contains(|c: char| c.is_whitespace() || c.is_control() || c == '\\') {
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
            Some(port) => Ok(Self { host, port }),
        }
    }
}

/// Shown as in the configuration, port always included: `http://127.0.0.1:3000`.
impl fmt::Display for UpstreamUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host.contains(':') {
            true => write!(f, "http://[{}]:{}", self.host, self.port),
            false => write!(f, "http://{}:{}", self.host, self.port),
        }
    }
}

/// Why a text is no upstream. What stands before an `@` may be a password, so it is not shown.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidUpstream {
    /// Not a URL, or of another scheme.
    #[error("an upstream is `http://HOST:PORT`, such as `http://127.0.0.1:3000`, not `{0}`")]
    Malformed(String),
    /// `https` is asked for.
    #[error("TLS to the upstream is not supported yet; write `http://HOST:PORT`")]
    Tls,
    /// Something stands before the host.
    #[error("an upstream holds no user name or password; write `http://HOST:PORT`")]
    Userinfo,
    /// Something stands behind the port.
    #[error("an upstream holds no path, query or fragment; write `http://HOST:PORT`")]
    Path,
}
