mod hx_location;

use proptest::{collection::vec, prelude::*, sample::select};

use super::*;
use crate::oauth::EndpointTable;
use crate::policy::{Client, Normalize, Policies, Policy};
use crate::scope::ScopeToken;
use crate::scope::Separator;

const URL: &str = "https://zoom.us/oauth/authorize?client_id=a&scope=x%20y&state=s";
const STRIPPED: &str = "https://zoom.us/oauth/authorize?client_id=a&state=s";

/// `a` is stripped, `n` and `c` normalized, the latter with commas, `d` would be stripped but for a dry run.
fn rewriter() -> Rewriter {
    let mut policies = Policies::new(Policy::Strip, false);
    let token = |text| ScopeToken::parse(text).unwrap();
    let normalize = Normalize {
        rename: [(token("old"), token("it's"))].into(),
        ..Normalize::default()
    };
    let comma = Normalize {
        separator: Separator::Comma,
        ..Normalize::default()
    };
    for (id, policy, dry_run) in [
        ("a", Policy::Strip, false),
        ("n", Policy::Normalize(normalize), false),
        ("c", Policy::Normalize(comma), false),
        ("d", Policy::Strip, true),
    ] {
        let client = Client {
            ids: vec![id.to_owned()],
            name: None,
            policy,
            dry_run,
        };
        policies.insert(client).unwrap();
    }
    Rewriter {
        endpoints: EndpointTable::builtin(),
        policies,
    }
}

/// What `value` becomes, and how many authorization requests are in it.
fn treated(carrier: Carrier, value: &[u8]) -> (Vec<u8>, usize) {
    let mut count = 0;
    let mut found = |_: &Decision<'_>| count += 1;
    let output = rewriter().rewrite_field(carrier, value, &RequestUrl::UNKNOWN, &mut found);
    assert_ne!(output.as_deref(), Some(value), "no change is none");
    (output.unwrap_or_else(|| value.to_vec()), count)
}

/// `@` stands for the URL, before and after.
#[track_caller]
fn assert_found(carrier: Carrier, lines: &[&str]) {
    for line in lines {
        let (before, after) = (line.replace('@', URL), line.replace('@', STRIPPED));
        let (output, count) = treated(carrier, before.as_bytes());
        assert_eq!(String::from_utf8(output).unwrap(), after, "{line}");
        assert_eq!(count, line.matches('@').count(), "{line}");
        let (again, _) = treated(carrier, after.as_bytes());
        assert_eq!(String::from_utf8(again).unwrap(), after, "again: {line}");
    }
}

#[track_caller]
fn assert_passed(carrier: Carrier, lines: &[&str]) {
    for line in lines {
        let line = line.replace('@', URL);
        let (output, count) = treated(carrier, line.as_bytes());
        assert_eq!(String::from_utf8(output).unwrap(), line);
        assert_eq!(count, 0, "{line}");
    }
}

#[test]
fn fields_that_carry_urls_are_known() {
    for (name, carrier) in [
        ("location", Carrier::Url),
        ("refresh", Carrier::Refresh),
        ("link", Carrier::Link),
        ("x-inertia-location", Carrier::Url),
        ("x-inertia-redirect", Carrier::Url),
        ("hx-redirect", Carrier::Url),
        ("hx-location", Carrier::HxLocation),
        ("x-remix-redirect", Carrier::Url),
        ("x-action-redirect", Carrier::ActionRedirect),
        ("x-nextjs-redirect", Carrier::Url),
        ("turbolinks-location", Carrier::Url),
        ("x-turbo-location", Carrier::Url),
    ] {
        assert_eq!(Carrier::of(name), Some(carrier), "{name}");
    }
    for name in ["content-location", "hx-push-url", "date", "x-location", ""] {
        assert_eq!(Carrier::of(name), None, "{name}");
    }
}

#[test]
fn url_is_the_whole_value() {
    assert_found(Carrier::Url, &["@", " @ ", "@#f"]);
    assert_passed(Carrier::Url, &["", "/", "'@'", "<@>", "0;url=@"]);
}

