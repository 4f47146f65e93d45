//! The `normalize` policy: rename, allow, deduplicate, move to optional, join.

use std::collections::BTreeMap;

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
        let mut outcome = Outcome::default();
        for token in tokens(&request.scope) {
            self.sort(token, &mut outcome);
        }
        outcome.edit = self.edit(request, &outcome);
        outcome
    }

    /// Puts `token` where it belongs.
    fn sort(&self, token: ScopeToken, outcome: &mut Outcome) {
        let name = match self.rename.get(&token) {
            Some(new) => new.clone(),
            None => token.clone(),
        };
        let matches = |patterns: &[ScopePattern]| patterns.iter().any(|it| it.matches(&name));
        let is_optional = matches(&self.optional);
        if !is_optional && !self.allow.as_deref().is_none_or(matches) {
            push_new(&mut outcome.removed, token);
            return;
        }
        if name != token {
            push_new(&mut outcome.renamed, (token, name.clone()));
        }
        match is_optional {
            true => push_new(&mut outcome.optional, name),
            false => push_new(&mut outcome.kept, name),
        }
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
        let mut list = tokens(&request.optional_scope);
        let before = list.len();
        for token in &outcome.optional {
            if !list.contains(token) {
                list.push(token.clone());
            }
        }
        (list.len() > before).then(|| scope::join(&list, self.separator))
    }
}

/// Appends `item` where `list` does not hold it yet.
fn push_new<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if !list.contains(&item) {
        list.push(item);
    }
}
