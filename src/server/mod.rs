//! Serve HTTP/1.1 and HTTP/2 to whoever connects: accept with a limit and a
//! back-off, drive each connection, and drain by a deadline.
//!
//! Binding and serving are two steps, so the addresses are known before the
//! first request. What a request means is the [`Handler`]'s business. Every
//! wait for a client has an end.

mod activity;
mod answer;
mod connection;
mod descriptors;
mod handshake;
mod head;
mod http1;
mod http2;
mod listener;
mod proxy_protocol;
mod refusal;
mod rewound;
mod socket_file;
mod unread;
mod worker;

#[cfg(test)]
mod tests;

use std::{
    convert::Infallible,
    error::Error,
    future::{Future, poll_fn},
    io,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use http::{Request, Response};
use hyper::body::{Body, Bytes, Incoming};
use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, sleep, timeout, timeout_at},
};
use tracing::{debug, warn};

use crate::metrics::Metrics;
use crate::net::{Client, Deadlines, Descriptor, Descriptors, Shutdown, is_lack};

use listener::Accepted;

pub use descriptors::raise_descriptor_limit;
pub use listener::{Address, Inherited, Listener};
pub use refusal::complete;
pub use worker::Worker;

/// Bounds of what clients may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections open at once; more wait in the kernel's queue. Fewer where the process
    /// may not open as many files.
    pub connections: usize,
    /// Bytes of the head of a request, in HTTP/2 as HTTP/1.1 would have it. The h2 library
    /// decodes up to four times as much, with 32 bytes more for each field, and holds that of
    /// each stream until it is refused.
    pub header_size: usize,
    /// Field lines of a head, the cookies of HTTP/2 in one.
    pub header_count: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 10_000,
            header_size: 64 * 1024,
            header_count: 100,
        }
    }
}

/// How long clients may take.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// For the head of a request, from its first byte; and for the first head of a
    /// connection with the PROXY header before it, from the connection's start, not counting the
    /// TLS handshake. In HTTP/2 for the first head alone; later ones are under `idle`.
    pub header_read: Duration,
    /// For the whole TLS handshake.
    pub tls_handshake: Duration,
    /// How long a connection without a request is kept, from the last byte of the answer before.
    /// An HTTP/2 client that says nothing to GOAWAY has a quarter more, of half a second to five.
    pub idle: Duration,
    /// For a write that makes no progress, and in HTTP/2 for a stream's body that makes none.
    pub write: Duration,
    /// How long requests in flight may go on after the end was asked for.
    pub drain: Duration,
    /// How long tunnels may, which need not end by themselves.
    pub tunnel_drain: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            header_read: Duration::from_secs(30),
            tls_handshake: Duration::from_secs(10),
            idle: Duration::from_secs(30),
            write: Duration::from_secs(60),
            drain: Duration::from_secs(30),
            tunnel_drain: Duration::from_secs(2),
        }
    }
}

impl Timeouts {
    /// When what is in flight has to end where the end is asked for now.
    fn deadlines(&self, stop: Stop) -> Deadlines {
        let now = Instant::now();
        let requests = now + self.drain;
        match stop {
            Stop::Terminate => Deadlines {
                requests,
                event_streams: requests,
                tunnels: now + self.tunnel_drain,
                goodbye: LAST_WORDS,
            },
            Stop::Interrupt => Deadlines {
                requests,
                event_streams: now,
                tunnels: now,
                goodbye: HASTY_WORDS,
            },
        }
    }
}

/// Answers requests. Each worker has its own, and each connection one that is made from that.
pub trait Handler: Sized + Send + Sync + 'static {
    /// The body of an answer.
    type Body: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>>
        + Send
        + Unpin
        + 'static;

    /// Returns the handler of a new connection, which is dropped with it.
    fn for_connection(&self) -> Self;

    /// Answers one request of `client`. A panic becomes a 500.
    fn handle(
        &self,
        request: Request<Incoming>,
        client: Arc<Client>,
    ) -> impl Future<Output = Response<Self::Body>> + Send;

    /// Whether `body` is a stream of events, which nobody waits for who interrupts the process.
    fn is_event_stream(_body: &Self::Body) -> bool {
        false
    }
}

/// How the end is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// By whoever takes the process down (SIGTERM): all that is in flight has its time.
    Terminate,
    /// By somebody who waits (SIGINT): only requests have theirs; tunnels and event streams
    /// end at once.
    Interrupt,
}

/// Bound listeners, ready to serve.
pub struct Server {
    /// Where clients connect.
    pub listeners: Vec<Listener>,
    /// What they may take.
    pub limits: Limits,
    /// How long they may take.
    pub timeouts: Timeouts,
    /// Where connections are counted.
    pub metrics: Arc<Metrics>,
    /// How a client comes to trust the certificates, for the log to say.
    pub trust: String,
    /// Asked for here; tunnels, whose connections are the server's no more, know of it too.
    pub shutdown: Shutdown,
    /// Of which each connection takes one.
    pub descriptors: Descriptors,
}

