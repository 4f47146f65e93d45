//! What linkerd2-proxy tests of its transparency, by the names that it has there. Some
//! say otherwise here: this is a reverse proxy of one app, so CONNECT goes nowhere.

use h2::Reason;

use crate::frames::{self, GOAWAY, HEADERS};
use crate::http2_client::{Client, request};
use crate::raw::{App, Wire, field};
use crate::running::{Rescope, exchange};

const GET: &str = "GET / HTTP/1.1\r\nHost: app.example\r\n\r\n";
const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

fn start() -> (App, Rescope) {
    let app = App::start();
    let rescope = Rescope::start(app.address());
    (app, rescope)
}

/// A request that the app has read.
fn asked(request: &str) -> (Wire, Wire, Rescope) {
    let (app, rescope) = start();
    let mut client = rescope.client();
    client.send(request);
    let mut server = app.accept();
    server.head();
    (client, server, rescope)
}

#[test]
fn http1_removes_connection_headers() {
    let lines = "X-Foo-Bar: 1\r\nConnection: x-foo-bar, close\r\n";
    let seen = exchange(
        format!("GET / HTTP/1.1\r\nHost: app.example\r\n{lines}\r\n"),
        format!("HTTP/1.1 200 OK\r\n{lines}Content-Length: 2\r\n\r\nok"),
    );
    assert_eq!(seen.request, GET);
    assert_eq!(field(&seen.response, "x-foo-bar"), None);
}

#[test]
fn http10_with_host() {
    let seen = exchange("GET / HTTP/1.0\r\nHost: app.example\r\n\r\n", OK);
    assert_eq!(seen.request, GET);
    assert!(
        seen.response.starts_with("HTTP/1.0 200 OK\r\n"),
        "{}",
        seen.response
    );
}

#[test]
fn http10_without_host() {
    let (app, rescope) = start();
    let mut client = rescope.client();
    client.send("GET / HTTP/1.0\r\n\r\n");
    let mut server = app.accept();
    let expected = app.address().to_string();
    assert_eq!(field(&server.head(), "host"), Some(&*expected));
    server.send(OK);
    assert!(client.rest().starts_with("HTTP/1.0 200 OK\r\n"));
}

#[test]
fn http11_absolute_uri_differs_from_host() {
    let request = "GET http://app.example/ HTTP/1.1\r\nHost: other.example\r\n\r\n";
    assert_eq!(exchange(request, OK).request, GET);
}

#[test]
fn http11_upgrades() {
    let ask = "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: foobar\r\nConnection: upgrade\r\n\r\n";
    let grant =
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: foobar\r\nConnection: upgrade\r\n\r\n";
    let (mut client, mut server, _running) = asked(ask);
    server.send(grant);
    assert_eq!(client.head(), grant);
    client.send("[up]");
    assert_eq!(server.exactly(4), b"[up]");
    server.send("[down]");
    assert_eq!(client.exactly(6), b"[down]");
}

#[test]
fn http11_upgrade_h2_stripped() {
    let lines =
        "Upgrade: h2c\r\nConnection: upgrade, http2-settings\r\nHTTP2-Settings: AAMAAABk\r\n";
    let request = format!("GET / HTTP/1.1\r\nHost: app.example\r\n{lines}\r\n");
    assert_eq!(exchange(request, OK).request, GET);
}

#[test]
fn http11_connect() {
    let (app, rescope) = start();
    let mut client = rescope.client();
    client.send("CONNECT app.example:80 HTTP/1.1\r\nHost: app.example:80\r\n\r\n[bytes]");
    let answer = client.rest();
    assert!(answer.starts_with("HTTP/1.1 405 "), "{answer}");
    assert!(!app.has_caller());
}

#[test]
fn http11_connect_headers_stripped() {
    let (_app, rescope) = start();
    let mut client = rescope.client();
    client.send(
        "CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\nUpgrade: x\r\nTransfer-Encoding: chunked\r\n\r\n",
    );
    let answer = client.rest();
    assert!(answer.starts_with("HTTP/1.1 405 "), "{answer}");
    assert_eq!(field(&answer, "upgrade"), None);
    assert_eq!(field(&answer, "transfer-encoding"), None);
}

#[test]
fn http11_connect_bad_requests() {
    for target in ["/", "*", "http://a:80/", "", "a b"] {
        let (app, rescope) = start();
        let mut client = rescope.client();
        client.send(format!("CONNECT {target} HTTP/1.1\r\nHost: a:80\r\n\r\n"));
        let answer = client.rest();
        let is_refused = answer.starts_with("HTTP/1.1 400 ") || answer.starts_with("HTTP/1.1 405 ");
        assert!(is_refused, "{target}: {answer}");
        assert!(!app.has_caller());
    }
}

#[test]
fn http1_request_with_body_content_length() {
    let request = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello";
    assert_eq!(exchange(request, OK).request, request);
}

#[test]
fn http1_request_with_body_chunked() {
    let message = "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
    let request = format!("POST / HTTP/1.1\r\nHost: a\r\n{message}");
    let response = format!("HTTP/1.1 200 OK\r\n{message}");
    let seen = exchange(&request, &response);
    assert_eq!((seen.request, seen.response), (request, response));
}

#[test]
fn http1_requests_without_body_doesnt_add_transfer_encoding() {
    for method in ["GET", "POST", "PUT", "DELETE", "HEAD", "PATCH"] {
        let request = format!("{method} / HTTP/1.1\r\nHost: a\r\n\r\n");
        let response = "HTTP/1.1 204 No Content\r\n\r\n";
        assert_eq!(exchange(&request, response).request, request);
    }
}

