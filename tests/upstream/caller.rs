//! Who calls the upstream's API.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use http::{HeaderMap, Request};
use http_body_util::BodyExt as _;
use rescope::net::{Descriptors, Interim, OwnConnections};
use rescope::upstream::{
    Address, Answer, BrokenResponse, Connector, Error, Limits, Protocol, RequestBody, Target,
    Timeouts, Upstream,
};
use rustls::ClientConfig;
use tokio::{
    net::{TcpListener, TcpStream},
    runtime::{Builder, Runtime},
    task::JoinHandle,
    time::timeout,
};

use crate::raw::LIMIT;

/// An upstream, and the runtime that its requests are on.
pub struct Caller {
    pub runtime: Runtime,
    pub upstream: Arc<Upstream>,
    pub own: OwnConnections,
    pub descriptors: Descriptors,
    broken: Arc<AtomicUsize>,
}

/// A request that is on its way.
pub type Sent = JoinHandle<Result<Answer, Error>>;

/// A body that was read to its end.
#[derive(Debug, PartialEq, Eq)]
pub struct Whole {
    pub bytes: Vec<u8>,
    pub trailers: Option<HeaderMap>,
}

impl Caller {
    /// Calls an HTTP/1.1 app with the defaults.
    pub fn of(app: SocketAddr) -> Self {
        Self::new(tcp(app), Limits::default(), Timeouts::default())
    }

    /// Calls an HTTP/1.1 app with other limits of time.
    pub fn timed(app: SocketAddr, timeouts: Timeouts) -> Self {
        Self::new(tcp(app), Limits::default(), timeouts)
    }

    pub fn new(target: Target, limits: Limits, timeouts: Timeouts) -> Self {
        let timeouts = patient(timeouts);
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let own = OwnConnections::default();
        let broken = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&broken);
        let descriptors = Descriptors::default();
        let connector = Connector::new(target, timeouts, own.clone(), descriptors.clone());
        let upstream = Upstream::new(Arc::new(connector), limits, timeouts);
        let upstream = upstream.on_broken_body(move || {
            count.fetch_add(1, Ordering::SeqCst);
        });
        Self {
            runtime,
            upstream: Arc::new(upstream),
            own,
            descriptors,
            broken,
        }
    }

    pub fn get(&self) -> Sent {
        self.send(request().body(RequestBody::none()).unwrap())
    }

    pub fn send(&self, request: Request<RequestBody>) -> Sent {
        self.send_with(request, Interim::default())
    }

    pub fn send_with(&self, request: Request<RequestBody>, interim: Interim) -> Sent {
        let upstream = Arc::clone(&self.upstream);
        let sent = async move { upstream.send(request, &interim, None).await };
        self.runtime.spawn(sent)
    }

    /// Waits for the head of the answer.
    pub fn answer(&self, sent: Sent) -> Result<Answer, Error> {
        self.runtime.block_on(async {
            let answer = timeout(LIMIT, sent).await;
            answer.expect("no answer and no error").unwrap()
        })
    }

    /// As [`Caller::answer`], where there must not be one.
    pub fn failure(&self, sent: Sent) -> Error {
        match self.answer(sent) {
            Ok(answer) => panic!("an answer: {}", answer.response.status()),
            Err(error) => error,
        }
    }

    /// Reads the body to its end.
    pub fn body(&self, answer: Answer) -> Result<Whole, BrokenResponse> {
        self.runtime.block_on(async {
            let body = timeout(LIMIT, answer.response.into_body().collect()).await;
            let body = body.expect("the body does not end")?;
            let trailers = body.trailers().cloned();
            let bytes = body.to_bytes().to_vec();
            Ok(Whole { bytes, trailers })
        })
    }

    /// Waits for the whole answer.
    pub fn whole(&self, sent: Sent) -> Whole {
        let answer = self.answer(sent).unwrap();
        self.body(answer).unwrap()
    }

    /// Returns when the runtime has seen all that has come to its sockets, as one has that a
    /// request has just come to.
    pub fn look(&self) {
        let look = self.runtime.spawn(async {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
            let address = listener.local_addr().unwrap();
            let (_accepted, _connected) =
                tokio::try_join!(listener.accept(), TcpStream::connect(address)).unwrap();
        });
        self.runtime.block_on(look).unwrap();
    }

    /// How many bodies broke off.
    pub fn broken(&self) -> usize {
        self.broken.load(Ordering::SeqCst)
    }
}

/// Puts the limits that are the built-in ones far beyond [`LIMIT`], so that what one of them ends
/// is not taken for what should have ended by itself.
fn patient(mut limits: Timeouts) -> Timeouts {
    let usual = Timeouts::default();
    for (limit, usual) in [
        (&mut limits.connect, usual.connect),
        (&mut limits.response_head, usual.response_head),
        (&mut limits.body_idle, usual.body_idle),
    ] {
        if *limit == usual {
            *limit = 10 * LIMIT;
        }
    }
    limits
}

pub fn request() -> http::request::Builder {
    Request::get("/path?query").header("Host", "example.com")
}

pub fn tcp(app: SocketAddr) -> Target {
    Target {
        address: Address::Tcp {
            host: app.ip().to_string(),
            port: app.port(),
        },
        tls: None,
        protocol: Protocol::Http1,
    }
}

pub fn h2c(app: SocketAddr) -> Target {
    Target {
        protocol: Protocol::Http2,
        ..tcp(app)
    }
}

pub fn unix(path: &Path) -> Target {
    Target {
        address: Address::Unix(path.to_owned()),
        tls: None,
        protocol: Protocol::Http1,
    }
}

pub fn tls(host: &str, port: u16, trust: Arc<ClientConfig>) -> Target {
    Target {
        address: Address::Tcp {
            host: host.to_owned(),
            port,
        },
        tls: Some(trust),
        protocol: Protocol::Negotiated,
    }
}
