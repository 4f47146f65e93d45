//! Apply a decision to one URL reference.
//!
//! Decide on decoded values, write with the original bytes: parameters are
//! dropped or replaced as whole spans, every other byte stands as it stood,
//! and rewriting twice is rewriting once.

use crate::oauth::{self, AuthorizationRequest, EndpointTable, Mismatch, RequestUrl};
use crate::policy::{Decision, Edit, Policies};
use crate::query::{Pair, QueryBuilder};

/// The endpoints that count and the policies that apply to them.
#[derive(Debug, Clone, Default)]
pub struct Rewriter {
    /// Where authorization requests go.
    pub endpoints: EndpointTable,
    /// What becomes of their scope.
    pub policies: Policies,
}

/// An authorization request that was found, and what was done with it.
#[derive(Debug)]
pub struct Rewritten<'a> {
    /// The request, and what its client's policy says.
    pub decision: Decision<'a>,
    /// The reference to send instead; `None` where not a byte changes.
    pub output: Option<Vec<u8>>,
}

impl Rewriter {
    /// Treats `reference`, a URL that answers the request for `own`.
    ///
    /// # Errors
    ///
    /// Says why the reference is no authorization request; it is to be passed on as it is.
    pub fn rewrite<'a>(
        &'a self,
        reference: &'a [u8],
        own: &RequestUrl<'_>,
    ) -> Result<Rewritten<'a>, Mismatch> {
        let request = oauth::recognise(reference, own, &self.endpoints)?;
        let decision = self.policies.decide(request);
        let output = match &decision.edit {
            Edit::Set {
                scope,
                optional_scope,
            } if !decision.dry_run => Some(edit(
                &decision.request,
                scope.as_deref(),
                optional_scope.as_deref(),
            )),
            _ => None,
        };
        Ok(Rewritten { decision, output })
    }
}

/// Returns the reference with `scope` in place of all its `scope` parameters and
/// `optional_scope`, where there is one, in place of its `optional_scope`s.
fn edit(
    request: &AuthorizationRequest<'_>,
    mut scope: Option<&[u8]>,
    mut optional_scope: Option<&[u8]>,
) -> Vec<u8> {
    let reference = &request.reference;
    let before = reference.query.unwrap_or_default();
    let mut query = QueryBuilder::with_capacity(before.len());
    let mut done = 0;
    for (parameter, pair) in affected(request, optional_scope.is_some()) {
        if done < pair.start {
            query.push_raw(&before[done..pair.start - 1]);
        }
        done = pair.start + pair.raw.len() + 1;
        match parameter {
            Parameter::Scope => {
                if let Some(list) = scope.take() {
                    query.push_pair(pair.name, list);
                }
                // A list that is new to the request stands next to the one it came from.
                if let Some(list) = optional_scope.take_if(|_| request.optional_scope.is_empty()) {
                    query.push_pair(b"optional_scope", list);
                }
            }
            Parameter::OptionalScope => {
                if let Some(list) = optional_scope.take() {
                    query.push_pair(pair.name, list);
                }
            }
        }
    }
    if done <= before.len() {
        query.push_raw(&before[done..]);
    }
    if query.ends_with_white_space() && !reference.after.starts_with(b"#") {
        // A browser trims what stands last, and it did not stand last before.
        query.push_raw(b"");
    }
    let query = query.finish();
    let mark: &[u8] = if query.is_empty() { b"" } else { b"?" };
    [reference.before, mark, &query, reference.after].concat()
}

/// A parameter that an edit drops or replaces.
#[derive(Clone, Copy)]
enum Parameter {
    Scope,
    OptionalScope,
}

/// The pairs that an edit drops or replaces, in the order in which they stand.
fn affected<'r, 'a>(
    request: &'r AuthorizationRequest<'a>,
    optional_changes: bool,
) -> Vec<(Parameter, &'r Pair<'a>)> {
    let scope = request.scope.iter().map(|pair| (Parameter::Scope, pair));
    let mut pairs: Vec<_> = scope.collect();
    if optional_changes {
        let optional = request.optional_scope.iter();
        pairs.extend(optional.map(|pair| (Parameter::OptionalScope, pair)));
        pairs.sort_by_key(|(_, pair)| pair.start);
    }
    pairs
}

#[cfg(test)]
mod tests;
