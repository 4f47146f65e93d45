use std::sync::LazyLock;

use bytes::Bytes;

use super::{Anchors, BodyRewriter, Sink, Syntax, Tools};
use crate::oauth::{Endpoint, EndpointTable, Scheme};
use crate::policy::{Client, Decision, Normalize, Policies, Policy};
use crate::rewrite::Rewriter;
use crate::scope::{ScopePattern, ScopeToken, Separator};

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
    let patterns = |texts: &[&str]| -> Vec<_> {
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
fn all_else_stays() {
    let url = format!("{ZOOM}?client_id=A&scope=a");
    for around in [
        // A key, and parts of what a script joins.
        r#"{"@":1}"#,
        r#"{"a":1, "@" : 1}"#,
        r#"var u = "@" + x;"#,
        "u = '@'\n  + x",
        r#"u = "@".concat(x)"#,
        "u = `@${x}`",
        // Inside of another URL.
        "<a href='https://app.example/?next=@'>",
        "<a href='https://app.example/?a=1&amp;next=@'>",
        "https://web.archive.org/web/2020/@",
        r#"u = "@" /* here */ + x"#,
        r#"u = "Visit @" + x"#,
        r#"u = "@"?.concat(x)"#,
        // Text behind it, and lengths before it.
        r#"{"text":"@ is your link"}"#,
        "<p>'@</p><p>It's here</p>",
        r#"a:1:{s:3:"url";s:64:"@";}"#,
        "https://app.example/?a=1;next=@ ",
        r#"u = ("@") + x;"#,
        "u = \"@\"\n                                                                      + x;",
        r#"'<a href="@' + (a && b) + '&client_id=x">'"#,
        r#"`<a href="@${x}">`"#,
        // Rows of React's stream, which have a length.
        "self.__next_f.push([1,\"1a:T4ee,\"])</script><script>self.__next_f.push([1,\"@\"])",
        "1:[\"a\"]\n12:T4ee,@8:[\"$\",\"a\",null]\n",
        // No ending.
        r#"{"url":"@"#,
        "'@\n'",
    ] {
        stays(&around.replace('@', &url));
    }
    for text in [
        "https://zoom.us/j/123?scope=a",
        "https://zoom.us.example/oauth/authorize?scope=a",
        "https://notzoom.us/oauth/authorize?scope=a ",
        "ftp://zoom.us/oauth/authorize?scope=a ",
        "xhttps://zoom.us/oauth/authorize?scope=a ",
        "zoom.us/oauth/authorize?scope=a ",
        "https://user@zoom.us/oauth/authorize?scope=a ",
        "https://zoom.us:8443/oauth/authorize?scope=a ",
        "https://zoom.us/oauth/authorize#?scope=a ",
        "\"https://zoom.us/oauth/authorize?client_id=keep&scope=a\" ",
        "\"https://zoom.us/oauth/authorize?client_id=A&amp;amp;scope=a\"",
        "\"https://zoom.us/oauth/authorize?client_id=A&scopes=a\" ",
        "zoom.us zoom.us http zoom.us/ //zoom.us //",
    ] {
        stays(text);
    }
}

/// A statement may go on with what is not a whole request yet.
#[test]
fn parts_of_a_url_stay() {
    for url in ["?client_id=A&scope=", "?scope=a"] {
        for around in [
            r#"u = "@"; u += x;"#,
            r#"u = ["@", x].join("")"#,
            r#"f("@"); u += x"#,
        ] {
            stays(&around.replace('@', &format!("{ZOOM}{url}")));
        }
    }
    let (before, after) = ("?client_id=A&scope=a", "?client_id=A");
    for around in [
        r#"location = "@";"#,
        r#"window.open("@");"#,
        r#"{"a":"@","b":1}"#,
    ] {
        each(
            around,
            &format!("{ZOOM}{before}"),
            &format!("{ZOOM}{after}"),
        );
    }
    let (before, after) = ("?scope=&client_id=A&scope=", "?client_id=A");
    each(
        r#"{"url":"@"}"#,
        &format!("{ZOOM}{before}"),
        &format!("{ZOOM}{after}"),
    );
}

#[test]
fn string_ends_where_its_own_quote_stands() {
    let url = format!("{ZOOM}?client_id=A&scope=a");
    let short = format!("{ZOOM}?client_id=A");
    for around in [
        r#"{"message":"@\n\nOpen this link"}"#,
        r#"{"message":"@\nOpen \"this\" link","b":"@"}"#,
        r#"{"a":"{\"b\":\"@\",\"c\":\"@\"}","d":"@"}"#,
        r#"{"a":"{\"b\":\"{\\\"c\\\":\\\"@\\\"}\"}"}"#,
        r#"<a title='&quot;@&quot;' href="@">"#,
        "<script>{&q;url&q;:&q;@&q;}</script>",
        r#"f("{\u0022url\u0022:\u0022@\u0022}", "@")"#,
    ] {
        each(around, &url, &short);
    }
    // One that ends with a backslash of its own is left alone, and nothing behind it is touched.
    stays(&format!(r#"{{"url":"{url}\\","next":"x"}}"#));
}

#[test]
fn refresh_ends_with_its_attribute() {
    let (before, after) = ("?client_id=A&scope=a b&state=S", "?client_id=A&state=S");
    for around in [
        r#"<meta content="0; url=@">"#,
        "<meta content='1.5,URL = @'>",
        r#"{"d":"NEXT_REDIRECT;push;@;307;"}"#,
    ] {
        each(
            around,
            &format!("{ZOOM}{before}"),
            &format!("{ZOOM}{after}"),
        );
    }
    each(
        "<a href=\" @ \">",
        &format!("{ZOOM}{before}"),
        &format!("{ZOOM}{after}"),
    );
    stays(&format!("a,{ZOOM}?client_id=A&scope=a,b"));
    each(
        "<a href=@>",
        &format!("{ZOOM}?client_id=A&scope=meeting:*"),
        &format!("{ZOOM}?client_id=A"),
    );
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

/// Whatever is cut off inside.
#[test]
fn form_without_an_end_passes() {
    for rest in [
        "<input value=\"",
        "<input value=\"</form>",
        "<input ",
        "<input",
        "<",
        "<!--",
        "<input a=",
        "<a b",
    ] {
        stays(&format!("<form action=\"{ZOOM}\">{rest}"));
    }
}

#[test]
fn links_in_a_form_are_rewritten_too() {
    let page = |url: &str| {
        format!("<form action=\"{ZOOM}\"><a href=\"{url}\">x</a></form><a href='{url}'>")
    };
    let (before, after) = ("?client_id=A&scope=a", "?client_id=A");
    becomes(
        &page(&format!("{ZOOM}{before}")),
        &page(&format!("{ZOOM}{after}")),
    );
}

#[test]
fn value_in_a_conditional_is_no_key() {
    each(
        r#"u = x ? "@" : "/login";"#,
        &format!("{ZOOM}?client_id=A&scope=a"),
        &format!("{ZOOM}?client_id=A"),
    );
}

#[test]
fn raw_spaces_in_a_string_belong_to_the_url() {
    each(
        r#"{"url":"@"}"#,
        &format!("{ZOOM}?client_id=A&scope=a b&state=it's"),
        &format!("{ZOOM}?client_id=A&state=it's"),
    );
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
fn hidden_scope_of_a_form_follows_the_policy() {
    let form = |inputs: &str| {
        format!(
            "<form id=f method=\"get\" action=\"{ZOOM}\">\n{inputs}<button>Go</button></FORM><p>"
        )
    };
    for (before, after) in [
        (
            r#"<input type="hidden" name="client_id" value="A"><input type=hidden name=scope value='a b' />"#,
            r#"<input type="hidden" name="client_id" value="A">"#,
        ),
        (
            r#"<input value="x recording:a old" name="scope" type="hidden"><input type="hidden" name="client_id" value="normal">"#,
            r#"<input value="user:read" name="scope" type="hidden"><input type="hidden" name="optional_scope" value="recording:a"><input type="hidden" name="client_id" value="normal">"#,
        ),
        (
            r#"<INPUT TYPE=HIDDEN NAME=client_id VALUE=normal><INPUT TYPE=HIDDEN NAME=scope VALUE=old>"#,
            r#"<INPUT TYPE=HIDDEN NAME=client_id VALUE=normal><INPUT TYPE=HIDDEN NAME=scope VALUE=user:read>"#,
        ),
        (
            r#"<input type="hidden" name="client_id" value="keep"><input type="hidden" name="scope" value="a">"#,
            r#"<input type="hidden" name="client_id" value="keep"><input type="hidden" name="scope" value="a">"#,
        ),
        (
            r#"<!-- <input type="hidden" name="scope" value="a"> --><input type="text" name="scope">"#,
            r#"<!-- <input type="hidden" name="scope" value="a"> --><input type="text" name="scope">"#,
        ),
        (r#"<input type="hidden" name="sco&#112;e" value="a">"#, ""),
        (r#"<input hidden name="scope" value="a">"#, ""),
        (
            "<input type=hidden name=client_id value=normal><input type=hidden name=scope value='recording:a o&#39;neil meeting:a'>",
            "<input type=hidden name=client_id value=normal><input type=hidden name=scope value='o&#39;neil,meeting:a'><input type=hidden name=optional_scope value=recording:a>",
        ),
        (
            "<input type=hidden name=client_id value=normal><input type=hidden name=scope value=a&amp;b,x>",
            "<input type=hidden name=client_id value=normal><input type=hidden name=scope value=a&#38;b>",
        ),
        (
            r#"<script>t = '<input type="hidden" name="scope" value="a">'</SCRIPT>"#,
            r#"<script>t = '<input type="hidden" name="scope" value="a">'</SCRIPT>"#,
        ),
        (
            r#"<input type="hidden" name="client_id" value="normal" /><input type="hidden" name="scope" value="recording:a old" />"#,
            r#"<input type="hidden" name="client_id" value="normal" /><input type="hidden" name="scope" value="user:read" /><input type="hidden" name="optional_scope" value="recording:a" />"#,
        ),
    ] {
        becomes(&form(before), &form(after));
    }
    for input in [
        r#"<input type="hidden" name="scope" form="other" value="a">"#,
        r#"<input type="hidden" name="scope" value="a" disabled>"#,
        r#"<input type="hidden" name="scope" value="' + scope + '">"#,
        r#"<input type="hidden" name="scope" value="${scope}">"#,
        r#"<input type="hidden" name="scope" value="a"><input type="hidden" name="client_id" value="{{ id }}">"#,
    ] {
        stays(&form(input));
    }
    let input = r#"<input type="hidden" name="scope" value="a">"#;
    stays(&format!(
        "<form method=post action=\"{ZOOM}\">{input}</form>"
    ));
    stays(&format!(
        "<form action=\"https://zoom.us/search\">{input}</form>"
    ));
    stays(&format!("<form action=\"/here\">{input}</form>{ZOOM}"));
    becomes(
        &format!("<form action={ZOOM}>{input}</form>"),
        &format!("<form action={ZOOM}></form>"),
    );
    becomes(
        &format!("<form action='{ZOOM}'>{input}"),
        &format!("<form action='{ZOOM}'>"),
    );
}

#[test]
fn form_longer_than_the_bound_passes() {
    let input = r#"<input type="hidden" name="scope" value="a">"#;
    let long = format!(
        "<form action=\"{ZOOM}\">{}{input}</form>",
        "<p>".repeat(6000)
    );
    assert_eq!(rewrite([long.as_bytes()]).bytes, long.as_bytes());
}

#[test]
fn links_in_a_form_longer_than_the_bound_are_rewritten_too() {
    let form = |query: &str| {
        let rest = "<p>".repeat(6000);
        format!("<form action=\"{ZOOM}\"><a href=\"{ZOOM}?client_id=A{query}\">a</a>{rest}")
    };
    let output = rewrite([form("&scope=a").as_bytes()]);
    assert!(output.bytes == form("").as_bytes());
}

/// What ends the action is known with its last byte alone.
#[test]
fn form_begins_at_the_same_place_in_any_chunks() {
    for length in 16 * 1024 - 80..16 * 1024 {
        let filling = "x".repeat(length);
        let form = format!(
            "<form action={ZOOM}?&quot;>{filling}<input type=hidden name=scope value=a></form>"
        );
        let whole = rewrite([form.as_bytes()]);
        assert!(rewrite(form.as_bytes().chunks(1)) == whole, "{length}");
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

/// All that has been in a text before has to be there still, and the next row behind it.
#[test]
fn length_of_a_text_changes_with_it() {
    let url = format!("{ZOOM}?client_id=A&scope=a");
    let short = format!("{ZOOM}?client_id=A");
    let rows = |url: &str| {
        let texts = [
            url.to_owned(),
            format!("See \u{e9} <a href=\"{url}\">\u{1f4a9}</a>,\n1:\"{url}\""),
            "no URL".to_owned(),
        ];
        let texts = texts.map(|text| format!("2:T{:x},{text}", text.len()));
        format!(
            "1:\"{url}\"\n{}3:I[\"{url}\"]\n:HL[\"{url}\"]\n4:T0,6:{{\"d\":\"NEXT_REDIRECT;push;{url};307;\"}}\n7:Tx,\"{url}\"\n8:To",
            texts.concat()
        )
    };
    rewrites_rows(Syntax::Rows, &rows(&url), &rows(&short));
}

#[test]
fn length_of_a_text_in_scripts_changes_with_it() {
    let url = format!("{ZOOM}?client_id=A&amp;scope=a");
    let short = format!("{ZOOM}?client_id=A");
    let next = ["<script nonce=x>self.__next_f.push([1,", "])</script>"];
    let others = ["<script>(self.__FLIGHT_DATA||=[]).push(", ")</script>"];
    for [before, behind] in [next, others] {
        let script = |stream: &str| {
            let json = serde_json::to_string(stream).unwrap();
            let json = json.replace('<', "\\u003c").replace('&', "\\u0026");
            format!("{before}{}{behind}", json.replace('\u{e9}', "\\u00e9"))
        };
        let page = |url: &str| {
            let link = format!("\\ \u{e9} \u{1f4a9} \u{2028}\n\t<a href=\"{url}\">");
            let whole = format!("1:T{:x},{link}2:[\"{url}\"]\n", link.len());
            let (start, end) = whole.split_once(',').unwrap();
            let parts = [&format!("{start},"), end].map(script).concat();
            format!(
                "<p><a href=\"{url}\"></p>{}{parts}<a href='{url}'>",
                script(&whole)
            )
        };
        rewrites_rows(Syntax::Markup, &page(&url), &page(&short));
    }
}

#[test]
fn texts_that_cannot_be_changed_whole_stay() {
    let url = format!("{ZOOM}?client_id=A&scope=a");
    let short = format!("{ZOOM}?client_id=A");
    let text = format!("see {url} ");
    let length = text.len();
    let longer = "x".repeat(16 * 1024);
    let script = |content: &str| format!("<script>self.__next_f.push([1,\"{content}\"])</script>");
    let start = script(&format!("1:T{length:x},"));
    let (half, other) = text.split_at(10);
    for (syntax, page) in [
        // Longer than what is held back.
        (
            Syntax::Rows,
            format!("1:T{:x},{text}{longer}2:@", length + longer.len()),
        ),
        // Cut off.
        (Syntax::Rows, format!("1:T{:x},{text}", length + 1)),
        // Bytes.
        (Syntax::Rows, format!("1:b{length:x},{text}2:@")),
        // In two strings, or far from its length.
        (
            Syntax::Markup,
            format!(
                "{}{}",
                script(&format!("1:T{length:x},{half}")),
                script(&format!("{other}2:@"))
            ),
        ),
        (
            Syntax::Markup,
            format!(
                "{start}{}<a href=\"@\">{}",
                "<p>".repeat(100),
                script(&format!("{text}2:@"))
            ),
        ),
        // Behind something else than a string.
        (
            Syntax::Markup,
            format!(
                "{start}<script>self.__next_f.push([3,\"AAAA\"])</script><a href=\"@\">{}",
                script(&text)
            ),
        ),
    ] {
        let page = |url: &str| page.replace('@', &format!("\"{url}\" ").replace("\"\"", "\""));
        rewrites_rows(syntax, &page(&url), &page(&short));
    }
}

/// Fails unless `before` becomes `after`, in chunks of any lengths.
#[track_caller]
fn rewrites_rows(syntax: Syntax, before: &str, after: &str) {
    for size in [before.len(), 1, 2, 3, 7, 64] {
        let output = rewrite_as(syntax, before.as_bytes().chunks(size));
        assert_eq!(String::from_utf8_lossy(&output.bytes), after, "{size}");
    }
}
