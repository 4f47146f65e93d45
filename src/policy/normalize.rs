//! The `normalize` policy: rename, allow, deduplicate, move to optional, join.

use std::collections::{BTreeMap, HashSet};

use super::{Edit, Outcome, tokens};
use crate::oauth::AuthorizationRequest;
use crate::scope::{self, ScopePattern, ScopeToken, Separator};

/// How a scope list is cleaned up.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Normalize {
    /// What stands between the tokens that stay.
    pub separator: Separator,
    /// The tokens that stay, compared after renaming; `None` for all.
    pub allow: Option<Vec<ScopePattern>>,
    /// New names, as from classic to granular scopes. No new name is an old
    /// name of another: a second pass over the result changes nothing.
    pub rename: BTreeMap<ScopeToken, ScopeToken>,
    /// The tokens that move to `optional_scope`, compared after renaming. They
    /// need not be in `allow` too.
    pub optional: Vec<ScopePattern>,
}

impl Normalize {
    pub(super) fn apply(&self, request: &AuthorizationRequest<'_>) -> Outcome {
        let tokens = tokens(&request.scope);
        let mut outcome = Outcome::default();
        // Sets, since an app may hand on a list of any length from the outside.
        let (mut tokens_seen, mut names_seen) = (HashSet::new(), HashSet::new());
        for token in tokens.iter().filter(|token| tokens_seen.insert(*token)) {
            let name = self.rename.get(token).unwrap_or(token);
            let matches = |patterns: &[ScopePattern]| patterns.iter().any(|it| it.matches(name));
            let is_optional = matches(&self.optional);
            if !is_optional && !self.allow.as_deref().is_none_or(matches) {
                outcome.removed.push(token.clone());
                continue;
            }
            if name != token {
                outcome.renamed.push((token.clone(), name.clone()));
            }
            if names_seen.insert(name) {
                match is_optional {
                    true => outcome.optional.push(name.clone()),
                    false => outcome.kept.push(name.clone()),
                }
            }
        }
        outcome.edit = self.edit(request, &outcome);
        outcome
    }

    fn edit(&self, request: &AuthorizationRequest<'_>, outcome: &Outcome) -> Edit {
        let list = scope::join(&outcome.kept, self.separator);
        let unchanged = match &request.scope[..] {
            [] => true,
            // Compared decoded, so that the spelling of a list that is right stays.
            [only] => **only == *list && !list.is_empty(),
            _ => false,
        };
        if unchanged {
            return Edit::Nothing;
        }
        Edit::Set {
            scope: (!list.is_empty()).then_some(list),
            optional_scope: self.optional_list(request, outcome),
        }
    }

    /// The new `optional_scope`: what is there and then what moves; `None` where nothing is new.
    fn optional_list(
        &self,
        request: &AuthorizationRequest<'_>,
        outcome: &Outcome,
    ) -> Option<Vec<u8>> {
        let there = tokens(&request.optional_scope);
        let known: HashSet<_> = there.iter().collect();
        let is_new = |token: &&ScopeToken| !known.contains(token);
        let mut new = outcome.optional.iter().filter(is_new).peekable();
        new.peek()?;
        Some(scope::join(there.iter().chain(new), self.separator))
    }
}
