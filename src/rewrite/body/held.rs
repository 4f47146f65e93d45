//! What is held back until its end is known.

use bytes::Bytes;

use super::{Sink, Tools, candidate::Candidate, form::Form, verdict::Verdict};
use crate::rewrite::splice::{self, Splice};

/// A URL or a form, from its beginning on.
#[derive(Debug)]
pub(super) struct Held {
    /// Its bytes, and some of those behind it.
    pub(super) raw: Vec<u8>,
    /// How many of them have gone out.
    sent: usize,
    what: What,
}

#[derive(Debug)]
enum What {
    Url(Candidate),
    Form(Form),
}

impl Held {
    /// Returns the URL that the host at the end of `before`, which has gone out, may be part of.
    pub(super) fn open(before: &[u8], is_start: bool, is_markup: bool) -> Option<Self> {
        let (start, candidate) = Candidate::open(before, is_start, is_markup)?;
        let raw = before[start..].to_vec();
        Some(Self {
            sent: raw.len(),
            raw,
            what: What::Url(candidate),
        })
    }

    /// Returns the form that this is the action of, where it is one and leads to an endpoint;
    /// all up to `end` has gone out.
    pub(super) fn into_form(self, end: usize, tools: Tools<'_>) -> Option<Self> {
        let What::Url(candidate) = self.what else {
            return None;
        };
        let (mut raw, form) = candidate.into_form(tools.rewriter)?;
        raw.extend_from_slice(&self.raw[..end]);
        Some(Self {
            sent: raw.len(),
            raw,
            what: What::Form(form),
        })
    }

    /// Reads on in what was put into `raw`; `is_all` where nothing comes behind that.
    pub(super) fn read(&mut self, is_all: bool, tools: Tools<'_>, sink: &mut impl Sink) -> Verdict {
        match &mut self.what {
            What::Url(candidate) => candidate.read(&self.raw, is_all, tools.rewriter, sink),
            What::Form(form) => form.read(&self.raw, is_all, tools.rewriter, sink),
        }
    }

    /// Whether it is a URL that the row it stands in has left off in the middle of, where a seam
    /// follows, or goes on if not `is_first`.
    pub(super) fn is_in_row(&self, is_first: bool) -> bool {
        matches!(&self.what, What::Url(candidate) if candidate.is_in_row(is_first))
    }

    /// Takes `seam`, which is no part of such a URL, and returns whether it did: not in the middle
    /// of an escape, where the seam is long, nor beyond `longest` bytes.
    pub(super) fn skip(&mut self, seam: &[u8], longest: usize) -> bool {
        let fits = self.len() + seam.len() < longest;
        let What::Url(candidate) = &mut self.what else {
            return false;
        };
        let skips = fits && candidate.skip(seam, &self.raw);
        if skips {
            self.raw.extend_from_slice(seam);
        }
        skips
    }

    /// How many bytes are held back.
    pub(super) fn len(&self) -> usize {
        self.raw.len() - self.sent
    }

    pub(super) fn is_form(&self) -> bool {
        matches!(self.what, What::Form(_))
    }

    /// Whether it is known to lead to an endpoint.
    pub(super) fn is_request(&self) -> bool {
        match &self.what {
            What::Url(candidate) => candidate.is_request(),
            What::Form(_) => true,
        }
    }

    /// What is to go out up to `end`.
    pub(super) fn output(&self, end: usize, splices: &[Splice]) -> Bytes {
        let edited = splice::apply(&self.raw[..end], splices);
        Bytes::from(edited).slice(self.sent..)
    }

    /// What has not gone out: what was read, and what stands behind that.
    pub(super) fn into_rest(self) -> (Bytes, Bytes) {
        let end = match &self.what {
            What::Url(candidate) => candidate.read_end(),
            What::Form(_) => self.raw.len(),
        };
        let mut read = Bytes::from(self.raw);
        let behind = read.split_off(end);
        (read.slice(self.sent..), behind)
    }
}
