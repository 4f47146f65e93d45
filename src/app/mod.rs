//! The program put together from a checked configuration: bound first, then
//! served, then drained.

use std::{convert::Infallible, future::Future, io, net::SocketAddr, sync::Arc, thread};

use hyper::service::service_fn;
use thiserror::Error;
use tokio::net::TcpListener;
use tokio_util::task::TaskTracker;
use tracing::info;

use crate::config::Config;
use crate::metrics::Metrics;
use crate::proxy::Proxy;
use crate::rewrite::Rewriter;
use crate::server::{Limits, Server, Worker};
use crate::upstream::{Authority, Timeouts, Upstream};

/// Everything that runs, with its listener open.
pub struct App {
    listener: TcpListener,
    address: SocketAddr,
    limits: Limits,
    metrics: Arc<Metrics>,
    tunnels: TaskTracker,
    workers: Vec<(Worker, Arc<Proxy>)>,
}

/// The address cannot be listened on, or there are no threads to serve with.
#[derive(Debug, Error)]
#[error("cannot serve on {address}")]
pub struct BindError {
    /// The address that was asked for.
    pub address: SocketAddr,
    /// What the system said.
    pub source: io::Error,
}

impl App {
    /// Builds all of it and opens the listener. The upstream need not be up yet.
    ///
    /// # Errors
    ///
    /// The address is in use, not this machine's, or not allowed.
    pub async fn bind(config: Config) -> Result<Self, BindError> {
        Self::bind_with(config, Limits::default(), Timeouts::default()).await
    }

    /// As [`App::bind`], with other bounds than the usual ones.
    ///
    /// # Errors
    ///
    /// As [`App::bind`].
    pub async fn bind_with(
        config: Config,
        limits: Limits,
        timeouts: Timeouts,
    ) -> Result<Self, BindError> {
        let failed = |source| BindError {
            address: config.listen,
            source,
        };
        let listener = TcpListener::bind(config.listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let metrics = Arc::new(Metrics::default());
        let tunnels = TaskTracker::new();
        let rewriter = Arc::new(Rewriter {
            endpoints: config.endpoints,
            policies: config.policies,
        });
        let authority = Authority {
            host: config.upstream.host,
            port: config.upstream.port,
        };
        let worker = |place| {
            let proxy = Proxy {
                rewriter: Arc::clone(&rewriter),
                upstream: Upstream::new(authority.clone(), timeouts),
                metrics: Arc::clone(&metrics),
                tunnels: tunnels.clone(),
            };
            // The thread that accepts serves too: with one thread nothing is handed over.
            let worker = if place == 0 {
                Worker::here()
            } else {
                Worker::start()?
            };
            Ok((worker, Arc::new(proxy)))
        };
        let workers: io::Result<_> = (0..worker_count()).map(worker).collect();
        Ok(Self {
            workers: workers.map_err(failed)?,
            listener,
            address,
            limits,
            metrics,
            tunnels,
        })
    }

    /// The address that clients connect to, with the port that the system chose for 0.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `shutdown` is ready, then lets requests and tunnels end, within a limit.
    pub async fn serve(self, shutdown: impl Future<Output = ()>) {
        let services = self.workers.into_iter().map(|(worker, proxy)| {
            let sweeper = Arc::clone(&proxy);
            worker.spawn(async move { sweeper.upstream.sweep().await });
            let service = service_fn(move |request| {
                let proxy = Arc::clone(&proxy);
                async move { Ok::<_, Infallible>(proxy.handle(request).await) }
            });
            (worker, service)
        });
        let workers: Vec<_> = services.collect();
        let server = Server {
            listener: self.listener,
            limits: self.limits,
            metrics: Arc::clone(&self.metrics),
            detached: self.tunnels,
        };
        server.run(&workers, shutdown).await;
        let totals = self.metrics.totals();
        let totals = totals.map(|(name, count)| format!("{name}={count}"));
        info!(totals = totals.join(" "), "stopped");
    }
}

/// Half of the cores, since the app behind wants the others; one thread carries
/// some tens of thousands of small requests a second.
fn worker_count() -> usize {
    thread::available_parallelism().map_or(1, |cores| (cores.get() / 2).clamp(1, 4))
}