#[test]
fn refresh_is_read_as_a_browser_does() {
    assert_found(
        Carrier::Refresh,
        &[
            "0;url=@",
            "0; url=@",
            "  5 ;\tURL = @ ",
            "0,url=@",
            "0 url=@",
            "0 @",
            "0;@",
            "0 , @",
            "1.5.7; Url='@'",
            ".5; url=@",
            "0; url=\"@\"",
            "0; url='@' and more",
            "0; url='@",
            "0; '@'",
            "0;\"@\"ignored\"",
            "00012;url='@'",
        ],
    );
    assert_passed(
        Carrier::Refresh,
        &[
            "",
            "5",
            "5;",
            "5; ",
            " ",
            "url=@",
            "@",
            "-1; url=@",
            "x; url=@",
            "5x; url=@",
            "5:@",
            "0; ur=@",
            "0; url @",
            "0; uri=@",
            "0; url==@",
            "0; url=''@'",
            "0;;url=@",
            "0; u'@'",
        ],
    );
}

#[test]
fn new_quote_does_not_end_a_quoted_url() {
    let url = "https://zoom.us/oauth/authorize?client_id=n&scope=old,b";
    let quoted = |quote: &str, name: &str| {
        let (output, _) = treated(
            Carrier::Refresh,
            format!("0;url={quote}{}{quote}", url.replace("old,b", name)).as_bytes(),
        );
        String::from_utf8(output).unwrap()
    };
    let expected =
        |quote: &str, list: &str| format!("0;url={quote}{}{quote}", url.replace("old,b", list));
    assert_eq!(quoted("'", "old,b"), expected("'", "it%27s%20b"));
    assert_eq!(quoted("'", "it%27s%20b"), expected("'", "it%27s%20b"));
    assert_eq!(quoted("\"", "old,b"), expected("\"", "it's%20b"));
    assert_eq!(quoted("", "old,b"), expected("", "it's%20b"));
}

#[test]
fn links_that_navigate_are_found() {
    assert_found(
        Carrier::Link,
        &[
            "<@>; rel=next",
            "<@>;rel=\"next\"",
            "<@> ; REL = \"Next\" ; title=\"a, b; c\"",
            "<@>; title=\"\\\">, <\"; rel=last",
            "<@>; title*=UTF-8''a; rel=\"foo last bar\"",
            "<@>; rel=\"ne\\xt\"",
            "<@>; rel=\"\\\\ next\"",
            "<@>; rel=first; rel=stylesheet",
            "<@>; rel=alternate; type=\"text/html\"",
            "<@>; rel=prefetch, <@>; rel=\"prerender\"",
            ",, <@>; rel=prev ,,<@>;rel=next,",
            "<@>;;rel=next;",
            "<@>; crossorigin; rel=next",
            "< @ >; rel=next",
            "<@>; rel=\"next",
            "<@>; rel=next extra",
        ],
    );
}

#[test]
fn relations_that_someone_follows_are_found() {
    for relation in [
        "first",
        "last",
        "next",
        "prev",
        "previous",
        "alternate",
        "prefetch",
        "prerender",
    ] {
        assert_found(Carrier::Link, &[&format!("<@>; rel={relation}")]);
    }
}

#[test]
fn other_links_stay() {
    assert_passed(
        Carrier::Link,
        &[
            "",
            "<@>",
            "<@>; rel",
            "<@>; rel=",
            "<@>; rel=stylesheet",
            "<@>; rel=preload; as=fetch",
            "<@>; rel=modulepreload",
            "<@>; rel=icon",
            "<@>; rel=canonical",
            "<@>; rel=help",
            "<@>; rel=up",
            "<@>; rel=preconnect",
            "<@>; rel=dns-prefetch",
            "<@>; rel=manifest",
            "<@>; rel=self",
            "<@>; rel=\"alternate stylesheet\"",
            "<@>; rel=\"Stylesheet Alternate\"",
            "<@>; rel=\"https://a.example/next\"",
            "<@>; rel=\"nextx\"",
            "<@>; rev=next",
            "<@>; title=\"; rel=next\"",
            "<@>; rel=stylesheet; rel=next",
            "<@; rel=next",
            "@; rel=next",
            "x <@>; rel=next",
            "<a>; rel=next x <@>; rel=next",
        ],
    );
}

