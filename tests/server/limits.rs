//! Every wait for a client has an end, and a slow one that makes progress is
//! not ended early.

use std::{
    thread::sleep,
    time::{Duration, Instant},
};

use http::{Method, Request};
use rescope::server::{Limits, Timeouts};
use tokio::net::TcpStream;

use crate::frames::{
    self, ACK, CONTINUATION, DATA, GOAWAY, HEADERS, INITIAL_WINDOW_SIZE, PING, RST_STREAM,
    SETTINGS, WINDOW_UPDATE, frame,
};
use crate::raw::{LIMIT, field};
use crate::running::{Running, SHORT, Setup};

const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

/// What the page says of a head that took longer than [`SHORT`].
const LATE: &str =
    "rescope: the head of the request took more than 300ms ([timeouts] header_read)\n";

#[test]
fn head_that_takes_too_long_is_answered_with_408() {
    let server = short_heads();
    for sent in ["GET", "GET / HTTP/1.1\r\nHost: a\r\nA: "] {
        let mut client = server.client();
        client.send(sent);
        assert_late(&client.rest());
        let mut client = server.client();
        client.send(GET);
        client.message();
        client.send(sent);
        assert_late(&client.rest());
    }
}

#[test]
fn head_that_drips_is_no_excuse() {
    let server = short_heads();
    let mut client = server.client();
    client.send("GET / HTTP/1.1\r\nHost: a\r\n");
    let start = Instant::now();
    while client.try_send("A: b\r\n") {
        assert!(start.elapsed() < LIMIT, "it is kept");
        // The pace is the subject.
        sleep(Duration::from_millis(20));
    }
    let rest = client.rest();
    if !rest.is_empty() {
        assert_late(&rest);
    }
}

#[test]
fn limit_for_heads_is_none_for_answers_and_bodies() {
    let server = short_heads();
    let mut waiting = server.client();
    waiting.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n");
    let mut sending = server.client();
    sending.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbo");
    // The time is the subject: it passes the limit.
    sleep(SHORT * 2);
    sending.send("dy");
    assert!(sending.message().ends_with("body"));
    server.go.notify_one();
    assert!(waiting.message().ends_with("waited"));
}

#[test]
fn connection_without_a_request_is_closed() {
    let server = short_idle();
    let mut client = server.client();
    for _ in 0..3 {
        client.send(GET);
        client.message();
    }
    assert_eq!(client.rest(), "");
}

#[test]
fn connection_in_use_is_not_idle() {
    let server = Running::timed(Timeouts {
        idle: SHORT * 6,
        ..Timeouts::default()
    });
    let mut client = server.client();
    for _ in 0..8 {
        client.send(GET);
        client.message();
        sleep(SHORT);
    }
    client.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n");
    sleep(SHORT * 7);
    server.go.notify_one();
    assert!(client.message().ends_with("waited"));
}

#[test]
fn http2_connection_that_never_asks_is_closed() {
    let server = short_heads();
    let settings = frame(SETTINGS, 0, 0, &[]);
    let partial = frame(HEADERS, 0, 1, &frames::block("/"));
    for rest in [
        vec![],
        settings.clone(),
        [&settings[..], &partial].concat(),
        [&settings[..], &partial[..12]].concat(),
        [&settings[..], &partial, &frame(CONTINUATION, 0, 1, &[])].concat(),
    ] {
        let mut client = server.client();
        client.send([frames::PREFACE, &rest].concat());
        client.rest();
    }
}

#[test]
fn idle_http2_connection_is_closed_whatever_it_says() {
    let server = Running::timed(Timeouts {
        // A quarter of it is what the client has for its last words.
        idle: SHORT * 10,
        ..Timeouts::default()
    });
    let mut client = frames::connect(server.address(), &[]);
    client.send(frames::get(1, "/"));
    frames::until(&mut client, DATA);
    let start = Instant::now();
    let goaway = 'said: loop {
        client.send(frame(PING, 0, 0, b"12345678"));
        client.send(frame(SETTINGS, 0, 0, &[]));
        // Both are answered.
        for _ in 0..2 {
            let found = frames::next(&mut client);
            if found.kind == GOAWAY {
                break 'said found;
            }
        }
        assert!(start.elapsed() < LIMIT, "it is kept");
        sleep(Duration::from_millis(10));
    };
    // A last stream of 2^31-1 and no error (RFC 9113 section 6.8).
    assert_eq!(goaway.payload, [0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0]);
    let ping = frames::until(&mut client, PING);
    client.send(frame(PING, ACK, 0, &ping.payload));
    let goaway = frames::until(&mut client, GOAWAY);
    assert_eq!(goaway.payload, [0, 0, 0, 1, 0, 0, 0, 0]);
    client.rest();
}

#[test]
fn http2_connection_with_a_stream_is_not_idle() {
    let server = short_idle();
    let mut client = frames::connect(server.address(), &[]);
    client.send(frames::get(1, "/wait"));
    sleep(SHORT * 2);
    server.go.notify_one();
    assert_eq!(frames::until(&mut client, DATA).payload, b"waited");
}

#[test]
fn client_that_takes_nothing_is_closed_and_the_answer_let_go() {
    let server = Running::timed(Timeouts {
        write: SHORT,
        ..Timeouts::default()
    });
    let mut client = server.client();
    client.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
    server.let_go.recv_timeout(LIMIT).expect("it is kept");
    assert!(client.rest().starts_with("HTTP/1.1 200 OK"));
}

