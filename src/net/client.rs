//! Who is at the other end of a client's connection.

use std::{net::SocketAddr, sync::OnceLock};

use super::{Interim, OwnConnections};

/// One client's connection, as far as requests on it need to know.
#[derive(Debug, Clone, Default)]
pub struct Client {
    /// Where the client is, from a PROXY header where there is one; `None` over a Unix socket.
    pub address: Option<SocketAddr>,
    /// Where the client connected to, from a PROXY header where there is one; `None` over a
    /// Unix socket.
    pub local: Option<SocketAddr>,
    /// Whether the client speaks TLS with this process.
    pub is_tls: bool,
    /// Whether the listener is for TLS and the client speaks without it.
    pub lacks_tls: bool,
    /// Which of the server's listeners it is, counted from 0.
    pub listener: usize,
    /// Both ends of the TCP connection itself; `None` over a Unix socket.
    pub ends: Option<Ends>,
    /// The way for interim responses; none in HTTP/2.
    pub interim: Interim,
    /// Whether the connection comes from this process, once that was asked.
    pub is_own: OnceLock<bool>,
}

impl Client {
    /// Whether the connection is one of `own`, which this process opened itself.
    pub fn is_one_of(&self, own: &OwnConnections) -> bool {
        let found = || self.ends.is_some_and(|ends| own.contains(&ends));
        *self.is_own.get_or_init(found)
    }
}

/// Both ends of one TCP connection, seen from the side that opened it. Of all connections
/// that are open on one machine no two have the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ends {
    /// The end that opened the connection.
    pub from: SocketAddr,
    /// The end that accepted it.
    pub to: SocketAddr,
}

impl Ends {
    /// Returns the ends with IPv4 addresses written as such, however the socket shows them.
    pub fn new(from: SocketAddr, to: SocketAddr) -> Self {
        let plain = |end: SocketAddr| SocketAddr::new(end.ip().to_canonical(), end.port());
        Self {
            from: plain(from),
            to: plain(to),
        }
    }
}
