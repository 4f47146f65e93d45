//! Heads of answers: what is too much, and what is none.

use http::Request;
use rescope::upstream::{Error, Limits, RequestBody, Timeouts};

use crate::{
    caller::{Caller, tcp},
    raw::App,
};

#[test]
fn as_many_fields_as_allowed_pass() {
    let (caller, app) = limited();
    let sent = caller.get();
    let mut server = app.accept();
    server.head();
    server.send(fields(150));
    let answer = caller.answer(sent).unwrap();
    assert_eq!(answer.response.headers().len(), 150);
}

#[test]
fn more_fields_than_allowed_are_too_much() {
    let (caller, app) = limited();
    let sent = caller.get();
    let mut server = app.accept();
    server.head();
    server.send(fields(151));
    assert!(matches!(caller.failure(sent), Error::HeadTooLarge));
    server.rest();
}

#[test]
fn head_without_an_end_is_cut_off() {
    let (caller, app) = limited();
    let sent = caller.get();
    let mut server = app.accept();
    server.head();
    server.send("HTTP/1.1 200 OK\r\nX: ");
    for _ in 0..1000 {
        server.send_lossy("x".repeat(1024));
    }
    assert!(matches!(caller.failure(sent), Error::HeadTooLarge));
}

#[test]
fn what_is_no_http_is_garbage() {
    let lines = [
        "SSH-2.0-OpenSSH_9.2\r\n",
        "ok, here is HTTP/0.9\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX: a\r\n folded\r\n\r\n",
    ];
    for line in lines {
        let (caller, app) = limited();
        let sent = caller.get();
        let mut server = app.accept();
        server.head();
        server.send(line);
        let failure = caller.failure(sent);
        assert!(matches!(failure, Error::Garbage(_)), "{line:?} {failure:?}");
        assert_eq!(server.rest(), "", "the connection is closed");
    }
}

#[test]
fn answer_cut_within_its_head_is_not_sent_again() {
    let (caller, app) = limited();
    let sent = caller.send(Request::get("/").body(RequestBody::none()).unwrap());
    let mut server = app.accept();
    server.head();
    server.send("HTTP/1.1 200 OK\r\nX: a");
    drop(server);
    assert!(matches!(caller.failure(sent), Error::Closed(_)));
    assert!(!app.has_caller());
}

fn limited() -> (Caller, App) {
    let app = App::start();
    let limits = Limits {
        header_size: 16 * 1024,
        header_count: 150,
    };
    let caller = Caller::new(tcp(app.address()), limits, Timeouts::default());
    (caller, app)
}

fn fields(count: usize) -> String {
    let fields: String = (0..count).map(|it| format!("X-{it}: a\r\n")).collect();
    format!("HTTP/1.1 204 No Content\r\n{fields}\r\n")
}
