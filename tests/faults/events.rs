//! Server-sent events: each passes at once, and the silence between them is none.

use std::{
    thread,
    time::{Duration, Instant},
};

use crate::frames::{self, DATA};
use crate::program::Program;
use crate::raw::{Wire, latin1};
use crate::site::{GET, Site, get, next_head};

const EVENTS: usize = 8;
const PAUSE: Duration = Duration::from_millis(400);

/// Longer than any limit but that for streams is the pause between two events.
const LIMITS: &str = "timeouts.body_idle = '150ms'\ntimeouts.idle = '150ms'\n\
    timeouts.header_read = '150ms'\ntimeouts.response_head = '300ms'";

#[test]
fn each_event_arrives_at_once() {
    let (program, sent) = stream();
    let mut client = program.client();
    client.send(GET);
    assert!(client.head().contains("text/event-stream"));
    for place in 0..EVENTS {
        let piece = latin1(&client.until(b"\n\n"));
        let late = sent.recv().unwrap().elapsed();
        assert!(piece.ends_with(&format!("data: {place}\n\n")), "{piece:?}");
        assert!(late < LATE, "event {place} is {late:?} late");
    }
}

#[test]
fn each_event_arrives_at_once_over_http2() {
    let (program, sent) = stream();
    let mut client: Wire = frames::connect(program.address(), &[]);
    client.send(frames::get(1, "/"));
    for place in 0..EVENTS {
        let piece = latin1(&frames::until(&mut client, DATA).payload);
        let late = sent.recv().unwrap().elapsed();
        assert_eq!(piece, format!("data: {place}\n\n"));
        assert!(late < LATE, "event {place} is {late:?} late");
    }
}

/// The answer of a long poll comes late, and then at once.
#[test]
fn long_poll_is_answered_after_a_long_silence() {
    let site = Site::answering(|_| {
        thread::sleep(2 * PAUSE);
        crate::site::OK
    });
    let limits = "timeouts.body_idle = '150ms'\ntimeouts.idle = '150ms'";
    let program = Program::start(site.address, limits);
    let mut client = program.client();
    for _ in 0..2 {
        client.send(get("/poll"));
        assert_eq!(client.message(), crate::site::OK);
    }
}

/// The program in front of an app that sends events, and when it sent each.
fn stream() -> (Program, std::sync::mpsc::Receiver<Instant>) {
    let (note, sent) = std::sync::mpsc::channel();
    let site = Site::start(move |mut wire| {
        if next_head(&mut wire).is_none() {
            return;
        }
        wire.send(
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\
             Transfer-Encoding: chunked\r\n\r\n",
        );
        for place in 0..EVENTS {
            // The pace of the events is what is tested.
            thread::sleep(PAUSE);
            let event = format!("data: {place}\n\n");
            note.send(Instant::now()).unwrap();
            wire.send_lossy(format!("{:x}\r\n{event}\r\n", event.len()));
        }
        wire.rest();
    });
    (Program::start(site.address, LIMITS), sent)
}

/// Half a pause: an event that waits for the next one is later. Alone on two cores it takes
/// less than a millisecond.
const LATE: Duration = Duration::from_millis(200);
