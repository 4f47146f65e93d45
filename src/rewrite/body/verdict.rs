//! What comes of reading on in what is held back.

use crate::rewrite::splice::Splice;

/// What is known of what is held back.
#[derive(Debug)]
pub(super) enum Verdict {
    /// Not enough yet.
    More,
    /// It ends at `end`, or nothing more can be said of it from there on, and is to change so.
    Done { end: usize, splices: Vec<Splice> },
}
