//! The addresses of a configuration, and what they leave nothing to do for.

use std::str::FromStr;

use super::Check;
use crate::config::file::File;
use crate::config::reader::Field;
use crate::config::report::{Place, Problem};
use crate::config::{ListenAddress, Overrides, UpstreamProtocol, UpstreamUrl};

/// The addresses that count; `None` where one is no good, or not written.
pub(super) struct Network {
    pub(super) listen: Option<ListenAddress>,
    pub(super) listen_tls: Option<ListenAddress>,
    pub(super) upstream: Option<UpstreamUrl>,
    /// Whether one is written, good or not.
    pub(super) has_listen_tls: bool,
    /// Whether one is written, good or not.
    pub(super) has_upstream: bool,
}

/// A value and where it is written.
struct Placed<T> {
    value: T,
    place: Place,
}

impl Check {
    /// Returns the own addresses and the upstream, none of which is another.
    pub(super) fn network(&mut self, file: &File, overrides: &Overrides) -> Network {
        let listen = self.address(&file.listen, &overrides.listen, LISTEN);
        let listen_tls = self.address(&file.listen_tls, &overrides.listen_tls, LISTEN_TLS);
        let upstream = self.address(&file.upstream, &overrides.upstream, UPSTREAM);
        let has_listen = file.has.listen || overrides.listen.is_some();
        let has_listen_tls = file.has.listen_tls || overrides.listen_tls.is_some();
        let default = || Placed {
            value: ListenAddress::DEFAULT,
            place: Place::Nowhere,
        };
        let listen = match has_listen || has_listen_tls {
            true => listen,
            false => Some(default()),
        };
        if let (Some(listen), Some(listen_tls)) = (&listen, &listen_tls) {
            self.not_both(listen, listen_tls);
        }
        for own in [&listen, &listen_tls].into_iter().flatten() {
            if let Some(upstream) = &upstream {
                self.not_own(upstream, own);
            }
        }
        Network {
            listen: listen.map(|it| it.value),
            listen_tls: listen_tls.map(|it| it.value),
            upstream: upstream.map(|it| it.value),
            has_listen_tls,
            has_upstream: file.has.upstream || overrides.upstream.is_some(),
        }
    }

    /// Returns the address that counts; `forced` is what the flag or variable called `name` says.
    fn address<T: FromStr<Err: ToString>>(
        &mut self,
        written: &Option<Field<String>>,
        forced: &Option<String>,
        name: &'static str,
    ) -> Option<Placed<T>> {
        let mut take = |text: &str, place: Place| match text.parse() {
            Ok(value) => Some(Placed { value, place }),
            Err(error) => {
                let problem = Problem::new(T::Err::to_string(&error), place);
                self.problems.push(problem);
                None
            }
        };
        // What the file says is looked at even where it does not count.
        let written = written
            .as_ref()
            .and_then(|field| take(&field.value, Place::File(field.span.clone())));
        match forced {
            Some(text) => take(text, Place::Override(name)),
            None => written,
        }
    }

    fn not_both(&mut self, listen: &Placed<ListenAddress>, listen_tls: &Placed<ListenAddress>) {
        if !listen.value.overlaps(&listen_tls.value) {
            return;
        }
        let (plain, tls) = (&listen.value, &listen_tls.value);
        let message = format!("TLS on `{tls}` is asked for, where `listen` is `{plain}`");
        let problem = Problem::new(message, listen_tls.place.clone())
            .with_help("a listener with TLS and one without need an address each");
        self.problems.push(pointing(problem, listen));
    }

    fn not_own(&mut self, upstream: &Placed<UpstreamUrl>, own: &Placed<ListenAddress>) {
        if !upstream.value.reaches(&own.value) {
            return;
        }
        let (shown, address) = (&upstream.value, &own.value);
        let message = format!("the upstream `{shown}` is rescope's own address, `{address}`");
        let problem = Problem::new(message, upstream.place.clone())
            .with_help("the app and rescope need an address each");
        self.problems.push(pointing(problem, own));
    }

    /// Notes down that there is no upstream.
    pub(super) fn no_upstream(&mut self) {
        let help = "write `upstream = \"http://127.0.0.1:3000\"` in the file, or give it with \
                    `--upstream` or RESCOPE_UPSTREAM";
        let problem = Problem::new("no upstream: where is the app?", Place::Nowhere);
        self.problems.push(problem.with_help(help));
    }

    /// Notes down what is written in the file and would come to nothing with these addresses.
    pub(super) fn needless(&mut self, file: &File, network: &Network) {
        if let Some(tls) = &file.tls
            && !network.has_listen_tls
        {
            let message = "`[tls]` is written, but nothing listens with TLS";
            let help = "write `listen_tls = \"127.0.0.1:8443\"` above the first `[table]`, or give \
                        it with `--listen-tls` or RESCOPE_LISTEN_TLS";
            let problem = Problem::at(&tls.span, message).with_help(help);
            self.problems.push(problem);
        }
        let Some(upstream) = &network.upstream else {
            return;
        };
        let is_tls = matches!(upstream, UpstreamUrl::Https { .. });
        if let Some(ca_file) = &file.ca_file
            && !is_tls
        {
            let message = format!("`ca_file` is for an `https` upstream, not for `{upstream}`");
            let help = "write the upstream as `https://HOST:PORT`, or take `ca_file` out";
            let problem = Problem::at(&ca_file.key, message).with_help(help);
            self.problems.push(problem);
        }
        if let Some(protocol) = &file.upstream_protocol
            && protocol.value == UpstreamProtocol::H2c
            && is_tls
        {
            let message = format!("`h2c` is HTTP/2 without TLS, and `{upstream}` is with TLS");
            let help = "leave `upstream_protocol` out: TLS agrees on HTTP/2 by itself (ALPN)";
            let problem = Problem::at(&protocol.span, message).with_help(help);
            self.problems.push(problem);
        }
    }
}

/// Returns `problem`, pointing at where `listen` is written too.
fn pointing(problem: Problem, listen: &Placed<ListenAddress>) -> Problem {
    match &listen.place {
        Place::File(span) => problem.with_context(span, "rescope listens here"),
        _ => problem,
    }
}

const LISTEN: &str = "--listen or RESCOPE_LISTEN";
const LISTEN_TLS: &str = "--listen-tls or RESCOPE_LISTEN_TLS";
const UPSTREAM: &str = "--upstream or RESCOPE_UPSTREAM";
