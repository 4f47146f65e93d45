use super::*;
use crate::pattern::{MediaPattern, PathPattern};

fn extra_headers(names: &str) -> Vec<HeaderName> {
    config(&format!("extra_headers = [{names}]\n")).extra_headers
}

#[test]
fn extra_headers_are_read_in_any_case_and_once_each() {
    assert_eq!(config("").extra_headers, [""; 0]);
    assert_eq!(extra_headers(""), [""; 0]);
    assert_eq!(
        extra_headers("'X-Go-To', 'ajax-location', 'x-GO-to'"),
        ["x-go-to", "ajax-location"]
    );
}

#[test]
fn extra_header_that_is_known_does_no_harm() {
    assert_eq!(extra_headers("'Location', 'Link'"), ["location", "link"]);
}

#[test]
fn extra_header_that_holds_no_url_is_refused() {
    assert_eq!(
        problems(
            "extra_headers = ['', 'X-A:', 'é', 'x y', 'X-Fine', 1, 'Connection', 'Content-Location', 'SET-cookie', 'Content-Length']\n"
        ),
        [
            "1:18 `` is no name of a header field",
            "1:22 `X-A:` is no name of a header field",
            "1:30 `é` is no name of a header field",
            "1:35 `x y` is no name of a header field",
            "1:52 `extra_headers` takes strings, not the number 1",
            "1:55 `Connection` is about a connection and is not passed on",
            "1:69 `Content-Location` says what the answer is; it takes nobody anywhere, so it stays as it is",
            "1:89 `SET-cookie` holds no URL",
            "1:103 `Content-Length` holds no URL",
        ]
    );
    assert!(parse_rules("extra_headers = ['TE']", "t.toml").is_err());
}

fn bodies(text: &str) -> Bodies {
    let config = config(&format!("[bodies]\n{text}\n"));
    config.bodies.expect("they are written")
}

#[test]
fn no_body_is_looked_into_unless_written() {
    assert_eq!(config("").bodies, None);
    let usual = bodies("types = ['json']");
    assert_eq!(usual, Bodies::new(usual.types.clone(), Vec::new()));
    let sizes = (usual.longest_url, usual.whole, usual.decoded_size);
    assert_eq!(sizes, (16 << 10, 1 << 20, 16 << 20));
    assert_eq!(usual.ratio, 200);
}

#[test]
fn everything_about_bodies_is_read() {
    let bodies = bodies(
        "types = ['Text/X']\npaths = ['/api/auth/*', '/a']\nlongest_url = '1MiB'\n\
         whole = '0B'\ndecoded_size = '1GiB'\nratio = 1_000_000",
    );
    let paths = ["/api/auth/*", "/a"].map(|it| PathPattern::parse(it).unwrap());
    assert_eq!(
        bodies,
        Bodies {
            types: vec![MediaPattern::Exact("text/x".to_owned())],
            paths: paths.into(),
            longest_url: 1 << 20,
            whole: 0,
            decoded_size: 1 << 30,
            ratio: 1_000_000,
        }
    );
}

#[test]
fn sets_stand_for_media_types() {
    let matched = |types: &str, media_type: &str| {
        let bodies = bodies(&format!("types = [{types}]"));
        let types = bodies.types.iter();
        types.filter(|it| it.matches(media_type.as_bytes())).count() > 0
    };
    for (set, media_type) in [
        ("'json'", "application/json"),
        ("'json'", "text/json"),
        ("'json'", "application/problem+json"),
        ("'json'", "text/x-script"),
        ("'json'", "text/remix-deferred"),
        ("'json'", "application/json+devalue"),
        ("'json'", "text/sveltekit-data"),
        ("'json'", "application/x-ndjson"),
        ("'html'", "text/html"),
        ("'html'", "application/xhtml+xml"),
        ("'html'", "text/vnd.turbo-stream.html"),
        ("'html'", "text/html-partial"),
        ("'html'", "application/vnd.live-component+html"),
        ("'text'", "text/plain"),
        ("'text'", "text/x-component"),
    ] {
        assert!(matched(set, media_type), "{media_type}");
        for other in ["'json'", "'html'", "'text'"] {
            assert_eq!(matched(other, media_type), other == set, "{media_type}");
        }
        assert!(matched("'html', 'text', 'json', 'text/css'", media_type));
    }
    assert!(matched("'text/*'", "text/css"));
    assert!(!matched("'text/css'", "text/html"));
}

#[test]
fn every_mistake_about_bodies_is_told() {
    assert_eq!(
        problems(
            "[bodies]\ntypes = ['jsn', 'xyz', 'text/event-stream', '*/*', 'text/html; charset=a', 'a/b c', 1]\npaths = ['api', '/a*b', '/a?b', '/a']\nlongest_url = '1KB'\nwhole = '17MiB'\ndecoded_size = 16\nratio = 0\nmimes = []\n"
        ),
        [
            "2:10 `jsn` is neither `json`, `html` or `text` nor a media type",
            "2:17 `xyz` is neither `json`, `html` or `text` nor a media type",
            "2:24 `text/event-stream` is never looked into: an event is not held back",
            "2:45 `*/*` is too wide; a `*` may stand in `text/*` alone",
            "2:52 `text/html; charset=a` has parameters; a media type is written without them here",
            "2:76 `a/b c` is no media type, such as `application/json`",
            "2:85 `types` takes strings, not the number 1",
            "3:10 `api` is no path: it begins with `/`, is ASCII, has no query, and a `*` at its end alone",
            "3:17 `/a*b` is no path: it begins with `/`, is ASCII, has no query, and a `*` at its end alone",
            "3:25 `/a?b` is no path: it begins with `/`, is ASCII, has no query, and a `*` at its end alone",
            "4:15 `longest_url` takes a size with its unit, from 1KiB to 1024KiB, not `1KB`",
            "5:9 `whole` takes a size with its unit, from 0KiB to 16MiB, not `17MiB`",
            "6:16 `decoded_size` takes a size with its unit, from 1KiB to 1024MiB, not the number 16",
            "7:9 `ratio` takes a number from 1 to 1000000, not the number 0",
            "8:1 unknown key `mimes` in `[bodies]`",
        ]
    );
    assert_eq!(
        problems("[bodies]\ntypes = []\npaths = []\n"),
        [
            "2:9 `types` is empty, so no body would be looked into",
            "3:9 `paths` is empty, so no body would be looked into",
        ]
    );
    assert_eq!(problems("[bodies]\n"), ["1:1 `[bodies]` needs `types`"]);
    assert!(parse_rules("[bodies]\n", "t.toml").is_err());
}

#[test]
fn help_names_the_set_that_was_meant() {
    let text = format!("{UPSTREAM}[bodies]\ntypes = ['HTLM', 'xyz']\npathes = ['/a']\n");
    assert_eq!(
        helps(&text),
        ["did you mean `html`?", "did you mean `paths`?"]
    );
}
