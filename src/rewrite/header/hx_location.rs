//! `HX-Location`: a URL, or a JSON object that says how to load the one in its
//! `path`. htmx tells them apart by the `{` at the start.

use std::{borrow::Cow, collections::BTreeMap};

use serde_json::value::RawValue;

use super::Url;

/// Returns the URL in `value`; `None` where it is an object without one, or no JSON.
pub(super) fn url(value: &[u8]) -> Option<Url> {
    if !value.starts_with(b"{") {
        return Some(Url::plain(0..value.len()));
    }
    // As in a browser, the last of several counts.
    let members: BTreeMap<Cow<'_, str>, &RawValue> = serde_json::from_slice(value).ok()?;
    let string = members.get("path")?.get();
    let url = string.strip_prefix('"')?.strip_suffix('"')?;
    // It is a part of `value`, of which serde_json does not tell the place.
    let start = url.as_ptr().addr() - value.as_ptr().addr();
    Some(Url {
        is_escaped: url.contains('\\'),
        ..Url::plain(start..start + url.len())
    })
}
