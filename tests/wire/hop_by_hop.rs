//! Fields about one connection, which end here (RFC 9110 7.6.1), and the framing of bodies.

use crate::raw::App;
use crate::running::{Rescope, exchange};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

#[test]
fn names_on_all_connection_lines_go() {
    let lines = "Connection: x-one, X-TWO\r\n\
        X-One: 1\r\n\
        Keep: 1\r\n\
        x-two: 2\r\n\
        x-two: 3\r\n\
        connection:x-three,,close ,\tX-Four\r\n\
        X-Three: 3\r\n\
        X-Four: 4\r\n\
        Content-Length: 0\r\n\r\n";
    let seen = exchange(
        format!("POST / HTTP/1.1\r\nHost: app\r\n{lines}"),
        format!("HTTP/1.1 200 OK\r\n{lines}"),
    );
    let rest = "Keep: 1\r\nContent-Length: 0\r\n";
    assert_eq!(
        seen.request,
        format!("POST / HTTP/1.1\r\nHost: app\r\n{rest}\r\n")
    );
    // The client asked for a close, so ours says that it will come.
    assert_eq!(
        seen.response,
        format!("HTTP/1.1 200 OK\r\n{rest}Connection: close\r\n\r\n")
    );
}

#[test]
fn known_names_go_without_a_connection_line() {
    let lines = "Keep-Alive: timeout=5\r\n\
        Proxy-Connection: keep-alive\r\n\
        HTTP2-Settings: AAMAAABk\r\n\
        Upgrade: websocket\r\n\
        TE: gzip\r\n\
        Proxy-Authorization: Basic abc\r\n\
        Content-Length: 0\r\n\r\n";
    let seen = exchange(
        format!("POST / HTTP/1.1\r\nHost: app\r\n{lines}"),
        format!("HTTP/1.1 200 OK\r\n{lines}"),
    );
    let rest = "Proxy-Authorization: Basic abc\r\nContent-Length: 0\r\n\r\n";
    assert_eq!(
        seen.request,
        format!("POST / HTTP/1.1\r\nHost: app\r\n{rest}")
    );
    assert_eq!(seen.response, format!("HTTP/1.1 200 OK\r\n{rest}"));
}

/// Whoever names them would take away the request's meaning.
#[test]
fn connection_cannot_take_end_to_end_fields() {
    let lines = "Host: app\r\n\
        Authorization: Basic abc\r\n\
        Cookie: a=1\r\n\
        X-Forwarded-For: 192.0.2.1\r\n\
        X-Forwarded-Proto: https\r\n\
        Forwarded: for=192.0.2.1\r\n\
        Content-Type: text/plain\r\n\
        Content-Length: 2\r\n\r\nok";
    let named = "Connection: host, Authorization, cookie, x-forwarded-for, X-Forwarded-Proto, \
        forwarded, content-type, content-length, transfer-encoding\r\n";
    let seen = exchange(format!("POST / HTTP/1.1\r\n{named}{lines}"), OK);
    assert_eq!(seen.request, format!("POST / HTTP/1.1\r\n{lines}"));

    let lines = "Location: /next\r\nSet-Cookie: a=1\r\nContent-Length: 0\r\n\r\n";
    let named = "Connection: location, set-cookie, content-length\r\n";
    let seen = exchange(
        "GET / HTTP/1.1\r\nHost: app\r\n\r\n",
        format!("HTTP/1.1 302 Found\r\n{named}{lines}"),
    );
    assert_eq!(seen.response, format!("HTTP/1.1 302 Found\r\n{lines}"));
}

#[test]
fn te_trailers_is_sent_on_as_our_own() {
    let request = "GET / HTTP/1.1\r\n\
        Host: app\r\n\
        Te: gzip;q=0.5, Trailers\r\n\
        A: 1\r\n\
        Connection: X-Gone, TE\r\n\
        X-Gone: 1\r\n\
        B: 2\r\n\r\n";
    let expected = "GET / HTTP/1.1\r\n\
        Host: app\r\n\
        Te: trailers\r\n\
        A: 1\r\n\
        Connection: TE\r\n\
        B: 2\r\n\r\n";
    assert_eq!(exchange(request, OK).request, expected);
}

#[test]
fn close_of_one_connection_is_not_passed_to_the_other() {
    let app = App::start();
    let rescope = Rescope::start(app.address());
    let mut client = rescope.client();
    for _ in 0..2 {
        client.send("GET / HTTP/1.1\r\nHost: app\r\n\r\n");
        let mut server = app.accept();
        server.head();
        server.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok");
        assert_eq!(client.message(), OK);
        assert_eq!(server.rest(), "");
    }
    client.send("GET / HTTP/1.1\r\nHost: app\r\nConnection: close\r\n\r\n");
    let mut server = app.accept();
    assert_eq!(server.head(), "GET / HTTP/1.1\r\nHost: app\r\n\r\n");
    server.send(OK);
    client.message();
    assert_eq!(client.rest(), "");
    assert!(server.is_silent());
}

