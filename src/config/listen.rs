//! Where clients connect to: an address, a Unix socket, or a socket that is open already.
//!
//! Only what is written counts; no name is looked up and nothing is opened here.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::PathBuf,
    str::FromStr,
};

use thiserror::Error;

/// A place to listen at.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ListenAddress {
    /// An address, written `IP:PORT`, or `localhost:PORT` for 127.0.0.1; port 0 is any free one.
    Tcp(SocketAddr),
    /// The path of a Unix socket, written `unix:/PATH`; absolute, [`SOCKET_PATH_MAX`] bytes at most.
    Unix(PathBuf),
    /// A socket that whoever started the process has opened, written `fd:N`; never below 3.
    Descriptor(u32),
}

impl ListenAddress {
    /// What is listened on where nothing is written: 127.0.0.1:8080.
    pub(super) const DEFAULT: Self =
        Self::Tcp(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080));

    /// Whether Linux refuses to listen on both at once.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        let (Self::Tcp(one), Self::Tcp(two)) = (self, other) else {
            return self == other;
        };
        let (ip, other_ip) = (one.ip().to_canonical(), two.ip().to_canonical());
        let ip_overlaps = ip == other_ip || takes_all(ip, other_ip) || takes_all(other_ip, ip);
        one.port() != 0 && one.port() == two.port() && ip_overlaps
    }

    /// Whether a TCP connection to `host` and `port` reaches a socket that listens here, as far
    /// as that can be told without looking up a name. IPv6 is without brackets.
    pub(super) fn is_reached_by(&self, host: &str, port: u16) -> bool {
        match self {
            Self::Tcp(own) => port == own.port() && is_reached_by(host, own.ip()),
            Self::Unix(_) | Self::Descriptor(_) => false,
        }
    }
}

/// As [`ListenAddress::is_reached_by`], the ports being equal.
fn is_reached_by(host: &str, own: IpAddr) -> bool {
    let own = own.to_canonical();
    let own_is_local = is_localhost(own) || own.is_unspecified();
    let Ok(ip) = host.parse::<IpAddr>() else {
        // RFC 6761 6.3: so are the names under it. URLs are in lower case.
        let name = host.strip_suffix('.').unwrap_or(host);
        return own_is_local && name.rsplit('.').next() == Some("localhost");
    };
    let ip = ip.to_canonical();
    if ip.is_unspecified() {
        // Connecting to 0.0.0.0 or [::] means connecting to this machine.
        return own_is_local;
    }
    ip == own || (takes_all(own, ip) && ip.is_loopback())
}

/// Whether listening on `any` is listening on every address, such as `ip`. [::] takes IPv4
/// connections too, as the listeners ask for no IPV6_V6ONLY; 0.0.0.0 takes no IPv6 ones.
fn takes_all(any: IpAddr, ip: IpAddr) -> bool {
    any.is_unspecified() && (any.is_ipv6() || ip.is_ipv4())
}

/// The two addresses that `localhost` may stand for.
fn is_localhost(ip: IpAddr) -> bool {
    ip == IpAddr::V4(Ipv4Addr::LOCALHOST) || ip == IpAddr::V6(Ipv6Addr::LOCALHOST)
}

impl FromStr for ListenAddress {
    type Err = InvalidListen;

    fn from_str(text: &str) -> Result<Self, InvalidListen> {
        if let Some(path) = text.strip_prefix("unix:") {
            return Ok(Self::Unix(socket_path(path)?));
        }
        if let Some(number) = text.strip_prefix("fd:") {
            let is_digits = number.bytes().all(|byte| byte.is_ascii_digit());
            let number = number.parse().ok().filter(|it| *it >= FIRST_DESCRIPTOR);
            let number = number.filter(|_| is_digits);
            let number = number.ok_or_else(|| InvalidListen::Descriptor(shown(text)))?;
            return Ok(Self::Descriptor(number));
        }
        let text_of_ip = match text.strip_prefix("localhost:") {
            Some(port) => format!("127.0.0.1:{port}"),
            None => text.to_owned(),
        };
        let address = text_of_ip.parse();
        // What stands before an `@` may be a password.
        let found = text.rsplit('@').next().unwrap_or(text);
        Ok(Self::Tcp(
            address.map_err(|_| InvalidListen::Malformed(shown(found)))?,
        ))
    }
}

/// Shown as in the configuration: `127.0.0.1:8080`, `unix:/run/rescope.sock`, `fd:3`.
impl fmt::Display for ListenAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
            Self::Descriptor(number) => write!(f, "fd:{number}"),
        }
    }
}

/// Why a text is no place to listen at.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidListen {
    /// None of the forms.
    #[error(
        "an address to listen on is `IP:PORT`, `localhost:PORT`, `unix:/PATH` or `fd:N`, \
         such as `127.0.0.1:8080`, not `{0}`"
    )]
    Malformed(String),
    /// No number that an inherited descriptor has: 0 to 2 are the standard streams.
    #[error("an inherited socket is `fd:N` with N from 3, such as `fd:3`, not `{0}`")]
    Descriptor(String),
    /// No path of a Unix socket.
    #[error(transparent)]
    Socket(#[from] InvalidSocketPath),
}

/// The longest path of a Unix socket that a system takes, in bytes (`sun_path`, less its final NUL):
/// 107 on Linux, 103 on macOS.
pub const SOCKET_PATH_MAX: usize = if cfg!(target_os = "macos") { 103 } else { 107 };

/// Returns the path of a Unix socket, from what is written behind `unix:`.
pub(super) fn socket_path(path: &str) -> Result<PathBuf, InvalidSocketPath> {
    let is_file = path.starts_with('/') && !path.ends_with('/');
    if !is_file || path.contains(char::is_control) {
        return Err(InvalidSocketPath::Malformed(shown(path)));
    }
    if path.len() > SOCKET_PATH_MAX {
        return Err(InvalidSocketPath::Long(path.len()));
    }
    Ok(PathBuf::from(path))
}

/// Why a text is no path of a Unix socket.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidSocketPath {
    /// Not absolute, a folder, or with control characters.
    #[error(
        "a Unix socket is `unix:` and an absolute path, such as `unix:/run/app.sock`, not `unix:{0}`"
    )]
    Malformed(String),
    /// Longer than a system takes.
    #[error("the path of a Unix socket is {SOCKET_PATH_MAX} bytes at most, not {0}")]
    Long(usize),
}

/// Whatever it holds, it is to be shown on one line.
fn shown(text: &str) -> String {
    text.escape_debug().to_string()
}

/// Below are the standard streams.
const FIRST_DESCRIPTOR: u32 = 3;
