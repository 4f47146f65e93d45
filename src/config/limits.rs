//! How much and how long: the bounds that a running proxy keeps to.

use std::time::Duration;

/// The most of everything, `[limits]` in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Connections of clients at one time, those upgraded included; at least 1. The next one waits.
    pub connections: usize,
    /// Bytes of a head, in either direction; from 8 KiB to 1 MiB.
    pub header_size: usize,
    /// Fields of a head, in either direction; from 1 to 10,000.
    pub header_count: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 10_000,
            header_size: 64 * 1024,
            header_count: 100,
        }
    }
}

/// The longest wait for everything, `[timeouts]` in the file; each from 1 ms to 24 h, counted
/// from the last progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// For the head of a request, from its first byte; for the first one of a connection, and the
    /// PROXY header before it, from the connection's start.
    pub header_read: Duration,
    /// For a client's TLS handshake.
    pub tls_handshake: Duration,
    /// To connect to the app, its TLS handshake and the wait for a descriptor included.
    pub connect: Duration,
    /// For the head of the app's answer, from the last byte of the request that it took. Neither
    /// interim responses nor another try prolong it.
    pub response_head: Duration,
    /// How long a client's connection may be without a request.
    pub idle: Duration,
    /// How long a connection to the app may be unused; it goes when four fifths are over. 0 is
    /// allowed here, and means a connection for each request in HTTP/1.1.
    pub upstream_idle: Duration,
    /// Between two pieces of a body, in either direction; also how long a write may make no progress.
    pub body_idle: Duration,
    /// The same for tunnels, such as WebSocket, and for event streams (`text/event-stream`).
    pub upgrade_idle: Duration,
    /// For requests in flight when the proxy stops; 0 is allowed here, and ends them at once.
    pub drain: Duration,
    /// For tunnels that are open then, which need not end by themselves; 0 is allowed here too.
    pub tunnel_drain: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            header_read: Duration::from_secs(30),
            tls_handshake: Duration::from_secs(10),
            connect: Duration::from_secs(5),
            response_head: Duration::from_secs(60),
            idle: Duration::from_secs(30),
            // Apps close theirs after 2 s (gunicorn) or 5 s (Node, uvicorn).
            upstream_idle: Duration::from_secs(4),
            body_idle: Duration::from_secs(60),
            upgrade_idle: Duration::from_secs(60 * 60),
            drain: Duration::from_secs(30),
            // Little enough for `docker stop`, which kills after 10 s.
            tunnel_drain: Duration::from_secs(2),
        }
    }
}
