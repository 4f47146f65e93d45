//! The authorize endpoints of a configuration, and the listeners of their own.

use std::sync::Arc;

use arc_swap::{ArcSwap, access::Map};

use crate::authorize::{Authorize, Endpoint, Site};
use crate::config::{AuthorizeEndpoint, Config, ListenAddress};
use crate::metrics::Metrics;
use crate::proxy::Rules;

/// The addresses that are for authorize endpoints alone, each once.
pub(super) fn listeners(config: &Config) -> Vec<&ListenAddress> {
    let mut addresses = Vec::new();
    for address in config.authorize.iter().filter_map(|it| it.listen.as_ref()) {
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    addresses
}

/// Returns what answers for the endpoints, with what is at each listener.
pub(super) fn authorize(
    config: &Config,
    sites: Vec<Site>,
    rules: &Arc<ArcSwap<Rules>>,
    metrics: &Arc<Metrics>,
) -> Authorize {
    Authorize {
        sites,
        rewriter: Box::new(Map::new(Arc::clone(rules), |rules: &Rules| &rules.rewriter)),
        metrics: Arc::clone(metrics),
        body_idle: config.timeouts.body_idle,
    }
}

/// What is at the listener on `address`, or at the proxy's for `None`.
pub(super) fn site(config: &Config, address: Option<&ListenAddress>) -> Site {
    let endpoints = config.authorize.iter();
    let endpoints = endpoints.filter(|it| it.listen.as_ref() == address);
    Site {
        endpoints: endpoints.map(endpoint).collect(),
        is_alone: address.is_some(),
    }
}

fn endpoint(written: &AuthorizeEndpoint) -> Endpoint {
    Endpoint {
        path: written.path.clone(),
        to: written.to.clone(),
        token_endpoint: written.token_endpoint.clone(),
        revocation_endpoint: written.revocation_endpoint.clone(),
        issuer: written.issuer.clone(),
        known_clients_only: written.known_clients_only,
        discovery: written.discovery,
    }
}
