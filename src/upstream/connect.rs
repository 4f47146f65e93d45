//! Open a connection to the app: TCP or a Unix socket, with TLS or without.

use std::{
    future::ready,
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use rustls::{ClientConfig, pki_types::ServerName};
use socket2::{SockRef, TcpKeepalive};
use tokio::{
    net::{TcpStream, UnixSocket, UnixStream},
    time::{Instant, sleep_until, timeout_at},
};
use tokio_rustls::TlsConnector;

use super::{
    Address, Error, Protocol, Target, Timeouts, addresses::Addresses, error::Tried, race::Race,
    traffic::Counted, untrusted::explain,
};
use crate::net::{Descriptors, Ends, OwnConnection, OwnConnections, Socket, Stream, is_lack, lack};

/// Opens connections to the app, for all threads of a process.
pub struct Connector {
    pub(super) target: Target,
    way: Way,
    tls: Option<Tls>,
    limit: Duration,
    write_limit: Duration,
    own: OwnConnections,
    pub(super) descriptors: Descriptors,
}

/// What leads to the app.
enum Way {
    Tcp(Addresses),
    Unix(PathBuf),
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
    /// Returns one for `target`, which need not be up yet. Its TCP connections are in `own` while
    /// they are open; each connection waits for one of `descriptors`.
    pub fn new(
        target: Target,
        timeouts: Timeouts,
        own: OwnConnections,
        descriptors: Descriptors,
    ) -> Self {
        let tls = target.tls.as_ref().map(|config| Tls {
            usual: match target.protocol {
                Protocol::Http1 => offering(config, &[b"http/1.1"]),
                Protocol::Http2 => offering(config, &[b"h2"]),
                Protocol::Negotiated => offering(config, &[b"h2", b"http/1.1"]),
            },
            http1: offering(config, &[b"http/1.1"]),
        });
        let way = match &target.address {
            Address::Tcp { host, port } => Way::Tcp(Addresses::of(host, *port)),
            Address::Unix(path) => Way::Unix(path.clone()),
        };
        Self {
            target,
            way,
            tls,
            limit: timeouts.connect,
            write_limit: timeouts.body_idle,
            own,
            descriptors,
        }
    }

    /// When a connection that is wanted from now on has to be open.
    pub(super) fn end(&self) -> Instant {
        let now = Instant::now();
        now.checked_add(self.limit).unwrap_or(now + DAY)
    }

    /// Why there is no connection at the end, where nothing else is known.
    pub(super) fn late(&self) -> Error {
        match self.descriptors.is_wanted() {
            true => Error::NoDescriptor(lack()),
            false => Error::ConnectTimeout(self.tried(io::ErrorKind::TimedOut.into())),
        }
    }

    /// Returns an open connection, before `end`.
    ///
    /// An app that restarts refuses connections for a moment, and one that is about to start may
    /// have no address: both are tried again for some 0.8 s, which loses nothing, since nothing
    /// was sent.
    pub(super) async fn connect(&self, offer: Offer, end: Instant) -> Result<Counted, Error> {
        let mut race = Race::new(self.descriptors.clone(), end);
        for pause in PAUSES {
            let error = match self.try_once(offer, &mut race, true, end).await {
                Err(error @ (Error::Refused(_) | Error::Resolve(_))) => error,
                done => return done,
            };
            let again = Instant::now() + Duration::from_millis(pause);
            if again >= end {
                return Err(error);
            }
            sleep_until(again).await;
        }
        self.try_once(offer, &mut race, false, end).await
    }

    /// As [`Connector::connect`], with one try.
    pub(super) async fn connect_once(&self, offer: Offer, end: Instant) -> Result<Counted, Error> {
        let mut race = Race::new(self.descriptors.clone(), end);
        self.try_once(offer, &mut race, false, end).await
    }

    /// Tries each address once; `again` says that what is refused will be tried another time.
    async fn try_once(
        &self,
        offer: Offer,
        race: &mut Race,
        again: bool,
        end: Instant,
    ) -> Result<Counted, Error> {
        let (socket, own) = match &self.way {
            Way::Unix(path) => (Socket::from(self.connect_unix(path, end).await?), None),
            Way::Tcp(addresses) => {
                let stream = self.connect_tcp(addresses, race, again, end).await?;
                let own = self.enter(&stream);
                (Socket::from(stream), own)
            }
        };
        let stream = match &self.tls {
            None => Stream::plain(socket, self.write_limit),
            Some(tls) => self.secure(socket, tls, offer, end).await?,
        };
        Ok(Counted::new(stream, own, self.descriptors.take()))
    }

    async fn connect_tcp(
        &self,
        addresses: &Addresses,
        race: &mut Race,
        again: bool,
        end: Instant,
    ) -> Result<TcpStream, Error> {
        let found = addresses.find(&self.descriptors, end).await;
        let found = found.map_err(|error| match error.kind() {
            io::ErrorKind::TimedOut => Error::ConnectTimeout(self.tried(error)),
            _ if is_lack(&error) => Error::NoDescriptor(error),
            _ => Error::Resolve(error),
        })?;
        let stream = race.run(&found, again).await?;
        if let Ok(address) = stream.peer_addr() {
            addresses.note_answer(address, &found);
        }
        // A connection that may carry streams that are silent for long.
        if self.target.protocol != Protocol::Http1 {
            let probed = SockRef::from(&stream).set_tcp_keepalive(&probing());
            probed.map_err(|error| Error::Unreachable(self.tried(error)))?;
        }
        Ok(stream)
    }

    async fn connect_unix(&self, path: &Path, end: Instant) -> Result<UnixStream, Error> {
        let open = || ready(UnixSocket::new_stream());
        let connected = async { self.descriptors.open(end, open).await?.connect(path).await };
        let connected = timeout_at(end, connected).await;
        let connected = connected.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
        connected.map_err(|error| match error.kind() {
            // The app has not made its socket yet, or takes connections too slowly.
            io::ErrorKind::NotFound | io::ErrorKind::WouldBlock => {
                Error::Refused(self.tried(error))
            }
            _ => self.tried(error).into(),
        })
    }

    /// Notes the connection down as ours.
    fn enter(&self, stream: &TcpStream) -> Option<OwnConnection> {
        // One that is lost already has no ends, and leads nowhere.
        let from = stream.local_addr().ok()?;
        let to = stream.peer_addr().ok()?;
        Some(self.own.enter(Ends::new(from, to)))
    }

    async fn secure(
        &self,
        socket: Socket,
        tls: &Tls,
        offer: Offer,
        end: Instant,
    ) -> Result<Stream, Error> {
        let peer = socket.tcp().and_then(|stream| stream.peer_addr().ok());
        let tried = |error| match peer {
            Some(address) => Tried::one(address, error),
            None => self.tried(error),
        };
        let host = match &self.target.address {
            Address::Tcp { host, .. } => host.clone(),
            Address::Unix(_) => "localhost".to_owned(),
        };
        let name = ServerName::try_from(host);
        let name = name.map_err(|error| Error::Tls(tried(io::Error::other(error))))?;
        let config = match offer {
            Offer::Usual => &tls.usual,
            Offer::Http1 => &tls.http1,
        };
        let handshake = TlsConnector::from(Arc::clone(config)).connect(name, socket);
        let stream = match timeout_at(end, handshake).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return Err(failed_handshake(error, tried)),
            Err(_) => {
                let error = io::Error::new(io::ErrorKind::TimedOut, "no end of the TLS handshake");
                return Err(Error::ConnectTimeout(tried(error)));
            }
        };
        Ok(Stream::tls(stream, self.write_limit))
    }

    /// What came of the app's place as it is configured.
    fn tried(&self, error: io::Error) -> Tried {
        Tried::one(&self.target.address, error)
    }
}

