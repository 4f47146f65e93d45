//! One URL that may be an authorization request, read as its bytes come.

use memchr::{memchr_iter, memmem};

use super::{
    Sink,
    form::{self, Form},
    opening::{Beginning, End, Opening},
};
use crate::oauth::{self, AuthorizationRequest, ClientId, RequestUrl};
use crate::rewrite::{Rewriter, spelling, spelling::Spelled, splice::Splice};

/// A URL from its scheme on.
#[derive(Debug)]
pub(super) struct Candidate {
    /// Its bytes, and some of those behind it.
    pub(super) raw: Vec<u8>,
    /// How many of them have gone out.
    pub(super) sent: usize,
    /// What was read of it.
    spelled: Spelled,
    opening: Opening,
    /// The last visible character before its quote.
    preceding: Option<u8>,
    /// Whether its query has begun, so that it is known to lead to an endpoint.
    has_query: bool,
    /// What stands before it, from the tag on, where it is the action of a form.
    form: Option<Vec<u8>>,
}

/// What is known of what is held back.
#[derive(Debug)]
pub(super) enum Verdict {
    /// Not enough yet.
    More,
    /// It ends at `end`, or nothing more can be said of it from there on, and is to change so.
    Done { end: usize, splices: Vec<Splice> },
}

impl Candidate {
    /// Returns what the host at the end of `before` may be part of.
    pub(super) fn open(before: &[u8], is_start: bool, is_markup: bool) -> Option<Self> {
        if !may_be_url(before) {
            return None;
        }
        let Beginning {
            start,
            opening,
            preceding,
        } = Beginning::find(before, is_start)?;
        let raw = before[start..].to_vec();
        let tag = is_markup.then(|| form::tag_before_action(&before[..start]));
        Some(Self {
            sent: raw.len(),
            spelled: Spelled::of(&raw),
            raw,
            opening,
            preceding,
            has_query: false,
            form: tag.flatten().map(|tag| before[tag..start].to_vec()),
        })
    }

    /// Reads on in `raw`; `is_all` where nothing comes behind it.
    pub(super) fn read(
        &mut self,
        is_all: bool,
        rewriter: &Rewriter,
        sink: &mut impl Sink,
    ) -> Verdict {
        loop {
            let unit = self.spelled.peek(&self.raw, is_all);
            let end = match unit {
                None if !is_all => return Verdict::More,
                None if matches!(self.opening, Opening::Quote(_)) => End::Never,
                None => End::Yes,
                Some(unit) => self.opening.end(unit),
            };
            match (end, unit) {
                (End::No, Some(unit)) => {
                    if unit.ascii() == Some(b'?') && !self.has_query {
                        self.has_query = true;
                        if !self.is_endpoint(rewriter) {
                            return self.leave();
                        }
                    }
                    self.spelled.push(unit);
                    if !self.has_query && self.spelled.bytes().len() > LONGEST_PATH {
                        return self.leave();
                    }
                }
                (End::Yes, _) if self.has_query => return self.decide(is_all, rewriter, sink),
                _ => return self.leave(),
            }
        }
    }

    /// Returns the form that this is the action of, where it is one and leads to an endpoint;
    /// the bytes up to `end` have gone out.
    pub(super) fn into_form(self, end: usize, rewriter: &Rewriter) -> Option<Form> {
        let leads_there = self.form.is_some() && self.is_endpoint(rewriter);
        let mut raw = self.form.filter(|_| leads_there)?;
        raw.extend_from_slice(&self.raw[..end]);
        Some(Form::new(raw, self.spelled.bytes().to_vec()))
    }

    fn is_endpoint(&self, rewriter: &Rewriter) -> bool {
        let url = self.spelled.bytes();
        oauth::recognise(url, &RequestUrl::UNKNOWN, &rewriter.endpoints).is_ok()
    }

    fn leave(&self) -> Verdict {
        Verdict::Done {
            end: self.spelled.raw_len(),
            splices: Vec::new(),
        }
    }

    fn decide(&self, is_all: bool, rewriter: &Rewriter, sink: &mut impl Sink) -> Verdict {
        let url = self.url();
        let Ok((decision, splices)) = rewriter.decide(url, &RequestUrl::UNKNOWN) else {
            return self.leave();
        };
        if let Some(splices) = splices {
            match self.is_whole_value(&decision.request, is_all) {
                None => return Verdict::More,
                Some(false) => return self.leave(),
                Some(true) => {
                    sink.found(&decision);
                    return Verdict::Done {
                        end: self.spelled.raw_len(),
                        splices: self.spelled.spell(&self.raw, splices),
                    };
                }
            }
        }
        sink.found(&decision);
        self.leave()
    }

    /// The URL, without the punctuation of the sentence that it stands in.
    fn url(&self) -> &[u8] {
        let read = self.spelled.bytes();
        if self.opening != Opening::Text {
            return read;
        }
        let last = read.iter().rposition(|byte| !b".,;:!?)]}*".contains(byte));
        &read[..last.map_or(0, |last| last + 1)]
    }

