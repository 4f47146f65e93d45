//! Fields and start lines: what is not about the connection passes to the byte.

use crate::raw::{App, latin1};
use crate::running::{Exchange, Rescope, exchange};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

#[test]
fn request_passes_to_the_byte() {
    let request = "GET /path?state=1 HTTP/1.1\r\n\
        uSER-aGENT: raw/1\r\n\
        HOST: App.Example:8443\r\n\
        X-Empty:\r\n\
        cookie: a=1; b=\"2\"\r\n\
        Accept-Language: de, en;q=0.5\r\n\
        x-custom: one\r\n\
        X-Custom: two\r\n\
        X-CUSTOM: three\r\n\
        Authorization: Bearer abc\r\n\
        Expect-CT: x\r\n\r\n";
    assert_eq!(exchange(request, OK).request, request);
}

#[test]
fn response_passes_to_the_byte() {
    let response = "HTTP/1.1 200 OK\r\n\
        sERVER: raw/1\r\n\
        X-Empty: \r\n\
        WWW-Authenticate: Basic realm=\"a, b\"\r\n\
        set-COOKIE: a=1\r\n\
        Set-Cookie: b=2\r\n\
        SET-COOKIE: c=3\r\n\
        content-LENGTH: 2\r\n\
        Vary: *\r\n\
        ETag: W/\"1\"\r\n\r\nok";
    assert_eq!(get(response).response, response);
}

#[test]
fn request_with_a_body_passes_to_the_byte() {
    let request = "POST /form HTTP/1.1\r\n\
        Content-length: 7\r\n\
        Host: app\r\n\
        Content-Type: application/x-www-form-urlencoded\r\n\r\na=1&b=2";
    assert_eq!(exchange(request, OK).request, request);
    let request = "PROPPATCH /form HTTP/1.1\r\n\
        host: app\r\n\
        transfer-ENCODING: chunked\r\n\
        x-last: 1\r\n\r\n7\r\na=1&b=2\r\n0\r\n\r\n";
    assert_eq!(exchange(request, OK).request, request);
}

#[test]
fn order_of_lines_stays_where_others_go() {
    let lines = |keep_alive: &str, named: &str| {
        format!(
            "A: 1\r\n{keep_alive}B: 2\r\n{named}C: 3\r\nD: 4\r\n\
             E: 5\r\nF: 6\r\nContent-Length: 0\r\nG: 7\r\n\r\n"
        )
    };
    let with = lines("Connection: x-gone\r\nKeep-Alive: 5\r\n", "X-Gone: 1\r\n");
    let without = lines("", "");
    let request = "POST / HTTP/1.1\r\nHost: app\r\n";
    let response = "HTTP/1.1 200 OK\r\n";
    let seen = exchange(format!("{request}{with}"), format!("{response}{with}"));
    assert_eq!(seen.request, format!("{request}{without}"));
    assert_eq!(seen.response, format!("{response}{without}"));
}

/// Lines of one name come in one group, where the first of them stood: RFC 9110 5.3
/// binds a proxy to their order among themselves only.
#[test]
fn order_of_lines_of_one_name_stays() {
    let lines = "A: 1\r\nB: 1\r\na: 2\r\nb: 2\r\nA: 3\r\nContent-Length: 0\r\n\r\n";
    let grouped = "A: 1\r\na: 2\r\nA: 3\r\nB: 1\r\nb: 2\r\nContent-Length: 0\r\n\r\n";
    let request = "POST / HTTP/1.1\r\nHost: app\r\n";
    let response = "HTTP/1.1 200 OK\r\n";
    let seen = exchange(format!("{request}{lines}"), format!("{response}{lines}"));
    assert_eq!(seen.request, format!("{request}{grouped}"));
    assert_eq!(seen.response, format!("{response}{grouped}"));
}

