//! What takes more than one message each way: interim answers, trailers, streams, upgrades.

use std::time::Instant;

use crate::fields::yes;
use crate::program::Program;
use crate::raw::{App, Wire, field};

/// A client, rescope, and the app, which has taken the client's first bytes.
struct Passage {
    client: Wire,
    server: Wire,
    _rescope: Program,
}

impl Passage {
    fn open(first: &str) -> Self {
        let app = App::start();
        let rescope = Program::start(app.address(), "");
        let mut client = Wire::connect(rescope.address());
        client.send(first);
        let server = app.accept();
        Self {
            client,
            server,
            _rescope: rescope,
        }
    }
}

const GET: &str = "GET / HTTP/1.1\r\nHost: app\r\n\r\n";
const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

pub fn early_hints() -> String {
    let mut passage = Passage::open(GET);
    passage.server.head();
    let hints = "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n";
    passage.server.send(hints);
    passage.server.send(OK);
    let head = passage.client.head();
    let has_link = field(&head, "link") == Some("</a.css>; rel=preload");
    let passed = head.starts_with("HTTP/1.1 103 ") && has_link;
    yes(passed && passage.client.message().starts_with("HTTP/1.1 200 "))
}

pub fn response_trailers() -> String {
    let ask = "GET / HTTP/1.1\r\nHost: app\r\nTE: trailers\r\nConnection: TE\r\n\r\n";
    let mut passage = Passage::open(ask);
    passage.server.head();
    let head = "HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n";
    passage.server.send(head);
    passage.server.send("2\r\nok\r\n0\r\nX-Sum: 7\r\n\r\n");
    let found = passage.client.message().to_ascii_lowercase();
    yes(found.ends_with("0\r\nx-sum: 7\r\n\r\n"))
}

pub fn request_trailers() -> String {
    let head = "POST / HTTP/1.1\r\nHost: app\r\nTrailer: X-Sum\r\n\
        Transfer-Encoding: chunked\r\n\r\n";
    let mut passage = Passage::open(head);
    passage.client.send("2\r\nok\r\n0\r\nX-Sum: 7\r\n\r\n");
    let found = passage.server.message().to_ascii_lowercase();
    passage.server.send(OK);
    passage.client.message();
    yes(found.ends_with("0\r\nx-sum: 7\r\n\r\n"))
}

/// Seconds from sending the first of two events to seeing it. `0.0` is anything under one
/// second: what holds events back waits for the next one, or for a timer of its own, each time;
/// a machine that is busy does not.
pub fn event() -> String {
    let mut tries = (0..TRIES).map(|_| seconds_of_an_event());
    match tries.find(|seconds| *seconds < 1.0) {
        Some(_) => "0.0".to_owned(),
        None => format!("{:.1}", seconds_of_an_event()),
    }
}

fn seconds_of_an_event() -> f64 {
    let mut passage = Passage::open(GET);
    passage.server.head();
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\
        Transfer-Encoding: chunked\r\n\r\n";
    passage.server.send(head);
    let start = Instant::now();
    passage.server.send("9\r\ndata: 1\n\n\r\n");
    passage.client.until(b"data: 1\n\n");
    let seconds = start.elapsed().as_secs_f64();
    passage.server.send("9\r\ndata: 2\n\n\r\n0\r\n\r\n");
    passage.client.until(b"0\r\n\r\n");
    seconds
}

const TRIES: usize = 5;

pub fn upload() -> String {
    let head = "POST / HTTP/1.1\r\nHost: app\r\nContent-Length: 10\r\n\r\n";
    let mut passage = Passage::open(head);
    passage.client.send("first");
    passage.server.head();
    // The client sends the other half only now that the app has the first.
    let first = passage.server.exactly(5);
    passage.client.send("other");
    let other = passage.server.exactly(5);
    passage.server.send(OK);
    passage.client.message();
    yes(first == b"first" && other == b"other")
}

pub fn websocket() -> String {
    let ask = "GET /chat HTTP/1.1\r\nHost: app\r\nConnection: Upgrade\r\n\
        Upgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
        Sec-WebSocket-Version: 13\r\n\r\n";
    let mut passage = Passage::open(ask);
    let asked = passage.server.head();
    let grant = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\
        Connection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
    passage.server.send(grant);
    let granted = passage.client.head();
    passage.client.send(b"\x82\x01up");
    let up = passage.server.exactly(4);
    passage.server.send(b"\x82\x04down");
    let down = passage.client.exactly(6);
    let agreed = field(&asked, "upgrade").is_some() && granted.starts_with("HTTP/1.1 101 ");
    yes(agreed && up == b"\x82\x01up" && down == b"\x82\x04down")
}

pub fn old_client() -> String {
    let mut passage = Passage::open("GET / HTTP/1.0\r\nHost: app\r\n\r\n");
    passage.server.head();
    let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    passage.server.send(head);
    passage.server.send("2\r\nok\r\n0\r\n\r\n");
    let found = passage.client.rest();
    let word = if found.contains("\r\n\r\n2\r\n") {
        "chunked sent (wrong)"
    } else if found.ends_with("\r\n\r\nok") && found.contains(" 200 ") {
        "ok"
    } else {
        "no"
    };
    word.to_owned()
}

pub fn gzip() -> String {
    // `ok`, as gzip writes it.
    let body = b"\x1f\x8b\x08\0\0\0\0\0\x02\x03\xcb\xcf\x06\0G\xdd\xdcy\x02\0\0\0";
    let mut passage = Passage::open(GET);
    let asked = passage.server.head();
    let length = body.len();
    let head =
        format!("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {length}\r\n\r\n");
    passage.server.send(head);
    passage.server.send(body);
    let head = passage.client.head();
    let same =
        field(&head, "content-encoding") == Some("gzip") && passage.client.exactly(length) == body;
    if field(&asked, "accept-encoding").is_some() {
        return "no, adds AE".to_owned();
    }
    yes(same)
}

pub fn expect() -> String {
    let head = "POST / HTTP/1.1\r\nHost: app\r\nExpect: 100-continue\r\n\
        Content-Length: 5\r\n\r\n";
    let mut passage = Passage::open(head);
    passage.server.head();
    let refusal = "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno";
    passage.server.send(refusal);
    yes(passage.client.head().starts_with("HTTP/1.1 403 "))
}
