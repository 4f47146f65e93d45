//! An app that is down, slow or talks nonsense, and clients that do.

use std::{net::SocketAddr, time::Duration};

use http::{Request, StatusCode};

use crate::http2_client::Client;
use crate::raw::{App, Port, Wire, field};
use crate::running::Rescope;

/// What must appear in no answer of our own.
const SECRET: &str = "GET /secret-path?code=secret-code HTTP/1.1\r\n\
    Host: app.secret-host.example\r\n\
    Cookie: secret-cookie\r\n\
    Authorization: secret-token\r\n\r\n";
const GET: &str = "GET / HTTP/1.1\r\nHost: app\r\n\r\n";

/// Here `connect` is ten minutes.
#[test]
fn app_that_is_down_is_told_long_before_the_connect_limit() {
    let port = Port::reserve();
    let rescope = Rescope::start(port.address());
    let mut client = rescope.client();
    client.send(SECRET);
    assert_failure(&client.message(), 502, "connection_refused", port.address());
    // The connection is as good as before.
    client.send("POST / HTTP/1.1\r\nHost: app\r\nContent-Length: 2\r\n\r\nup");
    assert_failure(&client.message(), 502, "connection_refused", port.address());
}

/// RFC 9110 9.3.2; in HTTP/2 content behind such a head is a protocol error.
#[test]
fn app_that_is_down_is_told_without_content_for_head() {
    let port = Port::reserve();
    let rescope = Rescope::start(port.address());
    let mut client = rescope.client();
    client.send(GET);
    let whole = client.message();
    let length = field(&whole, "content-length").unwrap();
    client.send(GET.replace("GET", "HEAD"));
    let head = client.head();
    assert_eq!(field(&head, "content-length"), Some(length));
    client.send(GET);
    assert!(client.message().starts_with("HTTP/1.1 502 "));

    let mut client = Client::connect(rescope.address);
    let head = Request::head("http://app/").body(()).unwrap();
    let answer = client.get(head);
    assert_eq!(answer.status(), StatusCode::BAD_GATEWAY);
    assert_eq!(answer.headers()["content-length"], length);
    assert_eq!(client.body(answer.into_body()).0.unwrap(), b"");
}

#[test]
fn answer_that_is_no_http_is_a_bad_gateway() {
    let long = format!("HTTP/1.1 200 OK\r\nA: {}\r\n\r\n", "a".repeat(1 << 20));
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "A: 1\r\n".repeat(5_000));
    for (answer, kind) in [
        ("SSH-2.0-OpenSSH_9.9\r\n", "http_protocol_error"),
        ("HTTP/1.1 abc\r\n\r\n", "http_protocol_error"),
        ("HTTP/3.0 200 OK\r\n\r\n", "http_protocol_error"),
        ("<html>not found</html>", "http_protocol_error"),
        ("\x15\x03\x01\x00\x02\x02\x46", "http_protocol_error"),
        ("HTTP/1.1 200 OK\r\nA: \0\r\n\r\n", "http_protocol_error"),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nok",
            "http_protocol_error",
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
            "http_protocol_error",
        ),
        (&long, "http_response_header_section_size"),
        (&many, "http_response_header_section_size"),
    ] {
        let (mut client, mut server, _running) = asked();
        server.send_lossy(answer);
        let shown = &answer[..answer.len().min(60)];
        let seen = client.message();
        assert!(seen.starts_with("HTTP/1.1 502 "), "{shown}: {seen}");
        let named = format!("rescope; error={kind}");
        assert_eq!(
            field(&seen, "proxy-status"),
            Some(named.as_str()),
            "{shown}"
        );
        assert_eq!(server.rest(), "", "{shown}");
    }
}

#[test]
fn app_that_closes_without_an_answer_is_a_bad_gateway() {
    for sent in ["", "HTTP/1.1 200 OK\r\nContent-Le"] {
        let app = App::start();
        let rescope = Rescope::start(app.address());
        let mut client = rescope.client();
        client.send("POST / HTTP/1.1\r\nHost: app\r\nContent-Length: 2\r\n\r\nup");
        let mut server = app.accept();
        server.message();
        server.send(sent);
        drop(server);
        let answer = client.message();
        assert!(answer.starts_with("HTTP/1.1 502 "), "{sent}: {answer}");
        let named = Some("rescope; error=connection_terminated");
        assert_eq!(field(&answer, "proxy-status"), named);
        assert!(!app.has_caller(), "{sent}: sent twice");
    }
}

#[test]
fn app_that_never_answers_is_a_gateway_timeout() {
    let app = App::start();
    let rescope = Rescope::configured(app.address(), "timeouts.response_head = '1s'");
    for sent in [
        "",
        "HTTP/1.1 200 OK\r\nA: 1\r\n",
        "HTTP/1.1 100 Continue\r\n\r\n",
    ] {
        let mut client = rescope.client();
        client.send(SECRET);
        let mut server = app.accept();
        assert_eq!(server.head(), SECRET);
        server.send(sent);
        if sent.starts_with("HTTP/1.1 100 ") {
            assert_eq!(client.head(), sent);
        }
        let answer = client.message();
        assert_failure(&answer, 504, "http_response_timeout", app.address());
        // The app is told too, and it is asked no second time.
        assert_eq!(server.rest(), "");
        assert!(!app.has_caller());
    }
}

#[test]
fn timeout_is_for_the_head_alone() {
    let app = App::start();
    let rescope = Rescope::configured(app.address(), "timeouts.response_head = '1s'");
    let mut client = rescope.client();
    client.send(GET);
    let mut server = app.accept();
    server.head();
    server.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n");
    client.head();
    // The time is the subject: it passes the limit.
    std::thread::sleep(Duration::from_millis(1500));
    server.send("late");
    assert_eq!(client.exactly(4), b"late");
}

