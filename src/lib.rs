//! rescope: a local reverse proxy that strips or normalizes the `scope` of
//! OAuth authorization requests on their way to Zoom, and nothing else.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod app;
pub mod cli;
pub mod config;
pub mod demo;
pub mod metrics;
pub mod oauth;
pub mod policy;
pub mod proxy;
pub mod query;
pub mod rewrite;
pub mod scope;
pub mod server;
pub mod upstream;
