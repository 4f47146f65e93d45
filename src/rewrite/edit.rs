//! What a decision changes in a reference, as splices.
//!
//! Parameters go with one `&` next to them, values are replaced by themselves:
//! names, delimiters and all other pairs stand as they stood.

use std::ops::Range;

use super::splice::Splice;
use crate::oauth::AuthorizationRequest;
use crate::query::{self, Pair};

/// Returns the splices that put `scope` in place of all `scope` parameters of the request and
/// `optional_scope`, where there is one, in place of its `optional_scope`s.
pub(super) fn splices(
    request: &AuthorizationRequest<'_>,
    scope: Option<&[u8]>,
    optional_scope: Option<&[u8]>,
) -> Vec<Splice> {
    let has_optional = !request.optional_scope.is_empty();
    let mut lists = Lists::new(scope, optional_scope, has_optional);
    let mut query = QueryEdit::new(request);
    for (name, pair) in parameters(request) {
        if let Some((list, beside)) = lists.take(name) {
            query.set(pair, list, beside);
        }
    }
    query.finish()
}

/// The scope parameters of both names, in the order in which they stand.
fn parameters<'r, 'a>(request: &'r AuthorizationRequest<'a>) -> Vec<(&'static [u8], &'r Pair<'a>)> {
    let named = |name: &'static [u8]| move |pair| (name, pair);
    let scope = request.scope.iter().map(named(b"scope"));
    let optional = request.optional_scope.iter().map(named(b"optional_scope"));
    let mut pairs: Vec<_> = scope.chain(optional).collect();
    pairs.sort_by_key(|(_, pair): &(_, &Pair<'_>)| pair.start);
    pairs
}

/// The lists that are still to be written, while one goes through the parameters in order.
pub(super) struct Lists<'l> {
    scope: Option<&'l [u8]>,
    optional_scope: Option<&'l [u8]>,
    has_optional: bool,
    changes_optional: bool,
}

/// The new list of a parameter, `None` if it goes, and the `optional_scope` to stand beside it.
pub(super) type Turn<'l> = (Option<&'l [u8]>, Option<&'l [u8]>);

impl<'l> Lists<'l> {
    /// `has_optional` where there is an `optional_scope` among the parameters.
    pub(super) fn new(
        scope: Option<&'l [u8]>,
        optional_scope: Option<&'l [u8]>,
        has_optional: bool,
    ) -> Self {
        Self {
            scope,
            optional_scope,
            has_optional,
            changes_optional: optional_scope.is_some(),
        }
    }

    /// Returns what becomes of the next parameter, which is called `name`; `None` if it stays.
    pub(super) fn take(&mut self, name: &[u8]) -> Option<Turn<'l>> {
        match name {
            // A list that is new to the request stands next to the one it came from.
            b"scope" => Some((
                self.scope.take(),
                self.optional_scope.take_if(|_| !self.has_optional),
            )),
            b"optional_scope" if self.changes_optional => Some((self.optional_scope.take(), None)),
            _ => None,
        }
    }
}

/// An edit of the query, from its first pair to its last.
struct QueryEdit<'a> {
    query: &'a [u8],
    /// Where in the reference the query begins.
    start: usize,
    /// Whether the end of the query is the end of what browsers do not trim.
    is_last: bool,
    /// Places are those in the query.
    splices: Vec<Splice>,
    /// Where the pair behind the last one that was set begins.
    next: usize,
    /// Whether anything stays or stands anew before that.
    has_pairs: bool,
}

impl<'a> QueryEdit<'a> {
    fn new(request: &AuthorizationRequest<'a>) -> Self {
        let reference = &request.reference;
        Self {
            query: reference.query.unwrap_or_default(),
            start: reference.before.len() + 1,
            is_last: !reference.after.starts_with(b"#"),
            splices: Vec::new(),
            next: 0,
            has_pairs: false,
        }
    }

    /// Gives `pair` the value `list`, or drops it, and puts an `optional_scope` of `beside` there.
    fn set(&mut self, pair: &Pair<'_>, list: Option<&[u8]>, beside: Option<&[u8]>) {
        let end = pair.start + pair.raw.len();
        self.has_pairs |= self.next < pair.start;
        self.next = end + 1;
        let beside = beside.map(|list| [b"optional_scope=", &query::encode(list)[..]].concat());
        match (list.map(query::encode), beside) {
            (Some(list), beside) => {
                let name_end = pair.start + pair.name.len();
                let (from, equals): (_, &[u8]) = match pair.value {
                    Some(_) => (name_end + 1, b""),
                    None => (name_end, b"="),
                };
                let beside = beside.map_or_else(Vec::new, |pair| [b"&", &pair[..]].concat());
                self.push(from..end, [equals, &list, &beside].concat());
                self.has_pairs = true;
            }
            (None, Some(beside)) => {
                self.push(pair.start..end, beside);
                self.has_pairs = true;
            }
            (None, None) if self.has_pairs => self.push(pair.start - 1..end, Vec::new()),
            (None, None) => {
                let end = self.query.len().min(end + 1);
                self.push(pair.start..end, Vec::new());
            }
        }
    }

    fn push(&mut self, range: Range<usize>, text: Vec<u8>) {
        match self.splices.last_mut() {
            Some(last) if last.range.end == range.start && last.text.is_empty() => {
                last.range.end = range.end;
                last.text = text;
            }
            _ => self.splices.push(Splice { range, text }),
        }
    }

    /// Returns the splices with places in the reference.
    fn finish(mut self) -> Vec<Splice> {
        self.keep_white_space();
        let stays = self.splices.iter().map(|it| it.text.len()).sum::<usize>() + self.query.len();
        let goes = self.splices.iter().map(|it| it.range.len()).sum::<usize>();
        for splice in &mut self.splices {
            splice.range.start += self.start;
            splice.range.end += self.start;
        }
        // With the last pair the `?` goes too; all that goes is one span then.
        if let Some(first) = self.splices.first_mut().filter(|_| stays == goes) {
            first.range.start -= 1;
        }
        self.splices
    }

    /// A browser trims what stands last; white space that did not stand there before stays.
    fn keep_white_space(&mut self) {
        let Some((last, others)) = self.splices.split_last_mut().filter(|_| self.is_last) else {
            return;
        };
        let start = last.range.start;
        // A new value that stands right before ends in no white space.
        let is_new = others.last().is_some_and(|it| it.range.end == start);
        let before = self.query[..start].last().filter(|_| !is_new);
        let is_cut = last.range.end == self.query.len() && last.text.is_empty();
        if is_cut && before.is_some_and(|byte| *byte <= b' ') {
            last.text = b"&".to_vec();
        }
    }
}
