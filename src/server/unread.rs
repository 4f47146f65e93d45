//! How much was read of a head that is no request yet. hyper has the bytes and
//! says of one that it refuses only that it is too large.

use super::refusal::Refusal;

/// What is known of a head that hyper has not made a request of.
#[derive(Default)]
pub(super) struct UnreadHead {
    /// The requests before it.
    begun: usize,
    /// Read since the one before was answered.
    bytes: usize,
    /// Read at once with the end of that one; it may be of either.
    before: usize,
    /// Of the last read.
    last: usize,
    is_for_head: bool,
}

impl UnreadHead {
    /// Notes what was read behind so many requests, and whether one of them is in flight.
    pub(super) fn read(&mut self, bytes: &[u8], begun: usize, is_in_flight: bool) {
        if self.begun != begun {
            self.begun = begun;
            self.before = self.last;
            self.bytes = 0;
        }
        self.last = bytes.len();
        if is_in_flight {
            self.before = self.last;
            self.bytes = 0;
            return;
        }
        if self.bytes == 0 {
            self.is_for_head = bytes.starts_with(b"HEAD ");
        }
        self.bytes += bytes.len();
    }

    /// Whether it is one of HEAD, whose answer has no content (RFC 9110 9.3.2).
    pub(super) fn is_for_head(&self) -> bool {
        self.is_for_head
    }

    /// Returns what is too much of it, given the most bytes and fields that it may have.
    pub(super) fn too_large(&self, size: usize, fields: usize) -> Refusal {
        let most = self.before + self.bytes;
        if most < fields * SHORTEST_FIELD {
            // hyper also calls it too large where its body would be, beyond all numbers.
            Refusal::ContentLength
        } else if most < size {
            Refusal::ManyFields(fields)
        } else if self.bytes >= size {
            Refusal::LargeHead(size)
        } else {
            Refusal::LargeOrMany(size, fields)
        }
    }
}

/// A name of one byte, a colon and the end of the line.
const SHORTEST_FIELD: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: usize = 1000;

    fn too_large(reads: &[(usize, usize, bool)]) -> Refusal {
        let mut head = UnreadHead::default();
        for (count, begun, is_in_flight) in reads {
            head.read(&vec![b'a'; *count], *begun, *is_in_flight);
        }
        head.too_large(SIZE, 100)
    }

    #[test]
    fn bytes_tell_what_was_too_much() {
        for (reads, refusal) in [
            (&[(999, 0, false)][..], Refusal::ManyFields(100)),
            (
                &[(600, 0, false), (400, 0, false)],
                Refusal::LargeHead(SIZE),
            ),
            (&[(100, 0, false)], Refusal::ContentLength),
            // Of another request, alone or in part.
            (
                &[(999, 0, false), (500, 2, true), (400, 2, false)],
                Refusal::ManyFields(100),
            ),
            (
                &[(900, 0, false), (200, 1, false)],
                Refusal::LargeOrMany(SIZE, 100),
            ),
            (
                &[(900, 0, false), (1000, 1, false)],
                Refusal::LargeHead(SIZE),
            ),
        ] {
            assert_eq!(too_large(reads), refusal, "{reads:?}");
        }
    }
}
