//! Field lines: Host, names, values and how lines end.

use super::{Row, get};
use crate::case::{Case, group};

const HOST: &str = "RFC 9112 3.2";
const COLON: &str = "RFC 9112 5.1";

/// All the fields of a GET.
const HOSTS: &[Row] = &[
    ("none", b"X-Y: z", HOST),
    (
        "two that differ",
        b"Host: a.example\r\nHost: evil.example",
        HOST,
    ),
    ("two equal", b"Host: a.example\r\nHost: a.example", HOST),
    (
        "two apart",
        b"Host: a.example\r\nX-Y: z\r\nhost: evil.example",
        HOST,
    ),
    ("two, the first empty", b"Host:\r\nHost: a.example", HOST),
    ("two, the second empty", b"Host: a.example\r\nHost:", HOST),
    ("empty", b"Host:", ""),
    ("spaces alone", b"Host:   ", ""),
    ("list", b"Host: a.example, evil.example", HOST),
    ("list without space", b"Host: a.example,evil.example", ""),
    ("comma after", b"Host: a.example,", ""),
    ("space inside", b"Host: a.example evil.example", HOST),
    ("tab inside", b"Host: a.example\tevil.example", HOST),
    ("userinfo", b"Host: evil.example@a.example", HOST),
    (
        "userinfo with a port",
        b"Host: a.example:80@evil.example",
        HOST,
    ),
    ("at sign at the end", b"Host: a.example@", HOST),
    ("port", b"Host: a.example:8080", ""),
    ("empty port", b"Host: a.example:", ""),
    ("port alone", b"Host: :80", ""),
    ("port of letters", b"Host: a.example:x", HOST),
    ("port and letters", b"Host: a.example:80x", HOST),
    ("port 99999", b"Host: a.example:99999", ""),
    ("negative port", b"Host: a.example:-1", HOST),
    ("port with a plus", b"Host: a.example:+80", HOST),
    ("two ports", b"Host: a.example:80:81", HOST),
    ("space before the port", b"Host: a.example :80", HOST),
    ("space after the colon", b"Host: a.example: 80", HOST),
    ("path", b"Host: a.example/evil", HOST),
    ("query", b"Host: a.example?evil", HOST),
    ("fragment", b"Host: a.example#evil", HOST),
    ("absolute", b"Host: http://a.example/", HOST),
    ("backslash", b"Host: a.example\\evil", HOST),
    ("IPv6", b"Host: [::1]", ""),
    ("IPv6 and port", b"Host: [::1]:80", ""),
    ("open bracket", b"Host: [::1", HOST),
    ("closed bracket alone", b"Host: ::1]", HOST),
    ("IPv6 without brackets", b"Host: ::1", HOST),
    ("letters after the bracket", b"Host: [::1]x", HOST),
    ("name in brackets", b"Host: [a.example]", HOST),
    ("NUL", b"Host: a\0.example", HOST),
    ("vertical tab", b"Host: a.example\x0b", HOST),
    ("DEL", b"Host: a\x7f.example", HOST),
    ("8-bit", b"Host: \xff.example", HOST),
    ("quote", b"Host: \"a.example\"", HOST),
    ("angle brackets", b"Host: <a.example>", HOST),
    ("brace", b"Host: {a.example}", HOST),
    ("caret", b"Host: a^.example", HOST),
    ("bar", b"Host: a|.example", HOST),
    ("semicolon", b"Host: a.example;evil", ""),
    ("underscore", b"Host: a_b.example", ""),
    ("encoded line end", b"Host: a.example%0d%0aX-Y:z", HOST),
    ("bad percent", b"Host: a%zz.example", HOST),
    ("dot alone", b"Host: .", ""),
    ("folded before", b"Host:\r\n a.example", ""),
    ("folded after", b"Host: a.example\r\n evil.example", HOST),
    ("space before the colon", b"Host : a.example", COLON),
    ("tab before the colon", b"Host\t: a.example", COLON),
    ("space before the name, first", b" Host: a.example", ""),
    (
        "space before the name, second",
        b"X-Y: z\r\n Host: a.example",
        "",
    ),
    (
        "then one with a space before the colon",
        b"Host: a.example\r\nHost : evil.example",
        COLON,
    ),
    (
        "then one with a space before the name",
        b"Host: a.example\r\n Host: evil.example",
        HOST,
    ),
    (
        "after one with a space before the name",
        b" Host: evil.example\r\nHost: a.example",
        "",
    ),
    (
        "then one behind a bare LF",
        b"Host: a.example\nHost: evil.example",
        HOST,
    ),
    (
        "then one behind a bare CR",
        b"Host: a.example\rHost: evil.example",
        HOST,
    ),
    (
        "underscored beside it",
        b"Host: a.example\r\nHost_: evil.example",
        "",
    ),
    (
        "X-Forwarded-Host beside it",
        b"Host: a.example\r\nX-Forwarded-Host: evil.example",
        "",
    ),
    ("a hundred", HUNDRED_HOSTS.as_bytes(), HOST),
];

