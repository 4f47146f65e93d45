//! Chunked bodies that end elsewhere for some readers.

use super::{Row, post};
use crate::case::{Case, group};

/// RFC 9112 7.1: a recipient prevents errors of parsing large numbers.
const NUMBER: &str = "RFC 9112 7.1";

const EXTENSIONS: &[Row] = &[
    ("name", b"5;a\r\nhello\r\n0\r\n\r\n", ""),
    ("name and value", b"5;a=b\r\nhello\r\n0\r\n\r\n", ""),
    ("quoted value", b"5;a=\"b c\"\r\nhello\r\n0\r\n\r\n", ""),
    (
        "semicolon in quotes",
        b"5;a=\"b;c\"\r\nhello\r\n0\r\n\r\n",
        "",
    ),
    ("open quotes", b"5;a=\"b\r\nhello\r\n0\r\n\r\n", ""),
    ("line end in quotes", b"5;a=\"b\r\nhello\"\r\n0\r\n\r\n", ""),
    ("bare LF", b"5;a\nhello\r\n0\r\n\r\n", ""),
    ("bare LF inside", b"5;a\nb\r\nhello\r\n0\r\n\r\n", ""),
    ("bare CR inside", b"5;a\rb\r\nhello\r\n0\r\n\r\n", ""),
    ("CR CR LF", b"5;a\r\r\nhello\r\n0\r\n\r\n", ""),
    ("NUL", b"5;a\0\r\nhello\r\n0\r\n\r\n", ""),
    ("8-bit", b"5;\xff\r\nhello\r\n0\r\n\r\n", ""),
    ("empty", b"5;\r\nhello\r\n0\r\n\r\n", ""),
    ("two semicolons", b"5;;a\r\nhello\r\n0\r\n\r\n", ""),
    ("equals alone", b"5;=\r\nhello\r\n0\r\n\r\n", ""),
    ("space before", b"5 ;a\r\nhello\r\n0\r\n\r\n", ""),
    ("tab before", b"5\t;a\r\nhello\r\n0\r\n\r\n", ""),
    ("space and no semicolon", b"5 a\r\nhello\r\n0\r\n\r\n", ""),
    ("comma", b"5,a\r\nhello\r\n0\r\n\r\n", ""),
    ("on the last chunk", b"5\r\nhello\r\n0;a=b\r\n\r\n", ""),
    ("bare LF on the last chunk", b"5\r\nhello\r\n0;a\n\r\n", ""),
];

