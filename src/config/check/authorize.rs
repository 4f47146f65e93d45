//! The authorize endpoints of a configuration, and how they go with the rest of it.

use std::{ops::Range, str::FromStr};

use super::{Check, network::Network};
use crate::config::file::{AuthorizeEntry, File};
use crate::config::reader::Field;
use crate::config::report::Problem;
use crate::config::{AuthorizeEndpoint, ListenAddress};
use crate::oauth::{Cloud, EndpointPath, EndpointTable, EndpointUrl, Issuer};

impl Check {
    /// Returns the authorize endpoints, and has `table` recognise what they send on to, so
    /// that the policies apply; those that are no good are left out.
    pub(super) fn authorize(
        &mut self,
        file: &File,
        network: &Network,
        table: &mut EndpointTable,
    ) -> Vec<AuthorizeEndpoint> {
        let mut checked: Vec<Checked<'_>> = Vec::new();
        let mut taken: Vec<ListenAddress> = Vec::new();
        let mut described = Vec::new();
        for entry in &file.authorize {
            self.not_nobodys(entry, file);
            let listen = self.parsed(&entry.listen);
            if let (Some(listen), Some(written)) = (&listen, &entry.listen) {
                self.own_listener(listen, written, network, &taken);
                taken.push(listen.clone());
            }
            let discovery = self.discovery(entry, &listen, &mut described);
            let Some((endpoint, path)) = self.authorize_endpoint(entry, listen, discovery) else {
                continue;
            };
            let is_same = |other: &&Checked<'_>| {
                other.endpoint.path == endpoint.path && other.endpoint.listen == endpoint.listen
            };
            if let Some(there) = checked.iter().find(is_same) {
                let message = "an authorize endpoint is at this path already";
                let problem = Problem::at(&path, message).with_context(&there.path, "first here");
                self.problems.push(problem);
            }
            table.ensure(&endpoint.to);
            checked.push(Checked {
                endpoint,
                entry,
                path,
            });
        }
        self.no_circles(&checked, network);
        checked.into_iter().map(|it| it.endpoint).collect()
    }

    /// Returns the endpoint by itself, and where its path is written.
    fn authorize_endpoint(
        &mut self,
        entry: &AuthorizeEntry,
        listen: Option<ListenAddress>,
        discovery: bool,
    ) -> Option<(AuthorizeEndpoint, Range<usize>)> {
        let to = match entry.has_to {
            true => self.parsed(&entry.to),
            false => DEFAULT_TO.parse().ok(),
        };
        let token_endpoint = self.parsed(&entry.token_endpoint);
        let revocation_endpoint = self.parsed(&entry.revocation_endpoint);
        let issuer = self.parsed(&entry.issuer);
        let path = self.path(&entry.path);
        if discovery && let Some(to) = &to {
            self.discoverable(to, entry);
        }
        let ((path, span), to) = (path?, to?);
        if entry.has_listen && listen.is_none() {
            return None;
        }
        let endpoint = AuthorizeEndpoint {
            path,
            to,
            token_endpoint,
            revocation_endpoint,
            issuer,
            listen,
            known_clients_only: entry.known_clients_only.as_ref().is_some_and(|it| it.value),
            discovery,
        };
        Some((endpoint, span))
    }

    fn parsed<T: FromStr<Err: ToString>>(&mut self, field: &Option<Field<String>>) -> Option<T> {
        let field = field.as_ref()?;
        let note = |error: T::Err| {
            let problem = Problem::at(&field.span, error.to_string());
            self.problems.push(problem);
        };
        field.value.parse().map_err(note).ok()
    }

    /// Returns the path, and where it is written.
    fn path(&mut self, written: &Option<Field<String>>) -> Option<(EndpointPath, Range<usize>)> {
        let field = written.as_ref()?;
        if field.value.contains('*') {
            let shown = field.value.escape_debug();
            let message = format!(
                "an endpoint is at one path, and a `*` stands for nothing in it: `{shown}`"
            );
            let help = "several endpoints are several `[[authorize]]`";
            let problem = Problem::at(&field.span, message).with_help(help);
            self.problems.push(problem);
            return None;
        }
        let path: EndpointPath = self.parsed(written)?;
        if path.as_str().starts_with(WELL_KNOWN) {
            let message =
                format!("`{WELL_KNOWN}` is for what clients look for there, not for an endpoint");
            self.problems.push(Problem::at(&field.span, message));
            return None;
        }
        Some((path, field.span.clone()))
    }

    /// Whether the documents of the listener on `listen` are about the endpoint of `entry`, the
    /// first there that does not say no; `described` are those of other listeners so far.
    fn discovery<'f>(
        &mut self,
        entry: &'f AuthorizeEntry,
        listen: &Option<ListenAddress>,
        described: &mut Vec<(Option<ListenAddress>, &'f AuthorizeEntry)>,
    ) -> bool {
        if entry.discovery.as_ref().is_some_and(|it| !it.value) {
            self.undescribed(entry, None);
            return false;
        }
        if entry.has_listen && listen.is_none() {
            return true;
        }
        if let Some((_, other)) = described.iter().find(|(there, _)| there == listen) {
            self.undescribed(entry, Some(other));
            return false;
        }
        described.push((listen.clone(), entry));
        true
    }

    /// Notes down what only discovery documents would say, and `other` has those.
    fn undescribed(&mut self, entry: &AuthorizeEntry, other: Option<&AuthorizeEntry>) {
        let keys = [
            ("token_endpoint", &entry.token_endpoint),
            ("revocation_endpoint", &entry.revocation_endpoint),
            ("issuer", &entry.issuer),
        ];
        let (why, instead) = match other {
            None => ("is off here", "`discovery = false`"),
            Some(_) => (
                "is about another endpoint here",
                "write `discovery = false` there",
            ),
        };
        let there = other.and_then(|it| it.path.as_ref());
        for (key, field) in keys {
            let Some(field) = field else { continue };
            let message = format!("`{key}` is for discovery, which {why}");
            let problem = Problem::at(&field.key, message);
            let problem = problem.with_help(format!("take `{key}` out, or {instead}"));
            self.problems.push(match there {
                Some(path) => problem.with_context(&path.span, "this one"),
                None => problem,
            });
        }
    }

    /// RFC 8414 2: `token_endpoint` is required where codes are issued. Zoom's is known.
    fn discoverable(&mut self, to: &EndpointUrl, entry: &AuthorizeEntry) {
        if let Some(field) = &entry.to
            && Cloud::of(&to.host()).is_none()
            && !entry.has_token_endpoint
        {
            let message =
                "discovery tells of a token endpoint, and which one this server has is not known";
            let problem = Problem::at(&field.span, message);
            let help = "write `token_endpoint`, or `discovery = false`";
            self.problems.push(problem.with_help(help));
        }
    }

    /// An own listener is nobody else's: not the proxy's, not the app's, and no part of
    /// that of another authorize endpoint.
    fn own_listener(
        &mut self,
        listen: &ListenAddress,
        written: &Field<String>,
        network: &Network,
        taken: &[ListenAddress],
    ) {
        for proxy in [&network.listen, &network.listen_tls].into_iter().flatten() {
            if proxy.overlaps(listen) {
                let message = format!("the proxy itself listens on `{proxy}`");
                let help = "leave `listen` out to have the endpoint there";
                let problem = Problem::at(&written.span, message).with_help(help);
                self.problems.push(problem);
            }
        }
        if let Some(upstream) = &network.upstream
            && upstream.reaches(listen)
        {
            let message = format!("the upstream `{upstream}` is at this address");
            self.problems.push(Problem::at(&written.span, message));
        }
        let is_other = |it: &&ListenAddress| *it != listen && it.overlaps(listen);
        if let Some(other) = taken.iter().find(is_other) {
            let message = format!("another authorize endpoint listens on `{other}`");
            let help = "endpoints that share a listener write the same address";
            let problem = Problem::at(&written.span, message).with_help(help);
            self.problems.push(problem);
        }
    }

    /// Known clients are those with an entry.
    fn not_nobodys(&mut self, entry: &AuthorizeEntry, file: &File) {
        if let Some(field) = &entry.known_clients_only
            && field.value
            && file.clients.is_empty()
        {
            let message = "no client has an entry, so everyone would be refused";
            let problem = Problem::at(&field.key, message);
            self.problems.push(problem.with_help("add a `[[client]]`"));
        }
    }

    /// A browser that is sent back to where it asks never comes to an end, and one that is sent
    /// on to another endpoint of ours could be sent from there.
    fn no_circles(&mut self, checked: &[Checked<'_>], network: &Network) {
        for (place, from) in checked.iter().enumerate() {
            let to = &from.endpoint.to;
            let is_at = |it: &Checked<'_>| {
                let issuer = issuer_of(&it.endpoint.listen, checked);
                is_at(&it.endpoint, issuer, to, network)
            };
            let Some(found) = checked.iter().position(is_at) else {
                continue;
            };
            let written = from.entry.to.as_ref();
            let span = written.map_or(&from.path, |field| &field.span);
            self.problems.push(match found == place {
                true => Problem::at(span, "`to` is this endpoint itself"),
                false => Problem::at(span, "`to` is an authorize endpoint of this file")
                    .with_context(&checked[found].path, "this one"),
            });
        }
    }
}

