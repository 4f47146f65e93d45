//! Where a body ends: Content-Length, and Transfer-Encoding beside it.

use super::{Row, SMUGGLED, post};
use crate::case::{Case, group};

const LENGTH: &str = "RFC 9112 6.3";

/// Lines above the body `hello`.
const CONTENT_LENGTH: &[Row] = &[
    ("right", b"Content-Length: 5", ""),
    ("lower case", b"content-length: 5", ""),
    ("no space", b"Content-Length:5", ""),
    ("spaces around", b"Content-Length:   5   ", ""),
    ("tabs around", b"Content-Length:\t5\t", ""),
    ("leading zero", b"Content-Length: 05", ""),
    (
        "fifty leading zeros",
        b"Content-Length: 00000000000000000000000000000000000000000000000005",
        "",
    ),
    (
        "two equal lines",
        b"Content-Length: 5\r\nContent-Length: 5",
        "",
    ),
    (
        "three equal lines",
        b"Content-Length: 5\r\nContent-Length: 5\r\nContent-Length: 5",
        "",
    ),
    (
        "equal lines apart",
        b"Content-Length: 5\r\nX-Y: z\r\ncontent-length: 5",
        "",
    ),
    (
        "equal but for a zero",
        b"Content-Length: 5\r\nContent-Length: 05",
        "",
    ),
    (
        "two lines that differ",
        b"Content-Length: 5\r\nContent-Length: 6",
        LENGTH,
    ),
    (
        "two lines that differ, the longer first",
        b"Content-Length: 6\r\nContent-Length: 5",
        LENGTH,
    ),
    (
        "zero, then more",
        b"Content-Length: 0\r\nContent-Length: 5",
        LENGTH,
    ),
    (
        "more, then zero",
        b"Content-Length: 5\r\nContent-Length: 0",
        LENGTH,
    ),
    (
        "right, then none",
        b"Content-Length: 5\r\nContent-Length:",
        LENGTH,
    ),
    (
        "none, then right",
        b"Content-Length:\r\nContent-Length: 5",
        LENGTH,
    ),
    (
        "right, then garbage",
        b"Content-Length: 5\r\nContent-Length: x",
        LENGTH,
    ),
    (
        "right, then with a plus",
        b"Content-Length: 5\r\nContent-Length: +5",
        LENGTH,
    ),
    ("list of equals", b"Content-Length: 5, 5", ""),
    ("list of equals without space", b"Content-Length: 5,5", ""),
    ("list that differs", b"Content-Length: 5, 6", LENGTH),
    (
        "list that differs, zero first",
        b"Content-Length: 0, 5",
        LENGTH,
    ),
    ("list with an empty end", b"Content-Length: 5,", ""),
    ("list with an empty start", b"Content-Length: ,5", ""),
    ("comma alone", b"Content-Length: ,", LENGTH),
    ("empty", b"Content-Length:", LENGTH),
    ("space alone", b"Content-Length:  ", LENGTH),
    ("plus", b"Content-Length: +5", LENGTH),
    ("minus", b"Content-Length: -5", LENGTH),
    ("minus zero", b"Content-Length: -0", LENGTH),
    ("hex", b"Content-Length: 0x5", LENGTH),
    ("hex digit", b"Content-Length: a", LENGTH),
    ("point", b"Content-Length: 5.0", LENGTH),
    ("exponent", b"Content-Length: 5e0", LENGTH),
    ("underscore", b"Content-Length: 0_5", LENGTH),
    ("space inside", b"Content-Length: 5 5", LENGTH),
    ("semicolon", b"Content-Length: 5;", LENGTH),
    ("quoted", b"Content-Length: \"5\"", LENGTH),
    ("letters", b"Content-Length: abc", LENGTH),
    ("letters after", b"Content-Length: 5abc", LENGTH),
    ("letters before", b"Content-Length: abc5", LENGTH),
    ("NUL after", b"Content-Length: 5\0", LENGTH),
    ("vertical tab after", b"Content-Length: 5\x0b", LENGTH),
    ("vertical tab before", b"Content-Length: \x0b5", LENGTH),
    ("form feed after", b"Content-Length: 5\x0c", LENGTH),
    ("no-break space", b"Content-Length: \xa05", LENGTH),
    ("full-width digit", b"Content-Length: \xef\xbc\x95", LENGTH),
    ("Arabic digit", b"Content-Length: \xd9\xa5", LENGTH),
    ("2^64", b"Content-Length: 18446744073709551616", LENGTH),
    ("2^64 + 5", b"Content-Length: 18446744073709551621", LENGTH),
    (
        "2^64 - 5, negated",
        b"Content-Length: -18446744073709551611",
        LENGTH,
    ),
    (
        "thirty nines",
        b"Content-Length: 999999999999999999999999999999",
        LENGTH,
    ),
    (
        "space before the colon",
        b"Content-Length : 5",
        "RFC 9112 5.1",
    ),
    (
        "tab before the colon",
        b"Content-Length\t: 5",
        "RFC 9112 5.1",
    ),
    ("underscore in the name", b"Content_Length: 5", ""),
    ("space in the name", b"Content Length: 5", ""),
    ("NUL in the name", b"Content\0-Length: 5", ""),
    ("folded before the value", b"Content-Length:\r\n 5", ""),
    ("folded after the value", b"Content-Length: 5\r\n ", ""),
    ("folded to two values", b"Content-Length: 5\r\n 5", LENGTH),
    ("behind a bare LF", b"X-Y: z\nContent-Length: 5", ""),
    ("behind a bare CR", b"X-Y: z\rContent-Length: 5", ""),
    ("in the value of another", b"X-Y: Content-Length: 5", ""),
];