/// What every connection is to know.
struct Settings {
    limits: Limits,
    timeouts: Timeouts,
    metrics: Arc<Metrics>,
    trust: String,
    shutdown: Shutdown,
}

/// A connection's share of the limits; kept for as long as its socket is open.
struct Place {
    _permit: OwnedSemaphorePermit,
    /// One more owner of the worker's load.
    _load: Arc<()>,
    _descriptor: Descriptor,
}

impl Server {
    /// Answers requests on `workers`, each with its own handler, until `stop` is ready, then
    /// lets what is in flight end; returns when it has, or when its time is over:
    /// `timeouts.drain` for requests, `timeouts.tunnel_drain` for tunnels.
    ///
    /// # Panics
    ///
    /// There is no worker.
    pub async fn run<H: Handler>(self, workers: &[(Worker, H)], stop: impl Future<Output = Stop>) {
        let stop = tokio::select! {
            never = self.accept_all(workers) => match never {},
            stop = stop => stop,
        };
        drop(self.listeners);
        let deadlines = self.timeouts.deadlines(stop);
        self.shutdown.begin(deadlines);
        let ended = timeout_at(deadlines.last(), self.shutdown.done());
        if ended.await.is_err() {
            warn!("what was in flight was cut off at the end of the drain time");
            let _ = timeout(CLOSING, self.shutdown.done()).await;
        }
    }

    async fn accept_all<H: Handler>(&self, workers: &[(Worker, H)]) -> Infallible {
        let settings = Arc::new(Settings {
            limits: self.limits,
            timeouts: self.timeouts,
            metrics: Arc::clone(&self.metrics),
            trust: self.trust.clone(),
            shutdown: self.shutdown.clone(),
        });
        let connections = descriptors::bound(self.limits.connections);
        let permits = Arc::new(Semaphore::new(connections));
        let mut turn = 0;
        loop {
            let permit = Arc::clone(&permits).acquire_owned().await;
            let permit = permit.expect("the semaphore is never closed");
            let least_loaded = workers.iter().min_by_key(|it| it.0.connections());
            let (worker, handler) = least_loaded.expect("there is a worker");
            let accepted = self.accept(&worker.handle, &mut turn).await;
            let place = Place {
                _permit: permit,
                _load: Arc::clone(&worker.load),
                _descriptor: self.descriptors.take(),
            };
            worker.handle.spawn(connection::serve(
                accepted,
                handler.for_connection(),
                Arc::clone(&settings),
                place,
                self.shutdown.subscribe(),
            ));
        }
    }

    /// Returns the next connection, polled by `runtime`; a failure to accept one is
    /// waited out, never passed on.
    async fn accept(&self, runtime: &Handle, turn: &mut usize) -> Accepted {
        loop {
            let accepted = poll_fn(|cx| {
                let _runtime = runtime.enter();
                self.poll_accept(turn, cx)
            });
            match accepted.await {
                Ok(accepted) => {
                    self.metrics.connections.inc();
                    match accepted.prepare() {
                        Ok(accepted) => return accepted,
                        Err(error) => debug!(%error, "connection lost before it was served"),
                    }
                }
                Err(error) => self.back_off(&error).await,
            }
        }
    }

    /// Asks the listeners in turn, so that none has to wait for another's flood.
    fn poll_accept(&self, turn: &mut usize, cx: &mut Context<'_>) -> Poll<io::Result<Accepted>> {
        for _ in &self.listeners {
            *turn = (*turn + 1) % self.listeners.len();
            if let Poll::Ready(accepted) = self.listeners[*turn].poll_accept(cx) {
                return Poll::Ready(accepted.map(|mut accepted| {
                    accepted.client.listener = *turn;
                    accepted
                }));
            }
        }
        Poll::Pending
    }

    async fn back_off(&self, error: &io::Error) {
        self.metrics.accept_failures.inc();
        // A peer that left between its SYN and our accept is no reason to wait.
        if matches!(
            error.kind(),
            io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset
        ) {
            return;
        }
        warn!(%error, "a connection cannot be accepted");
        // Has free connections to the app closed.
        let _waiting = is_lack(error).then(|| self.descriptors.wait());
        sleep(ACCEPT_PAUSE).await;
    }
}

/// With no descriptor free, as long as it takes for some connection to end.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// For GOAWAY and its answer, for `close_notify`, and for the rest of an HTTP/2 answer
/// that the client has not taken; nothing tells how much of it there is.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// The same where somebody waits; much more than a client on this machine or a near one takes.
const HASTY_WORDS: Duration = Duration::from_millis(500);

/// For the ends of what was cut off to go out.
const CLOSING: Duration = Duration::from_millis(250);
