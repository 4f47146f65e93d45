//! What holds of every rewrite, whatever the reference and the policies. The
//! reference is cut and its names are decoded here once more, by other means
//! than the library's.

use std::collections::BTreeSet;

use rescope::oauth::RequestUrl;
use rescope::policy::{Client, Edit, Policies, Policy};
use rescope::query::Pair;
use rescope::rewrite::{Carrier, Rewriter, Rewritten};
use rescope::scope::{self, ScopeToken};
use url::form_urlencoded;

/// Panics where `rewriter` breaks its word on `reference`.
pub fn check(rewriter: &Rewriter, reference: &[u8], own: &RequestUrl<'_>) {
    let Ok(found) = rewriter.rewrite(reference, own) else {
        return;
    };
    let output = found.output.as_deref().unwrap_or(reference);
    let again = rewriter.rewrite(output, own).expect("still a request");
    assert_eq!(again.output, None, "rewriting twice is rewriting once");
    assert_eq!(
        again.decision.request.client_id,
        found.decision.request.client_id
    );
    assert_ne!(
        found.output.as_deref(),
        Some(reference),
        "no change is none"
    );

    let (before, after) = (Cut::new(reference), Cut::new(output));
    // Together, since white space that stood before a `?` that goes is trimmed then.
    let around = |cut: &Cut<'_>| [cut.start, cut.end].concat();
    assert_eq!(around(&after), around(&before), "around the query");
    check_other_pieces(&found, &before, &after);
    check_nothing_is_added(&rewriter.policies, &found, &again);
    let idle = found.decision.dry_run
        || found.decision.policy.name() == "keep"
        || found.decision.edit == Edit::Nothing;
    assert_eq!(idle, found.output.is_none(), "changes as the policy says");
}

/// Panics where `rewriter` breaks its word on lines of header fields that hold `reference`,
/// or on those that are no more than it.
pub fn check_fields(rewriter: &Rewriter, reference: &[u8], own: &RequestUrl<'_>) {
    let found = rewriter.rewrite(reference, own).ok();
    let output = found.and_then(|found| found.output);
    for (carrier, start, end, alien) in [
        (Carrier::Url, "", "", ""),
        (Carrier::Refresh, "0;url=\"", "\"", "\""),
        (
            Carrier::Link,
            "<a>;rel=next,<",
            ">; x; rel=\"a next\",<b>",
            ">",
        ),
        (Carrier::HxLocation, "", "", "{"),
        (Carrier::HxLocation, "{\"path\":\"", "\"}", "\"\\"),
        (Carrier::ActionRedirect, "", ";push", ""),
        (Carrier::ActionRedirect, "", ";replace", ""),
    ] {
        let around = |inner: &[u8]| [start.as_bytes(), inner, end.as_bytes()].concat();
        let line = around(reference);
        let treated = check_field(rewriter, carrier, &line, own);
        let is_string = || !start.ends_with(":\"") || is_json_string(reference);
        if !reference.iter().any(|byte| alien.as_bytes().contains(byte)) && is_string() {
            let expected = output.as_deref().map(around);
            assert_eq!(treated, expected, "{carrier:?} changes the query alone");
        }
    }
    for carrier in [Carrier::Refresh, Carrier::Link, Carrier::ActionRedirect] {
        check_field(rewriter, carrier, reference, own);
        let quoted = [b"0,'", reference, b"'"].concat();
        check_field(rewriter, carrier, &quoted, own);
    }
    if let Ok(text) = std::str::from_utf8(reference) {
        let string = serde_json::to_string(text).unwrap().replace('/', "\\/");
        let object = format!("{{\"path\":{}}}", string.replace('&', "\\u0026"));
        check_field(rewriter, Carrier::HxLocation, object.as_bytes(), own);
    }
}

/// Whether these bytes stand for themselves in a string of JSON, `"` and `\` aside.
fn is_json_string(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok() && bytes.iter().all(|byte| *byte >= b' ')
}

