//! Recognise an OAuth 2.0 authorization request (RFC 6749 section 4.1.1) in a
//! URL reference such as the value of `Location`.
//!
//! The question asked is where a browser would go, so the reference is
//! resolved as the URL standard resolves it. What is answered are borrowed
//! bytes of the reference itself: nothing is ever serialised from a parsed URL.

mod endpoint;
mod endpoint_path;
mod endpoint_url;
mod issuer;
mod resolve;
mod zoom;

use std::borrow::Cow;

use memchr::memchr;
use thiserror::Error;

use crate::query::{self, Pair};

pub use endpoint::{Endpoint, EndpointTable, InvalidEndpoint, Scheme};
pub use endpoint_path::{EndpointPath, InvalidEndpointPath};
pub use endpoint_url::{EndpointUrl, InvalidEndpointUrl};
pub use issuer::{InvalidIssuer, Issuer};
pub use resolve::RequestUrl;
pub use zoom::Cloud;

/// An authorization request, as far as policies care.
#[derive(Debug, Clone)]
pub struct AuthorizationRequest<'a> {
    /// The row of the table that the URL's host and path are in.
    pub endpoint: &'a Endpoint,
    /// Whose request it is.
    pub client_id: ClientId<'a>,
    /// Every `scope` parameter, in order.
    pub scope: Vec<Pair<'a>>,
    /// Every `optional_scope` parameter, in order.
    pub optional_scope: Vec<Pair<'a>>,
    /// Whether `request` (RFC 9101) or `request_uri` (RFC 9101, 9126) is there:
    /// the scope inside them cannot be reached.
    pub has_request_object: bool,
    /// The reference cut in three, for whoever edits the query.
    pub reference: Reference<'a>,
}

/// What the `client_id` parameters of a request say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientId<'a> {
    /// There is none, or none with a value.
    Missing,
    /// One value, however often it is repeated.
    One(Cow<'a, [u8]>),
    /// Different values: which one the server would take is unknown.
    Conflicting,
}

/// A reference cut at its query; the three parts put together are the reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reference<'a> {
    /// All up to the query, without the `?`.
    pub before: &'a [u8],
    /// What stands between `?` and the fragment; `None` where there is no `?`.
    pub query: Option<&'a [u8]>,
    /// The fragment with its `#`, and white space that browsers trim.
    pub after: &'a [u8],
}

impl<'a> Reference<'a> {
    /// Cuts the fragment at the first `#`, then the query at the first `?`.
    pub fn new(reference: &'a [u8]) -> Self {
        // The URL standard trims C0 controls and spaces, so they belong to no value.
        let last = reference.iter().rposition(|byte| *byte > b' ');
        let trimmed = &reference[..last.map_or(0, |last| last + 1)];
        let end = memchr(b'#', trimmed).unwrap_or(trimmed.len());
        let after = &reference[end..];
        match memchr(b'?', &trimmed[..end]) {
            Some(mark) => Self {
                before: &reference[..mark],
                query: Some(&reference[mark + 1..end]),
                after,
            },
            None => Self {
                before: &reference[..end],
                query: None,
                after,
            },
        }
    }
}

/// Why a reference is no authorization request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Mismatch {
    /// A browser would not go anywhere.
    #[error("not a URL that a browser would follow")]
    NotAUrl,
    /// Another scheme than the endpoint's.
    #[error("the scheme is not the endpoint's")]
    Scheme,
    /// `user@` stands before the host.
    #[error("user information stands before the host")]
    Userinfo,
    /// No endpoint has this host.
    #[error("no endpoint has this host")]
    Host,
    /// It names no host, and no endpoint has the one it is relative to.
    #[error("it names no host, so it leads to the app's own, which is no endpoint's")]
    OwnHost,
    /// An endpoint has this host, on another port.
    #[error("the port is not the endpoint's")]
    Port,
    /// An endpoint has this host, with another path.
    #[error("the path is not an authorization endpoint's")]
    Path,
}

/// Returns the authorization request that a browser would make of `reference`.
///
/// `own` is the URL of the request that was answered with the reference.
/// Allocates nothing for an ordinary reference to a host that is not in `table`.
///
/// # Errors
///
/// Says what keeps the reference from being one.
pub fn recognise<'a>(
    reference: &'a [u8],
    own: &RequestUrl<'_>,
    table: &'a EndpointTable,
) -> Result<AuthorizationRequest<'a>, Mismatch> {
    let reference = Reference::new(reference);
    let endpoint = resolve::endpoint(reference.before, own, table)?;
    let mut request = AuthorizationRequest {
        endpoint,
        client_id: ClientId::Missing,
        scope: Vec::new(),
        optional_scope: Vec::new(),
        has_request_object: false,
        reference,
    };
    for pair in reference.query.into_iter().flat_map(query::pairs) {
        request.take(pair);
    }
    Ok(request)
}

impl<'a> AuthorizationRequest<'a> {
    fn take(&mut self, pair: Pair<'a>) {
        match &*pair.decoded_name() {
            b"scope" => self.scope.push(pair),
            b"client_id" => self.client_id.take(pair.decoded_value()),
            b"optional_scope" => self.optional_scope.push(pair),
            b"request" | b"request_uri" => self.has_request_object = true,
            _ => {}
        }
    }
}

impl<'a> ClientId<'a> {
    fn take(&mut self, value: Cow<'a, [u8]>) {
        // RFC 6749 3.1: "Parameters sent without a value MUST be treated as if
        // they were omitted from the request."
        if value.is_empty() {
            return;
        }
        match self {
            Self::Missing => *self = Self::One(value),
            Self::One(known) if *known != value => *self = Self::Conflicting,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;