/// RFC 9112 6.3: Transfer-Encoding overrides Content-Length, which must not be sent on.
#[test]
fn content_length_beside_chunked_goes() {
    let framing = "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n";
    let body = "5\r\nhello\r\n0\r\n\r\n";
    let seen = exchange(
        format!("POST / HTTP/1.1\r\nHost: app\r\n{framing}\r\n{body}"),
        format!("HTTP/1.1 200 OK\r\n{framing}\r\n{body}"),
    );
    let framing = "Transfer-Encoding: chunked\r\n";
    assert_eq!(
        seen.request,
        format!("POST / HTTP/1.1\r\nHost: app\r\n{framing}\r\n{body}")
    );
    // After such a request a connection is closed (RFC 9112 6.1).
    assert_eq!(
        seen.response,
        format!("HTTP/1.1 200 OK\r\n{framing}connection: close\r\n\r\n{body}")
    );
}

#[test]
fn body_of_a_get_reaches_the_app() {
    for method in ["GET", "HEAD", "DELETE", "OPTIONS"] {
        for framing in [
            "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
            "Content-Length: 5\r\n\r\nhello",
            "Content-Length: 0\r\n\r\n",
            "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        ] {
            let request = format!("{method} / HTTP/1.1\r\nHost: app\r\n{framing}");
            let response = "HTTP/1.1 204 No Content\r\n\r\n";
            assert_eq!(exchange(&request, response).request, request);
        }
    }
}

#[test]
fn request_without_a_body_stays_without() {
    for method in ["GET", "HEAD", "POST", "DELETE"] {
        let request = format!("{method} / HTTP/1.1\r\nHost: app\r\n\r\n");
        let response = "HTTP/1.1 204 No Content\r\n\r\n";
        assert_eq!(exchange(&request, response).request, request);
    }
}

/// What such a body means cannot be known, nor where the next request starts.
#[test]
fn request_with_another_transfer_coding_is_refused() {
    for lines in [
        "Transfer-Encoding: gzip, chunked\r\n",
        "Transfer-Encoding: chunked, chunked\r\n",
        "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
    ] {
        let app = App::start();
        let rescope = Rescope::start(app.address());
        let mut client = rescope.client();
        client.send(format!(
            "POST / HTTP/1.1\r\nHost: app\r\n{lines}\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: app\r\n\r\n"
        ));
        let answer = client.message();
        assert!(answer.starts_with("HTTP/1.1 501 "), "{lines}{answer}");
        assert!(answer.contains("\r\nproxy-status: rescope; error=http_request_error\r\n"));
        let is_repeated = lines.matches("chunked").count() > 1;
        assert_eq!(answer.contains("more than once"), is_repeated, "{answer}");
        assert_eq!(client.rest(), "", "{lines}");
        assert!(!app.has_caller(), "{lines}");
    }
}

#[test]
fn request_with_a_coding_after_chunked_is_refused() {
    for coding in ["chunked, gzip", "gzip", "x", "chunked;a=b"] {
        let app = App::start();
        let rescope = Rescope::start(app.address());
        let mut client = rescope.client();
        client.send(format!(
            "POST / HTTP/1.1\r\nHost: app\r\nTransfer-Encoding: {coding}\r\n\r\n"
        ));
        let answer = client.rest();
        let refused = answer.starts_with("HTTP/1.1 400 ") || answer.starts_with("HTTP/1.1 501 ");
        assert!(refused, "{coding}: {answer}");
        assert!(!app.has_caller(), "{coding}");
    }
}

#[test]
fn response_with_another_transfer_coding_is_refused() {
    for (coding, reason) in [
        ("gzip, chunked", "other than chunked"),
        ("gzip", "other than chunked"),
        ("chunked, chunked", "more than once"),
        ("chunked\r\nTransfer-Encoding: chunked", "more than once"),
        ("Chunked ,\tCHUNKED", "more than once"),
        ("chunked, gzip, chunked", "more than once"),
    ] {
        let seen = exchange(
            "GET / HTTP/1.1\r\nHost: app\r\n\r\n",
            format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: {coding}\r\n\r\n0\r\n\r\n"),
        );
        assert!(seen.response.starts_with("HTTP/1.1 502 "), "{coding}");
        let named = "\r\nproxy-status: rescope; error=http_response_transfer_coding\r\n";
        assert!(seen.response.contains(named), "{}", seen.response);
        assert!(seen.response.contains(reason), "{}", seen.response);
    }
}
