//! The rules of a configuration: its policies and its endpoints.

use std::{collections::HashMap, ops::Range};

use toml::Spanned;

use super::Check;
use crate::config::Rules;
use crate::config::file::{ClientEntry, EndpointEntry, File, PolicyEntry, PolicyName};
use crate::config::reader::Field;
use crate::config::report::Problem;
use crate::oauth::{Endpoint, EndpointTable, InvalidEndpoint};
use crate::policy::{Client, Normalize, Policies, Policy};
use crate::scope::{InvalidToken, ScopePattern, ScopePatterns, ScopeToken};

impl Check {
    /// Returns the policies and endpoints; those that are no good are left out.
    pub(super) fn rules(&mut self, file: &File) -> Rules {
        let is_dry_run = |field: &Option<Field<bool>>| field.as_ref().is_some_and(|it| it.value);
        let default = self.policy(&file.default);
        let mut policies = Policies::new(default, is_dry_run(&file.dry_run));
        let mut known = HashMap::new();
        for (number, entry) in file.clients.iter().enumerate() {
            self.ids(number, entry, &mut known);
            let ids = entry.ids.iter().flat_map(|field| &field.value);
            // One id twice is among the problems by now.
            let _ = policies.insert(Client {
                ids: ids.map(|id| id.get_ref().clone()).collect(),
                name: entry.name.as_ref().map(|field| field.value.clone()),
                policy: self.policy(&entry.policy),
                dry_run: is_dry_run(&entry.dry_run),
            });
        }
        Rules {
            endpoints: self.endpoints(file),
            policies,
        }
    }

