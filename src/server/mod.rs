//! Serve HTTP/1.1 to whoever connects: accept with a limit and a back-off,
//! drive each connection, and drain by a deadline.
//!
//! Binding and serving are two steps, so the address is known before the
//! first request. What a request means is the service's business.

mod worker;

use std::{
    convert::Infallible,
    future::{Future, poll_fn},
    io,
    net::SocketAddr,
    pin::pin,
    sync::Arc,
    time::Duration,
};

use http::{Request, Response};
use hyper::{
    body::{Body, Incoming},
    server::conn::http1::{Builder, UpgradeableConnection},
    service::Service,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    runtime::Handle,
    sync::{Semaphore, watch},
    time::{sleep, timeout},
};
use tokio_util::task::TaskTracker;
use tracing::{debug, warn};

use crate::metrics::Metrics;

pub use worker::Worker;

/// Bounds of what clients may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections open at once; more wait in the kernel's queue.
    pub connections: usize,
    /// How long the head of a request may take; bounds an idle connection too.
    pub header_read: Duration,
    /// How long requests in flight may go on after the end was asked for.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 10_000,
            header_read: Duration::from_secs(30),
            drain: Duration::from_secs(30),
        }
    }
}

/// A bound listener, ready to serve.
pub struct Server {
    /// Where clients connect.
    pub listener: TcpListener,
    /// What they may take.
    pub limits: Limits,
    /// Where connections are counted.
    pub metrics: Arc<Metrics>,
    /// What goes on when its connection is the server's no more, such as tunnels.
    pub detached: TaskTracker,
}

impl Server {
    /// Answers requests on `workers`, each with its own service, until `shutdown` is
    /// ready, then lets those in flight end; returns when they have, or when
    /// `limits.drain` is over.
    ///
    /// # Panics
    ///
    /// There is no worker.
    pub async fn run<S, B>(self, workers: &[(Worker, S)], shutdown: impl Future<Output = ()>)
    where
        S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible>,
        S: Clone + Send + 'static,
        S::Future: Send,
        B: Body + Send + 'static,
        B::Data: Send,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let (drain, _) = watch::channel(());
        tokio::select! {
            () = self.accept_all(workers, &drain) => {}
            () = shutdown => {}
        }
        drop(self.listener);
        drain.send_replace(());
        self.detached.close();
        let drained = async {
            // Every connection holds a receiver until its end.
            drain.closed().await;
            self.detached.wait().await;
        };
        if timeout(self.limits.drain, drained).await.is_err() {
            warn!("requests in flight were cut off at the end of the drain time");
        }
    }

    async fn accept_all<S, B>(&self, workers: &[(Worker, S)], drain: &watch::Sender<()>)
    where
        S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible>,
        S: Clone + Send + 'static,
        S::Future: Send,
        B: Body + Send + 'static,
        B::Data: Send,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let http = self.http();
        let permits = Arc::new(Semaphore::new(self.limits.connections));
        loop {
            let permit = Arc::clone(&permits).acquire_owned().await;
            let permit = permit.expect("the semaphore is never closed");
            let least_loaded = workers.iter().min_by_key(|it| it.0.connections());
            let (worker, service) = least_loaded.expect("there is a worker");
            let (stream, peer) = self.accept(&worker.handle).await;
            let connection = http.serve_connection(TokioIo::new(stream), service.clone());
            let drain = drain.subscribe();
            let load = Arc::clone(&worker.load);
            worker.handle.spawn(async move {
                if let Err(error) = drive(connection.with_upgrades(), drain).await {
                    debug!(%peer, %error, "connection ended early");
                }
                drop((permit, load));
            });
        }
    }

    /// Returns the next connection, polled by `runtime`; a failure to accept one is
    /// waited out, never passed on.
    async fn accept(&self, runtime: &Handle) -> (TcpStream, SocketAddr) {
        loop {
            let accepted = poll_fn(|cx| {
                let _runtime = runtime.enter();
                self.listener.poll_accept(cx)
            });
            match accepted.await {
                Ok((stream, peer)) => {
                    self.metrics.connections.inc();
                    // Small messages go out at once: server-sent events, WebSocket frames.
                    match stream.set_nodelay(true) {
                        Ok(()) => return (stream, peer),
                        Err(error) => debug!(%peer, %error, "connection lost before it was served"),
                    }
                }
                Err(error) => self.back_off(&error).await,
            }
        }
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
        sleep(ACCEPT_PAUSE).await;
    }

    fn http(&self) -> Builder {
        let mut http = Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(self.limits.header_read)
            // One small copy is cheaper than a vectored write of head and body.
            .writev(false)
            .preserve_header_case(true)
            // Nothing is added to what the app answered.
            .auto_date_header(false);
        http
    }
}

/// Serves one connection to its end. When `drain` changes, it takes no request
/// after the one it is on.
async fn drive<S, B>(
    connection: UpgradeableConnection<TokioIo<TcpStream>, S>,
    mut drain: watch::Receiver<()>,
) -> hyper::Result<()>
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible>,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let mut connection = pin!(connection);
    tokio::select! {
        biased;
        ended = connection.as_mut() => return ended,
        _ = drain.changed() => connection.as_mut().graceful_shutdown(),
    }
    connection.await
}

/// With no descriptor free, as long as it takes for some connection to end.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
