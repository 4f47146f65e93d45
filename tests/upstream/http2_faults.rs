//! HTTP/2 apps that give requests up, end their connections, or speak something else.

use std::time::Duration;

use h2::Reason;
use http::{Request, Response};
use rescope::upstream::{Error, Limits, RequestBody, Timeouts};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::{
    caller::{Caller, h2c},
    front,
    http2::{Http2App, begin, drive, next},
    raw::{LIMIT, Port},
};

#[test]
fn refused_request_is_sent_again_whatever_its_method() {
    let app = Http2App::start();
    let caller = app.caller();
    let sent = caller.send(post());
    caller.runtime.block_on(async {
        let mut connection = app.accept().await;
        let (_, mut respond) = next(&mut connection).await;
        respond.send_reset(Reason::REFUSED_STREAM);
        let (_, mut respond) = next(&mut connection).await;
        respond.send_response(Response::new(()), true).unwrap();
        drive(connection);
    });
    assert_eq!(caller.answer(sent).unwrap().attempts, 2);
}

#[test]
fn reset_request_is_an_error_and_not_sent_again() {
    let app = Http2App::start();
    let caller = app.caller();
    let sent = caller.get();
    let driving = caller.runtime.block_on(async {
        let mut connection = app.accept().await;
        let (_, mut respond) = next(&mut connection).await;
        respond.send_reset(Reason::INTERNAL_ERROR);
        drive(connection)
    });
    assert!(matches!(caller.failure(sent), Error::Reset(_)));
    assert!(!driving.has_ended());
    assert!(!app.has_caller());
}

#[test]
fn answer_that_is_reset_is_broken_whatever_the_reason() {
    for reason in [Reason::NO_ERROR, Reason::CANCEL, Reason::INTERNAL_ERROR] {
        let app = Http2App::start();
        let caller = app.caller();
        let sent = caller.get();
        let (mut stream, _driving) = caller.runtime.block_on(async {
            let mut connection = app.accept().await;
            let (_, mut respond) = next(&mut connection).await;
            let mut stream = begin(&mut respond);
            stream.send_data("half".into(), false).unwrap();
            (stream, drive(connection))
        });
        let answer = caller.answer(sent).unwrap();
        stream.send_reset(reason);
        caller.body(answer).unwrap_err();
        assert_eq!(caller.broken(), 1, "{reason}");
    }
}

#[test]
fn answer_that_breaks_off_with_its_connection_is_broken() {
    let app = Http2App::start();
    let caller = app.caller();
    let sent = caller.get();
    let driving = caller.runtime.block_on(async {
        let mut connection = app.accept().await;
        let (_, mut respond) = next(&mut connection).await;
        let stream = begin(&mut respond);
        (stream, drive(connection))
    });
    let answer = caller.answer(sent).unwrap();
    driving.1.end();
    caller.body(answer).unwrap_err();
    assert_eq!(caller.broken(), 1);
}

/// RFC 9113 8.1: the app may have no use for the rest of the request.
#[test]
fn early_answer_that_ends_with_a_reset_is_whole() {
    let app = Http2App::start();
    let caller = app.caller();
    let mut client = front::client(&caller);
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nhalf");
    caller.runtime.block_on(async {
        let mut connection = app.accept().await;
        let (request, mut respond) = next(&mut connection).await;
        let head = Response::builder().status(413);
        let mut stream = respond
            .send_response(head.body(()).unwrap(), false)
            .unwrap();
        stream.send_data("large".into(), true).unwrap();
        // Without its END_STREAM h2 resets with NO_ERROR.
        drop((request, stream, respond));
        drive(connection);
    });
    assert!(client.head().starts_with("HTTP/1.1 413 "));
    client.until(b"large\r\n0\r\n\r\n");
    client.send(vec![b'x'; 50_000]);
    assert_eq!(caller.broken(), 0);
}

#[test]
fn request_after_goaway_goes_on_another_connection() {
    let app = Http2App::start();
    let caller = app.caller();
    let sent = caller.get();
    let mut first = caller.runtime.block_on(async {
        let mut connection = app.accept().await;
        let (_, mut respond) = next(&mut connection).await;
        let stream = begin(&mut respond);
        connection.graceful_shutdown();
        (stream, drive(connection))
    });
    let answer = caller.answer(sent).unwrap();
    // The app is told of the end at its next sign of life; until then requests may go either way.
    let again = caller.send(post());
    caller.runtime.block_on(async {
        let mut connection = app.accept().await;
        let (_, mut respond) = next(&mut connection).await;
        respond.send_response(Response::new(()), true).unwrap();
        drive(connection);
    });
    caller.whole(again);
    // What was on the first one ends well.
    first.0.send_data("whole".into(), true).unwrap();
    assert_eq!(caller.body(answer).unwrap().bytes, b"whole");
}

