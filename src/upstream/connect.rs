//! Open a connection to the app: TCP or a Unix socket, with TLS or without.

use std::{io, net::SocketAddr, path::Path, sync::Arc, time::Duration};

use rustls::{ClientConfig, pki_types::ServerName};
use socket2::{SockRef, TcpKeepalive};
use tokio::{
    net::{TcpStream, UnixStream, lookup_host},
    time::{Instant, sleep, timeout},
};
use tokio_rustls::TlsConnector;

use super::{Address, Error, Protocol, Target, traffic::Counted, untrusted::explain};
use crate::net::{Ends, OwnConnection, OwnConnections, Socket, Stream};

/// Opens connections to the app.
pub(super) struct Connector {
    address: Address,
    tls: Option<Tls>,
    limit: Duration,
    write_limit: Duration,
    /// Whether a connection may carry streams that are silent for long.
    probes: bool,
    own: OwnConnections,
}

/// What is offered in the TLS handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Offer {
    /// What the target's protocol says.
    Usual,
    /// HTTP/1.1 alone.
    Http1,
}

struct Tls {
    /// Offers what the target's protocol says.
    usual: Arc<ClientConfig>,
    /// Offers HTTP/1.1 alone.
    http1: Arc<ClientConfig>,
}

impl Connector {
    /// `limit` is for all of a connection, `write_limit` for a write without progress.
    pub(super) fn new(
        target: Target,
        limit: Duration,
        write_limit: Duration,
        own: OwnConnections,
    ) -> Self {
        let tls = target.tls.map(|config| Tls {
            usual: match target.protocol {
                Protocol::Http1 => offering(&config, &[b"http/1.1"]),
                Protocol::Http2 => offering(&config, &[b"h2"]),
                Protocol::Negotiated => offering(&config, &[b"h2", b"http/1.1"]),
            },
            http1: offering(&config, &[b"http/1.1"]),
        });
        Self {
            probes: target.protocol != Protocol::Http1,
            address: target.address,
            tls,
            limit,
            write_limit,
            own,
        }
    }

    pub(super) fn address(&self) -> &Address {
        &self.address
    }

    /// How long [`Connector::connect`] takes at most.
    pub(super) fn limit(&self) -> Duration {
        self.limit
    }

    /// Returns an open connection.
    ///
    /// An app that restarts refuses connections for a moment: a refused one is
    /// tried again for some 0.8 s, which loses nothing, since nothing was sent.
    pub(super) async fn connect(&self, offer: Offer) -> Result<Counted, Error> {
        let tries = async {
            for pause in PAUSES {
                match self.connect_once(offer).await {
                    Err(Error::Refused(_)) => sleep(Duration::from_millis(pause)).await,
                    done => return done,
                }
            }
            self.connect_once(offer).await
        };
        let connected = timeout(self.limit, tries).await;
        connected.unwrap_or(Err(Error::ConnectTimeout))
    }

    /// As [`Connector::connect`], with one try and no limit of its own.
    pub(super) async fn connect_once(&self, offer: Offer) -> Result<Counted, Error> {
        let (socket, own) = match &self.address {
            Address::Tcp { host, port } => {
                let stream = connect_tcp(host, *port, self.limit).await?;
                if self.probes {
                    let socket = SockRef::from(&stream);
                    socket.set_tcp_keepalive(&probing()).map_err(failed)?;
                }
                let own = self.enter(&stream);
                (Socket::from(stream), own)
            }
            Address::Unix(path) => (Socket::from(connect_unix(path).await?), None),
        };
        let stream = match &self.tls {
            None => Stream::plain(socket, self.write_limit),
            Some(tls) => self.secure(socket, tls, offer).await?,
        };
        Ok(Counted::new(stream, own))
    }

    /// Notes the connection down as ours.
    fn enter(&self, stream: &TcpStream) -> Option<OwnConnection> {
        // One that is lost already has no ends, and leads nowhere.
        let from = stream.local_addr().ok()?;
        let to = stream.peer_addr().ok()?;
        Some(self.own.enter(Ends::new(from, to)))
    }

