//! What the configuration file, the flags and the environment say, checked.
//!
//! `file` is what may be written, `check` what it means, `load` opens the file
//! and is the only part that does. Every problem is found at once, each with
//! its place; a [`Config`] that exists holds no bad value. Nothing here binds
//! an address, looks up a name or reads a variable.

mod address;
mod check;
mod file;
mod load;
mod reader;
mod report;

use std::net::SocketAddr;

use crate::oauth::EndpointTable;
use crate::policy::Policies;

pub use address::{InvalidListen, InvalidUpstream, UpstreamUrl};
pub use check::{parse, parse_rules};
pub use load::{ConfigError, load, load_rules};
pub use report::{Place, Problem, Report};

/// All that a running proxy needs to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Where browsers connect to; port 0 for any free one.
    pub listen: SocketAddr,
    /// The web app that stands behind.
    pub upstream: UpstreamUrl,
    /// Where authorization requests go.
    pub endpoints: EndpointTable,
    /// What becomes of their scope.
    pub policies: Policies,
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
    /// As `upstream` in the file.
    pub upstream: Option<String>,
}

#[cfg(test)]
mod tests;
