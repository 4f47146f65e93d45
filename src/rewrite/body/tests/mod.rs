mod forms;
mod rows;
mod strings;

use std::sync::LazyLock;

use bytes::Bytes;

use super::{Anchors, BodyRewriter, Sink, Syntax, Tools};
use crate::oauth::{Endpoint, EndpointTable, Scheme};
use crate::policy::{Client, Decision, Normalize, Policies, Policy};
use crate::rewrite::Rewriter;
use crate::scope::{ScopePattern, ScopePatterns, ScopeToken, Separator};

/// What came out, and the client_ids that were found.
#[derive(Debug, Default, PartialEq, Eq)]
struct Output {
    bytes: Vec<u8>,
    found: Vec<String>,
}

impl Sink for Output {
    fn piece(&mut self, piece: Bytes) {
        self.bytes.extend_from_slice(&piece);
    }

    fn found(&mut self, decision: &Decision<'_>) {
        self.found.push(decision.request.client_id.to_string());
    }
}

fn rewriter() -> Rewriter {
    let mut policies = Policies::new(Policy::Strip, false);
    let patterns = |texts: &[&str]| -> ScopePatterns {
        let parse = |text: &&str| ScopePattern::parse(text).unwrap();
        texts.iter().map(parse).collect()
    };
    let token = |text| ScopeToken::parse(text).unwrap();
    let normalize = Normalize {
        separator: Separator::Comma,
        allow: Some(patterns(&["user:read", "meeting:*", "o'neil", "a&b"])),
        rename: [(token("old"), token("user:read"))].into_iter().collect(),
        optional: patterns(&["recording:*"]),
    };
    for (id, policy) in [
        ("keep", Policy::Keep),
        ("normal", Policy::Normalize(normalize)),
    ] {
        let client = Client {
            ids: vec![id.to_owned()],
            name: None,
            policy,
            dry_run: false,
        };
        policies.insert(client).unwrap();
    }
    let mut endpoints = EndpointTable::builtin();
    let own = Endpoint::new(Scheme::Https, "log-in.example.com", None, "/a");
    endpoints.push(own.unwrap());
    Rewriter {
        endpoints,
        policies,
    }
}

fn tools() -> Tools<'static> {
    static REWRITER: LazyLock<Rewriter> = LazyLock::new(rewriter);
    static ANCHORS: LazyLock<Anchors> = LazyLock::new(|| Anchors::new(&REWRITER.endpoints));
    Tools {
        rewriter: &REWRITER,
        anchors: &ANCHORS,
    }
}

/// Returns what becomes of a body that comes in `chunks`.
fn rewrite<'c>(chunks: impl IntoIterator<Item = &'c [u8]>) -> Output {
    rewrite_as(Syntax::Markup, chunks)
}

fn rewrite_as<'c>(syntax: Syntax, chunks: impl IntoIterator<Item = &'c [u8]>) -> Output {
    let tools = tools();
    let mut output = Output::default();
    let mut body = BodyRewriter::new(16 * 1024, syntax);
    for chunk in chunks {
        body.push(Bytes::copy_from_slice(chunk), tools, &mut output);
    }
    body.finish(tools, &mut output);
    output
}

/// Fails unless `before` becomes `after` at once, cut in two anywhere, and byte by byte, and
/// `after` stays as it is.
#[track_caller]
fn becomes(before: &str, after: &str) {
    let text = |output: &Output| String::from_utf8_lossy(&output.bytes).into_owned();
    let whole = rewrite([before.as_bytes()]);
    assert_eq!(text(&whole), after, "{before}");
    for place in 0..before.len() {
        let (first, second) = before.as_bytes().split_at(place);
        let cut = rewrite([first, second]);
        assert_eq!(cut, whole, "cut at {place}");
    }
    let bytes = rewrite(before.as_bytes().chunks(1));
    assert_eq!(bytes, whole, "byte by byte");
    let again = rewrite([after.as_bytes()]);
    assert_eq!(text(&again), after, "twice");
}

#[track_caller]
fn stays(text: &str) {
    becomes(text, text);
}

const ZOOM: &str = "https://zoom.us/oauth/authorize";

/// Puts `pattern` where `@` stands.
fn each(pattern: &str, before: &str, after: &str) {
    becomes(&pattern.replace('@', before), &pattern.replace('@', after));
}

#[test]
fn every_escaping_is_cut_in_its_own_spelling() {
    for (before, after) in [
        ("?client_id=A&scope=a+b&state=S", "?client_id=A&state=S"),
        (
            r"?client_id=A\u0026scope=a\u0026state=S",
            r"?client_id=A\u0026state=S",
        ),
        (
            r"?client_id\u003dA\u0026scope\u003Da\u002Bb\u0026state\u003dS",
            r"?client_id\u003dA\u0026state\u003dS",
        ),
        (
            "?client_id=A&amp;scope=a&amp;state=S",
            "?client_id=A&amp;state=S",
        ),
        (
            "?client_id=A&#38;scope&#61;a&#x26;state=S",
            "?client_id=A&#x26;state=S",
        ),
        (
            r"?client_id=A\x26scope=a\x26state=S",
            r"?client_id=A\x26state=S",
        ),
        (
            r"?client_id=A\\u0026scope=a\\u0026state=S",
            r"?client_id=A\\u0026state=S",
        ),
        (
            r"?client_id=A\u0026amp;scope=a\u0026amp;state=S",
            r"?client_id=A\u0026amp;state=S",
        ),
        ("?client_id=A&%73cope=a&state=S", "?client_id=A&state=S"),
        ("?scope=a&scope=b", ""),
        ("?scope=&client_id=A", "?client_id=A"),
        ("?client_id=A&scope", "?client_id=A"),
        ("?client_id=A&scope=a#top", "?client_id=A#top"),
    ] {
        for url in [
            ZOOM,
            r"https:\/\/zoom.us\/oauth\/authorize",
            "https&#58;&#47;&#x2F;zoom.us&sol;oauth&#47;authorize",
            r"HTTPS:\/\/us02web.ZOOM.us\/oauth\/authorize",
            "//zoom.us/oauth/authorize",
            r"https:\\u002f\\u002fzoom.us\\u002foauth\\u002fauthorize",
            "https://log\\u002Din.example.com/a",
        ] {
            for around in [
                r#"{"url":"@"}"#,
                r#"<a href="@">x</a>"#,
                "<a href='@'>x</a>",
                r#"<div data-page="{&quot;url&quot;:&quot;@&quot;}">"#,
                r#"<script>self.f.push([1,"{\"href\":\"@\"}"])</script>"#,
                r#"<meta content="0;url='@'">"#,
                "location = `@`",
                r#"{"a":"{\"b\":\"{\\\"c\\\":\\\"@\\\"}\"}"}"#,
                "{\"a\": \"@\", \"b\": [\"@\",\n\"@\"]}",
            ] {
                each(around, &format!("{url}{before}"), &format!("{url}{after}"));
            }
        }
    }
}

