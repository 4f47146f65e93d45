//! The program put together from a checked configuration: bound first, then
//! served, then drained.

use std::{convert::Infallible, future::Future, io, net::SocketAddr, sync::Arc};

use hyper::service::service_fn;
use thiserror::Error;
use tokio::{net::TcpListener, time::timeout};
use tokio_util::task::TaskTracker;
use tracing::info;

use crate::config::Config;
use crate::metrics::Metrics;
use crate::proxy::Proxy;
use crate::rewrite::Rewriter;
use crate::server::{Limits, Server};
use crate::upstream::{Authority, Timeouts, Upstream};

/// Everything that runs, with its listener open.
pub struct App {
    server: Server,
    address: SocketAddr,
    proxy: Arc<Proxy>,
    limits: Limits,
}

/// The address cannot be listened on.
#[derive(Debug, Error)]
#[error("cannot listen on {address}")]
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
        let failed = |source| BindError {
            address: config.listen,
            source,
        };
        let listener = TcpListener::bind(config.listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let limits = Limits::default();
        let metrics = Arc::new(Metrics::default());
        let authority = Authority {
            host: config.upstream.host,
            port: config.upstream.port,
        };
        let proxy = Proxy {
            rewriter: Rewriter {
                endpoints: config.endpoints,
                policies: config.policies,
            },
            upstream: Arc::new(Upstream::new(authority, Timeouts::default())),
            metrics: Arc::clone(&metrics),
            tunnels: TaskTracker::new(),
        };
        Ok(Self {
            server: Server::new(listener, limits, metrics),
            address,
            proxy: Arc::new(proxy),
            limits,
        })
    }

    /// The address that clients connect to, with the port that the system chose for 0.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `shutdown` is ready, then lets requests and tunnels end, within a limit.
    pub async fn serve(self, shutdown: impl Future<Output = ()>) {
        let upstream = Arc::clone(&self.proxy.upstream);
        let sweep = tokio::spawn(async move { upstream.sweep().await });
        let proxy = Arc::clone(&self.proxy);
        let service = service_fn(move |request| {
            let proxy = Arc::clone(&proxy);
            async move { Ok::<_, Infallible>(proxy.handle(request).await) }
        });
        self.server.run(service, shutdown).await;
        self.proxy.tunnels.close();
        let _ = timeout(self.limits.drain, self.proxy.tunnels.wait()).await;
        sweep.abort();
        let totals = self.proxy.metrics.totals();
        let totals: Vec<_> = totals
            .iter()
            .map(|(name, count)| format!("{name}={count}"))
            .collect();
        info!(totals = totals.join(" "), "stopped");
    }
}
