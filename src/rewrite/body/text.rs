//! A text of React's stream that stands behind its length. A browser can do nothing with a
//! part of it, so it is held back and changed as a whole, its length with it.

use memchr::memchr;

use super::rows::{Part, Rows};

/// What is held back of one.
#[derive(Debug, Default)]
pub(super) struct Text {
    /// Its length, and the comma behind that.
    pub(super) length: Vec<u8>,
    /// What ends the string that the length is in, and begins that of the text.
    pub(super) between: Vec<u8>,
    pub(super) content: Vec<u8>,
}

impl Text {
    /// Takes `piece`, of which `rows` have told that it is a `part`, and returns whether it did:
    /// not beyond `longest` bytes, and not where another string begins inside the text.
    pub(super) fn take(&mut self, piece: &[u8], part: Part, rows: &Rows, longest: usize) -> bool {
        let held = self.length.len() + self.between.len() + self.content.len() + piece.len();
        if held.saturating_add(rows.left()) > longest {
            return false;
        }
        if part == Part::Between {
            let is_first = self.has_whole_length() && self.content.is_empty();
            let fits = self.between.len() + piece.len() <= LONGEST_BETWEEN;
            if is_first && fits {
                self.between.extend_from_slice(piece);
            }
            return is_first && fits;
        }
        let length = match memchr(b',', piece) {
            _ if self.has_whole_length() => 0,
            Some(comma) => comma + 1,
            None => piece.len(),
        };
        self.length.extend_from_slice(&piece[..length]);
        self.content.extend_from_slice(&piece[length..]);
        true
    }

    /// Whether all of it is here.
    pub(super) fn is_whole(&self, rows: &Rows) -> bool {
        self.length == written(rows.length(&self.content))
    }

    /// Lets it be `content`.
    pub(super) fn replace(&mut self, content: Vec<u8>, rows: &Rows) {
        self.length = written(rows.length(&content));
        self.content = content;
    }

    fn has_whole_length(&self) -> bool {
        self.length.ends_with(b",")
    }
}

fn written(length: usize) -> Vec<u8> {
    format!("{length:x},").into_bytes()
}

/// A string ends and another begins in fewer bytes than this.
const LONGEST_BETWEEN: usize = 256;
