//! Bodies on their way: nothing waits for what comes after it, nothing is
//! hoarded, and whoever leaves is missed.

use std::{
    io::{ErrorKind, Read, Write},
    net::TcpStream,
    thread,
    time::Duration,
};

use crate::raw::{App, Wire};
use crate::running::{Program, Rescope};

const GET: &str = "GET / HTTP/1.1\r\nHost: app\r\n\r\n";
const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const CHUNKED: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

#[test]
fn events_arrive_before_the_next_is_sent() {
    for (framing, start, end) in [
        ("Transfer-Encoding: chunked\r\n", "9\r\n", "\r\n"),
        ("Connection: close\r\n", "", ""),
    ] {
        let (mut client, mut server, _running) = connected(GET);
        server.head();
        server.send(format!(
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n{framing}\r\n"
        ));
        assert!(client.head().contains("text/event-stream"));
        for n in 0..5 {
            server.send(format!("{start}data: {n}\r\n{end}"));
            // It blocks here unless the event comes while the app is silent.
            client.until(format!("data: {n}\r\n").as_bytes());
        }
    }
}

#[test]
fn event_sent_with_the_head_arrives_with_it() {
    let (mut client, mut server, _running) = connected(GET);
    server.head();
    server.send(format!("{CHUNKED}7\r\ndata: 0\r\n"));
    client.head();
    assert_eq!(client.exactly(12), b"7\r\ndata: 0\r\n");
}

#[test]
fn request_body_is_passed_on_before_it_is_whole() {
    let (mut client, mut server, _running) =
        connected("POST / HTTP/1.1\r\nHost: app\r\nTransfer-Encoding: chunked\r\n\r\n");
    server.head();
    for _ in 0..3 {
        client.send("4\r\npart\r\n");
        assert_eq!(server.exactly(9), b"4\r\npart\r\n");
    }
    client.send("0\r\n\r\n");
    assert_eq!(server.exactly(5), b"0\r\n\r\n");
    server.send(OK);
    assert_eq!(client.message(), OK);

    client.send("POST / HTTP/1.1\r\nHost: app\r\nContent-Length: 6\r\n\r\n");
    server.head();
    for part in ["ab", "cd", "ef"] {
        client.send(part);
        assert_eq!(server.exactly(2), part.as_bytes());
    }
    server.send(OK);
    assert_eq!(client.message(), OK);
}

#[test]
fn both_bodies_stream_at_once() {
    let (mut client, mut server, _running) =
        connected("POST /echo HTTP/1.1\r\nHost: app\r\nTransfer-Encoding: chunked\r\n\r\n");
    server.head();
    client.send("2\r\nup\r\n");
    assert_eq!(server.exactly(7), b"2\r\nup\r\n");
    server.send(CHUNKED);
    client.head();
    for _ in 0..3 {
        server.send("4\r\ndown\r\n");
        assert_eq!(client.exactly(9), b"4\r\ndown\r\n");
        client.send("2\r\nup\r\n");
        assert_eq!(server.exactly(7), b"2\r\nup\r\n");
    }
    client.send("0\r\n\r\n");
    assert_eq!(server.exactly(5), b"0\r\n\r\n");
    server.send("0\r\n\r\n");
    assert_eq!(client.exactly(5), b"0\r\n\r\n");
}

#[test]
fn trailers_pass_both_ways() {
    let request = "POST / HTTP/1.1\r\nHost: app\r\nTE: trailers\r\nConnection: TE\r\n\
        Trailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nup\r\n0\r\nX-Sum: 1\r\n\r\n";
    let response = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n\
        4\r\ndown\r\n0\r\nX-Sum: 2\r\n\r\n";
    let (mut client, mut server, _running) = connected(request);
    let lower = |text: String| text.to_lowercase();
    assert_eq!(lower(server.message()), lower(request.to_owned()));
    server.send(response);
    assert_eq!(lower(client.message()), lower(response.to_owned()));
}

#[test]
fn trailers_are_kept_from_a_client_that_takes_none() {
    let (mut client, mut server, _running) = connected(GET);
    server.head();
    server.send(format!("{CHUNKED}2\r\nok\r\n0\r\nX-Sum: 2\r\n\r\n"));
    assert_eq!(client.message(), format!("{CHUNKED}2\r\nok\r\n0\r\n\r\n"));
}

