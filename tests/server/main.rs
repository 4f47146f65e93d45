//! The server on the wire: raw bytes, TLS and HTTP/2 against a handler that the
//! test knows, so that nothing but the server decides.
//!
//! Time decides nothing; limits that are the subject are short, all others
//! only bound a failure.

#[path = "../process/mod.rs"]
mod process;
#[path = "../wire/raw.rs"]
#[expect(dead_code, reason = "the other half of it plays the app")]
mod raw;

mod drain;
mod floods;
mod frames;
mod handler;
mod interim;
mod limits;
mod listeners;
mod log;
mod plain_on_tls;
mod protocols;
mod proxy_protocol;
mod refusals;
mod running;
mod tls;
