//! Targets reach the app to the byte, with what no URL may hold: people write JSON into
//! queries, and old clients send Latin-1.

use crate::raw::{App, Wire, field};
use crate::running::Rescope;

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

const ODD: [&[u8]; 7] = [
    b"/search?q={\"name\":[1,2],\"at\":\"<now>\"}",
    b"/caf\xe9?na\xefve=\xff",
    b"/a\"b<c>d`e",
    b"/\xc3\xa9?x=\xe9",
    b"/?`",
    b"/x?xxx\"xxx\"xxx",
    b"/a|b[c]{d}\\^?|[]{}\\^",
];

fn get(target: &[u8]) -> Vec<u8> {
    [
        b"GET ",
        target,
        b" HTTP/1.1\r\nHost: a\r\nIf-Match: \"b\"\r\n\r\n",
    ]
    .concat()
}

/// Reads a head and answers it.
fn serve(server: &mut Wire) -> Vec<u8> {
    let head = server.until(b"\r\n\r\n");
    server.send(OK);
    head
}

#[test]
fn odd_bytes_pass_on_one_connection() {
    let app = App::start();
    let rescope = Rescope::start(app.address());
    let mut client = rescope.client();
    let mut server = None;
    for target in ODD.iter().chain([&&b"/plain"[..]]).chain(&ODD) {
        client.send(get(target));
        let server = server.get_or_insert_with(|| app.accept());
        assert_eq!(serve(server), get(target));
        assert_eq!(client.message(), OK);
    }
}

#[test]
fn odd_bytes_pass_in_long_targets() {
    let app = App::start();
    let rescope = Rescope::start(app.address());
    let mut client = rescope.client();
    let target = [b"/?", &b"\"a".repeat(2_000)[..]].concat();
    client.send(get(&target));
    assert_eq!(serve(&mut app.accept()), get(&target));
    client.message();
}

#[test]
fn odd_bytes_pass_after_a_body() {
    let app = App::start();
    let rescope = Rescope::start(app.address());
    let mut client = rescope.client();
    client.send("POST /?\" HTTP/1.1\r\nHost: a\r\nContent-Length: 24\r\n\r\n");
    let mut server = app.accept();
    assert!(server.head().starts_with("POST /?\" HTTP/1.1\r\n"));
    // What looks like a request in a body is none.
    client.send("GET /?\" HTTP/1.1\r\nA: \"b\"");
    assert_eq!(server.exactly(24), b"GET /?\" HTTP/1.1\r\nA: \"b\"");
    server.send(OK);
    client.message();
    client.send(get(ODD[0]));
    assert_eq!(serve(&mut server), get(ODD[0]));
    client.message();
}

#[test]
fn rest_of_a_body_that_was_answered_early_is_no_target() {
    let app = App::start();
    let rescope = Rescope::start(app.address());
    let mut client = rescope.client();
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 18\r\n\r\n");
    let mut server = app.accept();
    server.head();
    server.send(OK);
    assert_eq!(client.message(), OK);
    // The rest of the body is nobody's target, though it looks like one.
    client.send("GET /?\" HTTP/1.1\r\n");
    client.send(get(b"/plain"));
    assert_eq!(serve(&mut app.accept()), get(b"/plain"));
    assert_eq!(client.message(), OK);
}

#[test]
fn odd_bytes_pass_when_a_request_is_sent_again() {
    let app = App::start();
    let rescope = Rescope::start(app.address());
    let mut client = rescope.client();
    client.send(get(b"/"));
    let mut first = app.accept();
    serve(&mut first);
    client.message();
    client.send(get(ODD[0]));
    assert_eq!(first.until(b"\r\n\r\n"), get(ODD[0]));
    drop(first);
    assert_eq!(serve(&mut app.accept()), get(ODD[0]));
    assert_eq!(client.message(), OK);
}

#[test]
fn redirects_are_rewritten_for_odd_targets_too() {
    let app = App::start();
    let rescope = Rescope::start(app.address());
    let mut client = rescope.client();
    client.send(get(ODD[0]));
    let mut server = app.accept();
    server.until(b"\r\n\r\n");
    let location = "https://zoom.us/oauth/authorize?client_id=a&scope=b";
    server.send(format!(
        "HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n"
    ));
    let answer = client.message();
    let expected = "https://zoom.us/oauth/authorize?client_id=a";
    assert_eq!(field(&answer, "location"), Some(expected));
}

#[test]
fn what_may_not_stand_in_a_line_is_refused() {
    for target in [&b"/a\x7fb"[..], b"/a\x00b", b"/a\x01", b"/a\tb"] {
        let app = App::start();
        let rescope = Rescope::start(app.address());
        let mut client = rescope.client();
        client.send_lossy(get(target));
        let answer = client.rest();
        assert!(answer.starts_with("HTTP/1.1 400 "), "{answer:?}");
        assert!(!app.has_caller());
    }
}
