//! Bodies of answers that stop or break.

use std::time::Duration;

use rescope::upstream::{Answer, BrokenResponse, Timeouts};

use crate::{
    caller::Caller,
    raw::{App, LIMIT, Wire},
};

const SHORT: Duration = Duration::from_millis(200);
const LONG: Duration = Duration::from_secs(2);

#[test]
fn silence_in_an_answer_ends_it_as_broken() {
    let (caller, mut server, answer) = answered("Content-Length: 10\r\n\r\nhalf");
    let broken = caller.body(answer).unwrap_err();
    assert!(matches!(broken, BrokenResponse::Idle), "{broken:?}");
    assert_eq!(caller.broken(), 1);
    server.rest();
}

#[test]
fn silence_in_an_event_stream_does_not() {
    let head = "Content-Type: Text/Event-Stream; charset=utf-8\r\n\r\ndata: 1\n\n";
    let (caller, mut server, answer) = answered(head);
    std::thread::sleep(SHORT * 3);
    server.send("data: 2\n\n");
    drop(server);
    assert_eq!(
        caller.body(answer).unwrap().bytes,
        b"data: 1\n\ndata: 2\n\n"
    );
    assert_eq!(caller.broken(), 0);
}

#[test]
fn slow_body_arrives_whole() {
    let (caller, mut server, answer) = answered_within(LONG, "Content-Length: 8\r\n\r\n");
    let writer = std::thread::spawn(move || {
        for _ in 0..8 {
            // The pace is the subject: all of it takes longer than the limit.
            std::thread::sleep(LONG / 7);
            server.send("x");
        }
        server
    });
    assert_eq!(caller.body(answer).unwrap().bytes, b"xxxxxxxx");
    drop(writer.join().unwrap());
}

#[test]
fn break_is_an_error_however_the_body_is_framed() {
    type Break = fn(Wire);
    let cases: [(&str, Break); 5] = [
        ("Content-Length: 10\r\n\r\nhalf", drop),
        ("Content-Length: 10\r\n\r\nhalf", Wire::reset),
        ("Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n", drop),
        (
            "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
            Wire::reset,
        ),
        ("\r\nhalf", Wire::reset),
    ];
    for (rest, end) in cases {
        let (caller, server, answer) = answered_within(10 * LIMIT, rest);
        end(server);
        let broken = caller.body(answer).unwrap_err();
        assert!(matches!(broken, BrokenResponse::Broken(_)), "{rest:?}");
        assert_eq!(caller.broken(), 1);
    }
}

#[test]
fn reader_that_goes_away_is_no_break() {
    let (caller, mut server, answer) = answered("Content-Length: 10\r\n\r\nhalf");
    drop(answer);
    server.rest();
    assert_eq!(caller.broken(), 0);
}

/// Returns a connection on which an answer has begun.
fn answered(rest: &str) -> (Caller, Wire, Answer) {
    answered_within(SHORT, rest)
}

/// The same with another limit for silence in a body.
fn answered_within(body_idle: Duration, rest: &str) -> (Caller, Wire, Answer) {
    let app = App::start();
    let timeouts = Timeouts {
        body_idle,
        ..Timeouts::default()
    };
    let caller = Caller::timed(app.address(), timeouts);
    let sent = caller.get();
    let mut server = app.accept();
    server.head();
    server.send(format!("HTTP/1.1 200 OK\r\n{rest}"));
    let answer = caller.answer(sent).unwrap();
    (caller, server, answer)
}
