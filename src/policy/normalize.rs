//! The `normalize` policy: rename, allow, deduplicate, move to optional, join.

use std::collections::{BTreeMap, HashSet};

use super::{Account, Edit, tokens};
use crate::oauth::AuthorizationRequest;
use crate::query::Pair;
use crate::scope::{self, ScopePatterns, ScopeToken, Separator};

/// How a scope list is cleaned up.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Normalize {
    /// What stands between the tokens that stay.
    pub separator: Separator,
    /// The tokens that stay, compared after renaming; `None` for all.
    pub allow: Option<ScopePatterns>,
    /// New names, as from classic to granular scopes. No new name is an old
    /// name of another: a second pass over the result changes nothing.
    pub rename: BTreeMap<ScopeToken, ScopeToken>,
    /// The tokens that move to `optional_scope`, compared after renaming. They
    /// need not be in `allow` too.
    pub optional: ScopePatterns,
}

impl Normalize {
    /// Puts each token of the lists where it belongs.
    pub(super) fn account(&self, asked: &[Pair<'_>]) -> Account {
        let tokens = tokens(asked);
        let mut account = Account::default();
        // Sets, since an app may hand on a list of any length from the outside.
        let (mut tokens_seen, mut names_seen) = (HashSet::new(), HashSet::new());
        for token in tokens.iter().filter(|token| tokens_seen.insert(*token)) {
            let name = self.rename.get(token).unwrap_or(token);
            let is_optional = self.optional.matches(name);
            let is_allowed = |allow: &ScopePatterns| allow.matches(name);
            if !is_optional && !self.allow.as_ref().is_none_or(is_allowed) {
                account.removed.push(token.clone());
                continue;
            }
            if name != token {
                account.renamed.push((token.clone(), name.clone()));
            }
            if names_seen.insert(name) {
                match is_optional {
                    true => account.optional.push(name.clone()),
                    false => account.kept.push(name.clone()),
                }
            }
        }
        account
    }

    pub(super) fn edit(&self, request: &AuthorizationRequest<'_>) -> Edit {
        let account = self.account(&request.scope);
        let list = scope::join(&account.kept, self.separator);
        let unchanged = match &request.scope[..] {
            [] => true,
            // Compared decoded, so that the spelling of a list that is right stays.
            [only] => *only.decoded_value() == *list && !list.is_empty(),
            _ => false,
        };
        if unchanged {
            return Edit::Nothing;
        }
        Edit::Set {
            scope: (!list.is_empty()).then_some(list),
            optional_scope: self.optional_list(&request.optional_scope, &account.optional),
        }
    }

    /// The new `optional_scope`: what is there and then what moves; `None` where nothing is new.
    fn optional_list(&self, there: &[Pair<'_>], moved: &[ScopeToken]) -> Option<Vec<u8>> {
        let there = tokens(there);
        let known: HashSet<_> = there.iter().collect();
        let is_new = |token: &&ScopeToken| !known.contains(token);
        let mut new = moved.iter().filter(is_new).peekable();
        new.peek()?;
        Some(scope::join(there.iter().chain(new), self.separator))
    }
}
