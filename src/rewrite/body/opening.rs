//! Where a URL begins and what ends it: what stands before a host that was found.

use crate::rewrite::spelling::{self, Spelled, Style, Unit};

/// The beginning of a URL.
#[derive(Debug)]
pub(super) struct Beginning {
    /// Where in the bytes before it is.
    pub(super) start: usize,
    pub(super) opening: Opening,
    /// The last visible character before the quote.
    pub(super) preceding: Option<u8>,
}

/// What stands right before a URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Opening {
    /// A quote.
    Quote(Quote),
    /// Something else; the URL ends where text goes on, or at `closer`.
    Bare { closer: Option<u8> },
    /// A text; punctuation at the end of the URL belongs to that.
    Text,
}

/// A quote as it is spelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Quote {
    byte: u8,
    backslashes: usize,
    style: Style,
    /// Whether it stands right behind the `=` of an attribute, or of an assignment.
    pub(super) is_attribute: bool,
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
        let (opening, preceding) = match start.checked_sub(1) {
            None if is_start && skipped == 0 => (Opening::Text, None),
            None => return None,
            Some(place) => {
                let quote = |place| {
                    let raw = &before[skipped + spelled.raw_start(place)..];
                    Quote::at(raw)
                };
                let opening = Opening::after(&text[..place], text[place], quote)?;
                (opening, last_visible(&text[..place]))
            }
        };
        Some(Self {
            start: skipped + spelled.raw_start(start),
            opening,
            preceding,
        })
    }
}

impl Opening {
    /// Returns what `byte` opens, which stands behind `text`; `quote` reads the one at a place
    /// in the text. `None` where no URL begins there: in the middle of a word, or in the query
    /// or path of another one.
    fn after(text: &[u8], byte: u8, quote: impl Fn(usize) -> Option<Quote>) -> Option<Self> {
        let attribute = |place| {
            Some(Self::Quote(Quote {
                is_attribute: true,
                ..quote(place)?
            }))
        };
        if let Some(place) = quote_of_value(text, byte) {
            return attribute(place);
        }
        let closer = match byte {
            b'"' | b'\'' | b'`' if has_length(text) => return None,
            b'"' | b'\'' if text.ends_with(b"=") => return attribute(text.len()),
            b'"' | b'\'' | b'`' => return quote(text.len()).map(Self::Quote),
            b'=' if is_value_of_attribute(text) => None,
            b'(' => Some(b')'),
            b'[' => Some(b']'),
            b'{' => Some(b'}'),
            b'<' => Some(b'>'),
            b';' if is_digest(text) => Some(b';'),
            b'>' | b';' | 0..=b' ' | 0x7f.. => return Some(Self::Text),
            _ => return None,
        };
        Some(Self::Bare { closer })
    }

    /// Whether `unit` ends the URL.
    pub(super) fn end(self, unit: Unit) -> End {
        let Self::Quote(quote) = self else {
            return self.end_of_bare(unit);
        };
        match unit.ascii() {
            Some(byte) if byte == quote.byte => quote.end(unit),
            // Browsers take these out of the URL of an attribute.
            Some(b'\t' | b'\n' | b'\r') if unit.is_plain() && quote.is_attribute => End::No,
            // No string goes on there, whatever it began with, and no URL has these.
            Some(b'"' | b'<' | b'>' | 0..b' ') if unit.is_plain() => End::Never,
            // What stands in the next line of a text is no part of the URL.
            Some(b'\n') => End::Yes,
            _ => End::No,
        }
    }

    fn end_of_bare(self, unit: Unit) -> End {
        let is_closer = |byte| self == Self::Bare { closer: Some(byte) };
        match unit.ascii() {
            // What is delimited so may hold spaces, as in a digest of Next.js.
            Some(b' ') if is_closer(b';') => End::No,
            None | Some(0..=b' ' | b'"' | b'\'' | b'`' | b'<' | b'>' | b'\\' | 0x7f) => End::Yes,
            Some(byte) if is_closer(byte) => End::Yes,
            // `<https://...|text>` of Slack, `https://...[text]` of AsciiDoc.
            Some(b'|') if is_closer(b'>') => End::Yes,
            Some(b'[' | b']') if self != Self::Bare { closer: None } => End::Yes,
            _ => End::No,
        }
    }
}

impl Quote {
    /// Reads the quote at the front of `raw`.
    fn at(raw: &[u8]) -> Option<Self> {
        let unit = spelling::read(raw, true)?;
        Some(Self {
            byte: unit.ascii()?,
            backslashes: unit.backslashes,
            style: unit.style,
            is_attribute: false,
        })
    }

