//! `Location` lines: each one treated by itself, whatever the status.

use http::{
    HeaderMap, HeaderValue,
    header::{Entry, LOCATION},
};
use hyper::body::Bytes;
use tracing::{Level, error, info, warn};

use super::{Asked, Proxy};
use crate::oauth::ClientId;
use crate::policy::Decision;
use crate::rewrite::Rewriter;
use crate::scope::ScopeToken;

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
    record(&rewritten.decision, proxy);
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

/// Counts and logs one authorization request. Of the URL only the client_id and
/// the scope names are told: its state and PKCE values are secrets.
fn record(decision: &Decision<'_>, proxy: &Proxy) {
    let metrics = &proxy.metrics;
    metrics.authorization_requests.inc();
    let request = &decision.request;
    let client_id = &request.client_id;
    if !matches!(client_id, ClientId::One(_)) {
        metrics.ambiguous_clients.inc();
        warn!(%client_id, policy = decision.policy.name(), "not one client_id, so the default policy applies");
    }
    if request.has_request_object {
        metrics.request_objects.inc();
        warn!(%client_id, "a request object may hold a scope that cannot be reached");
    }
    if !decision.wants_change() {
        return;
    }
    if decision.dry_run {
        metrics.dry_runs.inc();
    }
    if !tracing::enabled!(Level::INFO) {
        return;
    }
    let account = decision.account();
    info!(
        %client_id,
        client = decision.client.and_then(|client| client.name.as_deref()),
        policy = decision.policy.name(),
        dry_run = decision.dry_run,
        removed = names(&account.removed),
        renamed = renamed(&account.renamed),
        optional = names(&account.optional),
        kept = names(&account.kept),
        "{}",
        if decision.dry_run { "scope would be rewritten, but for the dry run" } else { "scope rewritten" },
    );
}

fn names(tokens: &[ScopeToken]) -> String {
    tokens
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(" ")
}

fn renamed(pairs: &[(ScopeToken, ScopeToken)]) -> String {
    pairs
        .iter()
        .map(|(old, new)| format!("{old}={new}"))
        .collect::<Vec<_>>()
        .join(" ")
}
