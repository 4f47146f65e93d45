//! Connections that carry one request after another.

use std::{sync::Arc, time::Duration};

use http::Request;
use rescope::upstream::{Error, RequestBody, Timeouts};

use crate::{
    caller::Caller,
    raw::{App, Wire, field},
};

const ANSWER: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

#[test]
fn what_comes_after_an_answer_is_never_another() {
    let extras = [
        "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil",
        "HTTP/1.1 103 Early Hints\r\n\r\n",
        "x",
    ];
    for extra in extras {
        let (caller, app, mut server) = warm();
        server.send(extra);
        caller.look();
        let sent = caller.get();
        let mut next = app.accept();
        next.head();
        next.send(ANSWER);
        assert_eq!(caller.whole(sent).bytes, b"ok", "{extra:?}");
        server.rest();
    }
}

#[test]
fn what_comes_with_an_answer_is_never_another() {
    let app = App::start();
    let caller = Caller::of(app.address());
    let sent = caller.get();
    let mut server = app.accept();
    server.head();
    server.send(format!(
        "{ANSWER}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"
    ));
    assert_eq!(caller.whole(sent).bytes, b"ok");
    server.rest();
    let sent = caller.get();
    let mut next = app.accept();
    next.head();
    next.send(ANSWER);
    assert_eq!(caller.whole(sent).bytes, b"ok");
}

#[test]
fn get_that_was_lost_is_sent_again_and_a_post_is_not() {
    for (method, attempts) in [("GET", 2), ("POST", 1)] {
        let (caller, app, mut server) = warm();
        let request = Request::builder().method(method).uri("/");
        let sent = caller.send(request.body(RequestBody::none()).unwrap());
        server.head();
        drop(server);
        if attempts == 1 {
            assert!(matches!(caller.failure(sent), Error::Closed(_)));
            assert!(!app.has_caller());
            continue;
        }
        let mut next = app.accept();
        next.head();
        next.send(ANSWER);
        assert_eq!(caller.answer(sent).unwrap().attempts, attempts);
    }
}

/// Such as one of another thread: nothing here is ever short of them.
#[test]
fn free_connection_is_closed_for_whoever_waits_for_a_descriptor() {
    let (caller, _app, mut server) = warm();
    let upstream = Arc::clone(&caller.upstream);
    let sweeps = caller.runtime.spawn(async move { upstream.sweep().await });
    let waiting = caller.descriptors.wait();
    assert_eq!(server.rest(), "");
    sweeps.abort();
    drop(waiting);
}

#[test]
fn connection_that_becomes_free_is_closed_for_whoever_waits_elsewhere() {
    let app = App::start();
    let caller = Caller::of(app.address());
    let _waiting = caller.descriptors.wait();
    for _ in 0..2 {
        let sent = caller.get();
        let mut server = app.accept();
        server.head();
        server.send(ANSWER);
        assert_eq!(caller.whole(sent).bytes, b"ok");
        assert_eq!(server.rest(), "");
    }
}

/// Nothing but the end of each answer closes them here.
#[test]
fn connection_that_is_not_to_be_kept_is_closed_after_its_answer() {
    let app = App::start();
    let timeouts = Timeouts {
        idle: Duration::ZERO,
        ..Timeouts::default()
    };
    let caller = Caller::timed(app.address(), timeouts);
    for (method, answer) in [
        ("GET", ANSWER),
        (
            "GET",
            "HTTP/1.1 204 No Content\r\nConnection: keep-alive\r\n\r\n",
        ),
        (
            "GET",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        ),
        ("HEAD", ANSWER.strip_suffix("ok").unwrap()),
        ("POST", ANSWER),
    ] {
        let request = Request::builder().method(method).uri("/");
        let sent = caller.send(request.body(RequestBody::none()).unwrap());
        let mut server = app.accept();
        let head = server.head();
        assert_eq!(field(&head, "connection"), Some("close"), "{head}");
        server.send(answer);
        caller.whole(sent);
        assert_eq!(server.rest(), "", "{method} {answer}");
    }
}

/// Returns a connection that is free.
fn warm() -> (Caller, App, Wire) {
    let app = App::start();
    let caller = Caller::of(app.address());
    let sent = caller.get();
    let mut server = app.accept();
    server.head();
    server.send(ANSWER);
    assert_eq!(caller.whole(sent).bytes, b"ok");
    (caller, app, server)
}
