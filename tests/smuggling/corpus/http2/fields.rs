//! Ordinary fields that HTTP/1.1 would read in another way.

use super::{HOP_BY_HOP, MALFORMED, NAME, SMUGGLED, case, with_body};
use crate::{case::Case, http2::Fields};

const OF_THE_CONNECTION: &[(&str, &str)] = &[
    ("connection", "close"),
    ("connection", "keep-alive"),
    ("connection", "host"),
    ("connection", ""),
    ("proxy-connection", "keep-alive"),
    ("keep-alive", "timeout=5"),
    ("upgrade", "websocket"),
    ("upgrade", "h2c"),
    ("transfer-encoding", "chunked"),
    ("transfer-encoding", "identity"),
    ("transfer-encoding", ""),
    ("te", "gzip"),
    ("te", "trailers, gzip"),
    ("te", "chunked"),
    ("te", ""),
];

const NAMES: &[(&str, &str)] = &[
    ("X-Y", NAME),
    ("Transfer-Encoding", NAME),
    ("hosT", NAME),
    ("x y", NAME),
    ("x-y ", NAME),
    (" x-y", NAME),
    ("x-y:", NAME),
    ("x:y", NAME),
    ("x-y: z\r\nx-z", NAME),
    ("transfer-encoding: chunked\r\nx", NAME),
    ("x\ry", NAME),
    ("x\ny", NAME),
    ("x\0y", NAME),
    ("x\ty", NAME),
    ("x\u{7f}y", NAME),
    ("x\u{e9}y", NAME),
    ("", MALFORMED),
    ("x\"y", ""),
    ("x(y", ""),
    ("x,y", ""),
    ("x/y", ""),
    ("x=y", ""),
    ("x[y", ""),
    ("x_y", ""),
    ("get / http/1.1", NAME),
];

const VALUES: &[(&str, &str)] = &[
    ("a\r\nx-z: b", NAME),
    (
        "a\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a.example\r\n\r\n",
        NAME,
    ),
    ("a\r\ntransfer-encoding: chunked", NAME),
    ("a\rb", NAME),
    ("a\nb", NAME),
    ("a\n", NAME),
    ("\ra", NAME),
    ("a\0b", NAME),
    ("\0", NAME),
    (" a", NAME),
    ("a ", NAME),
    ("\ta", NAME),
    ("a\t", NAME),
    ("a\u{b}b", ""),
    ("a\u{1}b", ""),
    ("a\u{7f}b", ""),
    ("a\u{e9}b", ""),
    ("a\u{10d}\u{10a}b", ""),
];

pub(super) fn of_the_connection() -> Vec<Case> {
    let mut cases = Vec::new();
    for (name, value) in OF_THE_CONNECTION {
        let fields = Fields::of("GET").with(name, value);
        cases.push(case(format!("{name}: {value}"), HOP_BY_HOP, fields));
    }
    let hidden = [b"0\r\n\r\n", SMUGGLED].concat();
    let chunked = Fields::of("POST").with("transfer-encoding", "chunked");
    let with_length = chunked
        .clone()
        .with("content-length", hidden.len().to_string());
    for (name, fields) in [
        ("transfer-encoding: chunked and DATA", chunked),
        (
            "transfer-encoding: chunked, content-length and DATA",
            with_length,
        ),
    ] {
        cases.push(with_body(name, &fields, &hidden).must_refuse(HOP_BY_HOP));
    }
    let trailers = Fields::of("GET").with("te", "trailers");
    let settings = Fields::of("GET").with("http2-settings", "AAMAAABk");
    cases.push(case("te: trailers", "", trailers));
    cases.push(case("http2-settings", "", settings));
    cases
}

pub(super) fn names_and_values() -> Vec<Case> {
    let names = NAMES.iter().map(|(name, rfc)| {
        let title = format!("name `{}`", name.escape_debug());
        case(title, rfc, Fields::of("GET").with(name, "z"))
    });
    let values = VALUES.iter().map(|(value, rfc)| {
        let title = format!("value `{}`", value.escape_debug());
        case(title, rfc, Fields::of("GET").with("x-y", value))
    });
    names.chain(values).collect()
}
