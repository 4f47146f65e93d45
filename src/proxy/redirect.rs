//! Header fields that take the browser somewhere: each line treated by itself,
//! whatever the status.

use http::{HeaderMap, HeaderValue};
use hyper::body::Bytes;
use tracing::error;

use super::Rules;
use crate::audit;
use crate::metrics::Metrics;
use crate::oauth::RequestUrl;
use crate::policy::Decision;
use crate::rewrite::Carrier;

impl Rules {
    /// Applies the policies to every URL in `headers`, those of the answer to the request for
    /// `own`, in its place.
    ///
    /// A line without an authorization request, or that cannot be rewritten, stays as it is.
    /// A head without such a line costs one look at each name, and no allocation.
    pub fn rewrite_headers(
        &self,
        headers: &mut HeaderMap,
        own: &RequestUrl<'_>,
        metrics: &Metrics,
    ) {
        for (name, line) in headers.iter_mut() {
            let Some(carrier) = self.carrier(name) else {
                continue;
            };
            if let Some(rewritten) = self.rewrite_line(carrier, line, own, metrics) {
                *line = rewritten;
            }
        }
    }

    fn rewrite_line(
        &self,
        carrier: Carrier,
        line: &HeaderValue,
        own: &RequestUrl<'_>,
        metrics: &Metrics,
    ) -> Option<HeaderValue> {
        let mut changed = 0;
        let mut found = |decision: &Decision<'_>| {
            audit::record(decision, metrics);
            changed += u64::from(decision.changes());
        };
        let output = self
            .rewriter
            .rewrite_field(carrier, line.as_bytes(), own, &mut found)?;
        match HeaderValue::from_maybe_shared(Bytes::from(output)) {
            Ok(value) => {
                metrics.rewrites.inc_by(changed);
                Some(value)
            }
            Err(_) => {
                metrics.rewrite_failures.inc_by(changed);
                error!("a rewritten line is no valid field value; the original was passed on");
                None
            }
        }
    }
}
