//! The end: what is in flight is finished, and nothing new is begun.

use std::{
    net::{SocketAddr, TcpStream},
    process::{Command, ExitStatus},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use hyper::body::Bytes;
use tempfile::TempDir;

use crate::http2::{accept, extended_connect};
use crate::http2_client::{Client, request};
use crate::raw::{App, LIMIT, Wire};
use crate::running::{Program, Rescope};

const GET: &str = "GET / HTTP/1.1\r\nHost: app\r\n\r\n";
const ASK: &str =
    "GET / HTTP/1.1\r\nHost: app\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n";
const GRANT: &str = "HTTP/1.1 101 Go\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n";
const EVENTS: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\
    Transfer-Encoding: chunked\r\n\r\n6\r\nfirst\n\r\n";
/// Whatever ends does so for another reason.
const FAR_LIMITS: &str = "timeouts = { drain = '1h', tunnel_drain = '1h' }";
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
fn tunnel_is_let_end_within_its_own_time() {
    let app = App::start();
    let mut rescope = Rescope::configured(app.address(), "timeouts.tunnel_drain = '1h'");
    let (mut client, mut server) = tunnel(&app, rescope.address);
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
fn tunnel_that_goes_on_is_ended_on_both_sides() {
    for time in ["0s", "300ms"] {
        let app = App::start();
        let limits = format!("timeouts = {{ drain = '1h', tunnel_drain = '{time}' }}");
        let mut rescope = Rescope::configured(app.address(), &limits);
        let (mut client, mut server) = tunnel(&app, rescope.address);
        rescope.stop();
        assert_eq!((client.rest(), server.rest()), Default::default());
        rescope.join();
    }
}

#[test]
fn request_is_let_end_when_tunnels_have_ended() {
    let app = App::start();
    let mut rescope = Rescope::configured(app.address(), "timeouts.tunnel_drain = '0s'");
    let (mut client, mut server) = tunnel(&app, rescope.address);
    let (mut asking, mut asked) = asked(&app, rescope.address);
    rescope.stop();
    assert_eq!((client.rest(), server.rest()), Default::default());
    asked.send(format!("{START}done"));
    assert!(asking.rest().ends_with("\r\n\r\ndone"));
    rescope.join();
}

#[test]
fn tunnel_goes_on_when_the_time_of_requests_is_over() {
    let app = App::start();
    let limits = "timeouts = { drain = '300ms', tunnel_drain = '1h' }";
    let mut rescope = Rescope::configured(app.address(), limits);
    let (mut client, mut server) = tunnel(&app, rescope.address);
    let (mut waiting, _asked) = asked(&app, rescope.address);
    rescope.stop();
    assert_eq!(waiting.rest(), "");
    client.send("up");
    assert_eq!(server.exactly(2), b"up");
    assert!(rescope.is_running());
    drop(client);
    drop(server);
    rescope.join();
}

#[test]
fn upgrade_that_is_granted_during_the_drain_is_a_tunnel() {
    for interrupts in [false, true] {
        let app = App::start();
        let mut rescope = Rescope::configured(app.address(), FAR_LIMITS);
        let mut client = rescope.client();
        client.send(ASK);
        let mut server = app.accept();
        server.head();
        match interrupts {
            true => rescope.interrupt(),
            false => rescope.stop(),
        }
        wait_until_refused(rescope.address);
        server.send(GRANT);
        assert!(client.head().starts_with("HTTP/1.1 101 "));
        if !interrupts {
            client.send("up");
            assert_eq!(server.exactly(2), b"up");
            server.finish();
        }
        assert_eq!(client.rest(), "");
        client.finish();
        assert_eq!(server.rest(), "");
        rescope.join();
    }
}

#[test]
fn event_stream_is_let_end_like_a_request() {
    let app = App::start();
    let limits = "timeouts = { drain = '1h', tunnel_drain = '0s' }";
    let mut rescope = Rescope::configured(app.address(), limits);
    let (mut client, mut server) = event_stream(&app, rescope.address);
    rescope.stop();
    wait_until_refused(rescope.address);
    server.send("5\r\nlast\n\r\n0\r\n\r\n");
    assert_eq!(client.rest(), "5\r\nlast\n\r\n0\r\n\r\n");
    rescope.join();
}

#[test]
fn interrupt_ends_tunnels_and_event_streams_at_once_and_no_request() {
    let app = App::start();
    let mut rescope = Rescope::configured(app.address(), FAR_LIMITS);
    let mut tunnel = tunnel(&app, rescope.address);
    let mut stream = event_stream(&app, rescope.address);
    let (mut asking, mut asked) = asked(&app, rescope.address);
    let mut silent = rescope.client();
    rescope.interrupt();
    assert_eq!((tunnel.0.rest(), tunnel.1.rest()), Default::default());
    // Without a last chunk it does not look whole.
    assert_eq!((stream.0.rest(), stream.1.rest()), Default::default());
    assert_eq!(silent.rest(), "");
    assert!(rescope.is_running());
    asked.send(format!("{START}done"));
    assert!(asking.rest().ends_with("\r\n\r\ndone"));
    rescope.join();
}

/// An answer is known for a stream of events when it begins.
#[test]
fn interrupt_ends_event_streams_that_begin_after_it() {
    let app = App::start();
    let mut rescope = Rescope::configured(app.address(), FAR_LIMITS);
    let (mut client, mut server) = asked(&app, rescope.address);
    rescope.interrupt();
    wait_until_refused(rescope.address);
    server.send(EVENTS);
    assert!(!client.rest().ends_with("0\r\n\r\n"));
    assert_eq!(server.rest(), "");
    rescope.join();
}

#[test]
fn interrupt_ends_event_streams_whose_clients_take_nothing() {
    assert_interrupt_ends_stalled(event_stream);
}

#[test]
fn interrupt_ends_tunnels_whose_clients_take_nothing() {
    assert_interrupt_ends_stalled(tunnel);
}

/// To a client of HTTP/1.0 the end of the connection is the end of the answer.
#[test]
fn interrupt_resets_event_streams_that_end_with_their_connection() {
    let app = App::start();
    let mut rescope = Rescope::configured(app.address(), FAR_LIMITS);
    let mut client = rescope.client();
    client.send("GET / HTTP/1.0\r\nHost: app\r\n\r\n");
    let mut server = app.accept();
    server.head();
    server.send(EVENTS);
    client.until(b"first\n");
    rescope.interrupt();
    assert!(client.is_reset());
    rescope.join();
}

#[test]
fn interrupt_resets_event_streams_and_ends_tunnels_over_http2() {
    let app = App::start();
    let mut rescope = Rescope::configured(app.address(), FAR_LIMITS);
    let mut client = Client::connect(rescope.address);
    let chat = client.send(extended_connect("websocket"), false);
    let mut tunnel = app.accept();
    let accept = accept(&tunnel.head());
    tunnel.send(format!(
        "HTTP/1.1 101 Go\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Accept: {accept}\r\n\r\n"
    ));
    let mut chat = client.block_on(chat.answer).unwrap().into_body();
    let events = client.send(request("/events"), true);
    let mut stream = app.accept();
    stream.head();
    stream.send(EVENTS);
    let events = client.block_on(events.answer).unwrap();
    let page = client.send(request("/page"), true);
    let mut asked = app.accept();
    asked.head();
    rescope.interrupt();
    let is_over = |end: Option<Result<Bytes, h2::Error>>| {
        end.is_none_or(|it| it.is_ok_and(|data| data.is_empty()))
    };
    assert!(is_over(client.block_on(chat.data())));
    assert!(client.body(events.into_body()).0.is_err());
    assert_eq!((tunnel.rest(), stream.rest()), Default::default());
    assert!(rescope.is_running());
    asked.send(format!("{START}done"));
    let page = client.block_on(page.answer).unwrap();
    assert_eq!(client.body(page.into_body()).0.unwrap(), b"done");
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
    for signal in ["TERM", "INT", "QUIT", "ABRT"] {
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
fn interrupted_program_does_not_wait_for_tunnels_and_event_streams() {
    let app = App::start();
    let mut program = Program::configured(app.address(), FAR_LIMITS);
    let mut tunnel = tunnel(&app, program.address);
    let mut stream = event_stream(&app, program.address);
    send_signal(&program, "INT");
    assert_eq!(exit_status(&mut program).code(), Some(0));
    assert_eq!((tunnel.0.rest(), tunnel.1.rest()), Default::default());
    assert_eq!((stream.0.rest(), stream.1.rest()), Default::default());
}

#[test]
fn program_goes_on_when_signals_come_that_mean_nothing_to_it() {
    let app = App::start();
    let folder = TempDir::new().unwrap();
    let socket = folder.path().join("socket");
    let listen = format!(
        "listen_tls = 'unix:{}'\ntls.certs = '{}'",
        socket.display(),
        folder.path().join("certs").display()
    );
    let mut program = Program::configured(app.address(), &listen);
    let named = [
        "USR1", "USR2", "ALRM", "VTALRM", "PROF", "POLL", "SYS", "XCPU", "XFSZ", "PIPE",
    ];
    // The real-time ones have names that not every `kill` knows.
    let linux = ["PWR", "STKFLT", "34", "41", "64"];
    let linux = linux.iter().filter(|_| cfg!(target_os = "linux"));
    for signal in named.iter().chain(linux) {
        send_signal(&program, signal);
        let (mut client, mut server) = asked(&app, program.address);
        server.send(format!("{START}done"));
        assert!(client.message().ends_with("\r\n\r\ndone"), "{signal}");
    }
    assert!(socket.exists());
    send_signal(&program, "TERM");
    assert_eq!(exit_status(&mut program).code(), Some(0));
    assert!(!socket.exists());
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

/// A tunnel that is open: both ends.
fn tunnel(app: &App, rescope: SocketAddr) -> (Wire, Wire) {
    let mut client = Wire::connect(rescope);
    client.send(ASK);
    let mut server = app.accept();
    server.head();
    server.send(GRANT);
    client.head();
    (client, server)
}

/// Fails unless what `open` opens ends with the program while the client takes nothing of it.
fn assert_interrupt_ends_stalled(open: impl Fn(&App, SocketAddr) -> (Wire, Wire)) {
    let app = App::start();
    let mut rescope = Rescope::configured(app.address(), FAR_LIMITS);
    let (_client, server) = open(&app, rescope.address);
    let sending = endless(server);
    rescope.interrupt();
    rescope.join();
    sending.join().unwrap();
}

/// A stream of events of which the client has the first: both ends.
fn event_stream(app: &App, rescope: SocketAddr) -> (Wire, Wire) {
    let (mut client, mut server) = asked(app, rescope);
    server.send(EVENTS);
    client.until(b"first\n\r\n");
    (client, server)
}

/// Sends events until nobody takes them any more; returns when nothing is taken at the moment.
fn endless(mut server: Wire) -> thread::JoinHandle<()> {
    let (sent, progress) = mpsc::channel();
    let sending = thread::spawn(move || {
        let event = format!("8000\r\n{:0>32768}\r\n", "");
        while server.try_send(&event) {
            let _ = sent.send(());
        }
    });
    // It has stopped when a while goes by without progress, be it for another reason.
    while progress.recv_timeout(Duration::from_millis(300)).is_ok() {}
    sending
}

fn wait_until_refused(address: SocketAddr) {
    let start = Instant::now();
    while TcpStream::connect(address).is_ok() {
        assert!(start.elapsed() < LIMIT, "it still takes connections");
        thread::yield_now();
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
        thread::yield_now();
    }
}
