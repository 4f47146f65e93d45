//! The authorize endpoints of its own: `[authorize]`, or several `[[authorize]]`.

use std::ops::Range;

use toml::de::DeTable;

use super::ListenAddress;
use super::file::SHAPES;
use super::reader::{Field, Section, Shape};
use super::report::Problem;
use crate::oauth::EndpointUrl;

/// One authorize endpoint: what is asked for there is sent on to [`AuthorizeEndpoint::to`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorizeEndpoint {
    /// Where it is; in its plainest spelling, and no other on the same listener is there.
    pub path: String,
    /// Where requests are sent on to.
    pub to: EndpointUrl,
    /// The token endpoint of the same server, where one is written.
    pub token: Option<EndpointUrl>,
    /// Its revocation endpoint, where one is written.
    pub revocation: Option<EndpointUrl>,
    /// What clients know it by, `https://HOST[:PORT]`; `None` for the listener's address.
    pub issuer: Option<String>,
    /// A listener for such endpoints alone, without TLS; never where another listener is.
    /// `None` for those of the proxy.
    pub listen: Option<ListenAddress>,
    /// Whether clients without an entry are refused.
    pub known_clients_only: bool,
    /// Whether the listener's discovery documents (RFC 8414) are about it, the first of its
    /// endpoints that has this set.
    pub discovery: bool,
}

/// One `[authorize]` as it is written.
#[derive(Debug)]
pub(super) struct AuthorizeEntry {
    pub(super) path: Option<Field<String>>,
    pub(super) to: Option<Field<String>>,
    /// Whether `to` is written, with a good value or not.
    pub(super) has_to: bool,
    pub(super) token: Option<Field<String>>,
    pub(super) revocation: Option<Field<String>>,
    pub(super) issuer: Option<Field<String>>,
    pub(super) listen: Option<Field<String>>,
    /// Whether `listen` is written, with a good value or not.
    pub(super) has_listen: bool,
    pub(super) known_clients_only: Option<Field<bool>>,
    pub(super) discovery: Option<Field<bool>>,
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
            token: section.string("token", problems),
            revocation: section.string("revocation", problems),
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
        "token",
        "revocation",
        "issuer",
        "listen",
        "known_clients_only",
        "discovery",
    ],
};
