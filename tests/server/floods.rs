//! HTTP/2 clients that ask for work and never for answers: each is cut off or
//! held, and another client is served meanwhile.

use std::net::TcpListener;

use rescope::server::Timeouts;

use crate::frames::{
    self, CONTINUATION, DATA, END_HEADERS, HEADERS, PING, RST_STREAM, SETTINGS, WINDOW_UPDATE,
    frame,
};
use crate::listeners::serve_elsewhere;
use crate::raw::Wire;
use crate::running::{Running, SHORT};

#[test]
fn rapid_resets_end_the_connection() {
    let server = Running::start();
    let mut client = frames::connect(server.address(), &[]);
    let pieces = streams().map(|stream| {
        let reset = frame(RST_STREAM, 0, stream, &[0, 0, 0, 8]);
        [frames::get(stream, "/wait"), reset].concat()
    });
    cut_off(&server, &mut client, pieces.take(100_000));
}

#[test]
fn continuation_without_an_end_ends_the_connection() {
    let server = Running::start();
    for payload in [&[][..], &[0, 1, b'a', 1, b'b'].repeat(1000)] {
        let mut client = frames::connect(server.address(), &[]);
        client.send(frame(HEADERS, 0, 1, &frames::block("/")));
        let pieces = std::iter::repeat_with(|| frame(CONTINUATION, 0, 1, payload));
        cut_off(&server, &mut client, pieces.take(100_000));
    }
}

#[test]
fn settings_and_pings_without_end_are_cut_off() {
    let server = Running::timed(Timeouts {
        write: SHORT,
        ..Timeouts::default()
    });
    for piece in [frame(SETTINGS, 0, 0, &[]), frame(PING, 0, 0, &[0; 8])] {
        let mut client = frames::connect(server.address(), &[]);
        // A stream keeps it from being idle.
        client.send(frames::get(1, "/wait"));
        let pieces = std::iter::repeat_n(piece.repeat(1000), 10_000);
        cut_off(&server, &mut client, pieces);
    }
}

#[test]
fn empty_data_without_end_ends_the_connection() {
    let server = Running::start();
    let mut client = frames::connect(server.address(), &[]);
    let mut block = frames::block("/echo");
    block[0] = 0x83;
    client.send(frame(HEADERS, END_HEADERS, 1, &block));
    let pieces = std::iter::repeat_n(frame(DATA, 0, 1, &[]).repeat(10), 100_000);
    cut_off(&server, &mut client, pieces);
}

#[test]
fn resets_that_the_client_provokes_end_the_connection() {
    let server = Running::start();
    let mut client = frames::connect(server.address(), &[]);
    let pieces = streams().map(|stream| {
        let nothing = frame(WINDOW_UPDATE, 0, stream, &[0; 4]);
        [frames::get(stream, "/wait"), nothing].concat()
    });
    cut_off(&server, &mut client, pieces.take(100_000));
}

#[test]
fn windows_of_one_byte_take_no_more_than_they_ask_for() {
    let server = Running::start();
    let settings = [(frames::INITIAL_WINDOW_SIZE, 1)];
    let mut client = frames::connect(server.address(), &settings);
    for stream in streams().take(50) {
        client.send(frames::get(stream, "/large"));
    }
    let mut taken = 0;
    while taken < 1000 {
        let data = frames::until(&mut client, DATA);
        assert_eq!(data.payload.len(), 1);
        taken += 1;
        client.send(frame(WINDOW_UPDATE, 0, data.stream, &[0, 0, 0, 1]));
    }
    server.assert_serves();
    drop(client);
    for _ in 0..50 {
        let let_go = server.let_go.recv_timeout(crate::raw::LIMIT);
        let_go.expect("it is kept");
    }
}

#[test]
fn floods_take_little_memory() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let process = serve_elsewhere(listener, ":");
    let pid = process.0.id();
    let mut client = Wire::connect(address);
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    client.message();
    let before = memory(pid);
    let mut kept = Vec::new();
    for _ in 0..10 {
        // Answers that are never taken.
        let mut client = frames::connect(address, &[(frames::INITIAL_WINDOW_SIZE, 0)]);
        let requests = streams().map(|stream| frames::get(stream, "/large"));
        client.send(requests.take(100).collect::<Vec<_>>().concat());
        kept.push(client);
        // A head without an end.
        let mut client = frames::connect(address, &[]);
        client.send(frame(HEADERS, 0, 1, &frames::block("/")));
        let piece = frame(CONTINUATION, 0, 1, &[0, 1, b'a', 1, b'b'].repeat(3000));
        while client.try_send(&piece) {}
        // Requests that are taken back.
        let mut client = frames::connect(address, &[]);
        for stream in streams().take(50_000) {
            let reset = frame(RST_STREAM, 0, stream, &[0, 0, 0, 8]);
            if !client.try_send([frames::get(stream, "/wait"), reset].concat()) {
                break;
            }
        }
    }
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    client.message();
    let grown = memory(pid).saturating_sub(before);
    assert!(grown < 20 * 1024, "{grown} KiB");
}

/// The most that a process has had in memory, in KiB.
fn memory(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let count = line.unwrap().trim().trim_end_matches(" kB").trim();
    count.parse().unwrap()
}

/// The numbers of a client's streams.
fn streams() -> impl Iterator<Item = u32> {
    (0..).map(|place| 2 * place + 1)
}

/// Sends until the connection breaks, which it has to; another client is served meanwhile.
fn cut_off(server: &Running, client: &mut Wire, pieces: impl Iterator<Item = Vec<u8>>) {
    let mut sent = 0;
    for piece in pieces {
        if !client.try_send(&piece) {
            server.assert_serves();
            return;
        }
        sent += piece.len();
        if sent / 100_000 > (sent - piece.len()) / 100_000 {
            server.assert_serves();
        }
    }
    panic!("{sent} bytes were taken");
}
