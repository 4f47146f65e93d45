//! Response header fields that take a browser somewhere: which they are, and
//! where in its value each one holds the URL.
//!
//! Only the query of such a URL ever changes: quotes, white space, suffixes and
//! all that stands beside it stay. A value that is not understood stays whole.

mod hx_location;
mod link;
mod refresh;

use std::ops::Range;

use super::Rewriter;
use super::splice::{self, Splice};
use crate::oauth::RequestUrl;
use crate::policy::Decision;

/// How the value of such a field holds its URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carrier {
    /// It is one, as in `Location` (RFC 9110 10.2.2).
    Url,
    /// `Refresh`: a time, and a URL that may stand in quotes (HTML 4.2.5.3).
    Refresh,
    /// `Link`: any number of them, each with relations (RFC 8288); only those that navigate count.
    Link,
    /// `HX-Location`: one, or a JSON object with it in `path`.
    HxLocation,
    /// `x-action-redirect`: one, and `;push` or `;replace` behind it.
    ActionRedirect,
}

impl Carrier {
    /// Returns how the field called `name`, in lower case, holds URLs; `None` where it holds
    /// none, or none that a browser is taken to, as `Content-Location`.
    pub fn of(name: &str) -> Option<Self> {
        match name {
            "location" => Some(Self::Url),
            "refresh" => Some(Self::Refresh),
            "link" => Some(Self::Link),
            // htmx.
            "hx-redirect" => Some(Self::Url),
            "hx-location" => Some(Self::HxLocation),
            // Inertia.
            "x-inertia-location" | "x-inertia-redirect" => Some(Self::Url),
            // Next.js.
            "x-action-redirect" => Some(Self::ActionRedirect),
            // Remix and React Router.
            "x-remix-redirect" => Some(Self::Url),
            // Turbolinks and Turbo.
            "turbolinks-location" | "x-turbo-location" => Some(Self::Url),
            _ => None,
        }
    }
}

impl Rewriter {
    /// Treats every URL in `value`, one line of a field in the answer to the request for `own`.
    ///
    /// Returns the line to send instead, `None` where not a byte changes. `found` is told of
    /// each authorization request, in the order of the line. What a browser would not be taken
    /// to costs no allocation, but for the JSON of [`Carrier::HxLocation`].
    pub fn rewrite_field(
        &self,
        carrier: Carrier,
        value: &[u8],
        own: &RequestUrl<'_>,
        found: &mut dyn FnMut(&Decision<'_>),
    ) -> Option<Vec<u8>> {
        let mut splices = Vec::new();
        let mut treat = |span: Range<usize>, quote: Option<u8>| {
            let Ok((decision, edit)) = self.decide(&value[span.clone()], own) else {
                return;
            };
            found(&decision);
            let edit = edit.into_iter().flatten();
            splices.extend(edit.map(|splice| moved(splice, span.start, quote)));
        };
        match carrier {
            Carrier::Url => treat(0..value.len(), None),
            Carrier::Refresh => {
                if let Some((span, quote)) = refresh::url(value) {
                    treat(span, quote);
                }
            }
            Carrier::Link => link::targets(value).for_each(|span| treat(span, None)),
            Carrier::HxLocation => {
                if let Some(span) = hx_location::url(value) {
                    treat(span, None);
                }
            }
            Carrier::ActionRedirect => treat(action_redirect(value), None),
        }
        (!splices.is_empty()).then(|| splice::apply(value, &splices))
    }
}

/// Returns `splice` as one of a line in which its URL begins at `start`, between two of `quote`.
fn moved(splice: Splice, start: usize, quote: Option<u8>) -> Splice {
    let Splice { range, text } = splice;
    let text = match quote {
        // What was `%27` before must not end the URL now. What stood between the quotes
        // held none, so only new text is concerned.
        Some(quote) if text.contains(&quote) => escape(&text, quote),
        _ => text,
    };
    Splice {
        range: range.start + start..range.end + start,
        text,
    }
}

fn escape(text: &[u8], byte: u8) -> Vec<u8> {
    let escaped = format!("%{byte:02X}");
    let parts: Vec<_> = text.split(|it| *it == byte).collect();
    parts.join(escaped.as_bytes())
}

/// The URL in the value of `x-action-redirect`: all but the way in which the router is to go
/// there. Next.js 14 writes none; later ones cut at the first `;`, whatever it belongs to.
fn action_redirect(value: &[u8]) -> Range<usize> {
    let suffixes: [&[u8]; 2] = [b";push", b";replace"];
    let url = suffixes.iter().find_map(|it| value.strip_suffix(*it));
    0..url.unwrap_or(value).len()
}

#[cfg(test)]
mod tests;
