use super::*;
use crate::oauth::{ClientId, Endpoint, Scheme};
use crate::policy::{Client, Normalize, Policy};
use crate::scope::{ScopePattern, ScopeToken, Separator};

const URL: &str = "https://zoom.us/oauth/authorize";

fn client(id: &str, policy: Policy) -> Client {
    Client {
        ids: vec![id.to_owned()],
        name: None,
        policy,
        dry_run: false,
    }
}

/// `strip`, `keep`, `space` and `comma` are clients with the policy of their name.
fn rewriter(default: Policy) -> Rewriter {
    let pattern = |text: &&str| ScopePattern::parse(text).unwrap();
    let token = |text| ScopeToken::parse(text).unwrap();
    let normalize = |separator| {
        Policy::Normalize(Normalize {
            separator,
            allow: Some(["user:read", "meeting:*"].iter().map(pattern).collect()),
            rename: [(token("old"), token("meeting:new"))].into(),
            optional: ["recording:*"].iter().map(pattern).collect(),
        })
    };
    let mut policies = Policies::new(default, false);
    for client in [
        client("strip", Policy::Strip),
        client("keep", Policy::Keep),
        client("space", normalize(Separator::Space)),
        client("comma", normalize(Separator::Comma)),
    ] {
        policies.insert(client).unwrap();
    }
    Rewriter {
        endpoints: EndpointTable::builtin(),
        policies,
    }
}

fn rewrite_bytes(reference: &[u8]) -> Vec<u8> {
    let rewriter = rewriter(Policy::Keep);
    let rewritten = rewriter.rewrite(reference, &RequestUrl::UNKNOWN).unwrap();
    rewritten.output.unwrap_or_else(|| reference.to_vec())
}

/// Rewrites `URL` followed by `rest`, and returns what then follows `URL`.
fn rewritten(rest: &str) -> String {
    let output = String::from_utf8(rewrite_bytes(format!("{URL}{rest}").as_bytes())).unwrap();
    output.strip_prefix(URL).unwrap().to_owned()
}

#[track_caller]
fn assert_rewrites(cases: &[(&str, &str)]) {
    for (before, after) in cases {
        assert_eq!(rewritten(before), *after, "{before:?}");
        assert_eq!(rewritten(after), *after, "again: {before:?}");
    }
}

#[test]
fn strip_takes_whole_pairs_and_one_ampersand_each() {
    assert_rewrites(&[
        ("?client_id=strip&scope=a", "?client_id=strip"),
        ("?scope=a&client_id=strip", "?client_id=strip"),
        ("?client_id=strip&scope=a&b=c", "?client_id=strip&b=c"),
        ("?scope=a&client_id=strip&scope=b&scope", "?client_id=strip"),
        ("?client_id=strip&scope=", "?client_id=strip"),
        ("?&client_id=strip&&scope=a&&", "?&client_id=strip&&&"),
        ("?client_id=strip&%73c%6Fp%65=a", "?client_id=strip"),
        ("?client_id=strip&s\tco\npe=a", "?client_id=strip"),
        ("?client_id=strip&scope=a?b/c=d;e", "?client_id=strip"),
    ]);
}

#[test]
fn question_mark_goes_when_nothing_is_left() {
    let rewriter = rewriter(Policy::Strip);
    for (before, after) in [
        ("?scope=a", ""),
        ("?scope", ""),
        ("?scope=a&scope=b#f", "#f"),
        ("/?scope=a", "/"),
        ("?scope=a&", ""),
        ("?&scope=a", ""),
        ("?&scope=a&", "?&"),
        ("?scope=a \t", " \t"),
    ] {
        let reference = format!("{URL}{before}").into_bytes();
        let rewritten = rewriter.rewrite(&reference, &RequestUrl::UNKNOWN).unwrap();
        let expected = format!("{URL}{after}").into_bytes();
        assert_eq!(rewritten.output, Some(expected), "{before:?}");
    }
}

#[test]
fn nothing_to_change_is_no_output() {
    let rewriter = rewriter(Policy::Strip);
    for rest in ["", "?", "#scope=a", "?&", "?a=1&b", "?Scope=a&scopes=b"] {
        let reference = format!("{URL}{rest}").into_bytes();
        let rewritten = rewriter.rewrite(&reference, &RequestUrl::UNKNOWN).unwrap();
        assert_eq!(rewritten.output, None, "{rest:?}");
    }
}

#[test]
fn names_that_only_look_like_scope_stay() {
    for rest in [
        "?client_id=strip&Scope=a&SCOPE=b&scopes=c&user_scope=d&xscope=e&scope%20=f&+scope=g",
        "?client_id=strip&%2573cope=a&scope%00=b&%EF%BB%BFscope=c&scope[]=d&=scope&s%63op=e",
        "?client_id=strip&state=a%26scope%3Db&redirect_uri=https://a.example/cb?scope=c",
        "?client_id=strip&optional_scope=a",
        "?client_id=strip#&scope=a",
        "?client_id=strip;scope=a",
    ] {
        assert_eq!(rewritten(rest), rest);
    }
}

