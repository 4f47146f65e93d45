//! Where a message ends, for all that a peer may say of it (RFC 9112 sections 6, 7
//! and 9), and that nobody reads what follows as something else.

use crate::raw::{App, Wire, field};
use crate::running::Rescope;

const GET: &str = "GET / HTTP/1.1\r\nHost: app\r\n\r\n";
const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

fn start() -> (App, Rescope) {
    let app = App::start();
    let rescope = Rescope::start(app.address());
    (app, rescope)
}

/// Sends a GET, answers it with these bytes and a close, and returns what the client gets.
fn answered_with(answer: &str) -> String {
    let (app, rescope) = start();
    let mut client = rescope.client();
    client.send("GET / HTTP/1.1\r\nHost: app\r\nConnection: close\r\n\r\n");
    let mut server = app.accept();
    server.head();
    server.send(answer);
    drop(server);
    client.rest()
}

#[test]
fn answer_that_is_malformed_is_a_bad_gateway() {
    for head in [
        "A: 1\r\n b\r\nContent-Length: 0\r\n",
        "A: a\0b\r\nContent-Length: 0\r\n",
        "A: a\rb\r\nContent-Length: 0\r\n",
        "Content-Length: 1\r\nContent-Length: 2\r\n",
        "Content-Length: 1, 2\r\n",
        "Content-Length: +2\r\n",
        "Content-Length: -1\r\n",
        "Content-Length: 2a\r\n",
        "Content-Length: 99999999999999999999\r\n",
        "Transfer-Encoding: gzip\r\n",
        "Transfer-Encoding: chunked, chunked\r\n",
        "no colon\r\n",
    ] {
        let answer = answered_with(&format!("HTTP/1.1 200 OK\r\n{head}\r\nok"));
        assert!(answer.starts_with("HTTP/1.1 502 "), "{head}: {answer}");
        assert!(!answer.contains("200 OK"), "{head}: {answer}");
    }
    for line in [
        "HTTP/1.1 20 OK",
        "HTTP/1.1 2000 OK",
        "HTTP/2 200 OK",
        "HTTP/1.1",
        "ICY 200 OK",
    ] {
        let answer = answered_with(&format!("{line}\r\nContent-Length: 2\r\n\r\nok"));
        assert!(answer.starts_with("HTTP/1.1 502 "), "{line}: {answer}");
    }
}

/// RFC 9112 6.3: they end with their head, whatever it says, so the connections go on. Their
/// Transfer-Encoding is about the connection to the app.
#[test]
fn answer_without_a_body_may_have_any_transfer_coding() {
    for (method, status) in [
        ("HEAD", "200 OK"),
        ("HEAD", "404 Not Found"),
        ("GET", "204 No Content"),
        ("GET", "304 Not Modified"),
        ("HEAD", "304 Not Modified"),
    ] {
        let (app, rescope) = start();
        let mut client = rescope.client();
        let mut server = None;
        for lines in [
            "Transfer-Encoding: identity\r\n",
            "Transfer-Encoding: gzip\r\n",
            "Transfer-Encoding: chunked\r\n",
            "Transfer-Encoding: gzip, chunked\r\nContent-Length: 7\r\n",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        ] {
            client.send(format!("{method} / HTTP/1.1\r\nHost: app\r\n\r\n"));
            let server = server.get_or_insert_with(|| app.accept());
            server.head();
            server.send(format!("HTTP/1.1 {status}\r\nA: 1\r\n{lines}B: 2\r\n\r\n"));
            let answer = client.head();
            let expected = format!("HTTP/1.1 {status}\r\nA: 1\r\nB: 2\r\n\r\n");
            assert_eq!(answer, expected, "{method} {lines}");
        }
        client.send(GET);
        let server = server.as_mut().unwrap();
        assert_eq!(server.head(), GET);
        server.send(OK);
        assert_eq!(client.message(), OK);
    }
}

/// What follows one that has no body is no answer to anybody.
#[test]
fn body_behind_an_answer_without_one_is_never_an_answer() {
    for (method, status) in [
        ("HEAD", "200 OK"),
        ("GET", "204 No Content"),
        ("GET", "304 Not Modified"),
    ] {
        for lines in [
            "Transfer-Encoding: identity\r\n",
            "Transfer-Encoding: gzip\r\n",
        ] {
            let (app, rescope) = start();
            let mut client = rescope.client();
            client.send(format!("{method} / HTTP/1.1\r\nHost: app\r\n\r\n"));
            let mut server = app.accept();
            server.head();
            let stray = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nstray";
            server.send(format!("HTTP/1.1 {status}\r\n{lines}\r\n{stray}"));
            client.head();
            client.send(GET);
            let mut server = app.accept();
            assert_eq!(server.head(), GET);
            server.send(OK);
            assert_eq!(client.message(), OK, "{method} {status} {lines}");
        }
    }
}

