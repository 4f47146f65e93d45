//! Documents with authorization requests in them, put together from parts, so
//! that what must become of each is known to the byte. Nothing is asked of the
//! library: how a URL is spelled and edited is said here once more.

mod form;
#[rustfmt::skip]
mod places;
mod url;

use super::hostile::Random;
use places::{JUNK, NO_PLACES, PLACES, Place};

/// One document and what must become of it.
#[derive(Debug, Default)]
pub struct Document {
    parts: Vec<Part>,
    /// The client of each request that is told of, and whether anything changes.
    pub found: Vec<(String, bool)>,
}

#[derive(Debug)]
struct Part {
    before: Vec<u8>,
    after: Vec<u8>,
    /// Where the two begin to differ; `None` for a part that stays.
    change: Option<usize>,
}

/// Clients by their policy: see [`LISTS`] for the second, the scope of all others is stripped.
const CLIENTS: &[&str] = &["a", "normal", "kept", "b-1"];

/// A scope list as it stands in a query, and what the policy of `normal` makes of it: it joins
/// with `,`, allows `user:*`, renames `old` to `user:new` and makes `recording:*` optional.
#[derive(Debug, Clone, Copy)]
struct List {
    raw: &'static str,
    scope: Option<&'static str>,
    optional: Option<&'static str>,
}

#[rustfmt::skip]
const LISTS: &[List] = &[
    List { raw: "user:read", scope: Some("user:read"), optional: None },
    List { raw: "user:read+meeting:read", scope: Some("user:read"), optional: None },
    List { raw: "old%20user:read", scope: Some("user:new,user:read"), optional: None },
    List { raw: "meeting:read", scope: None, optional: None },
    List { raw: "recording:read,user:a", scope: Some("user:a"), optional: Some("recording:read") },
    List { raw: "recording:read", scope: None, optional: Some("recording:read") },
    List { raw: "x+user:o%27neil", scope: Some("user:o'neil"), optional: None },
    List { raw: "", scope: None, optional: None },
];

impl List {
    /// Whether `normal` may have it as it is.
    fn is_normal(&self) -> bool {
        self.scope == Some(self.raw) && self.optional.is_none()
    }
}

impl Document {
    /// Returns a document for a rewriter that holds back `longest` bytes, which are 2,000 at
    /// least. Forms count in it where `is_markup` is set.
    pub fn new(random: &mut Random, longest: usize, is_markup: bool) -> Self {
        let mut document = Self::default();
        for _ in 0..=random.below(6) {
            match random.below(10) {
                0..3 => document.junk(random),
                3..5 => document.form(random, is_markup),
                5 => document.url(random, NO_PLACES, longest),
                _ => document.url(random, PLACES, longest),
            }
        }
        document
    }

    /// The document as it comes.
    pub fn before(&self) -> Vec<u8> {
        let parts = self.parts.iter().flat_map(|part| &part.before);
        parts.copied().collect()
    }

    /// The document as it must be.
    pub fn after(&self) -> Vec<u8> {
        let parts = self.parts.iter().flat_map(|part| &part.after);
        parts.copied().collect()
    }

    /// How many bytes at least are held back where so many of them were `taken` and so many
    /// `given`.
    pub fn held(&self, taken: usize, mut given: usize) -> usize {
        let mut passed = 0;
        for part in &self.parts {
            if given < part.after.len() {
                // From the change on nobody can tell how much has passed.
                let is_told = part.change.is_none_or(|change| given < change);
                passed += if is_told { given } else { part.before.len() };
                break;
            }
            passed += part.before.len();
            given -= part.after.len();
        }
        taken.saturating_sub(passed)
    }

    fn junk(&mut self, random: &mut Random) {
        for _ in 0..random.below(8) {
            self.stays(random.one(JUNK).as_bytes());
        }
        // Whatever it ends in, what follows begins on a line of its own.
        self.stays(b"\n");
    }

    fn url(&mut self, random: &mut Random, places: &[Place], longest: usize) {
        let place = random.one(places);
        let spelling = random.one(place.spellings);
        let client = random.one(CLIENTS);
        // Clear of the bound: what stands right behind a URL is held back with it.
        let filling = match random.below(8) {
            0 => longest + 100,
            1 => longest - 1500,
            _ => 0,
        };
        let (before, after) = url::url(random, spelling, client, filling);
        let changes = before != after;
        let fits = filling < longest;
        let (start, end) = place.text.split_once('@').expect("a place has an `@`");
        self.stays(start.as_bytes());
        match fits && place.is_value {
            true => self.becomes(before, after),
            false => self.stays(&before),
        }
        self.stays(end.as_bytes());
        if fits && place.is_seen && (place.is_value || !changes) {
            self.found.push((client.to_owned(), changes));
        }
    }

    fn stays(&mut self, text: &[u8]) {
        self.becomes(text.to_vec(), text.to_vec());
    }

    fn becomes(&mut self, before: Vec<u8>, after: Vec<u8>) {
        let mut pairs = before.iter().zip(&after);
        let change = pairs.position(|(one, other)| one != other);
        let shorter = before.len().min(after.len());
        let change = change.or((before.len() != after.len()).then_some(shorter));
        self.parts.push(Part {
            before,
            after,
            change,
        });
    }
}