#[test]
fn every_other_byte_stays() {
    let rest = "state=%zz%4%&&=&=x&n&n=&code_challenge=aB-_~%2d%2D&r=a+b%20c d\te\"<>`{}|\\^'()";
    let before = format!("?{rest}&client_id=strip&scope=a#?scope=b&%zz");
    let after = format!("?{rest}&client_id=strip#?scope=b&%zz");
    assert_rewrites(&[(&before, &after)]);
}

#[test]
fn bytes_outside_ascii_stay() {
    let input =
        b"HTTPS://Zoom.us/oauth/authorize?state=\xe9\xff\x80&client_id=strip&scope=\xe9#\xfe";
    let output = b"HTTPS://Zoom.us/oauth/authorize?state=\xe9\xff\x80&client_id=strip#\xfe";
    assert_eq!(rewrite_bytes(input), output);

    let input = b"//zoom.us/oauth/authorize?client_id=space&scope=meeting:\xe9,meeting:%E9&s=\xc3";
    let output = b"//zoom.us/oauth/authorize?client_id=space&scope=meeting:%E9&s=\xc3";
    assert_eq!(rewrite_bytes(input), output);
}

#[test]
fn white_space_around_the_reference_stays() {
    for (before, after) in [("\t ", " \t\r\n"), ("\u{1}", "\u{1f}"), ("", "#fragment ")] {
        let input = format!("{before}{URL}?client_id=strip&scope=a{after}");
        let output = format!("{before}{URL}?client_id=strip{after}");
        assert_eq!(rewrite_bytes(input.as_bytes()), output.as_bytes());
    }
}

// Without the `&` a browser would trim the white space off the value of `state`, or off
// the client_id, whose policy could then differ the second time.
#[test]
fn white_space_that_ended_a_value_is_not_moved_to_the_end() {
    assert_rewrites(&[
        (
            "?client_id=strip&state=a &scope=b",
            "?client_id=strip&state=a &",
        ),
        (
            "?client_id=strip&state=a &scope=b ",
            "?client_id=strip&state=a & ",
        ),
        (
            "?client_id=strip&state=a \t&scope=b",
            "?client_id=strip&state=a \t&",
        ),
        (
            "?client_id=strip&state=a &scope=b#f",
            "?client_id=strip&state=a #f",
        ),
        (
            "?client_id=strip&state=a &scope=b&c=d",
            "?client_id=strip&state=a &c=d",
        ),
        (
            "?client_id=space&state=a &scope=none",
            "?client_id=space&state=a &",
        ),
        // This white space went with the value.
        (
            "?client_id=space&scope=none &scope=user:read",
            "?client_id=space&scope=user:read",
        ),
    ]);
}

#[test]
fn normalize_writes_the_list_where_the_first_scope_stood() {
    assert_rewrites(&[
        (
            "?scope=user:read,user:read,none&client_id=space",
            "?scope=user:read&client_id=space",
        ),
        (
            "?a&%73cope=meeting:a%2Cuser:read&client_id=space&scope=user:read&b",
            "?a&%73cope=meeting:a%20user:read&client_id=space&b",
        ),
        (
            "?client_id=comma&scope=meeting:a+user:read",
            "?client_id=comma&scope=meeting:a,user:read",
        ),
        (
            "?client_id=comma&scope=old",
            "?client_id=comma&scope=meeting:new",
        ),
        (
            "?client_id=space&scope&scope=meeting:a",
            "?client_id=space&scope=meeting:a",
        ),
    ]);
}

#[test]
fn normalize_leaves_every_spelling_of_a_list_that_is_right() {
    for rest in [
        "?client_id=space&scope=user:read+meeting:a",
        "?client_id=space&scope=user%3aread%20meeting%3Aa",
        "?client_id=space&scope=user:read meeting:a",
        "?client_id=space&sc%6fpe=us\ter:read",
        "?client_id=comma&scope=user:read%2cmeeting:a",
        "?client_id=comma&scope=user:read,meeting:a&optional_scope=b++b",
        "?client_id=space&optional_scope=old,,none",
    ] {
        assert_eq!(rewritten(rest), rest);
    }
}

#[test]
fn normalize_drops_the_parameter_when_nothing_is_left() {
    assert_rewrites(&[
        ("?client_id=space&scope=none", "?client_id=space"),
        ("?client_id=space&scope=", "?client_id=space"),
        ("?client_id=space&scope", "?client_id=space"),
        ("?client_id=space&scope=+,%20&b", "?client_id=space&b"),
        ("?scope=none&scope=&client_id=space", "?client_id=space"),
    ]);
}

