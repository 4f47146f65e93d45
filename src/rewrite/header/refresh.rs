//! `Refresh`, read as browsers do: the "shared declarative refresh steps" of
//! the HTML standard, which also read `<meta http-equiv=refresh>`.

use memchr::memchr;

use super::Url;
use super::scan::{is_white_space, skip};

/// Returns the URL in `value`; `None` where a browser would do nothing, or load the same page
/// anew.
pub(super) fn url(value: &[u8]) -> Option<Url> {
    let rest = skip(value, is_white_space);
    if !rest.first()?.is_ascii_digit() && rest[0] != b'.' {
        return None;
    }
    let rest = skip(rest, |byte| byte.is_ascii_digit() || byte == b'.');
    if !is_separator(*rest.first()?) && !is_white_space(rest[0]) {
        return None;
    }
    let rest = skip(rest, is_white_space);
    let rest = match rest.split_first() {
        Some((byte, rest)) if is_separator(*byte) => skip(rest, is_white_space),
        _ => rest,
    };
    let (rest, may_be_quoted) = match rest.first()? {
        // `urn:x` is a URL, and so is `u"`.
        b'u' | b'U' => match behind_name(rest) {
            Some(rest) => (rest, true),
            None => (rest, false),
        },
        _ => (rest, true),
    };
    let quote = rest.first().copied();
    let quote = quote.filter(|byte| may_be_quoted && matches!(byte, b'"' | b'\''));
    let start = value.len() - rest.len() + usize::from(quote.is_some());
    let end = quote.and_then(|quote| memchr(quote, &value[start..]));
    Some(Url {
        terminator: quote,
        ..Url::plain(start..end.map_or(value.len(), |at| start + at))
    })
}

/// What stands behind `url =`, in any case.
fn behind_name(rest: &[u8]) -> Option<&[u8]> {
    let (name, rest) = rest.split_at_checked(3)?;
    if !name.eq_ignore_ascii_case(b"url") {
        return None;
    }
    let rest = skip(rest, is_white_space).strip_prefix(b"=")?;
    Some(skip(rest, is_white_space))
}

fn is_separator(byte: u8) -> bool {
    matches!(byte, b';' | b',')
}
