//! The end: what is in flight is finished, and nothing new is begun.

use std::{
    net::{SocketAddr, TcpStream},
    process::{Command, ExitStatus},
    time::{Duration, Instant},
};

use crate::raw::{App, LIMIT, Wire};
use crate::running::{Program, Rescope};

const GET: &str = "GET / HTTP/1.1\r\nHost: app\r\n\r\n";
const START: &str = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n";

#[test]
fn request_in_flight_is_finished() {
    let app = App::start();
    let mut rescope = Rescope::start(app.address());
    let (mut waiting, mut first) = asked(&app, rescope.address);
    let (mut reading, mut second) = asked(&app, rescope.address);
    second.send(START);
    reading.head();
    rescope.stop();
    wait_until_refused(rescope.address);
    assert!(rescope.is_running());
    first.send(format!("{START}done"));
    let answer = waiting.rest();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\ndone"));
    second.send("done");
    assert_eq!(reading.rest(), "done");
    rescope.join();
}

#[test]
fn connection_without_a_request_is_closed_at_once() {
    let app = App::start();
    let mut rescope = Rescope::start(app.address());
    let mut silent = rescope.client();
    let (mut idle, mut server) = asked(&app, rescope.address);
    server.send(format!("{START}done"));
    idle.message();
    rescope.stop();
    assert_eq!(silent.rest(), "");
    assert_eq!(idle.rest(), "");
    rescope.join();
}

#[test]
fn tunnel_is_let_end() {
    let app = App::start();
    let mut rescope = Rescope::start(app.address());
    let mut client = rescope.client();
    client.send("GET / HTTP/1.1\r\nHost: app\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n");
    let mut server = app.accept();
    server.head();
    server.send("HTTP/1.1 101 Go\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n");
    client.head();
    rescope.stop();
    wait_until_refused(rescope.address);
    client.send("up");
    assert_eq!(server.exactly(2), b"up");
    assert!(rescope.is_running());
    drop(client);
    drop(server);
    rescope.join();
}

#[test]
fn end_comes_by_the_deadline() {
    let app = App::start();
    let mut rescope = Rescope::configured(app.address(), "timeouts.drain = '300ms'");
    let (_client, _server) = asked(&app, rescope.address);
    rescope.stop();
    rescope.join();
}

#[test]
fn program_finishes_what_is_in_flight_and_exits_with_0() {
    for signal in ["TERM", "INT"] {
        let app = App::start();
        let mut program = Program::run(app.address());
        let (mut client, mut server) = asked(&app, program.address);
        send_signal(&program, signal);
        wait_until_refused(program.address);
        server.send(format!("{START}done"));
        assert!(client.rest().ends_with("\r\n\r\ndone"));
        assert_eq!(exit_status(&mut program).code(), Some(0), "{signal}");
    }
}

#[test]
fn second_signal_ends_the_program_at_once() {
    let app = App::start();
    let mut program = Program::run(app.address());
    let (mut client, mut server) = asked(&app, program.address);
    send_signal(&program, "TERM");
    wait_until_refused(program.address);
    assert!(client.is_silent());
    send_signal(&program, "TERM");
    let start = Instant::now();
    assert_ne!(exit_status(&mut program).code(), Some(0));
    assert!(start.elapsed() < Duration::from_secs(5));
    assert_eq!(client.rest(), "");
    assert_eq!(server.rest(), "");
}

/// A request that the app has read and not answered: both ends.
fn asked(app: &App, rescope: SocketAddr) -> (Wire, Wire) {
    let mut client = Wire::connect(rescope);
    client.send(GET);
    let mut server = app.accept();
    server.head();
    (client, server)
}

fn wait_until_refused(address: SocketAddr) {
    let start = Instant::now();
    while TcpStream::connect(address).is_ok() {
        assert!(start.elapsed() < LIMIT, "it still takes connections");
        std::thread::yield_now();
    }
}

fn send_signal(program: &Program, name: &str) {
    let process = program.process.0.id().to_string();
    let status = Command::new("kill").args(["-s", name, &process]).status();
    assert!(status.unwrap().success());
}

fn exit_status(program: &mut Program) -> ExitStatus {
    let start = Instant::now();
    loop {
        if let Some(status) = program.process.0.try_wait().unwrap() {
            return status;
        }
        assert!(start.elapsed() < LIMIT, "the program goes on");
        std::thread::yield_now();
    }
}