/// An endpoint that is good by itself, and where it is written.
struct Checked<'f> {
    endpoint: AuthorizeEndpoint,
    entry: &'f AuthorizeEntry,
    path: Range<usize>,
}

/// What clients know the listener on `listen` by.
fn issuer_of<'c>(listen: &Option<ListenAddress>, checked: &'c [Checked<'_>]) -> Option<&'c Issuer> {
    let mut there = checked.iter().filter(|it| it.endpoint.listen == *listen);
    there.find_map(|it| it.endpoint.issuer.as_ref())
}

/// Whether `url` leads to `endpoint`: at an address that it listens on, or by the issuer there.
fn is_at(
    endpoint: &AuthorizeEndpoint,
    issuer: Option<&Issuer>,
    url: &EndpointUrl,
    network: &Network,
) -> bool {
    let listeners = match &endpoint.listen {
        None => [&network.listen, &network.listen_tls],
        own => [own, &None],
    };
    let mut listeners = listeners.into_iter().flatten();
    let is_public = || {
        let origin = issuer.map(Issuer::origin);
        origin.is_some_and(|it| url.as_str().strip_prefix(it) == Some(url.path()))
    };
    url.path() == endpoint.path.as_str()
        && (listeners.any(|it| it.is_reached_by(&url.host(), url.port())) || is_public())
}

/// Where requests are sent on to where nothing is written.
const DEFAULT_TO: &str = "https://zoom.us/oauth/authorize";

/// RFC 8615.
const WELL_KNOWN: &str = "/.well-known/";
