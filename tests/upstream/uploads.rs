//! Bodies of requests: clients that stop, and apps that answer early.

use std::{io::Write as _, thread, time::Duration};

use rescope::upstream::Timeouts;

use crate::{
    caller::Caller,
    front,
    raw::{App, Wire},
};

const EARLY: &str =
    "HTTP/1.1 413 Content Too Large\r\nContent-Length: 5\r\nConnection: close\r\n\r\nlarge";

#[test]
fn client_that_stops_in_its_body_is_a_timeout_and_the_app_sees_a_break() {
    let app = App::start();
    let timeouts = Timeouts {
        body_idle: Duration::from_millis(300),
        ..Timeouts::default()
    };
    let caller = Caller::timed(app.address(), timeouts);
    let mut client = front::client(&caller);
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf");
    let mut server = app.accept();
    server.head();
    assert_eq!(server.rest(), "half");
    assert!(client.head().starts_with("HTTP/1.1 408 "));
}

#[test]
fn client_may_be_silent_for_longer_when_it_has_its_answer() {
    let app = App::start();
    let timeouts = Timeouts {
        body_idle: Duration::from_secs(1),
        ..Timeouts::default()
    };
    let caller = Caller::timed(app.address(), timeouts);
    let mut client = front::client(&caller);
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\nhalf");
    let mut server = app.accept();
    server.head();
    server.exactly(4);
    server.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\nevent");
    client.head();
    // The silence is the subject.
    thread::sleep(Duration::from_millis(1500));
    client.send("rest");
    assert_eq!(server.exactly(4), b"rest");
}

#[test]
fn app_that_takes_nothing_of_a_body_is_a_timeout() {
    let app = App::start();
    let timeouts = Timeouts {
        body_idle: Duration::from_secs(1),
        ..Timeouts::default()
    };
    let caller = Caller::timed(app.address(), timeouts);
    let mut client = front::client(&caller);
    let uploader = upload(&mut client);
    let _server = app.accept();
    uploader.join().unwrap();
    assert!(client.head().starts_with("HTTP/1.1 504 "));
}

#[test]
fn broken_upload_is_the_clients_fault() {
    let app = App::start();
    let caller = Caller::of(app.address());
    let mut client = front::client(&caller);
    client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    let mut server = app.accept();
    server.head();
    client.send("4\r\nhalf\r\nno size\r\n");
    server.rest();
    assert!(client.head().starts_with("HTTP/1.1 400 "));
}

#[test]
fn early_answer_arrives_whole_while_the_client_goes_on_sending() {
    let app = App::start();
    let caller = Caller::of(app.address());
    let front = front::start(&caller);
    for round in 0..100 {
        let mut client = Wire::connect(front);
        let uploader = upload(&mut client);
        let mut server = app.accept();
        server.head();
        server.exactly(1000);
        server.send(EARLY);
        match round % 2 {
            // What was not read makes it a reset.
            0 => drop(server),
            _ => server.finish(),
        }
        // The client looks for an answer only when it has sent everything.
        uploader.join().unwrap();
        let answer = client.head();
        assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
        assert_eq!(client.exactly(5), b"large");
    }
}

#[test]
fn client_is_told_of_a_dead_app_though_it_goes_on_sending() {
    let app = App::start();
    let caller = Caller::of(app.address());
    let mut client = front::client(&caller);
    let uploader = upload(&mut client);
    let mut server = app.accept();
    server.head();
    server.exactly(1000);
    server.reset();
    uploader.join().unwrap();
    assert!(client.head().starts_with("HTTP/1.1 502 "));
}

/// Sends 25 MB, all of it.
fn upload(client: &mut Wire) -> thread::JoinHandle<()> {
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 25000000\r\n\r\n");
    let mut stream = client.stream().try_clone().unwrap();
    thread::spawn(move || {
        let piece = vec![b'x'; 100_000];
        for _ in 0..250 {
            stream.write_all(&piece).expect("the connection was reset");
        }
    })
}
