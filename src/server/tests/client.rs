//! A client at the other end of a stream in memory, and what serves it.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use http::{Request, Response};
use http_body_util::{Either, Full};
use hyper::body::{Body, Bytes, Frame, Incoming};
use rustls::{ClientConfig, RootCertStore, ServerConfig, pki_types::PrivateKeyDer};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex},
    sync::Semaphore,
    task::JoinHandle,
    time::{Instant, sleep},
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::net::{Client, Descriptors, Shutdown, Socket};
use crate::server::{
    Handler, Limits, Place, Settings, Stop, Timeouts, connection, listener::Accepted,
};

/// A client, and when it came.
pub(super) struct Connected {
    pub(super) stream: DuplexStream,
    pub(super) start: Instant,
    shutdown: Shutdown,
    /// When the server was done with it.
    ended: JoinHandle<Instant>,
}

impl Connected {
    /// Has one short answer.
    pub(super) async fn ask(&mut self) {
        self.stream.write_all(GET).await.unwrap();
        let mut answer = vec![0; OK.len()];
        self.stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(answer, OK);
    }

    /// Sends a byte now and then, for as long as it is taken, but not when a limit ends.
    pub(super) async fn drip(&mut self, pause: Duration) {
        sleep(pause / 2).await;
        while self.stream.write_all(b"a").await.is_ok() {
            sleep(pause).await;
        }
    }

    /// Has the server end as for somebody who waits.
    pub(super) fn interrupt(&self) {
        let deadlines = Timeouts::default().deadlines(Stop::Interrupt);
        self.shutdown.begin(deadlines);
    }

    /// How long the server had it open.
    pub(super) async fn open_for(self) -> Duration {
        self.ended.await.unwrap() - self.start
    }

    /// Reads to the end.
    pub(super) async fn rest(&mut self) -> String {
        String::from_utf8(self.rest_bytes().await).unwrap()
    }

    pub(super) async fn rest_bytes(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        self.stream.read_to_end(&mut rest).await.unwrap();
        rest
    }
}

#[derive(Default)]
pub(super) struct Setup {
    pub(super) proxy_protocol: bool,
    pub(super) tls: Option<Arc<ServerConfig>>,
}

pub(super) fn connect() -> Connected {
    connect_with(Setup::default())
}

pub(super) fn connect_with(setup: Setup) -> Connected {
    let (near, far) = duplex(ROOM);
    let shutdown = Shutdown::default();
    let ending = shutdown.subscribe();
    let accepted = Accepted {
        socket: Socket::in_memory(far),
        client: Client::default(),
        tls: setup.tls,
        proxy_protocol: setup.proxy_protocol,
    };
    let settings = Settings {
        limits: Limits::default(),
        timeouts: Timeouts {
            header_read: HEADER_READ,
            tls_handshake: TLS_HANDSHAKE,
            idle: IDLE,
            write: WRITE,
            ..Timeouts::default()
        },
        metrics: Arc::default(),
        trust: String::new(),
        shutdown: shutdown.clone(),
    };
    let permits = Arc::new(Semaphore::new(1));
    let place = Place {
        _permit: permits.try_acquire_owned().unwrap(),
        _load: Arc::default(),
        _descriptor: Descriptors::default().take(),
    };
    let start = Instant::now();
    let serve = connection::serve(accepted, Answers, Arc::new(settings), place, ending);
    let ended = tokio::spawn(async {
        serve.await;
        Instant::now()
    });
    Connected {
        stream: near,
        start,
        shutdown,
        ended,
    }
}

/// Does what the path says.
#[derive(Clone)]
struct Answers;

impl Handler for Answers {
    type Body = Either<Full<Bytes>, Endless>;

    fn for_connection(&self) -> Self {
        self.clone()
    }

    async fn handle(&self, request: Request<Incoming>, _: Arc<Client>) -> Response<Self::Body> {
        let whole = |bytes: Vec<u8>| Either::Left(bytes.into());
        Response::new(match request.uri().path() {
            "/wait" => std::future::pending().await,
            "/held" => whole(vec![b'.'; HELD]),
            "/large" => Either::Right(Endless),
            _ => whole(b"ok".to_vec()),
        })
    }
}

/// A body that comes piece by piece, and never ends.
pub(super) struct Endless;

impl Body for Endless {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&[b'.'; ROOM])))))
    }
}

/// Does the handshake.
pub(super) async fn secure(
    stream: &mut DuplexStream,
    trust: Arc<ClientConfig>,
) -> TlsStream<&mut DuplexStream> {
    let name = "localhost".try_into().unwrap();
    let handshake = TlsConnector::from(trust).connect(name, stream);
    handshake.await.unwrap()
}

/// A certificate for localhost, and the trust in it.
pub(super) fn certificate() -> (Arc<ServerConfig>, Arc<ClientConfig>) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let certificate = made.cert.der().clone();
    let server = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key);
    let mut trust = RootCertStore::empty();
    trust.add(certificate).unwrap();
    let client = ClientConfig::builder()
        .with_root_certificates(trust)
        .with_no_client_auth();
    (Arc::new(server.unwrap()), Arc::new(client))
}

pub(super) const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/// The preface, and SETTINGS that set nothing.
pub(super) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

/// Of a stream, in each direction.
pub(super) const ROOM: usize = 4096;

/// The most that TLS has in one record; less cannot be taken.
pub(super) const RECORD: usize = 16 * 1024;

/// An answer that hyper takes whole from the handler, and holds.
pub(super) const HELD: usize = 4 * RECORD;

pub(super) const HEADER_READ: Duration = Duration::from_secs(3);
pub(super) const TLS_HANDSHAKE: Duration = Duration::from_secs(5);
pub(super) const IDLE: Duration = Duration::from_secs(8);
pub(super) const WRITE: Duration = Duration::from_secs(2);

pub(super) const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
pub(super) const PROXY: &[u8] = b"PROXY UNKNOWN\r\n";

/// The start of one of 512 bytes, in a record of its own.
pub(super) const CLIENT_HELLO: &[u8] = b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03";
