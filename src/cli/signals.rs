//! What signals mean to a running proxy.

use std::{future::Future, io, process};

use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing::info;

use crate::app::Stop;

/// Returns what ends with the first SIGTERM or SIGINT; the second ends the process.
///
/// # Errors
///
/// The system takes no handler for one of them.
///
/// # Panics
///
/// The caller is in no runtime.
pub(super) fn stop() -> io::Result<impl Future<Output = Stop>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        let (stop, name) = match next(&mut terminate, &mut interrupt).await {
            SIGINT => (Stop::Interrupt, "SIGINT"),
            _ => (Stop::Terminate, "SIGTERM"),
        };
        info!(signal = name, "stopping; a second signal stops at once");
        tokio::spawn(async move {
            let number = next(&mut terminate, &mut interrupt).await;
            // What shells make of a process that a signal ended.
            process::exit(128 + number)
        });
        stop
    })
}

/// Returns the number of the signal that came.
async fn next(terminate: &mut Signal, interrupt: &mut Signal) -> i32 {
    tokio::select! {
        _ = terminate.recv() => SIGTERM,
        _ = interrupt.recv() => SIGINT,
    }
}

const SIGINT: i32 = 2;
const SIGTERM: i32 = 15;
