//! What is counted while rescope runs.
//!
//! Counters only go up and never hold anything that a peer sent. Beside them is how much of
//! it may still be told.

use prometheus_client::metrics::counter::Counter;

use crate::notice::Notices;

/// Every counter, from the start of the process, and what bounds lines about clients.
#[derive(Debug, Default)]
pub struct Metrics {
    /// Requests whose head was read.
    pub requests: Counter,
    /// Connections that were accepted.
    pub connections: Counter,
    /// Times that accepting a connection failed.
    pub accept_failures: Counter,
    /// TLS handshakes of clients that failed, or took too long.
    pub tls_handshake_failures: Counter,
    /// Connections on which a client spoke HTTP/2.
    pub http2_connections: Counter,
    /// Requests that were answered with 500 because their handler panicked.
    pub panics: Counter,
    /// Tries after the first one, of requests that were answered in the end.
    pub retries: Counter,
    /// Requests that the upstream did not answer as it should (502, 504).
    pub upstream_failures: Counter,
    /// Answers whose body broke off, or stood still for too long.
    pub broken_bodies: Counter,
    /// Requests that were refused (4xx, 501), but for heads in HTTP/2 that the h2 library refuses.
    pub refused_requests: Counter,
    /// Authorization requests found in a response, or answered at an authorize endpoint.
    pub authorization_requests: Counter,
    /// Authorization requests of which the scope was changed.
    pub rewrites: Counter,
    /// Authorization requests of which the scope would have been changed but for a dry run.
    pub dry_runs: Counter,
    /// Authorization requests without one `client_id`: none, or different ones.
    pub ambiguous_clients: Counter,
    /// Authorization requests whose scope may hide in a request object.
    pub request_objects: Counter,
    /// Clients without an entry, or without one `client_id`, that an authorize endpoint for known
    /// clients refused; none of these counts as an authorization request.
    pub refused_clients: Counter,
    /// Rewrites that could not be sent, so that the original bytes were.
    pub rewrite_failures: Counter,
    /// Compressed bodies that were to be looked into and passed as they came: they are not of
    /// their coding, or open to too much.
    pub unread_bodies: Counter,
    /// Bodies that were to be looked into and passed as they came, since those of others took all
    /// the room that there is.
    pub bodies_without_room: Counter,
    /// Connections that became tunnels.
    pub tunnels: Counter,
    /// Times that a new configuration was taken up.
    pub config_reloads: Counter,
    /// Times that a new configuration was no good, so that the old one stayed.
    pub config_reload_failures: Counter,
    /// Times that new certificates were taken up.
    pub certificate_reloads: Counter,
    /// Times that new certificates were no good, so that the old ones stayed.
    pub certificate_reload_failures: Counter,
    /// The lines about requests that were refused.
    pub refusal_notices: Notices,
    /// The lines about TLS handshakes that failed.
    pub handshake_notices: Notices,
}

impl Metrics {
    /// Returns every counter with its name, in the order of the struct.
    pub fn totals(&self) -> [(&'static str, u64); 24] {
        [
            ("requests", self.requests.get()),
            ("connections", self.connections.get()),
            ("accept_failures", self.accept_failures.get()),
            ("tls_handshake_failures", self.tls_handshake_failures.get()),
            ("http2_connections", self.http2_connections.get()),
            ("panics", self.panics.get()),
            ("retries", self.retries.get()),
            ("upstream_failures", self.upstream_failures.get()),
            ("broken_bodies", self.broken_bodies.get()),
            ("refused_requests", self.refused_requests.get()),
            ("authorization_requests", self.authorization_requests.get()),
            ("rewrites", self.rewrites.get()),
            ("dry_runs", self.dry_runs.get()),
            ("ambiguous_clients", self.ambiguous_clients.get()),
            ("request_objects", self.request_objects.get()),
            ("refused_clients", self.refused_clients.get()),
            ("rewrite_failures", self.rewrite_failures.get()),
            ("unread_bodies", self.unread_bodies.get()),
            ("bodies_without_room", self.bodies_without_room.get()),
            ("tunnels", self.tunnels.get()),
            ("config_reloads", self.config_reloads.get()),
            ("config_reload_failures", self.config_reload_failures.get()),
            ("certificate_reloads", self.certificate_reloads.get()),
            (
                "certificate_reload_failures",
                self.certificate_reload_failures.get(),
            ),
        ]
    }
}
