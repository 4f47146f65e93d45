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

/// Bytes in buffers of their own, which hold nothing else and go one by one.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    done: Vec<Bytes>,
    last: Vec<u8>,
    length: usize,
}

impl Blocks {
    pub(super) fn push(&mut self, mut bytes: &[u8]) {
        self.length += bytes.len();
        while !bytes.is_empty() {
            let (now, then) = bytes.split_at(bytes.len().min(BLOCK - self.last.len()));
            self.last.extend_from_slice(now);
            bytes = then;
            if self.last.len() == BLOCK {
                self.close();
            }
        }
    }

    /// The first of them, as far as they are in one buffer.
    pub(super) fn start(&self) -> &[u8] {
        self.done.first().map_or(&self.last, |first| first)
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
        if !self.last.is_empty() {
            let block = std::mem::take(&mut self.last);
            self.done.push(block.into_boxed_slice().into());
        }
    }
}

const BLOCK: usize = 64 * 1024;