#[test]
fn stream_of_which_nothing_is_taken_is_reset_and_no_other() {
    let server = Running::timed(Timeouts {
        write: SHORT,
        ..Timeouts::default()
    });
    let mut client = frames::connect(server.address(), &[(INITIAL_WINDOW_SIZE, 0)]);
    client.send(frames::get(1, "/large"));
    let reset = frames::until(&mut client, RST_STREAM);
    assert_eq!(reset.stream, 1);
    server.let_go.recv_timeout(LIMIT).expect("it is kept");
    client.send(frames::get(3, "/"));
    client.send(frame(WINDOW_UPDATE, 0, 3, &[0, 0, 1, 0]));
    let data = frames::until(&mut client, DATA);
    assert_eq!((data.stream, &data.payload[..]), (3, &b"ok"[..]));
}

#[test]
fn stream_of_which_a_byte_is_taken_now_and_then_goes_on() {
    let server = Running::timed(Timeouts {
        write: SHORT * 10,
        ..Timeouts::default()
    });
    let mut client = frames::connect(server.address(), &[(INITIAL_WINDOW_SIZE, 0)]);
    client.send(frames::get(1, "/large"));
    for _ in 0..11 {
        // More than the piece that hyper holds, of the stream and of all together.
        for stream in [0, 1] {
            client.send(frame(WINDOW_UPDATE, 0, stream, &[0, 0, 0x60, 0]));
        }
        let data = frames::until(&mut client, DATA);
        assert!(!data.payload.is_empty());
        sleep(SHORT);
    }
    server.assert_serves();
}

#[test]
fn head_beyond_the_limits_is_refused_in_both_protocols() {
    let server = Running::with(Setup {
        limits: Limits {
            header_size: 16 * 1024,
            header_count: 20,
            ..Limits::default()
        },
        ..Setup::default()
    });
    let many: String = (0..30).map(|number| format!("a{number}: b\r\n")).collect();
    let large = format!("a: {}\r\n", "b".repeat(20_000));
    for fields in [&many, &large] {
        let mut client = server.client();
        client.send_lossy(format!("GET / HTTP/1.1\r\nHost: a\r\n{fields}\r\n"));
        assert!(client.head().starts_with("HTTP/1.1 431 "));
    }
    let mut client = frames::connect(server.address(), &[]);
    let mut block = frames::block("/");
    for number in 0..30 {
        block.extend([0, 2, b'a', b'a' + number % 26, 1, b'b']);
    }
    client.send(frame(HEADERS, 5, 1, &block));
    let head = frames::until(&mut client, HEADERS);
    // :status, by the name's place in the static table, as text.
    assert!(head.payload.starts_with(&[0x48]) || head.payload.starts_with(&[0x08]));
}

#[test]
fn connections_beyond_the_limit_wait_for_others_to_leave() {
    let server = Running::with(Setup {
        limits: Limits {
            connections: 2,
            ..Limits::default()
        },
        ..Setup::default()
    });
    let mut clients: Vec<_> = (0..3).map(|_| server.client()).collect();
    for client in &mut clients[..2] {
        client.send(GET);
        client.message();
    }
    clients[2].send(GET);
    assert!(clients[2].is_silent());
    clients.remove(0);
    assert!(clients[1].message().ends_with("ok"));
}

#[test]
fn tunnel_is_not_idle_and_keeps_its_place() {
    let server = Running::with(Setup {
        limits: Limits {
            connections: 1,
            ..Limits::default()
        },
        timeouts: Timeouts {
            idle: SHORT,
            header_read: SHORT,
            ..Timeouts::default()
        },
        ..Setup::default()
    });
    let mut tunnel = server.client();
    tunnel.send("GET /tunnel HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n");
    assert!(tunnel.head().starts_with("HTTP/1.1 101 "));
    let mut other = server.client();
    other.send(GET);
    sleep(SHORT * 2);
    tunnel.send("echo");
    assert_eq!(tunnel.exactly(4), b"echo");
    assert!(other.is_silent());
    drop(tunnel);
    assert!(other.message().ends_with("ok"));
}

#[tokio::test]
async fn http2_tunnel_is_not_idle() {
    let server = Running::timed(Timeouts {
        idle: SHORT * 6,
        ..Timeouts::default()
    });
    let stream = TcpStream::connect(server.address()).await.unwrap();
    let (requests, connection) = h2::client::handshake(stream).await.unwrap();
    tokio::spawn(connection);
    let mut requests = requests.ready().await.unwrap();
    // What it may do comes with the server's SETTINGS, before the first answer.
    let request = Request::get("http://a/").body(()).unwrap();
    let (answer, _) = requests.send_request(request, true).unwrap();
    answer.await.unwrap();
    assert!(requests.is_extended_connect_protocol_enabled());
    let mut request = Request::new(());
    *request.method_mut() = Method::CONNECT;
    *request.uri_mut() = "http://a/tunnel".parse().unwrap();
    let protocol = h2::ext::Protocol::from_static("echo");
    request.extensions_mut().insert(protocol);
    let (answer, mut sender) = requests.send_request(request, false).unwrap();
    let mut receiver = answer.await.unwrap().into_body();
    tokio::time::sleep(SHORT * 7).await;
    sender.send_data("echo".into(), false).unwrap();
    assert_eq!(receiver.data().await.unwrap().unwrap(), "echo");
}

fn assert_late(answer: &str) {
    assert!(
        answer.starts_with("HTTP/1.1 408 ") && answer.ends_with(LATE),
        "{answer}"
    );
    assert_eq!(field(answer, "connection"), Some("close"));
}

fn short_heads() -> Running {
    Running::timed(Timeouts {
        header_read: SHORT,
        ..Timeouts::default()
    })
}

fn short_idle() -> Running {
    Running::timed(Timeouts {
        idle: SHORT,
        ..Timeouts::default()
    })
}
