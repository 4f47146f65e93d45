//! Which HTTP a client speaks on a plain listener, and that one that does not
//! say is closed.

use rescope::server::Timeouts;

use crate::frames::{self, DATA, PREFACE, SETTINGS, frame};
use crate::running::{Running, SHORT, eventually};

const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

#[test]
fn preface_starts_http2() {
    let server = Running::start();
    let mut client = frames::connect(server.address(), &[]);
    client.send(frames::get(1, "/"));
    assert_eq!(frames::until(&mut client, DATA).payload, b"ok");
    assert_eq!(server.metrics.http2_connections.get(), 1);
}

#[test]
fn preface_with_the_request_behind_it_loses_nothing() {
    let server = Running::start();
    let mut client = server.client();
    client.send([frames::hello(&[]), frames::get(1, "/")].concat());
    assert_eq!(frames::until(&mut client, DATA).payload, b"ok");
}

#[test]
fn preface_may_come_byte_by_byte() {
    let server = Running::start();
    let mut client = server.client();
    for byte in PREFACE {
        client.send([*byte]);
    }
    client.send(frame(SETTINGS, 0, 0, &[]));
    client.send(frames::get(1, "/"));
    assert_eq!(frames::until(&mut client, DATA).payload, b"ok");
}

#[test]
fn everything_else_is_http1() {
    let server = Running::start();
    let post = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody";
    for (request, end) in [(GET, "ok"), (post, "body")] {
        let mut client = server.client();
        client.send(request);
        assert!(client.message().ends_with(end));
        let mut client = server.client();
        for byte in request.bytes() {
            client.send([byte]);
        }
        assert!(client.message().ends_with(end));
    }
}

#[test]
fn start_of_the_preface_with_something_else_behind_it_is_refused() {
    let server = Running::start();
    for rest in [" * HTTP/2.0\r\n\r\nXX\r\n\r\n", "garbage\r\n\r\n"] {
        let mut client = server.client();
        client.send("PRI");
        client.send(rest);
        assert!(client.rest().starts_with("HTTP/1.1 400 "), "{rest:?}");
    }
}

#[test]
fn head_longer_than_the_first_look_is_read_whole() {
    let server = Running::start();
    let mut client = server.client();
    let field = "a".repeat(20_000);
    client.send(format!("GET / HTTP/1.1\r\nHost: a\r\nX: {field}\r\n\r\n"));
    assert!(client.message().ends_with("ok"));
}

#[test]
fn client_that_does_not_say_what_it_speaks_is_closed() {
    let server = Running::timed(Timeouts {
        header_read: SHORT,
        ..Timeouts::default()
    });
    for sent in [
        "",
        "P",
        "PRI * HTTP/2.0\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r",
    ] {
        let mut client = server.client();
        client.send(sent);
        assert_eq!(client.rest(), "", "{sent:?}");
    }
    eventually(|| server.serves());
}
