//! Apply a decision to the bytes of a URL reference, of header fields and bodies that hold some.
//!
//! Decide on decoded values, write with the original bytes: parameters are
//! dropped or replaced as whole spans, every other byte stands as it stood,
//! and rewriting twice is rewriting once.

pub mod body;
mod edit;
mod header;
mod spelling;
mod splice;

use crate::oauth::{self, EndpointTable, Mismatch, RequestUrl};
use crate::policy::{Decision, Edit, Policies};

use splice::Splice;

pub use header::Carrier;

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
        let (decision, splices) = self.decide(reference, own)?;
        let output = splices.map(|splices| splice::apply(reference, &splices));
        Ok(Rewritten { decision, output })
    }

    /// Returns what is to be done with `reference`, and how; `None` where not a byte changes.
    fn decide<'a>(
        &'a self,
        reference: &'a [u8],
        own: &RequestUrl<'_>,
    ) -> Result<(Decision<'a>, Option<Vec<Splice>>), Mismatch> {
        let request = oauth::recognise(reference, own, &self.endpoints)?;
        let decision = self.policies.decide(request);
        let splices = match &decision.edit {
            Edit::Set {
                scope,
                optional_scope,
            } if !decision.dry_run => Some(edit::splices(
                &decision.request,
                scope.as_deref(),
                optional_scope.as_deref(),
            )),
            _ => None,
        };
        Ok((decision, splices))
    }
}

#[cfg(test)]
mod tests;
