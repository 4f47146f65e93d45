//! Bytes in the order in which they go out.

use bytes::{Bytes, BytesMut};

/// Pieces of a body, of which short ones are put together: each would keep the whole buffer
/// that it was read into, and become a chunk of its own.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    done: Vec<Bytes>,
    short: BytesMut,
    length: usize,
}

impl Pieces {
    pub(super) fn push(&mut self, piece: Bytes) {
        self.length += piece.len();
        if piece.len() < SHORT {
            self.short.extend_from_slice(&piece);
        }
        if piece.len() >= SHORT || self.short.len() >= LONG {
            self.close();
        }
        if piece.len() >= SHORT {
            self.done.push(piece);
        }
    }

    /// How many bytes there are.
    pub(super) fn len(&self) -> usize {
        self.length
    }

    pub(super) fn into_vec(mut self) -> Vec<Bytes> {
        self.close();
        self.done
    }

    fn close(&mut self) {
        if !self.short.is_empty() {
            self.done.push(self.short.split().freeze());
        }
    }
}

impl From<Vec<Bytes>> for Pieces {
    fn from(done: Vec<Bytes>) -> Self {
        Self {
            length: done.iter().map(Bytes::len).sum(),
            done,
            short: BytesMut::new(),
        }
    }
}

const SHORT: usize = 4 * 1024;
const LONG: usize = 16 * 1024;
