//! Upgrades, such as WebSocket (RFC 9110 section 7.8): when the app switches
//! protocols, bytes go both ways until both sides have ended.

use std::io;

use http::{HeaderMap, HeaderValue, Request, Response, Version, header::UPGRADE};
use hyper::{
    body::{Body as _, Incoming},
    upgrade::{OnUpgrade, on},
};
use hyper_util::rt::TokioIo;
use tokio::io::copy_bidirectional;
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
    protocols: Vec<u8>,
}

impl Upgrade {
    /// Returns the wish that is in `request`.
    ///
    /// RFC 9110 7.8: it counts only with the option in Connection and never in HTTP/1.0.
    /// h2c is not passed on: what it would carry are more requests, unseen.
    pub(super) fn wanted_by(request: &mut Request<Incoming>) -> Option<Self> {
        let headers = request.headers();
        let protocols = protocols(headers)?;
        let counts = request.version() == Version::HTTP_11
            && fields::has_connection_option(headers, "upgrade")
            && request.body().is_end_stream()
            && !offers_h2c(headers);
        counts.then(|| Self {
            client: on(request),
            protocols,
        })
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
        let granted = protocols(response.headers()).ok_or(Failure::UnwantedUpgrade)?;
        let asked = self
            .protocols
            .split(|byte| *byte == b',')
            .map(<[u8]>::trim_ascii);
        if !asked
            .into_iter()
            .any(|protocol| protocol.eq_ignore_ascii_case(&granted))
        {
            return Err(Failure::UnwantedUpgrade);
        }
        fields::strip(
            response.headers_mut(),
            Kept {
                upgrade: true,
                trailers: false,
            },
        );
        proxy.metrics.tunnels.inc();
        let upstream = on(response);
        proxy.tunnels.spawn(async move {
            if let Err(error) = join(self.client, upstream).await {
                debug!(%error, "tunnel ended early");
            }
        });
        Ok(())
    }
}

/// Copies both ways; the end of one side is passed on, and the other may go on.
async fn join(client: OnUpgrade, upstream: OnUpgrade) -> io::Result<()> {
    let (client, upstream) = tokio::try_join!(client, upstream).map_err(io::Error::other)?;
    let (mut client, mut upstream) = (TokioIo::new(client), TokioIo::new(upstream));
    copy_bidirectional(&mut client, &mut upstream).await?;
    Ok(())
}

fn offers_h2c(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(UPGRADE).iter();
    lines
        .flat_map(|line| line.as_bytes().split(|byte| *byte == b','))
        .any(|protocol| protocol.trim_ascii().eq_ignore_ascii_case(b"h2c"))
}

fn protocols(headers: &HeaderMap) -> Option<Vec<u8>> {
    let lines: Vec<_> = headers
        .get_all(UPGRADE)
        .iter()
        .map(HeaderValue::as_bytes)
        .collect();
    (!lines.is_empty()).then(|| lines.join(&b","[..]))
}