#[test]
fn normalize_escapes_what_would_delimit() {
    assert_rewrites(&[(
        "?client_id=space&scope=meeting:%26%3D%23%2B%25%3B/?%22%5C,meeting:%C3%A9",
        "?client_id=space&scope=meeting:%26%3D%23%2B%25%3B/?%22%5C%20meeting:%C3%A9",
    )]);
}

#[test]
fn optional_scopes_move_next_to_the_scope_they_came_from() {
    assert_rewrites(&[
        (
            "?a&scope=user:read+recording:a&client_id=space",
            "?a&scope=user:read&optional_scope=recording:a&client_id=space",
        ),
        (
            "?a&scope=recording:a+recording:b&client_id=comma&scope=recording:a",
            "?a&optional_scope=recording:a,recording:b&client_id=comma",
        ),
    ]);
}

#[test]
fn optional_scopes_join_those_that_are_there() {
    assert_rewrites(&[
        (
            "?optional_scope=x%2Cx&scope=user:read+recording:a&client_id=space",
            "?optional_scope=x%20x%20recording:a&scope=user:read&client_id=space",
        ),
        (
            "?scope=recording:a&client_id=space&optional%5Fscope=x&b&optional_scope=y",
            "?client_id=space&optional%5Fscope=x%20y%20recording:a&b",
        ),
        (
            "?scope=recording:a&client_id=space&optional_scope",
            "?client_id=space&optional_scope=recording:a",
        ),
        (
            "?scope=recording:a&client_id=space&optional_scope=x++recording:a",
            "?client_id=space&optional_scope=x++recording:a",
        ),
    ]);
}

#[test]
fn dry_run_tells_the_edit_and_changes_nothing() {
    let mut rewriter = rewriter(Policy::Keep);
    let mut dry = client("dry", Policy::Strip);
    dry.dry_run = true;
    rewriter.policies.insert(dry).unwrap();
    let reference = format!("{URL}?client_id=dry&scope=a");
    let rewritten = rewriter
        .rewrite(reference.as_bytes(), &RequestUrl::UNKNOWN)
        .unwrap();
    assert_eq!(rewritten.output, None);
    assert!(rewritten.decision.dry_run && rewritten.decision.wants_change());
}

#[test]
fn request_object_does_not_keep_the_rest_from_being_done() {
    let rewriter = rewriter(Policy::Keep);
    let reference = format!("{URL}?client_id=strip&request_uri=urn:a&scope=b");
    let rewritten = rewriter
        .rewrite(reference.as_bytes(), &RequestUrl::UNKNOWN)
        .unwrap();
    assert!(rewritten.decision.request.has_request_object);
    let expected = format!("{URL}?client_id=strip&request_uri=urn:a");
    assert_eq!(rewritten.output, Some(expected.into_bytes()));
}

#[test]
fn what_is_no_authorization_request_is_an_error_that_says_why() {
    let rewriter = rewriter(Policy::Strip);
    let why = |reference: &str| {
        let rewritten = rewriter.rewrite(reference.as_bytes(), &RequestUrl::UNKNOWN);
        rewritten.map(|found| found.output).unwrap_err()
    };
    assert_eq!(why("/oauth/authorize?scope=a"), Mismatch::OwnHost);
    assert_eq!(
        why("http://zoom.us/oauth/authorize?scope=a"),
        Mismatch::Scheme
    );
    assert_eq!(why("https://zoom.us/oauth/token?scope=a"), Mismatch::Path);
}

#[test]
fn endpoints_of_other_providers_are_treated_alike() {
    let mut rewriter = rewriter(Policy::Strip);
    rewriter.endpoints = EndpointTable::default();
    let login = Endpoint::new(
        Scheme::Https,
        "login.example.com",
        None,
        "/oauth2/authorize",
    );
    rewriter.endpoints.push(login.unwrap());
    let output = |reference: &str| {
        let rewritten = rewriter.rewrite(reference.as_bytes(), &RequestUrl::UNKNOWN);
        rewritten.map(|found| found.output.map(|bytes| String::from_utf8(bytes).unwrap()))
    };
    assert_eq!(
        output("https://login.example.com/oauth2/authorize?scope=a&b"),
        Ok(Some(
            "https://login.example.com/oauth2/authorize?b".to_owned()
        ))
    );
    assert_eq!(output(&format!("{URL}?scope=a")), Err(Mismatch::Host));
}

#[test]
fn parameters_are_reported_decoded() {
    let rewriter = rewriter(Policy::Keep);
    let reference = format!("{URL}?%63lient_id=%73trip&scope=a%2Cb+c&optional_scope=d");
    let request = rewriter
        .rewrite(reference.as_bytes(), &RequestUrl::UNKNOWN)
        .unwrap()
        .decision
        .request;
    assert_eq!(request.client_id, ClientId::One(b"strip".into()));
    assert_eq!(request.scope[0].decoded_value(), &b"a,b c"[..]);
    assert_eq!(request.optional_scope[0].decoded_value(), &b"d"[..]);
    assert!(!request.has_request_object);
}
