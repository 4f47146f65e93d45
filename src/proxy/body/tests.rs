use http::HeaderName;

use super::changed::{OUTDATED_TRAILERS, change_head};
use super::*;
use crate::oauth::EndpointTable;

fn bodies(paths: &[&str]) -> Bodies {
    let paths = paths.iter().map(|it| PathPattern::parse(it).unwrap());
    let types = [
        "application/json",
        "application/vnd.live-component+html",
        "text/html",
        "text/*",
    ]
    .map(MediaPattern::parse);
    Bodies {
        types: types.map(Result::unwrap).into(),
        paths: paths.collect(),
        longest_url: 1024,
        whole: 1024,
        bounds: Bounds {
            size: 1024,
            ratio: 10,
        },
        anchors: Anchors::new(&EndpointTable::builtin()),
    }
}

/// A head with these `lines`, and with `Content-Type: text/html` where they name none.
fn head(lines: &[&str]) -> HeaderMap {
    let line = |line: &str| {
        let (name, value) = line.split_once(':').unwrap();
        let name: HeaderName = name.parse().unwrap();
        (
            name,
            HeaderValue::from_bytes(value.trim().as_bytes()).unwrap(),
        )
    };
    let mut head = HeaderMap::new();
    for (name, value) in lines.iter().copied().map(line) {
        head.append(name, value);
    }
    if !head.contains_key("content-type") {
        head.append("content-type", HeaderValue::from_static("text/html"));
    }
    head
}

fn plan(lines: &[&str]) -> Option<Plan> {
    bodies(&[]).plan(&Method::GET, "/", StatusCode::OK, &head(lines))
}

const PLAIN: Plan = Plan {
    coding: None,
    syntax: Syntax::Markup,
    length: None,
};

#[test]
fn type_that_is_asked_for_is_looked_into() {
    assert_eq!(plan(&[]), Some(PLAIN));
    for (media_type, syntax) in [
        ("TEXT/html ; charset=utf-8", Syntax::Markup),
        ("text/vnd.turbo-stream.html", Syntax::Markup),
        ("text/html-partial", Syntax::Markup),
        ("application/vnd.live-component+html", Syntax::Markup),
        ("application/json", Syntax::Text),
        ("text/x-anything", Syntax::Text),
        ("text/x-component", Syntax::Rows),
    ] {
        let found = plan(&[&format!("Content-Type: {media_type}")]);
        let expected = Plan { syntax, ..PLAIN };
        assert_eq!(found, Some(expected), "{media_type}");
    }
}

#[test]
fn other_types_pass() {
    for media_type in [
        "application/javascript",
        "application/json2",
        "text/event-stream",
        "Text/Event-Stream; charset=utf-8",
        "textual/html",
        "image/png",
        "",
        ";text/html",
        "application/json, application/json",
    ] {
        let found = plan(&[&format!("Content-Type: {media_type}")]);
        assert_eq!(found, None, "{media_type}");
    }
    let several = ["Content-Type: text/html", "Content-Type: text/html"];
    assert_eq!(plan(&several), None);
    let mut none = head(&[]);
    none.remove("content-type");
    let bodies = bodies(&[]);
    assert_eq!(bodies.plan(&Method::GET, "/", StatusCode::OK, &none), None);
}

#[test]
fn charset_is_to_hold_ascii() {
    let looked_into = |parameters: &str| {
        let line = format!("Content-Type: text/html{parameters}");
        plan(&[&line]).is_some()
    };
    for parameters in [
        ";",
        "; charset=UTF-8",
        ";CHARSET=\"utf-8\"",
        "; charset = latin1",
        "; charset=shift_jis",
        "; charset=gb18030",
        "; charset=windows-1252; charset=us-ascii",
        "; boundary=a; version=1",
        "; xcharset=utf-16",
    ] {
        assert!(looked_into(parameters), "{parameters}");
    }
    for parameters in [
        "; charset=utf-16",
        "; charset=UTF-16LE",
        "; charset=\"utf-16be\"",
        "; charset=iso-2022-jp",
        "; charset=iso-2022-kr",
        "; charset=hz-gb-2312",
        "; charset=utf-7",
        "; charset=utf-32",
        "; charset=ebcdic-cp-us",
        "; charset=",
        "; charset=\"utf-8",
        "; charset=\"a;b\"",
        "; charset='utf-8'",
        "; charset=utf-8; charset=utf-16",
    ] {
        assert!(!looked_into(parameters), "{parameters}");
    }
}

#[test]
fn path_that_is_asked_for_is_looked_into() {
    let bodies = bodies(&["/api/auth/*", "/login"]);
    let looked_into = |path| {
        let plan = bodies.plan(&Method::POST, path, StatusCode::OK, &head(&[]));
        plan.is_some()
    };
    assert!(looked_into("/api/auth/signin/zoom") && looked_into("/login"));
    assert!(!looked_into("/") && !looked_into("/login/") && !looked_into("/api/auth"));
}

