//! Patterns that say which answers are meant: media types and request paths.
//!
//! Pure; what is matched is what stands in a message, undecoded.

use std::fmt;

use thiserror::Error;

use crate::message::is_token;

/// Media types without their parameters (RFC 9110 8.3.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MediaPattern {
    /// The one with this name, in lower case.
    Exact(String),
    /// Every `text/*`.
    AnyText,
    /// Every one whose subtype ends in `+json` (RFC 6839 3.1).
    AnyJson,
}

impl MediaPattern {
    /// Returns the pattern written as `type/subtype`, or as `text/*`.
    ///
    /// # Errors
    ///
    /// It is no media type, has parameters, or stands for more than text.
    pub fn parse(text: &str) -> Result<Self, InvalidMediaPattern> {
        let shown = || text.escape_debug().to_string();
        if text.contains(';') {
            return Err(InvalidMediaPattern::Parameters(shown()));
        }
        let invalid = || InvalidMediaPattern::Form(shown());
        let (kind, subtype) = text.split_once('/').ok_or_else(invalid)?;
        match (kind, subtype) {
            _ if subtype == "*" && kind.eq_ignore_ascii_case("text") => Ok(Self::AnyText),
            _ if text.contains('*') => Err(InvalidMediaPattern::Wildcard(shown())),
            _ if is_token(kind) && is_token(subtype) => Ok(Self::Exact(text.to_ascii_lowercase())),
            _ => Err(invalid()),
        }
    }

    /// Whether `media_type`, in any case and without its parameters, is one of them.
    pub fn matches(&self, media_type: &[u8]) -> bool {
        let starts = |text: &[u8]| {
            let start = media_type.get(..text.len());
            start.is_some_and(|it| it.eq_ignore_ascii_case(text))
        };
        let ends = |text: &[u8]| {
            let end = media_type.len().checked_sub(text.len());
            end.is_some_and(|at| media_type[at..].eq_ignore_ascii_case(text))
        };
        match self {
            Self::Exact(name) => name.as_bytes().eq_ignore_ascii_case(media_type),
            Self::AnyText => starts(b"text/"),
            Self::AnyJson => ends(b"+json"),
        }
    }
}

/// Shown as in the configuration, `*/*+json` for what only a set stands for.
impl fmt::Display for MediaPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Exact(name) => name,
            Self::AnyText => "text/*",
            Self::AnyJson => "*/*+json",
        })
    }
}

/// The media types of HTML, whole or in part; Turbo, Symfony UX and others have their own.
pub const HTML: [&str; 5] = [
    "text/html",
    "application/xhtml+xml",
    "text/vnd.turbo-stream.html",
    "text/html-partial",
    "application/vnd.live-component+html",
];

/// Why a text is no pattern of media types.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidMediaPattern {
    /// It is not two names and a slash.
    #[error("`{0}` is no media type, such as `application/json`")]
    Form(String),
    /// Something stands behind the names.
    #[error("`{0}` has parameters; a media type is written without them here")]
    Parameters(String),
    /// It would let binary formats in.
    #[error("`{0}` is too wide; a `*` may stand in `text/*` alone")]
    Wildcard(String),
}

/// Request paths: one, or all that begin in one way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathPattern {
    path: String,
    is_prefix: bool,
}

impl PathPattern {
    /// Returns the pattern written as a path, exact or with a `*` at its end.
    ///
    /// # Errors
    ///
    /// It does not begin with `/`, has a `*` elsewhere, or what no path of a request has.
    pub fn parse(text: &str) -> Result<Self, InvalidPathPattern> {
        let (path, is_prefix) = match text.strip_suffix('*') {
            Some(path) => (path, true),
            None => (text, false),
        };
        let is_alien = |c: char| !c.is_ascii_graphic() || "?#*".contains(c);
        match path.starts_with('/') && !path.contains(is_alien) {
            true => Ok(Self {
                path: path.to_owned(),
                is_prefix,
            }),
            false => Err(InvalidPathPattern(text.escape_debug().to_string())),
        }
    }

    /// Whether `path`, as it stands in a request, is one of them.
    pub fn matches(&self, path: &str) -> bool {
        match self.is_prefix {
            true => path.starts_with(&self.path),
            false => path == self.path,
        }
    }
}

/// Shown as in the configuration.
impl fmt::Display for PathPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let star = if self.is_prefix { "*" } else { "" };
        write!(f, "{}{star}", self.path)
    }
}

/// A text that is no pattern of paths.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is no path: it begins with `/`, is ASCII, has no query, and a `*` at its end alone")]
pub struct InvalidPathPattern(String);

#[cfg(test)]
mod tests {
    use super::*;

    fn media(text: &str) -> MediaPattern {
        MediaPattern::parse(text).unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn media_type_is_matched_in_any_case() {
        let pattern = media("Application/VND.x+json");
        assert!(pattern.matches(b"application/vnd.X+JSON"));
        for other in ["application/vnd.x", "application/vnd.x+json2", "", "/"] {
            assert!(!pattern.matches(other.as_bytes()), "{other}");
        }
    }

    #[test]
    fn any_text_and_any_json_match_by_their_part() {
        let text = media("Text/*");
        assert!(text.matches(b"TEXT/html") && text.matches(b"text/x"));
        assert!(!text.matches(b"textual/x") && !text.matches(b"application/text"));
        let json = MediaPattern::AnyJson;
        assert!(json.matches(b"application/problem+JSON"));
        assert!(!json.matches(b"application/json") && !json.matches(b"json"));
    }

    #[test]
    fn media_type_is_refused_with_its_reason() {
        for text in ["", "json", "/", "a/", "/b", "a/b/c", "a b/c", "t\u{e9}xt/a"] {
            let error = MediaPattern::parse(text).unwrap_err();
            assert!(matches!(error, InvalidMediaPattern::Form(_)), "{text}");
        }
        for text in ["*/*", "application/*", "text/x*", "text/*+json", "*/json"] {
            let error = MediaPattern::parse(text).unwrap_err();
            assert!(matches!(error, InvalidMediaPattern::Wildcard(_)), "{text}");
        }
        let error = MediaPattern::parse("text/html; charset=utf-8").unwrap_err();
        assert!(matches!(error, InvalidMediaPattern::Parameters(_)));
    }

    #[test]
    fn path_matches_exactly_or_from_its_start() {
        let matches = |pattern, path| PathPattern::parse(pattern).unwrap().matches(path);
        assert!(matches("/a", "/a"));
        for other in ["/a/", "/A", "/ab", "/%61", "*", ""] {
            assert!(!matches("/a", other), "{other}");
        }
        assert!(matches("/a/*", "/a/") && matches("/a/*", "/a/b/c"));
        assert!(!matches("/a/*", "/a") && !matches("/a/*", "/ab"));
        assert!(matches("/a*", "/ab") && matches("/*", "/") && !matches("/*", "*"));
    }

    #[test]
    fn path_is_refused_where_no_request_has_it() {
        for text in [
            "",
            "*",
            "a",
            "/a*b",
            "/**",
            "/a?b",
            "/a#b",
            "/a b",
            "/a\n",
            "https://a/b",
            "/\u{e9}",
        ] {
            assert!(PathPattern::parse(text).is_err(), "{text:?}");
        }
    }
}