#[test]
fn http1_content_length_zero_is_preserved() {
    for method in ["GET", "POST", "PUT", "DELETE", "HEAD", "PATCH"] {
        let request = format!("{method} / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
        let response = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
        let seen = exchange(&request, response);
        assert_eq!((&*seen.request, &*seen.response), (&*request, response));
    }
}

#[test]
fn http1_bodyless_responses() {
    for status in ["204 No Content", "304 Not Modified"] {
        let response = format!("HTTP/1.1 {status}\r\nA: 1\r\n\r\n");
        assert_eq!(exchange(GET, &response).response, response);
    }
}

#[test]
fn http1_head_responses() {
    let (mut client, mut server, _running) = asked("HEAD / HTTP/1.1\r\nHost: app\r\n\r\n");
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 55\r\n\r\n";
    server.send(head);
    assert_eq!(client.head(), head);
    client.send(GET);
    assert_eq!(server.head(), GET);
}

#[test]
fn http1_response_end_of_file() {
    for version in ["1.0", "1.1"] {
        let (mut client, mut server, _running) = asked(GET);
        server.send(format!("HTTP/{version} 200 OK\r\n\r\nbody till eof"));
        drop(server);
        assert!(client.message().ends_with("\r\nbody till eof\r\n0\r\n\r\n"));
    }
}

/// There is one app, whatever Host says: connections are its, not a name's.
#[test]
fn http1_one_connection_per_host() {
    let (app, rescope) = start();
    let mut client = rescope.client();
    client.send(GET);
    let mut server = app.accept();
    for host in ["app.example", "other.example", "app.example"] {
        server.head();
        server.send(OK);
        client.message();
        client.send(GET.replace("app.example", host));
    }
    server.head();
    assert!(!app.has_caller());
}

#[test]
fn http2_request_without_authority() {
    let (app, rescope) = start();
    let mut client = frames::connect(rescope.address);
    let mut fields = vec![(":method", "GET"), (":scheme", "http"), (":path", "/")];
    let end = frames::END_HEADERS | frames::END_STREAM;
    client.send(frames::frame(HEADERS, end, 1, &frames::block(&fields)));
    assert_eq!(frames::outcome(&mut client).1[0], frames::BAD_REQUEST);
    assert!(!app.has_caller());
    fields.push(("host", "app.example"));
    client.send(frames::frame(HEADERS, end, 3, &frames::block(&fields)));
    let mut server = app.accept();
    assert_eq!(field(&server.head(), "host"), Some("app.example"));
}

#[test]
fn http2_rst_stream_is_propagated() {
    let (app, rescope) = start();
    let mut client = Client::connect(rescope.address);
    let mut sent = client.send(request("/"), false);
    let mut server = app.accept();
    server.head();
    sent.body.send_reset(Reason::CANCEL);
    assert!(!server.rest().contains("0\r\n\r\n"));
    // And the other way: what an app breaks off is reset.
    let sent = client.send(request("/"), true);
    let mut server = app.accept();
    server.head();
    server.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok");
    let response = client.block_on(sent.answer).unwrap();
    server.reset();
    let error = client.body(response.into_body()).0.unwrap_err();
    assert!(error.is_reset(), "{error}");
}

#[test]
fn retry_reconnect_errors() {
    let (app, rescope) = start();
    let mut client = rescope.client();
    client.send(GET);
    let mut server = app.accept();
    server.head();
    server.send(OK);
    client.message();
    client.send(GET);
    server.head();
    drop(server);
    // The connection was lost with the request on it; a GET is sent once more.
    let mut server = app.accept();
    assert_eq!(server.head(), GET);
    server.send(OK);
    assert_eq!(client.message(), OK);
}

#[test]
fn http1_inbound_timeout() {
    let app = App::start();
    let limits = "timeouts.response_head = '50ms'";
    let rescope = Rescope::configured(app.address(), limits);
    let mut client = rescope.client();
    client.send(GET);
    let mut server = app.accept();
    server.head();
    let answer = client.message();
    assert!(answer.starts_with("HTTP/1.1 504 "), "{answer}");
    assert_eq!(server.rest(), "");
}

#[test]
fn h2_goaways_connections() {
    let (app, mut rescope) = start();
    let mut client = frames::connect(rescope.address);
    rescope.stop();
    let (kind, _) = frames::outcome(&mut client);
    assert_eq!(kind, GOAWAY);
    rescope.join();
    assert!(!app.has_caller());
}

#[test]
fn http1_closes_idle_connections() {
    let (app, mut rescope) = start();
    let mut client = rescope.client();
    client.send(GET);
    let mut server = app.accept();
    server.head();
    server.send(OK);
    client.message();
    rescope.stop();
    assert_eq!(client.rest(), "");
    assert_eq!(server.rest(), "");
    rescope.join();
}

#[test]
fn tcp_waits_for_proxies_to_close() {
    let ask = "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: tcp\r\nConnection: upgrade\r\n\r\n";
    let (mut client, mut server, mut rescope) = asked(ask);
    server.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: tcp\r\nConnection: upgrade\r\n\r\n");
    client.head();
    rescope.stop();
    client.send("still");
    assert_eq!(server.exactly(5), b"still");
    assert!(rescope.is_running());
    drop((client, server));
    rescope.join();
}
