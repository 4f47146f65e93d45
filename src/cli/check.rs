//! `rescope check`: what a configuration means, or all that is wrong with it.

use std::{
    fmt::Write as _,
    io::{self, Write as _},
    path::Path,
    process::ExitCode,
};

use humantime::format_rfc3339_seconds;

use super::{CheckArguments, Failure, with_environment};
use crate::app::{App, Summary};
use crate::config::{
    self, AuthorizeEndpoint, Bodies, Config, ForwardedMode, Limits, Overrides, Timeouts,
    UpstreamProtocol,
};

/// Prints what the file means.
pub(super) fn run(arguments: &CheckArguments) -> Result<ExitCode, Failure> {
    let Some(path) = arguments.file.path() else {
        let message = "which file? write `rescope check --config FILE`, or set RESCOPE_CONFIG";
        return Err(Failure::Usage(message.to_owned()));
    };
    let config = config::load(Some(&path), &with_environment(Overrides::default()))?;
    let served = App::check(&config).map_err(|error| Failure::Outside(error.into()))?;
    // A reader that has gone away has the exit code.
    let _ = io::stdout().write_all(summary(&path, &config, &served).as_bytes());
    Ok(ExitCode::SUCCESS)
}

fn summary(path: &Path, config: &Config, served: &[Summary]) -> String {
    let mut text = format!("{} is valid\n", path.display());
    let mut line = |label: &str, value: &str| {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{label:<10} {value}");
    };
    for (label, value) in network(config) {
        line(label, &value);
    }
    if config.listen_tls.is_some() && served.is_empty() {
        line("cert", "none yet: `rescope run` makes one for localhost");
    }
    for pair in served {
        let (names, end) = (
            pair.names.join(", "),
            format_rfc3339_seconds(pair.not_after),
        );
        line(
            "cert",
            &format!("{}: {names}; until {end}", pair.certificate),
        );
    }
    let policies = &config.policies;
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
    for endpoint in &config.authorize {
        line("authorize", &authorize(endpoint, config));
    }
    if !config.extra_headers.is_empty() {
        line("headers", &list(&config.extra_headers));
    }
    if let Some(written) = &config.bodies {
        line("bodies", &bodies(written));
    }
    if policies.dry_run() {
        line("dry run", "nothing is changed for anyone");
    }
    text
}

fn authorize(endpoint: &AuthorizeEndpoint, config: &Config) -> String {
    let mut text = format!("{} -> {}", endpoint.path.as_str(), endpoint.to.as_str());
    if let Some(listen) = &endpoint.listen {
        text += &format!(", on {listen}{}", proxy_protocol(config));
    }
    if endpoint.known_clients_only {
        text += ", known clients only";
    }
    if !endpoint.discovery {
        text += ", no discovery";
    }
    text
}

/// The types and paths, and of the bounds what is not as usual.
fn bodies(written: &Bodies) -> String {
    let mut text = list(&written.types);
    if !written.paths.is_empty() {
        text += &format!("; of {}", list(&written.paths));
    }
    let usual = Bodies::new(Vec::new(), Vec::new());
    let bounds = |it: &Bodies| {
        [
            ("longest_url", size(it.longest_url as u64)),
            ("whole", size(it.whole as u64)),
            ("decoded_size", size(it.decoded_size)),
            ("ratio", it.ratio.to_string()),
        ]
    };
    let usual = bounds(&usual);
    let unusual = bounds(written).into_iter().filter(|it| !usual.contains(it));
    for (key, value) in unusual {
        text += &format!("; {key} {value}");
    }
    text
}

fn list<T: ToString>(items: &[T]) -> String {
    let items: Vec<_> = items.iter().map(ToString::to_string).collect();
    items.join(", ")
}

/// A size as it may be written.
fn size(bytes: u64) -> String {
    match bytes % 1024 {
        0 => format!("{}KiB", bytes / 1024),
        _ => format!("{bytes}B"),
    }
}

fn proxy_protocol(config: &Config) -> &'static str {
    match config.proxy_protocol {
        true => ", PROXY protocol",
        false => "",
    }
}

/// Where it listens and connects to, and how; what is as usual is left out.
fn network(config: &Config) -> Vec<(&'static str, String)> {
    let proxy_protocol = proxy_protocol(config);
    let protocol = match config.upstream_protocol {
        Some(UpstreamProtocol::Http1) => ", http1",
        Some(UpstreamProtocol::H2c) => ", h2c",
        None => "",
    };
    let forwarded = config.forwarded.map(|mode| match mode {
        ForwardedMode::Off => "off",
        ForwardedMode::Append => "append",
        ForwardedMode::Replace => "replace",
    });
    let own = |address: &Option<_>| address.as_ref().map(|it| format!("{it}{proxy_protocol}"));
    let file = |path: &Path| path.display().to_string();
    let certs = config.listen_tls.as_ref().map(|_| file(&config.certs));
    let lines = [
        ("listen", own(&config.listen)),
        ("listen_tls", own(&config.listen_tls)),
        ("certs", certs),
        ("upstream", Some(format!("{}{protocol}", config.upstream))),
        ("ca_file", config.ca_file.as_deref().map(file)),
        ("forwarded", forwarded.map(str::to_owned)),
        ("via", config.via.clone()),
        ("limits", unusual(&config.limits, limits)),
        ("timeouts", unusual(&config.timeouts, timeouts)),
    ];
    let written = |(label, value): (_, Option<_>)| value.map(|value| (label, value));
    lines.into_iter().filter_map(written).collect()
}

fn limits(limits: &Limits) -> Vec<(&'static str, String)> {
    vec![
        ("connections", limits.connections.to_string()),
        ("header_size", size(limits.header_size as u64)),
        ("header_count", limits.header_count.to_string()),
    ]
}

fn timeouts(timeouts: &Timeouts) -> Vec<(&'static str, String)> {
    let shown = |(key, duration)| (key, humantime::format_duration(duration).to_string());
    let all = [
        ("header_read", timeouts.header_read),
        ("tls_handshake", timeouts.tls_handshake),
        ("connect", timeouts.connect),
        ("response_head", timeouts.response_head),
        ("idle", timeouts.idle),
        ("upstream_idle", timeouts.upstream_idle),
        ("body_idle", timeouts.body_idle),
        ("upgrade_idle", timeouts.upgrade_idle),
        ("drain", timeouts.drain),
        ("tunnel_drain", timeouts.tunnel_drain),
    ];
    all.into_iter().map(shown).collect()
}

/// Those of `values`, by their keys, that are not the usual ones; `None` where all are.
fn unusual<T: Default>(
    values: &T,
    keyed: impl Fn(&T) -> Vec<(&'static str, String)>,
) -> Option<String> {
    let (values, usual) = (keyed(values), keyed(&T::default()));
    let unusual = values.into_iter().filter(|pair| !usual.contains(pair));
    let shown: Vec<_> = unusual
        .map(|(key, value)| format!("{key} {value}"))
        .collect();
    (!shown.is_empty()).then(|| shown.join(", "))
}