/// Lengths for which a server may wait.
const ENDLESS: &[Row] = &[
    ("2^32 + 5", b"Content-Length: 4294967301", ""),
    ("2^31", b"Content-Length: 2147483648", ""),
    ("2^63 - 1", b"Content-Length: 9223372036854775807", ""),
    ("2^63", b"Content-Length: 9223372036854775808", ""),
    ("2^64 - 1", b"Content-Length: 18446744073709551615", ""),
    ("a byte more than comes", b"Content-Length: 6", ""),
];

pub fn cases() -> Vec<Case> {
    let row = |row: &Row| Case::http1(row.0, post(row.1, "hello")).must_refuse(row.2);
    let mut cases = group("Content-Length", CONTENT_LENGTH.iter().map(row));
    let endless = ENDLESS.iter().map(|it| row(it).waits().alone());
    cases.extend(group("Content-Length beyond the body", endless));
    cases.extend(group("both framings", both()));
    cases.extend(group("HTTP/1.0 with a Transfer-Encoding", in_http10()));
    cases
}

/// The last chunk, and a request that is hidden after it.
fn two_ends() -> Vec<u8> {
    [b"0\r\n\r\n", SMUGGLED].concat()
}

/// Each order of the two, and Content-Lengths that end before, at and after the last chunk.
fn both() -> Vec<Case> {
    let body = two_ends();
    let all = body.len().to_string();
    let lengths = [
        ("zero", "0"),
        ("to the middle of the chunk", "3"),
        ("to the last chunk", "5"),
        ("to the end", &all),
        ("to the end, twice, listed", &format!("{all}, {all}")),
        ("no number", "x"),
        ("two that differ", "5\r\nContent-Length: 6"),
    ];
    let mut cases = Vec::new();
    for method in ["GET", "POST"] {
        for (name, length) in lengths {
            for (order, lines) in [
                (
                    "before",
                    format!("Content-Length: {length}\r\nTransfer-Encoding: chunked"),
                ),
                (
                    "after",
                    format!("Transfer-Encoding: chunked\r\nContent-Length: {length}"),
                ),
            ] {
                let name = format!("{method}, Content-Length {order}, {name}");
                let head = format!("{method} /case HTTP/1.1\r\nHost: a.example\r\n{lines}\r\n\r\n");
                cases.push(Case::http1(name, [head.as_bytes(), &body].concat()));
            }
        }
    }
    cases
}

fn in_http10() -> Vec<Case> {
    let body = two_ends();
    let all = body.len();
    let lines = [
        ("alone", String::new()),
        ("alone, kept alive", "Connection: keep-alive\r\n".to_owned()),
        (
            "after a Content-Length to the end",
            format!("Content-Length: {all}\r\n"),
        ),
        (
            "after a Content-Length, kept alive",
            format!("Content-Length: {all}\r\nConnection: keep-alive\r\n"),
        ),
        (
            "after a Content-Length of zero",
            "Content-Length: 0\r\nConnection: keep-alive\r\n".to_owned(),
        ),
    ];
    let mut cases = Vec::new();
    for method in ["GET", "POST"] {
        for (name, lines) in &lines {
            let head = format!(
                "{method} /case HTTP/1.0\r\nHost: a.example\r\n{lines}Transfer-Encoding: chunked\r\n\r\n"
            );
            let name = format!("{method}, {name}");
            cases.push(Case::http1(name, [head.as_bytes(), &body].concat()));
        }
    }
    let bytes = "POST /case HTTP/1.0\r\nHost: a.example\r\n\r\nhello";
    cases.push(Case::http1("POST with a body and no framing", bytes));
    cases
}
