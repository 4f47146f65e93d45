//! `HX-Location`: a URL, a JSON object that says how to load the one in its
//! `path`, or, since htmx 4, the same in htmx's own notation. htmx tells an
//! object by the `{` at the start, and its own notation by a `path` in it.

use std::fmt;

use serde::de::{Deserializer as _, MapAccess, Visitor};
use serde_json::{Deserializer, value::RawValue};

use super::{Url, hcon};

/// Returns the URL in `value`; `None` where it is an object without one, or no JSON.
pub(super) fn url(value: &[u8]) -> Option<Url> {
    if value.starts_with(b"{") {
        return in_json(value);
    }
    Some(hcon::path(value).unwrap_or_else(|| Url::plain(0..value.len())))
}

fn in_json(value: &[u8]) -> Option<Url> {
    let text = as_ascii(value);
    let mut json = Deserializer::from_str(&text);
    let string = json.deserialize_map(Path).ok()??.get();
    json.end().ok()?;
    let url = string.strip_prefix('"')?.strip_suffix('"')?;
    // It is a part of `text`, of which serde_json does not tell the place.
    let start = url.as_ptr().addr() - text.as_ptr().addr();
    Some(Url {
        is_escaped: url.contains('\\'),
        ..Url::plain(start..start + url.len())
    })
}

/// `value` with something in each place where a browser sees a letter of Latin-1, as which it
/// reads every field. In JSON that may only be a part of a string.
fn as_ascii(value: &[u8]) -> String {
    let letter = |byte: &u8| {
        if byte.is_ascii() {
            char::from(*byte)
        } else {
            '?'
        }
    };
    value.iter().map(letter).collect()
}

/// Finds the value of `path`; as in a browser, the last of several counts.
struct Path;

impl<'t> Visitor<'t> for Path {
    type Value = Option<&'t RawValue>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<M: MapAccess<'t>>(self, mut members: M) -> Result<Self::Value, M::Error> {
        let mut path = None;
        while let Some((name, value)) = members.next_entry::<&RawValue, &RawValue>()? {
            // A name that Rust cannot hold, as half of a surrogate pair, is another one.
            let name: Result<String, _> = serde_json::from_str(name.get());
            if name.is_ok_and(|name| name == "path") {
                path = Some(value);
            }
        }
        Ok(path)
    }
}
