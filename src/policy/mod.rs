//! What is to become of the `scope` of an authorization request.
//!
//! [`Policies::decide`] is total and a function of its arguments alone: no
//! clock, no log, no network. No policy ever adds a scope that the app did
//! not ask for, under its own name or the one it is renamed to.

mod normalize;

use std::{collections::HashMap, fmt};

use thiserror::Error;

use crate::oauth::{AuthorizationRequest, ClientId};
use crate::query::Pair;
use crate::scope::{self, ScopeToken};

pub use normalize::Normalize;

/// What is done with `scope`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Policy {
    /// The parameter goes; the server falls back to what is saved on the app.
    #[default]
    Strip,
    /// Not a byte changes.
    Keep,
    /// The list is cleaned up, narrowed and written anew.
    Normalize(Normalize),
}

impl Policy {
    /// The policy's name in the configuration.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Strip => "strip",
            Self::Keep => "keep",
            Self::Normalize(_) => "normalize",
        }
    }
}

/// One app, under all of its ids, and its policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// Every `client_id` of the app: development, production, public.
    pub ids: Vec<String>,
    /// What people call it.
    pub name: Option<String>,
    /// What is done with its `scope`.
    pub policy: Policy,
    /// Whether to say only what would change.
    pub dry_run: bool,
}

/// The policy of every client.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Policies {
    default: Policy,
    dry_run: bool,
    clients: Vec<Client>,
    by_id: HashMap<Vec<u8>, usize>,
    /// Whether one of them has a policy that may change something.
    has_client_to_change: bool,
}

impl Policies {
    /// Returns policies that hold no client yet: all get `default`, and nothing
    /// changes for anyone where `dry_run` is set.
    pub fn new(default: Policy, dry_run: bool) -> Self {
        Self {
            default,
            dry_run,
            ..Self::default()
        }
    }

    /// Adds a client.
    ///
    /// # Errors
    ///
    /// One of its ids has a client already; nothing is added then.
    pub fn insert(&mut self, client: Client) -> Result<(), DuplicateId> {
        let known = |id: &&String| self.by_id.contains_key(id.as_bytes());
        if let Some(id) = client.ids.iter().find(known) {
            return Err(DuplicateId(id.clone()));
        }
        for id in &client.ids {
            self.by_id
                .insert(id.clone().into_bytes(), self.clients.len());
        }
        self.has_client_to_change |= !client.dry_run && client.policy != Policy::Keep;
        self.clients.push(client);
        Ok(())
    }

    /// What clients without an entry get.
    pub fn default_policy(&self) -> &Policy {
        &self.default
    }

    /// Whether nothing changes for anyone.
    pub fn dry_run(&self) -> bool {
        self.dry_run
    }

    /// Whether there is anyone for whom something may change; looks at no client.
    pub fn may_change(&self) -> bool {
        !self.dry_run && (self.default != Policy::Keep || self.has_client_to_change)
    }

    /// Yields every client that has an entry.
    pub fn clients(&self) -> impl Iterator<Item = &Client> {
        self.clients.iter()
    }

    /// Returns what is to be done with `request`, and why.
    pub fn decide<'a>(&'a self, request: AuthorizationRequest<'a>) -> Decision<'a> {
        let client = match &request.client_id {
            ClientId::One(id) => self.by_id.get(&**id).map(|place| &self.clients[*place]),
            ClientId::Missing | ClientId::Conflicting => None,
        };
        let policy = client.map_or(&self.default, |client| &client.policy);
        Decision {
            client,
            policy,
            dry_run: self.dry_run || client.is_some_and(|client| client.dry_run),
            edit: policy.edit(&request),
            request,
        }
    }
}

/// Two entries claim one `client_id`.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("client id `{0}` has an entry already")]
pub struct DuplicateId(pub String);

/// What is to be done with one authorization request.
#[derive(Debug, Clone)]
pub struct Decision<'a> {
    /// The request.
    pub request: AuthorizationRequest<'a>,
    /// The client's entry; `None` where the default was taken.
    pub client: Option<&'a Client>,
    /// The policy that applies.
    pub policy: &'a Policy,
    /// Whether the edit is only to be told, not done.
    pub dry_run: bool,
    /// What the policy makes of the query.
    pub edit: Edit,
}

