//! Upgrades, such as WebSocket (RFC 9110 section 7.8): when the app switches
//! protocols, bytes go both ways until both sides have ended.

use std::io;

use http::{HeaderMap, Request, Response, Version, header::UPGRADE};
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
    /// In lower case.
    protocols: Vec<Vec<u8>>,
}

impl Upgrade {
    /// Returns the wish that is in `request`.
    ///
    /// RFC 9110 7.8: it counts only with the option in Connection and never in HTTP/1.0.
    /// h2c is not passed on: what it would carry are more requests, unseen.
    pub(super) fn wanted_by(request: &mut Request<Incoming>) -> Option<Self> {
        let headers = request.headers();
        let protocols: Vec<_> = protocols(headers).map(<[u8]>::to_ascii_lowercase).collect();
        let counts = !protocols.is_empty()
            && request.version() == Version::HTTP_11
            && fields::has_connection_option(headers, "upgrade")
            && request.body().is_end_stream()
            && !protocols.iter().any(|protocol| protocol == b"h2c");
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
        let granted = protocols(response.headers()).map(<[u8]>::to_ascii_lowercase);
        match &granted.collect::<Vec<_>>()[..] {
            [protocol] if self.protocols.contains(protocol) => {}
            _ => return Err(Failure::UnwantedUpgrade),
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

/// What the Upgrade lines name; a line may name several, in order of preference.
fn protocols(headers: &HeaderMap) -> impl Iterator<Item = &[u8]> {
    let lines = headers.get_all(UPGRADE).iter();
    lines
        .flat_map(|line| line.as_bytes().split(|byte| *byte == b','))
        .map(<[u8]>::trim_ascii)
}
