//! Bodies where there are none as a rule, and what is too large.

use super::SMUGGLED;
use crate::case::{Case, group};

pub fn cases() -> Vec<Case> {
    let mut cases = group("bodies on any method", on_methods());
    cases.extend(group("too large", too_large()));
    cases
}

/// Each body is a request, which must stay a body or go.
fn on_methods() -> Vec<Case> {
    let length = format!("Content-Length: {}", SMUGGLED.len());
    let chunk = format!("{:x}\r\n", SMUGGLED.len()).into_bytes();
    let chunks = [&chunk, SMUGGLED, b"\r\n0\r\n\r\n"].concat();
    let mut cases = Vec::new();
    for method in ["GET", "HEAD", "TRACE", "OPTIONS", "DELETE", "PUT", "FOO"] {
        for (name, lines, body) in [
            ("by length", length.as_str(), SMUGGLED),
            ("in chunks", "Transfer-Encoding: chunked", &chunks),
            ("of length zero", "Content-Length: 0", b""),
            ("of no chunk", "Transfer-Encoding: chunked", b"0\r\n\r\n"),
        ] {
            let head = format!("{method} /case HTTP/1.1\r\nHost: a.example\r\n{lines}\r\n\r\n");
            let bytes = [head.as_bytes(), body].concat();
            cases.push(Case::http1(format!("{method}, {name}"), bytes));
        }
        let head = format!("{method} /case HTTP/1.1\r\nHost: a.example\r\n\r\n");
        let bytes = [head.as_bytes(), b"hello\r\n\r\n"].concat();
        cases.push(Case::http1(format!("{method}, without framing"), bytes));
    }
    cases.push(Case::http1(
        "TRACE with Max-Forwards",
        "TRACE /case HTTP/1.1\r\nHost: a.example\r\nMax-Forwards: 0\r\n\r\n",
    ));
    cases
}

/// Far beyond the limits of any of the three.
fn too_large() -> Vec<Case> {
    let megabyte = "a".repeat(1 << 20);
    let head = |line: String, fields: String| format!("{line}\r\nHost: a.example\r\n{fields}\r\n");
    let get = || "GET /case HTTP/1.1".to_owned();
    let chunked = |body: String| {
        let line = "POST /case HTTP/1.1".to_owned();
        head(line, "Transfer-Encoding: chunked\r\n".to_owned()) + &body
    };
    vec![
        Case::http1(
            "target",
            head(format!("GET /{megabyte} HTTP/1.1"), String::new()),
        ),
        Case::http1(
            "method",
            head(format!("{megabyte} /case HTTP/1.1"), String::new()),
        ),
        Case::http1(
            "version",
            head(format!("GET /case HTTP/1.1{megabyte}"), String::new()),
        ),
        Case::http1("name", head(get(), format!("{megabyte}: z\r\n"))),
        Case::http1("value", head(get(), format!("X-Y: {megabyte}\r\n"))),
        Case::http1(
            "Host",
            format!("GET /case HTTP/1.1\r\nHost: {megabyte}\r\n\r\n"),
        ),
        Case::http1(
            "twenty thousand fields",
            head(get(), "X-Y: z\r\n".repeat(20_000)),
        ),
        Case::http1(
            "Content-Length of a megabyte of zeros",
            head(
                get(),
                format!("Content-Length: {}\r\n", "0".repeat(1 << 20)),
            ),
        ),
        Case::http1(
            "Connection of a megabyte",
            head(get(), format!("Connection: {}\r\n", "a,".repeat(1 << 19))),
        ),
        Case::http1(
            "chunk size of a megabyte of zeros",
            chunked(format!("{}5\r\nhello\r\n0\r\n\r\n", "0".repeat(1 << 20))),
        )
        .in_body(),
        Case::http1("trailer", chunked(format!("0\r\nX-Y: {megabyte}\r\n\r\n"))).in_body(),
        Case::http1(
            "twenty thousand trailers",
            chunked(format!("0\r\n{}\r\n", "X-Y: z\r\n".repeat(20_000))),
        )
        .in_body(),
    ]
}