#[test]
fn unquoted_urls_end_where_text_goes_on() {
    let (before, after) = (
        "https://zoom.us/oauth/authorize?client_id=A&scope=a",
        "https://zoom.us/oauth/authorize?client_id=A",
    );
    for around in [
        "@",
        "@\n",
        "See @.",
        "See @, or <@>",
        "<p>@</p>",
        "[text](@)",
        "<a href=@>x</a>",
        "<a href=@ class=b>",
        "<a href = @ >",
        r#"<meta http-equiv="refresh" content="0;url=@">"#,
        r#"<meta content='1; URL = @'>"#,
        r#"{"digest":"NEXT_REDIRECT;push;@;307;"}"#,
        r#"{"text":"Go to @\nnow"}"#,
        "a\tb\t@\t",
        "seit @ 〈",
        "x: @",
        "@ @ @",
    ] {
        each(around, before, after);
    }
}

#[test]
fn normalized_values_are_spelled_like_their_url() {
    for (before, after) in [
        (
            "?client_id=normal&scope=user:read%20b%20meeting:x",
            "?client_id=normal&scope=user:read,meeting:x",
        ),
        (
            r"?client_id\u003dnormal\u0026scope\u003dold+meeting:x\u0026a=b",
            r"?client_id\u003dnormal\u0026scope\u003duser:read,meeting:x\u0026a=b",
        ),
        (
            "?client_id=normal&amp;scope=user:read+recording:x+recording:y&amp;a=b",
            "?client_id=normal&amp;scope=user:read&amp;optional_scope=recording:x,recording:y&amp;a=b",
        ),
        (
            r"?client_id=normal\u0026scope=recording:x\u0026a=b",
            r"?client_id=normal\u0026optional_scope=recording:x\u0026a=b",
        ),
        (
            "?client_id=normal&scope=o%27neil+a%26b+b",
            "?client_id=normal&scope=o%27neil,a%26b",
        ),
    ] {
        each(
            r#"<a href="@">"#,
            &format!("{ZOOM}{before}"),
            &format!("{ZOOM}{after}"),
        );
    }
}

#[test]
fn hosts_that_overlap_are_all_found() {
    let mut endpoints = EndpointTable::default();
    for host in ["slack.com", "backlog.com"] {
        endpoints.push(Endpoint::new(Scheme::Https, host, None, "/a").unwrap());
    }
    let anchors = Anchors::new(&endpoints);
    for text in [
        "https://slack.com/",
        "https://backlog.com/",
        "slack.co backlog.com/",
    ] {
        assert!(anchors.find_end(b"", text.as_bytes()).is_some(), "{text}");
    }
}

#[test]
fn url_longer_than_the_bound_passes() {
    let long = format!(
        "\"{ZOOM}?client_id=A&state={}&scope=a\"",
        "x".repeat(17 * 1024)
    );
    assert_eq!(rewrite([long.as_bytes()]).bytes, long.as_bytes());
    let pieces = rewrite(long.as_bytes().chunks(100));
    assert_eq!(pieces.bytes, long.as_bytes());
    let short = format!(
        "\"{ZOOM}?client_id=A&state={}&scope=a\"",
        "x".repeat(16 * 1000)
    );
    assert_ne!(rewrite([short.as_bytes()]).bytes, short.as_bytes());
}

#[test]
fn only_what_may_be_a_url_is_held_back() {
    let tools = tools();
    let mut body = BodyRewriter::new(16 * 1024, Syntax::Text);
    let mut output = Output::default();
    for (chunk, all) in [
        ("<p>hello", "<p>hello"),
        (" zoom.us ", "<p>hello zoom.us "),
        (
            "\"https://zoom.us/oauth/auth",
            "<p>hello zoom.us \"https://zoom.us",
        ),
        (
            "orize-not?",
            "<p>hello zoom.us \"https://zoom.us/oauth/authorize-not?",
        ),
    ] {
        body.push(Bytes::from(chunk), tools, &mut output);
        assert_eq!(String::from_utf8_lossy(&output.bytes), all);
    }
}

#[test]
fn requests_are_told_of_once_each() {
    let text = format!(
        "\"{ZOOM}?client_id=keep&scope=a\" \"{ZOOM}?client_id=A\" \"{ZOOM}?client_id=normal&scope=b\""
    );
    assert_eq!(
        rewrite(text.as_bytes().chunks(7)).found,
        ["keep", "A", "normal"]
    );
}
