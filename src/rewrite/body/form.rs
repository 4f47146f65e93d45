//! A form that leads to an authorization endpoint: its hidden inputs are the
//! parameters, and no URL holds them before the browser makes it.
//!
//! The tags of such a form are read here and not by a parser of HTML: nothing
//! of the page before it was parsed, which is what makes pages cheap, and only
//! spans of its own bytes may change.

mod tags;

use std::ops::Range;

use super::{Sink, verdict::Verdict};
use crate::oauth::{Reference, RequestUrl};
use crate::policy::Edit;
use crate::query;
use crate::rewrite::{Rewriter, edit::Lists, splice::Splice};

use tags::{Delimiter, Tag, Tags};

/// A form from its tag on.
#[derive(Debug)]
pub(super) struct Form {
    /// Where it leads.
    action: Vec<u8>,
    /// Up to where its end was looked for.
    searched: usize,
}

impl Form {
    /// Returns the form that leads to `action`.
    pub(super) fn new(action: Vec<u8>) -> Self {
        Self {
            action,
            searched: 0,
        }
    }

    /// Reads on in `raw`, the form from its tag on; `is_all` where nothing comes behind it.
    pub(super) fn read(
        &mut self,
        raw: &[u8],
        is_all: bool,
        rewriter: &Rewriter,
        sink: &mut impl Sink,
    ) -> Verdict {
        let found = find_end_tag(&raw[self.searched..]);
        let end = match found {
            Some(place) => self.searched + place,
            None if is_all => raw.len(),
            None => {
                let overlap = END_TAG.len() - 1;
                self.searched = self.searched.max(raw.len().saturating_sub(overlap));
                return Verdict::More;
            }
        };
        Verdict::Done {
            end,
            splices: self.splices(&raw[..end], rewriter, sink),
        }
    }

    fn splices(&self, raw: &[u8], rewriter: &Rewriter, sink: &mut impl Sink) -> Vec<Splice> {
        let mut tags = Tags::new(raw);
        let is_get = tags.next().is_some_and(|form| is_get(&form, raw));
        let inputs: Vec<_> = tags.filter_map(|tag| Input::of(&tag, raw)).collect();
        // Those before the action have gone out: attributes, never an input.
        if !is_get || inputs.is_empty() || inputs.iter().any(|input| input.is_unfinished(raw)) {
            return Vec::new();
        }
        let reference = self.request(&inputs);
        let Ok((decision, _)) = rewriter.decide(&reference, &RequestUrl::UNKNOWN) else {
            return Vec::new();
        };
        sink.found(&decision);
        match &decision.edit {
            Edit::Set {
                scope,
                optional_scope,
            } if !decision.dry_run => edit(&inputs, scope.as_deref(), optional_scope.as_deref()),
            _ => Vec::new(),
        }
    }

    /// The URL that a browser makes of the form: the action's own query goes.
    fn request(&self, inputs: &[Input]) -> Vec<u8> {
        let pair =
            |input: &Input| [query::encode(&input.name), query::encode(&input.value)].join(&b'=');
        let pairs: Vec<_> = inputs.iter().map(pair).collect();
        let action = Reference::new(&self.action).before;
        [action, b"?", &pairs.join(&b'&')].concat()
    }
}

/// Returns where the form's tag begins, where the URL behind `before` is its action.
pub(super) fn tag_before_action(before: &[u8]) -> Option<usize> {
    let value = before.trim_ascii_end();
    let value = match value {
        [value @ .., b'"' | b'\''] => value.trim_ascii_end(),
        value => value,
    };
    let name = value.strip_suffix(b"=")?.trim_ascii_end();
    let other = name.len().checked_sub(ACTION.len() + 1)?;
    let is_action =
        name[other].is_ascii_whitespace() && name[other + 1..].eq_ignore_ascii_case(ACTION);
    let tag = before.iter().rposition(|byte| *byte == b'<')?;
    let start = before.get(tag + 1..tag + 1 + FORM.len() + 1)?;
    let is_form =
        start[..FORM.len()].eq_ignore_ascii_case(FORM) && start[FORM.len()].is_ascii_whitespace();
    (is_action && is_form).then_some(tag)
}

/// Any other method is GET (HTML, section 4.10.18.6), and so is none.
fn is_get(form: &Tag, raw: &[u8]) -> bool {
    let method = form.attribute(b"method", raw).unwrap_or_default();
    let mut others = [&b"post"[..], b"dialog"].into_iter();
    !others.any(|other| method.eq_ignore_ascii_case(other))
}

