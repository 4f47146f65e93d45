//! `HX-Location`: a URL, or a JSON object that says how to load the one in its
//! `path`. htmx tells them apart by the `{` at the start.

use std::{borrow::Cow, collections::BTreeMap, ops::Range};

use serde_json::value::RawValue;

/// Returns where in `value` the URL stands.
pub(super) fn url(value: &[u8]) -> Option<Range<usize>> {
    if !value.starts_with(b"{") {
        return Some(0..value.len());
    }
    // As in a browser, the last of several counts.
    let members: BTreeMap<Cow<'_, str>, &RawValue> = serde_json::from_slice(value).ok()?;
    let string = members.get("path")?.get();
    let url = string.strip_prefix('"')?.strip_suffix('"')?;
    // SPELLED: one with escapes, such as `\/`, is for the rewriting of spelled URLs.
    if url.contains('\\') {
        return None;
    }
    // It is a part of `value`, which serde_json says of no place.
    let start = url.as_ptr().addr() - value.as_ptr().addr();
    Some(start..start + url.len())
}