#[test]
fn bytes_above_ascii_pass_in_values() {
    let line = b"X-Raw: caf\xe9 \xff\x80 \xc3\xa9\r\n\r\n";
    let request = [b"GET / HTTP/1.1\r\nHost: app\r\n", &line[..]].concat();
    let response = [b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n", &line[..]].concat();
    let seen = exchange(&request, &response);
    assert_eq!(seen.request, latin1(&request));
    assert_eq!(seen.response, latin1(&response));
}

#[test]
fn status_line_passes_to_the_byte() {
    for line in [
        "200 Fine, Thanks",
        "200 ",
        "404 not found",
        "299 Odd",
        "299 ",
        "418 I'm a teapot",
        "599 x",
        "799 x",
    ] {
        let response = format!("HTTP/1.1 {line}\r\nContent-Length: 0\r\n\r\n");
        assert_eq!(get(&response).response, response);
    }
}

#[test]
fn nothing_is_added_to_the_least_of_messages() {
    let request = "GET / HTTP/1.1\r\nHost: app\r\n\r\n";
    let response = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    let seen = exchange(request, response);
    assert_eq!(
        (seen.request.as_str(), seen.response.as_str()),
        (request, response)
    );
}

#[test]
fn request_target_passes_to_the_byte() {
    for target in [
        "/",
        "//",
        "//host.example/x",
        "/./a/../b/.",
        "/a%2Fb%2fc%zz%",
        "/?",
        "/?a=%20+%zz&&=&b?c=/d",
        "/a;b=c,d:e@f!$'()*",
        "/\\a\\b",
        "/{a}|b^c?`|^\\{}",
        "/caf\u{c3}\u{a9}?q=\u{c3}\u{a9}",
        "/?redirect_uri=https://a.example/?scope=x&scope=y",
    ] {
        let request = format!("GET {target} HTTP/1.1\r\nHost: app\r\n\r\n");
        let bytes: Vec<u8> = request.chars().map(|c| c as u8).collect();
        assert_eq!(exchange(bytes, OK).request, request);
    }
}

/// Bytes that RFC 3986 knows nowhere in a URL, and that browsers escape.
#[test]
fn target_that_no_browser_sends_is_refused() {
    let app = App::start();
    let rescope = Rescope::start(app.address());
    for target in [
        "/<",
        "/>",
        "/`",
        "/?<",
        "/?>",
        "/?\"",
        "/\x7f",
        "/caf\u{e9}",
        "a",
        "\\",
    ] {
        let mut client = rescope.client();
        let request = format!("GET {target} HTTP/1.1\r\nHost: app\r\n\r\n");
        client.send(request.chars().map(|c| c as u8).collect::<Vec<_>>());
        let answer = client.rest();
        assert!(answer.starts_with("HTTP/1.1 400 "), "{target}: {answer}");
        assert!(!app.has_caller(), "{target}");
    }
}

/// RFC 9112 3.2.2: Host gives way to the host of an absolute target.
#[test]
fn absolute_target_becomes_path_and_host() {
    for (target, path, host) in [
        (
            "http://a.example/p?q=http://x",
            "/p?q=http://x",
            "a.example",
        ),
        ("http://a.example:8080//p", "//p", "a.example:8080"),
        ("HTTP://A.example", "/", "A.example"),
        ("https://a.example?q", "/?q", "a.example"),
    ] {
        let request = |target: &str, host: &str| {
            format!("GET {target} HTTP/1.1\r\nA: 1\r\nHoSt: {host}\r\nB: 2\r\n\r\n")
        };
        let seen = exchange(request(target, "other.example"), OK).request;
        assert_eq!(seen, request(path, host));
    }
}

#[test]
fn asterisk_target_passes() {
    let request = "OPTIONS * HTTP/1.1\r\nHost: app\r\n\r\n";
    assert_eq!(exchange(request, OK).request, request);
}

#[test]
fn host_passes_as_it_is_written() {
    for host in [
        "Example.COM",
        "[::1]:3000",
        "127.0.0.1:80",
        "a_b.example.",
        "a:",
    ] {
        let request = format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n");
        assert_eq!(exchange(&request, OK).request, request);
    }
}

/// Sends a plain request.
fn get(response: impl AsRef<[u8]>) -> Exchange {
    exchange("GET / HTTP/1.1\r\nHost: app\r\n\r\n", response)
}
