//! What the configuration file, the flags and the environment say, checked.
//!
//! `file` is what may be written, `check` what it means, `load` opens the file
//! and is the only part that does. Every problem is found at once, each with
//! its place; a [`Config`] that exists holds no bad value. Nothing here binds
//! an address, looks up a name or reads a variable.

mod authorize;
mod bodies;
mod check;
mod file;
mod limits;
mod listen;
mod load;
mod reader;
mod report;
mod upstream;

use std::path::PathBuf;

use http::HeaderName;

use crate::oauth::EndpointTable;
use crate::policy::Policies;

pub use authorize::AuthorizeEndpoint;
pub use bodies::Bodies;
pub use check::{parse, parse_rules};
pub use limits::{Limits, Timeouts};
pub use listen::{InvalidListen, InvalidSocketPath, ListenAddress, SOCKET_PATH_MAX};
pub use load::{ConfigError, load, load_rules, reload};
pub use report::{Place, Problem, Report};
pub use upstream::{InvalidUpstream, UpstreamUrl};

/// All that a running proxy needs to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Where clients connect to without TLS; there is a listener here, or at
    /// [`Config::listen_tls`], or at both.
    pub listen: Option<ListenAddress>,
    /// Where clients connect to with TLS; never where [`Config::listen`] is.
    pub listen_tls: Option<ListenAddress>,
    /// The folder of the certificates and keys for [`Config::listen_tls`].
    pub certs: PathBuf,
    /// The web app that stands behind; never one of the own listeners.
    pub upstream: UpstreamUrl,
    /// What is spoken to the app; `None` for HTTP/1.1, or what TLS agrees on (ALPN).
    pub upstream_protocol: Option<UpstreamProtocol>,
    /// The certificates that an `https` upstream's is verified by, in PEM; `None` for the system's.
    pub ca_file: Option<PathBuf>,
    /// Whether each connection begins with a PROXY protocol header (version 1 or 2).
    pub proxy_protocol: bool,
    /// What becomes of `Forwarded` and `X-Forwarded-*`; `None` for [`ForwardedMode::Off`] on
    /// the listener without TLS and [`ForwardedMode::Replace`] on the one with it.
    pub forwarded: Option<ForwardedMode>,
    /// What `Via` calls this proxy (`received-by`, RFC 9110 7.6.3); `None` to leave `Via` alone.
    pub via: Option<String>,
    /// The most of everything.
    pub limits: Limits,
    /// The longest wait for everything.
    pub timeouts: Timeouts,
    /// Where authorization requests go.
    pub endpoints: EndpointTable,
    /// What becomes of their scope.
    pub policies: Policies,
    /// Response header fields that hold a URL and no more, beside those that are known; none
    /// of them about a connection.
    pub extra_headers: Vec<HeaderName>,
    /// The bodies of answers that URLs are looked for in; `None` for none at all.
    pub bodies: Option<Bodies>,
    /// The authorize endpoints of its own.
    pub authorize: Vec<AuthorizeEndpoint>,
}

/// What is spoken to the app, where that is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpstreamProtocol {
    /// HTTP/1.1; with an `https` upstream nothing else is offered.
    Http1,
    /// HTTP/2 from the first byte, without TLS (prior knowledge, RFC 9113 3.3).
    H2c,
}

/// What becomes of the fields that tell the app who its client is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForwardedMode {
    /// They pass as they are, and none is added.
    Off,
    /// The client's are kept and this proxy's added to them.
    Append,
    /// The client's go and this proxy's stand alone.
    Replace,
}

/// The part of a configuration that decides about one URL; it needs no app to stand behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// Where authorization requests go.
    pub endpoints: EndpointTable,
    /// What becomes of their scope.
    pub policies: Policies,
}

/// What flags and environment say; it beats the file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Overrides {
    /// As `listen` in the file.
    pub listen: Option<String>,
    /// As `listen_tls` in the file.
    pub listen_tls: Option<String>,
    /// As `upstream` in the file.
    pub upstream: Option<String>,
}

#[cfg(test)]
mod tests;
