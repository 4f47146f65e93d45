//! Where in a text an endpoint may be: its host, which no producer escapes.

use aho_corasick::{AhoCorasick, AhoCorasickKind};

use crate::oauth::{Endpoint, EndpointTable};

/// A search for the hosts of all endpoints at once, in any case.
#[derive(Debug, Clone)]
pub struct Anchors {
    searcher: Option<AhoCorasick>,
    longest: usize,
}

impl Anchors {
    /// Returns a search for the hosts in `table`.
    pub fn new(table: &EndpointTable) -> Self {
        let mut hosts: Vec<_> = table.iter().map(anchor).collect();
        hosts.sort_unstable();
        hosts.dedup();
        let longest = hosts.iter().map(|host| host.len()).max();
        let searcher = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .kind(Some(AhoCorasickKind::DFA))
            .build(&hosts);
        Self {
            // Only patterns of more than 2 GiB are refused. Without one nothing is found.
            searcher: searcher.ok().filter(|_| !hosts.is_empty()),
            longest: longest.unwrap_or_default(),
        }
    }

    /// Returns where in `chunk`, which stands behind `before`, the first host ends; it may
    /// begin in `before`.
    pub(super) fn find_end(&self, before: &[u8], chunk: &[u8]) -> Option<usize> {
        let searcher = self.searcher.as_ref()?;
        self.find_across(searcher, before, chunk)
            .or_else(|| searcher.find(chunk).map(|found| found.end()))
    }

    fn find_across(&self, searcher: &AhoCorasick, before: &[u8], chunk: &[u8]) -> Option<usize> {
        let reach = self.longest - 1;
        let before = &before[before.len().saturating_sub(reach)..];
        let seam = [before, &chunk[..chunk.len().min(reach)]].concat();
        let mut matches = searcher.find_iter(&seam);
        let found = matches.find(|found| found.end() > before.len())?;
        (found.start() < before.len()).then(|| found.end() - before.len())
    }
}

/// The part of the endpoint's host that is looked for: letters, digits and dots are spelled
/// alike everywhere, a hyphen is escaped by some.
fn anchor(endpoint: &Endpoint) -> &str {
    let host = endpoint.host();
    let is_other = |character: char| !character.is_ascii_alphanumeric() && character != '.';
    let longest = host.split(is_other).max_by_key(|part| part.len());
    // What is left of an address in brackets would be found everywhere.
    longest.filter(|part| part.len() >= 4).unwrap_or(host)
}
