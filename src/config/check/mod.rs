//! From what is written to a checked [`Config`], or to all that is wrong with it.
//!
//! Pure: text, flags and variables in, values out. It goes on after a problem,
//! so that one look shows them all.

mod authorize;
mod bodies;
mod headers;
mod network;
mod rules;

use toml::de::DeTable;

use super::file::{File, Written};
use super::report::{Problem, Report};
use super::{Config, Overrides, Rules};

/// Returns the configuration that `text`, the content of the file called `name`, and `overrides` make.
///
/// # Errors
///
/// Reports every problem at once, each with its place.
pub fn parse(text: &str, name: &str, overrides: &Overrides) -> Result<Config, Report> {
    let mut check = Check::default();
    let file = check.read(text);
    let mut rules = check.rules(&file);
    let extra_headers = check.extra_headers(&file);
    let bodies = check.bodies(&file);
    let network = check.network(&file, overrides);
    let authorize = check.authorize(&file, &network, &mut rules.endpoints);
    if !network.has_upstream {
        check.no_upstream();
    }
    check.needless(&file, &network);
    match network.upstream {
        Some(upstream) if check.problems.is_empty() => Ok(Config {
            listen: network.listen,
            listen_tls: network.listen_tls,
            certs: match file.tls.and_then(|tls| tls.certs) {
                Some(field) => field.value,
                None => DEFAULT_CERTS.into(),
            },
            upstream,
            upstream_protocol: file.upstream_protocol.map(|it| it.value),
            ca_file: file.ca_file.map(|it| it.value),
            proxy_protocol: file.proxy_protocol.is_some_and(|it| it.value),
            forwarded: file.forwarded.map(|it| it.value),
            via: file.via.map(|it| it.value),
            limits: file.limits,
            timeouts: file.timeouts,
            endpoints: rules.endpoints,
            policies: rules.policies,
            extra_headers,
            bodies,
            authorize,
        }),
        _ => Err(Report::new(name, text, check.problems)),
    }
}

/// As [`parse`], for whoever connects nowhere: an upstream need not be written.
///
/// # Errors
///
/// Reports every problem at once, each with its place.
pub fn parse_rules(text: &str, name: &str) -> Result<Rules, Report> {
    let mut check = Check::default();
    let file = check.read(text);
    let mut rules = check.rules(&file);
    check.extra_headers(&file);
    check.bodies(&file);
    let network = check.network(&file, &Overrides::default());
    check.authorize(&file, &network, &mut rules.endpoints);
    match check.problems.is_empty() {
        true => Ok(rules),
        false => Err(Report::new(name, text, check.problems)),
    }
}

/// The problems found so far.
#[derive(Default)]
struct Check {
    problems: Vec<Problem>,
}

impl Check {
    fn read(&mut self, text: &str) -> File {
        let (table, errors) = DeTable::parse_recoverable(text);
        let mut lines = Vec::new();
        let mut is_readable = true;
        for error in &errors {
            // After these two the parser is sure of what the rest means.
            let is_local = ["duplicate key", "string values must be quoted"];
            is_readable &= is_local.iter().any(|it| error.message().starts_with(it));
            let span = error.span().unwrap_or(0..0);
            let line = text.as_bytes()[..span.start]
                .split(|byte| *byte == b'\n')
                .count();
            // One slip makes several complaints about one line: the first is to the point.
            if !lines.contains(&line) {
                lines.push(line);
                self.problems.push(Problem::at(&span, error.message()));
            }
        }
        match is_readable {
            true => File::read(table.get_ref(), &mut self.problems),
            false => File {
                has: Written {
                    listen: true,
                    listen_tls: true,
                    upstream: true,
                },
                ..File::default()
            },
        }
    }
}

/// The folder of the certificates where none is written.
const DEFAULT_CERTS: &str = "certs";
