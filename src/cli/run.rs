//! `rescope run`: the proxy, from the configuration to the last request.

use std::{
    future::pending,
    io::{self, Write},
    panic,
    process::ExitCode,
    sync::Arc,
};

use tokio::{
    runtime,
    signal::unix::{SignalKind, signal},
};
use tracing::{error, info, warn};

use super::{Failure, ProxyArguments, describe, log, signals};
use crate::app::{App, Inherited, Reload, raise_descriptor_limit};
use crate::config::{self, Config, ConfigError};

/// Runs the proxy until a signal ends it.
pub(super) fn run(arguments: &ProxyArguments) -> Result<ExitCode, Failure> {
    let path = arguments.file.path();
    let config = config::load(path.as_deref(), &arguments.overrides())?;
    // Before there are other threads: it changes the environment.
    let inherited = Inherited::from_environment();
    let _log = log::start("info")?;
    // What a panic says may hold anything.
    panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        error!(
            place,
            "a fault of this program; what it was about was given up"
        );
    }));
    if let Err(error) = raise_descriptor_limit() {
        warn!(%error, "the limit of open files stays as it is");
    }
    let outside = |error: io::Error| Failure::Outside(error.into());
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(outside)?;
    let overrides = arguments.overrides();
    let read = Arc::new(move || config::reload(path.as_deref(), &overrides));
    let served = runtime.block_on(serve(config, inherited, read));
    // A name that is being looked up would hold up the end otherwise.
    runtime.shutdown_background();
    served.map(|()| ExitCode::SUCCESS)
}

async fn serve(
    config: Config,
    inherited: Inherited,
    read: Arc<impl Fn() -> Result<Config, ConfigError> + Send + Sync + 'static>,
) -> Result<(), Failure> {
    // Before the address is told: whoever has read it may send a signal.
    let outside = |error: io::Error| Failure::Outside(error.into());
    let stop = signals::stop().map_err(outside)?;
    signals::ignore_others();
    let mut hangup = signal(SignalKind::hangup()).map_err(outside)?;
    let upstream = config.upstream.clone();
    let clients = config.policies.clients().count();
    let default = describe(config.policies.default_policy());
    let dry_run = config.policies.dry_run();
    let app = App::bind(config, inherited).map_err(|error| Failure::Outside(error.into()))?;
    for address in app.addresses() {
        tell(&format!("listening on {address}\n"));
        info!(
            listen = %address,
            %upstream,
            clients,
            "forwarding; clients without an entry: {default}"
        );
    }
    for address in app.authorize_addresses() {
        tell(&format!("listening on {address} (authorize endpoint)\n"));
        info!(listen = %address, "answering for authorize endpoints alone");
    }
    for (endpoint, listen) in app.authorize_endpoints() {
        let (path, to) = (endpoint.path.as_str(), endpoint.to.as_str());
        let known_clients_only = endpoint.known_clients_only;
        info!(%listen, path, to, known_clients_only, "authorize endpoint");
    }
    if let Some(made) = app.self_made() {
        tell(&format!(
            "made a certificate for localhost, SHA-256 fingerprint {}\n",
            made.fingerprint
        ));
    }
    if dry_run {
        warn!("dry run: nothing is changed for anyone");
    }
    let reload = app.reload();
    let reloads = async {
        while hangup.recv().await.is_some() {
            let read = Arc::clone(&read);
            Reload::aside(&reload, move || read()).await;
        }
        pending::<()>().await;
    };
    tokio::select! {
        () = app.serve(stop) => {}
        () = reloads => {}
    }
    Ok(())
}

/// Prints, and does not mind where nobody reads.
fn tell(text: &str) {
    let mut stdout = io::stdout().lock();
    let _ = stdout.write_all(text.as_bytes());
    let _ = stdout.flush();
}
