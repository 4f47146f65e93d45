//! A new configuration for a running proxy: rules and certificates are taken
//! up at once, as a whole or not at all; what is bound to sockets and
//! connections waits for a restart, which is said.

use std::{error::Error, sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use tokio::{task::spawn_blocking, time::sleep};
use tracing::{info, warn};

use super::parts;
use crate::config::{Config, ConfigError};
use crate::metrics::Metrics;
use crate::proxy::Rules;
use crate::tls::Certificates;

/// What a running proxy takes up anew.
pub struct Reload {
    pub(super) rules: Arc<ArcSwap<Rules>>,
    pub(super) certificates: Option<Certificates>,
    pub(super) metrics: Arc<Metrics>,
    /// What the proxy was started with.
    pub(super) started: Config,
}

impl Reload {
    /// Takes up what `read` returns, as [`Reload::apply`] does, on a thread that serves nobody:
    /// thousands of clients take a while to be read, and to be let go.
    pub async fn aside(
        this: &Arc<Self>,
        read: impl FnOnce() -> Result<Config, ConfigError> + Send + 'static,
    ) {
        let reload = Arc::clone(this);
        let applied = spawn_blocking(move || reload.apply(read())).await;
        if let Ok(Some(old)) = applied {
            tokio::spawn(free(old));
        }
    }

    /// Takes up what was read and returns the rules before it, or keeps all as it is where that
    /// is no good. A request whose answer is being rewritten goes on with the rules it has.
    pub fn apply(&self, read: Result<Config, ConfigError>) -> Option<Arc<Rules>> {
        let old = match read {
            Ok(config) => Some(self.take_up(config)),
            Err(error) => {
                self.metrics.config_reload_failures.inc();
                let reason = match &error {
                    ConfigError::Invalid(report) => report.summary(),
                    other => other.to_string(),
                };
                warn!(
                    reason,
                    "the new configuration is no good; the old one stays"
                );
                None
            }
        };
        if let Some(certificates) = &self.certificates {
            self.reload_certificates(certificates);
        }
        old
    }

    fn take_up(&self, mut config: Config) -> Arc<Rules> {
        let clients = config.policies.clients().count();
        let default = config.policies.default_policy().name();
        self.metrics.config_reloads.inc();
        info!(clients, default, "the new configuration is taken up");
        let elsewhere = Config {
            endpoints: self.started.endpoints.clone(),
            policies: self.started.policies.clone(),
            extra_headers: self.started.extra_headers.clone(),
            bodies: self.started.bodies.clone(),
            ..config.clone()
        };
        if elsewhere != self.started {
            warn!(
                "of what is new, all but clients, default, endpoints, dry_run, extra_headers and bodies needs a restart"
            );
        }
        // The endpoints that are served are those of the start; their policies must apply.
        for endpoint in &self.started.authorize {
            config.endpoints.ensure(&endpoint.to);
        }
        self.rules.swap(Arc::new(parts::rules(&config)))
    }

    fn reload_certificates(&self, certificates: &Certificates) {
        match certificates.reload() {
            Ok(()) => {
                self.metrics.certificate_reloads.inc();
                info!("the certificates were read again");
            }
            Err(error) => {
                self.metrics.certificate_reload_failures.inc();
                let error: &dyn Error = &error;
                warn!(error, "the new certificates are no good; the old ones stay");
            }
        }
    }
}

/// Frees rules on a thread that serves nobody, once no request has them any more: the last
/// one would have to free them otherwise.
async fn free(old: Arc<Rules>) {
    while Arc::strong_count(&old) > 1 {
        sleep(PAUSE).await;
    }
    // It fails only where the process ends.
    let _ = spawn_blocking(move || drop(old)).await;
}

/// Between two looks at who has the old rules.
const PAUSE: Duration = Duration::from_secs(1);
