//! `Location` lines: each one treated by itself, whatever the status.

use http::{
    HeaderMap, HeaderValue,
    header::{Entry, LOCATION},
};
use hyper::body::Bytes;
use tracing::error;

use super::{Asked, Proxy};
use crate::audit;
use crate::rewrite::Rewriter;

/// Applies the policies to every Location line in its place.
///
/// A line that is no authorization request, or cannot be rewritten, stays as it is.
pub(super) fn rewrite(headers: &mut HeaderMap, asked: &Asked, proxy: &Proxy) {
    if !headers.contains_key(LOCATION) {
        return;
    }
    let rewriter = proxy.rewriter.load();
    if let Entry::Occupied(mut lines) = headers.entry(LOCATION) {
        for line in lines.iter_mut() {
            if let Some(rewritten) = rewrite_line(line, asked, &rewriter, proxy) {
                *line = rewritten;
            }
        }
    }
}

fn rewrite_line(
    line: &HeaderValue,
    asked: &Asked,
    rewriter: &Rewriter,
    proxy: &Proxy,
) -> Option<HeaderValue> {
    let rewritten = rewriter.rewrite(line.as_bytes(), &asked.url()).ok()?;
    audit::record(&rewritten.decision, &proxy.metrics);
    match HeaderValue::from_maybe_shared(Bytes::from(rewritten.output?)) {
        Ok(value) => {
            proxy.metrics.rewrites.inc();
            Some(value)
        }
        Err(_) => {
            proxy.metrics.rewrite_failures.inc();
            error!("a rewritten Location is no valid field value; the original was passed on");
            None
        }
    }
}