/// RFC 9112 6.1: whoever sends it does not know HTTP/1.0, so nothing of it is certain.
#[test]
fn transfer_encoding_in_an_old_answer_is_a_bad_gateway() {
    let answer =
        answered_with("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.1 502 "), "{answer}");
}

#[test]
fn malformed_length_is_refused_and_nothing_behind_it_is_read() {
    let (app, rescope) = start();
    for lines in [
        "Content-Length: 1, 2\r\n",
        "Content-Length: -1\r\n",
        "Content-Length: 0x2\r\n",
        "Content-Length: 2 2\r\n",
        "Content-Length: 99999999999999999999\r\n",
        "Content-Length: \r\n",
    ] {
        let mut client = rescope.client();
        client.send(format!("POST / HTTP/1.1\r\nHost: app\r\n{lines}\r\n{GET}"));
        let answer = client.rest();
        assert!(answer.starts_with("HTTP/1.1 400 "), "{lines}{answer}");
        assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{lines}{answer}");
        assert!(!app.has_caller(), "{lines}");
    }
}

/// Sizes that do not fit would be small ones (RFC 9112 7.1).
#[test]
fn chunk_size_that_is_none_ends_both_bodies_as_broken() {
    for size in [
        "fffffffffffffffff",
        "10000000000000002",
        "0x2",
        "-2",
        "+2",
        "",
        " 2",
        "2 2",
    ] {
        let (app, rescope) = start();
        let mut client = rescope.client();
        client.send(format!(
            "POST / HTTP/1.1\r\nHost: app\r\nTransfer-Encoding: chunked\r\n\r\n{size}\r\nup\r\n0\r\n\r\n{GET}"
        ));
        // The head may have gone, or not; the end of the body never does.
        if let Some(mut server) = wait_for_caller_or_end(&app, &mut client) {
            let seen = server.rest();
            assert!(
                !seen.contains("0\r\n\r\n") && !seen.contains("GET"),
                "{size}: {seen}"
            );
        }
        let framing = "Transfer-Encoding: chunked\r\n\r\n";
        let answer = answered_with(&format!(
            "HTTP/1.1 200 OK\r\n{framing}{size}\r\nok\r\n0\r\n\r\n"
        ));
        let is_bad = answer.starts_with("HTTP/1.1 502 ");
        assert!(is_bad || !answer.ends_with("0\r\n\r\n"), "{size}: {answer}");
    }
}

/// Returns the app's connection, unless the client was answered without one.
fn wait_for_caller_or_end(app: &App, client: &mut Wire) -> Option<Wire> {
    let answer = client.rest();
    let is_refused = answer.is_empty() || answer.starts_with("HTTP/1.1 400 ");
    assert!(is_refused, "{answer}");
    app.try_accept()
}

#[test]
fn body_of_an_old_request_is_as_long_as_it_says() {
    let (app, rescope) = start();
    let mut client = rescope.client();
    client.send("POST / HTTP/1.0\r\nHost: app\r\nContent-Length: 2\r\n\r\nupmore");
    let mut server = app.accept();
    let request = "POST / HTTP/1.1\r\nHost: app\r\nContent-Length: 2\r\n\r\nup";
    assert_eq!(server.message(), request);
    server.send(OK);
    client.rest();
    assert!(server.is_silent());
    // RFC 9112 6.3: a request without a length has no body, in HTTP/1.0 too.
    let mut client = rescope.client();
    client.send("POST / HTTP/1.0\r\nHost: app\r\n\r\nGET /smuggled HTTP/1.0\r\n\r\n");
    assert_eq!(server.message(), "POST / HTTP/1.1\r\nHost: app\r\n\r\n");
    server.send(OK);
    assert_eq!(client.rest().matches("HTTP/1.").count(), 1);
    assert!(server.is_silent());
}

