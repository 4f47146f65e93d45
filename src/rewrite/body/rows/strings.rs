//! The strings in which the scripts of a page hand React's stream over, as JSON.

use memchr::{memchr2, memchr3, memmem};

/// Where in a page one is.
#[derive(Debug, Default)]
pub(super) struct Strings {
    is_inside: bool,
    escape: Escape,
    /// The last bytes of what is in none.
    before: Vec<u8>,
}

/// Where in an escape one is.
#[derive(Debug, Clone, Copy, Default)]
enum Escape {
    /// In none.
    #[default]
    None,
    /// Behind its backslash.
    Letter,
    /// In a number that has so many digits to come.
    Number { value: u32, left: u8 },
}

impl Strings {
    /// Whether the next byte is in one.
    pub(super) fn is_inside(&self) -> bool {
        self.is_inside
    }

    /// Leaves the one that one is in where `byte` ends it.
    pub(super) fn leave_at(&mut self, byte: u8) {
        self.is_inside &= byte != b'"' || !matches!(self.escape, Escape::None);
    }

    /// Looks for the next one in `rest`, which stands outside, and returns where it begins, or
    /// the length of all where none does; and whether all that is handed over is in strings.
    pub(super) fn enter(&mut self, rest: &[u8]) -> (usize, bool) {
        let known = self.before.len();
        let seam = [&self.before, &rest[..rest.len().min(REACH)]].concat();
        let across = find(&seam, known).map(|handover| Handover {
            start: handover.start - known,
            ..handover
        });
        let Some(handover) = across.or_else(|| find(rest, 0)) else {
            let kept = &rest[rest.len().saturating_sub(REACH)..];
            let surplus = (known + kept.len()).saturating_sub(REACH);
            self.before.drain(..surplus.min(known));
            self.before.extend_from_slice(kept);
            return (rest.len(), true);
        };
        self.before.clear();
        self.is_inside = handover.is_string;
        (handover.start, handover.is_string)
    }

    /// How many bytes at the front of `rest`, which is inside, stand for themselves.
    pub(super) fn plain(&self, rest: &[u8]) -> usize {
        match self.escape {
            Escape::None => memchr2(b'\\', b'"', rest).unwrap_or(rest.len()),
            _ => 0,
        }
    }

    /// How many bytes at the front of `rest`, which is inside, end neither a line nor the string.
    pub(super) fn line(&self, rest: &[u8]) -> usize {
        if !matches!(self.escape, Escape::None) {
            return 0;
        }
        let plain = |at: usize| memchr3(b'\\', b'"', b'\n', &rest[at..]).unwrap_or(rest.len() - at);
        let mut at = plain(0);
        loop {
            at += match &rest[at..] {
                // No `\u000a`.
                [b'\\', b'u', _, _, digit, _, ..] if *digit != b'0' => 6,
                [b'\\', letter, ..] if !b"nu".contains(letter) => 2,
                _ => return at,
            };
            at += plain(at);
        }
    }

    /// Reads a byte and returns the character that ends with it.
    pub(super) fn read(&mut self, byte: u8) -> Option<char> {
        self.escape.read(byte)
    }
}

impl Escape {
    /// Reads a byte and returns the character that ends with it, or any of as many bytes.
    fn read(&mut self, byte: u8) -> Option<char> {
        let (next, character) = match *self {
            Self::None if byte == b'\\' => (Self::Letter, None),
            Self::None => (Self::None, Some(ANY_BYTE)),
            Self::Letter if byte == b'u' => (Self::Number { value: 0, left: 4 }, None),
            Self::Letter => (Self::None, Some(if byte == b'n' { '\n' } else { ANY_BYTE })),
            Self::Number { value, left } => {
                let value = value << 4 | char::from(byte).to_digit(16).unwrap_or_default();
                match left {
                    // Half of a pair has half of its four bytes.
                    1 => (Self::None, Some(char::from_u32(value).unwrap_or(HALF))),
                    _ => (
                        Self::Number {
                            value,
                            left: left - 1,
                        },
                        None,
                    ),
                }
            }
        };
        *self = next;
        character
    }
}

/// How many bytes the content `raw` of a string stands for.
pub(super) fn length(raw: &[u8]) -> usize {
    let mut escape = Escape::None;
    let characters = raw.iter().filter_map(|byte| escape.read(*byte));
    characters.map(char::len_utf8).sum()
}

/// A part of the stream that is handed over.
#[derive(Debug, Clone, Copy)]
struct Handover {
    /// Where it begins.
    start: usize,
    /// Whether it is a string, and no bytes in some other form.
    is_string: bool,
}

/// Returns the first in `text` that begins behind `least`.
fn find(text: &[u8], least: usize) -> Option<Handover> {
    let handover = |call: usize| {
        let (before, behind) = (&text[..call], &text[call + CALL.len()..]);
        let is_here = |(list, opening, _): &&(&[u8], &[u8], bool)| {
            before.ends_with(list) && behind.starts_with(opening)
        };
        let (_, opening, is_string) = HANDOVERS.iter().find(is_here)?;
        Some(Handover {
            start: call + CALL.len() + opening.len(),
            is_string: *is_string,
        })
    };
    let mut handovers = memmem::find_iter(text, CALL).filter_map(handover);
    handovers.find(|handover| handover.start > least)
}

const CALL: &[u8] = b".push(";

/// The lists that it is put into, how the parts begin there, and whether those are strings:
/// of Next.js, and of rsc-html-stream, which the others use.
const HANDOVERS: [(&[u8], &[u8], bool); 4] = [
    (b"__next_f", b"[1,\"", true),
    (b"__next_f", b"[3,", false),
    (b"__FLIGHT_DATA||=[])", b"\"", true),
    (b"__FLIGHT_DATA||=[])", b"U", false),
];

/// As long as the longest of these, and the call between.
const REACH: usize = 32;

/// A character of one byte, whatever it is.
const ANY_BYTE: char = '.';

/// A character of two bytes, whatever it is.
const HALF: char = '\u{80}';
