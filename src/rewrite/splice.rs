//! An edit as spans of bytes and what is to stand there instead, so that it can
//! be made wherever those bytes are spelled otherwise.

use std::ops::Range;

/// One span that changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Splice {
    pub(super) range: Range<usize>,
    pub(super) text: Vec<u8>,
}

/// Returns `bytes` with all of `splices`, which stand in order and do not overlap.
pub(super) fn apply(bytes: &[u8], splices: &[Splice]) -> Vec<u8> {
    let longer: usize = splices.iter().map(|splice| splice.text.len()).sum();
    let mut output = Vec::with_capacity(bytes.len() + longer);
    let mut done = 0;
    for Splice { range, text } in splices {
        output.extend_from_slice(&bytes[done..range.start]);
        output.extend_from_slice(text);
        done = range.end;
    }
    output.extend_from_slice(&bytes[done..]);
    output
}