#[test]
fn old_client_that_wants_to_stay_gets_an_answer_that_it_can_delimit() {
    let (app, rescope) = start();
    let mut client = rescope.client();
    client.send("GET / HTTP/1.0\r\nHost: app\r\nConnection: keep-alive\r\n\r\n");
    let mut server = app.accept();
    assert_eq!(server.head(), GET);
    server.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n");
    let answer = client.rest();
    assert!(answer.ends_with("\r\n\r\nok"), "{answer}");
    assert_eq!(field(&answer, "transfer-encoding"), None, "{answer}");
}

/// Bytes after an Upgrade that was refused are the next request, and pass through all that
/// requests do.
#[test]
fn request_behind_a_refused_upgrade_is_a_request_of_its_own() {
    let (app, rescope) = start();
    let mut client = rescope.client();
    client.send(
        "GET / HTTP/1.1\r\nHost: app\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n\
         GET /next HTTP/1.1\r\nHost: app\r\nConnection: x-hop\r\nX-Hop: 1\r\n\r\n",
    );
    let mut server = app.accept();
    server.head();
    assert!(server.is_silent());
    server.send(OK);
    assert_eq!(client.message(), OK);
    assert_eq!(server.head(), "GET /next HTTP/1.1\r\nHost: app\r\n\r\n");
    server.send(OK);
    assert_eq!(client.message(), OK);
}

/// What is left of an upload that was answered early must never look like a request: not to
/// us, on the client's connection, and not to the app, on the one it came by.
#[test]
fn rest_of_an_upload_that_was_answered_early_is_never_a_request() {
    let (app, rescope) = start();
    let mut client = rescope.client();
    let length = GET.len();
    client.send(format!(
        "POST / HTTP/1.1\r\nHost: app\r\nContent-Length: {length}\r\n\r\n"
    ));
    let mut server = app.accept();
    server.head();
    server.send("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n");
    assert!(client.head().starts_with("HTTP/1.1 401 "));
    client.send_lossy(GET);
    // Another client's request comes by another connection, or after the whole body.
    let mut other = rescope.client();
    other.send("GET /other HTTP/1.1\r\nHost: app\r\n\r\n");
    let mut next = app.accept();
    assert_eq!(next.head(), "GET /other HTTP/1.1\r\nHost: app\r\n\r\n");
    next.send(OK);
    assert_eq!(other.message(), OK);
    assert!(!app.has_caller());
}

/// Bodies that begin like heads, and heads that end like bodies, stay what they are.
#[test]
fn body_that_looks_like_a_request_is_a_body() {
    let (app, rescope) = start();
    let mut client = rescope.client();
    let length = GET.len();
    let post = format!("POST / HTTP/1.1\r\nHost: app\r\nContent-Length: {length}\r\n\r\n{GET}");
    client.send(format!("{post}{GET}"));
    let mut server = app.accept();
    assert_eq!(server.message(), post);
    assert!(server.is_silent());
    server.send(OK);
    assert_eq!(client.message(), OK);
    assert_eq!(server.head(), GET);
}

#[test]
fn head_beyond_the_limits_is_told_by_its_status() {
    let app = App::start();
    let rescope = Rescope::configured(app.address(), "limits.header_size = '128KiB'");
    for (request, status) in [
        (
            format!("GET /{} HTTP/1.1\r\nHost: app\r\n\r\n", "a".repeat(65_535)),
            "414",
        ),
        (
            format!(
                "GET / HTTP/1.1\r\nHost: app\r\nA: {}\r\n\r\n",
                "a".repeat(131_072)
            ),
            "431",
        ),
        (
            format!(
                "GET / HTTP/1.1\r\nHost: app\r\n{}\r\n",
                "A: 1\r\n".repeat(200)
            ),
            "431",
        ),
    ] {
        let mut client = rescope.client();
        client.send_lossy(&request);
        let answer = client.rest();
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{status}: {answer}"
        );
        assert!(!app.has_caller());
    }
}

/// A fragment is no part of a target (RFC 9112 3.2); it stays with whoever sent it.
#[test]
fn fragment_does_not_reach_the_app() {
    let (app, rescope) = start();
    let mut client = rescope.client();
    client.send("GET /a?b#secret HTTP/1.1\r\nHost: app\r\n\r\n");
    let mut server = app.accept();
    assert_eq!(server.head(), "GET /a?b HTTP/1.1\r\nHost: app\r\n\r\n");
    server.send(OK);
    client.message();
}
