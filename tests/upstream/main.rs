//! The upstream side alone: its own API on one side, on the other an app that
//! says and does on its socket what the test tells it to.
//!
//! A test is a script, as those in `tests/wire`. Time decides nothing; limits
//! only bound a failure, and where one is what is tested, it is a short one.

#[path = "../wire/raw.rs"]
#[expect(dead_code, reason = "tests/wire uses the rest of it")]
mod raw;

mod binding;
mod bodies;
mod caller;
mod connecting;
mod front;
mod heads;
mod http2;
mod http2_faults;
mod interim;
mod reuse;
mod tls;
mod tls_app;
mod uploads;
