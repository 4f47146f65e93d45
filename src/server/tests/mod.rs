//! Every limit for clients, to the millisecond: over streams in memory, with a clock that
//! stands still unless all wait.

mod client;

use std::{sync::Arc, time::Duration};

use http::{Request, Version};
use hyper::body::Bytes;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    time::{Instant, sleep},
};

use client::{
    CLIENT_HELLO, HEADER_READ, HELD, IDLE, PREFACE, PROXY, RECORD, ROOM, Setup, TLS_HANDSHAKE,
    WRITE, certificate, connect, connect_with, secure,
};

use super::{HASTY_WORDS, LAST_WORDS};

#[tokio::test(start_paused = true)]
async fn first_head_is_waited_for_from_the_start_of_the_connection() {
    for (sent, said) in [
        (&b""[..], ""),
        (b"P", ""),
        (b"GET / HT", "HTTP/1.1 408 "),
        (b"GET / HTTP/1.1\r\nA: ", "HTTP/1.1 408 "),
        (b"PRI * HTTP/2.0\r\n\r\n", ""),
    ] {
        let mut client = connect();
        sleep(HEADER_READ / 2).await;
        client.stream.write_all(sent).await.unwrap();
        assert!(client.rest().await.starts_with(said));
        assert_eq!(client.start.elapsed(), HEADER_READ, "{sent:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn later_head_is_waited_for_from_its_first_byte() {
    let mut client = connect();
    for _ in 0..2 {
        client.ask().await;
        sleep(IDLE * 3 / 4).await;
    }
    let start = Instant::now();
    client.stream.write_all(b"GET / ").await.unwrap();
    assert!(client.rest().await.starts_with("HTTP/1.1 408 "));
    assert_eq!(start.elapsed(), HEADER_READ);
}

#[tokio::test(start_paused = true)]
async fn head_that_drips_has_no_more_time() {
    let mut client = connect();
    client
        .stream
        .write_all(b"GET / HTTP/1.1\r\nA: ")
        .await
        .unwrap();
    client.drip(HEADER_READ / 8).await;
    assert_eq!(client.open_for().await, HEADER_READ);
}

/// It had not taken as long as the limit allows.
#[tokio::test(start_paused = true)]
async fn head_that_the_end_cuts_is_told_so() {
    let mut client = connect();
    client.stream.write_all(b"GET / HT").await.unwrap();
    sleep(HEADER_READ / 2).await;
    client.interrupt();
    let said = client.rest().await;
    assert!(said.starts_with("HTTP/1.1 408 "), "{said}");
    assert!(said.ends_with("rescope: rescope stops, and the head of the request was not whole\n"));
    assert_eq!(client.start.elapsed(), HEADER_READ / 2 + HASTY_WORDS);
}

/// It has its page; whoever interrupts the process does not wait for it to close.
#[tokio::test(start_paused = true)]
async fn refused_client_that_does_not_close_is_not_waited_for_at_the_end() {
    for (pause, expected) in [(None, LAST_WORDS), (Some(HASTY_WORDS / 2), HASTY_WORDS)] {
        let mut client = connect();
        client.stream.write_all(b"nonsense\r\n\r\n").await.unwrap();
        assert!(client.rest().await.starts_with("HTTP/1.1 400 "));
        if let Some(pause) = pause {
            sleep(pause).await;
            client.interrupt();
        }
        assert_eq!(client.open_for().await, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn proxy_header_and_the_head_after_it_have_one_limit_together() {
    for pause in [Duration::ZERO, HEADER_READ / 3, HEADER_READ * 2] {
        let mut client = connect_with(Setup {
            proxy_protocol: true,
            ..Setup::default()
        });
        client.stream.write_all(&PROXY[..3]).await.unwrap();
        let in_time = tokio::time::timeout(pause, client.rest()).await.is_err();
        if in_time {
            client.stream.write_all(&PROXY[3..]).await.unwrap();
            client.stream.write_all(b"GET").await.unwrap();
            assert!(client.rest().await.starts_with("HTTP/1.1 408 "));
        }
        assert_eq!(client.start.elapsed(), HEADER_READ, "{pause:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn tls_handshake_ends_at_its_limit() {
    let (tls, _) = certificate();
    for drips in [false, true] {
        let mut client = connect_with(Setup {
            tls: Some(Arc::clone(&tls)),
            ..Setup::default()
        });
        if drips {
            client.stream.write_all(CLIENT_HELLO).await.unwrap();
            client.drip(TLS_HANDSHAKE / 8).await;
        }
        assert_eq!(client.open_for().await, TLS_HANDSHAKE);
    }
}

#[tokio::test(start_paused = true)]
async fn head_after_a_handshake_has_what_the_proxy_header_has_left() {
    let (tls, trust) = certificate();
    for proxy_protocol in [false, true] {
        let mut client = connect_with(Setup {
            proxy_protocol,
            tls: Some(Arc::clone(&tls)),
        });
        let mut expected = HEADER_READ;
        if proxy_protocol {
            sleep(HEADER_READ / 2).await;
            expected /= 2;
            client.stream.write_all(PROXY).await.unwrap();
        }
        sleep(TLS_HANDSHAKE / 2).await;
        let mut stream = secure(&mut client.stream, Arc::clone(&trust)).await;
        let start = Instant::now();
        stream.write_all(b"GET").await.unwrap();
        let mut said = String::new();
        stream.read_to_string(&mut said).await.unwrap();
        assert!(said.starts_with("HTTP/1.1 408 "));
        assert_eq!(start.elapsed(), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn connection_without_a_request_ends_at_its_limit() {
    let mut client = connect();
    for _ in 0..3 {
        client.ask().await;
        sleep(IDLE * 3 / 4).await;
    }
    assert_eq!(client.rest().await, "");
    assert_eq!(client.open_for().await, IDLE * 3 / 4 * 2 + IDLE);
}

/// While an answer is taken, a connection is not idle, though the handler is done with it.
#[tokio::test(start_paused = true)]
async fn idle_time_begins_when_the_answer_is_taken() {
    let mut client = connect();
    client
        .stream
        .write_all(b"GET /held HTTP/1.1\r\nHost: a\r\n\r\n")
        .await
        .unwrap();
    let mut taken = 0;
    // Slower than idle in all, and each piece within the limit for a write.
    while taken < HELD {
        sleep(WRITE * 3 / 4).await;
        let mut piece = vec![0; ROOM];
        taken += client.stream.read(&mut piece).await.unwrap();
    }
    assert!(client.start.elapsed() > IDLE);
    let start = Instant::now();
    client.rest().await;
    assert_eq!(start.elapsed(), IDLE);
}

#[tokio::test(start_paused = true)]
async fn answer_that_is_not_taken_ends_at_the_limit_after_the_last_byte() {
    let mut client = connect();
    take_some(&mut client.stream).await;
    let last = client.start.elapsed();
    assert_eq!(client.open_for().await, last + WRITE);
}

#[tokio::test(start_paused = true)]
async fn answer_over_tls_that_is_not_taken_ends_at_the_limit_after_the_last_byte() {
    let (tls, trust) = certificate();
    let mut client = connect_with(Setup {
        tls: Some(tls),
        ..Setup::default()
    });
    let mut stream = secure(&mut client.stream, trust).await;
    take_some(&mut stream).await;
    let last = client.start.elapsed();
    assert_eq!(client.open_for().await, last + WRITE);
}

/// Nothing is left to write then, and each bit that goes out counts.
#[tokio::test(start_paused = true)]
async fn answer_that_tls_holds_whole_may_be_taken_bit_by_bit() {
    let (tls, trust) = certificate();
    let mut client = connect_with(Setup {
        tls: Some(tls),
        ..Setup::default()
    });
    let mut stream = secure(&mut client.stream, trust).await;
    let request = b"GET /held HTTP/1.1\r\nHost: a\r\n\r\n";
    stream.write_all(request).await.unwrap();
    for _ in 0..HELD / RECORD {
        sleep(WRITE * 3 / 4).await;
        stream.read_exact(&mut [0; RECORD]).await.unwrap();
    }
}

/// Takes a part of a large answer, with a pause before each piece.
async fn take_some(stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) {
    let request = b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n";
    stream.write_all(request).await.unwrap();
    for _ in 0..40 {
        sleep(WRITE * 3 / 4).await;
        stream.read_exact(&mut [0; RECORD]).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn http2_connection_ends_at_the_limits_for_heads_and_for_idle_ones() {
    let mut client = connect();
    client.stream.write_all(PREFACE).await.unwrap();
    client.rest_bytes().await;
    assert_eq!(client.start.elapsed(), HEADER_READ);

    let client = connect();
    let (mut requests, connection) = h2::client::handshake(client.stream).await.unwrap();
    let ended = tokio::spawn(async move {
        let _ = connection.await;
        Instant::now()
    });
    let mut last = Instant::now();
    for _ in 0..3 {
        requests = requests.ready().await.unwrap();
        let (answer, _) = requests.send_request(get2("/"), true).unwrap();
        answer.await.unwrap();
        last = Instant::now();
        sleep(IDLE * 3 / 4).await;
    }
    assert_eq!(ended.await.unwrap() - last, IDLE);
}

/// The task of a stream that the client resets ends without a word to the connection's.
#[tokio::test(start_paused = true)]
async fn http2_connection_is_idle_from_the_reset_of_its_last_stream() {
    let client = connect();
    let (requests, connection) = h2::client::handshake(client.stream).await.unwrap();
    let ended = tokio::spawn(async move {
        let _ = connection.await;
        Instant::now()
    });
    let mut requests = requests.ready().await.unwrap();
    let (answer, mut stream) = requests.send_request(get2("/wait"), false).unwrap();
    sleep(IDLE / 2).await;
    stream.send_reset(h2::Reason::CANCEL);
    drop((answer, stream));
    let last = Instant::now();
    assert_eq!(ended.await.unwrap() - last, IDLE);
    drop(requests);
}

/// It may not even answer to GOAWAY.
#[tokio::test(start_paused = true)]
async fn http2_client_that_says_nothing_more_is_closed_soon_after_the_limit() {
    let mut client = connect();
    // A GET, the block of which names method, scheme, path and authority.
    let get = b"\0\0\x06\x01\x05\0\0\0\x01\x82\x86\x84\x01\x01a";
    client.stream.write_all(PREFACE).await.unwrap();
    client.stream.write_all(get).await.unwrap();
    client.rest_bytes().await;
    assert_eq!(client.start.elapsed(), IDLE + IDLE / 4);
}

#[tokio::test(start_paused = true)]
async fn http2_stream_that_is_not_taken_is_reset_at_the_limit() {
    let client = connect();
    let mut builder = h2::client::Builder::new();
    builder.initial_window_size(1000);
    let (requests, connection) = builder.handshake::<_, Bytes>(client.stream).await.unwrap();
    tokio::spawn(connection);
    let mut requests = requests.ready().await.unwrap();
    let (answer, _) = requests.send_request(get2("/large"), true).unwrap();
    let mut body = answer.await.unwrap().into_body();
    let start = Instant::now();
    assert_eq!(body.data().await.unwrap().unwrap().len(), 1000);
    assert!(body.data().await.unwrap().is_err());
    assert_eq!(start.elapsed(), WRITE);
}

fn get2(path: &str) -> Request<()> {
    let request = Request::get(format!("http://a{path}")).version(Version::HTTP_2);
    request.body(()).unwrap()
}