/// An input with a value that the page gives it.
struct Input {
    tag: Range<usize>,
    name: Vec<u8>,
    value: Vec<u8>,
    /// How its name is delimited.
    delimiter: Delimiter,
    /// Where the value is written, and how it is delimited; `None` where there is none.
    written: Option<(Range<usize>, Delimiter)>,
    /// Whether the tag ends with `/>`, as XHTML wants.
    is_closed: bool,
}

impl Input {
    /// Returns `None` for other tags, for inputs whose value is the user's to give, and for those
    /// that are not sent with the form.
    fn of(tag: &Tag, raw: &[u8]) -> Option<Self> {
        let is_input = raw[tag.name.clone()].eq_ignore_ascii_case(b"input");
        let kind = tag.attribute(b"type", raw).unwrap_or_default();
        let is_hidden = kind.eq_ignore_ascii_case(b"hidden") || tag.find(b"hidden", raw).is_some();
        let is_elsewhere = tag.find(b"form", raw).is_some() || tag.find(b"disabled", raw).is_some();
        (is_input && is_hidden && !is_elsewhere).then_some(())?;
        let written = tag.find(b"value", raw);
        Some(Self {
            tag: tag.range.clone(),
            name: tag.attribute(b"name", raw)?,
            value: tag.attribute(b"value", raw).unwrap_or_default(),
            delimiter: tag.find(b"name", raw)?.delimiter?,
            written: written.and_then(|it| Some((it.value.clone(), it.delimiter?))),
            is_closed: raw[tag.range.clone()].ends_with(b"/>"),
        })
    }

    /// Whether its value counts and is yet to be given or put together, by a script or a template.
    /// None of these bytes is in a scope or a client_id as it is.
    fn is_unfinished(&self, raw: &[u8]) -> bool {
        let counts = [&b"client_id"[..], b"scope", b"optional_scope"].contains(&&self.name[..]);
        let is_finished = self.written.as_ref().is_some_and(|(value, _)| {
            let mut bytes = raw[value.clone()].iter();
            !bytes.any(|byte| b"\"'`\\<>{}".contains(byte))
        });
        counts && !is_finished
    }

    /// The input with another value, delimited as it was: what the form stands in may give
    /// other quotes a meaning. `None` where it has no value.
    fn with_value(&self, value: &[u8]) -> Option<Splice> {
        let (written, delimiter) = self.written.clone()?;
        Some(Splice {
            range: written,
            text: delimiter.escape(value),
        })
    }

    /// An `optional_scope` behind it.
    fn followed_by_optional(&self, list: &[u8]) -> Splice {
        let enclosed = |value| self.delimiter.enclose(value);
        let parts: [&[u8]; 7] = [
            b"<input type=",
            &enclosed(b"hidden"),
            b" name=",
            &enclosed(b"optional_scope"),
            b" value=",
            &enclosed(list),
            if self.is_closed { b" />" } else { b">" },
        ];
        Splice {
            range: self.tag.end..self.tag.end,
            text: parts.concat(),
        }
    }

    /// Nothing in its place.
    fn removed(&self) -> Splice {
        Splice {
            range: self.tag.clone(),
            text: Vec::new(),
        }
    }
}

/// Puts `scope` in place of all inputs of that name, and `optional_scope`, where there is one.
fn edit(inputs: &[Input], scope: Option<&[u8]>, optional_scope: Option<&[u8]>) -> Vec<Splice> {
    let has_optional = inputs.iter().any(|it| it.name == b"optional_scope");
    let mut lists = Lists::new(scope, optional_scope, has_optional);
    let mut splices = Vec::new();
    for input in inputs {
        let Some((list, beside)) = lists.take(&input.name) else {
            continue;
        };
        splices.extend(match list {
            Some(list) => input.with_value(list),
            None => Some(input.removed()),
        });
        splices.extend(beside.map(|list| input.followed_by_optional(list)));
    }
    splices
}

fn find_end_tag(raw: &[u8]) -> Option<usize> {
    let mut windows = raw.windows(END_TAG.len());
    windows.position(|window| window.eq_ignore_ascii_case(END_TAG))
}

const FORM: &[u8] = b"form";
const ACTION: &[u8] = b"action";
const END_TAG: &[u8] = b"</form";
