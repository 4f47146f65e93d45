//! Scope tokens and their list (RFC 6749 section 3.3): split, compare, join.
//!
//! A list is split at white space and commas, because that is what apps
//! really send, and joined with the separator that the policy names. Tokens
//! are bytes: a token that is not UTF-8 stays what it was.

mod patterns;

use std::fmt;

use thiserror::Error;

pub use patterns::ScopePatterns;

/// One name in a scope list, percent-decoding already done.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ScopeToken(Vec<u8>);

impl ScopeToken {
    /// Returns the token spelled by `text`, as a configuration may write it.
    ///
    /// # Errors
    ///
    /// `text` is empty or holds a character outside RFC 6749's `NQCHAR`, or a
    /// comma, at which lists are split here.
    pub fn parse(text: &str) -> Result<Self, InvalidToken> {
        if text.is_empty() {
            return Err(InvalidToken::Empty);
        }
        // RFC 6749 3.3: scope-token = 1*( %x21 / %x23-5B / %x5D-7E )
        let legal = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '\\' | ',');
        match text.chars().find(|c| !legal(*c)) {
            Some(found) => Err(InvalidToken::Character(found)),
            None => Ok(Self(text.as_bytes().to_vec())),
        }
    }

    /// The token's bytes, without any escaping.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Readable in a log: what is not UTF-8 is replaced, control characters are escaped.
impl fmt::Display for ScopeToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in String::from_utf8_lossy(&self.0).chars() {
            match c.is_control() {
                true => write!(f, "{}", c.escape_default())?,
                false => write!(f, "{c}")?,
            }
        }
        Ok(())
    }
}

impl fmt::Debug for ScopeToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

/// Why a text is no scope token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum InvalidToken {
    /// There is nothing in it.
    #[error("a scope name is empty")]
    Empty,
    /// It holds a character that RFC 6749 does not allow, or a comma.
    #[error("a scope name holds {0:?}; visible ASCII except `\"`, `\\` and `,` is allowed")]
    Character(char),
}

/// A scope name, or the beginning of one: `meeting:*` stands for every name
/// that begins with `meeting:`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScopePattern {
    /// Matches this token alone.
    Exact(ScopeToken),
    /// Matches every token that begins with these bytes; empty matches all.
    Prefix(Vec<u8>),
}

impl ScopePattern {
    /// Returns the pattern that `text` writes; a `*` counts only at the end.
    ///
    /// # Errors
    ///
    /// As [`ScopeToken::parse`]; a `*` before the end is a character like any other there.
    pub fn parse(text: &str) -> Result<Self, InvalidToken> {
        match text.strip_suffix('*') {
            Some("") => Ok(Self::Prefix(Vec::new())),
            Some(start) => ScopeToken::parse(start).map(|token| Self::Prefix(token.0)),
            None => ScopeToken::parse(text).map(Self::Exact),
        }
    }

    /// Whether `token` is meant; compared byte by byte, case included (RFC 6749 3.3).
    pub fn matches(&self, token: &ScopeToken) -> bool {
        match self {
            Self::Exact(name) => name == token,
            Self::Prefix(start) => token.0.starts_with(start),
        }
    }
}

/// What stands between two tokens of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Separator {
    /// As RFC 6749 3.3 has it.
    #[default]
    Space,
    /// As several providers want it instead.
    Comma,
}

/// Returns the tokens of a decoded list, in order, repeats included.
///
/// Any run of white space (Unicode's) and commas separates; none of it is a token.
pub fn split(list: &[u8]) -> Vec<ScopeToken> {
    let mut tokens = Vec::new();
    let mut token = Vec::new();
    for chunk in list.utf8_chunks() {
        for part in chunk.valid().split_inclusive(is_separator) {
            let name = part.trim_end_matches(is_separator);
            token.extend_from_slice(name.as_bytes());
            if name.len() < part.len() && !token.is_empty() {
                tokens.push(ScopeToken(std::mem::take(&mut token)));
            }
        }
        token.extend_from_slice(chunk.invalid());
    }
    if !token.is_empty() {
        tokens.push(ScopeToken(token));
    }
    tokens
}

/// Returns the list of `tokens` as it would be sent, before percent-encoding.
pub fn join<'t>(tokens: impl IntoIterator<Item = &'t ScopeToken>, separator: Separator) -> Vec<u8> {
    let mut list = Vec::new();
    for (place, token) in tokens.into_iter().enumerate() {
        if place > 0 {
            list.push(match separator {
                Separator::Space => b' ',
                Separator::Comma => b',',
            });
        }
        list.extend_from_slice(&token.0);
    }
    list
}

fn is_separator(c: char) -> bool {
    c == ',' || c.is_whitespace()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(list: &[u8]) -> Vec<String> {
        split(list).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn split_takes_any_run_of_white_space_and_commas() {
        assert_eq!(names(b"a b"), ["a", "b"]);
        assert_eq!(names(b" ,a ,\t\r\n\x0b b,,c, "), ["a", "b", "c"]);
        assert_eq!(names("a\u{a0}b\u{3000}c".as_bytes()), ["a", "b", "c"]);
        assert_eq!(names(b" , "), [""; 0]);
        assert_eq!(names(b""), [""; 0]);
    }

    #[test]
    fn split_keeps_bytes_that_are_not_utf8() {
        let tokens = split(b"caf\xe9 \xff,x");
        let bytes: Vec<_> = tokens.iter().map(ScopeToken::as_bytes).collect();
        assert_eq!(bytes, [&b"caf\xe9"[..], b"\xff", b"x"]);
    }

    #[test]
    fn split_does_not_split_at_semicolon_or_colon() {
        assert_eq!(names(b"a;b meeting:read"), ["a;b", "meeting:read"]);
    }

    #[test]
    fn join_uses_the_separator() {
        let tokens = split(b"a b");
        assert_eq!(join(&tokens, Separator::Space), b"a b");
        assert_eq!(join(&tokens, Separator::Comma), b"a,b");
    }

    #[test]
    fn pattern_matches_prefix_only_with_a_trailing_star() {
        let token = |text| ScopeToken::parse(text).unwrap();
        let prefix = ScopePattern::parse("meeting:*").unwrap();
        assert!(prefix.matches(&token("meeting:read")));
        assert!(!prefix.matches(&token("meeting")));
        assert!(!prefix.matches(&token("Meeting:read")));
        assert!(ScopePattern::parse("*").unwrap().matches(&token("x")));
        let exact = ScopePattern::parse("user:read").unwrap();
        assert!(exact.matches(&token("user:read")));
        assert!(!exact.matches(&token("user:read:user")));
    }

    #[test]
    fn token_refuses_what_a_list_cannot_hold() {
        assert_eq!(ScopeToken::parse(""), Err(InvalidToken::Empty));
        for text in ["a b", "a,b", "a\"", "a\\", "é", "a\n"] {
            assert!(ScopeToken::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn display_escapes_control_characters() {
        assert_eq!(split(b"a\x1b[31m")[0].to_string(), "a\\u{1b}[31m");
    }
}
