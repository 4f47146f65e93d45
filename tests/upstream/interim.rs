//! Interim responses of the app.

use std::{
    thread,
    time::{Duration, Instant},
};

use http::StatusCode;
use rescope::net::Interim;
use rescope::upstream::{Error, RequestBody, Timeouts};

use crate::{
    caller::{Caller, request},
    raw::{App, LIMIT},
};

#[test]
fn early_hints_are_out_before_the_final_answer() {
    let (caller, app, interim) = interested();
    let sent = caller.send_with(
        request().body(RequestBody::none()).unwrap(),
        interim.clone(),
    );
    let mut server = app.accept();
    server.head();
    server.send("HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\nConnection: x\r\nX: y\r\n\r\n");
    assert_eq!(
        taken(&interim),
        "HTTP/1.1 103 Early Hints\r\nlink: </a.css>\r\n\r\n"
    );
    assert!(!sent.is_finished());
    server.send("HTTP/1.1 100 Continue\r\n\r\n");
    assert_eq!(taken(&interim), "HTTP/1.1 100 Continue\r\n\r\n");
    server.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    assert_eq!(caller.whole(sent).bytes, b"ok");
    assert!(!interim.is_waiting());
}

#[test]
fn client_that_cannot_have_them_gets_the_final_answer() {
    let (caller, app, _) = interested();
    let sent = caller.get();
    let mut server = app.accept();
    server.head();
    server
        .send("HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n");
    let answer = caller.answer(sent).unwrap();
    assert_eq!(answer.response.status(), StatusCode::NO_CONTENT);
}

#[test]
fn endless_interim_responses_are_an_error() {
    let (caller, app, interim) = interested();
    let sent = caller.send_with(
        request().body(RequestBody::none()).unwrap(),
        interim.clone(),
    );
    let mut server = app.accept();
    server.head();
    let many = "HTTP/1.1 103 Early Hints\r\n\r\n".repeat(1000);
    while !sent.is_finished() {
        server.send_lossy(&many);
    }
    assert!(matches!(caller.failure(sent), Error::TooManyInterim));
    let heads = String::from_utf8(interim.take()).unwrap();
    assert_eq!(heads.matches("103").count(), 32);
}

#[test]
fn as_many_as_allowed_on_each_request_of_a_connection_pass() {
    let (caller, app, interim) = interested();
    let request = || request().body(RequestBody::none()).unwrap();
    let mut sent = caller.send_with(request(), interim.clone());
    let mut server = app.accept();
    for _ in 0..2 {
        server.head();
        server.send("HTTP/1.1 102 Processing\r\n\r\n".repeat(32));
        server.send("HTTP/1.1 204 No Content\r\n\r\n");
        caller.whole(sent);
        let heads = String::from_utf8(interim.take()).unwrap();
        assert_eq!(heads.matches("102").count(), 32);
        sent = caller.send_with(request(), interim.clone());
    }
}

#[test]
fn interim_responses_do_not_prolong_the_wait() {
    let app = App::start();
    let timeouts = Timeouts {
        response_head: Duration::from_millis(300),
        ..Timeouts::default()
    };
    let caller = Caller::timed(app.address(), timeouts);
    let sent = caller.get();
    let mut server = app.accept();
    server.head();
    while !sent.is_finished() {
        server.send_lossy("HTTP/1.1 102 Processing\r\n\r\n");
        // The pace is the subject: each comes within the limit, and many seconds go by until
        // there are too many.
        thread::sleep(Duration::from_millis(100));
    }
    assert!(matches!(caller.failure(sent), Error::ResponseTimeout));
}

fn interested() -> (Caller, App, Interim) {
    let app = App::start();
    (Caller::of(app.address()), app, Interim::new())
}

/// Waits for what goes to the client.
fn taken(interim: &Interim) -> String {
    let start = Instant::now();
    while !interim.is_waiting() {
        assert!(start.elapsed() < LIMIT, "nothing comes");
        thread::yield_now();
    }
    String::from_utf8(interim.take()).unwrap()
}