    /// Whether `unit`, the same character, ends the string that this one begins.
    ///
    /// In a string that is inside `n` others a quote has `2^n - 1` backslashes; one that is
    /// part of the string has one more, and those that are part of it are written twice.
    fn end(self, unit: Unit) -> End {
        if unit.style != self.style {
            // `&quot;` between quotes is part of the string, a quote between `&quot;` is not.
            let is_outer = unit.style == Style::Itself && unit.backslashes <= self.backslashes;
            return if is_outer { End::Never } else { End::No };
        }
        let step = 2 * (self.backslashes + 1);
        match unit.backslashes {
            count if count == self.backslashes => End::Yes,
            // The string that this one is in ends, or the URL ends with a backslash of its own.
            count if count < self.backslashes || count % step == self.backslashes => End::Never,
            // No URL has one of its own: the string began further out.
            _ if self.byte == b'"' => End::Never,
            _ => End::No,
        }
    }
}

/// Where the URL begins whose host is at the end of `text`: at its scheme, or at two slashes.
fn start(text: &[u8]) -> Option<usize> {
    let host = match text.strip_suffix(b"]") {
        Some(_) => &text[..text.iter().rposition(|byte| *byte == b'[')?],
        None => trimmed(text, |byte| {
            byte.is_ascii_alphanumeric() || b".-_".contains(&byte)
        }),
    };
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

/// Whether the host at the end of `before` stands behind something that may be a slash, however
/// that is spelled: most that are only mentioned do not.
pub(super) fn may_be_url(before: &[u8]) -> bool {
    let is_label = |byte: &u8| byte.is_ascii_alphanumeric() || b".-_[:]".contains(byte);
    let last = before.iter().rfind(|byte| !is_label(byte));
    matches!(last, Some(b'/' | b'\\' | b';' | b'}'))
}

/// Whether what stands behind the `;` that is behind `text` is the URL in a digest of Next.js.
fn is_digest(text: &[u8]) -> bool {
    [&b";push"[..], b";replace"]
        .iter()
        .any(|kind| text.ends_with(kind))
}

/// Whether the `=` behind `text` gives a value to an attribute (`href=`) or, in a Refresh, to
/// `url`: one in a query belongs to another URL.
fn is_value_of_attribute(text: &[u8]) -> bool {
    let is_name = |byte: u8| byte > b' ' && !b"?&#;,\"'<>".contains(&byte);
    let text = trimmed(text, |byte| byte == b' ');
    let before = trimmed(text, is_name);
    let is_refresh = text[before.len()..].eq_ignore_ascii_case(URL);
    !matches!(before.last(), Some(b'?' | b'&' | b'#'))
        && (before.last() != Some(&b';') || is_refresh)
}

/// Whether the string that begins behind `text` has its length before it, as in what PHP
/// serialized.
fn has_length(text: &[u8]) -> bool {
    let digits = text.strip_suffix(b":").unwrap_or_default();
    let number = trimmed(digits, |byte| byte.is_ascii_digit());
    number.len() < digits.len() && number.ends_with(b"s:")
}

/// Where the quote is that the value of an attribute began behind and ends with, where `text`
/// and `byte` are the value up to its URL: `content="0; url=`, or blanks alone.
fn quote_of_value(text: &[u8], byte: u8) -> Option<usize> {
    let is_blank = |byte: u8| byte == b' ';
    let value = match byte {
        b'=' => without_refresh(text)?,
        b' ' => {
            let text = trimmed(text, is_blank);
            let refresh = text.strip_suffix(b"=");
            refresh.map_or(Some(text), without_refresh)?
        }
        _ => return None,
    };
    let quote = value.len().checked_sub(1)?;
    let is_attribute = trimmed(&value[..quote], is_blank).ends_with(b"=");
    (is_attribute && matches!(value[quote], b'"' | b'\'')).then_some(quote)
}

/// Returns `text` without the seconds and the `url` of a Refresh at its end.
fn without_refresh(text: &[u8]) -> Option<&[u8]> {
    let before = trimmed(text, |byte| byte == b' ');
    let name = before.len().checked_sub(URL.len())?;
    let is_part = |byte: u8| byte.is_ascii_digit() || b" .;,".contains(&byte);
    let value = trimmed(&before[..name], is_part);
    (before[name..].eq_ignore_ascii_case(URL) && value.len() < name).then_some(value)
}

fn last_visible(text: &[u8]) -> Option<u8> {
    let before = trimmed(text, |byte| byte.is_ascii_whitespace());
    before.last().copied()
}

/// Returns `text` without what `goes` at its end.
fn trimmed(text: &[u8], goes: impl Fn(u8) -> bool) -> &[u8] {
    let last = text.iter().rposition(|byte| !goes(*byte));
    &text[..last.map_or(0, |last| last + 1)]
}

/// What a Refresh calls its URL.
const URL: &[u8] = b"url";

/// How many bytes before a host are read; names of hosts have 253 at most (RFC 1035 2.3.4).
const REACH: usize = 320;
