//! What connections are made of, on either side: one kind of stream, how long
//! something is waited for, who the client is, interim responses, the rest of a
//! request that nobody wants, how a connection to oneself is known, and the end
//! of it all.
//!
//! Nothing here reads HTTP or decides anything.

mod client;
mod descriptors;
mod interim;
mod linger;
mod own;
mod shutdown;
mod socket;
mod stream;
mod wait;

pub use client::{Client, Ends};
pub use descriptors::{Descriptor, Descriptors, Waiting, is_lack, lack};
pub use interim::{Interim, write_head};
pub use linger::linger;
pub use own::{OwnConnection, OwnConnections};
pub use shutdown::{Deadlines, Ending, Shutdown};
pub use socket::Socket;
pub use stream::Stream;
pub use wait::Wait;