#[test]
fn get_that_was_lost_is_sent_again_and_a_post_is_not() {
    for is_post in [false, true] {
        let app = Http2App::start();
        let caller = app.caller();
        let sent = match is_post {
            true => caller.send(post()),
            false => caller.get(),
        };
        caller.runtime.block_on(async {
            let mut connection = app.accept().await;
            drop(next(&mut connection).await);
        });
        if is_post {
            assert!(matches!(caller.failure(sent), Error::Closed(_)));
            assert!(!app.has_caller());
            continue;
        }
        caller.runtime.block_on(async {
            let mut connection = app.accept().await;
            let (_, mut respond) = next(&mut connection).await;
            respond.send_response(Response::new(()), true).unwrap();
            drive(connection);
        });
        assert_eq!(caller.answer(sent).unwrap().attempts, 2);
    }
}

#[test]
fn app_that_speaks_http1_is_garbage() {
    let app = Http2App::start();
    let caller = app.caller();
    let sent = caller.get();
    let _socket = caller.runtime.block_on(async {
        let mut socket = app.socket().await;
        socket.read_u8().await.unwrap();
        let answer = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";
        socket.write_all(answer).await.unwrap();
        socket
    });
    let failure = caller.failure(sent);
    assert!(matches!(failure, Error::Garbage(_)), "{failure:?}");
}

#[test]
fn head_beyond_the_limits_is_an_error_of_its_stream_alone() {
    let limits = Limits {
        header_size: 16 * 1024,
        header_count: 50,
    };
    for (count, size) in [(51, 1), (10, 2 * 1024)] {
        let app = Http2App::start();
        let caller = Caller::new(h2c(app.address()), limits, Timeouts::default());
        let sent = caller.get();
        let driving = caller.runtime.block_on(async {
            let mut connection = app.accept().await;
            let (_, mut respond) = next(&mut connection).await;
            let mut head = Response::builder();
            for field in 0..count {
                head = head.header(format!("x-{field}"), "x".repeat(size));
            }
            respond.send_response(head.body(()).unwrap(), true).unwrap();
            drive(connection)
        });
        let failure = caller.failure(sent);
        assert!(matches!(failure, Error::HeadTooLarge), "{failure:?}");
        assert!(!driving.has_ended());
    }
}

#[test]
fn app_that_never_answers_is_a_timeout_of_its_stream_alone() {
    let app = Http2App::start();
    let caller = app.timed(Timeouts {
        response_head: Duration::from_secs(2),
        ..Timeouts::default()
    });
    let sent = caller.get();
    let (mut connection, mut other) = caller.runtime.block_on(async {
        let mut connection = app.accept().await;
        let (_, mut respond) = next(&mut connection).await;
        (connection, begin(&mut respond))
    });
    let silent = caller.get();
    let (_asked, _driving) = caller
        .runtime
        .block_on(async { (next(&mut connection).await, drive(connection)) });
    let answer = caller.answer(sent).unwrap();
    assert!(matches!(caller.failure(silent), Error::ResponseTimeout));
    other.send_data("whole".into(), true).unwrap();
    assert_eq!(caller.body(answer).unwrap().bytes, b"whole");
}

/// One after the other they would take minutes, for each is tried again for 0.8 s.
#[test]
fn app_that_is_down_refuses_all_requests_at_once() {
    let port = Port::reserve();
    let caller = Caller::new(h2c(port.address()), Limits::default(), Timeouts::default());
    let start = std::time::Instant::now();
    let sent: Vec<_> = (0..500).map(|_| caller.get()).collect();
    for sent in sent {
        assert!(matches!(caller.failure(sent), Error::Refused(_)));
    }
    assert!(start.elapsed() < LIMIT);
}

fn post() -> Request<RequestBody> {
    let request = Request::post("/").header("Host", "a");
    request.body(RequestBody::none()).unwrap()
}
