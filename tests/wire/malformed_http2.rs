//! HTTP/2 requests that RFC 9113 calls malformed: none of them reaches the app.

use crate::frames::{
    BAD_REQUEST, DATA, END_HEADERS, END_STREAM, HEADERS, RST_STREAM, block, connect, frame, outcome,
};
use crate::raw::{App, field};
use crate::running::Rescope;

const METHOD: (&str, &str) = (":method", "GET");
const SCHEME: (&str, &str) = (":scheme", "http");
const PATH: (&str, &str) = (":path", "/");
const AUTHORITY: (&str, &str) = (":authority", "app.example");

/// Sends one head, and fails unless it is refused and the app hears nothing.
fn assert_refused(fields: &[(&str, &str)]) {
    let app = App::start();
    let rescope = Rescope::start(app.address());
    let mut client = connect(rescope.address);
    client.send(frame(HEADERS, END_HEADERS | END_STREAM, 1, &block(fields)));
    let (kind, payload) = outcome(&mut client);
    let is_refused = kind != HEADERS || payload[0] == BAD_REQUEST;
    assert!(is_refused, "{fields:?}: frame {kind}, {payload:?}");
    assert!(!app.has_caller(), "{fields:?}");
}

#[test]
fn fields_that_are_no_fields_are_refused() {
    for field in [
        ("X-Upper", "a"),
        ("x name", "a"),
        ("x:y", "a"),
        ("", "a"),
        ("x", "a\r\ny: b"),
        ("x", "a\nb"),
        ("x", "a\0b"),
    ] {
        assert_refused(&[METHOD, SCHEME, PATH, AUTHORITY, field]);
    }
}

#[test]
fn fields_about_the_connection_are_refused() {
    for field in [
        ("connection", "close"),
        ("connection", "x"),
        ("keep-alive", "timeout=5"),
        ("proxy-connection", "close"),
        ("transfer-encoding", "chunked"),
        ("upgrade", "websocket"),
        ("te", "gzip"),
    ] {
        assert_refused(&[METHOD, SCHEME, PATH, AUTHORITY, field]);
    }
}

#[test]
fn pseudo_fields_that_are_not_as_they_should_be_are_refused() {
    for fields in [
        &[METHOD, SCHEME, AUTHORITY][..],
        &[METHOD, PATH, AUTHORITY],
        &[SCHEME, PATH, AUTHORITY],
        &[METHOD, SCHEME, PATH],
        &[METHOD, SCHEME, PATH, PATH, AUTHORITY],
        &[METHOD, METHOD, SCHEME, PATH, AUTHORITY],
        &[METHOD, SCHEME, PATH, AUTHORITY, AUTHORITY],
        &[METHOD, SCHEME, PATH, AUTHORITY, (":status", "200")],
        &[METHOD, SCHEME, PATH, AUTHORITY, (":other", "a")],
        &[METHOD, SCHEME, PATH, ("x", "a"), AUTHORITY],
        &[METHOD, SCHEME, (":path", ""), AUTHORITY],
        &[METHOD, SCHEME, (":path", "a"), AUTHORITY],
        &[METHOD, SCHEME, (":path", "/a b"), AUTHORITY],
        &[METHOD, SCHEME, (":path", "/ HTTP/1.1\r\nx: y"), AUTHORITY],
        &[METHOD, SCHEME, PATH, (":authority", "a@app.example")],
        &[METHOD, SCHEME, PATH, (":authority", "app.example/x")],
        &[METHOD, SCHEME, PATH, AUTHORITY, ("host", "other.example")],
        &[METHOD, SCHEME, PATH, AUTHORITY, ("content-length", "a")],
        &[METHOD, SCHEME, PATH, AUTHORITY, ("content-length", "5")],
    ] {
        assert_refused(fields);
    }
}

/// RFC 9113 8.1.1: what says 5 and sends 2 is never shown to the app as whole.
#[test]
fn body_that_differs_from_its_length_is_reset_and_broken_off() {
    for sent in ["up", "too long"] {
        let app = App::start();
        let rescope = Rescope::start(app.address());
        let mut client = connect(rescope.address);
        let head = block(&[
            (":method", "POST"),
            SCHEME,
            PATH,
            AUTHORITY,
            ("content-length", "5"),
        ]);
        client.send(frame(HEADERS, END_HEADERS, 1, &head));
        let mut server = app.accept();
        assert_eq!(field(&server.head(), "content-length"), Some("5"));
        client.send(frame(DATA, END_STREAM, 1, sent.as_bytes()));
        assert!(server.rest().len() < 5, "{sent}");
        let (kind, payload) = outcome(&mut client);
        assert_eq!((kind, payload), (RST_STREAM, vec![0, 0, 0, 1]), "{sent}");
    }
}

#[test]
fn host_without_an_authority_is_enough() {
    let app = App::start();
    let rescope = Rescope::start(app.address());
    let mut client = connect(rescope.address);
    let head = block(&[METHOD, SCHEME, PATH, ("host", "app.example")]);
    client.send(frame(HEADERS, END_HEADERS | END_STREAM, 1, &head));
    let mut server = app.accept();
    assert_eq!(server.head(), "GET / HTTP/1.1\r\nhost: app.example\r\n\r\n");
    server.send("HTTP/1.1 204 No Content\r\n\r\n");
    assert_eq!(outcome(&mut client).0, HEADERS);
}