const HUNDRED_HOSTS: &str =
    "Host: a\r\nHost: b\r\nHost: c\r\nHost: d\r\nHost: e\r\nHost: f\r\nHost: g\r\nHost: h";

/// Lines after `Host: a.example`.
const NAMES: &[Row] = &[
    ("space before the colon", b"X-Y : z", COLON),
    ("two spaces before the colon", b"X-Y  : z", COLON),
    ("tab before the colon", b"X-Y\t: z", COLON),
    ("space inside", b"X Y: z", ""),
    ("space before, by which it is folded", b" X-Y: z", ""),
    ("tab before, by which it is folded", b"\tX-Y: z", ""),
    ("no name", b": z", ""),
    ("no name, space", b" : z", ""),
    ("no name and no value", b":", ""),
    ("two colons before", b"::X-Y: z", ""),
    ("colon before", b":path: /smuggled", ""),
    ("no colon", b"X-Y", ""),
    ("no colon, value", b"X-Y z", ""),
    ("a request line", b"GET /smuggled HTTP/1.1", ""),
    ("digit", b"1: z", ""),
    ("all of a token", b"!#$%&'*+-.^_`|~: z", ""),
    ("CR inside", b"X\rY: z", ""),
    ("LF inside", b"X\nY: z", ""),
    ("CR before the colon", b"X-Y\r: z", ""),
    ("8-bit", b"X\xffY: z", ""),
    ("UTF-8", b"X-\xc3\x89: z", ""),
    ("no-break space before the colon", b"X-Y\xa0: z", ""),
];

const VALUES: &[Row] = &[
    ("bare CR", b"X-Y: a\rb", ""),
    ("bare CR at the end", b"X-Y: a\r", ""),
    ("CR and a field", b"X-Y: a\rX-Z: b", ""),
    ("CR and a request", b"X-Y: a\rGET /smuggled HTTP/1.1", ""),
    ("bare LF and a field", b"X-Y: a\nX-Z: b", ""),
    ("bare LF, no colon", b"X-Y: a\nb", ""),
    (
        "two bare CR and a request",
        b"X-Y: a\r\rGET /smuggled HTTP/1.1",
        "",
    ),
    ("CR CR LF", b"X-Y: a\r\r\nX-Z: b", ""),
    ("LF CR", b"X-Y: a\n\rX-Z: b", ""),
    ("NUL at the start", b"X-Y: \0a", ""),
    ("NUL at the end", b"X-Y: a\0", ""),
    ("NUL and a line end", b"X-Y: a\0\r\nX-Z: b", ""),
    (
        "UTF-8 that is cut to a line end",
        b"X-Y: a\xc4\x8d\xc4\x8aX-Z: b",
        "",
    ),
    ("8-bit", b"X-Y: \xff\xfe", ""),
    ("overlong NUL", b"X-Y: \xc0\x80", ""),
    ("empty", b"X-Y:", ""),
    ("folded by space", b"X-Y: a\r\n b", ""),
    ("folded by tab", b"X-Y: a\r\n\tb", ""),
    ("folded twice", b"X-Y: a\r\n b\r\n c", ""),
    ("folded, nothing in it", b"X-Y: a\r\n \r\nX-Z: b", ""),
    ("folded, nothing in it, at the end", b"X-Y: a\r\n ", ""),
    ("folded, what looks like a field", b"X-Y: a\r\n X-Z: b", ""),
    (
        "folded, what looks like a request",
        b"X-Y: a\r\n GET /smuggled HTTP/1.1",
        "",
    ),
    ("folded by a bare LF", b"X-Y: a\n b", ""),
    ("folded from nothing", b"X-Y:\r\n b", ""),
    ("folded Connection", b"Connection:\r\n close", ""),
    ("folded Cookie", b"Cookie: a=b;\r\n c=d", ""),
    ("folded by vertical tab", b"X-Y: a\r\n\x0bb", ""),
];

/// A head that ends where a bare LF is taken for a line end, as RFC 9112 2.2 allows:
/// then the rest is a request, which nobody may see as a part of the first one.
const SPLIT: &[Row] = &[
    (
        "two bare LF",
        b"X-Y: a\n\nGET /case2 HTTP/1.1\r\nHost: a.example",
        "",
    ),
    (
        "LF CR LF",
        b"X-Y: a\n\r\nGET /case2 HTTP/1.1\r\nHost: a.example",
        "",
    ),
    (
        "CR LF LF",
        b"X-Y: a\r\n\nGET /case2 HTTP/1.1\r\nHost: a.example",
        "",
    ),
];

