//! Every limit for the app, to the millisecond: over streams in memory, with a clock that
//! stands still unless all wait.

mod app;

use std::{cell::Cell, future::pending, sync::Arc, time::Duration};

use http_body_util::BodyExt as _;
use hyper::body::Body as _;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    time::{Instant, sleep},
};

use super::{Error, Protocol, Upstream};

use app::{
    BODY, HEAD, IDLE, ROOM, STREAM, Says, answer, connect, failure, finish, get, post, read_head,
    start_app, timed, upload, upstream,
};

#[tokio::test(start_paused = true)]
async fn head_is_waited_for_once_on_a_new_connection_and_on_a_used_one() {
    for protocol in BOTH {
        for used in 0..3 {
            let upstream = upstream(protocol);
            start_app(&upstream, Says::Whole { times: used }).await;
            for _ in 0..used {
                finish(get(&upstream)).await;
                sleep(HEAD * 3).await;
            }
            let start = Instant::now();
            let (error, end) = failure(get(&upstream)).await;
            assert!(matches!(error, Error::ResponseTimeout), "{error:?}");
            assert_eq!(end - start, HEAD, "{protocol:?} {used}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn head_that_stalls_or_drips_has_no_more_time() {
    for said in ["HTTP/1.1 200 O", "HTTP/1.1 200 OK\r\nA: "] {
        for drip in ["", "a"] {
            assert_no_more_time(said, drip).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn interim_responses_do_not_prolong_the_wait_for_the_head() {
    let interim = "HTTP/1.1 102 Processing\r\n\r\n";
    assert_no_more_time(interim, interim).await;
}

/// Says the one, and the other again and again.
async fn assert_no_more_time(said: &str, drip: &str) {
    let upstream = upstream(Protocol::Http1);
    let mut app = connect(&upstream).await;
    let start = Instant::now();
    let sent = get(&upstream);
    read_head(&mut app).await;
    sleep(HEAD / 16).await;
    app.write_all(said.as_bytes()).await.unwrap();
    while !sent.is_finished() {
        let _ = app.write_all(drip.as_bytes()).await;
        sleep(HEAD / 8).await;
    }
    let (error, end) = failure(sent).await;
    assert!(matches!(error, Error::ResponseTimeout), "{error:?}");
    assert_eq!(end - start, HEAD, "{said:?} {drip:?}");
}

#[tokio::test(start_paused = true)]
async fn head_is_waited_for_from_the_last_piece_of_an_upload() {
    for protocol in BOTH {
        let upstream = upstream(protocol);
        start_app(&upstream, Says::Nothing).await;
        let (mut client, body) = upload().await;
        let sent = post(&upstream, body);
        for piece in ["1\r\na\r\n", "1\r\na\r\n", "1\r\na\r\n0\r\n\r\n"] {
            sleep(nearly(HEAD)).await;
            client.write_all(piece.as_bytes()).await.unwrap();
        }
        let last = Instant::now();
        let (error, end) = failure(sent).await;
        assert!(matches!(error, Error::ResponseTimeout), "{error:?}");
        assert_eq!(end - last, HEAD, "{protocol:?}");
    }
}

/// The whole of the request is there, and the app takes its time.
#[tokio::test(start_paused = true)]
async fn head_is_waited_for_from_the_last_byte_that_the_app_took() {
    let upstream = upstream(Protocol::Http1);
    assert_ends_after_the_last_byte(&upstream, HEAD).await;
}

#[tokio::test(start_paused = true)]
async fn upload_that_is_not_taken_ends_at_the_limit_for_bodies_where_that_is_shorter() {
    let upstream = timed(Protocol::Http1, |timeouts| {
        timeouts.response_head = BODY * 3;
    });
    assert_ends_after_the_last_byte(&upstream, BODY).await;
}

async fn assert_ends_after_the_last_byte(upstream: &Arc<Upstream>, limit: Duration) {
    let mut app = connect(upstream).await;
    let (mut client, body) = upload().await;
    let whole = ["10000\r\n", &"a".repeat(1 << 16), "\r\n0\r\n\r\n"].concat();
    client.write_all(whole.as_bytes()).await.unwrap();
    let sent = post(upstream, body);
    for _ in 0..4 {
        sleep(nearly(limit)).await;
        app.read_exact(&mut [0; ROOM]).await.unwrap();
    }
    let last = Instant::now();
    let (error, end) = failure(sent).await;
    assert!(matches!(error, Error::ResponseTimeout), "{error:?}");
    assert_eq!(end - last, limit);
}

/// Both limits are over then, and it is the client that said nothing.
#[tokio::test(start_paused = true)]
async fn client_that_stalls_is_to_blame_though_the_app_is_silent_too() {
    for protocol in BOTH {
        for pieces in 0..3 {
            let upstream = timed(protocol, |timeouts| {
                timeouts.response_head = BODY;
            });
            start_app(&upstream, Says::Nothing).await;
            let (mut client, body) = upload().await;
            let mut last = Instant::now();
            let sent = post(&upstream, body);
            for _ in 0..pieces {
                sleep(nearly(BODY)).await;
                client.write_all(b"1\r\na\r\n").await.unwrap();
                last = Instant::now();
            }
            let (error, end) = failure(sent).await;
            assert!(matches!(error, Error::RequestBodyIdle), "{error:?}");
            assert_eq!(end - last, BODY, "{protocol:?} {pieces}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn request_that_is_sent_again_has_what_is_left_of_the_limit() {
    let upstream = upstream(Protocol::Http2);
    let lost = start_app(&upstream, Says::Nothing).await;
    let start = Instant::now();
    let sent = get(&upstream);
    sleep(nearly(HEAD)).await;
    lost.abort();
    start_app(&upstream, Says::Nothing).await;
    let (error, end) = failure(sent).await;
    assert!(matches!(error, Error::ResponseTimeout), "{error:?}");
    assert_eq!(end - start, HEAD);
}

#[tokio::test(start_paused = true)]
async fn silence_in_a_body_ends_it_at_the_limit_after_the_last_piece() {
    for (protocol, fields, limit) in [
        (Protocol::Http1, "Content-Length: 100", BODY),
        (Protocol::Http1, "Transfer-Encoding: chunked", BODY),
        (Protocol::Http1, "A: to-the-end", BODY),
        (Protocol::Http1, "Content-Type: text/event-stream", STREAM),
        (Protocol::Http2, "Content-Type: text/html", BODY),
        (Protocol::Http2, "Content-Type: application/grpc", STREAM),
    ] {
        let upstream = upstream(protocol);
        let says = Says::Pieces {
            fields,
            pause: nearly(limit),
            count: 4,
        };
        start_app(&upstream, says).await;
        let mut body = answer(get(&upstream)).await;
        let mut last = Instant::now();
        while let Some(Ok(_)) = body.frame().await {
            last = Instant::now();
        }
        assert_eq!(last.elapsed(), limit, "{fields}");
    }
}

/// An app may answer as it reads.
#[tokio::test(start_paused = true)]
async fn silence_in_a_body_counts_from_the_last_piece_of_the_upload_too() {
    for protocol in BOTH {
        let upstream = upstream(protocol);
        let says = Says::Pieces {
            fields: "Content-Type: text/html",
            pause: Duration::ZERO,
            count: 1,
        };
        start_app(&upstream, says).await;
        let (mut client, body) = upload().await;
        let mut body = answer(post(&upstream, body)).await;
        let last = Cell::new(Instant::now());
        let say = async {
            for _ in 0..4 {
                sleep(nearly(BODY)).await;
                client.write_all(b"1\r\na\r\n").await.unwrap();
                last.set(Instant::now());
            }
            pending::<()>().await;
        };
        let read = async { while let Some(Ok(_)) = body.frame().await {} };
        tokio::select! {
            () = say => {}
            () = read => {}
        }
        assert_eq!(last.get().elapsed(), BODY, "{protocol:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn slow_reader_is_no_silence_of_the_app() {
    let upstream = upstream(Protocol::Http1);
    let mut app = connect(&upstream).await;
    let sent = get(&upstream);
    read_head(&mut app).await;
    let half = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell";
    app.write_all(half).await.unwrap();
    let mut body = answer(sent).await;
    body.frame().await.unwrap().unwrap();
    sleep(BODY * 3).await;
    app.write_all(b"o").await.unwrap();
    body.frame().await.unwrap().unwrap();
    assert!(body.is_end_stream());
}

#[tokio::test(start_paused = true)]
async fn unused_connection_is_closed_in_time_and_never_late() {
    for protocol in BOTH {
        for offset in [0, 300, 999] {
            let upstream = upstream(protocol);
            let sweeping = Arc::clone(&upstream);
            let sweep = tokio::spawn(async move { sweeping.sweep().await });
            sleep(Duration::from_millis(offset)).await;
            let app = start_app(&upstream, Says::Whole { times: 100 }).await;
            for _ in 0..4 {
                sleep(nearly(IDLE)).await;
                finish(get(&upstream)).await;
            }
            let last = Instant::now();
            let unused = app.await.unwrap() - last;
            let range = IDLE.mul_f64(0.79)..=IDLE;
            assert!(range.contains(&unused), "{protocol:?} {offset}: {unused:?}");
            sweep.abort();
        }
    }
}

/// So long that a second one would be over the limit.
fn nearly(limit: Duration) -> Duration {
    limit * 3 / 4
}

const BOTH: [Protocol; 2] = [Protocol::Http1, Protocol::Http2];
