//! Text as documents spell it: JSON, JavaScript and HTML escapes, also one inside
//! another, read as the characters they stand for, each with the bytes that spell it.
//!
//! What surrounds a URL is not parsed. A URL holds no backslash and no markup of its
//! own, so every escape in it is read as one, whichever layer wrote it.

mod unit;

use std::{ops::Range, slice};

use memchr::memchr2;

use super::splice::Splice;

use unit::Symbol;

pub(super) use unit::{Style, Unit, read};

/// A run of text that is read unit by unit as its bytes come.
#[derive(Debug, Clone, Default)]
pub(super) struct Spelled {
    /// What it means.
    bytes: Vec<u8>,
    /// Where in the raw bytes the spelling of each of these ends.
    ends: Vec<usize>,
    /// What stands between two of them and means nothing.
    gaps: Vec<Range<usize>>,
}

impl Spelled {
    /// Returns what `raw` means, from end to end.
    pub(super) fn of(raw: &[u8]) -> Self {
        let mut spelled = Self {
            bytes: Vec::with_capacity(raw.len()),
            ends: Vec::with_capacity(raw.len()),
            gaps: Vec::new(),
        };
        loop {
            let start = spelled.raw_len();
            let plain = memchr2(b'\\', b'&', &raw[start..]);
            let end = plain.map_or(raw.len(), |length| start + length);
            spelled.bytes.extend_from_slice(&raw[start..end]);
            spelled.ends.extend(start + 1..=end);
            match spelled.peek(raw, true) {
                Some(unit) => spelled.push(unit),
                None => return spelled,
            }
        }
    }

    /// Returns the unit that stands behind what was read of `raw`; `None` where it is not
    /// there yet, or not all of it.
    pub(super) fn peek(&self, raw: &[u8], is_all: bool) -> Option<Unit> {
        let rest = &raw[self.raw_len()..];
        (!rest.is_empty()).then(|| read(rest, is_all)).flatten()
    }

    /// Takes the unit that [`Spelled::peek`] returned.
    pub(super) fn push(&mut self, unit: Unit) {
        let start = self.raw_len();
        match unit.symbol {
            Symbol::Byte(byte) => self.bytes.push(byte),
            Symbol::Char(character) => {
                let mut buffer = [0; 4];
                let encoded = character.encode_utf8(&mut buffer);
                self.bytes.extend_from_slice(encoded.as_bytes());
            }
        }
        self.ends.resize(self.bytes.len(), start);
        if let Some(end) = self.ends.last_mut() {
            *end = start + unit.length;
        }
    }

    /// Passes over `length` raw bytes, which mean nothing.
    pub(super) fn skip(&mut self, length: usize) {
        let start = self.raw_len();
        match self.gaps.last_mut().filter(|gap| gap.end == start) {
            Some(gap) => gap.end += length,
            None => self.gaps.push(start..start + length),
        }
    }

    /// What was read, decoded.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How many raw bytes were read.
    pub(super) fn raw_len(&self) -> usize {
        self.raw_start(self.bytes.len())
    }

    /// Where in the raw bytes the decoded byte at `place` begins.
    pub(super) fn raw_start(&self, place: usize) -> usize {
        let end = self.raw_end(place);
        let mut gaps = self.gaps.iter();
        gaps.find(|gap| gap.start == end).map_or(end, |gap| gap.end)
    }

    /// Where in the raw bytes the decoded bytes before `place` end.
    pub(super) fn raw_end(&self, place: usize) -> usize {
        place.checked_sub(1).map_or(0, |before| self.ends[before])
    }

    /// Returns `splices` of the decoded bytes as splices of `raw`. What is new is spelled as
    /// it is elsewhere in the text.
    pub(super) fn spell(&self, raw: &[u8], splices: Vec<Splice>) -> Vec<Splice> {
        let spelled = |splice: Splice| {
            let range = self.raw_range(&splice.range);
            let new = splice.text.iter();
            let mut text: Vec<_> = new
                .flat_map(|byte| self.spelling(byte, raw))
                .copied()
                .collect();
            // What means nothing here does where it stands.
            let gaps = self.gaps.iter();
            let inside = gaps.filter(|gap| range.start <= gap.start && gap.end <= range.end);
            text.extend(inside.flat_map(|gap| &raw[gap.clone()]));
            Splice { range, text }
        };
        splices.into_iter().map(spelled).collect()
    }

    fn raw_range(&self, range: &Range<usize>) -> Range<usize> {
        let start = self.raw_start(range.start);
        start..self.raw_end(range.end).max(start)
    }

    fn spelling<'r>(&self, byte: &'r u8, raw: &'r [u8]) -> &'r [u8] {
        let known = self.bytes.iter().position(|known| known == byte);
        match known {
            Some(place) => &raw[self.raw_range(&(place..place + 1))],
            // It may end the string that it is to stand in.
            None if *byte == b'\'' => b"%27",
            None => slice::from_ref(byte),
        }
    }
}

#[cfg(test)]
mod tests;
