//! Which bodies of answers URLs are looked for in, and how much work that may be.

use crate::pattern::{MediaPattern, PathPattern};

/// `[bodies]` in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bodies {
    /// The media types that are looked into; at least one, never `text/event-stream`.
    pub types: Vec<MediaPattern>,
    /// The request paths whose answers are; empty for all.
    pub paths: Vec<PathPattern>,
    /// The longest URL that is considered, in bytes of the body, so that no more is held back;
    /// from 1 KiB to 1 MiB.
    pub longest_url: usize,
    /// Bodies of up to so many bytes are looked at whole before anything is sent; up to 16 MiB,
    /// 0 for none.
    pub whole: usize,
    /// The most bytes that a compressed body may open to; from 1 KiB to 1 GiB. One that would
    /// open to more passes as it is.
    pub decoded_size: u64,
    /// How many times as large as it came a compressed body may become; from 1 to 1,000,000.
    pub ratio: u64,
}

impl Bodies {
    /// Returns the usual bounds for these types and paths.
    pub fn new(types: Vec<MediaPattern>, paths: Vec<PathPattern>) -> Self {
        Self {
            types,
            paths,
            longest_url: 16 * 1024,
            whole: 1024 * 1024,
            decoded_size: 16 * 1024 * 1024,
            ratio: 200,
        }
    }
}
