//! The proxy on the wire: raw bytes on sockets on both sides, so that nothing
//! a library would put right goes unseen.
//!
//! A test is a script in one thread: what the client writes, what the app reads,
//! what it answers, what the client gets. Time decides nothing; limits only
//! bound a failure.

#[path = "../common/corpus.rs"]
mod corpus;
#[path = "../common/own.rs"]
mod own;
#[path = "../process/mod.rs"]
mod process;

mod bodies;
mod carriers;
mod connection_identity;
mod failures;
mod forwarding;
mod frames;
mod framing;
mod headers;
mod hop_by_hop;
mod http2;
mod http2_app;
mod http2_behind;
mod http2_client;
mod identity;
mod linkerd;
mod malformed_http2;
mod messages;
mod methods;
mod pool;
mod raw;
mod redirects;
mod restarts;
mod running;
mod shutdown;
mod sockets;
mod streaming;
mod tls;
mod trailers;
mod truncation;
mod untouched;
mod upgrades;