/// Whole heads, for how their lines end.
const HEADS: &[Row] = &[
    (
        "bare LF everywhere",
        b"GET /case HTTP/1.1\nHost: a.example\n\n",
        "",
    ),
    (
        "bare CR everywhere",
        b"GET /case HTTP/1.1\rHost: a.example\r\r",
        "",
    ),
    (
        "LF CR everywhere",
        b"GET /case HTTP/1.1\n\rHost: a.example\n\r\n\r",
        "",
    ),
    (
        "CR CR LF everywhere",
        b"GET /case HTTP/1.1\r\r\nHost: a.example\r\r\n\r\r\n",
        "",
    ),
    (
        "bare LF at the end",
        b"GET /case HTTP/1.1\r\nHost: a.example\r\n\n",
        "",
    ),
    (
        "LF, CR LF at the end",
        b"GET /case HTTP/1.1\r\nHost: a.example\n\r\n",
        "",
    ),
    (
        "LF LF at the end",
        b"GET /case HTTP/1.1\r\nHost: a.example\n\n",
        "",
    ),
    (
        "NUL, CR LF at the end",
        b"GET /case HTTP/1.1\r\nHost: a.example\r\n\0\r\n\r\n",
        "",
    ),
    (
        "space alone on the last line",
        b"GET /case HTTP/1.1\r\nHost: a.example\r\n \r\n\r\n",
        "",
    ),
    (
        "space before the first field",
        b"GET /case HTTP/1.1\r\n X-Y: z\r\nHost: a.example\r\n\r\n",
        "",
    ),
    (
        "tab before the first field",
        b"GET /case HTTP/1.1\r\n\tX-Y: z\r\nHost: a.example\r\n\r\n",
        "",
    ),
    (
        "space alone on the first line",
        b"GET /case HTTP/1.1\r\n \r\nHost: a.example\r\n\r\n",
        "",
    ),
    (
        "framing hidden before the first field",
        b"POST /case HTTP/1.1\r\n Content-Length: 5\r\nHost: a.example\r\n\r\nhello",
        "",
    ),
    (
        "version folded",
        b"GET /case HTTP/1.1\r\n HTTP/1.1\r\nHost: a.example\r\n\r\n",
        "",
    ),
];

pub fn cases() -> Vec<Case> {
    let hosts = HOSTS.iter().map(|(name, lines, rfc)| {
        let bytes = [b"GET /case HTTP/1.1\r\n", *lines, b"\r\n\r\n"].concat();
        Case::http1(*name, bytes).must_refuse(rfc)
    });
    let row = |row: &Row| Case::http1(row.0, get(row.1)).must_refuse(row.2);
    let head = |row: &Row| Case::http1(row.0, row.1).must_refuse(row.2);
    let mut cases = group("Host", hosts);
    cases.extend(group("Host", in_http10()));
    cases.extend(group("names of fields", NAMES.iter().map(row)));
    cases.extend(group("names of fields", odd_bytes_in_names()));
    cases.extend(group("values of fields", VALUES.iter().map(row)));
    cases.extend(group("values of fields", controls_in_values()));
    let split = SPLIT.iter().map(|it| row(it).requests(2));
    cases.extend(group("values of fields that bare LF ends", split));
    cases.extend(group("line ends of heads", HEADS.iter().map(head)));
    cases
}

fn in_http10() -> [Case; 2] {
    let two = "GET /case HTTP/1.0\r\nHost: a.example\r\nHost: evil.example\r\n\r\n";
    let bad = "GET /case HTTP/1.0\r\nHost: a b\r\n\r\n";
    [
        Case::http1("HTTP/1.0, two", two).must_refuse(HOST),
        Case::http1("HTTP/1.0, space inside", bad).must_refuse(HOST),
    ]
}

/// Every visible byte that no token has, and some controls.
fn odd_bytes_in_names() -> Vec<Case> {
    let odd = b"\"(),/;<=>?@[\\]{}\0\x01\x08\x0b\x0c\x1f\x7f";
    let cases = odd.iter().map(|byte| {
        let line = [b"X", std::slice::from_ref(byte), b"Y: z"].concat();
        Case::http1(format!("{} inside", byte.escape_ascii()), get(line))
    });
    cases.collect()
}

/// RFC 9110 5.5: controls but NUL, CR and LF may be kept, within a safe context.
fn controls_in_values() -> Vec<Case> {
    let controls = b"\0\x01\x07\x08\x0b\x0c\x0e\x1b\x1f\x7f";
    let cases = controls.iter().map(|byte| {
        let line = [b"X-Y: a", std::slice::from_ref(byte), b"b"].concat();
        Case::http1(format!("{} inside", byte.escape_ascii()), get(line))
    });
    cases.collect()
}
