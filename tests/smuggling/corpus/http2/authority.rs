//! What host a request is for: `:authority`, Host, or both.

use super::{NAME, REQUEST, case};
use crate::{case::Case, http2::Fields};

const AUTHORITIES: &[(&str, &str)] = &[
    ("", ""),
    ("u@a.example", REQUEST),
    ("evil.example:80@a.example", REQUEST),
    ("@a.example", REQUEST),
    ("a.example\r\nX-Y: z", NAME),
    ("a.example\nX-Y: z", NAME),
    ("a.example\rX-Y: z", NAME),
    (
        "a.example\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a.example",
        NAME,
    ),
    ("a\0.example", NAME),
    (" a.example", NAME),
    ("a.example ", NAME),
    ("a.example evil.example", ""),
    ("a.example\tevil.example", ""),
    ("a.example, evil.example", ""),
    ("a.example/evil", ""),
    ("a.example?evil", ""),
    ("a.example#evil", ""),
    ("a.example\\evil", ""),
    ("http://a.example", ""),
    ("a.example:x", ""),
    ("a.example:99999", ""),
    ("a.example:80:81", ""),
    ("a.example:", ""),
    (":80", ""),
    ("[::1", ""),
    ("[::1]:80", ""),
    ("\u{e9}.example", ""),
    ("a%zz.example", ""),
];

pub(super) fn cases() -> Vec<Case> {
    let authorities = AUTHORITIES.iter().map(|(value, rfc)| {
        let title = format!(":authority {}", value.as_bytes().escape_ascii());
        case(title, rfc, Fields::of("GET").set(":authority", value))
    });
    authorities.chain(hosts()).collect()
}

fn hosts() -> Vec<Case> {
    let host = |value| Fields::of("GET").with("host", value);
    let alone = |value| host(value).without(":authority");
    let none = Fields::of("GET").without(":authority");
    let another = "evil.example";
    vec![
        case("no :authority and no Host", "", none),
        case("Host alone", "", alone("a.example")),
        case("Host alone, userinfo", "", alone("u@a.example")),
        case(
            "Host alone, space inside",
            "",
            alone("a.example evil.example"),
        ),
        case("Host alone, empty", "", alone("")),
        case(
            "Host alone, two",
            "",
            alone("a.example").with("host", another),
        ),
        case("Host, equal", "", host("a.example")),
        case(
            "Host, equal but for case and port",
            "",
            host("A.example:80"),
        ),
        case("Host, another", "", host(another)).lacks(another),
        case("Host, a list", "", host("a.example, evil.example")).lacks(another),
        case("Host, empty", "", host("")),
        case(
            "two Hosts, equal",
            "",
            host("a.example").with("host", "a.example"),
        ),
        case(
            "two Hosts, one another",
            "",
            host("a.example").with("host", another),
        )
        .lacks(another),
        case("Host with a line end", NAME, host("a.example\r\nX-Y: z")),
    ]
}
