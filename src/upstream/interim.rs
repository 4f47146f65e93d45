//! Interim responses (RFC 9110 section 15.2): the app's go on to the client
//! at once, as many as a request may have.

use std::sync::Arc;

use http::{
    HeaderMap, HeaderName, Request,
    header::{CONNECTION, TE, TRANSFER_ENCODING, UPGRADE},
};

use super::{RequestBody, traffic::Traffic};
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

/// Returns `headers` without those about the connection (RFC 9110 7.6.1).
fn cleaned(headers: &HeaderMap) -> HeaderMap {
    let options = headers.get_all(CONNECTION).iter();
    let named: Vec<_> = options
        .flat_map(|line| line.as_bytes().split(|byte| *byte == b','))
        .map(|option| option.trim_ascii().to_ascii_lowercase())
        .collect();
    let kept = headers.iter().filter(|(name, _)| {
        !is_hop_by_hop(name) && !named.iter().any(|it| it == name.as_str().as_bytes())
    });
    kept.map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// The fields of RFC 9110 7.6.1.
pub(super) fn is_hop_by_hop(name: &HeaderName) -> bool {
    *name == CONNECTION
        || *name == TE
        || *name == TRANSFER_ENCODING
        || *name == UPGRADE
        || matches!(
            name.as_str(),
            "keep-alive" | "proxy-connection" | "http2-settings"
        )
}
