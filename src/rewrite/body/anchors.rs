//! Where in a text an endpoint may be: its host, which no producer escapes.

use std::ops::Range;

use aho_corasick::{AhoCorasick, Input, MatchKind, Span, packed};

use crate::oauth::{Endpoint, EndpointTable};

/// A search for the hosts of all endpoints at once, in any case.
///
/// It looks for three bytes of each host, those that are rarest in texts, in all their cases:
/// so few and short patterns are found many bytes at a time, whole hosts in any case are not.
#[derive(Debug, Clone)]
pub struct Anchors {
    hosts: Vec<Host>,
    searcher: Option<Searcher>,
    longest: usize,
}

#[derive(Debug, Clone)]
enum Searcher {
    /// Looks at many bytes at a time; there is none for more than some ten hosts, nor on every
    /// processor.
    Vectors(packed::Searcher),
    Automaton(AhoCorasick),
}

#[derive(Debug, Clone)]
struct Host {
    name: String,
    /// What of it is looked for.
    piece: Range<usize>,
}

impl Anchors {
    /// Returns a search for the hosts in `table`.
    pub fn new(table: &EndpointTable) -> Self {
        let mut hosts: Vec<_> = table.iter().map(Host::new).collect();
        hosts.sort_unstable_by(|one, other| one.name.cmp(&other.name));
        hosts.dedup_by(|one, other| one.name == other.name);
        let mut pieces: Vec<_> = hosts.iter().flat_map(Host::pieces).collect();
        pieces.sort_unstable();
        pieces.dedup();
        let longest = hosts.iter().map(|host| host.name.len()).max();
        Self {
            searcher: Searcher::new(&pieces),
            longest: longest.unwrap_or_default(),
            hosts,
        }
    }

    /// Returns where in `chunk`, which stands behind `before`, the first host ends; it may
    /// begin in `before`.
    pub(super) fn find_end(&self, before: &[u8], chunk: &[u8]) -> Option<usize> {
        let reach = self.longest.saturating_sub(1);
        let before = &before[before.len().saturating_sub(reach)..];
        let seam = [before, &chunk[..chunk.len().min(reach)]].concat();
        let across = self.find(&seam, before.len());
        across
            .map(|end| end - before.len())
            .or_else(|| self.find(chunk, 0))
    }

    /// Returns the end of the first host in `text` that ends behind `least`.
    fn find(&self, text: &[u8], least: usize) -> Option<usize> {
        let searcher = self.searcher.as_ref()?;
        let mut start = 0;
        // Pieces of two hosts may overlap.
        while let Some(piece) = searcher.find(text, start) {
            let ends = self.hosts.iter().filter_map(|host| host.end(piece, text));
            if let Some(end) = ends.filter(|end| *end > least).min() {
                return Some(end);
            }
            start = piece + 1;
        }
        None
    }
}

impl Searcher {
    /// Returns a search for `pieces`; `None` where there are none.
    fn new(pieces: &[Vec<u8>]) -> Option<Self> {
        if pieces.is_empty() {
            return None;
        }
        if let Some(vectors) = packed::Searcher::new(pieces) {
            return Some(Self::Vectors(vectors));
        }
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostFirst)
            .build(pieces);
        // Only patterns of more than 2 GiB are refused.
        automaton.ok().map(Self::Automaton)
    }

    /// Returns where in `text` the first piece stands that does not begin before `start`.
    fn find(&self, text: &[u8], start: usize) -> Option<usize> {
        let end = text.len();
        let piece = match self {
            Self::Vectors(vectors) => vectors.find_in(text, Span { start, end }),
            Self::Automaton(automaton) => automaton.find(Input::new(text).range(start..)),
        };
        piece.map(|piece| piece.start())
    }
}

impl Host {
    fn new(endpoint: &Endpoint) -> Self {
        let name = anchor(endpoint).to_owned();
        let bytes = name.as_bytes();
        let rarity = |start: &usize| -> usize {
            let piece = &bytes[*start..bytes.len().min(start + PIECE)];
            piece.iter().map(|byte| rarity(*byte)).sum()
        };
        let starts = 0..=bytes.len().saturating_sub(PIECE);
        let start = starts.rev().max_by_key(rarity).unwrap_or_default();
        Self {
            piece: start..bytes.len().min(start + PIECE),
            name,
        }
    }

    /// The piece in all its cases.
    fn pieces(&self) -> Vec<Vec<u8>> {
        let mut pieces = vec![Vec::new()];
        for byte in self.name[self.piece.clone()].bytes() {
            let mut longer = Vec::new();
            for piece in &pieces {
                for case in [byte, byte.to_ascii_uppercase()] {
                    longer.push([&piece[..], &[case]].concat());
                }
            }
            pieces = longer;
        }
        pieces
    }

    /// Where the host ends in `text`, if it is there with its piece at `place`.
    fn end(&self, place: usize, text: &[u8]) -> Option<usize> {
        let start = place.checked_sub(self.piece.start)?;
        let end = start + self.name.len();
        let is_same = text
            .get(start..end)?
            .eq_ignore_ascii_case(self.name.as_bytes());
        is_same.then_some(end)
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

/// How rare a byte is in texts, compared with others of a host. A dot is rare between letters,
/// and has but one case.
fn rarity(byte: u8) -> usize {
    const MOST_COMMON_FIRST: &[u8] = b"etaoinsrhldcumfpgwybvk0123456789.xjqz";
    let mut letters = MOST_COMMON_FIRST.iter();
    letters.position(|it| *it == byte).unwrap_or_default()
}

/// How many bytes of a host are looked for; more have more cases.
const PIECE: usize = 3;
