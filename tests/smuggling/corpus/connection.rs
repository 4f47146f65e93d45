//! Connection, Expect, Upgrade, and several requests on one connection.

use super::{Row, SMUGGLED, get, post};
use crate::case::{Case, group};

/// Fields that a Connection line names, each beside its line: it must arrive or the
/// request must not. The last column is what the app must get, if anything.
const NAMED: &[(&str, &str, &str)] = &[
    ("Host", "Connection: Host", "host: a.example"),
    (
        "Host, kept alive",
        "Connection: keep-alive, Host",
        "host: a.example",
    ),
    (
        "Host, on a second line",
        "Connection: keep-alive\r\nConnection: Host",
        "host: a.example",
    ),
    (
        "Authorization",
        "Connection: Authorization\r\nAuthorization: Basic eDp5",
        "authorization: basic edp5",
    ),
    (
        "Authorization, closed",
        "Connection: close, Authorization\r\nAuthorization: Basic eDp5",
        "authorization: basic edp5",
    ),
    ("Cookie", "Connection: cookie\r\nCookie: a=b", "cookie: a=b"),
    (
        "X-Forwarded-For",
        "Connection: X-Forwarded-For\r\nX-Forwarded-For: 192.0.2.1",
        "x-forwarded-for",
    ),
    (
        "Forwarded",
        "Connection: Forwarded\r\nForwarded: for=192.0.2.1",
        "forwarded: for=",
    ),
    ("an ordinary field", "Connection: X-Y\r\nX-Y: z", ""),
    ("itself", "Connection: Connection", ""),
    ("nothing", "Connection:", ""),
    ("commas", "Connection: ,,,", ""),
    ("close and keep-alive", "Connection: close, keep-alive", ""),
    ("no token", "Connection: \"close\"", ""),
    ("a name with a space", "Connection: X Y", ""),
    ("a name with a NUL", "Connection: X\0Y", ""),
    ("8-bit", "Connection: \u{e9}", ""),
    ("Proxy-Connection", "Proxy-Connection: keep-alive", ""),
    (
        "Keep-Alive",
        "Keep-Alive: timeout=5\r\nConnection: Keep-Alive",
        "",
    ),
    ("TE", "Connection: TE\r\nTE: trailers", ""),
    (
        "TE with chunked",
        "Connection: TE\r\nTE: trailers, chunked",
        "",
    ),
];

const EXPECT: &[Row] = &[
    (
        "100-continue",
        b"Expect: 100-continue\r\nContent-Length: 5",
        "",
    ),
    (
        "upper case",
        b"Expect: 100-CONTINUE\r\nContent-Length: 5",
        "",
    ),
    (
        "twice",
        b"Expect: 100-continue\r\nExpect: 100-continue\r\nContent-Length: 5",
        "",
    ),
    ("another one", b"Expect: 200-ok\r\nContent-Length: 5", ""),
    (
        "another one beside it",
        b"Expect: 100-continue, x=y\r\nContent-Length: 5",
        "",
    ),
    (
        "space before",
        b"Expect:   100-continue\r\nContent-Length: 5",
        "",
    ),
    (
        "vertical tab before",
        b"Expect: \x0b100-continue\r\nContent-Length: 5",
        "",
    ),
    (
        "folded",
        b"Expect:\r\n 100-continue\r\nContent-Length: 5",
        "",
    ),
    ("empty", b"Expect:\r\nContent-Length: 5", ""),
    (
        "letters before",
        b"Expect: y 100-continue\r\nContent-Length: 5",
        "",
    ),
];

