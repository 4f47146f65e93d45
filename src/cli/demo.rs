//! `rescope demo`: the failing and the working sign-in, without a network.

use std::process::ExitCode;

use clap::Args;
use tokio::runtime;

use super::{Failure, log};
use crate::demo;

/// Show a sign-in that Zoom refuses, and the same one through rescope
///
/// One process, no network: a sample app, a pretend Zoom and rescope between
/// them, all on loopback. Exits with 0 only if the sign-in fails directly and
/// works through rescope.
#[derive(Debug, Args)]
pub(super) struct DemoArguments {
    /// Stay up and print the addresses to open in a browser
    #[arg(long)]
    serve: bool,
}

/// Plays the demo.
pub(super) fn run(arguments: &DemoArguments) -> Result<ExitCode, Failure> {
    // What rescope would log of the sign-in, the demo tells itself.
    let _log = log::start("warn")?;
    let runtime = runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::Outside(error.into()))?;
    let played = runtime.block_on(demo::run(arguments.serve));
    runtime.shutdown_background();
    match played {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(error) => Err(Failure::Outside(error.into())),
    }
}
