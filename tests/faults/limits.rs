//! Each limit of time ends once: no earlier than it says, and long before it would be over
//! a second time.
//!
//! What is measured goes on at once, beside timers of the same process that run for half as
//! long again. To the millisecond the limits are tested in `src/server/tests` and
//! `src/upstream/tests`, over streams in memory.

use std::{
    io::Write as _,
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

use rustls::ClientConfig;
use tokio::{
    net::{TcpListener, TcpStream},
    runtime::Runtime,
};

use crate::Authority;
use crate::frames::{self, GOAWAY, HEADERS, INITIAL_WINDOW_SIZE, RST_STREAM};
use crate::handshake;
use crate::program::{Launch, Program};
use crate::raw::Wire;
use crate::site::{CHUNKED, GET, OK, Site, get, next_head, path};
use crate::tls::Secure;

/// What each limit is in these tests.
pub const TIME: Duration = Duration::from_secs(2);

/// Fails unless `wait`, in which a limit of [`TIME`] begins and ends, takes that long, and ends
/// before a timer of half as long again.
#[track_caller]
pub fn lasts<T>(wait: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let is_over = Arc::new(AtomicBool::new(false));
    let ringing = Arc::clone(&is_over);
    thread::spawn(move || {
        // One after the other: what holds the whole machine up counts as one tick at most.
        for _ in 0..TICKS {
            thread::sleep(TIME * 3 / 2 / TICKS);
        }
        ringing.store(true, Ordering::Relaxed);
    });
    let waited = wait();
    assert!(!is_over.load(Ordering::Relaxed), "{:?}", start.elapsed());
    assert!(start.elapsed() >= TIME, "{:?}", start.elapsed());
    waited
}

const TICKS: u32 = 30;

#[test]
fn limits_for_clients_end_once() {
    let site = Site::well();
    let program = Program::start(site.address, LIMITS);
    at_once(
        &program,
        &[
            ("silence", |client| {
                lasts(|| {
                    connect_again(client);
                    assert_eq!(client.rest(), "");
                });
            }),
            ("half a head", |client| {
                lasts(|| {
                    connect_again(client);
                    client.send("GET / HT");
                    assert_status(&client.rest(), 408);
                });
            }),
            ("half a later head", |client| {
                ask(client);
                lasts(|| {
                    client.send("GET / HT");
                    assert_status(&client.rest(), 408);
                });
            }),
            ("no request", |client| {
                lasts(|| {
                    ask(client);
                    assert_eq!(client.rest(), "");
                });
            }),
            ("HTTP/2 without a request", |client| {
                lasts(|| {
                    connect_again(client);
                    client.send(frames::hello(&[]));
                    client.rest();
                });
            }),
            ("HTTP/2 after a request", |client| {
                client.send(frames::hello(&[]));
                lasts(|| {
                    client.send(frames::get(1, "/"));
                    frames::until(client, GOAWAY);
                });
            }),
        ],
    );
}

#[test]
fn limits_for_clients_with_tls_end_once() {
    let authority = Authority::new("root");
    let configuration = format!("listen_tls = '127.0.0.1:0'\n{LIMITS}");
    let program = Launch::new(Site::well().address, &configuration)
        .with_certificate(&authority.leaf(&["localhost"]))
        .start();
    let mut config = ClientConfig::clone(&handshake::client(&authority.certificate));
    config.alpn_protocols.clear();
    let config = Arc::new(config);
    thread::scope(|scope| {
        scope.spawn(|| lasts(|| program.client().rest()));
        scope.spawn(|| {
            lasts(|| {
                let mut client = Secure::connect(program.address(), Arc::clone(&config)).unwrap();
                client.stream.write_all(b"GET / HT").unwrap();
                client.rest();
            });
        });
        scope.spawn(|| {
            let mut client = Secure::connect(program.address(), Arc::clone(&config)).unwrap();
            lasts(|| {
                client.assert_serves();
                client.rest();
            });
        });
    });
}

#[test]
fn limits_for_the_head_of_an_answer_end_once() {
    let site = Site::start(stall);
    let program = Program::start(site.address, LIMITS);
    at_once(
        &program,
        &[
            ("no answer", |client| {
                times_out(client, &get("/silent"), 504);
            }),
            ("no answer on a used connection", |client| {
                ask(client);
                times_out(client, &get("/silent"), 504);
            }),
            ("half a head", |client| {
                times_out(client, &get("/half"), 504);
            }),
            ("interim responses", |client| {
                lasts(|| {
                    client.send(get("/interim"));
                    client.until(b"HTTP/1.1 504 ");
                });
            }),
            ("no answer to an upload", |client| {
                let upload = "POST /silent HTTP/1.1\r\nHost: app\r\nContent-Length: 2\r\n\r\nup";
                times_out(client, upload, 504);
            }),
            ("half an upload", |client| {
                let upload = "POST /silent HTTP/1.1\r\nHost: app\r\nContent-Length: 2\r\n\r\nu";
                times_out(client, upload, 408);
            }),
            ("no answer for a client of HTTP/2", |client| {
                client.send(frames::hello(&[]));
                lasts(|| {
                    client.send(frames::get(1, "/silent"));
                    frames::until(client, HEADERS);
                });
            }),
        ],
    );
}

#[test]
fn limits_for_bodies_and_tunnels_end_once() {
    let site = Site::start(stall);
    let program = Program::start(site.address, LIMITS);
    at_once(
        &program,
        &[
            ("half a body", |client| {
                lasts(|| {
                    client.send(get("/body"));
                    assert!(client.rest().ends_with("\r\n\r\npart"));
                });
            }),
            ("no event", |client| {
                lasts(|| {
                    client.send(get("/events"));
                    assert!(client.rest().ends_with("data: 1\n\n\r\n"));
                });
            }),
            ("bytes behind a 101", |client| {
                lasts(|| {
                    client.send(get("/chat").replace("\r\n\r\n", UPGRADE));
                    assert!(client.rest().ends_with("\r\n\r\nhi"));
                });
            }),
            ("no window for an answer", |client| {
                client.send(frames::hello(&[(INITIAL_WINDOW_SIZE, 1000)]));
                lasts(|| {
                    client.send(frames::get(1, "/large"));
                    frames::until(client, RST_STREAM);
                });
            }),
        ],
    );
}

#[test]
fn limits_for_an_app_of_http2_end_once() {
    let configuration = format!("upstream_protocol = 'h2c'\n{LIMITS}");
    let program = Program::start(silent_http2_site(), &configuration);
    at_once(
        &program,
        &[
            ("no answer", |client| times_out(client, GET, 504)),
            ("no answer to an upload", |client| {
                let upload = "POST / HTTP/1.1\r\nHost: app\r\nContent-Length: 2\r\n\r\nup";
                times_out(client, upload, 504);
            }),
            ("half an upload", |client| {
                let upload = "POST / HTTP/1.1\r\nHost: app\r\nContent-Length: 2\r\n\r\nu";
                times_out(client, upload, 408);
            }),
            ("half a body", |client| {
                lasts(|| {
                    client.send(get("/body"));
                    client.rest();
                });
            }),
        ],
    );
}

/// What is measured, and how.
type Case = (&'static str, fn(&mut Wire));

/// Measures each on a connection of its own, all at the same time.
fn at_once(program: &Program, cases: &[Case]) {
    thread::scope(|scope| {
        for (name, measure) in cases {
            let named = thread::Builder::new().name((*name).to_owned());
            let measured = named.spawn_scoped(scope, || measure(&mut program.client()));
            measured.unwrap();
        }
    });
}

/// For a limit that begins with the connection: it may have begun before what is measured.
fn connect_again(client: &mut Wire) {
    let address = client.stream().peer_addr();
    *client = Wire::connect(address.unwrap());
}

/// One answer, and the connection is free again.
fn ask(client: &mut Wire) {
    client.send(GET);
    assert_eq!(client.message(), OK);
}

fn times_out(client: &mut Wire, request: &str, status: u16) {
    let answer = lasts(|| {
        client.send(request);
        client.message()
    });
    assert_status(&answer, status);
}

#[track_caller]
fn assert_status(answer: &str, status: u16) {
    assert!(
        answer.starts_with(&format!("HTTP/1.1 {status} ")),
        "{answer}"
    );
}

/// An app that says some of it, by the path, and then nothing.
fn stall(mut wire: Wire) {
    while let Some(head) = next_head(&mut wire) {
        match path(&head) {
            "/" => {
                wire.send_lossy(OK);
                continue;
            }
            "/half" => wire.send_lossy("HTTP/1.1 200 OK\r\nA: "),
            "/body" => wire.send_lossy("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart"),
            "/events" => wire.send_lossy(EVENTS),
            "/chat" => wire.send_lossy(format!("HTTP/1.1 101 Hi{UPGRADE}hi")),
            // The pace is the fault.
            "/interim" => {
                while wire.try_send("HTTP/1.1 103 Early\r\n\r\n") {
                    thread::sleep(TIME / 8);
                }
            }
            "/large" => {
                wire.send_lossy(CHUNKED);
                while wire.try_send(format!("1000\r\n{}\r\n", "x".repeat(4096))) {}
            }
            _ => {}
        }
        wire.rest();
        return;
    }
}

/// An app that reads each request and says nothing, but a part of a body at `/body`.
fn silent_http2_site() -> SocketAddr {
    let (sender, address) = mpsc::channel();
    let serve = async move {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        sender.send(listener.local_addr().unwrap()).unwrap();
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve_http2(stream));
        }
    };
    thread::spawn(|| Runtime::new().unwrap().block_on(serve));
    address.recv().unwrap()
}

async fn serve_http2(stream: TcpStream) {
    let mut connection = h2::server::handshake(stream).await.unwrap();
    let mut kept = Vec::new();
    while let Some(Ok((request, mut respond))) = connection.accept().await {
        let said = (request.uri().path() == "/body").then(|| {
            let head = http::Response::new(());
            let mut body = respond.send_response(head, false).unwrap();
            body.send_data("part".into(), false).unwrap();
            body
        });
        kept.push((request, respond, said));
    }
}

const UPGRADE: &str = "\r\nConnection: upgrade\r\nUpgrade: chat\r\n\r\n";

const EVENTS: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\
    Transfer-Encoding: chunked\r\n\r\n9\r\ndata: 1\n\n\r\n";

const LIMITS: &str = "[timeouts]\nheader_read = '2s'\ntls_handshake = '2s'\nconnect = '2s'\n\
    response_head = '2s'\nidle = '2s'\nupstream_idle = '2s'\nbody_idle = '2s'\n\
    upgrade_idle = '2s'\n";