#[test]
fn client_that_leaves_while_it_waits_closes_the_apps_connection() {
    let (client, mut server, _running) = connected(GET);
    server.head();
    drop(client);
    assert_eq!(server.rest(), "");
}

#[test]
fn client_that_leaves_during_the_answer_closes_the_apps_connection() {
    for reset in [false, true] {
        let (mut client, mut server, _running) = connected(GET);
        server.head();
        server.send(format!("{CHUNKED}4\r\ndown\r\n"));
        client.head();
        client.exactly(9);
        match reset {
            true => client.reset(),
            false => drop(client),
        }
        assert_eq!(server.rest(), "");
    }
}

#[test]
fn client_that_leaves_during_its_upload_ends_it_as_broken() {
    let (mut client, mut server, _running) =
        connected("POST / HTTP/1.1\r\nHost: app\r\nTransfer-Encoding: chunked\r\n\r\n");
    server.head();
    client.send("4\r\npart\r\n");
    assert_eq!(server.exactly(9), b"4\r\npart\r\n");
    drop(client);
    // No last chunk: the app must not take the part for the whole.
    assert_eq!(server.rest(), "");
}

#[test]
fn answer_to_an_unfinished_upload_arrives() {
    let (mut client, mut server, _running) =
        connected("POST / HTTP/1.1\r\nHost: app\r\nContent-Length: 1000000\r\n\r\n");
    server.head();
    client.send("first");
    assert_eq!(server.exactly(5), b"first");
    let refusal = "HTTP/1.1 413 Too Much\r\nContent-Length: 3\r\n\r\nbig";
    server.send(refusal);
    let answer = client.message();
    assert!(answer.starts_with("HTTP/1.1 413 Too Much\r\nContent-Length: 3\r\n"));
    assert!(answer.ends_with("\r\n\r\nbig"));
    // The rest of the body is neither waited for nor taken for a request.
    assert_eq!(server.rest(), "");
}

#[test]
fn answer_to_an_upload_arrives_though_the_app_resets_its_connection() {
    for _ in 0..20 {
        let (mut client, mut server, _running) =
            connected("POST / HTTP/1.1\r\nHost: app\r\nContent-Length: 4000000\r\n\r\n");
        server.head();
        let mut upload = client.stream().try_clone().unwrap();
        let uploading = thread::spawn(move || upload.write_all(&vec![b'x'; 4_000_000]));
        server.exactly(5);
        server.send("HTTP/1.1 413 Too Much\r\nContent-Length: 3\r\n\r\nbig");
        // What it has not read makes the kernel send a reset.
        drop(server);
        let answer = client.message();
        assert!(answer.starts_with("HTTP/1.1 413 Too Much\r\n"), "{answer}");
        // The upload may end in an error, since nobody reads the rest of it.
        let _ = uploading.join().unwrap();
    }
}

#[test]
fn upload_goes_on_while_nobody_reads_the_answer() {
    let (mut client, mut server, _running) = connected(&format!(
        "POST / HTTP/1.1\r\nHost: app\r\nContent-Length: {LARGE}\r\n\r\n"
    ));
    server.head();
    let mut answering = server.stream().try_clone().unwrap();
    let answer = thread::spawn(move || {
        write!(
            answering,
            "HTTP/1.1 200 OK\r\nContent-Length: {LARGE}\r\n\r\n"
        )
        .unwrap();
        answering.write_all(&vec![b'x'; LARGE]).unwrap();
    });
    let taken = thread::spawn(move || server.exactly(LARGE).len());
    client.send(vec![b'x'; LARGE]);
    assert_eq!(taken.join().unwrap(), LARGE);
    client.head();
    assert_eq!(client.exactly(LARGE).len(), LARGE);
    answer.join().unwrap();
}

