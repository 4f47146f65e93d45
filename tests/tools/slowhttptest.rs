//! Clients that dawdle on purpose: each connection is closed at its limit, others are served.

use std::{
    process::Command,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    thread,
    time::Duration,
};

use crate::app;
use crate::program::Program;
use crate::program::tool;
use crate::raw::Wire;

/// The limits of these tests, and the tool's own time, in which all must be over. It ends when it
/// has no connection left; so much time is for a machine that is busy.
const LIMITS: &str = "[timeouts]\nheader_read = \"2s\"\nidle = \"2s\"\nbody_idle = \"2s\"\n";
const LENGTH: &str = "60";

#[test]
fn slow_heads_are_closed_in_time() {
    // A field each second.
    attack(2, &["-H", "-i", "1"]);
}

#[test]
fn slow_bodies_are_closed_in_time() {
    // A piece every four seconds: twice what a body may stand still.
    attack(2, &["-B", "-i", "4", "-s", "8192"]);
}

#[test]
fn slow_readers_are_closed_in_time() {
    // Small windows, of which 512 bytes are read in a second: the answer would take hours.
    // Reset or not, the tool sees the end only when it has read what the window held.
    let slow = ["-X", "-w", "10", "-y", "200", "-n", "1", "-z", "512"];
    attack(8 << 20, &slow);
}

/// Opens 50 connections to an app whose answers have `length` bytes.
fn attack(length: usize, arguments: &[&str]) {
    let rescope = Program::start(app::start(length), LIMITS);
    let url = format!("http://{}/", rescope.address());
    let common = [
        "-c", "50", "-r", "50", "-l", LENGTH, "-p", LENGTH, "-v", "2",
    ];
    let arguments = [&common, arguments, &["-u", &url]].concat();
    let limit = Duration::from_secs(120);
    let is_over = AtomicBool::new(false);
    let run = thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Relaxed) {
                is_served(&rescope);
            }
        });
        let run = tool::run(
            Command::new("slowhttptest").args(arguments),
            "slowhttptest",
            limit,
        );
        is_over.store(true, Relaxed);
        run
    });
    let output = without_colours(&run.output);
    // The tool says so, and ends, when the last connection was closed.
    assert!(output.contains("No open connections left"), "{output}");
    let seen = |line: &str| output.lines().any(|found| found == line);
    assert!(seen("service available:   YES"), "{output}");
    assert!(!seen("service available:   NO"), "{output}");
}

/// Fails unless a client that does not dawdle gets an answer in time.
#[track_caller]
fn is_served(rescope: &Program) {
    let mut client = Wire::connect(rescope.address());
    client.send("GET / HTTP/1.1\r\nHost: app\r\nConnection: close\r\n\r\n");
    assert!(client.rest().starts_with("HTTP/1.1 200 "));
    // Some requests a second are enough.
    thread::sleep(Duration::from_millis(200));
}

fn without_colours(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    plain.extend(
        parts
            .filter_map(|part| part.split_once('m'))
            .map(|(_, text)| text),
    );
    plain
}
