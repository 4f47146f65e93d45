//! The corpus: tables of hostile requests, by what is odd about them.
//!
//! A row says what is odd, the bytes of it, and the section of an RFC that forbids to
//! pass it on; none where the RFCs leave a choice.

mod bodies;
mod chunks;
mod connection;
mod fields;
mod framing;
mod http2;
mod start_line;
mod transfer_encoding;

use std::collections::BTreeSet;

use crate::case::Case;

/// What is odd, its bytes, and the section that forbids to pass it on.
type Row = (&'static str, &'static [u8], &'static str);

const SMUGGLED: &[u8] = b"GET /smuggled HTTP/1.1\r\nHost: a.example\r\n\r\n";

pub fn cases() -> Vec<Case> {
    let cases = [
        framing::cases(),
        transfer_encoding::cases(),
        chunks::cases(),
        start_line::cases(),
        fields::cases(),
        connection::cases(),
        bodies::cases(),
        http2::cases(),
    ]
    .concat();
    let names: BTreeSet<_> = cases.iter().map(|it| (it.group, &it.name)).collect();
    assert_eq!(names.len(), cases.len(), "two cases have the same name");
    cases
}

/// A GET with `lines` after its Host, each without its end.
fn get(lines: impl AsRef<[u8]>) -> Vec<u8> {
    [
        b"GET /case HTTP/1.1\r\nHost: a.example\r\n",
        lines.as_ref(),
        b"\r\n\r\n",
    ]
    .concat()
}

/// A POST with `lines` after its Host, and `body`.
fn post(lines: impl AsRef<[u8]>, body: impl AsRef<[u8]>) -> Vec<u8> {
    let start = b"POST /case HTTP/1.1\r\nHost: a.example\r\n";
    [start, lines.as_ref(), b"\r\n\r\n", body.as_ref()].concat()
}
