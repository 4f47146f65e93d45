//! What is known afterwards of each authorization request: a count and a line
//! in the log.
//!
//! Of the URL only the client_id and the scope names are told: its state and
//! PKCE values are secrets.

use tracing::{Level, info, warn};

use crate::metrics::Metrics;
use crate::oauth::ClientId;
use crate::policy::Decision;
use crate::scope::ScopeToken;

/// Counts and logs one authorization request and what its client's policy says of it.
pub fn record(decision: &Decision<'_>, metrics: &Metrics) {
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

/// Counts and logs a client that is refused because it has no entry.
pub fn refuse(client_id: &ClientId<'_>, metrics: &Metrics) {
    metrics.refused_clients.inc();
    info!(%client_id, "client refused: it has no entry");
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
