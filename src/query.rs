//! A raw query as byte spans: find a parameter by its decoded name and take its
//! decoded value; encode a new one.
//!
//! Names and values are read the way a browser and a form decoder read them
//! (WHATWG URL, application/x-www-form-urlencoded): pairs end at `&`, a name
//! at the first `=`, `+` is a space, `%XX` a byte, and raw tabs and newlines
//! are not there at all. Nothing here is ever written back in decoded form.

use std::borrow::Cow;

use memchr::memchr;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};

/// One piece of a query between two `&`, which may be empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pair<'q> {
    /// Where in the query the piece begins.
    pub start: usize,
    /// The whole piece as it was sent.
    pub raw: &'q [u8],
    /// What stands before the first `=`, undecoded.
    pub name: &'q [u8],
    /// What stands behind the first `=`, undecoded; `None` where there is none.
    pub value: Option<&'q [u8]>,
}

impl<'q> Pair<'q> {
    fn new(start: usize, raw: &'q [u8]) -> Self {
        let equals = raw.iter().position(|byte| *byte == b'=');
        Self {
            start,
            raw,
            name: &raw[..equals.unwrap_or(raw.len())],
            value: equals.map(|at| &raw[at + 1..]),
        }
    }

    /// The decoded name.
    pub fn decoded_name(&self) -> Cow<'q, [u8]> {
        decode(self.name)
    }

    /// The decoded value, empty where the pair has no `=`.
    pub fn decoded_value(&self) -> Cow<'q, [u8]> {
        decode(self.value.unwrap_or_default())
    }
}

/// Yields every piece of `query`, empty ones included; a query without `&` is one piece.
pub fn pairs(query: &[u8]) -> impl Iterator<Item = Pair<'_>> {
    let mut next = Some(0);
    std::iter::from_fn(move || {
        let start = next?;
        let rest = &query[start..];
        let end = memchr(b'&', rest);
        next = end.map(|at| start + at + 1);
        Some(Pair::new(start, &rest[..end.unwrap_or(rest.len())]))
    })
}

/// Returns `value` as it may stand in a pair.
///
/// RFC 3986 3.4 lets these stand in a query as they are: letters, digits and
/// `-._~:@/?!$'()*,`. Escaped is all else, `&=+;` too, which delimit in a form.
pub fn encode(value: &[u8]) -> Vec<u8> {
    let parts = percent_encode(value, ESCAPED);
    parts.flat_map(str::bytes).collect()
}

/// Allocates only where decoding may change something.
fn decode(bytes: &[u8]) -> Cow<'_, [u8]> {
    // `%`, `+`, tabs and newlines are all in the lowest part of ASCII, names are not.
    match bytes.iter().all(|byte| *byte > b'+') {
        true => Cow::Borrowed(bytes),
        false => Cow::Owned(Decode(bytes).collect()),
    }
}

/// The bytes that a form decoder makes of a raw name or value.
#[derive(Clone)]
struct Decode<'q>(&'q [u8]);

impl Decode<'_> {
    /// The next byte before percent-decoding. Tabs and newlines are passed over:
    /// the URL standard removes them before it parses anything.
    fn next_raw(&mut self) -> Option<u8> {
        while let Some((byte, rest)) = self.0.split_first() {
            self.0 = rest;
            if !matches!(byte, b'\t' | b'\n' | b'\r') {
                return Some(*byte);
            }
        }
        None
    }

    fn next_hex(&mut self) -> Option<u8> {
        char::from(self.next_raw()?)
            .to_digit(16)
            .map(|digit| digit as u8)
    }
}

impl Iterator for Decode<'_> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        match self.next_raw()? {
            b'+' => Some(b' '),
            b'%' => {
                let mut ahead = self.clone();
                let (Some(high), Some(low)) = (ahead.next_hex(), ahead.next_hex()) else {
                    return Some(b'%');
                };
                *self = ahead;
                Some(high << 4 | low)
            }
            byte => Some(byte),
        }
    }
}

const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b':')
    .remove(b'@')
    .remove(b'/')
    .remove(b'?')
    .remove(b'!')
    .remove(b'$')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b',');

#[cfg(test)]
mod tests {
    use super::*;

    fn only(query: &str) -> Pair<'_> {
        pairs(query.as_bytes()).next().unwrap()
    }

    #[test]
    fn pairs_keep_empty_pieces() {
        let raw: Vec<_> = pairs(b"&a=1&&b&").map(|pair| pair.raw).collect();
        assert_eq!(raw, [&b""[..], b"a=1", b"", b"b", b""]);
    }

    #[test]
    fn name_is_compared_decoded() {
        for name in [
            "scope=x",
            "%73cope",
            "%73%63%6F%70%65=",
            "s\tco\npe=1",
            "%7\t3cope",
        ] {
            assert_eq!(&*only(name).decoded_name(), b"scope", "{name:?}");
        }
        for name in [
            "Scope=x",
            "scopes=",
            "scope%20=",
            "scope+=",
            "%73%63op",
            "",
            "%2573cope",
        ] {
            assert_ne!(&*only(name).decoded_name(), b"scope", "{name:?}");
        }
    }

    #[test]
    fn value_is_decoded_as_a_form_does() {
        let value = |query| only(query).decoded_value().into_owned();
        assert_eq!(value("a=b+c%20d%2Ce"), b"b c d,e");
        assert_eq!(value("a=%zz%4%"), b"%zz%4%");
        assert_eq!(value("a=b=c"), b"b=c");
        assert_eq!(value("a"), b"");
        assert_eq!(value("a=%E9\u{e9}"), b"\xe9\xc3\xa9");
    }

    #[test]
    fn encoded_value_holds_nothing_that_delimits() {
        assert_eq!(
            encode(b"a:b c&d=e+f;g,h%\xe9"),
            b"a:b%20c%26d%3De%2Bf%3Bg,h%25%E9"
        );
    }
}
