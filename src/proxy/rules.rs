//! What a new configuration replaces while requests run. An answer takes one
//! snapshot of it and keeps to that.

use std::sync::Arc;

use http::HeaderName;

use super::body::Bodies;
use crate::rewrite::{Carrier, Rewriter};

/// What becomes of answers.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// Which URLs are changed, and how.
    pub rewriter: Rewriter,
    /// Response header fields that hold a URL and no more, beside those that are known.
    pub extra_headers: Vec<HeaderName>,
    /// The bodies that are looked into; `None` for none at all.
    pub bodies: Option<Arc<Bodies>>,
}

impl Rules {
    /// Returns how the field called `name` holds URLs; `None` where it holds none.
    pub(super) fn carrier(&self, name: &HeaderName) -> Option<Carrier> {
        let is_extra = || self.extra_headers.contains(name);
        Carrier::of(name.as_str()).or_else(|| is_extra().then_some(Carrier::Url))
    }
}
