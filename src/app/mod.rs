//! The program put together from a checked configuration: bound first, then
//! served, then drained.

mod endpoints;
mod memory;
mod parts;
mod reload;
mod serve;

use std::{future::Future, io, net::SocketAddr, sync::Arc, thread};

use arc_swap::ArcSwap;
use rustls::ServerConfig;
use thiserror::Error;
use tracing::info;

use crate::authorize::{Authorize, Endpoint, Site};
use crate::config::Config;
use crate::metrics::Metrics;
use crate::net::{Descriptors, OwnConnections, Shutdown};
use crate::proxy::{Proxy, Rules, body::HeldBodies};
use crate::server::{Listener, Server, Worker};
use crate::tls::{self, Certificates, SelfMade, Watching};
use crate::upstream::{self, Binding, Connector, Upstream};

pub use crate::server::{Inherited, Stop, raise_descriptor_limit};
pub use crate::tls::Summary;
pub use reload::Reload;

use serve::Serve;

/// Everything that runs, with its listeners open.
pub struct App {
    server: Server,
    workers: Vec<(Worker, Arc<Proxy>)>,
    authorize: Arc<Authorize>,
    /// Takes up new certificates for as long as it is kept.
    _watching: Option<Watching>,
    self_made: Option<SelfMade>,
    reload: Arc<Reload>,
}

