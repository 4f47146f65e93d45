//! HCON, in which htmx 4 also takes `HX-Location`: `path:/a target:"#b", push`.
//! Read as htmx.org 4.0.1 does, but for values in `<...>`, which are for
//! selectors, and what it makes of mistakes. It knows no escapes.

use super::Url;
use super::scan::{is_white_space, skip, split};

/// Returns the value of `path`, the last of several; `None` where there is none, or where `value`
/// is a URL with a host, whatever htmx 4 would find in it: htmx 2 goes there.
pub(super) fn path(value: &[u8]) -> Option<Url> {
    let mut path = None;
    let mut rest = value;
    loop {
        rest = skip(rest, is_separator);
        if rest.is_empty() {
            return path;
        }
        let (name, behind) = word(rest, |byte| byte == b':' || is_separator(byte));
        if name.text.starts_with(b"//") {
            return None;
        }
        let Some(behind) = skip(behind, is_white_space).strip_prefix(b":") else {
            rest = behind;
            continue;
        };
        let behind = skip(behind, is_white_space);
        let (text, after) = word(behind, is_separator);
        if name.text == b"path" {
            let quote = text.quote;
            let start = value.len() - behind.len() + usize::from(quote.is_some());
            path = Some(Url {
                terminator: quote.or(Some(b',')),
                ..Url::plain(start..start + text.text.len())
            });
        } else if text.text.starts_with(b"//") {
            return None;
        }
        rest = after;
    }
}

struct Word<'v> {
    text: &'v [u8],
    quote: Option<u8>,
}

/// Takes a word off `rest`, in quotes or up to what `ends` it.
fn word(rest: &[u8], ends: impl Fn(u8) -> bool) -> (Word<'_>, &[u8]) {
    if let Some((quote @ (b'"' | b'\''), behind)) = rest.split_first() {
        let (text, behind) = split(behind, |byte| byte == *quote);
        let quote = Some(*quote);
        match behind {
            [_, after @ ..] if after.first().is_none_or(|byte| ends(*byte)) => {
                return (Word { text, quote }, after);
            }
            // Not closed, or not at the end: a part of the word.
            _ => {}
        }
    }
    let (text, behind) = split(rest, ends);
    (Word { text, quote: None }, behind)
}

fn is_separator(byte: u8) -> bool {
    is_white_space(byte) || byte == b','
}
