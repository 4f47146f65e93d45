//! Text that stands in a string with a URL, and what a URL cannot hold yet: strings
//! of a script or of JSON may begin with one and go on.

use memchr::{memchr, memchr_iter, memmem};

/// Returns where the URL ends that `string` begins with; `None` where its last words may be
/// scopes as well as text.
///
/// Spaces may stand in a list of scopes. A word is one of that, or of what follows it, if it has
/// a colon as scopes have, or another parameter behind it.
pub(super) fn end_of_url(string: &[u8]) -> Option<usize> {
    let mut end = memchr(b' ', string).unwrap_or(string.len());
    let (mut at, mut has_names) = (end, false);
    while at < string.len() {
        let start = at + 1;
        at = memchr(b' ', &string[start..]).map_or(string.len(), |length| start + length);
        let word = &string[start..at];
        if word.is_empty() {
            continue;
        }
        let is_part = is_query(word) || is_scope(word) && !has_names;
        if is_part {
            (end, has_names) = (at, false);
        } else if is_name(word) {
            has_names = true;
        } else {
            return (!ends_with_scope(&string[..end])).then_some(end);
        }
    }
    match has_names {
        false => Some(string.len()),
        true => (!ends_with_scope(&string[..end])).then_some(end),
    }
}

/// Whether another parameter begins in `word`.
fn is_query(word: &[u8]) -> bool {
    let behind = memchr(b'&', word).map_or(&[][..], |at| &word[at..]);
    behind.contains(&b'=') && !word.starts_with(b"http")
}

/// Whether `word` is a scope of the kind that Zoom has.
fn is_scope(word: &[u8]) -> bool {
    let is_part = |byte: &u8| byte.is_ascii_lowercase() || b"_:0123456789".contains(byte);
    word[0].is_ascii_lowercase() && word.contains(&b':') && word.iter().all(is_part)
}

/// Whether `word` may be a scope of another kind, or one of a text.
fn is_name(word: &[u8]) -> bool {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.-:/".contains(byte);
    word.iter().all(is_part)
}

/// Whether the last parameter of `url` is a list of scopes.
fn ends_with_scope(url: &[u8]) -> bool {
    let last = url.rsplit(|byte| b"?&".contains(byte)).next();
    let name = last.and_then(|pair| pair.split(|byte| *byte == b'=').next());
    name.is_some_and(|name| name.ends_with(b"scope") || name.contains(&b'%'))
}

/// Whether a script or a template has yet to put something into the URL: at a placeholder, or at
/// what stands between the quotes of a string around this one.
pub(super) fn has_placeholder(url: &[u8]) -> bool {
    let is_joint = |at: usize| {
        let behind = url[at + 1..].iter().find(|byte| **byte != b' ');
        let before = url[..at].iter().rfind(|byte| **byte != b' ');
        before == Some(&b'\'') || behind == Some(&b'\'')
    };
    let mut pluses = memchr_iter(b'+', url);
    let mut placeholders = [&b"${"[..], b"{{", b"%s"].into_iter();
    placeholders.any(|it| memmem::find(url, it).is_some()) || pluses.any(is_joint)
}
