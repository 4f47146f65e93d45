//! The end: what waits is closed at once, what is in flight is finished, by
//! the deadline; and a handler that panics ends nothing but its request.

use std::time::Duration;

use rescope::server::Timeouts;

use crate::frames::{self, DATA, GOAWAY, HEADERS, PING, WINDOW_UPDATE, frame};
use crate::running::{Running, Setup, any_port};
use crate::tls::Identity;

const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

#[test]
fn connections_without_a_request_end_at_once() {
    let identity = Identity::new();
    let mut server = Running::with(Setup {
        addresses: vec![
            (any_port(), None),
            (any_port(), Some(identity.server(&["h2"]))),
        ],
        ..Setup::default()
    });
    let mut silent = server.client();
    let mut sniffing = server.client();
    sniffing.send("PRI * HT");
    let mut idle = server.client();
    idle.send(GET);
    idle.message();
    let mut handshaking = crate::raw::Wire::connect(server.addresses[1].tcp().unwrap());
    handshaking.send([0x16, 3, 1]);
    server.stop();
    for client in [&mut silent, &mut sniffing, &mut idle, &mut handshaking] {
        assert_eq!(client.rest(), "");
    }
    server.join();
}

#[test]
fn http1_request_in_flight_is_finished() {
    let mut server = Running::start();
    let mut client = server.client();
    client.send("GET /hints HTTP/1.1\r\nHost: a\r\n\r\n");
    client.head();
    server.stop_and_wait();
    server.go.notify_one();
    let answer = client.rest();
    assert!(
        answer.to_lowercase().contains("connection: close"),
        "{answer}"
    );
    assert!(answer.ends_with("hinted"));
    server.join();
}

#[test]
fn http2_streams_in_flight_are_finished_after_goaway() {
    let mut server = Running::start();
    let mut client = frames::connect(server.address(), &[]);
    client.send([frames::get(1, "/wait"), frames::get(3, "/")].concat());
    assert_eq!(frames::until(&mut client, DATA).stream, 3);
    server.stop();
    // RFC 9113 6.8: first one that refuses nothing yet, and a PING to know when it is read.
    let goaway = frames::until(&mut client, GOAWAY);
    assert_eq!(goaway.payload[..4], [0x7f, 0xff, 0xff, 0xff]);
    let ping = frames::until(&mut client, PING);
    client.send(frame(PING, 1, 0, &ping.payload));
    let goaway = frames::until(&mut client, GOAWAY);
    assert_eq!(goaway.payload[..4], [0, 0, 0, 3]);
    assert!(server.is_running());
    server.go.notify_one();
    assert_eq!(frames::until(&mut client, DATA).payload, b"waited");
    client.rest();
    server.join();
}

#[test]
fn idle_http2_clients_that_do_not_answer_are_not_waited_for_long() {
    let mut server = Running::timed(Timeouts {
        drain: Duration::from_secs(600),
        ..Timeouts::default()
    });
    let mut client = frames::connect(server.address(), &[]);
    client.send(frames::get(1, "/"));
    frames::until(&mut client, DATA);
    let _never_asked = frames::connect(server.address(), &[]);
    server.stop();
    server.join();
}

#[test]
fn idle_clients_that_do_not_answer_are_not_waited_for_by_who_interrupts() {
    let mut server = Running::timed(Timeouts {
        drain: Duration::from_secs(3600),
        tunnel_drain: Duration::from_secs(3600),
        ..Timeouts::default()
    });
    let mut client = frames::connect(server.address(), &[]);
    client.send(frames::get(1, "/"));
    frames::until(&mut client, DATA);
    let _never_asked = frames::connect(server.address(), &[]);
    let mut idle = server.client();
    idle.send(GET);
    idle.message();
    server.interrupt();
    assert_eq!(idle.rest(), "");
    server.join();
}

/// An answer is in time while its request is.
#[test]
fn head_that_is_not_to_end_is_not_waited_for() {
    let mut server = Running::start();
    let mut client = server.client();
    client.send("GET / HT");
    let mut later = server.client();
    later.send(GET);
    later.message();
    server.interrupt();
    let answer = client.rest();
    assert!(
        answer.is_empty() || answer.starts_with("HTTP/1.1 408 "),
        "{answer}"
    );
    server.join();
}

#[test]
fn http2_answer_that_the_client_takes_late_is_finished_though_somebody_waits() {
    let mut server = Running::start();
    // A window for nothing: 4 is SETTINGS_INITIAL_WINDOW_SIZE.
    let mut client = frames::connect(server.address(), &[(4, 0)]);
    client.send(frames::get(1, "/"));
    frames::until(&mut client, HEADERS);
    server.interrupt();
    let ping = frames::until(&mut client, PING);
    client.send(frame(PING, 1, 0, &ping.payload));
    frames::until(&mut client, GOAWAY);
    client.send(frame(WINDOW_UPDATE, 0, 1, &100_u32.to_be_bytes()));
    assert_eq!(frames::until(&mut client, DATA).payload, b"ok");
    client.rest();
    server.join();
}

#[test]
fn end_comes_by_the_deadline() {
    let mut server = Running::timed(Timeouts {
        drain: Duration::from_millis(300),
        ..Timeouts::default()
    });
    let mut client = server.client();
    client.send("GET /hints HTTP/1.1\r\nHost: a\r\n\r\n");
    client.head();
    server.stop();
    server.join();
}

#[test]
fn panic_is_a_500_for_its_request_only() {
    let server = Running::start();
    let mut client = server.client();
    client.send("GET /panic HTTP/1.1\r\nHost: a\r\n\r\n");
    let answer = client.message();
    assert!(answer.starts_with("HTTP/1.1 500 ") && !answer.contains("secret"));
    client.send(GET);
    assert!(client.message().ends_with("ok"));
    let mut client = frames::connect(server.address(), &[]);
    let requests = [
        frames::get(1, "/wait"),
        frames::get(3, "/panic"),
        frames::get(5, "/"),
    ];
    client.send(requests.concat());
    let head = frames::until(&mut client, HEADERS);
    // :status 500 is the fourteenth entry of the static table.
    assert_eq!((head.stream, head.payload[0]), (3, 0x8e));
    // The page that says so, and the other answer.
    let mut streams = [(); 2].map(|()| frames::until(&mut client, DATA).stream);
    streams.sort_unstable();
    assert_eq!(streams, [3, 5]);
    server.go.notify_one();
    assert_eq!(frames::until(&mut client, DATA).stream, 1);
    assert_eq!(server.metrics.panics.get(), 2);
}
