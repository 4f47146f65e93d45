//! What connections are made of, on either side: one kind of stream, who the
//! client is, interim responses, the rest of a request that nobody wants, and
//! how a connection to oneself is known.
//!
//! Nothing here reads HTTP or decides anything.

mod client;
mod interim;
mod linger;
mod own;
mod stream;

pub use client::{Client, Ends};
pub use interim::Interim;
pub use linger::linger;
pub use own::{OwnConnection, OwnConnections};
pub use stream::{Socket, Stream};
