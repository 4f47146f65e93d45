//! From a query to the redirect that carries it on.

use http::{
    HeaderValue, Method, Response, StatusCode,
    header::{CACHE_CONTROL, LOCATION, REFERRER_POLICY},
};
use hyper::body::Bytes;

use super::{Answer, Endpoint, Refusal};
use crate::audit;
use crate::metrics::Metrics;
use crate::oauth::{ClientId, RequestUrl};
use crate::policy::Decision;
use crate::rewrite::Rewriter;

/// Returns the URL to go to: `to` and behind it `query`, as the client's policy has it.
///
/// # Errors
///
/// The endpoint is for known clients only, and this is none.
pub(super) fn location(
    endpoint: &Endpoint,
    query: Option<Vec<u8>>,
    rewriter: &Rewriter,
    metrics: &Metrics,
) -> Result<HeaderValue, Refusal> {
    let mut url = endpoint.to.as_str().as_bytes().to_vec();
    if let Some(query) = query {
        url.push(b'?');
        url.extend(query);
    }
    let Ok(rewritten) = rewriter.rewrite(&url, &RequestUrl::UNKNOWN) else {
        // Nobody's policy is known to apply.
        return Err(Refusal::UnknownTarget);
    };
    if endpoint.known_clients_only
        && let Err(refusal) = check_client(&rewritten.decision)
    {
        audit::refuse(&rewritten.decision.request.client_id, metrics);
        return Err(refusal);
    }
    audit::record_own(&rewritten.decision, metrics);
    if rewritten.output.is_some() {
        metrics.rewrites.inc();
    }
    let url = rewritten.output.unwrap_or(url);
    HeaderValue::from_maybe_shared(Bytes::from(url)).map_err(|_| Refusal::Query)
}

/// RFC 9110 15.4.4: 303 has a browser leave its form behind.
pub(super) fn answer(method: &Method, location: HeaderValue) -> Answer {
    let mut answer = Response::new(Default::default());
    *answer.status_mut() = match *method {
        Method::POST => StatusCode::SEE_OTHER,
        _ => StatusCode::FOUND,
    };
    let headers = answer.headers_mut();
    headers.insert(LOCATION, location);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    answer
}

fn check_client(decision: &Decision<'_>) -> Result<(), Refusal> {
    match &decision.request.client_id {
        ClientId::Missing => Err(Refusal::NoClient),
        ClientId::Conflicting => Err(Refusal::ConflictingClients),
        ClientId::One(_) if decision.client.is_none() => Err(Refusal::UnknownClient),
        ClientId::One(_) => Ok(()),
    }
}
