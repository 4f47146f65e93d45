//! Bodies: the length that is told and the one that comes, and trailers.

use super::{HOP_BY_HOP, MALFORMED, NAME, SMUGGLED, case, with_body};
use crate::{
    case::Case,
    http2::{DATA, END_HEADERS, END_STREAM, Fields, HEADERS, frame},
};

/// Lengths of the body `hello`.
const WRONG: [&str; 5] = ["4", "6", "0", "50", "18446744073709551621"];

const ODD: &[(&str, &str)] = &[
    ("", ""),
    ("x", ""),
    ("+5", ""),
    ("-5", ""),
    ("0x5", ""),
    ("5 5", ""),
    ("5, 5", ""),
    ("5, 6", ""),
    ("5,", ""),
    ("05", ""),
    ("5.0", ""),
    ("5\0", NAME),
    ("5\r\nx-z: y", NAME),
];

const TWICE: &[(&str, &str, &str)] = &[
    ("5", "5", ""),
    ("5", "6", MALFORMED),
    ("0", "5", MALFORMED),
    ("5", "0", MALFORMED),
];

const TRAILERS: &[(&str, &str, &str)] = &[
    ("x-y", "z", ""),
    (":path", "/smuggled", MALFORMED),
    (":method", "GET", MALFORMED),
    (":authority", "evil.example", MALFORMED),
    (":status", "200", MALFORMED),
    ("content-length", "50", ""),
    ("transfer-encoding", "chunked", HOP_BY_HOP),
    ("connection", "close", HOP_BY_HOP),
    ("host", "evil.example", ""),
    ("authorization", "Basic eDp5", ""),
    ("X-Y", "z", NAME),
    ("x y", "z", NAME),
    ("x-y", "a\r\nx-z: b", NAME),
    (
        "x-y",
        "a\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a.example\r\n\r\n",
        NAME,
    ),
    ("x-y\r\n\r\nget /smuggled http/1.1", "z", NAME),
    ("x-y", "a\0", NAME),
    ("", "z", MALFORMED),
];

pub(super) fn lengths() -> Vec<Case> {
    let post = |length| Fields::of("POST").with("content-length", length);
    let mut cases = Vec::new();
    for length in WRONG {
        let title = format!("content-length: {length}, five bytes");
        let in_two = [
            post(length).open(),
            frame(DATA, 0, 1, b"hel"),
            frame(DATA, END_STREAM, 1, b"lo"),
        ];
        let wrong = [
            with_body(title.clone(), &post(length), b"hello"),
            Case::http2(title + " in two frames", in_two.concat()),
        ];
        cases.extend(wrong.map(|case| case.in_body().must_refuse(MALFORMED)));
        if length != "0" {
            let title = format!("content-length: {length}, no DATA");
            cases.push(case(title, MALFORMED, post(length)));
        }
    }
    for (length, rfc) in ODD {
        let title = format!("content-length: {}", length.as_bytes().escape_ascii());
        cases.push(with_body(title, &post(length), b"hello").must_refuse(rfc));
    }
    for (first, second, rfc) in TWICE {
        let title = format!("content-length: {first} and content-length: {second}");
        let fields = post(first).with("content-length", second);
        cases.push(with_body(title, &fields, b"hello").must_refuse(rfc));
    }
    for method in ["GET", "HEAD", "POST", "OPTIONS", "DELETE"] {
        let title = format!("{method} with a request as body");
        let fields = Fields::of(method).with("content-length", SMUGGLED.len().to_string());
        cases.push(with_body(title.clone(), &fields, SMUGGLED));
        cases.push(with_body(
            title + ", no content-length",
            &Fields::of(method),
            SMUGGLED,
        ));
    }
    cases
}

pub(super) fn trailers() -> Vec<Case> {
    let plain = TRAILERS.iter().map(|(name, value, rfc)| {
        let title = format!("{}: {}", name.escape_debug(), value.escape_debug());
        trailer(title, Fields::of("POST"), name, value).must_refuse(rfc)
    });
    // A name with a line end would be one in the value of `trailer` too.
    let names = TRAILERS.iter().filter(|it| !it.0.contains(['\r', '\n']));
    let announced = names.map(|(name, value, rfc)| {
        let title = format!(
            "{}: {}, announced",
            name.escape_debug(),
            value.escape_debug()
        );
        let fields = Fields::of("POST")
            .with("te", "trailers")
            .with("trailer", name);
        trailer(title, fields, name, value).must_refuse(rfc)
    });
    plain.chain(announced).chain([unended()]).collect()
}

fn trailer(title: String, fields: Fields, name: &str, value: &str) -> Case {
    let section = Fields::default().with(name, value).encoded();
    let frames = [
        fields.open(),
        frame(DATA, 0, 1, b"hello"),
        frame(HEADERS, END_HEADERS | END_STREAM, 1, &section),
    ];
    let case = Case::http2(title, frames.concat()).in_body();
    case.lacks(if name == "host" { "evil.example" } else { "" })
}

fn unended() -> Case {
    let section = Fields::default().with("x-y", "z").encoded();
    let frames = [
        Fields::of("POST").open(),
        frame(DATA, 0, 1, b"hello"),
        frame(HEADERS, END_HEADERS, 1, &section),
    ];
    let case = Case::http2("without END_STREAM", frames.concat());
    case.in_body().must_refuse(MALFORMED).waits()
}
