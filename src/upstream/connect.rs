//! Open a TCP connection to the app.

use std::{io, time::Duration};

use tokio::{
    net::{TcpStream, lookup_host},
    time::{sleep, timeout},
};

use super::{Authority, Error};

/// Connects to `authority` within `limit`.
///
/// An app that restarts refuses connections for a moment: a refused one is
/// tried again for some 0.8 s, which loses nothing, since nothing was sent.
pub(super) async fn connect(authority: &Authority, limit: Duration) -> Result<TcpStream, Error> {
    let tries = async {
        for pause in PAUSES {
            match connect_once(authority).await {
                Err(Error::Refused(_)) => sleep(Duration::from_millis(pause)).await,
                done => return done,
            }
        }
        connect_once(authority).await
    };
    timeout(limit, tries)
        .await
        .unwrap_or(Err(Error::ConnectTimeout))
}

async fn connect_once(authority: &Authority) -> Result<TcpStream, Error> {
    let host = (authority.host.as_str(), authority.port);
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for address in lookup_host(host).await.map_err(Error::Resolve)? {
        match TcpStream::connect(address).await {
            Ok(stream) => {
                // Small messages go out at once: server-sent events, WebSocket frames.
                stream.set_nodelay(true).map_err(Error::Unreachable)?;
                return Ok(stream);
            }
            Err(error) => last = error,
        }
    }
    Err(match last.kind() {
        // A listener that closes resets what waited in its queue.
        io::ErrorKind::ConnectionRefused
        | io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted => Error::Refused(last),
        io::ErrorKind::NotFound => Error::Resolve(last),
        _ => Error::Unreachable(last),
    })
}

/// Milliseconds between tries; their sum keeps the answer to a dead app under a second.
const PAUSES: [u64; 7] = [25, 50, 75, 100, 150, 200, 200];