/// Returns what becomes of a line; treating it once more finds as much and changes nothing.
fn check_field(
    rewriter: &Rewriter,
    carrier: Carrier,
    line: &[u8],
    own: &RequestUrl<'_>,
) -> Option<Vec<u8>> {
    let treat = |line: &[u8]| {
        let mut count = 0;
        let output = rewriter.rewrite_field(carrier, line, own, &mut |_| count += 1);
        (output, count)
    };
    let (output, count) = treat(line);
    assert_ne!(output.as_deref(), Some(line), "no change is none");
    let after = output.as_deref().unwrap_or(line);
    let again = treat(after);
    assert_eq!(again, (None, count), "{carrier:?}: twice is once");
    output
}

/// A reference at its query.
struct Cut<'r> {
    start: &'r [u8],
    pieces: Vec<&'r [u8]>,
    end: &'r [u8],
}

impl<'r> Cut<'r> {
    fn new(reference: &'r [u8]) -> Self {
        let trimmed =
            reference.len() - reference.iter().rev().take_while(|it| **it <= b' ').count();
        let at = |bytes: &[u8], byte| bytes.iter().position(|it| *it == byte);
        let fragment = at(&reference[..trimmed], b'#').unwrap_or(trimmed);
        let (url, end) = reference.split_at(fragment);
        let (start, query) = url.split_at(at(url, b'?').unwrap_or(url.len()));
        let pieces = query
            .get(1..)
            .into_iter()
            .flat_map(|it| it.split(|it| *it == b'&'));
        Self {
            start,
            pieces: pieces.collect(),
            end,
        }
    }

    fn pieces(&self, wanted: impl Fn(&str) -> bool) -> Vec<&'r [u8]> {
        let pieces = self.pieces.iter().copied();
        pieces.filter(|piece| wanted(&name(piece))).collect()
    }
}

fn name(piece: &[u8]) -> String {
    let ignored = |byte: &&u8| !matches!(byte, b'\t' | b'\n' | b'\r');
    let bytes: Vec<u8> = piece.iter().filter(ignored).copied().collect();
    let pair = form_urlencoded::parse(&bytes).next();
    pair.map(|(name, _)| name.into_owned()).unwrap_or_default()
}

fn check_other_pieces(found: &Rewritten<'_>, before: &Cut<'_>, after: &Cut<'_>) {
    let optional_stays = match &found.decision.edit {
        Edit::Set { optional_scope, .. } => optional_scope.is_none(),
        Edit::Nothing => true,
    };
    let other = |name: &str| name != "scope" && (optional_stays || name != "optional_scope");
    let (mut expected, mut found) = (before.pieces(other), after.pieces(other));
    // The one `&` that stands behind white space which would be trimmed at the end.
    let guarded = |found: &[&[u8]]| match found {
        [.., last, b""] => last.last().is_some_and(|byte| *byte <= b' '),
        _ => false,
    };
    if found.len() == expected.len() + 1 && guarded(&found) {
        found.pop();
    }
    // `?` goes with the last pair, though an empty piece stood beside it.
    if after.pieces.is_empty() {
        expected.retain(|piece| !piece.is_empty());
    }
    assert_eq!(found, expected, "other pieces");
}

fn check_nothing_is_added(policies: &Policies, found: &Rewritten<'_>, again: &Rewritten<'_>) {
    let policy = match found.decision.client {
        Some(Client { policy, .. }) => policy,
        None => policies.default_policy(),
    };
    let renamed = |token: ScopeToken| match policy {
        Policy::Normalize(normalize) => normalize.rename.get(&token).cloned().unwrap_or(token),
        Policy::Strip | Policy::Keep => token,
    };
    let tokens = |parameters: &[Pair<'_>]| -> BTreeSet<ScopeToken> {
        let lists = parameters.iter().map(Pair::decoded_value);
        lists.flat_map(|list| scope::split(&list)).collect()
    };
    let asked: BTreeSet<_> = match found.output.is_some() {
        true => tokens(&found.decision.request.scope)
            .into_iter()
            .map(renamed)
            .collect(),
        false => tokens(&found.decision.request.scope),
    };
    assert!(
        tokens(&again.decision.request.scope).is_subset(&asked),
        "scope"
    );
    let optional = &tokens(&found.decision.request.optional_scope) | &asked;
    let optional_now = tokens(&again.decision.request.optional_scope);
    assert!(optional_now.is_subset(&optional), "optional_scope");
    let kept = tokens(&found.decision.request.optional_scope);
    assert!(kept.is_subset(&optional_now), "optional_scope is joined");
}
