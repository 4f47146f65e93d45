//! Request lines: method, target and version.

use super::Row;
use crate::case::{Case, group};

const HOST: &str = "RFC 9112 3.2";
/// A CONNECT to a port that is none.
const PORT: &str = "RFC 9110 9.3.6";

/// Whole request lines, before `Host: a.example`.
const LINES: &[Row] = &[
    (
        "two spaces after the method",
        b"GET  /case HTTP/1.1\r\n",
        "",
    ),
    (
        "two spaces before the version",
        b"GET /case  HTTP/1.1\r\n",
        "",
    ),
    ("tab after the method", b"GET\t/case HTTP/1.1\r\n", ""),
    ("tab before the version", b"GET /case\tHTTP/1.1\r\n", ""),
    (
        "vertical tab after the method",
        b"GET\x0b/case HTTP/1.1\r\n",
        "",
    ),
    (
        "form feed before the version",
        b"GET /case\x0cHTTP/1.1\r\n",
        "",
    ),
    (
        "no-break space after the method",
        b"GET\xa0/case HTTP/1.1\r\n",
        "",
    ),
    ("space at the end", b"GET /case HTTP/1.1 \r\n", ""),
    ("tab at the end", b"GET /case HTTP/1.1\t\r\n", ""),
    ("space at the start", b" GET /case HTTP/1.1\r\n", ""),
    ("tab at the start", b"\tGET /case HTTP/1.1\r\n", ""),
    ("NUL at the start", b"\0GET /case HTTP/1.1\r\n", ""),
    ("one empty line before", b"\r\nGET /case HTTP/1.1\r\n", ""),
    (
        "ten empty lines before",
        b"\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\nGET /case HTTP/1.1\r\n",
        "",
    ),
    ("bare LF before", b"\nGET /case HTTP/1.1\r\n", ""),
    ("bare CR before", b"\rGET /case HTTP/1.1\r\n", ""),
    ("LF CR before", b"\n\rGET /case HTTP/1.1\r\n", ""),
    ("bare LF at the end", b"GET /case HTTP/1.1\n", ""),
    ("bare CR at the end", b"GET /case HTTP/1.1\r", ""),
    ("CR CR LF at the end", b"GET /case HTTP/1.1\r\r\n", ""),
    (
        "another version after the version",
        b"GET /case HTTP/1.1 HTTP/1.1\r\n",
        "",
    ),
    (
        "space in the target",
        b"GET /case /smuggled HTTP/1.1\r\n",
        "",
    ),
    ("lower-case version", b"GET /case http/1.1\r\n", ""),
    ("mixed-case version", b"GET /case Http/1.1\r\n", ""),
    ("HTTP/1.2", b"GET /case HTTP/1.2\r\n", ""),
    ("HTTP/1.9", b"GET /case HTTP/1.9\r\n", ""),
    ("HTTP/1.10", b"GET /case HTTP/1.10\r\n", ""),
    ("HTTP/01.1", b"GET /case HTTP/01.1\r\n", ""),
    ("HTTP/1.01", b"GET /case HTTP/1.01\r\n", ""),
    ("HTTP/11", b"GET /case HTTP/11\r\n", ""),
    ("HTTP/1", b"GET /case HTTP/1\r\n", ""),
    ("HTTP/1.", b"GET /case HTTP/1.\r\n", ""),
    ("HTTP/.1", b"GET /case HTTP/.1\r\n", ""),
    ("HTTP/1,1", b"GET /case HTTP/1,1\r\n", ""),
    ("HTTP/-1.1", b"GET /case HTTP/-1.1\r\n", ""),
    ("HTTP/1.1 and a letter", b"GET /case HTTP/1.1x\r\n", ""),
    ("HTTP 1.1", b"GET /case HTTP 1.1\r\n", ""),
    ("HTTP\\1.1", b"GET /case HTTP\\1.1\r\n", ""),
    ("XTTP/1.1", b"GET /case XTTP/1.1\r\n", ""),
    ("HTTP/2.0", b"GET /case HTTP/2.0\r\n", ""),
    ("HTTP/2", b"GET /case HTTP/2\r\n", ""),
    ("HTTP/3.0", b"GET /case HTTP/3.0\r\n", ""),
    ("HTTP/0.9", b"GET /case HTTP/0.9\r\n", ""),
    ("RTSP/1.0", b"GET /case RTSP/1.0\r\n", ""),
    ("ICY", b"GET /case ICY\r\n", ""),
    ("no version", b"GET /case\r\n", ""),
    ("no version, space", b"GET /case \r\n", ""),
    ("no target", b"GET HTTP/1.1\r\n", ""),
    ("no target, two spaces", b"GET  HTTP/1.1\r\n", ""),
    ("method alone", b"GET\r\n", ""),
    ("no method", b"/case HTTP/1.1\r\n", ""),
    ("no method, space", b" /case HTTP/1.1\r\n", ""),
    ("lower-case method", b"get /case HTTP/1.1\r\n", ""),
    ("unknown method", b"FOO /case HTTP/1.1\r\n", ""),
    (
        "method of odd letters",
        b"!#$%&'*+-.^_`|~ /case HTTP/1.1\r\n",
        "",
    ),
    ("colon in the method", b"GET: /case HTTP/1.1\r\n", ""),
    ("quotes in the method", b"\"GET\" /case HTTP/1.1\r\n", ""),
    ("slash in the method", b"GET/ /case HTTP/1.1\r\n", ""),
    ("NUL in the method", b"GE\0T /case HTTP/1.1\r\n", ""),
    ("8-bit in the method", b"G\xc9T /case HTTP/1.1\r\n", ""),
    ("CR in the method", b"GE\rT /case HTTP/1.1\r\n", ""),
    ("preface of HTTP/2", b"PRI * HTTP/2.0\r\n", ""),
    ("PRI in HTTP/1.1", b"PRI * HTTP/1.1\r\n", ""),
    ("a field as request line", b"Host: a.example\r\n", ""),
];