/// Returns `config` with other protocols to offer.
fn offering(config: &ClientConfig, protocols: &[&[u8]]) -> Arc<ClientConfig> {
    let mut config = config.clone();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    Arc::new(config)
}

/// Lets the system notice within a minute that the other side is gone without a word.
fn probing() -> TcpKeepalive {
    TcpKeepalive::new()
        .with_time(Duration::from_secs(20))
        .with_interval(Duration::from_secs(10))
        .with_retries(3)
}

fn failed_handshake(error: io::Error, tried: impl FnOnce(io::Error) -> Tried) -> Error {
    match error.kind() {
        // An app that dies closes what it has taken.
        io::ErrorKind::UnexpectedEof
        | io::ErrorKind::ConnectionReset
        | io::ErrorKind::BrokenPipe => Error::Refused(tried(error)),
        _ => Error::Tls(tried(explain(error))),
    }
}

/// Milliseconds between tries; their sum keeps the answer to a dead app under a second.
const PAUSES: [u64; 7] = [25, 50, 75, 100, 150, 200, 200];

/// The longest that a configuration allows.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        net::{Ipv4Addr, SocketAddr, TcpListener},
        sync::atomic::{AtomicUsize, Ordering},
    };

    use socket2::{Domain, Type};

    /// Returns one whose name leads to what `resolve` says at each try, counted from 0.
    fn connector(
        resolve: impl Fn(usize) -> io::Result<Vec<SocketAddr>> + Send + Sync + 'static,
    ) -> (Connector, Arc<AtomicUsize>) {
        let target = Target {
            address: Address::Tcp {
                host: "app".to_owned(),
                port: 80,
            },
            tls: None,
            protocol: Protocol::Http1,
        };
        let (own, descriptors) = (OwnConnections::default(), Descriptors::default());
        let timeouts = Timeouts {
            connect: Duration::from_secs(20),
            ..Timeouts::default()
        };
        let mut connector = Connector::new(target, timeouts, own, descriptors);
        let tries = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&tries);
        let found = move || resolve(count.fetch_add(1, Ordering::SeqCst));
        connector.way = Way::Tcp(Addresses::found_by(found));
        (connector, tries)
    }

    fn unknown() -> io::Error {
        io::Error::other("Name or service not known")
    }

    #[tokio::test]
    async fn name_that_does_not_resolve_yet_is_tried_again() {
        let app = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = app.local_addr().unwrap();
        let (connector, tries) = connector(move |tries| match tries {
            0..3 => Err(unknown()),
            _ => Ok(vec![address]),
        });
        let connected = connector.connect(Offer::Usual, connector.end()).await;
        assert!(connected.is_ok());
        assert_eq!(tries.load(Ordering::SeqCst), 4);
    }

    #[tokio::test(start_paused = true)]
    async fn name_that_never_resolves_is_told_after_all_tries() {
        let (connector, tries) = connector(|_| Err(unknown()));
        let start = Instant::now();
        let failed = connector.connect(Offer::Usual, connector.end()).await;
        assert!(matches!(failed.err(), Some(Error::Resolve(_))));
        assert_eq!(tries.load(Ordering::SeqCst), PAUSES.len() + 1);
        assert_eq!(start.elapsed(), Duration::from_millis(PAUSES.iter().sum()));
    }

    /// The last try may come too late, then the one before has said why.
    #[tokio::test(start_paused = true)]
    async fn failure_is_told_before_the_limit() {
        let (connector, _) = connector(|_| Err(unknown()));
        let end = Instant::now() + Duration::from_millis(110);
        let failed = connector.connect(Offer::Usual, end).await;
        assert!(matches!(failed.err(), Some(Error::Resolve(_))));
        assert!(Instant::now() < end);
    }

    #[tokio::test]
    async fn name_that_leads_elsewhere_is_followed_by_the_next_connection() {
        let apps = [(); 2].map(|()| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap());
        let addresses = apps.each_ref().map(|app| app.local_addr().unwrap());
        let (connector, _) = connector(move |tries| Ok(vec![addresses[tries]]));
        for app in apps {
            let connected = connector.connect(Offer::Usual, connector.end()).await;
            assert!(connected.is_ok());
            app.accept().unwrap();
        }
    }

    #[tokio::test]
    async fn address_that_answered_is_tried_first_from_then_on() {
        let app = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = app.local_addr().unwrap();
        // Bound, so that nobody else listens there.
        let bound = socket2::Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        bound
            .bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())
            .unwrap();
        let dead = bound.local_addr().unwrap().as_socket().unwrap();
        let (connector, _) = connector(move |_| Ok(vec![dead, address]));
        let Way::Tcp(addresses) = &connector.way else {
            panic!("it is a name");
        };
        for first in [dead, address] {
            let found = addresses
                .find(&connector.descriptors, connector.end())
                .await;
            assert_eq!(found.unwrap()[0], first);
            let connected = connector.connect(Offer::Usual, connector.end()).await;
            assert!(connected.is_ok());
        }
    }
}