#[test]
fn answer_without_its_whole_body_passes() {
    let plan = |method: Method, status: u16, lines: &[&str]| {
        let status = StatusCode::from_u16(status).unwrap();
        bodies(&[]).plan(&method, "/", status, &head(lines))
    };
    for status in [200, 201, 202, 302, 303, 409, 422, 500, 799] {
        assert_eq!(plan(Method::GET, status, &[]), Some(PLAIN), "{status}");
    }
    for status in [100, 101, 103, 204, 205, 206, 226, 304] {
        assert_eq!(plan(Method::GET, status, &[]), None, "{status}");
    }
    assert_eq!(plan(Method::HEAD, 200, &[]), None);
    let range = ["Content-Range: bytes 0-1/5"];
    assert_eq!(plan(Method::GET, 200, &range), None);
}

#[test]
fn no_transform_is_obeyed() {
    for line in [
        "no-transform",
        "private,No-Transform",
        "max-age=0 , no-transform ,x",
        "no-transform=1",
    ] {
        let line = format!("Cache-Control: {line}");
        assert_eq!(plan(&["Cache-Control: no-store", &line]), None, "{line}");
    }
    for line in [
        "no-store",
        "x-no-transform",
        "no-transforms",
        "a=no-transform",
        "",
    ] {
        let line = format!("Cache-Control: {line}");
        assert_eq!(plan(&[&line]), Some(PLAIN), "{line}");
    }
}

#[test]
fn one_known_coding_is_taken_off() {
    for (line, coding) in [
        ("gzip", Some(Coding::Gzip)),
        ("X-GZIP", Some(Coding::Gzip)),
        ("deflate", Some(Coding::Deflate)),
        ("br", Some(Coding::Brotli)),
        ("zstd", Some(Coding::Zstd)),
        ("identity", None),
        ("", None),
    ] {
        let found = plan(&[&format!("Content-Encoding: {line}")]);
        assert_eq!(found, Some(Plan { coding, ..PLAIN }), "{line}");
    }
    for line in [
        "compress",
        "gzip, br",
        "gzip, gzip",
        "identity, gzip",
        "aes128gcm",
        "dcb",
    ] {
        let found = plan(&[&format!("Content-Encoding: {line}")]);
        assert_eq!(found, None, "{line}");
    }
    let several = ["Content-Encoding: gzip", "Content-Encoding: br"];
    assert_eq!(plan(&several), None);
}

#[test]
fn length_is_told_where_it_is_known() {
    let length = |line: &str| plan(&[line]).map(|plan| plan.length);
    assert_eq!(length("A: b"), Some(None));
    assert_eq!(length("Content-Length: 12"), Some(Some(12)));
    assert_eq!(length("Content-Length: 0"), None);
    assert_eq!(length("Content-Length: x"), None);
}

/// The head of a changed body, as lines.
fn changed(lines: &[&str], length: Option<u64>) -> Vec<String> {
    let mut head = head(lines);
    change_head(&mut head, length);
    let shown = |(name, value): (&HeaderName, &HeaderValue)| {
        format!("{name}: {}", String::from_utf8_lossy(value.as_bytes()))
    };
    head.iter().map(shown).collect()
}

#[test]
fn head_of_a_changed_body_says_what_is_so() {
    let before = [
        "a: 1",
        "content-length: 12",
        "digest: sha-256=x",
        "content-type: text/html",
        "repr-digest: sha-256=:x:",
        "etag: \"abc\"",
        "content-md5: x",
        "set-cookie: a=1",
        "content-digest: sha-256=:x:",
        "set-cookie: b=2",
        "unencoded-digest: sha-256=:x:",
        "last-modified: x",
        "accept-ranges: bytes",
        "x-last: 1",
    ];
    let after = |length: &[&'static str]| {
        let (start, end) = (
            [before[0]],
            [
                before[3],
                "etag: W/\"abc\"",
                before[7],
                before[9],
                before[13],
            ],
        );
        [&start[..], length, &end].concat()
    };
    assert_eq!(changed(&before, Some(7)), after(&["content-length: 7"]));
    assert_eq!(changed(&before, None), after(&[]));
}

#[test]
fn only_a_strong_etag_becomes_weak() {
    for (before, after) in [
        ("\"\"", "W/\"\""),
        ("\"caf\u{e9}\"", "W/\"caf\u{e9}\""),
        ("W/\"a\"", "W/\"a\""),
        ("w/\"a\"", "w/\"a\""),
        ("abc", "abc"),
        ("\"", "\""),
        ("\"a", "\"a"),
        ("\"a\"b\"", "\"a\"b\""),
        ("\"a b\"", "\"a b\""),
        ("", ""),
    ] {
        let lines = [&*format!("etag: {before}"), "content-type: text/html"];
        let expected = [&*format!("etag: {after}"), "content-type: text/html"];
        assert_eq!(changed(&lines, None), expected);
    }
}

#[test]
fn trailers_say_nothing_of_the_old_body() {
    let mut trailers = head(&["digest: a", "content-md5: a", "etag: \"a\"", "a: 1"]);
    trailers.extend(head(&[
        "repr-digest: a",
        "content-digest: a",
        "unencoded-digest: a",
        "last-modified: x",
    ]));
    trailers.remove("content-type");
    crate::hop::strip_trailers(&mut trailers, &OUTDATED_TRAILERS);
    let names: Vec<_> = trailers.keys().map(HeaderName::as_str).collect();
    assert_eq!(names, ["a", "last-modified"]);
}
