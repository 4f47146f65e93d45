//! React's stream, `text/x-component`: rows `1f:{...}` that end with their line, and
//! rows such as `1f:T4ee,text` that say how long they are instead. What stands in one of
//! those must keep its length, or all behind it is read wrongly.

use memchr::memchr;

/// Where in a stream one is.
#[derive(Debug, Default)]
pub(super) struct Rows {
    state: State,
}

#[derive(Debug, Clone, Copy, Default)]
enum State {
    /// In the hexadecimal number that a row begins with.
    #[default]
    Number,
    /// Behind its colon.
    Tag,
    /// In the hexadecimal length behind such a tag.
    Length(u64),
    /// In a row that ends with its line.
    Line,
    /// In one that has so many bytes to come.
    Counted(u64),
}

impl Rows {
    /// Returns how many bytes at the front of `chunk`, which is not empty, are of one kind, and
    /// whether they are in a row with a length.
    pub(super) fn split(&mut self, chunk: &[u8]) -> (usize, bool) {
        if let State::Counted(left) = &mut self.state {
            let taken = usize::try_from(*left).map_or(chunk.len(), |left| left.min(chunk.len()));
            *left -= taken as u64;
            if *left == 0 {
                self.state = State::Number;
            }
            return (taken, true);
        }
        let mut at = 0;
        while at < chunk.len() && !matches!(self.state, State::Counted(1..)) {
            at += self.step(&chunk[at..]);
        }
        (at, false)
    }

    /// Reads on in `rest` and returns how far.
    fn step(&mut self, rest: &[u8]) -> usize {
        let byte = rest[0];
        let digit = char::from(byte).to_digit(16);
        self.state = match self.state {
            State::Number if byte == b':' => State::Tag,
            State::Number if digit.is_some() => State::Number,
            State::Tag if COUNTED.contains(&byte) => State::Length(0),
            State::Length(length) => match (byte, digit) {
                (b',', _) => State::Counted(length),
                (_, Some(digit)) => State::Length(length.saturating_mul(16) | u64::from(digit)),
                _ => State::Line,
            },
            State::Counted(0) => {
                self.state = State::Number;
                return 0;
            }
            _ => {
                let end = memchr(b'\n', rest);
                self.state = if end.is_some() {
                    State::Number
                } else {
                    State::Line
                };
                return end.map_or(rest.len(), |end| end + 1);
            }
        };
        1
    }
}

/// The tags that a length follows: text, and all that is binary.
const COUNTED: &[u8] = b"TAOobUSsLlGgMmV";