/// Targets of a GET.
const TARGETS: &[Row] = &[
    ("NUL", b"/ca\0se", ""),
    ("CR", b"/ca\rse", ""),
    ("LF", b"/ca\nse", ""),
    ("CR LF and a field", b"/case\r\nX-Y: z", ""),
    ("bare CR and a field", b"/case\rX-Y: z", ""),
    ("tab", b"/ca\tse", ""),
    ("vertical tab", b"/ca\x0bse", ""),
    ("DEL", b"/ca\x7fse", ""),
    ("8-bit", b"/ca\xffse", ""),
    ("UTF-8", b"/ca\xc3\xa9se", ""),
    ("fragment", b"/case#f", ""),
    ("fragment alone", b"#f", ""),
    ("encoded line end", b"/case%0d%0aX-Y:%20z", ""),
    ("encoded NUL", b"/case%00", ""),
    ("encoded space", b"/case%20HTTP/1.1", ""),
    ("bad percent", b"/case%zz", ""),
    ("percent at the end", b"/case%", ""),
    ("backslash", b"\\case", ""),
    ("backslashes inside", b"/a\\..\\case", ""),
    ("dots", b"/a/../../case", ""),
    ("two slashes", b"//evil.example/case", ""),
    ("three slashes", b"///evil.example/case", ""),
    ("angle brackets", b"/<case>", ""),
    ("quote", b"/\"case\"", ""),
    ("braces and bar", b"/{case|}", ""),
    ("no slash", b"case", ""),
    ("dot", b".", ""),
    ("question mark", b"?case", ""),
    ("colon", b":", ""),
    ("port alone", b":80", ""),
    ("asterisk", b"*", ""),
    ("asterisk and path", b"*/case", ""),
    ("slash and asterisk", b"/*", ""),
    ("authority", b"a.example:80", ""),
    ("authority and path", b"a.example/case", ""),
    ("semicolon", b"/case;a=b/../c", ""),
    ("other host in the query", b"/case?http://evil.example/", ""),
];

/// RFC 9110 4.2.1: who gets an http URI with an empty host must reject it.
const NO_HOST: &str = "RFC 9110 4.2.1";

