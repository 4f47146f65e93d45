//! Many patterns at once.

use super::{ScopePattern, ScopeToken};

/// Patterns of scope names. How long a look takes grows with the logarithm of their number.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ScopePatterns {
    /// Sorted, none twice.
    exact: Vec<ScopeToken>,
    /// Sorted, and none begins with another one.
    prefixes: Vec<Vec<u8>>,
}

impl ScopePatterns {
    /// Whether one of them matches `token`.
    pub fn matches(&self, token: &ScopeToken) -> bool {
        self.has_prefix_of(token.as_bytes()) || self.exact.binary_search(token).is_ok()
    }

    /// The prefixes of a name stand before it. Whatever stands between one of them and the name
    /// begins with that prefix, so it is not among them: only the last one before the name can be
    /// a prefix of it.
    fn has_prefix_of(&self, name: &[u8]) -> bool {
        let before = self.prefixes.partition_point(|it| it.as_slice() <= name);
        let last = before.checked_sub(1).map(|place| &self.prefixes[place]);
        last.is_some_and(|prefix| name.starts_with(prefix))
    }
}

impl FromIterator<ScopePattern> for ScopePatterns {
    fn from_iter<I: IntoIterator<Item = ScopePattern>>(patterns: I) -> Self {
        let mut set = Self::default();
        for pattern in patterns {
            match pattern {
                ScopePattern::Exact(name) => set.exact.push(name),
                ScopePattern::Prefix(start) => set.prefixes.push(start),
            }
        }
        set.exact.sort_unstable();
        set.exact.dedup();
        set.prefixes.sort_unstable();
        // What begins with another one stands right behind it, and matches nothing more.
        set.prefixes.dedup_by(|later, kept| later.starts_with(kept));
        set
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Few letters, so that names, prefixes and patterns meet.
        #[test]
        fn set_matches_what_one_of_its_patterns_matches(
            patterns in proptest::collection::vec("[ab:]{0,4}\\*|[ab:]{1,5}", 0..12),
            names in proptest::collection::vec("[ab:]{1,6}", 1..20),
        ) {
            let parse = |text: &String| ScopePattern::parse(text).unwrap();
            let patterns: Vec<_> = patterns.iter().map(parse).collect();
            let set: ScopePatterns = patterns.iter().cloned().collect();
            for name in names.iter().map(|it| ScopeToken::parse(it).unwrap()) {
                let one_by_one = patterns.iter().any(|pattern| pattern.matches(&name));
                prop_assert_eq!(set.matches(&name), one_by_one, "{} in {:?}", name, &patterns);
            }
        }
    }

    #[test]
    fn empty_set_matches_nothing() {
        let name = ScopeToken::parse("a").unwrap();
        assert!(!ScopePatterns::default().matches(&name));
    }
}