    async fn secure(&self, socket: Socket, tls: &Tls, offer: Offer) -> Result<Stream, Error> {
        let host = match &self.address {
            Address::Tcp { host, .. } => host.clone(),
            Address::Unix(_) => "localhost".to_owned(),
        };
        let name = ServerName::try_from(host);
        let name = name.map_err(|error| Error::Tls(io::Error::other(error)))?;
        let config = match offer {
            Offer::Usual => &tls.usual,
            Offer::Http1 => &tls.http1,
        };
        let connector = TlsConnector::from(Arc::clone(config));
        let stream = connector.connect(name, socket).await;
        let stream = stream.map_err(|error| match error.kind() {
            // An app that dies closes what it has taken.
            io::ErrorKind::UnexpectedEof
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::BrokenPipe => Error::Refused(error),
            _ => Error::Tls(explain(error)),
        })?;
        Ok(Stream::tls(stream, self.write_limit))
    }
}

/// Returns `config` with other protocols to offer.
fn offering(config: &ClientConfig, protocols: &[&[u8]]) -> Arc<ClientConfig> {
    let mut config = config.clone();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    Arc::new(config)
}

/// Tries one address after the other: `localhost` may be `::1` first. Each but the last gets
/// a share of `limit`, so that one that swallows connections leaves time for the others.
async fn connect_tcp(host: &str, port: u16, limit: Duration) -> Result<TcpStream, Error> {
    let end = Instant::now() + limit;
    let addresses: Vec<_> = lookup_host((host, port)).await.map_err(resolve)?.collect();
    let mut last = Error::Resolve(io::Error::new(
        io::ErrorKind::NotFound,
        "the name has no address",
    ));
    for (place, address) in addresses.iter().enumerate() {
        let left = u32::try_from(addresses.len() - place).unwrap_or(u32::MAX);
        let share = end.saturating_duration_since(Instant::now()) / left;
        match timeout(share, connect_address(*address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => last = error,
            Err(_) => last = Error::ConnectTimeout,
        }
    }
    Err(last)
}

/// Lets the system notice within a minute that the other side is gone without a word.
fn probing() -> TcpKeepalive {
    TcpKeepalive::new()
        .with_time(Duration::from_secs(20))
        .with_interval(Duration::from_secs(10))
        .with_retries(3)
}

async fn connect_address(address: SocketAddr) -> Result<TcpStream, Error> {
    let stream = TcpStream::connect(address).await.map_err(failed)?;
    // Small messages go out at once: server-sent events, WebSocket frames.
    stream.set_nodelay(true).map_err(failed)?;
    Ok(stream)
}

async fn connect_unix(path: &Path) -> Result<UnixStream, Error> {
    UnixStream::connect(path)
        .await
        .map_err(|error| match error.kind() {
            // The app has not made its socket yet, or takes connections too slowly.
            io::ErrorKind::NotFound | io::ErrorKind::WouldBlock => Error::Refused(error),
            _ => failed(error),
        })
}

fn resolve(error: io::Error) -> Error {
    match is_out_of_descriptors(&error) {
        true => Error::NoDescriptor(error),
        false => Error::Resolve(error),
    }
}

fn failed(error: io::Error) -> Error {
    match error.kind() {
        // A listener that closes resets what waited in its queue.
        io::ErrorKind::ConnectionRefused
        | io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted => Error::Refused(error),
        io::ErrorKind::TimedOut => Error::ConnectTimeout,
        _ if is_out_of_descriptors(&error) => Error::NoDescriptor(error),
        _ => Error::Unreachable(error),
    }
}

/// EMFILE, of this process, or ENFILE, of the system; they have the same numbers on all Unixes.
fn is_out_of_descriptors(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(23 | 24))
}

/// Milliseconds between tries; their sum keeps the answer to a dead app under a second.
const PAUSES: [u64; 7] = [25, 50, 75, 100, 150, 200, 200];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lack_of_descriptors_is_told_from_a_dead_app() {
        for number in [23, 24] {
            let error = failed(io::Error::from_raw_os_error(number));
            assert!(matches!(error, Error::NoDescriptor(_)), "{error}");
        }
    }
}
