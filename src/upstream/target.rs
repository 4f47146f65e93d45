//! Where the app is, how it is spoken to, and what it may take.

use std::{fmt, net::IpAddr, path::PathBuf, sync::Arc, time::Duration};

use rustls::ClientConfig;

/// The app: where it listens, and how it is spoken to.
#[derive(Debug, Clone)]
pub struct Target {
    /// Where it listens.
    pub address: Address,
    /// Whom to trust, where it speaks TLS; the protocols in it (ALPN) are replaced.
    pub tls: Option<Arc<ClientConfig>>,
    /// The version of HTTP.
    pub protocol: Protocol,
}

/// Where the app listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// On a TCP port.
    Tcp {
        /// A name or an address, without brackets.
        host: String,
        /// The port.
        port: u16,
    },
    /// On a Unix socket.
    Unix(PathBuf),
}

/// The version of HTTP that the app speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// HTTP/1.1.
    Http1,
    /// HTTP/2, in the clear by prior knowledge (RFC 9113 3.3).
    Http2,
    /// What the TLS handshake agrees on (ALPN); HTTP/1.1 without TLS.
    Negotiated,
}

/// Bounds of the head of an answer.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes; in HTTP/2 as RFC 9113 6.5.2 counts them.
    pub header_size: usize,
    /// Fields.
    pub header_count: usize,
}

/// How long the app may take.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// For a connection: the lookup of its name, the wait for a descriptor, all addresses and
    /// tries, and the TLS handshake, together.
    pub connect: Duration,
    /// For the head of the answer, all of it, counted from the last byte of the request that was
    /// taken; in HTTP/2 from the last piece. Interim responses do not prolong it. A request that
    /// is sent again has what the tries before have left of it.
    pub response_head: Duration,
    /// How long an unused connection is kept; it goes when four fifths are over. Most
    /// apps close theirs later (Node and uvicorn after 5 s), and the side that closes first loses
    /// no request. One that an app closes earlier (gunicorn after 2 s) is mostly noticed in time.
    /// 0 is a connection for each request, closed after the answer: an app that serves one
    /// connection at a time serves nobody else while one is kept. An HTTP/2 connection, which
    /// serves all at once, is kept as ever.
    pub idle: Duration,
    /// Between two pieces of a body, of the request or of the answer; bounds a write without
    /// progress too. While both are on their way, a piece of either counts for the answer's.
    pub body_idle: Duration,
    /// The same where silence is usual: event streams, gRPC, and the body of a request that has
    /// its answer already, which never has less than `body_idle`.
    pub stream_idle: Duration,
}

impl Target {
    /// The app as a Host line names it.
    pub fn host(&self) -> String {
        match &self.address {
            Address::Tcp { .. } => self.address.to_string(),
            Address::Unix(_) => "localhost".to_owned(),
        }
    }
}

impl Address {
    /// Whether it is a name, which may come to mean another address.
    pub(super) fn is_name(&self) -> bool {
        match self {
            Self::Tcp { host, .. } => host.parse::<IpAddr>().is_err(),
            Self::Unix(_) => false,
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port } if host.contains(':') => write!(f, "[{host}]:{port}"),
            Self::Tcp { host, port } => write!(f, "{host}:{port}"),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            header_size: 64 * 1024,
            header_count: 100,
        }
    }
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            response_head: Duration::from_secs(60),
            idle: Duration::from_secs(4),
            body_idle: Duration::from_secs(60),
            stream_idle: Duration::from_secs(60 * 60),
        }
    }
}
