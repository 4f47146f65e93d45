//! Response header fields that take a browser somewhere: which they are, and
//! where in its value each one holds the URL.
//!
//! Only the query of such a URL ever changes: quotes, white space, suffixes and
//! all that stands beside it stay. A value that is not understood stays whole.

mod hcon;
mod hx_location;
mod link;
mod refresh;
mod scan;

use std::ops::Range;

use super::Rewriter;
use super::spelling::Spelled;
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
    /// `HX-Location`: one, or an object with it in `path`, in JSON or in htmx's own notation.
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
            // Next.js, from an action and from a middleware.
            "x-action-redirect" => Some(Self::ActionRedirect),
            "x-nextjs-redirect" => Some(Self::Url),
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
        let mut treat = |url: Url| {
            let edit = self.edit_in_place(&url, value, own, found);
            splices.extend(edit.into_iter().flatten());
        };
        match carrier {
            Carrier::Url => treat(Url::plain(0..value.len())),
            Carrier::Refresh => refresh::url(value).into_iter().for_each(treat),
            Carrier::Link => link::targets(value).map(Url::plain).for_each(treat),
            Carrier::HxLocation => hx_location::url(value).into_iter().for_each(treat),
            Carrier::ActionRedirect => treat(Url::plain(action_redirect(value))),
        }
        (!splices.is_empty()).then(|| splice::apply(value, &splices))
    }

    /// Returns what changes in `value`, a line that holds `url`; `None` where nothing does.
    fn edit_in_place(
        &self,
        url: &Url,
        value: &[u8],
        own: &RequestUrl<'_>,
        found: &mut dyn FnMut(&Decision<'_>),
    ) -> Option<Vec<Splice>> {
        let raw = &value[url.span.clone()];
        let spelled = url.is_escaped.then(|| Spelled::of(raw));
        let reference = spelled.as_ref().map_or(raw, Spelled::bytes);
        let (decision, splices) = self.decide(reference, own).ok()?;
        found(&decision);
        let mut splices = match &spelled {
            Some(spelled) => spelled.spell(raw, splices?),
            None => splices?,
        };
        for Splice { range, text } in &mut splices {
            *range = range.start + url.span.start..range.end + url.span.start;
            // What was `%27` before must not end the URL now. What stood between the quotes
            // held none, so only new text is concerned.
            if let Some(byte) = url.terminator.filter(|byte| text.contains(byte)) {
                *text = escape(text, byte);
            }
        }
        Some(splices)
    }
}

/// Where a line holds a URL, and how it is written there.
struct Url {
    span: Range<usize>,
    /// The byte that would end it, such as the quote that it stands in.
    terminator: Option<u8>,
    /// Whether it is a string with JSON's escapes.
    is_escaped: bool,
}

impl Url {
    fn plain(span: Range<usize>) -> Self {
        Self {
            span,
            terminator: None,
            is_escaped: false,
        }
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
