//! The start tags of a form, as far as their attributes go.

use std::ops::Range;

use memchr::{memchr, memmem};

use crate::rewrite::spelling::Spelled;

/// One start tag.
pub(super) struct Tag {
    pub(super) range: Range<usize>,
    pub(super) name: Range<usize>,
    attributes: Vec<Attribute>,
}

pub(super) struct Attribute {
    name: Range<usize>,
    /// Without what delimits it.
    pub(super) value: Range<usize>,
    /// `None` for an attribute without a value.
    pub(super) delimiter: Option<Delimiter>,
}

/// What stands around the value of an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Delimiter {
    /// Nothing: white space ends it.
    Bare,
    Quote(u8),
}

impl Delimiter {
    pub(super) fn enclose(self, value: &[u8]) -> Vec<u8> {
        let escaped = self.escape(value);
        match self {
            Self::Bare => escaped,
            Self::Quote(quote) => [&[quote], &escaped[..], &[quote]].concat(),
        }
    }

    pub(super) fn escape(self, value: &[u8]) -> Vec<u8> {
        let mut escaped = Vec::with_capacity(value.len());
        for byte in value {
            let is_special = match self {
                Self::Quote(_) => b"&\"'<".contains(byte),
                Self::Bare => *byte <= b' ' || b"&\"'<=>`".contains(byte),
            };
            match is_special {
                true => escaped.extend_from_slice(format!("&#{byte};").as_bytes()),
                false => escaped.push(*byte),
            }
        }
        escaped
    }
}

impl Tag {
    pub(super) fn find(&self, name: &[u8], raw: &[u8]) -> Option<&Attribute> {
        let mut attributes = self.attributes.iter();
        // The first of several counts.
        attributes.find(|it| raw[it.name.clone()].eq_ignore_ascii_case(name))
    }

    /// The decoded value of an attribute.
    pub(super) fn attribute(&self, name: &[u8], raw: &[u8]) -> Option<Vec<u8>> {
        let value = self.find(name, raw)?.value.clone();
        Some(Spelled::of(&raw[value]).bytes().to_vec())
    }
}

/// The start tags in `raw` (HTML, section 13.2.5, as far as attributes go).
pub(super) struct Tags<'r> {
    raw: &'r [u8],
    at: usize,
}

impl<'r> Tags<'r> {
    pub(super) fn new(raw: &'r [u8]) -> Self {
        Self { raw, at: 0 }
    }
}

impl Iterator for Tags<'_> {
    type Item = Tag;

    fn next(&mut self) -> Option<Tag> {
        loop {
            let start = self.at + memchr(b'<', &self.raw[self.at..])?;
            self.at = start + 1;
            let rest = &self.raw[self.at..];
            if rest.starts_with(b"!--") {
                self.at += memmem::find(rest, b"-->")?;
            } else if rest.first()?.is_ascii_alphabetic() {
                let tag = self.tag(start)?;
                self.skip_text_of(&tag);
                return Some(tag);
            }
        }
    }
}

impl Tags<'_> {
    fn tag(&mut self, start: usize) -> Option<Tag> {
        let name = self.take(|byte| !byte.is_ascii_whitespace() && !b"/>".contains(&byte));
        let mut attributes = Vec::new();
        loop {
            self.take(|byte| byte.is_ascii_whitespace() || byte == b'/');
            if *self.raw.get(self.at)? == b'>' {
                self.at += 1;
                return Some(Tag {
                    range: start..self.at,
                    name,
                    attributes,
                });
            }
            attributes.push(self.attribute()?);
        }
    }

    /// Passes over what is no markup whatever it looks like.
    fn skip_text_of(&mut self, tag: &Tag) {
        let name = &self.raw[tag.name.clone()];
        if RAW_TEXT
            .iter()
            .any(|known| name.eq_ignore_ascii_case(known))
        {
            let end = [b"</", name].concat();
            let mut windows = self.raw[self.at..].windows(end.len());
            let found = windows.position(|window| window.eq_ignore_ascii_case(&end));
            self.at = found.map_or(self.raw.len(), |place| self.at + place);
        }
    }

    fn attribute(&mut self) -> Option<Attribute> {
        let start = self.at;
        // An equals sign may begin a name.
        self.at += 1;
        self.take(|byte| !byte.is_ascii_whitespace() && !b"/>=".contains(&byte));
        let name = start..self.at;
        self.take(|byte| byte.is_ascii_whitespace());
        if *self.raw.get(self.at)? != b'=' {
            return Some(Attribute {
                value: name.end..name.end,
                name,
                delimiter: None,
            });
        }
        self.at += 1;
        self.take(|byte| byte.is_ascii_whitespace());
        let (value, delimiter) = match *self.raw.get(self.at)? {
            quote @ (b'"' | b'\'') => {
                self.at += 1;
                let value = self.take(|byte| byte != quote);
                self.raw.get(self.at)?;
                self.at += 1;
                (value, Delimiter::Quote(quote))
            }
            _ => {
                let value = self.take(|byte| !byte.is_ascii_whitespace() && byte != b'>');
                (value, Delimiter::Bare)
            }
        };
        Some(Attribute {
            name,
            value,
            delimiter: Some(delimiter),
        })
    }

    fn take(&mut self, is_part: impl Fn(u8) -> bool) -> Range<usize> {
        let start = self.at;
        let rest = &self.raw[start..];
        let length = rest.iter().position(|byte| !is_part(*byte));
        self.at = start + length.unwrap_or(rest.len());
        start..self.at
    }
}

/// Elements that hold no tags, or none that count (HTML, section 13.1.2).
const RAW_TEXT: [&[u8]; 5] = [b"script", b"style", b"textarea", b"title", b"template"];
