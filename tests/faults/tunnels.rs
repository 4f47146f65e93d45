//! Tunnels (WebSocket and the like) through the program.

use std::{
    io::{Read, Write},
    thread,
    time::Duration,
};

use crate::limits::lasts;
use crate::program::{Program, eventually};
use crate::raw::{App, Wire};
use crate::site::OK;

const UPGRADE: &str =
    "GET / HTTP/1.1\r\nHost: app\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n";
const SWITCH: &str =
    "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n";

#[test]
fn refused_upgrade_leaves_an_ordinary_connection() {
    let app = App::start();
    let program = Program::start(app.address(), "");
    let mut client = program.client();
    client.send(UPGRADE);
    let mut server = app.accept();
    server.head();
    server.send(OK);
    assert_eq!(client.message(), OK);
    client.send("GET / HTTP/1.1\r\nHost: app\r\n\r\n");
    server.head();
    server.send(OK);
    assert_eq!(client.message(), OK);
}

/// Silence is usual in a tunnel: only its own limit counts, and no byte is added.
#[test]
fn silent_tunnel_lives_to_its_own_limit() {
    let app = App::start();
    let limits = "timeouts.body_idle = '200ms'\ntimeouts.idle = '200ms'\n\
        timeouts.header_read = '200ms'\ntimeouts.response_head = '200ms'\n\
        timeouts.upgrade_idle = '2s'";
    let program = Program::start(app.address(), limits);
    lasts(|| {
        let (mut client, mut server) = tunnel(&program, &app);
        assert_eq!(client.rest(), "");
        assert_eq!(server.rest(), "");
    });
}

/// A byte in one direction is enough.
#[test]
fn tunnel_that_is_used_in_one_direction_is_not_silent() {
    let app = App::start();
    let program = Program::start(app.address(), "timeouts.upgrade_idle = '2s'");
    let (mut client, mut server) = tunnel(&program, &app);
    for _ in 0..18 {
        // The pace is what is tested: all of it takes twice the limit.
        thread::sleep(Duration::from_millis(250));
        server.send("x");
        assert_eq!(client.exactly(1), b"x");
    }
}

#[test]
fn end_of_one_side_leaves_the_other_direction_open() {
    let app = App::start();
    let program = Program::start(app.address(), "");
    let (mut client, mut server) = tunnel(&program, &app);
    client.send("last");
    client.finish();
    assert_eq!(server.rest(), "last");
    server.send("answer");
    assert_eq!(client.exactly(6), b"answer");
    drop(server);
    assert_eq!(client.rest(), "");

    let (mut client, mut server) = tunnel(&program, &app);
    server.finish();
    assert_eq!(client.rest(), "");
    client.send("more");
    assert_eq!(server.exactly(4), b"more");
}

#[test]
fn reset_of_one_side_ends_the_other_at_once() {
    let app = App::start();
    let program = Program::start(app.address(), "");
    let before = program.descriptors();
    for turn in 0..20 {
        let (client, server) = tunnel(&program, &app);
        let (going, mut staying) = match turn % 2 {
            0 => (client, server),
            _ => (server, client),
        };
        going.reset();
        assert_eq!(staying.rest(), "");
    }
    eventually("the descriptors are back", || {
        program.descriptors() <= before
    });
}

#[test]
fn gigabyte_through_a_tunnel_takes_constant_memory() {
    let app = App::start();
    let program = Program::start(app.address(), "");
    let (mut client, mut server) = tunnel(&program, &app);
    let mut memory_after = |megabytes: usize| {
        both_ways(&mut client, &mut server, megabytes << 19);
        program.memory()
    };
    let before = memory_after(32);
    let after = memory_after(1024);
    assert!(after < before + (4 << 20), "from {before} to {after} bytes");
}

/// Sends so many bytes each way at once.
fn both_ways(client: &mut Wire, server: &mut Wire, length: usize) {
    thread::scope(|scope| {
        for wire in [client, server] {
            let mut sending = wire.stream().try_clone().unwrap();
            scope.spawn(move || {
                let block = vec![b'x'; BLOCK];
                for _ in 0..length / BLOCK {
                    sending.write_all(&block).unwrap();
                }
            });
            scope.spawn(move || {
                let mut block = vec![0; BLOCK];
                for _ in 0..length / BLOCK {
                    wire.stream().read_exact(&mut block).unwrap();
                    assert!(block.iter().all(|byte| *byte == b'x'));
                }
            });
        }
    });
}

const BLOCK: usize = 1 << 18;

fn tunnel(program: &Program, app: &App) -> (Wire, Wire) {
    let mut client = program.client();
    client.send(UPGRADE);
    let mut server = app.accept();
    server.head();
    server.send(SWITCH);
    assert_eq!(client.head(), SWITCH);
    (client, server)
}
