//! What `scope` in an authorize URL does, by the age and kind of the app.

use thiserror::Error;

/// How Zoom treats `scope` for one app.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Regime {
    /// Classic scopes: any `scope` parameter is invalid, an empty one too.
    ClassicStrict,
    /// Classic scopes: as strict for a browser that is signed in, and ignored for one that is
    /// not, which is why a first try in a fresh browser proves little.
    ClassicLenient,
    /// Granular scopes: a subset of the saved ones may be asked for.
    Granular {
        /// What stands between two names. With another character there the whole
        /// list is one name, which no app has saved.
        separator: char,
    },
    /// Classic scopes, as long ago: the parameter is ignored.
    Ignore,
}

/// The scope part of an authorization request.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) scope: Option<String>,
    pub(super) optional_scope: Option<String>,
    pub(super) is_signed_in: bool,
}

/// The page that this is all about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("Invalid scope")]
pub struct InvalidScope;

impl Regime {
    /// Returns what is granted to an app that has saved `saved`.
    pub(super) fn grant(
        &self,
        asked: &Asked,
        saved: &[String],
    ) -> Result<Vec<String>, InvalidScope> {
        let is_asked = asked.scope.is_some();
        match self {
            Self::ClassicStrict if is_asked => Err(InvalidScope),
            Self::ClassicLenient if is_asked && asked.is_signed_in => Err(InvalidScope),
            Self::ClassicStrict | Self::ClassicLenient | Self::Ignore => Ok(saved.to_vec()),
            Self::Granular { separator } => asked.granular(saved, *separator),
        }
    }
}

impl Asked {
    /// Returns the names asked for, optional ones last; all that are saved where there are none.
    fn granular(&self, saved: &[String], separator: char) -> Result<Vec<String>, InvalidScope> {
        let lists = [&self.scope, &self.optional_scope].into_iter().flatten();
        let mut granted: Vec<String> = Vec::new();
        for name in lists
            .flat_map(|list| list.split(separator))
            .filter(|it| !it.is_empty())
        {
            if !saved.iter().any(|it| it == name) {
                return Err(InvalidScope);
            }
            if !granted.iter().any(|it| it == name) {
                granted.push(name.to_owned());
            }
        }
        match granted.is_empty() {
            true => Ok(saved.to_vec()),
            false => Ok(granted),
        }
    }
}