/// What stands in the way of serving.
#[derive(Debug, Error)]
pub enum BindError {
    /// An address cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address that was asked for.
        address: String,
        /// What the system said.
        source: io::Error,
    },
    /// There are no threads to serve with.
    #[error("cannot start a thread to serve with")]
    Threads(#[source] io::Error),
    /// There is no certificate to serve with, or no way to watch for new ones.
    #[error("cannot serve TLS")]
    Certificates(#[source] tls::Error),
    /// The app's certificate could never be verified.
    #[error("cannot verify the upstream's certificate")]
    Trust(#[source] tls::Error),
}

impl App {
    /// Builds all of it and opens the listeners. The upstream need not be up yet. Sockets
    /// that were handed over are taken from `inherited`.
    ///
    /// # Errors
    ///
    /// An address is in use, not this machine's, or not allowed; certificates are no good.
    ///
    /// # Panics
    ///
    /// The caller is in no runtime.
    pub fn bind(config: Config, mut inherited: Inherited) -> Result<Self, BindError> {
        let metrics = Arc::new(Metrics::default());
        let target = parts::target(&config).map_err(BindError::Trust)?;
        let opened = match &config.listen_tls {
            Some(_) => Some(Certificates::open(&config.certs).map_err(BindError::Certificates)?),
            None => None,
        };
        let served = opened.as_ref().map(|it| it.certificates.server_config());
        let (listeners, sites) = listen(&config, served.as_ref(), &mut inherited)?;
        let certificates = opened.as_ref().map(|it| it.certificates.clone());
        let watching = match &certificates {
            Some(certificates) => Some(watch(certificates, &metrics)?),
            None => None,
        };
        let server = Server {
            listeners,
            limits: parts::server_limits(&config.limits),
            timeouts: parts::server_timeouts(&config.timeouts),
            metrics: Arc::clone(&metrics),
            trust: certificates
                .as_ref()
                .map(|it| parts::trust(&config.certs, &it.summaries()))
                .unwrap_or_default(),
            shutdown: Shutdown::default(),
            descriptors: Descriptors::default(),
        };
        let rules = Arc::new(ArcSwap::from_pointee(parts::rules(&config)));
        Ok(Self {
            workers: workers(&config, &target, &rules, &server).map_err(BindError::Threads)?,
            authorize: Arc::new(endpoints::authorize(&config, sites, &rules, &metrics)),
            server,
            _watching: watching,
            self_made: opened.and_then(|opened| opened.self_made),
            reload: Arc::new(Reload {
                rules,
                certificates,
                metrics,
                started: config,
            }),
        })
    }

    /// Reads the files that `config` names, as [`App::bind`] would, and changes nothing.
    /// Returns the certificates that would be served; none where one would be made.
    ///
    /// # Errors
    ///
    /// Certificates are no good, those of clients or those to verify the upstream by.
    pub fn check(config: &Config) -> Result<Vec<Summary>, BindError> {
        parts::target(config).map_err(BindError::Trust)?;
        match config.listen_tls {
            Some(_) => Certificates::check(&config.certs).map_err(BindError::Certificates),
            None => Ok(Vec::new()),
        }
    }

    /// What takes up a new configuration while it serves.
    pub fn reload(&self) -> Arc<Reload> {
        Arc::clone(&self.reload)
    }

    /// Where clients connect to the proxy, as URLs and paths; ports are those that the system
    /// chose for 0.
    pub fn addresses(&self) -> impl Iterator<Item = String> {
        let proxys = self.sites().filter(|(_, site)| !site.is_alone);
        proxys.map(|(listener, _)| shown(listener))
    }

    /// The same of listeners that are for authorize endpoints alone.
    pub fn authorize_addresses(&self) -> impl Iterator<Item = String> {
        let own = self.sites().filter(|(_, site)| site.is_alone);
        own.map(|(listener, _)| shown(listener))
    }

    /// The authorize endpoints, and behind each where it is, as [`App::addresses`] has it; one
    /// that is on several listeners is there as often.
    pub fn authorize_endpoints(&self) -> impl Iterator<Item = (&Endpoint, String)> {
        self.sites().flat_map(|(listener, site)| {
            let here = site.endpoints.iter();
            here.map(|endpoint| (endpoint, shown(listener)))
        })
    }

    fn sites(&self) -> impl Iterator<Item = (&Listener, &Site)> {
        self.server.listeners.iter().zip(&self.authorize.sites)
    }

    /// The first TCP address that clients connect to, for whoever asked for port 0.
    pub fn local_addr(&self) -> Option<SocketAddr> {
        let mut listeners = self.server.listeners.iter();
        listeners.find_map(|listener| listener.local_addr().tcp())
    }

    /// The certificate that was made because there was none.
    pub fn self_made(&self) -> Option<&SelfMade> {
        self.self_made.as_ref()
    }

    /// Serves until `stop` is ready, then lets requests and tunnels end, within their limits.
    pub async fn serve(self, stop: impl Future<Output = Stop>) {
        let workers: Vec<_> = self
            .workers
            .into_iter()
            .map(|(worker, proxy)| {
                let sweeper = Arc::clone(&proxy);
                worker.spawn(async move { sweeper.upstream.sweep().await });
                worker.spawn(memory::give_back());
                let authorize = Arc::clone(&self.authorize);
                let binding = Binding::default();
                let serve = Serve {
                    proxy,
                    authorize,
                    binding,
                };
                (worker, serve)
            })
            .collect();
        let metrics = Arc::clone(&self.server.metrics);
        self.server.run(&workers, stop).await;
        let totals = metrics.totals();
        let totals = totals.map(|(name, count)| format!("{name}={count}"));
        info!(totals = totals.join(" "), "stopped");
    }
}

/// Opens every listener, those with TLS as `served` says, and returns what is at each of them.
fn listen(
    config: &Config,
    served: Option<&Arc<ServerConfig>>,
    inherited: &mut Inherited,
) -> Result<(Vec<Listener>, Vec<Site>), BindError> {
    let plain = config.listen.iter().map(|address| (address, None, None));
    let tls = config.listen_tls.iter();
    let tls = tls.map(|address| (address, served.cloned(), None));
    let own = endpoints::listeners(config).into_iter();
    let own = own.map(|address| (address, None, Some(address)));
    let open = |(address, tls, own)| {
        let address = parts::address(address);
        let bound = Listener::bind(&address, inherited, tls, config.proxy_protocol);
        let listener = bound.map_err(|source| BindError::Listen {
            address: address.to_string(),
            source,
        });
        Ok((listener?, endpoints::site(config, own)))
    };
    plain.chain(tls).chain(own).map(open).collect()
}

fn shown(listener: &Listener) -> String {
    let address = listener.local_addr();
    match (address.tcp(), listener.is_tls()) {
        (Some(address), false) => format!("http://{address}"),
        (Some(address), true) => format!("https://{address}"),
        (None, false) => address.to_string(),
        (None, true) => format!("{address} (TLS)"),
    }
}

fn watch(certificates: &Certificates, metrics: &Arc<Metrics>) -> Result<Watching, BindError> {
    let metrics = Arc::clone(metrics);
    let count = move |reloaded: Result<(), &tls::Error>| {
        match reloaded {
            Ok(()) => metrics.certificate_reloads.inc(),
            Err(_) => metrics.certificate_reload_failures.inc(),
        };
    };
    certificates.watch(count).map_err(BindError::Certificates)
}

/// Returns the threads, each with a proxy that has connections of its own.
fn workers(
    config: &Config,
    target: &upstream::Target,
    rules: &Arc<ArcSwap<Rules>>,
    server: &Server,
) -> io::Result<Vec<(Worker, Arc<Proxy>)>> {
    let own = OwnConnections::default();
    let timeouts = parts::upstream_timeouts(&config.timeouts);
    let descriptors = server.descriptors.clone();
    let connector = Connector::new(target.clone(), timeouts, own.clone(), descriptors);
    let connector = Arc::new(connector);
    let held = HeldBodies::default();
    let fields = parts::added_fields(config.forwarded, config.via.clone());
    let worker = |place| {
        let broken = Arc::clone(&server.metrics);
        let upstream = Upstream::new(
            Arc::clone(&connector),
            parts::upstream_limits(&config.limits),
            timeouts,
        );
        let upstream = upstream.on_broken_body(move || {
            broken.broken_bodies.inc();
        });
        let proxy = Proxy {
            rules: Arc::clone(rules),
            upstream,
            metrics: Arc::clone(&server.metrics),
            shutdown: server.shutdown.clone(),
            upgrade_idle: config.timeouts.upgrade_idle,
            own: own.clone(),
            held: held.clone(),
            fields: fields.clone(),
        };
        // The thread that accepts serves too: with one thread nothing is handed over.
        let worker = if place == 0 {
            Worker::here()
        } else {
            Worker::start()?
        };
        Ok((worker, Arc::new(proxy)))
    };
    (0..worker_count()).map(worker).collect()
}

/// Half of the cores, since the app behind wants the others; one thread carries
/// some tens of thousands of small requests a second.
fn worker_count() -> usize {
    thread::available_parallelism().map_or(1, |cores| (cores.get() / 2).clamp(1, 4))
}
