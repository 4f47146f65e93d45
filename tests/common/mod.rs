//! What several test binaries share.
#![allow(dead_code, reason = "each test binary uses a part of it")]

pub mod bodies;
pub mod corpus;
pub mod documents;
pub mod hostile;
pub mod invariants;
