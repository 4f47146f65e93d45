//! What follows a URL, and whether the string that it is may change because of it.

use crate::oauth::{AuthorizationRequest, ClientId};
use crate::rewrite::spelling;

/// What a URL is to what it stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// It is a value as it is.
    Value,
    /// It is one unless a statement that follows may add to it.
    Beginning,
    /// A key of an object, or a part that a script joins with others.
    Part,
}

impl Role {
    /// Whether `request`, which is this to what it stands in, may change.
    pub(super) fn may_change(self, request: &AuthorizationRequest<'_>) -> bool {
        match self {
            Self::Value => true,
            Self::Beginning => !may_be_continued(request),
            Self::Part => false,
        }
    }
}

/// Whether a statement that follows may add to the URL: one that asks for no client, or ends
/// with a scope that has yet to be named, is of no use as it is.
fn may_be_continued(request: &AuthorizationRequest<'_>) -> bool {
    let query = request.reference.query.unwrap_or_default();
    let ends_with_scope = request.scope.last().is_some_and(|pair| {
        let is_end = request.reference.after.is_empty();
        is_end && pair.start + pair.raw.len() == query.len() && pair.decoded_value().is_empty()
    });
    ends_with_scope || request.client_id == ClientId::Missing
}

/// The characters behind a URL.
#[derive(Debug, Clone, Copy)]
pub(super) struct Following<'r> {
    raw: &'r [u8],
    at: usize,
    is_all: bool,
}

impl<'r> Following<'r> {
    /// `is_all` where nothing comes behind `raw`.
    pub(super) fn new(raw: &'r [u8], is_all: bool) -> Self {
        Self { raw, at: 0, is_all }
    }

    /// Returns what the URL is that this follows; `None` where not enough is there yet.
    /// `preceding` is the last visible character before its quote.
    pub(super) fn role(mut self, is_quoted: bool, preceding: Option<u8>) -> Option<Role> {
        // What is in no quotes may be the end of a string that is.
        if !matches!(self.next()?, Some(b'"' | b'\'' | b'`')) && !is_quoted {
            return Some(Role::Value);
        }
        let mut next = self.next_visible()?;
        let is_argument = next == Some(b')');
        while next == Some(b')') {
            next = self.next_visible()?;
        }
        // What is called with it may be a statement, and another follow.
        let value = match is_argument {
            true => Role::Beginning,
            false => Role::Value,
        };
        Some(match next {
            Some(b'+') => Role::Part,
            // A key of an object.
            Some(b':') if matches!(preceding, Some(b'{' | b',')) => Role::Part,
            // `[0]`.
            Some(b'[') if !is_argument => Role::Part,
            // `?.concat(...)`.
            Some(b'?') if self.next()? == Some(b'.') && self.is_joining(is_argument)? => Role::Part,
            // `.concat(...)`, which is no end of a sentence.
            Some(b'.') if self.is_joining(is_argument)? => Role::Part,
            Some(b';') => Role::Beginning,
            // A name, which a script has where JSON has a value, may be joined to it.
            Some(b',') => match self.next_visible()? {
                Some(byte) if byte.is_ascii_alphabetic() || b"_$".contains(&byte) => {
                    Role::Beginning
                }
                _ => Role::Value,
            },
            _ => value,
        })
    }

    /// Whether the method that follows may join the string with others: any of a string, of
    /// what may be a call with it only `concat`.
    fn is_joining(&mut self, is_argument: bool) -> Option<bool> {
        let mut name = Vec::new();
        while name.len() < CONCAT.len() {
            match self.next()? {
                Some(byte) if byte.is_ascii_alphabetic() => name.push(byte),
                _ => break,
            }
        }
        Some(match is_argument {
            true => name == CONCAT,
            false => !name.is_empty(),
        })
    }

    /// Returns the next character that is neither white space nor in a comment, as
    /// [`Following::next`] does.
    fn next_visible(&mut self) -> Option<Option<u8>> {
        loop {
            match self.next()? {
                Some(b' ' | b'\t' | b'\n' | b'\r') => {}
                Some(b'/') if self.skip_comment()? => {}
                next => return Some(next),
            }
        }
    }

    /// Reads the comment that begins behind a `/`, up to its end; returns whether there is one.
    fn skip_comment(&mut self) -> Option<bool> {
        let start = self.at;
        match self.next()? {
            Some(b'/') => while !matches!(self.next()?, None | Some(b'\n')) {},
            Some(b'*') => {
                let mut last = None;
                loop {
                    let next = self.next()?;
                    if next.is_none() || (last, next) == (Some(b'*'), Some(b'/')) {
                        break;
                    }
                    last = next;
                }
            }
            _ => {
                self.at = start;
                return Some(false);
            }
        }
        Some(true)
    }

    /// Returns the next character, where it is one of ASCII; `None` where it is not there yet.
    fn next(&mut self) -> Option<Option<u8>> {
        let rest = &self.raw[self.at..];
        if rest.is_empty() {
            return self.is_all.then_some(None);
        }
        let unit = spelling::read(rest, self.is_all)?;
        self.at += unit.length;
        Some(unit.ascii())
    }
}

const CONCAT: &[u8] = b"concat";
