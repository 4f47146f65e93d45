//! rescope: a local reverse proxy that strips or normalizes the `scope` of
//! OAuth authorization requests on their way to Zoom, and nothing else.
//!
//! # The life of a request
//!
//! 1. [`server`] accepts the connection and gives it to one of its worker
//!    threads, each with a runtime of its own; hyper reads the head of the request.
//!    What is for an endpoint of our own, [`authorize`] answers.
//! 2. [`proxy`] takes the hop-by-hop fields off, keeps Host, and hands the
//!    request on; its body streams.
//! 3. [`upstream`] sends it on a free connection to the app, or opens one, and
//!    waits for the head of the answer. A request that was lost on the way is
//!    sent again where that cannot do harm.
//! 4. [`proxy`] takes the hop-by-hop fields off the answer and shows each line
//!    that takes a browser somewhere, such as `Location`, to [`rewrite`]:
//!    [`oauth`] says whether that is an authorization request, [`policy`] what
//!    becomes of the scope, and [`query`] which bytes that changes.
//! 5. The answer goes to the client, its body streaming. Where bodies are asked
//!    for, [`rewrite::body`] goes through it before, decoded by [`coding`] if
//!    need be: a short one whole, a long one as it streams. What fails on the way
//!    becomes a 4xx, 501, 502 or 504 in `proxy::failure`; what cannot be
//!    rewritten is passed on as it is.
//!
//! # The modules
//!
//! A module imports only modules above it in this list; `tests/layering.rs` has the rows.
//! Those up to [`hop`] are pure: functions of their arguments.
//!
//! - [`scope`]: scope tokens and their list: split, compare, join.
//! - [`query`]: a raw query as byte spans: find a parameter, drop it, replace its value.
//! - [`oauth`]: recognise an authorization request and its client, as a browser would.
//! - [`policy`]: decide what becomes of its scope, and say why.
//! - [`rewrite`]: apply the decision to the bytes of URLs, alone, in header fields and in bodies.
//! - [`coding`]: content codings, decoded within bounds and encoded again.
//! - [`message`]: what every message is held to: tokens, Host, framing, a request's head.
//! - [`pattern`]: patterns of media types and request paths.
//! - [`hop`]: fields that are about one connection, and fields that go without moving others.
//! - [`config`]: the configuration file, flags and environment, checked.
//! - [`notice`]: lines about what clients do wrong, bounded in number.
//! - [`metrics`]: what is counted.
//! - [`audit`]: counts and logs what becomes of each authorization request.
//! - [`net`]: streams, who the client is, interim responses.
//! - [`tls`]: certificate and key files to rustls configurations, taken up anew when they change.
//! - [`server`]: accept, TLS, HTTP/1.1 and HTTP/2 on worker threads, drain.
//! - [`upstream`]: connect to the app, over TLS or not, pool connections, send.
//! - [`authorize`]: an authorize endpoint of its own, and its discovery documents.
//! - [`proxy`]: the life of one request, tunnels, and failures to responses.
//! - [`app`]: all of it put together from a configuration; bound, then served, then stopped.
//! - [`demo`]: a sample app, a pretend Zoom and a browser, for the demo and the tests.
//! - [`cli`]: the commands, what they print, and the exit code.
#![forbid(unsafe_code)]
#![warn(clippy::print_stderr, clippy::print_stdout, unreachable_pub)]
// Nothing that a peer sends may end the process.
#![cfg_attr(not(test), warn(clippy::panic, clippy::unwrap_used))]

pub mod app;
pub mod audit;
pub mod authorize;
pub mod cli;
pub mod coding;
pub mod config;
pub mod demo;
pub mod hop;
pub mod message;
pub mod metrics;
pub mod net;
pub mod notice;
pub mod oauth;
pub mod pattern;
pub mod policy;
pub mod proxy;
pub mod query;
pub mod rewrite;
pub mod scope;
pub mod server;
pub mod tls;
pub mod upstream;
