//! `[authorize]`, or one of several `[[authorize]]`, as it may be written.

use std::ops::Range;

use toml::de::DeTable;

use super::SHAPES;
use crate::config::reader::{Field, Section, Shape};
use crate::config::report::Problem;

/// One `[authorize]` as it is written.
#[derive(Debug)]
pub(in crate::config) struct AuthorizeEntry {
    pub(in crate::config) path: Option<Field<String>>,
    pub(in crate::config) to: Option<Field<String>>,
    /// Whether `to` is written, with a good value or not.
    pub(in crate::config) has_to: bool,
    pub(in crate::config) token_endpoint: Option<Field<String>>,
    /// Whether `token_endpoint` is written, with a good value or not.
    pub(in crate::config) has_token_endpoint: bool,
    pub(in crate::config) revocation_endpoint: Option<Field<String>>,
    pub(in crate::config) issuer: Option<Field<String>>,
    pub(in crate::config) listen: Option<Field<String>>,
    /// Whether `listen` is written, with a good value or not.
    pub(in crate::config) has_listen: bool,
    pub(in crate::config) known_clients_only: Option<Field<bool>>,
    pub(in crate::config) discovery: Option<Field<bool>>,
}

impl AuthorizeEntry {
    pub(super) fn read(
        table: &DeTable<'_>,
        span: Range<usize>,
        problems: &mut Vec<Problem>,
    ) -> Self {
        let section = Section::open(table, span, &AUTHORIZE, SHAPES, problems);
        section.require(&["path"], "an authorize endpoint", problems);
        Self {
            path: section.string("path", problems),
            to: section.string("to", problems),
            has_to: section.has("to"),
            token_endpoint: section.string("token_endpoint", problems),
            has_token_endpoint: section.has("token_endpoint"),
            revocation_endpoint: section.string("revocation_endpoint", problems),
            issuer: section.string("issuer", problems),
            listen: section.string("listen", problems),
            has_listen: section.has("listen"),
            known_clients_only: section.boolean("known_clients_only", problems),
            discovery: section.boolean("discovery", problems),
        }
    }
}

pub(super) const AUTHORIZE: Shape = Shape {
    title: "`[authorize]`",
    within: " in `[authorize]`",
    keys: &[
        "path",
        "to",
        "token_endpoint",
        "revocation_endpoint",
        "issuer",
        "listen",
        "known_clients_only",
        "discovery",
    ],
};