const SIZES: &[Row] = &[
    ("leading zero", b"05\r\nhello\r\n0\r\n\r\n", ""),
    ("upper-case digit", b"A\r\nhellohello\r\n0\r\n\r\n", ""),
    (
        "many zeros at the end",
        b"5\r\nhello\r\n000000000000000000\r\n\r\n",
        "",
    ),
    (
        "fifty leading zeros",
        b"00000000000000000000000000000000000000000000000005\r\nhello\r\n0\r\n\r\n",
        "",
    ),
    ("0x", b"0x5\r\nhello\r\n0\r\n\r\n", ""),
    ("0X at the end", b"5\r\nhello\r\n0X0\r\n\r\n", ""),
    ("h after", b"5h\r\nhello\r\n0\r\n\r\n", ""),
    ("plus", b"+5\r\nhello\r\n0\r\n\r\n", ""),
    ("minus", b"-5\r\nhello\r\n0\r\n\r\n", ""),
    ("minus zero at the end", b"5\r\nhello\r\n-0\r\n\r\n", ""),
    ("space before", b" 5\r\nhello\r\n0\r\n\r\n", ""),
    ("tab before", b"\t5\r\nhello\r\n0\r\n\r\n", ""),
    ("space after", b"5 \r\nhello\r\n0\r\n\r\n", ""),
    ("tab after", b"5\t\r\nhello\r\n0\r\n\r\n", ""),
    ("space inside", b"0 5\r\nhello\r\n0\r\n\r\n", ""),
    ("underscore", b"0_5\r\nhello\r\n0\r\n\r\n", ""),
    ("point", b"5.0\r\nhello\r\n0\r\n\r\n", ""),
    ("none", b"\r\nhello\r\n0\r\n\r\n", ""),
    ("no digit", b"g\r\nhello\r\n0\r\n\r\n", ""),
    ("digit, then none", b"5g\r\nhello\r\n0\r\n\r\n", ""),
    ("NUL after", b"5\0\r\nhello\r\n0\r\n\r\n", ""),
    ("vertical tab after", b"5\x0b\r\nhello\r\n0\r\n\r\n", ""),
    ("Arabic digit", b"\xd9\xa5\r\nhello\r\n0\r\n\r\n", ""),
    ("quoted", b"\"5\"\r\nhello\r\n0\r\n\r\n", ""),
    ("2^64", b"10000000000000000\r\nhello\r\n0\r\n\r\n", NUMBER),
    (
        "2^64 + 5",
        b"10000000000000005\r\nhello\r\n0\r\n\r\n",
        NUMBER,
    ),
    (
        "2^64 + 5, 2^80 over",
        b"100010000000000000005\r\nhello\r\n0\r\n\r\n",
        NUMBER,
    ),
    (
        "thirty digits",
        b"ffffffffffffffffffffffffffffff\r\nhello\r\n0\r\n\r\n",
        NUMBER,
    ),
];

/// Sizes for which a server may wait.
const ENDLESS: &[Row] = &[
    ("2^31", b"80000000\r\nhello\r\n0\r\n\r\n", ""),
    ("2^32 + 5", b"100000005\r\nhello\r\n0\r\n\r\n", NUMBER),
    ("2^63", b"8000000000000000\r\nhello\r\n0\r\n\r\n", NUMBER),
    (
        "2^64 - 1",
        b"ffffffffffffffff\r\nhello\r\n0\r\n\r\n",
        NUMBER,
    ),
    (
        "2^64 - 2",
        b"fffffffffffffffe\r\nhello\r\n0\r\n\r\n",
        NUMBER,
    ),
    ("no last chunk", b"5\r\nhello\r\n", ""),
    ("no line after the last chunk", b"5\r\nhello\r\n0\r\n", ""),
];

const ENDS: &[Row] = &[
    ("bare LF after the size", b"5\nhello\r\n0\r\n\r\n", ""),
    ("bare CR after the size", b"5\rhello\r\n0\r\n\r\n", ""),
    ("CR CR LF after the size", b"5\r\r\nhello\r\n0\r\n\r\n", ""),
    ("LF LF after the size", b"5\n\nhello\r\n0\r\n\r\n", ""),
    (
        "CR and a letter after the size",
        b"5\rXhello\r\n0\r\n\r\n",
        "",
    ),
    ("nothing after the data", b"5\r\nhello0\r\n\r\n", ""),
    ("bare LF after the data", b"5\r\nhello\n0\r\n\r\n", ""),
    ("bare CR after the data", b"5\r\nhello\r0\r\n\r\n", ""),
    ("LF CR after the data", b"5\r\nhello\n\r0\r\n\r\n", ""),
    ("letters after the data", b"5\r\nhelloXX0\r\n\r\n", ""),
    (
        "a letter and LF after the data",
        b"5\r\nhelloX\n0\r\n\r\n",
        "",
    ),
    (
        "CR and a letter after the data",
        b"5\r\nhello\rX0\r\n\r\n",
        "",
    ),
    ("too many data", b"5\r\nhello world\r\n0\r\n\r\n", ""),
    ("too few data", b"9\r\nhello\r\n0\r\n\r\n", ""),
    ("bare LF everywhere", b"5\nhello\n0\n\n", ""),
    ("bare LF after the last size", b"5\r\nhello\r\n0\n\r\n", ""),
    ("bare LF at the end", b"5\r\nhello\r\n0\r\n\n", ""),
    ("LF LF at the end", b"5\r\nhello\r\n0\n\n", ""),
    ("bare CR at the end", b"5\r\nhello\r\n0\r\n\rX", ""),
    ("letters at the end", b"5\r\nhello\r\n0\r\nXX", ""),
    ("an empty line too many", b"5\r\nhello\r\n0\r\n\r\n\r\n", ""),
];