const UPGRADE: &[Row] = &[
    ("websocket", b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==", ""),
    ("websocket of version 777", b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 777\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==", ""),
    ("websocket without a key", b"Connection: Upgrade\r\nUpgrade: websocket", ""),
    ("without Connection", b"Upgrade: websocket", ""),
    ("in lower case and twice", b"connection: upgrade\r\nconnection: upgrade\r\nupgrade: websocket\r\nupgrade: foo", ""),
    ("to foo", b"Connection: Upgrade\r\nUpgrade: foo", ""),
    ("to nothing", b"Connection: Upgrade\r\nUpgrade:", ""),
    ("to a list", b"Connection: Upgrade\r\nUpgrade: websocket, h2c, foo/1", ""),
    ("to HTTP/2.0", b"Connection: Upgrade\r\nUpgrade: HTTP/2.0", ""),
    ("to TLS/1.0", b"Connection: Upgrade\r\nUpgrade: TLS/1.0", ""),
];

/// An app that takes any of these would speak HTTP/2 past the proxy's eyes.
const H2C: &[Row] = &[
    ("all of it", b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA", ""),
    ("Connection without the settings", b"Connection: Upgrade\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA", ""),
    ("without settings", b"Connection: Upgrade\r\nUpgrade: h2c", ""),
    ("upper case", b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: H2C\r\nHTTP2-Settings: AAMAAABk", ""),
    ("beside websocket", b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: websocket, h2c\r\nHTTP2-Settings: AAMAAABk", ""),
    ("two settings", b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\nHTTP2-Settings: AAMAAABk", ""),
];

/// Several requests at once; the number is theirs.
const PIPELINES: &[(&str, &str, usize)] = &[
    (
        "two",
        "GET /case HTTP/1.1\r\nHost: a.example\r\n\r\nGET /case2 HTTP/1.1\r\nHost: a.example\r\n\r\n",
        2,
    ),
    (
        "two, an empty line between",
        "GET /case HTTP/1.1\r\nHost: a.example\r\n\r\n\r\nGET /case2 HTTP/1.1\r\nHost: a.example\r\n\r\n",
        2,
    ),
    (
        "two with bodies",
        "POST /case HTTP/1.1\r\nHost: a.example\r\nContent-Length: 5\r\n\r\nhelloPOST /case2 HTTP/1.1\r\nHost: a.example\r\nContent-Length: 2\r\n\r\nhi",
        2,
    ),
    (
        "after a line end that the length leaves out",
        "POST /case HTTP/1.1\r\nHost: a.example\r\nContent-Length: 5\r\n\r\nhello\r\nGET /case2 HTTP/1.1\r\nHost: a.example\r\n\r\n",
        2,
    ),
    (
        "after chunks",
        "POST /case HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\nGET /case2 HTTP/1.1\r\nHost: a.example\r\n\r\n",
        2,
    ),
    (
        "after chunks and an empty line",
        "POST /case HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n\r\nGET /case2 HTTP/1.1\r\nHost: a.example\r\n\r\n",
        2,
    ),
    (
        "after a body of HEAD",
        "HEAD /case HTTP/1.1\r\nHost: a.example\r\nContent-Length: 5\r\n\r\nhelloGET /case2 HTTP/1.1\r\nHost: a.example\r\n\r\n",
        2,
    ),
    (
        "after a close",
        "GET /case HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a.example\r\n\r\n",
        1,
    ),
    (
        "after HTTP/1.0",
        "GET /case HTTP/1.0\r\nHost: a.example\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a.example\r\n\r\n",
        1,
    ),
    (
        "after HTTP/1.0, kept alive",
        "GET /case HTTP/1.0\r\nHost: a.example\r\nConnection: keep-alive\r\n\r\nGET /case2 HTTP/1.1\r\nHost: a.example\r\n\r\n",
        2,
    ),
    (
        "a body that is a request",
        "POST /case HTTP/1.1\r\nHost: a.example\r\nContent-Length: 44\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a.example\r\n\r\n\r\n",
        1,
    ),
    (
        "garbage after a body",
        "POST /case HTTP/1.1\r\nHost: a.example\r\nContent-Length: 5\r\n\r\nhello world\r\n\r\n",
        1,
    ),
    (
        "the second is HTTP/0.9",
        "GET /case HTTP/1.1\r\nHost: a.example\r\n\r\nGET /smuggled\r\n\r\n",
        1,
    ),
    (
        "the second has no Host",
        "GET /case HTTP/1.1\r\nHost: a.example\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n",
        1,
    ),
    (
        "the second is the preface of HTTP/2",
        "GET /case HTTP/1.1\r\nHost: a.example\r\n\r\nPRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        1,
    ),
    (
        "the second has both framings",
        "GET /case HTTP/1.1\r\nHost: a.example\r\n\r\nPOST /case2 HTTP/1.1\r\nHost: a.example\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        2,
    ),
];

pub fn cases() -> Vec<Case> {
    let named = NAMED
        .iter()
        .map(|(name, lines, has)| Case::http1(*name, get(lines)).has(has));
    let mut cases = group("named by Connection", named);
    cases.extend(group("framing named by Connection", framing()));
    let expect = EXPECT
        .iter()
        .map(|row| Case::http1(row.0, post(row.1, "hello")));
    cases.extend(group("Expect", expect));
    cases.extend(group("Expect", expect_without_body()));
    // An app that does not switch reads on: two requests, if the first one lets it.
    let upgrade = UPGRADE.iter().map(|row| {
        let bytes = [&get(row.1), SMUGGLED].concat();
        Case::http1(row.0, bytes).requests(2)
    });
    cases.extend(group("Upgrade, then a request", upgrade));
    let h2c = H2C.iter().map(|row| {
        let bytes = [
            &get(row.1),
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".as_slice(),
        ]
        .concat();
        Case::http1(row.0, bytes).lacks("h2c").alone().waits()
    });
    cases.extend(group("Upgrade to h2c", h2c));
    cases.extend(group("Upgrade to h2c", upgrade_with_body()));
    let pipelines = PIPELINES
        .iter()
        .map(|(name, bytes, requests)| Case::http1(*name, *bytes).requests(*requests));
    cases.extend(group("pipelines", pipelines));
    cases
}

/// The app must get one framing, whatever Connection says of it.
fn framing() -> Vec<Case> {
    let hello = b"5\r\nhello\r\n0\r\n\r\n";
    let hidden = [b"0\r\n\r\n", SMUGGLED].concat();
    let both = format!(
        "Content-Length: {}\r\nTransfer-Encoding: chunked\r\nConnection: Transfer-Encoding",
        hidden.len()
    );
    let hidden_length = format!(
        "Content-Length: {}\r\nConnection: Content-Length",
        SMUGGLED.len()
    );
    vec![
        Case::http1(
            "Content-Length",
            post("Content-Length: 5\r\nConnection: Content-Length", "hello"),
        )
        .has("hello"),
        Case::http1(
            "Content-Length of a hidden request",
            post(hidden_length, SMUGGLED),
        ),
        Case::http1(
            "Transfer-Encoding",
            post(
                "Transfer-Encoding: chunked\r\nConnection: Transfer-Encoding",
                hello,
            ),
        )
        .has("hello"),
        Case::http1(
            "Transfer-Encoding beside a Content-Length",
            post(both, hidden),
        ),
        Case::http1(
            "Trailer",
            post(
                "Transfer-Encoding: chunked\r\nTrailer: X-Y\r\nConnection: Trailer",
                hello,
            ),
        ),
        Case::http1(
            "Expect",
            post(
                "Content-Length: 5\r\nExpect: 100-continue\r\nConnection: Expect",
                "hello",
            ),
        ),
    ]
}

fn expect_without_body() -> Vec<Case> {
    let pipelined = [&get("Expect: 100-continue"), SMUGGLED].concat();
    let http10 = "POST /case HTTP/1.0\r\nHost: a.example\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello";
    vec![
        Case::http1("without a body", get("Expect: 100-continue")),
        Case::http1("without a body, a request after it", pipelined).requests(2),
        Case::http1(
            "with a length of zero",
            get("Expect: 100-continue\r\nContent-Length: 0"),
        ),
        Case::http1("in HTTP/1.0", http10),
        Case::http1(
            "with chunks",
            post(
                "Expect: 100-continue\r\nTransfer-Encoding: chunked",
                "5\r\nhello\r\n0\r\n\r\n",
            ),
        ),
        Case::http1(
            "with a body that does not come",
            post("Expect: 100-continue\r\nContent-Length: 5", ""),
        )
        .alone()
        .waits(),
    ]
}

fn upgrade_with_body() -> Vec<Case> {
    let lines = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\nContent-Length: 5";
    vec![Case::http1("with a body", post(lines, "hello")).lacks("h2c")]
}
