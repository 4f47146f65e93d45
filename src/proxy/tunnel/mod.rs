//! Upgrades, such as WebSocket (RFC 9110 section 7.8): when the app switches
//! protocols, bytes go both ways until both sides have ended.
//!
//! HTTP/2 has no upgrades but an extended CONNECT (RFC 8441), which becomes one
//! here: apps know WebSocket over HTTP/1.1.

mod join;
mod websocket;

use http::{HeaderMap, Method, Request, Response, StatusCode, Version, header::UPGRADE};
use hyper::{
    body::{Body as _, Incoming},
    ext::Protocol,
    upgrade::{OnUpgrade, on},
};
use tokio::time::sleep_until;
use tracing::debug;

use super::{
    Proxy,
    failure::Failure,
    fields::{self, Kept},
};
use crate::upstream::ResponseBody;

/// A client's wish to switch protocols.
pub(super) struct Upgrade {
    client: OnUpgrade,
    /// In lower case.
    protocols: Vec<Vec<u8>>,
    /// The key that was made for a WebSocket over HTTP/2, whose client sends none.
    websocket: Option<websocket::Key>,
}

impl Upgrade {
    /// Returns the wish that is in `request`, which then has the form of HTTP/1.1.
    ///
    /// # Errors
    ///
    /// An extended CONNECT asks for something else than a WebSocket.
    pub(super) fn wanted_by(request: &mut Request<Incoming>) -> Result<Option<Self>, Failure> {
        match request.extensions_mut().remove::<Protocol>() {
            Some(protocol) if request.method() == Method::CONNECT => {
                Self::by_extended_connect(&protocol, request).map(Some)
            }
            _ => Ok(Self::by_upgrade(request)),
        }
    }

    /// RFC 9110 7.8: it counts only with the option in Connection and never in HTTP/1.0.
    /// h2c is not passed on: what it would carry are more requests, unseen.
    fn by_upgrade(request: &mut Request<Incoming>) -> Option<Self> {
        let headers = request.headers();
        // Most requests wish for none.
        if !headers.contains_key(UPGRADE) {
            return None;
        }
        let protocols: Vec<_> = protocols(headers).map(<[u8]>::to_ascii_lowercase).collect();
        let counts = !protocols.is_empty()
            && request.version() == Version::HTTP_11
            && fields::has_connection_option(headers, "upgrade")
            && request.body().is_end_stream()
            && !protocols.iter().any(|protocol| protocol == b"h2c");
        counts.then(|| Self {
            client: on(request),
            protocols,
            websocket: None,
        })
    }

    /// RFC 8441 section 5.1: a GET with a key takes the place of the CONNECT. The host that
    /// it names is told to the app like any other; it is never connected to (section 4).
    fn by_extended_connect(
        protocol: &Protocol,
        request: &mut Request<Incoming>,
    ) -> Result<Self, Failure> {
        if !protocol.as_str().eq_ignore_ascii_case("websocket") {
            return Err(Failure::Unsupported(
                "only the protocol websocket is supported in an extended CONNECT",
            ));
        }
        let client = on(&mut *request);
        let key = websocket::Key::random()?;
        *request.method_mut() = Method::GET;
        key.ask(request.headers_mut());
        Ok(Self {
            client,
            protocols: vec![b"websocket".to_vec()],
            websocket: Some(key),
        })
    }

    /// Whether the client would take `status`, of an answer that is no 101, for an open tunnel:
    /// RFC 8441 section 5, any 2xx.
    pub(super) fn would_open_with(&self, status: StatusCode) -> bool {
        self.websocket.is_some() && status.is_success()
    }

    /// Joins the two connections once `response`, a 101, has gone to the client.
    ///
    /// # Errors
    ///
    /// The app switched to a protocol that the client did not ask for.
    pub(super) fn start(
        self,
        response: &mut Response<ResponseBody>,
        proxy: &Proxy,
    ) -> Result<(), Failure> {
        let granted = protocols(response.headers()).map(<[u8]>::to_ascii_lowercase);
        match &granted.collect::<Vec<_>>()[..] {
            [protocol] if self.protocols.contains(protocol) => {}
            _ => return Err(Failure::UnwantedUpgrade),
        }
        let upstream = on(&mut *response);
        let is_http1 = self.websocket.is_none();
        if let Some(key) = &self.websocket {
            if !key.is_accepted_by(response.headers()) {
                return Err(Failure::UnwantedUpgrade);
            }
            websocket::remove_accept(response.headers_mut());
            *response.status_mut() = StatusCode::OK;
        }
        let kept = Kept {
            upgrade: is_http1,
            trailers: false,
        };
        fields::strip(response.headers_mut(), kept);
        proxy.metrics.tunnels.inc();
        let idle = proxy.upgrade_idle;
        let mut ending = proxy.shutdown.subscribe();
        tokio::spawn(async move {
            let end = async { sleep_until(ending.asked().await.tunnels).await };
            if let Err(error) = join::join(self.client, upstream, idle, end).await {
                debug!(%error, "tunnel ended early");
            }
        });
        Ok(())
    }
}

/// What the Upgrade lines name; a line may name several, in order of preference.
fn protocols(headers: &HeaderMap) -> impl Iterator<Item = &[u8]> {
    let lines = headers.get_all(UPGRADE).iter();
    lines
        .flat_map(|line| line.as_bytes().split(|byte| *byte == b','))
        .map(<[u8]>::trim_ascii)
}
