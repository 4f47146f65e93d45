//! Server-sent events: each passes at once, and the silence between them is none.

use std::{
    sync::{
        Mutex,
        mpsc::{self, Sender},
    },
    thread,
    time::Duration,
};

use crate::frames::{self, DATA};
use crate::program::Program;
use crate::raw::{LIMIT, Wire, latin1};
use crate::site::{GET, OK, Site, get, next_head};

const EVENTS: usize = 3;
const PAUSE: Duration = Duration::from_millis(1200);

/// Longer than any limit but that for streams is the pause between two events.
const LIMITS: &str = "timeouts.body_idle = '150ms'\ntimeouts.idle = '150ms'\n\
    timeouts.header_read = '1s'\ntimeouts.response_head = '1s'";

#[test]
fn each_event_arrives_at_once() {
    let (program, seen) = stream();
    let mut client = program.client();
    client.send(GET);
    assert!(client.head().contains("text/event-stream"));
    for place in 0..EVENTS {
        let piece = latin1(&client.until(b"\n\n"));
        assert!(piece.ends_with(&format!("data: {place}\n\n")), "{piece:?}");
        seen.send(()).unwrap();
    }
}

#[test]
fn each_event_arrives_at_once_over_http2() {
    let (program, seen) = stream();
    let mut client: Wire = frames::connect(program.address(), &[]);
    client.send(frames::get(1, "/"));
    for place in 0..EVENTS {
        let piece = latin1(&frames::until(&mut client, DATA).payload);
        assert_eq!(piece, format!("data: {place}\n\n"));
        seen.send(()).unwrap();
    }
}

/// The answer of a long poll comes late, and then at once.
#[test]
fn long_poll_is_answered_after_a_long_silence() {
    let site = Site::answering(|_| {
        // The silence is the subject.
        thread::sleep(Duration::from_millis(600));
        OK
    });
    let limits = "timeouts.body_idle = '150ms'\ntimeouts.idle = '150ms'";
    let program = Program::start(site.address, limits);
    for _ in 0..2 {
        let mut client = program.client();
        client.send(get("/poll"));
        assert_eq!(client.message(), OK);
    }
}

/// The program in front of an app that sends each event only when it hears that the one before
/// was seen: one that is held back for the next is never seen.
fn stream() -> (Program, Sender<()>) {
    let (seen, is_seen) = mpsc::channel();
    let is_seen = Mutex::new(is_seen);
    let site = Site::start(move |mut wire| {
        if next_head(&mut wire).is_none() {
            return;
        }
        wire.send(
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\
             Transfer-Encoding: chunked\r\n\r\n",
        );
        for place in 0..EVENTS {
            // The silence is the subject.
            thread::sleep(PAUSE);
            let event = format!("data: {place}\n\n");
            wire.send_lossy(format!("{:x}\r\n{event}\r\n", event.len()));
            let _ = is_seen.lock().unwrap().recv_timeout(LIMIT);
        }
        wire.rest();
    });
    (Program::start(site.address, LIMITS), seen)
}