#[test]
fn other_links_of_a_line_stay_as_they_are() {
    let line = |url: &str| {
        format!(
            "</a.css>; rel=preload;as=style ,\t<{URL}>; rel=preload,<{url}>;rel=next;x, \
             </?scope=a>; rel=\"prev\", <{url}>; title=\"<{URL}>; rel=next\"; rel=alternate"
        )
    };
    let (output, count) = treated(Carrier::Link, line(URL).as_bytes());
    assert_eq!(String::from_utf8(output).unwrap(), line(STRIPPED));
    assert_eq!(count, 2);
}

#[test]
fn action_redirect_keeps_its_suffix() {
    assert_found(
        Carrier::ActionRedirect,
        &["@;push", "@;replace", "@", "@;other", "@;push;replace"],
    );
    let last = "https://zoom.us/oauth/authorize?client_id=a&scope=x;push";
    let expected = b"https://zoom.us/oauth/authorize?client_id=a;push";
    let (output, _) = treated(Carrier::ActionRedirect, last.as_bytes());
    assert_eq!(output, expected);
}

#[test]
fn dry_run_is_found_and_changes_nothing() {
    let url = "https://zoom.us/oauth/authorize?client_id=d&scope=x";
    let line = format!("<{url}>; rel=next, <{url}>; rel=prev");
    let (output, count) = treated(Carrier::Link, line.as_bytes());
    assert_eq!((output, count), (line.into_bytes(), 2));
}

const CARRIERS: [Carrier; 5] = [
    Carrier::Url,
    Carrier::Refresh,
    Carrier::Link,
    Carrier::HxLocation,
    Carrier::ActionRedirect,
];

/// Pieces that lines are made of, put together in any way.
fn pieces() -> Vec<&'static str> {
    vec![
        URL,
        "https://zoom.us/oauth/authorize?client_id=n&scope=old,%27,%22,%3e",
        "https://zoom.us/oauth/authorize?scope=a \t",
        "https://zoom.us/oauth/authorize?scope=a&b=\"'>;,<\\",
        "//zoom.us/oauth/authorize?x;push&scope=b",
        "0",
        ";",
        ",",
        " ",
        "\t",
        "url",
        "=",
        "'",
        "\"",
        "<",
        ">",
        "\\",
        "rel",
        "next",
        "stylesheet",
        "{\"path\":\"",
        "\"}",
        "path:",
        ",path:\"",
        "{",
        "}",
        ":",
        ";push",
        ";replace",
        "\u{e9}",
        "a",
    ]
}

proptest! {
    #[test]
    fn treating_twice_is_treating_once(
        carrier in select(CARRIERS.to_vec()),
        line in vec(select(pieces()), 0..12),
    ) {
        let line = line.concat();
        let (once, count) = treated(carrier, line.as_bytes());
        let (twice, again) = treated(carrier, &once);
        prop_assert_eq!(&twice, &once, "{}", line);
        prop_assert_eq!(again, count, "{}", line);
    }

    /// A line's URL in the middle of anything: only its query differs, or nothing does.
    #[test]
    fn nothing_changes_around_the_query(
        carrier in select(CARRIERS.to_vec()),
        before in vec(select(pieces()), 0..6),
        after in vec(select(pieces()), 0..6),
    ) {
        let harmless = |part: Vec<&str>| part.concat().replace("zoom.us", "zoom.example");
        let (before, after) = (harmless(before), harmless(after));
        // Behind a `#` nothing is in its query, whatever the field.
        let line = format!("{before}{URL}#{after}");
        let (output, _) = treated(carrier, line.as_bytes());
        let changed = format!("{before}{STRIPPED}#{after}");
        let output = String::from_utf8(output).unwrap();
        prop_assert!(output == line || output == changed, "{} became {}", line, output);
    }

    #[test]
    fn any_bytes_pass_without_a_panic(
        carrier in select(CARRIERS.to_vec()),
        line in vec(any::<u8>(), 0..60),
    ) {
        let (_, count) = treated(carrier, &line);
        prop_assert_eq!(count, 0);
    }
}
