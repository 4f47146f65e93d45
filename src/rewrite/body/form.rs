//! A form that leads to an authorization endpoint: its hidden inputs are the
//! parameters, and no URL holds them before the browser makes it.
//!
//! The tags of such a form are read here and not by a parser of HTML: nothing
//! of the page before it was parsed, which is what makes pages cheap, and only
//! spans of its own bytes may change.

use std::ops::Range;

use super::{Sink, candidate::Verdict};
use crate::oauth::{Reference, RequestUrl};
use crate::policy::Edit;
use crate::query;
use crate::rewrite::{Rewriter, edit::Lists, spelling::Spelled, splice::Splice};

/// A form from its tag on.
#[derive(Debug)]
pub(super) struct Form {
    pub(super) raw: Vec<u8>,
    /// How many of these bytes have gone out.
    pub(super) sent: usize,
    /// Where it leads.
    action: Vec<u8>,
    /// Up to where its end was looked for.
    searched: usize,
}

impl Form {
    /// Returns the form that begins with `raw`, which has gone out and ends behind the action.
    pub(super) fn new(raw: Vec<u8>, action: Vec<u8>) -> Self {
        Self {
            sent: raw.len(),
            searched: raw.len(),
            raw,
            action,
        }
    }

    /// Reads on in `raw`; `is_all` where nothing comes behind it.
    pub(super) fn read(
        &mut self,
        is_all: bool,
        rewriter: &Rewriter,
        sink: &mut impl Sink,
    ) -> Verdict {
        let found = find_end_tag(&self.raw[self.searched..]);
        let end = match found {
            Some(place) => self.searched + place,
            None if is_all => self.raw.len(),
            None => {
                let overlap = END_TAG.len() - 1;
                self.searched = self.searched.max(self.raw.len().saturating_sub(overlap));
                return Verdict::More;
            }
        };
        Verdict::Done {
            end,
            splices: self.splices(end, rewriter, sink),
        }
    }

    fn splices(&self, end: usize, rewriter: &Rewriter, sink: &mut impl Sink) -> Vec<Splice> {
        let raw = &self.raw[..end];
        let mut tags = Tags { raw, at: 0 };
        let is_get = tags.next().is_some_and(|form| is_get(&form, raw));
        let inputs: Vec<_> = tags.filter_map(|tag| Input::of(&tag, raw)).collect();
        // Those before the action have gone out: attributes, never an input.
        if !is_get || inputs.is_empty() {
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
    /// The attribute's value with its quotes; `None` where there is none.
    written: Option<Range<usize>>,
    /// Whether the tag ends with `/>`, as XHTML wants.
    is_closed: bool,
}

impl Input {
    /// Returns `None` for other tags, and for inputs whose value is the user's to give.
    fn of(tag: &Tag, raw: &[u8]) -> Option<Self> {
        let is_input = raw[tag.name.clone()].eq_ignore_ascii_case(b"input");
        let kind = tag.attribute(b"type", raw).unwrap_or_default();
        let is_hidden = kind.eq_ignore_ascii_case(b"hidden") || tag.find(b"hidden", raw).is_some();
        let is_elsewhere = tag.find(b"form", raw).is_some();
        (is_input && is_hidden && !is_elsewhere).then_some(())?;
        Some(Self {
            tag: tag.range.clone(),
            name: tag.attribute(b"name", raw)?,
            value: tag.attribute(b"value", raw).unwrap_or_default(),
            is_closed: raw[tag.range.clone()].ends_with(b"/>"),
            written: tag.find(b"value", raw).and_then(|it| it.written.clone()),
        })
    }

    /// The input with another value.
    fn with_value(&self, value: &[u8]) -> Splice {
        let value = escape(value);
        match &self.written {
            Some(written) => Splice {
                range: written.clone(),
                text: [b"\"", &value[..], b"\""].concat(),
            },
            None => Splice {
                range: self.tag.start + "<input".len()..self.tag.start + "<input".len(),
                text: [b" value=\"", &value[..], b"\""].concat(),
            },
        }
    }

    /// An `optional_scope` behind it.
    fn followed_by_optional(&self, list: &[u8]) -> Splice {
        let start = b"<input type=\"hidden\" name=\"optional_scope\" value=\"";
        let end: &[u8] = if self.is_closed { b"\" />" } else { b"\">" };
        Splice {
            range: self.tag.end..self.tag.end,
            text: [start, &escape(list)[..], end].concat(),
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
        splices.push(match list {
            Some(list) => input.with_value(list),
            None => input.removed(),
        });
        splices.extend(beside.map(|list| input.followed_by_optional(list)));
    }
    splices
}

fn escape(value: &[u8]) -> Vec<u8> {
    let mut escaped = Vec::with_capacity(value.len());
    for byte in value {
        match byte {
            b'&' => escaped.extend_from_slice(b"&amp;"),
            b'"' => escaped.extend_from_slice(b"&quot;"),
            b'<' => escaped.extend_from_slice(b"&lt;"),
            byte => escaped.push(*byte),
        }
    }
    escaped
}

/// One start tag.
struct Tag {
    range: Range<usize>,
    name: Range<usize>,
    attributes: Vec<Attribute>,
}

struct Attribute {
    name: Range<usize>,
    value: Range<usize>,
    /// The value with its quotes; `None` for an attribute without one.
    written: Option<Range<usize>>,
}

impl Tag {
    fn find(&self, name: &[u8], raw: &[u8]) -> Option<&Attribute> {
        let mut attributes = self.attributes.iter();
        // The first of several counts.
        attributes.find(|it| raw[it.name.clone()].eq_ignore_ascii_case(name))
    }

    /// The decoded value of an attribute.
    fn attribute(&self, name: &[u8], raw: &[u8]) -> Option<Vec<u8>> {
        let value = self.find(name, raw)?.value.clone();
        Some(Spelled::of(&raw[value]).bytes().to_vec())
    }
}

/// The start tags in `raw` (HTML, section 13.2.5, as far as attributes go).
struct Tags<'r> {
    raw: &'r [u8],
    at: usize,
}

impl Iterator for Tags<'_> {
    type Item = Tag;

    fn next(&mut self) -> Option<Tag> {
        loop {
            let start = self.at + memchr::memchr(b'<', &self.raw[self.at..])?;
            self.at = start + 1;
            let rest = &self.raw[self.at..];
            if rest.starts_with(b"!--") {
                self.at += memchr::memmem::find(rest, b"-->")?;
            } else if rest.first()?.is_ascii_alphabetic() {
                let tag = self.tag(start)?;
                self.skip_text_of(&tag);
                return Some(tag);
            }
        }
    }
}

impl Tags<'_> {
    fn tag(&mut self, start: usize) -> Option<Tag> {
        let name = self.take(|byte| !byte.is_ascii_whitespace() && !b"/>".contains(&byte));
        let mut attributes = Vec::new();
        loop {
            self.take(|byte| byte.is_ascii_whitespace() || byte == b'/');
            if *self.raw.get(self.at)? == b'>' {
                self.at += 1;
                return Some(Tag {
                    range: start..self.at,
                    name,
                    attributes,
                });
            }
            attributes.push(self.attribute()?);
        }
    }

