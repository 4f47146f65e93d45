//! What is known afterwards of each authorization request: a count and a line
//! in the log.
//!
//! Of the URL only the client_id and the scope names are told: its state and
//! PKCE values are secrets. Of each only the beginning is: whoever makes a
//! request chooses how long they are.

use tracing::{Level, debug, info, warn};

use crate::metrics::Metrics;
use crate::oauth::ClientId;
use crate::policy::Decision;
use crate::scope::ScopeToken;

/// Counts and logs one authorization request that the app has made, and what its client's
/// policy says of it.
pub fn record(decision: &Decision<'_>, metrics: &Metrics) {
    count(decision, metrics);
    for fault in faults(decision) {
        warn!(client_id = %client_id(decision), policy = decision.policy.name(), "{fault}");
    }
    log(decision);
}

/// As [`record`], of a request that a client has made itself: its faults are ordinary.
pub fn record_own(decision: &Decision<'_>, metrics: &Metrics) {
    count(decision, metrics);
    for fault in faults(decision) {
        debug!(client_id = %client_id(decision), policy = decision.policy.name(), "{fault}");
    }
    log(decision);
}

/// Counts and logs a client that is refused because it has no entry; at info as far as there is
/// room for lines about refusals.
pub fn refuse(client_id: &ClientId<'_>, metrics: &Metrics) {
    metrics.refused_clients.inc();
    let reason = match client_id {
        ClientId::Missing => "there is no client_id",
        ClientId::Conflicting => "there are different client_ids",
        ClientId::One(_) => "it has no entry",
    };
    let client_id = beginning(client_id.to_string());
    match metrics.refusal_notices.has_room() {
        true => info!(%client_id, "client refused: {reason}"),
        false => debug!(%client_id, "client refused: {reason}"),
    }
}

/// Counts one authorization request as [`record`] does, and logs nothing.
pub fn count(decision: &Decision<'_>, metrics: &Metrics) {
    metrics.authorization_requests.inc();
    let is_tried = decision.wants_change() && decision.dry_run;
    metrics
        .ambiguous_clients
        .inc_by(is_ambiguous(decision).into());
    metrics
        .request_objects
        .inc_by(decision.request.has_request_object.into());
    metrics.dry_runs.inc_by(is_tried.into());
}

/// Yields what is wrong with a request.
fn faults(decision: &Decision<'_>) -> impl Iterator<Item = &'static str> {
    let ambiguous = "not one client_id, so the default policy applies";
    let object = "a request object may hold a scope that cannot be reached";
    let ambiguous = is_ambiguous(decision).then_some(ambiguous);
    let object = decision.request.has_request_object.then_some(object);
    ambiguous.into_iter().chain(object)
}

fn is_ambiguous(decision: &Decision<'_>) -> bool {
    !matches!(decision.request.client_id, ClientId::One(_))
}

/// Logs what becomes of the scope, where that is anything.
fn log(decision: &Decision<'_>) {
    if !decision.wants_change() || !tracing::enabled!(Level::INFO) {
        return;
    }
    let account = decision.account();
    info!(
        client_id = %client_id(decision),
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

fn client_id(decision: &Decision<'_>) -> String {
    beginning(decision.request.client_id.to_string())
}

fn names(tokens: &[ScopeToken]) -> String {
    joined(tokens.iter().map(ToString::to_string))
}

fn renamed(pairs: &[(ScopeToken, ScopeToken)]) -> String {
    joined(pairs.iter().map(|(old, new)| format!("{old}={new}")))
}

fn joined(names: impl Iterator<Item = String>) -> String {
    beginning(names.collect::<Vec<_>>().join(" "))
}

/// Returns `text`, or where it is long some [`LONGEST`] bytes of it and how many there are more.
fn beginning(text: String) -> String {
    if text.len() <= LONGEST {
        return text;
    }
    let ends = text.char_indices().map(|(end, _)| end);
    let end = ends.take_while(|end| *end <= LONGEST).last();
    let (shown, rest) = text.split_at(end.unwrap_or_default());
    format!("{shown}... and {} bytes more", rest.len())
}

/// A client_id of Zoom's has 22, the name of a scope some 30.
const LONGEST: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_is_cut_between_characters() {
        let whole = "a".repeat(200);
        assert_eq!(beginning(whole.clone()), whole);
        let cut = beginning(whole.clone() + "b");
        assert_eq!(cut, whole + "... and 1 bytes more");
        let cut = beginning("\u{e9}\u{20ac}".repeat(100));
        assert_eq!(cut, "\u{e9}\u{20ac}".repeat(40) + "... and 300 bytes more");
    }
}
