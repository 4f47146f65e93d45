//! One URL that may be an authorization request, read as its bytes come.

use super::{
    Sink,
    following::{Following, Role},
    form::{self, Form},
    opening::{Beginning, End, Opening, may_be_url},
    verdict::Verdict,
    words::{end_of_url, has_placeholder},
};
use crate::oauth::{self, RequestUrl};
use crate::rewrite::{
    Rewriter,
    spelling::{Spelled, Unit},
};

/// A URL from its scheme on.
#[derive(Debug)]
pub(super) struct Candidate {
    /// What was read of its bytes.
    spelled: Spelled,
    opening: Opening,
    /// The last visible character before its quote.
    preceding: Option<u8>,
    /// Whether its query has begun, so that it is known to lead to an endpoint.
    has_query: bool,
    /// Whether its end has come, so that only what follows is yet to be seen.
    has_ended: bool,
    /// What stands before it, from the tag on, where it is the action of a form.
    form: Option<Vec<u8>>,
}

impl Candidate {
    /// Returns what the host at the end of `before` may be part of, and where that begins.
    pub(super) fn open(before: &[u8], is_start: bool, is_markup: bool) -> Option<(usize, Self)> {
        if !may_be_url(before) {
            return None;
        }
        let Beginning {
            start,
            opening,
            preceding,
        } = Beginning::find(before, is_start)?;
        let tag = is_markup.then(|| form::tag_before_action(&before[..start]));
        let candidate = Self {
            spelled: Spelled::of(&before[start..]),
            opening,
            preceding,
            has_query: false,
            has_ended: false,
            form: tag.flatten().map(|tag| before[tag..start].to_vec()),
        };
        Some((start, candidate))
    }

    /// Reads on in `raw`, the URL and what stands behind it; `is_all` where nothing comes after
    /// that.
    pub(super) fn read(
        &mut self,
        raw: &[u8],
        is_all: bool,
        rewriter: &Rewriter,
        sink: &mut impl Sink,
    ) -> Verdict {
        loop {
            let unit = self.spelled.peek(raw, is_all);
            let end = match unit {
                None if !is_all => return Verdict::More,
                None if matches!(self.opening, Opening::Quote(_)) => End::Never,
                None => End::Yes,
                Some(unit) => self.opening.end(unit),
            };
            match (end, unit) {
                (End::No, Some(unit)) => {
                    if !self.has_query && !self.may_go_on(unit, rewriter) {
                        return self.leave();
                    }
                    self.spelled.push(unit);
                }
                (End::Yes, _) if self.has_query => {
                    self.has_ended = true;
                    return self.decide(raw, is_all, rewriter, sink);
                }
                _ => return self.leave(),
            }
        }
    }

    /// Whether what was read up to `unit` may lead to an endpoint.
    fn may_go_on(&mut self, unit: Unit, rewriter: &Rewriter) -> bool {
        match unit.ascii() {
            Some(b'?') => {
                self.has_query = true;
                self.is_endpoint(rewriter)
            }
            // A text goes on, which may hold another URL.
            Some(b' ') => false,
            _ => self.spelled.bytes().len() < LONGEST_PATH,
        }
    }

    /// Returns the form that this is the action of, where it is one and leads to an endpoint,
    /// and what stands before the URL, from the form's tag on.
    pub(super) fn into_form(mut self, rewriter: &Rewriter) -> Option<(Vec<u8>, Form)> {
        let tag = self.form.take()?;
        let leads_there = self.is_endpoint(rewriter);
        leads_there.then(|| (tag, Form::new(self.spelled.bytes().to_vec())))
    }

    fn is_endpoint(&self, rewriter: &Rewriter) -> bool {
        let url = self.spelled.bytes();
        oauth::recognise(url, &RequestUrl::UNKNOWN, &rewriter.endpoints).is_ok()
    }

    /// Whether this is known to lead to an endpoint, as far as it was read.
    pub(super) fn is_request(&self) -> bool {
        self.has_query
    }

    /// Whether its row was left in the middle of the URL: right now, where the seam behind that
    /// `is_first`, or before. One that stands in the seam itself is none of the row's.
    pub(super) fn is_in_row(&self, is_first: bool) -> bool {
        !self.has_ended && (is_first || self.spelled.raw_len() > self.read_end())
    }

    /// Passes over `seam`, which stands behind `raw` and is no part of the URL. Returns whether
    /// it can: not in the middle of an escape, nor where the seam is long.
    pub(super) fn skip(&mut self, seam: &[u8], raw: &[u8]) -> bool {
        let is_between = self.spelled.raw_len() == raw.len();
        let length = raw.len() - self.read_end() + seam.len();
        let fits = is_between && length <= LONGEST_SEAM;
        if fits {
            self.spelled.skip(seam.len());
        }
        fits
    }

    /// Where what was read ends.
    pub(super) fn read_end(&self) -> usize {
        self.spelled.raw_end(self.spelled.bytes().len())
    }

    fn leave(&self) -> Verdict {
        Verdict::Done {
            end: self.read_end(),
            splices: Vec::new(),
        }
    }

    fn decide(
        &self,
        raw: &[u8],
        is_all: bool,
        rewriter: &Rewriter,
        sink: &mut impl Sink,
    ) -> Verdict {
        let Some(url) = self.url() else {
            return self.leave();
        };
        // First, as a long list takes its time and what follows may come byte by byte.
        let Some(role) = self.role(url, &raw[self.spelled.raw_len()..], is_all) else {
            return Verdict::More;
        };
        let Ok((decision, splices)) = rewriter.decide(url, &RequestUrl::UNKNOWN) else {
            return self.leave();
        };
        if splices.is_some() && !role.may_change(&decision.request) {
            return self.leave();
        }
        sink.found(&decision);
        Verdict::Done {
            end: self.spelled.raw_start(url.len()),
            splices: self.spelled.spell(raw, splices.unwrap_or_default()),
        }
    }

    /// The URL, without the text that it stands in; `None` where one cannot be told from the
    /// other.
    fn url(&self) -> Option<&[u8]> {
        let read = self.spelled.bytes();
        let end = match self.opening {
            Opening::Text => {
                let last = read.iter().rposition(|byte| !b".,;:!?)]}*".contains(byte));
                last.map_or(0, |last| last + 1)
            }
            Opening::Quote(quote) if !quote.is_attribute => end_of_url(read)?,
            _ => read.len(),
        };
        Some(&read[..end])
    }

    /// What `url` is to the string or text that it stands in; `None` where not enough is there
    /// yet of what follows.
    fn role(&self, url: &[u8], following: &[u8], is_all: bool) -> Option<Role> {
        let is_quoted = matches!(self.opening, Opening::Quote(_));
        let is_followed_by_text = is_quoted && url.len() < self.spelled.bytes().len();
        if has_placeholder(url) {
            return Some(Role::Part);
        }
        if is_followed_by_text {
            return Some(Role::Value);
        }
        Following::new(following, is_all).role(is_quoted, self.preceding)
    }
}

/// The longest that stands before a query that is looked at; the path of an endpoint is short.
const LONGEST_PATH: usize = 1024;

/// The most bytes between two parts of a row: the end of a script and the beginning of the next.
const LONGEST_SEAM: usize = 512;