    /// Whether the string is a value as it is: not a key of an object, and not a part that a
    /// script joins with others. `None` where what follows is not there yet.
    fn is_whole_value(&self, request: &AuthorizationRequest<'_>, is_all: bool) -> Option<bool> {
        let is_quoted = matches!(self.opening, Opening::Quote(_));
        let url = self.spelled.bytes();
        if has_placeholder(url) || is_quoted && has_text_behind(url) {
            return Some(false);
        }
        let mut units = Behind {
            raw: &self.raw,
            at: self.spelled.raw_len(),
            is_all,
        };
        // What is in no quotes may be the end of a string that is.
        if !matches!(units.next()?, Some(b'"' | b'\'' | b'`')) && !is_quoted {
            return Some(true);
        }
        let mut next = units.next_visible()?;
        let is_argument = next == Some(b')');
        while next == Some(b')') {
            next = units.next_visible()?;
        }
        Some(match next {
            Some(b'+') => false,
            // A key of an object.
            Some(b':') => !matches!(self.preceding, Some(b'{' | b',')),
            // `?.concat(...)` and `[0]`.
            Some(b'[') if !is_argument => false,
            Some(b'?') => units.next()? != Some(b'.'),
            // `.concat(...)`, which is no end of a sentence.
            Some(b'.') => !units.next()?.is_some_and(|byte| byte.is_ascii_alphabetic()),
            // A comment may stand before a `+`.
            Some(b'/') => !matches!(units.next()?, Some(b'/' | b'*')),
            Some(b';') => !may_be_continued(request),
            // A name, which a script has where JSON has a value, may be joined to it.
            Some(b',') => {
                let next = units.next_visible()?;
                let is_name = |byte: u8| byte.is_ascii_alphabetic() || b"_$".contains(&byte);
                !next.is_some_and(is_name) || !may_be_continued(request)
            }
            _ => !is_argument || !may_be_continued(request),
        })
    }
}

/// Whether a script has yet to put something into the URL: a template's placeholder, or what
/// stands between the quotes of a string around this one.
fn has_placeholder(url: &[u8]) -> bool {
    let is_joint = |at: usize| {
        let behind = url[at + 1..].iter().find(|byte| **byte != b' ');
        let before = url[..at].iter().rfind(|byte| **byte != b' ');
        before == Some(&b'\'') || behind == Some(&b'\'')
    };
    let mut pluses = memchr_iter(b'+', url);
    memmem::find(url, b"${").is_some() || pluses.any(is_joint)
}

/// Whether words stand behind the URL in its string: spaces may stand in a list of scopes, and
/// a word of that has a colon, or another parameter behind it.
fn has_text_behind(url: &[u8]) -> bool {
    let mut words = url.split(|byte| *byte == b' ').skip(1);
    words.any(|word| !word.is_empty() && !word.iter().any(|byte| b":&=".contains(byte)))
}

/// Whether a statement that follows may add to the URL: one that asks for no client, or ends
/// with a scope that has yet to be named, is of no use as it is.
fn may_be_continued(request: &AuthorizationRequest<'_>) -> bool {
    let query = request.reference.query.unwrap_or_default();
    let ends_with_scope = request.scope.last().is_some_and(|pair| {
        let is_end = request.reference.after.is_empty();
        is_end && pair.start + pair.raw.len() == query.len() && pair.decoded_value().is_empty()
    });
    ends_with_scope || request.client_id == ClientId::Missing
}

/// Whether the host at the end of `before` stands behind something that may be a slash, however
/// that is spelled: most that are only mentioned do not.
fn may_be_url(before: &[u8]) -> bool {
    let is_label = |byte: &u8| byte.is_ascii_alphanumeric() || b".-_".contains(byte);
    let last = before.iter().rfind(|byte| !is_label(byte));
    matches!(last, Some(b'/' | b'\\' | b';' | b'}'))
}

/// The characters behind a URL.
struct Behind<'r> {
    raw: &'r [u8],
    at: usize,
    is_all: bool,
}

impl Behind<'_> {
    /// Returns the next character that is no white space, as [`Behind::next`] does.
    fn next_visible(&mut self) -> Option<Option<u8>> {
        loop {
            match self.next()? {
                Some(b' ' | b'\t' | b'\n' | b'\r') => {}
                next => return Some(next),
            }
        }
    }

    /// Returns the next character, where it is one of ASCII; `None` where it is not there yet.
    fn next(&mut self) -> Option<Option<u8>> {
        let rest = &self.raw[self.at..];
        if rest.is_empty() {
            return self.is_all.then_some(None);
        }
        let unit = spelling::read(rest, self.is_all)?;
        self.at += unit.length;
        Some(unit.ascii())
    }
}

/// The longest that stands before a query that is looked at; the path of an endpoint is short.
const LONGEST_PATH: usize = 1024;
