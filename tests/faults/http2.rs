//! HTTP/2 clients that ask for work and never for answers: what they cost the
//! program, and what others notice.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use crate::frames::{
    self, CONTINUATION, DATA, END_HEADERS, HEADERS, INITIAL_WINDOW_SIZE, PING, RST_STREAM,
    SETTINGS, WINDOW_UPDATE, frame,
};
use crate::program::{Program, eventually, processor_time};
use crate::raw::Wire;
use crate::site::{self, CHUNKED, Site, assert_serves, next_head, path};

#[test]
fn rapid_resets_cost_little() {
    flood(|client| {
        for stream in streams() {
            let reset = frame(RST_STREAM, 0, stream, &[0, 0, 0, 8]);
            let piece = [frames::get(stream, "/wait"), reset].concat();
            if !client.try_send(piece) {
                return true;
            }
        }
        false
    });
}

#[test]
fn heads_without_an_end_cost_little() {
    for payload in [&[][..], &[0, 1, b'a', 1, b'b'].repeat(1000)] {
        flood(|client| {
            client.send(frame(HEADERS, 0, 1, &frames::block("/")));
            send_all(client, &frame(CONTINUATION, 0, 1, payload))
        });
    }
}

#[test]
fn pings_and_settings_without_end_are_cut_off_when_answers_are_not_read() {
    for piece in [frame(PING, 0, 0, &[0; 8]), frame(SETTINGS, 0, 0, &[])] {
        flood(|client| send_all(client, &piece.repeat(100)));
    }
}

/// Whoever reads the answers pays as much as the program.
#[test]
fn pings_and_settings_that_are_answered_cost_little() {
    for (piece, answer) in [
        (frame(PING, 0, 0, &[0; 8]), 17),
        (frame(SETTINGS, 0, 0, &[]), 9),
    ] {
        flood(|client| {
            let pieces = piece.repeat(1000);
            for _ in 0..200 {
                client.send(&pieces);
                client.exactly(1000 * answer);
            }
            true
        });
    }
}

#[test]
fn empty_data_costs_little() {
    flood(|client| {
        let mut block = frames::block("/wait");
        block[0] = 0x83;
        client.send(frame(HEADERS, END_HEADERS, 1, &block));
        send_all(client, &frame(DATA, 0, 1, &[]).repeat(10))
    });
}

/// Made by the server, on the client's word: CVE-2025-8671.
#[test]
fn provoked_resets_cost_little() {
    flood(|client| {
        for stream in streams() {
            let nothing = frame(WINDOW_UPDATE, 0, stream, &[0; 4]);
            if !client.try_send([frames::get(stream, "/wait"), nothing].concat()) {
                return true;
            }
        }
        false
    });
}

/// Attacks the program to the end of the attack, which says whether that is as it should
/// be. Others are served meanwhile, and what it costs is bounded.
fn flood(attack: impl Fn(&mut Wire) -> bool + Sync) {
    let (site, program) = start();
    let before = (program.memory(), program.processor_time());
    let is_over = AtomicBool::new(false);
    let (is_bounded, attacker) = thread::scope(|scope| {
        let attacking = scope.spawn(|| {
            let mut client = frames::connect(program.address(), &[]);
            let is_bounded = attack(&mut client);
            is_over.store(true, Ordering::Relaxed);
            (is_bounded, processor_time("/proc/thread-self/stat"))
        });
        // The processor time is to be the attack's, which may take long on a busy machine.
        for _ in 0..OTHERS {
            if is_over.load(Ordering::Relaxed) || attacking.is_finished() {
                break;
            }
            assert_serves(program.address());
            thread::park_timeout(Duration::from_millis(20));
        }
        attacking.join().unwrap()
    });
    assert!(is_bounded, "it may go on for ever");
    let memory = program.memory().saturating_sub(before.0);
    assert!(memory < 20 << 20, "{memory} bytes more");
    let spent = program.processor_time() - before.1;
    // This is not the optimized program, and the system counts in hundredths.
    let most = 2 * attacker + Duration::from_secs(4);
    assert!(spent < most, "{spent:?} against {attacker:?}");
    eventually("the app's connections are closed", || site.open() <= 1);
    assert_serves(program.address());
}

#[test]
fn windows_of_nothing_hold_little_and_are_reset() {
    let (site, program) = start();
    let before = program.memory();
    let mut client = frames::connect(program.address(), &[(INITIAL_WINDOW_SIZE, 0)]);
    for stream in streams().take(100) {
        client.send(frames::get(stream, "/large"));
    }
    let (mut heads, mut resets) = (0, 0);
    while resets < 100 {
        match frames::next(&mut client).kind {
            HEADERS => heads += 1,
            RST_STREAM => resets += 1,
            _ => continue,
        }
        if (heads, resets) == (100, 0) {
            assert_serves(program.address());
        }
    }
    assert_eq!(heads, 100);
    let memory = program.memory().saturating_sub(before);
    assert!(memory < 100 * (3 << 19), "{memory} bytes more");
    eventually("the app's connections are closed", || site.open() <= 1);
}

#[test]
fn windows_of_one_byte_cost_little() {
    let (_site, program) = start();
    let before = (program.memory(), program.processor_time());
    let mut client = frames::connect(program.address(), &[(INITIAL_WINDOW_SIZE, 1)]);
    for stream in streams().take(100) {
        client.send(frames::get(stream, "/large"));
    }
    for _ in 0..5000 {
        let data = frames::until(&mut client, DATA);
        assert_eq!(data.payload.len(), 1);
        client.send(frame(WINDOW_UPDATE, 0, data.stream, &[0, 0, 0, 1]));
    }
    assert_serves(program.address());
    let memory = program.memory().saturating_sub(before.0);
    assert!(memory < 100 * (3 << 19), "{memory} bytes more");
    let spent = program.processor_time() - before.1;
    assert!(spent < Duration::from_secs(10), "{spent:?}");
}

fn start() -> (Site, Program) {
    let site = Site::start(|mut wire| {
        while let Some(head) = next_head(&mut wire) {
            match path(&head) {
                "/wait" => {
                    wire.rest();
                }
                "/large" => {
                    wire.send_lossy(CHUNKED);
                    while wire.try_send(format!("10000\r\n{}\r\n", "x".repeat(1 << 16))) {}
                }
                _ => wire.send_lossy(site::OK),
            }
        }
    });
    let program = Program::start(site.address, "timeouts.body_idle = '2s'");
    assert_serves(program.address());
    (site, program)
}

/// Sends so much of it that only a connection that was cut off takes no more.
fn send_all(client: &mut Wire, piece: &[u8]) -> bool {
    let times = MOST / piece.len();
    (0..times).any(|_| !client.try_send(piece))
}

/// The numbers of a client's streams, more of them than anybody uses at a time.
fn streams() -> impl Iterator<Item = u32> {
    (0..100_000).map(|place| 2 * place + 1)
}

const MOST: usize = 100 << 20;

/// How many others are served at most while an attack goes on.
const OTHERS: usize = 50;
