//! React's stream: rows `1f:{...}` that end with their line, and rows such as
//! `1f:T4ee,text` that say how many bytes they have instead. It comes by itself, as
//! `text/x-component`, or in strings that the scripts of a page hand over piece by piece.

mod strings;

use memchr::memchr;

use strings::Strings;

/// Where in a stream one is.
#[derive(Debug)]
pub(super) struct Rows {
    state: State,
    /// The strings that it stands in, where it does.
    strings: Option<Strings>,
}

/// What some bytes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// Rows that end with their line, and what is no row at all.
    Free,
    /// A text, or the length in front of it.
    Text,
    /// What stands between two strings that a text is in.
    Between,
    /// What stands between two strings that another row is in.
    Seam,
    /// What has a length and is not to be changed.
    Kept,
}

#[derive(Debug, Clone, Copy, Default)]
enum State {
    /// In the hexadecimal number that a row begins with.
    #[default]
    Number,
    /// Behind its colon.
    Tag,
    /// In the hexadecimal length behind such a tag.
    Length { length: u64, is_text: bool },
    /// In a row that ends with its line.
    Line,
    /// In one that has so many bytes to come.
    Counted { left: u64, is_text: bool },
}

impl Rows {
    /// Returns those of a stream that comes by itself.
    pub(super) fn bare() -> Self {
        Self {
            state: State::default(),
            strings: None,
        }
    }

    /// Returns those of the stream in a page.
    pub(super) fn in_page() -> Self {
        Self {
            state: State::default(),
            strings: Some(Strings::default()),
        }
    }

    /// Returns how many bytes at the front of `chunk`, which is not empty, are of one kind, and
    /// of which.
    pub(super) fn split(&mut self, chunk: &[u8]) -> (usize, Part) {
        let part = self.part_of(chunk[0]);
        let mut at = 0;
        while at < chunk.len() && self.part_of(chunk[at]) == part {
            at += self.step(&chunk[at..]);
        }
        (at, part)
    }

    /// Whether a text, or its length, has not ended yet.
    pub(super) fn is_in_text(&self) -> bool {
        matches!(self.part(), Part::Text | Part::Between)
    }

    /// How many bytes of a text are to come at least.
    pub(super) fn left(&self) -> usize {
        match self.state {
            State::Counted { left, .. } => usize::try_from(left).unwrap_or(usize::MAX),
            _ => 0,
        }
    }

    /// Lets the text that one is in be one that is not to be changed.
    pub(super) fn keep(&mut self) {
        if let State::Length { is_text, .. } | State::Counted { is_text, .. } = &mut self.state {
            *is_text = false;
        }
    }

    /// The length of a text that stands in the stream as `raw`.
    pub(super) fn length(&self, raw: &[u8]) -> usize {
        match self.strings {
            Some(_) => strings::length(raw),
            None => raw.len(),
        }
    }

    /// What the next byte is.
    fn part_of(&mut self, byte: u8) -> Part {
        if let Some(strings) = &mut self.strings {
            strings.leave_at(byte);
        }
        self.part()
    }

    fn part(&self) -> Part {
        let is_outside = self.strings.as_ref().is_some_and(|it| !it.is_inside());
        match self.state {
            State::Length { is_text: true, .. } | State::Counted { is_text: true, .. } => {
                if is_outside {
                    Part::Between
                } else {
                    Part::Text
                }
            }
            State::Length { .. } | State::Counted { .. } if !is_outside => Part::Kept,
            State::Line if is_outside => Part::Seam,
            _ => Part::Free,
        }
    }

    /// Reads on in `rest` and returns how far.
    fn step(&mut self, rest: &[u8]) -> usize {
        let Some(strings) = &mut self.strings else {
            return self.state.read(rest);
        };
        if !strings.is_inside() {
            let (length, is_known) = strings.enter(rest);
            if !is_known {
                // What comes is not counted, so the next row is never found again.
                let (left, is_text) = (u64::MAX, false);
                self.state = State::Counted { left, is_text };
            }
            return length;
        }
        if matches!(self.state, State::Line) {
            let length = strings.line(rest);
            if length > 0 {
                return length;
            }
        }
        match strings.plain(rest) {
            0 => {
                if let Some(character) = strings.read(rest[0]) {
                    self.state.take(character);
                }
                1
            }
            plain => self.state.read(&rest[..plain]),
        }
    }
}

impl State {
    /// Takes a character that is spelled in another way.
    fn take(&mut self, character: char) {
        match self {
            Self::Counted { left, .. } => {
                *left = left.saturating_sub(character.len_utf8() as u64);
                self.end_if_empty();
            }
            _ => {
                let mut buffer = [0; 4];
                self.read(character.encode_utf8(&mut buffer).as_bytes());
            }
        }
    }

    /// Reads on in `rest`, which is not empty, and returns how far.
    fn read(&mut self, rest: &[u8]) -> usize {
        let byte = rest[0];
        let digit = char::from(byte).to_digit(16);
        *self = match *self {
            Self::Number if byte == b':' => Self::Tag,
            Self::Number if digit.is_some() => Self::Number,
            Self::Tag if COUNTED.contains(&byte) => Self::Length {
                length: 0,
                is_text: byte == b'T',
            },
            Self::Length { length, is_text } => match (byte, digit) {
                (b',', _) => Self::Counted {
                    left: length,
                    is_text,
                },
                (_, Some(digit)) => Self::Length {
                    length: length.saturating_mul(16) | u64::from(digit),
                    is_text,
                },
                _ => Self::Line,
            },
            Self::Counted { left, is_text } => {
                let taken = usize::try_from(left).map_or(rest.len(), |left| left.min(rest.len()));
                let left = left - taken as u64;
                *self = Self::Counted { left, is_text };
                self.end_if_empty();
                return taken;
            }
            _ => {
                let end = memchr(b'\n', rest);
                *self = if end.is_some() {
                    Self::Number
                } else {
                    Self::Line
                };
                return end.map_or(rest.len(), |end| end + 1);
            }
        };
        self.end_if_empty();
        1
    }

    fn end_if_empty(&mut self) {
        if matches!(self, Self::Counted { left: 0, .. }) {
            *self = Self::Number;
        }
    }
}

/// The tags that a length follows: text, and all that is binary.
const COUNTED: &[u8] = b"TAOobUSsLlGgMmV";