/// Absolute targets of a GET, with the Host that they name.
const ABSOLUTE: &[Row] = &[
    ("same host", b"http://a.example/case", ""),
    ("same host, port 80", b"http://a.example:80/case", ""),
    ("upper-case scheme", b"HTTP://a.example/case", ""),
    ("upper-case host", b"http://A.EXAMPLE/case", ""),
    ("no path", b"http://a.example", ""),
    ("no path, query", b"http://a.example?x=y", ""),
    ("no path, fragment", b"http://a.example#f", ""),
    ("fragment", b"http://a.example/case#f", ""),
    ("userinfo", b"http://evil.example@a.example/case", ""),
    ("userinfo with a password", b"http://u:p@a.example/case", ""),
    ("two at signs", b"http://u@v@a.example/case", ""),
    ("empty userinfo", b"http://@a.example/case", ""),
    ("no host", b"http:///case", NO_HOST),
    ("no host, port", b"http://:80/case", NO_HOST),
    ("one slash", b"http:/a.example/case", ""),
    ("no slash", b"http:a.example/case", ""),
    ("three slashes", b"http:////a.example/case", ""),
    ("backslashes", b"http:\\\\a.example\\case", ""),
    (
        "backslash after the host",
        b"http://a.example\\@evil.example/case",
        "",
    ),
    ("no scheme", b"://a.example/case", ""),
    ("https", b"https://a.example/case", ""),
    ("ftp", b"ftp://a.example/case", ""),
    ("file", b"file:///etc/passwd", ""),
    ("javascript", b"javascript:alert(1)", ""),
    ("ws", b"ws://a.example/case", ""),
    ("gopher", b"gopher://a.example:70/_GET", ""),
    ("unknown scheme", b"foo+bar://a.example/case", ""),
    ("space in the scheme", b"ht tp://a.example/case", ""),
    ("port of letters", b"http://a.example:x/case", ""),
    ("port 65536", b"http://a.example:65536/case", ""),
    ("port 0", b"http://a.example:0/case", ""),
    ("empty port", b"http://a.example:/case", ""),
    ("negative port", b"http://a.example:-80/case", ""),
    ("two ports", b"http://a.example:80:80/case", ""),
    ("IPv6", b"http://[::1]/case", ""),
    ("open bracket", b"http://[::1/case", ""),
    ("encoded host", b"http://a%2eexample/case", ""),
    (
        "encoded line end in the host",
        b"http://a.example%0d%0aX-Y/case",
        "",
    ),
    ("comma in the host", b"http://a.example,b.example/case", ""),
    ("8-bit host", b"http://a\xff.example/case", ""),
    ("NUL in the host", b"http://a\0.example/case", ""),
    ("trailing dot", b"http://a.example./case", ""),
    (
        "absolute in absolute",
        b"http://a.example/http://evil.example/",
        "",
    ),
];

/// Whole heads whose target and Host are at odds, with what the app must not be told.
const AT_ODDS: &[(&str, &str, &str, &str)] = &[
    (
        "absolute target beats Host",
        "GET http://a.example/case HTTP/1.1\r\nHost: evil.example\r\n",
        "evil.example",
        "",
    ),
    (
        "absolute target beats Host, HTTP/1.0",
        "GET http://a.example/case HTTP/1.0\r\nHost: evil.example\r\n",
        "evil.example",
        "",
    ),
    (
        "absolute target, other port in Host",
        "GET http://a.example/case HTTP/1.1\r\nHost: a.example:8080\r\n",
        "8080",
        "",
    ),
    (
        "absolute target, no Host",
        "GET http://a.example/case HTTP/1.1\r\n",
        "",
        HOST,
    ),
    (
        "absolute target, empty Host",
        "GET http://a.example/case HTTP/1.1\r\nHost:\r\n",
        "",
        "",
    ),
    (
        "absolute target, two Hosts",
        "GET http://a.example/case HTTP/1.1\r\nHost: a.example\r\nHost: evil.example\r\n",
        "",
        HOST,
    ),
    (
        "absolute target, bad Host",
        "GET http://a.example/case HTTP/1.1\r\nHost: a b\r\n",
        "",
        HOST,
    ),
];