    /// Passes over what is no markup whatever it looks like.
    fn skip_text_of(&mut self, tag: &Tag) {
        let name = &self.raw[tag.name.clone()];
        if RAW_TEXT
            .iter()
            .any(|known| name.eq_ignore_ascii_case(known))
        {
            let end = [b"</", name].concat();
            let mut windows = self.raw[self.at..].windows(end.len());
            let found = windows.position(|window| window.eq_ignore_ascii_case(&end));
            self.at = found.map_or(self.raw.len(), |place| self.at + place);
        }
    }

    fn attribute(&mut self) -> Option<Attribute> {
        let start = self.at;
        // An equals sign may begin a name.
        self.at += 1;
        self.take(|byte| !byte.is_ascii_whitespace() && !b"/>=".contains(&byte));
        let name = start..self.at;
        self.take(|byte| byte.is_ascii_whitespace());
        if *self.raw.get(self.at)? != b'=' {
            return Some(Attribute {
                value: name.end..name.end,
                name,
                written: None,
            });
        }
        self.at += 1;
        self.take(|byte| byte.is_ascii_whitespace());
        let start = self.at;
        let value = match *self.raw.get(start)? {
            quote @ (b'"' | b'\'') => {
                self.at += 1;
                let value = self.take(|byte| byte != quote);
                self.raw.get(self.at)?;
                self.at += 1;
                value
            }
            _ => self.take(|byte| !byte.is_ascii_whitespace() && byte != b'>'),
        };
        Some(Attribute {
            name,
            value,
            written: Some(start..self.at),
        })
    }

    fn take(&mut self, is_part: impl Fn(u8) -> bool) -> Range<usize> {
        let start = self.at;
        let rest = &self.raw[start..];
        let length = rest.iter().position(|byte| !is_part(*byte));
        self.at = start + length.unwrap_or(rest.len());
        start..self.at
    }
}

fn find_end_tag(raw: &[u8]) -> Option<usize> {
    let mut windows = raw.windows(END_TAG.len());
    windows.position(|window| window.eq_ignore_ascii_case(END_TAG))
}

/// Elements that hold no tags, or none that count (HTML, section 13.1.2).
const RAW_TEXT: [&[u8]; 5] = [b"script", b"style", b"textarea", b"title", b"template"];

const FORM: &[u8] = b"form";
const ACTION: &[u8] = b"action";
const END_TAG: &[u8] = b"</form";
