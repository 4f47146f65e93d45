//! The path of an endpoint, in the one spelling that counts.

use std::{borrow::Cow, str::FromStr};

use thiserror::Error;
use url::Url;

/// A path as a browser sends it, with no escape that decoding takes away; it begins with `/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointPath(String);

impl EndpointPath {
    /// The path, as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for EndpointPath {
    type Err = InvalidEndpointPath;

    fn from_str(text: &str) -> Result<Self, InvalidEndpointPath> {
        if !text.starts_with('/') || text.contains(['?', '#']) {
            let found = text.escape_debug().to_string();
            return Err(InvalidEndpointPath::Malformed(found));
        }
        let mut url = Url::parse("https://host.invalid/").expect("this is a URL");
        url.set_path(text);
        let plain = decode_unreserved(url.path().as_bytes());
        match plain == text.as_bytes() {
            true => Ok(Self(text.to_owned())),
            false => {
                let plain = String::from_utf8_lossy(&plain).into_owned();
                Err(InvalidEndpointPath::Spelling(plain))
            }
        }
    }
}

/// Why a text is no path of an endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidEndpointPath {
    /// Not absolute, or more than a path.
    #[error("a path begins with `/` and holds no query or fragment, not `{0}`")]
    Malformed(String),
    /// A browser would send the path that is shown, or that one is equivalent and shorter.
    #[error("a path is written in its plainest spelling, `{0}`")]
    Spelling(String),
}

/// Returns `path` with every escaped unreserved character as that character
/// (RFC 3986 2.3: such URIs are equivalent); all other escapes stay.
pub(super) fn decode_unreserved(path: &[u8]) -> Cow<'_, [u8]> {
    if !path.contains(&b'%') {
        return Cow::Borrowed(path);
    }
    let hex = |byte: u8| char::from(byte).to_digit(16).map(|digit| digit as u8);
    let mut decoded = Vec::with_capacity(path.len());
    let mut rest = path;
    while let Some((byte, behind)) = rest.split_first() {
        (rest, _) = (behind, decoded.push(*byte));
        if let [high, low, behind @ ..] = rest
            && *byte == b'%'
            && let (Some(high), Some(low)) = (hex(*high), hex(*low))
            && is_unreserved(high << 4 | low)
        {
            decoded.pop();
            decoded.push(high << 4 | low);
            rest = behind;
        }
    }
    Cow::Owned(decoded)
}

/// RFC 3986 2.3: ALPHA / DIGIT / "-" / "." / "_" / "~".
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_is_absolute_and_in_its_plainest_spelling() {
        for path in [
            "/",
            "/a",
            "/a/",
            "//a",
            "/a%2Fb",
            "/%C3%A9",
            "/@:;,=&$!*'()~",
            "/a%7b",
        ] {
            let parsed: EndpointPath = path.parse().unwrap();
            assert_eq!(parsed.as_str(), path);
        }
    }

    #[test]
    fn plainest_spelling_is_shown() {
        for (path, plain) in [
            ("/\u{e9}", "/%C3%A9"),
            ("/a b", "/a%20b"),
            ("/a{b}", "/a%7Bb%7D"),
            ("/%61uth", "/auth"),
            ("/a/../b", "/b"),
            ("/a/%2e", "/a/"),
            ("/a\\b", "/a/b"),
            ("/a\tb", "/ab"),
        ] {
            let expected = InvalidEndpointPath::Spelling(plain.to_owned());
            assert_eq!(path.parse::<EndpointPath>(), Err(expected), "{path}");
            plain.parse::<EndpointPath>().unwrap();
        }
    }

    #[test]
    fn what_is_no_path_is_shown_on_one_line() {
        for (text, shown) in [("", ""), ("a", "a"), ("/a?b", "/a?b"), ("/#\n", "/#\\n")] {
            let expected = InvalidEndpointPath::Malformed(shown.to_owned());
            assert_eq!(text.parse::<EndpointPath>(), Err(expected));
        }
    }
}