const OTHER_METHODS: &[Row] = &[
    ("OPTIONS *", b"OPTIONS * HTTP/1.1\r\n", ""),
    (
        "OPTIONS absolute, no path",
        b"OPTIONS http://a.example HTTP/1.1\r\n",
        "",
    ),
    ("OPTIONS of two asterisks", b"OPTIONS ** HTTP/1.1\r\n", ""),
    ("OPTIONS *?x", b"OPTIONS *?x HTTP/1.1\r\n", ""),
    ("POST *", b"POST * HTTP/1.1\r\nContent-Length: 0\r\n", ""),
    ("HEAD *", b"HEAD * HTTP/1.1\r\n", ""),
    ("CONNECT", b"CONNECT a.example:80 HTTP/1.1\r\n", ""),
    (
        "CONNECT to another host",
        b"CONNECT evil.example:443 HTTP/1.1\r\n",
        "",
    ),
    (
        "CONNECT without a port",
        b"CONNECT a.example HTTP/1.1\r\n",
        PORT,
    ),
    (
        "CONNECT with an empty port",
        b"CONNECT a.example: HTTP/1.1\r\n",
        PORT,
    ),
    (
        "CONNECT to port 0",
        b"CONNECT a.example:0 HTTP/1.1\r\n",
        PORT,
    ),
    (
        "CONNECT to port 99999",
        b"CONNECT a.example:99999 HTTP/1.1\r\n",
        PORT,
    ),
    ("CONNECT to a path", b"CONNECT /case HTTP/1.1\r\n", PORT),
    (
        "CONNECT to an absolute target",
        b"CONNECT http://a.example/case HTTP/1.1\r\n",
        PORT,
    ),
    (
        "CONNECT with a body",
        b"CONNECT a.example:80 HTTP/1.1\r\nContent-Length: 5\r\n",
        "",
    ),
    (
        "CONNECT with chunks",
        b"CONNECT a.example:80 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n",
        "",
    ),
    (
        "lower-case connect",
        b"connect a.example:80 HTTP/1.1\r\n",
        "",
    ),
];

pub fn cases() -> Vec<Case> {
    let mut cases = group(
        "request lines",
        LINES.iter().map(|row| with_host(row, row.1)),
    );
    cases.extend(group("request lines", without_fields()));
    let target = |row: &Row| with_host(row, &[b"GET ", row.1, b" HTTP/1.1\r\n"].concat());
    cases.extend(group("targets", TARGETS.iter().map(target)));
    cases.extend(group("absolute targets", ABSOLUTE.iter().map(absolute)));
    let at_odds = AT_ODDS.iter().map(|(name, head, lacks, rfc)| {
        let case = Case::http1(*name, format!("{head}\r\n"));
        case.lacks(lacks).must_refuse(rfc)
    });
    cases.extend(group("absolute target against Host", at_odds));
    let others = OTHER_METHODS.iter().map(|row| with_host(row, row.1));
    cases.extend(group("asterisk and CONNECT", others));
    cases
}

/// Host is what the target names, so that they are not at odds beside what is odd.
fn absolute((name, target, rfc): &Row) -> Case {
    let named = target.windows(3).position(|it| it == b"://");
    let named = named.map_or(&b""[..], |place| &target[place + 3..]);
    let end = named.iter().position(|it| b"/?#\\".contains(it));
    let authority = &named[..end.unwrap_or(named.len())];
    let host = authority.rsplit(|it| *it == b'@').next().unwrap_or(b"");
    let host = if host.is_empty() { b"a.example" } else { host };
    let bytes = [b"GET ", *target, b" HTTP/1.1\r\nHost: ", host, b"\r\n\r\n"].concat();
    Case::http1(*name, bytes).must_refuse(rfc)
}

fn with_host((name, _, rfc): &Row, line: &[u8]) -> Case {
    let bytes = [line, b"Host: a.example\r\n\r\n"].concat();
    Case::http1(*name, bytes).must_refuse(rfc)
}

fn without_fields() -> Vec<Case> {
    vec![
        Case::http1("HTTP/0.9 without fields", "GET /case\r\n"),
        Case::http1("HTTP/0.9, and an empty line", "GET /case\r\n\r\n"),
        Case::http1("HTTP/1.0 without fields", "GET /case HTTP/1.0\r\n\r\n"),
        Case::http1(
            "HTTP/0.9 with a hidden request",
            "GET /case\r\nGET /smuggled HTTP/1.1\r\nHost: a.example\r\n\r\n",
        ),
        Case::http1(
            "TLS hello",
            b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00\r\n\r\n",
        ),
        Case::http1("no letter at all", "\r\n\r\n\r\n\r\n"),
    ]
}