const TRAILERS: &[Row] = &[
    ("ordinary", b"X-Y: z", ""),
    ("Content-Length", b"Content-Length: 50", ""),
    ("Transfer-Encoding", b"Transfer-Encoding: chunked", ""),
    ("Host", b"Host: evil.example", ""),
    ("Authorization", b"Authorization: Basic eDp5", ""),
    ("Connection", b"Connection: X-Y", ""),
    ("Trailer", b"Trailer: X-Y", ""),
    ("TE", b"TE: trailers", ""),
    ("Cookie", b"Cookie: a=b", ""),
    ("X-Forwarded-For", b"X-Forwarded-For: 127.0.0.1", ""),
    ("pseudo-header", b":path: /smuggled", ""),
    ("no colon", b"X-Y", ""),
    ("no name", b": z", ""),
    ("space before the colon", b"X-Y : z", "RFC 9112 5.1"),
    ("space before the name", b" X-Y: z", ""),
    ("folded", b"X-Y: z\r\n z", ""),
    ("bare LF", b"X-Y: z\nX-Z: y", ""),
    ("bare CR", b"X-Y: z\rX-Z: y", ""),
    ("NUL", b"X-Y: z\0", ""),
    ("8-bit name", b"X\xff-Y: z", ""),
    ("a request", b"GET /smuggled HTTP/1.1", ""),
];

pub fn cases() -> Vec<Case> {
    let mut cases = group("chunk extensions", EXTENSIONS.iter().map(case));
    cases.extend(group("chunk extensions", long()));
    cases.extend(group("chunk sizes", SIZES.iter().map(case)));
    let endless = ENDLESS.iter().map(|it| case(it).waits().alone());
    cases.extend(group("chunks that do not end", endless));
    cases.extend(group("line ends of chunks", ENDS.iter().map(case)));
    for (name, lines) in [
        ("trailers", "Transfer-Encoding: chunked"),
        (
            "trailers that are announced",
            "Transfer-Encoding: chunked\r\nTE: trailers\r\nConnection: TE\r\nTrailer: X-Y, Host, Content-Length, Transfer-Encoding, Authorization",
        ),
    ] {
        let trailers = TRAILERS.iter().map(|(name, trailer, rfc)| {
            let body = [b"5\r\nhello\r\n0\r\n", *trailer, b"\r\n\r\n"].concat();
            Case::http1(*name, post(lines, body))
                .in_body()
                .must_refuse(rfc)
        });
        cases.extend(group(name, trailers));
    }
    cases
}

fn case((name, body, rfc): &Row) -> Case {
    Case::http1(*name, post("Transfer-Encoding: chunked", body))
        .in_body()
        .must_refuse(rfc)
}

fn long() -> Vec<Case> {
    let with = |name: &str, extension: &str| {
        let body = format!("5;{extension}\r\nhello\r\n0\r\n\r\n");
        Case::http1(name, post("Transfer-Encoding: chunked", body)).in_body()
    };
    let chunks = format!("1;{}\r\nx\r\n", "a".repeat(1000)).repeat(1000);
    vec![
        with("a kilobyte", &"a".repeat(1024)),
        with("a megabyte", &"a".repeat(1 << 20)),
        with("ten thousand", &"a=b;".repeat(10_000)),
        Case::http1(
            "a megabyte on a thousand chunks",
            post("Transfer-Encoding: chunked", chunks + "0\r\n\r\n"),
        )
        .in_body(),
    ]
}
