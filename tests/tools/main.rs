//! Well-known HTTP tools against the program: `varnishtest` scripts, `h2load`, `slowhttptest`.

#[path = "../process/mod.rs"]
mod process;
#[path = "../program/mod.rs"]
mod program;
#[expect(dead_code, reason = "those of the wire tests, of which some are used")]
#[path = "../wire/raw.rs"]
mod raw;

mod app;
mod h2load;
mod slowhttptest;
mod varnishtest;
