//! Interim responses (RFC 9110 section 15.2): the app's go on to the client
//! at once, as many as a request may have.

use std::sync::Arc;

use http::{HeaderMap, Request};

use super::{RequestBody, traffic::Traffic};
use crate::hop::{is_hop_by_hop, named_by_connection, remove_in_order};
use crate::net::Interim;

/// Lets the interim responses to `request` go to `interim`, and counts them.
pub(super) fn relay(request: &mut Request<RequestBody>, interim: &Interim, traffic: &Arc<Traffic>) {
    let interim = interim.clone();
    let traffic = Arc::clone(traffic);
    hyper::ext::on_informational(request, move |response| {
        if traffic.allows_interim() && interim.is_possible() {
            match response.headers().keys().any(is_hop_by_hop) {
                false => interim.send(response.status(), response.headers()),
                true => interim.send(response.status(), &cleaned(response.headers())),
            }
        }
    });
}

/// Returns `headers` without those about the connection.
fn cleaned(headers: &HeaderMap) -> HeaderMap {
    let named = named_by_connection(headers);
    let mut headers = headers.clone();
    remove_in_order(&mut headers, |name| {
        is_hop_by_hop(name) || named.contains(name)
    });
    headers
}
