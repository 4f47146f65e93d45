//! HTTP/2: what a request in frames may not hold (RFC 9113 section 8), since in
//! HTTP/1.1 it would mean something else.

mod authority;
mod bodies;
mod connect;
mod fields;
mod frames;
mod pseudo;

use super::SMUGGLED;
use crate::{
    case::{Case, group},
    http2::{DATA, END_STREAM, Fields, frame},
};

/// An intermediary must not forward what is malformed.
const MALFORMED: &str = "RFC 9113 8.1.1";
const NAME: &str = "RFC 9113 8.2.1";
const HOP_BY_HOP: &str = "RFC 9113 8.2.2";
const PSEUDO: &str = "RFC 9113 8.3";
const REQUEST: &str = "RFC 9113 8.3.1";

pub fn cases() -> Vec<Case> {
    [
        group("h2: pseudo-header fields", pseudo::which()),
        group("h2: values of pseudo-header fields", pseudo::values()),
        group("h2: :authority and Host", authority::cases()),
        group("h2: fields of the connection", fields::of_the_connection()),
        group("h2: names and values", fields::names_and_values()),
        group("h2: Content-Length and DATA", bodies::lengths()),
        group("h2: CONNECT", connect::cases()),
        group("h2: trailers", bodies::trailers()),
        group("h2: cookies and more that passes", ordinary()),
        group("h2: frames", frames::cases()),
    ]
    .concat()
}

/// A request without a body.
fn case(name: impl Into<String>, rfc: &'static str, fields: Fields) -> Case {
    Case::http2(name, fields.end()).must_refuse(rfc)
}

/// A request with `body` in one frame.
fn with_body(name: impl Into<String>, fields: &Fields, body: &[u8]) -> Case {
    Case::http2(
        name,
        [fields.open(), frame(DATA, END_STREAM, 1, body)].concat(),
    )
}

/// What ought to arrive, in the form of HTTP/1.1.
fn ordinary() -> Vec<Case> {
    let get = || Fields::of("GET");
    let crumbs = get()
        .with("cookie", "a=1")
        .with("x-y", "z")
        .with("cookie", "b=2");
    let split = get().with("cookie", "a=1").with("cookie", "b=2\r\nx: y");
    let mut cases = vec![
        case("a request", "", get()).has("host: a.example"),
        case("cookie crumbs", "", crumbs).has("cookie: a=1; b=2"),
        case("crumbs with a line end", NAME, split),
        with_body("a body without a length", &Fields::of("POST"), b"hello").has("hello"),
        with_body("a GET with a body", &get(), b"hello").has("hello"),
        with_body("an empty DATA frame as body", &Fields::of("POST"), b""),
    ];
    for (name, value) in [
        ("expect", "100-continue"),
        ("expect", "foo"),
        ("x-forwarded-for", "127.0.0.1"),
    ] {
        cases.push(case(
            format!("{name}: {value}"),
            "",
            get().with(name, value),
        ));
    }
    cases
}
