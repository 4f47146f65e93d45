//! Where a URL begins and what ends it: what stands before a host that was found.

use crate::rewrite::spelling::{Spelled, Unit};

/// The beginning of a URL.
#[derive(Debug)]
pub(super) struct Beginning {
    /// Where in the bytes before it is.
    pub(super) start: usize,
    pub(super) opening: Opening,
    /// Whether what stands before the quote lets a key of an object follow.
    pub(super) may_be_key: bool,
}

/// What stands right before a URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Opening {
    /// A quote, spelled in so many bytes.
    Quote { quote: u8, width: usize },
    /// Something else; the URL ends where text goes on, or at `closer`.
    Bare { closer: Option<u8> },
}

/// What a unit is to the URL that it may belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// It is part of the URL.
    No,
    /// It stands behind the URL.
    Yes,
    /// What was read is no URL.
    Never,
}

impl Beginning {
    /// Finds the scheme, or the slashes, of the URL that the host at the end of `before`
    /// belongs to. `is_start` where nothing stands before `before`.
    pub(super) fn find(before: &[u8], is_start: bool) -> Option<Self> {
        let skipped = before.len().saturating_sub(REACH);
        let spelled = Spelled::of(&before[skipped..]);
        let text = spelled.bytes();
        let start = start(text)?;
        let (opening, may_be_key) = match start.checked_sub(1) {
            None if is_start && skipped == 0 => (Opening::Bare { closer: None }, false),
            None => return None,
            Some(place) => {
                let width = spelled.raw_width(place);
                let opening = Opening::after(&text[..place], text[place], width)?;
                (opening, may_be_key(&text[..place]))
            }
        };
        Some(Self {
            start: skipped + spelled.raw_start(start),
            opening,
            may_be_key,
        })
    }
}

impl Opening {
    /// Returns what `byte`, spelled in `width` bytes behind `text`, opens; `None` where no URL
    /// begins behind it: in the middle of a word, or in the query or path of another one.
    fn after(text: &[u8], byte: u8, width: usize) -> Option<Self> {
        let closer = match byte {
            b'"' | b'\'' | b'`' => return Some(Self::Quote { quote: byte, width }),
            b'=' if !is_value_of_attribute(text) => return None,
            b',' if is_length_of_row(text) => return None,
            b'(' => Some(b')'),
            b'[' => Some(b']'),
            b'{' => Some(b'}'),
            b'<' => Some(b'>'),
            b';' | b',' | b'|' => Some(byte),
            b'=' | b'>' | 0..=b' ' | 0x7f.. => None,
            _ => return None,
        };
        Some(Self::Bare { closer })
    }

    /// Whether `unit` ends the URL.
    pub(super) fn end(self, unit: Unit) -> End {
        let Self::Quote { quote, width } = self else {
            return self.end_of_bare(unit);
        };
        match unit.ascii() {
            // One that is spelled with more is part of the string inside the quotes.
            Some(byte) if byte == quote && unit.length <= width => End::Yes,
            Some(b'"' | 0..b' ') if unit.is_plain() => End::Never,
            _ => End::No,
        }
    }

    fn end_of_bare(self, unit: Unit) -> End {
        let is_closer = |byte| self == Self::Bare { closer: Some(byte) };
        match unit.ascii() {
            None | Some(0..=b' ' | b'"' | b'\'' | b'`' | b'<' | b'>' | b'\\' | 0x7f) => End::Yes,
            Some(byte) if is_closer(byte) => End::Yes,
            _ => End::No,
        }
    }
}

/// Where the URL begins whose host is at the end of `text`: at its scheme, or at two slashes.
fn start(text: &[u8]) -> Option<usize> {
    let host = trimmed(text, |byte| {
        byte.is_ascii_alphanumeric() || b".-_".contains(&byte)
    });
    let slashes = trimmed(host, |byte| matches!(byte, b'/' | b'\\'));
    if host.len() - slashes.len() < 2 {
        return None;
    }
    let Some(before_colon) = slashes.strip_suffix(b":") else {
        return Some(slashes.len());
    };
    let before = trimmed(before_colon, |byte| {
        byte.is_ascii_alphanumeric() || b"+-.".contains(&byte)
    });
    let scheme = &before_colon[before.len()..];
    let is_known = [&b"https"[..], b"http"]
        .iter()
        .any(|it| scheme.eq_ignore_ascii_case(it));
    is_known.then_some(before.len())
}

/// Whether the `=` behind `text` gives a value to an attribute (`href=`) or, in a Refresh, to
/// `url`: one in a query belongs to another URL.
fn is_value_of_attribute(text: &[u8]) -> bool {
    let is_name = |byte: u8| byte > b' ' && !b"?&#;,\"'<>".contains(&byte);
    let before = trimmed(trimmed(text, |byte| byte == b' '), is_name);
    !matches!(before.last(), Some(b'?' | b'&' | b'#'))
}

/// Whether the `,` behind `text` ends the length of a row of React's stream, such as `1f:T4ee,`:
/// what follows has that many bytes and must keep them.
fn is_length_of_row(text: &[u8]) -> bool {
    let before = trimmed(text, |byte| byte.is_ascii_hexdigit());
    before.len() < text.len() && before.ends_with(b":T")
}

fn may_be_key(text: &[u8]) -> bool {
    let before = trimmed(text, |byte| byte.is_ascii_whitespace());
    matches!(before.last(), Some(b'{' | b','))
}

/// Returns `text` without what `goes` at its end.
fn trimmed(text: &[u8], goes: impl Fn(u8) -> bool) -> &[u8] {
    let last = text.iter().rposition(|byte| !goes(*byte));
    &text[..last.map_or(0, |last| last + 1)]
}

/// How many bytes before a host are read; names of hosts have 253 at most (RFC 1035 2.3.4).
const REACH: usize = 320;
