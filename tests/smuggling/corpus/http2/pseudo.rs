//! Pseudo-header fields: which there are, where they stand and what they hold.

use super::{NAME, PSEUDO, REQUEST, case};
use crate::{case::Case, http2::Fields};

const TWICE: &[(&str, &str)] = &[
    (":method", "GET"),
    (":method", "POST"),
    (":scheme", "https"),
    (":authority", "a.example"),
    (":authority", "evil.example"),
    (":path", "/case"),
    (":path", "/smuggled"),
];

const BESIDE: &[(&str, &str)] = &[
    (":status", "200"),
    (":foo", "bar"),
    (":", "x"),
    (":host", "evil.example"),
    (":Path", "/smuggled"),
    (":path ", "/smuggled"),
    (": path", "/smuggled"),
    (":protocol", "websocket"),
];

const VALUES: &[(&str, &str, &str)] = &[
    (":method", "", REQUEST),
    (":method", "GE T", ""),
    (
        ":method",
        "GET /smuggled HTTP/1.1\r\nX-Y: z\r\n\r\nGET",
        NAME,
    ),
    (":method", "GET /smuggled HTTP/1.1", ""),
    (":method", "GET\0", NAME),
    (":method", "GET\n", NAME),
    (":method", "get", ""),
    (":method", "G\"ET", ""),
    (":path", "", REQUEST),
    (":path", "case", REQUEST),
    (":path", "*", REQUEST),
    (":path", "?case", REQUEST),
    (":path", "http://evil.example/case", REQUEST),
    (
        ":path",
        "/case HTTP/1.1\r\nX-Y: z\r\n\r\nGET /smuggled",
        NAME,
    ),
    (":path", "/case\r\nX-Y: z", NAME),
    (":path", "/case\nX-Y: z", NAME),
    (":path", "/case\rX-Y: z", NAME),
    (":path", "/ca\0se", NAME),
    (":path", "/case HTTP/1.1", ""),
    (":path", "/ca se", ""),
    (":path", "/ca\tse", ""),
    (":path", " /case", NAME),
    (":path", "/case ", NAME),
    (":path", "/ca\u{7f}se", ""),
    (":path", "/ca\u{e9}se", ""),
    (":path", "/case#f", ""),
    (":path", "//evil.example/", ""),
    (":path", "/case%0d%0aX-Y:%20z", ""),
    (":scheme", "", ""),
    (":scheme", "ftp", ""),
    (":scheme", "HTTP", ""),
    (":scheme", "javascript", ""),
    (":scheme", "http ", NAME),
    (":scheme", "ht tp", ""),
    (":scheme", "http://a.example/?", ""),
    (":scheme", "http\r\nX-Y: z", NAME),
    (":scheme", "http\0", NAME),
    (":scheme", "://", ""),
];

pub(super) fn which() -> Vec<Case> {
    let get = || Fields::of("GET");
    let mut cases = vec![
        case("none at all", REQUEST, Fields::default().with("x-y", "z")),
        case("no field at all", REQUEST, Fields::default()),
    ];
    for name in [":method", ":scheme", ":path"] {
        cases.push(case(format!("no {name}"), REQUEST, get().without(name)));
    }
    for name in [":method", ":scheme", ":authority", ":path"] {
        let fields = get().without(name).with("x-y", "z").with(name, "GET");
        cases.push(case(format!("{name} after a field"), PSEUDO, fields));
    }
    for (name, value) in TWICE {
        let title = format!("two {name}, the second {value}");
        cases.push(case(title, PSEUDO, get().with(name, value)));
    }
    for (name, value) in BESIDE {
        cases.push(case(
            format!("beside {name:?}"),
            PSEUDO,
            get().with(name, value),
        ));
    }
    cases
}

pub(super) fn values() -> Vec<Case> {
    let values = VALUES.iter().map(|(name, value, rfc)| {
        let title = format!("{name} {}", value.as_bytes().escape_ascii());
        case(title, rfc, Fields::of("GET").set(name, value))
    });
    let asterisk = Fields::of("OPTIONS").set(":path", "*");
    values.chain([case("OPTIONS *", "", asterisk)]).collect()
}
