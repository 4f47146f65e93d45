//! `Link` (RFC 8288): the targets of those links of a line that a browser
//! would be taken to. Read as its appendix B says, so that a comma or a `>` in
//! quotes does not count.

use std::{borrow::Cow, ops::Range};

use memchr::memchr;

use super::scan::{is_white_space, skip, split};

/// Yields where in `value` the targets of links stand whose relations navigate. What follows
/// a mistake is left alone.
pub(super) fn targets(value: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let mut rest = value;
    std::iter::from_fn(move || {
        loop {
            let link = Link::take(&mut rest)?;
            if link.relations.is_some_and(|it| navigate(&it)) {
                let start = value.len() - link.begins_before_end;
                return Some(start..start + link.target.len());
            }
        }
    })
}

struct Link<'v> {
    target: &'v [u8],
    /// Bytes from the start of the target to the end of the line.
    begins_before_end: usize,
    relations: Option<Cow<'v, [u8]>>,
}

impl<'v> Link<'v> {
    /// Takes the next link off `rest`.
    fn take(rest: &mut &'v [u8]) -> Option<Self> {
        // RFC 9110 5.6.1.2: empty elements of a list count for nothing.
        *rest = skip(rest, |byte| is_white_space(byte) || byte == b',');
        let behind = rest.strip_prefix(b"<")?;
        let (target, parameters) = behind.split_at(memchr(b'>', behind)?);
        *rest = &parameters[1..];
        let mut relations = None;
        while let Some((name, value)) = parameter(rest) {
            // RFC 8288 3.3: occurrences of `rel` after the first are ignored.
            if name.eq_ignore_ascii_case(b"rel") {
                relations.get_or_insert(value);
            }
        }
        Some(Self {
            target,
            begins_before_end: behind.len(),
            relations,
        })
    }
}

/// Takes the next parameter of a link off `rest` (appendix B.3).
fn parameter<'v>(rest: &mut &'v [u8]) -> Option<(&'v [u8], Cow<'v, [u8]>)> {
    let behind = skip(rest, is_white_space).strip_prefix(b";")?;
    let behind = skip(behind, is_white_space);
    let (name, behind) = split(behind, |byte| {
        is_white_space(byte) || matches!(byte, b'=' | b';' | b',')
    });
    *rest = skip(behind, is_white_space);
    let Some(behind) = rest.strip_prefix(b"=") else {
        return Some((name, Cow::Borrowed(b"")));
    };
    let behind = skip(behind, is_white_space);
    let (value, behind) = match behind.strip_prefix(b"\"") {
        Some(behind) => quoted(behind),
        None => {
            let (value, behind) = split(behind, |byte| matches!(byte, b';' | b','));
            (Cow::Borrowed(value.trim_ascii()), behind)
        }
    };
    *rest = behind;
    Some((name, value))
}

/// Cuts `behind`, which stands behind a `"`, at the next one, of which it is then free.
fn quoted(behind: &[u8]) -> (Cow<'_, [u8]>, &[u8]) {
    let (content, rest) = split(behind, |byte| matches!(byte, b'"' | b'\\'));
    if rest.first() != Some(&b'\\') {
        return (Cow::Borrowed(content), rest.get(1..).unwrap_or_default());
    }
    let mut content = content.to_vec();
    let mut bytes = rest.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => break,
            b'\\' => content.extend(bytes.next()),
            _ => content.push(*byte),
        }
    }
    (Cow::Owned(content), bytes.as_slice())
}

/// Whether one of `relations`, the value of `rel`, is one that a browser is taken to.
fn navigate(relations: &[u8]) -> bool {
    let mut all = relations.split(u8::is_ascii_whitespace);
    let is = |relation: &[u8], name: &str| relation.eq_ignore_ascii_case(name.as_bytes());
    // HTML 4.6.8.1: `alternate stylesheet` is a style sheet.
    let is_style = || {
        let mut all = relations.split(u8::is_ascii_whitespace);
        all.any(|it| is(it, "stylesheet"))
    };
    all.any(|relation| {
        NAVIGATING.iter().any(|name| is(relation, name))
            && !(is(relation, "alternate") && is_style())
    })
}

/// The relations that someone follows from a field. Others name parts of the page, such as
/// `stylesheet`, or are followed by nobody, though registered: `glossary`.
const NAVIGATING: [&str; 8] = [
    // Clients of APIs page through results (docs.github.com, "Using pagination in the REST API"),
    // and HTML 4.6.8 takes `previous` for `prev`.
    "first",
    "last",
    "next",
    "prev",
    "previous",
    // Crawlers go to a page in another language (Google, "Localized versions of your page").
    "alternate",
    // Browsers fetch ahead where the user may go (HTML 4.6.8, Resource Hints).
    "prefetch",
    "prerender",
];