#[test]
fn silent_client_is_closed() {
    let app = App::start();
    let rescope = Rescope::configured(app.address(), "timeouts.header_read = '300ms'");
    for sent in ["", "GET", "GET / HTTP/1.1\r\nHost: app\r\nA: "] {
        let mut client = rescope.client();
        client.send(sent);
        let answer = client.rest();
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408 "));
    }
    assert!(!app.has_caller());
}

#[test]
fn client_beyond_the_limit_waits_for_another_to_leave() {
    let app = App::start();
    let rescope = Rescope::configured(app.address(), "limits.connections = 1");
    let mut first = rescope.client();
    first.send(GET);
    let mut server = app.accept();
    server.head();
    let mut second = rescope.client();
    second.send(GET);
    server.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    first.message();
    assert!(second.is_silent() && !app.has_caller());
    drop(server);
    drop(first);
    assert_eq!(app.accept().head(), GET);
}

#[test]
fn connect_is_not_for_us() {
    let (app, rescope) = started();
    for request in [
        "CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n",
        "CONNECT a.example:443 HTTP/1.0\r\n\r\n",
    ] {
        let mut client = rescope.client();
        client.send(request);
        let answer = client.rest();
        assert!(answer.starts_with("HTTP/1.1 405 ") || answer.starts_with("HTTP/1.0 405 "));
        assert_eq!(field(&answer, "allow"), Some(""), "{answer}");
        assert!(!app.has_caller());
    }
}

#[test]
fn request_without_one_valid_host_is_refused() {
    let (app, rescope) = started();
    for lines in [
        "",
        "Host: a\r\nHost: a\r\n",
        "Host: a\r\nhost: b\r\n",
        "Host: a b\r\n",
        "Host: a/b\r\n",
        "Host: a@b\r\n",
        "Host: a, b\r\n",
        "Host: a?b\r\n",
        "Host: caf\u{e9}\r\n",
    ] {
        let mut client = rescope.client();
        client.send(format!("GET / HTTP/1.1\r\n{lines}\r\n{GET}"));
        let answer = client.rest();
        assert!(answer.starts_with("HTTP/1.1 400 "), "{lines}: {answer}");
        assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{lines}: {answer}");
        assert!(!app.has_caller(), "{lines}");
    }
}

#[test]
fn malformed_request_is_refused() {
    let (app, rescope) = started();
    for request in [
        "GET / HTTP/1.1\r\nHost: app\r\nA : 1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: app\r\nA: 1\r\n b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: app\r\nA: a\0b\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: app\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nup",
        "POST / HTTP/1.1\r\nHost: app\r\nContent-Length: +2\r\n\r\nup",
        "POST / HTTP/1.0\r\nHost: app\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "GET  / HTTP/1.1\r\nHost: app\r\n\r\n",
        "GET /a b HTTP/1.1\r\nHost: app\r\n\r\n",
        "GET http://user@app/ HTTP/1.1\r\nHost: app\r\n\r\n",
        "hello\r\n\r\n",
    ] {
        let mut client = rescope.client();
        client.send(request);
        let answer = client.rest();
        assert!(answer.starts_with("HTTP/1.1 400 "), "{request}: {answer}");
        assert!(!app.has_caller(), "{request}");
    }
}

/// The client is at fault, not the app.
#[test]
fn malformed_upload_is_the_clients_fault() {
    let (app, rescope) = started();
    let mut client = rescope.client();
    client.send("POST / HTTP/1.1\r\nHost: app\r\nTransfer-Encoding: chunked\r\n\r\n");
    let mut server = app.accept();
    server.head();
    client.send("2\r\nup\r\nnonsense\r\n");
    assert_eq!(server.rest(), "2\r\nup\r\n");
    let answer = client.rest();
    assert!(
        answer.is_empty() || answer.starts_with("HTTP/1.1 400 "),
        "{answer}"
    );
}

/// What the app itself refuses is its own, though it looks like what hyper says.
#[test]
fn refusals_of_the_app_pass_as_they_came() {
    let (app, rescope) = started();
    for status in [
        "400 Bad Request",
        "414 URI Too Long",
        "431 Request Header Fields Too Large",
    ] {
        let refusal =
            format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
        let mut client = rescope.client();
        client.send(GET);
        let mut server = app.accept();
        server.head();
        server.send(&refusal);
        let passed = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n");
        assert_eq!(client.message(), passed);
    }
}

/// Checks an answer of our own: what it says, and what it does not.
fn assert_failure(answer: &str, status: u16, kind: &str, app: SocketAddr) {
    assert!(
        answer.starts_with(&format!("HTTP/1.1 {status} ")),
        "{answer}"
    );
    let proxy_status = format!("rescope; error={kind}");
    assert_eq!(field(answer, "proxy-status"), Some(proxy_status.as_str()));
    assert_eq!(field(answer, "cache-control"), Some("no-store"));
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(
        body.starts_with("rescope: the upstream ") && body.len() < 100,
        "{body}"
    );
    for secret in ["secret", "127.0.0.1", &app.port().to_string()] {
        assert!(!answer.contains(secret), "{secret} in {answer}");
    }
}

fn started() -> (App, Rescope) {
    let app = App::start();
    let rescope = Rescope::start(app.address());
    (app, rescope)
}

/// A request that the app has read.
fn asked() -> (Wire, Wire, Rescope) {
    let (app, rescope) = started();
    let mut client = rescope.client();
    client.send(GET);
    let mut server = app.accept();
    server.head();
    (client, server, rescope)
}