#[test]
fn client_that_does_not_read_stops_the_app() {
    let (mut client, mut server, _running) = connected(GET);
    server.head();
    server.send(format!("HTTP/1.1 200 OK\r\nContent-Length: {HUGE}\r\n\r\n"));
    client.head();
    let taken = write_until_stopped(server.stream());
    assert!(taken < HOARD, "{taken} bytes were taken that nobody reads");
    let writer = thread::spawn(move || server.stream().write_all(&vec![b'x'; 1 << 20]));
    client.exactly(taken);
    writer.join().unwrap().unwrap();
}

#[test]
fn app_that_does_not_read_stops_the_client() {
    let (mut client, mut server, _running) = connected(&format!(
        "POST / HTTP/1.1\r\nHost: app\r\nContent-Length: {HUGE}\r\n\r\n"
    ));
    server.head();
    let taken = write_until_stopped(client.stream());
    assert!(taken < HOARD, "{taken} bytes were taken that nobody reads");
    let writer = thread::spawn(move || client.stream().write_all(&vec![b'x'; 1 << 20]));
    server.exactly(taken);
    writer.join().unwrap().unwrap();
}

/// The program itself, since its memory is told apart from the test's.
#[test]
fn gigabyte_up_and_down_takes_constant_memory() {
    let app = App::start();
    let program = Program::run(app.address());
    let mut client = Wire::connect(program.address);
    client.send(GET);
    let mut server = app.accept();
    server.head();
    server.send(OK);
    client.message();
    let mut peak_after = |length| {
        upload(&mut client, &mut server, length);
        download(&mut server, &mut client, length);
        program.peak_memory()
    };
    // Buffers of all sizes have been in use once.
    let before = peak_after(32 << 20);
    let after = peak_after(GIGABYTE);
    assert!(
        after < before + (16 << 20),
        "from {before} to {after} bytes"
    );
}

fn upload(client: &mut Wire, server: &mut Wire, length: usize) {
    client.send(format!(
        "POST / HTTP/1.1\r\nHost: app\r\nContent-Length: {length}\r\n\r\n"
    ));
    server.head();
    pump(client.stream(), server.stream(), length);
    server.send(OK);
    assert_eq!(client.message(), OK);
}

fn download(server: &mut Wire, client: &mut Wire, length: usize) {
    client.send(GET);
    server.head();
    server.send(format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n"
    ));
    client.head();
    pump(server.stream(), client.stream(), length);
}

/// Writes `length` bytes at one end and reads them at the other.
fn pump(from: &mut TcpStream, to: &mut TcpStream, length: usize) {
    const BLOCK: usize = 256 << 10;
    let mut from = from.try_clone().unwrap();
    let writer = thread::spawn(move || {
        let block = vec![b'x'; BLOCK];
        for _ in 0..length / BLOCK {
            from.write_all(&block).unwrap();
        }
    });
    let (mut block, sent) = (vec![0; BLOCK], vec![b'x'; BLOCK]);
    for _ in 0..length / BLOCK {
        to.read_exact(&mut block).unwrap();
        assert!(block == sent);
    }
    writer.join().unwrap();
}

/// Writes until the other side takes no more for a while; returns how much it took.
fn write_until_stopped(stream: &mut TcpStream) -> usize {
    let usual = stream.write_timeout().unwrap();
    // Too short a time stops too early, which proves less but never fails.
    stream
        .set_write_timeout(Some(Duration::from_secs(1)))
        .unwrap();
    let block = [b'x'; 64 << 10];
    let mut taken = 0;
    while taken < HOARD {
        match stream.write(&block) {
            Ok(count) => taken += count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => break,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => panic!("{error}"),
        }
    }
    stream.set_write_timeout(usual).unwrap();
    taken
}

/// Sends `request` through a fresh proxy; returns both ends, and what must live as long.
fn connected(request: &str) -> (Wire, Wire, Rescope) {
    let app = App::start();
    let rescope = Rescope::start(app.address());
    let mut client = rescope.client();
    client.send(request);
    (client, app.accept(), rescope)
}

/// More than four socket buffers of the kernel and what a proxy needs.
const HOARD: usize = 64 << 20;
/// More than all the buffers on the way.
const LARGE: usize = 32 << 20;
const HUGE: usize = 256 << 20;
const GIGABYTE: usize = 1 << 30;