/// What becomes of each scope token, for people.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Account {
    /// Tokens that go, in order.
    pub removed: Vec<ScopeToken>,
    /// Tokens that got another name: (old, new), in order.
    pub renamed: Vec<(ScopeToken, ScopeToken)>,
    /// Tokens that move to `optional_scope`, under their new name, in order.
    pub optional: Vec<ScopeToken>,
    /// Tokens that stay in `scope`, under their new name, in order.
    pub kept: Vec<ScopeToken>,
}

/// A change to a query.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Edit {
    /// Not a byte changes.
    #[default]
    Nothing,
    /// All `scope` parameters become one, or go.
    Set {
        /// The list to stand where the first `scope` stood; `None`: none stays.
        scope: Option<Vec<u8>>,
        /// The list to stand as the only `optional_scope`; `None`: it stays as it is.
        optional_scope: Option<Vec<u8>>,
    },
}

impl Policy {
    fn edit(&self, request: &AuthorizationRequest<'_>) -> Edit {
        match self {
            Self::Strip if !request.scope.is_empty() => Edit::Set {
                scope: None,
                optional_scope: None,
            },
            Self::Strip | Self::Keep => Edit::Nothing,
            Self::Normalize(normalize) => normalize.edit(request),
        }
    }
}

impl Decision<'_> {
    /// Whether the policy would change a byte, dry run or not.
    pub fn wants_change(&self) -> bool {
        self.edit != Edit::Nothing
    }

    /// Whether bytes change.
    pub fn changes(&self) -> bool {
        self.wants_change() && !self.dry_run
    }

    /// What becomes of each token; put together anew at each call.
    pub fn account(&self) -> Account {
        let asked = &self.request.scope;
        match self.policy {
            Policy::Strip => Account {
                removed: tokens(asked),
                ..Account::default()
            },
            Policy::Keep => Account {
                kept: tokens(asked),
                ..Account::default()
            },
            Policy::Normalize(normalize) => normalize.account(asked),
        }
    }

    /// Why the request is treated as it is, in a sentence.
    pub fn reason(&self) -> String {
        let name = self.client.map(|client| &client.name);
        let whose = match (&self.request.client_id, name) {
            (_, Some(Some(name))) => format!("client `{name}`"),
            (_, Some(None)) => "the client's entry".to_owned(),
            (ClientId::One(_), None) => "no entry for this client_id, so the default".to_owned(),
            (ClientId::Missing, None) => "no client_id, so the default".to_owned(),
            (ClientId::Conflicting, None) => "different client_ids, so the default".to_owned(),
        };
        let dry_run = match self.dry_run && self.wants_change() {
            true => "; dry run: nothing changes",
            false => "",
        };
        let hidden = match self.request.has_request_object {
            true => "; the scope inside the request object cannot be reached",
            false => "",
        };
        let (policy, what) = (self.policy.name(), self.summary());
        format!("{whose}: {policy}, {what}{dry_run}{hidden}")
    }

    fn summary(&self) -> &'static str {
        match &self.edit {
            Edit::Nothing if self.account().kept.is_empty() => "there is no scope to change",
            Edit::Nothing => "the scope stays as it is",
            Edit::Set { scope: None, .. } => "the scope parameter goes",
            Edit::Set { scope: Some(_), .. } => "the scope list is written anew",
        }
    }
}

/// The client_id as it may be logged; it is public (RFC 6749 2.2).
impl fmt::Display for ClientId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(id) => write!(f, "{}", String::from_utf8_lossy(id).escape_debug()),
            Self::Missing => f.write_str("(none)"),
            Self::Conflicting => f.write_str("(different ones)"),
        }
    }
}

/// The tokens of all values in order; repeated parameters count as one list.
fn tokens(parameters: &[Pair<'_>]) -> Vec<ScopeToken> {
    let lists = parameters.iter().map(Pair::decoded_value);
    lists.flat_map(|list| scope::split(&list)).collect()
}

#[cfg(test)]
mod tests;