    fn ids<'f>(
        &mut self,
        number: usize,
        entry: &'f ClientEntry,
        known: &mut HashMap<&'f str, (usize, Range<usize>)>,
    ) {
        let Some(field) = &entry.ids else {
            return;
        };
        if field.value.is_empty() && !field.has_faults {
            let message = "`id` is an empty list; a client has at least one id";
            self.problems.push(Problem::at(&field.span, message));
        }
        for id in &field.value {
            let (text, span) = (id.get_ref().as_str(), id.span());
            if text.is_empty() {
                self.problems
                    .push(Problem::at(&span, "a client id is empty"));
                continue;
            }
            let shown = text.escape_debug();
            let problem = match known.get(text) {
                None => {
                    known.insert(text, (number, span));
                    continue;
                }
                Some((first, there)) if *first == number => {
                    let message = format!("client id `{shown}` stands twice in this entry");
                    Problem::at(&span, message).with_context(there, "first here")
                }
                Some((_, there)) => {
                    let message = format!("client id `{shown}` has an entry already");
                    Problem::at(&span, message).with_context(there, "first entry")
                }
            };
            self.problems.push(problem);
        }
    }

    fn policy(&mut self, entry: &PolicyEntry) -> Policy {
        let name = match &entry.scope {
            Some(field) => field.value,
            // The word is no good, so whatever options stand there may be right.
            None if entry.is_named => PolicyName::Normalize,
            None => PolicyName::Strip,
        };
        match name {
            PolicyName::Normalize => Policy::Normalize(self.normalize(entry)),
            PolicyName::Strip => self.without_options(entry, Policy::Strip),
            PolicyName::Keep => self.without_options(entry, Policy::Keep),
        }
    }

    fn without_options(&mut self, entry: &PolicyEntry, policy: Policy) -> Policy {
        let options = [
            ("separator", entry.separator.as_ref().map(|it| &it.key)),
            ("allow", entry.allow.as_ref().map(|it| &it.key)),
            ("rename", entry.rename.as_ref().map(|it| &it.key)),
            ("optional", entry.optional.as_ref().map(|it| &it.key)),
        ];
        for (option, key) in options {
            let Some(key) = key else { continue };
            let name = policy.name();
            let message = format!("`{option}` belongs to `scope = \"normalize\"`, not to `{name}`");
            let problem = Problem::at(key, message);
            self.problems.push(match &entry.scope {
                Some(scope) => problem.with_context(&scope.span, "the policy here"),
                None => problem.with_help("where no `scope` is written, it is `strip`"),
            });
        }
        policy
    }

    fn normalize(&mut self, entry: &PolicyEntry) -> Normalize {
        if let Some(allow) = &entry.allow
            && allow.value.is_empty()
            && !allow.has_faults
        {
            let message = "`allow` is empty, so no scope would be left";
            let problem = Problem::at(&allow.span, message);
            let help = "write `scope = \"strip\"` instead, or leave `allow` out to allow all";
            self.problems.push(problem.with_help(help));
        }
        let separator = entry.separator.as_ref().map(|field| field.value);
        Normalize {
            separator: separator.unwrap_or_default(),
            allow: entry.allow.as_ref().map(|it| self.patterns(&it.value)),
            rename: match &entry.rename {
                Some(field) => self.renames(&field.value).into_iter().collect(),
                None => Default::default(),
            },
            optional: match &entry.optional {
                Some(field) => self.patterns(&field.value),
                None => ScopePatterns::default(),
            },
        }
    }

    fn patterns(&mut self, texts: &[Spanned<String>]) -> ScopePatterns {
        let parse = |text: &Spanned<String>| self.token(text, ScopePattern::parse);
        texts.iter().filter_map(parse).collect()
    }

    fn renames(
        &mut self,
        pairs: &[(Spanned<String>, Spanned<String>)],
    ) -> Vec<(ScopeToken, ScopeToken)> {
        let by_name = pairs.iter().map(|(old, _)| (old.get_ref(), old));
        let olds: HashMap<_, _> = by_name.collect();
        let mut renames = Vec::new();
        for (old, new) in pairs {
            let other = olds.get(new.get_ref()).filter(|it| **it != old);
            if let Some(other) = other {
                let shown = new.get_ref().escape_debug();
                let message = format!("`{shown}` is an old name too, so it would be renamed again");
                let problem = Problem::at(&new.span(), message)
                    .with_context(&other.span(), "renamed here")
                    .with_help("write the last name in both places");
                self.problems.push(problem);
            }
            let old = self.token(old, ScopeToken::parse);
            let new = self.token(new, ScopeToken::parse);
            renames.extend(old.zip(new));
        }
        renames
    }

    fn token<T>(
        &mut self,
        text: &Spanned<String>,
        parse: impl Fn(&str) -> Result<T, InvalidToken>,
    ) -> Option<T> {
        let note = |error: InvalidToken| {
            let problem = Problem::at(&text.span(), error.to_string());
            self.problems.push(problem);
        };
        parse(text.get_ref()).map_err(note).ok()
    }

    fn endpoints(&mut self, file: &File) -> EndpointTable {
        let builtin = file.builtin_endpoints.as_ref();
        let mut table = match builtin {
            Some(Field { value: false, .. }) => EndpointTable::default(),
            _ => EndpointTable::builtin(),
        };
        for entry in &file.endpoints {
            if let Some(endpoint) = self.endpoint(entry) {
                table.push(endpoint);
            }
        }
        if let Some(Field {
            value: false, span, ..
        }) = builtin
            && file.endpoints.is_empty()
            && file.authorize.is_empty()
        {
            let message = "no endpoint is left, so nothing would ever be changed";
            let help = "add an `[[endpoint]]`, or leave `builtin_endpoints` out";
            let problem = Problem::at(span, message).with_help(help);
            self.problems.push(problem);
        }
        table
    }

    fn endpoint(&mut self, entry: &EndpointEntry) -> Option<Endpoint> {
        // What is missing or of the wrong type is a problem by now; the rest is looked at with
        // these in its place.
        let path = entry.path.as_ref().map_or("/", |field| &field.value);
        let host = entry
            .host
            .as_ref()
            .map_or("localhost", |field| &field.value);
        let scheme = entry.scheme.as_ref().map(|field| field.value);
        let port = entry.port.as_ref().map(|field| field.value);
        let scheme = scheme.unwrap_or_default();
        let error = match Endpoint::new(scheme, host, port, path) {
            Ok(endpoint) => return Some(endpoint),
            Err(error) => error,
        };
        let key = match &error {
            InvalidEndpoint::Path(_) => &entry.path,
            InvalidEndpoint::Host(_) | InvalidEndpoint::PlainHttp(_) => {
                if let Err(error) = Endpoint::new(scheme, "localhost", port, path) {
                    self.endpoint_problem(&entry.path, &error);
                }
                &entry.host
            }
        };
        self.endpoint_problem(key, &error);
        None
    }

    fn endpoint_problem(&mut self, key: &Option<Field<String>>, error: &InvalidEndpoint) {
        if let Some(field) = key {
            self.problems
                .push(Problem::at(&field.span, error.to_string()));
        }
    }
}
