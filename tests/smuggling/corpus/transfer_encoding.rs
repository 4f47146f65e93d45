//! Transfer-Encoding as only some servers read it.

use super::{Row, SMUGGLED, post};
use crate::case::{Case, group};

/// A request whose last coding is not `chunked` has no known end.
const FINAL: &str = "RFC 9112 6.3";

const LINES: &[Row] = &[
    ("right", b"Transfer-Encoding: chunked", ""),
    ("capital", b"Transfer-Encoding: Chunked", ""),
    ("upper case", b"Transfer-Encoding: CHUNKED", ""),
    ("mixed case", b"tRANSFER-eNCODING: cHuNkEd", ""),
    ("no space", b"Transfer-Encoding:chunked", ""),
    ("many spaces", b"Transfer-Encoding:          chunked", ""),
    ("tab before", b"Transfer-Encoding:\tchunked", ""),
    ("tab after", b"Transfer-Encoding: chunked\t", ""),
    ("spaces after", b"Transfer-Encoding: chunked   ", ""),
    (
        "tab and space around",
        b"Transfer-Encoding: \t chunked \t ",
        "",
    ),
    ("xchunked", b"Transfer-Encoding: xchunked", FINAL),
    ("chunkedx", b"Transfer-Encoding: chunkedx", FINAL),
    ("chunke", b"Transfer-Encoding: chunke", FINAL),
    ("identity", b"Transfer-Encoding: identity", FINAL),
    ("gzip", b"Transfer-Encoding: gzip", FINAL),
    ("trailers", b"Transfer-Encoding: trailers", FINAL),
    ("asterisk", b"Transfer-Encoding: *", FINAL),
    ("empty", b"Transfer-Encoding:", FINAL),
    ("comma alone", b"Transfer-Encoding: ,", FINAL),
    ("comma after", b"Transfer-Encoding: chunked,", ""),
    ("comma before", b"Transfer-Encoding: ,chunked", ""),
    ("commas around", b"Transfer-Encoding: , chunked ,", ""),
    ("gzip, chunked", b"Transfer-Encoding: gzip, chunked", ""),
    ("chunked, gzip", b"Transfer-Encoding: chunked, gzip", FINAL),
    (
        "identity, chunked",
        b"Transfer-Encoding: identity, chunked",
        "",
    ),
    (
        "chunked, identity",
        b"Transfer-Encoding: chunked, identity",
        FINAL,
    ),
    (
        "chunked, chunked",
        b"Transfer-Encoding: chunked, chunked",
        "",
    ),
    ("foo, chunked", b"Transfer-Encoding: foo, chunked", ""),
    (
        "chunked chunked",
        b"Transfer-Encoding: chunked chunked",
        FINAL,
    ),
    ("foo chunked", b"Transfer-Encoding: foo chunked", FINAL),
    ("quoted", b"Transfer-Encoding: \"chunked\"", FINAL),
    ("single quotes", b"Transfer-Encoding: 'chunked'", FINAL),
    ("parameter", b"Transfer-Encoding: chunked;q=1", ""),
    (
        "parameter without value",
        b"Transfer-Encoding: chunked; foo",
        "",
    ),
    ("semicolon", b"Transfer-Encoding: chunked;", ""),
    (
        "parameter that names it",
        b"Transfer-Encoding: foo;x=\", chunked\"",
        FINAL,
    ),
    ("comment", b"Transfer-Encoding: chunked (really)", FINAL),
    ("colon before", b"Transfer-Encoding:: chunked", FINAL),
    (
        "vertical tab before",
        b"Transfer-Encoding: \x0bchunked",
        FINAL,
    ),
    (
        "vertical tab after",
        b"Transfer-Encoding: chunked\x0b",
        FINAL,
    ),
    ("form feed before", b"Transfer-Encoding: \x0cchunked", FINAL),
    ("NUL after", b"Transfer-Encoding: chunked\0", FINAL),
    ("NUL inside", b"Transfer-Encoding: chu\0nked", FINAL),
    ("DEL after", b"Transfer-Encoding: chunked\x7f", FINAL),
    ("backspace after", b"Transfer-Encoding: chunkedx\x08", FINAL),
    (
        "no-break space before",
        b"Transfer-Encoding: \xa0chunked",
        FINAL,
    ),
    (
        "byte order mark before",
        b"Transfer-Encoding: \xef\xbb\xbfchunked",
        FINAL,
    ),
    (
        "Kelvin sign",
        b"Transfer-Encoding: chun\xe2\x84\xaaed",
        FINAL,
    ),
    (
        "two lines of it",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        "",
    ),
    (
        "chunked, then identity line",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        FINAL,
    ),
    (
        "identity, then chunked line",
        b"Transfer-Encoding: identity\r\nTransfer-Encoding: chunked",
        "",
    ),
    (
        "gzip, then chunked line",
        b"Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked",
        "",
    ),
    (
        "chunked, then gzip line",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: gzip",
        FINAL,
    ),
    (
        "chunked, then empty line",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding:",
        "",
    ),
    (
        "empty, then chunked line",
        b"Transfer-Encoding:\r\nTransfer-Encoding: chunked",
        "",
    ),
    (
        "chunked, then x line",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: x",
        FINAL,
    ),
    (
        "lines apart",
        b"Transfer-Encoding: chunked\r\nX-Y: z\r\ntransfer-encoding: cow",
        FINAL,
    ),
    ("folded before", b"Transfer-Encoding:\r\n chunked", ""),
    (
        "folded before, by tab",
        b"Transfer-Encoding:\r\n\tchunked",
        "",
    ),
    ("folded after", b"Transfer-Encoding: chunked\r\n ", ""),
    (
        "folded to two",
        b"Transfer-Encoding: chunked\r\n , identity",
        FINAL,
    ),
    ("folded with a bare LF", b"Transfer-Encoding:\n chunked", ""),
    (
        "folded into another",
        b"X-Y: z\r\n Transfer-Encoding: chunked",
        "",
    ),
    (
        "behind a bare LF",
        b"X-Y: z\nTransfer-Encoding: chunked",
        "",
    ),
    (
        "behind a bare CR",
        b"X-Y: z\rTransfer-Encoding: chunked",
        "",
    ),
    ("behind LF CR", b"X-Y: z\n\rTransfer-Encoding: chunked", ""),
    (
        "ended by a bare LF",
        b"Transfer-Encoding: chunked\nX-Y: z",
        "",
    ),
    (
        "ended by a bare CR",
        b"Transfer-Encoding: chunked\rX-Y: z",
        FINAL,
    ),
    (
        "space before the colon",
        b"Transfer-Encoding : chunked",
        "RFC 9112 5.1",
    ),
    (
        "tab before the colon",
        b"Transfer-Encoding\t: chunked",
        "RFC 9112 5.1",
    ),
    (
        "vertical tab before the colon",
        b"Transfer-Encoding\x0b: chunked",
        "",
    ),
    ("NUL before the colon", b"Transfer-Encoding\0: chunked", ""),
    ("underscore in the name", b"Transfer_Encoding: chunked", ""),
    ("space in the name", b"Transfer Encoding: chunked", ""),
    ("NUL in the name", b"Transfer\0-Encoding: chunked", ""),
    (
        "8-bit start of the name",
        b"\xffTransfer-Encoding: chunked",
        "",
    ),
    (
        "8-bit end of the name",
        b"Transfer-Encodin\xc4\xa3: chunked",
        "",
    ),
    ("quoted name", b"\"Transfer-Encoding\": chunked", ""),
    ("no colon", b"Transfer-Encoding chunked", ""),
    ("equals sign", b"Transfer-Encoding=chunked", ""),
    (
        "in the value of another",
        b"X-Y: Transfer-Encoding: chunked",
        "",
    ),
    ("Content-Encoding", b"Content-Encoding: chunked", ""),
    ("TE", b"TE: chunked", ""),
];

pub fn cases() -> Vec<Case> {
    let alone = LINES.iter().map(|(name, line, rfc)| {
        let body = b"5\r\nhello\r\n0\r\n\r\n";
        Case::http1(*name, post(line, body)).must_refuse(rfc)
    });
    // Who does not see it takes a hidden request for the body.
    let beside = LINES.iter().map(|(name, line, rfc)| {
        let body = [b"0\r\n\r\n", SMUGGLED].concat();
        let lines = format!("Content-Length: {}\r\n", body.len()).into_bytes();
        Case::http1(*name, post([&lines, *line].concat(), body)).must_refuse(rfc)
    });
    let mut cases = group("Transfer-Encoding", alone);
    cases.extend(group("Transfer-Encoding after a Content-Length", beside));
    cases
}
