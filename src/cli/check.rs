//! `rescope check`: what a configuration means, or all that is wrong with it.

use std::{
    fmt::Write as _,
    io::{self, Write as _},
    path::Path,
    process::ExitCode,
};

use super::{CheckArguments, Failure, overrides};
use crate::config::{self, Config};

/// Prints what the file means.
pub(super) fn run(arguments: &CheckArguments) -> Result<ExitCode, Failure> {
    let Some(path) = arguments.file.path() else {
        let message = "which file? write `rescope check --config FILE`, or set RESCOPE_CONFIG";
        return Err(Failure::Usage(message.to_owned()));
    };
    let config = config::load(Some(&path), &overrides(None, None))?;
    // A reader that has gone away has the exit code.
    let _ = io::stdout().write_all(summary(&path, &config).as_bytes());
    Ok(ExitCode::SUCCESS)
}

fn summary(path: &Path, config: &Config) -> String {
    let mut text = format!("{} is valid\n", path.display());
    let policies = &config.policies;
    let mut line = |label: &str, value: &str| {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{label:<10} {value}");
    };
    line("listen", &config.listen.to_string());
    line("upstream", &config.upstream.to_string());
    line("default", policies.default_policy().name());
    for client in policies.clients() {
        let name = client.name.as_deref().unwrap_or("(no name)");
        let dry_run = if client.dry_run { ", dry run" } else { "" };
        let (policy, ids) = (client.policy.name(), client.ids.join(", "));
        line("client", &format!("{name}: {policy}{dry_run} ({ids})"));
    }
    for endpoint in config.endpoints.iter() {
        line("endpoint", &endpoint.to_string());
    }
    if policies.dry_run() {
        line("dry run", "nothing is changed for anyone");
    }
    text
}
