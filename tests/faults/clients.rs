//! Clients that leave, stay without a word, or take for ever to say one.

use std::{
    io::Write,
    net::SocketAddr,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use rustls::{ClientConfig, ClientConnection, pki_types::ServerName};

use crate::Authority;
use crate::frames;
use crate::handshake;
use crate::program::{Launch, Program, eventually};
use crate::raw::{LIMIT, Wire};
use crate::site::{CHUNKED, GET, OK, Site, assert_serves, get, next_head, path};
use crate::tls::Secure;

#[test]
fn clients_that_leave_leave_nothing_behind() {
    let site = Site::start(|mut wire| {
        while let Some(head) = next_head(&mut wire) {
            match path(&head) {
                // Tells the client that the request is here.
                "/wait" | "/upload" => wire.send_lossy("HTTP/1.1 103 Early\r\n\r\n"),
                "/read" => {
                    wire.send_lossy(CHUNKED);
                    while wire.try_send(format!("1000\r\n{}\r\n", "x".repeat(4096))) {}
                    return;
                }
                _ => wire.send_lossy(OK),
            }
            if path(&head) == "/upload" {
                wire.rest();
            }
        }
    });
    let program = Program::start(site.address, "timeouts.upstream_idle = '200ms'");
    let mut state = Vec::new();
    for turns in [50, 1000] {
        for phase in 0..7 {
            for turn in 0..turns {
                leave(&program, phase, turn % 2 == 0);
            }
            let what = format!("phase {phase}: the app's connections are closed");
            eventually(&what, || site.open() == 0);
        }
        assert_serves(program.address());
        eventually("all are closed", || site.open() == 0);
        state.push((program.descriptors(), program.memory()));
    }
    let (descriptors, memory) = state[0];
    eventually("the descriptors are back", || {
        program.descriptors() <= descriptors
    });
    let after = state[1].1;
    assert!(after < memory + (8 << 20), "from {memory} to {after} bytes");
}

/// Connects, gets as far as `phase`, and leaves.
fn leave(program: &Program, phase: usize, resets: bool) {
    let mut client = program.client();
    match phase {
        0 => {}
        1 => client.send("GET / HTTP/1.1\r\nHost: app\r\nA"),
        2 => client.send(frames::hello(&[])),
        3 => client.send([frames::hello(&[]), frames::get(1, "/wait")].concat()),
        4 => {
            client.send("POST /upload HTTP/1.1\r\nHost: app\r\nContent-Length: 100\r\n\r\npart");
            client.head();
        }
        5 => {
            client.send(get("/wait"));
            client.head();
        }
        _ => {
            client.send(get("/read"));
            client.head();
        }
    }
    match resets {
        true => client.reset(),
        false => drop(client),
    }
}

#[test]
fn ten_thousand_idle_connections_are_cheap_and_closed_at_the_limit() {
    let site = Site::well();
    let (program, before, clients) = idle_crowd(&site, "10m");
    let each = (program.memory() - before) / clients.len();
    assert!(each < 40_000, "{each} bytes for each");
    assert_serves(program.address());
    drop((program, clients));

    let (program, _, clients) = idle_crowd(&site, "1s");
    for mut client in clients {
        assert_eq!(client.rest(), "");
    }
    eventually("all are closed", || program.descriptors() < 100);
    assert_serves(program.address());
}

/// Starts the program and lets a crowd have one answer each; also says how much memory was
/// in use before.
fn idle_crowd(site: &Site, idle: &str) -> (Program, usize, Vec<Wire>) {
    let descriptors = rlimit::increase_nofile_limit(u64::MAX).unwrap();
    // Some of ours are other tests', and some of the program's are for the app.
    let count = usize::try_from(descriptors / 2).unwrap().min(10_000);
    let limits = format!(
        "limits.connections = {}\ntimeouts.idle = '{idle}'",
        count + 100
    );
    let program = Program::start(site.address, &limits);
    assert_serves(program.address());
    let before = program.memory();
    let open = || {
        let mut clients = Vec::new();
        for _ in 0..count / CROWDS {
            let mut client = program.client();
            client.send(GET);
            assert_eq!(client.message(), OK);
            clients.push(client);
        }
        clients
    };
    let clients = thread::scope(|scope| {
        let crowds: Vec<_> = (0..CROWDS).map(|_| scope.spawn(open)).collect();
        crowds
            .into_iter()
            .flat_map(|it| it.join().unwrap())
            .collect()
    });
    (program, before, clients)
}

const CROWDS: usize = 4;

/// What is never finished is closed in time, whatever it is the start of.
#[test]
fn what_clients_never_finish_is_closed_in_time() {
    let settings_alone = frames::hello(&[]);
    let starts: [&[u8]; 9] = [
        b"",
        b"G",
        b"GET / HTTP/1.1\r\nHost: app\r\nA: ",
        b"\r\n\r\n",
        b"P",
        b"PRI * HTTP/2.0\r\n\r\n",
        frames::PREFACE,
        &settings_alone,
        // A part of a frame.
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\x20\x04",
    ];
    let site = Site::well();
    let program = Program::start(site.address, SHORT);
    assert_closed(&program, &starts);

    let starts: [&[u8]; 5] = [
        b"",
        b"PROXY TCP4 127.0.0.1",
        b"\r\n\r\n\0\r\nQUIT\n",
        b"PROXY UNKNOWN\r\n",
        b"PROXY UNKNOWN\r\nGET / HTTP/1.1\r\n",
    ];
    let program = Program::start(site.address, &format!("{SHORT}proxy_protocol = true"));
    assert_closed(&program, &starts);
}

/// The clients of one sort are many; who comes meanwhile is served.
fn assert_closed(program: &Program, starts: &[&[u8]]) {
    let start = Instant::now();
    let mut clients: Vec<_> = starts
        .iter()
        .flat_map(|start| [start; 20])
        .map(|start| {
            let mut client = program.client();
            client.send(start);
            client
        })
        .collect();
    for client in &mut clients {
        client.rest();
    }
    assert_in_time(start);
}

#[test]
fn handshakes_that_clients_never_finish_are_closed_in_time() {
    let authority = Authority::new("root");
    let configuration = format!("{SHORT}listen_tls = '127.0.0.1:0'");
    let program = Launch::new(Site::well().address, &configuration)
        .with_certificate(&authority.leaf(&["localhost"]))
        .start();
    let config = handshake::client(&authority.certificate);
    let hello = hello(&config);
    let start = Instant::now();
    let mut clients = Vec::new();
    for sent in [0, 1, 5, 6, hello.len() / 2, hello.len() - 1, hello.len()] {
        for _ in 0..20 {
            let mut client = program.client();
            client.send(&hello[..sent]);
            clients.push(client);
        }
    }
    let mut silent = Vec::new();
    for protocol in [&b"h2"[..], b"http/1.1"] {
        let mut config = ClientConfig::clone(&config);
        config.alpn_protocols = vec![protocol.to_vec()];
        let config = Arc::new(config);
        for said in [&b""[..], b"PRI", frames::PREFACE] {
            let mut secure = Secure::connect(program.address(), Arc::clone(&config)).unwrap();
            secure.stream.write_all(said).unwrap();
            silent.push(secure);
        }
    }
    for client in &mut clients {
        client.rest();
    }
    for secure in &mut silent {
        secure.rest();
    }
    assert_in_time(start);
    let mut config = ClientConfig::clone(&config);
    config.alpn_protocols.clear();
    let served = Secure::connect(program.address(), config.into());
    served.unwrap().assert_serves();
}

/// The first flight of a TLS client.
fn hello(config: &Arc<ClientConfig>) -> Vec<u8> {
    let name = ServerName::try_from("localhost").unwrap();
    let mut client = ClientConnection::new(Arc::clone(config), name).unwrap();
    let mut hello = Vec::new();
    client.write_tls(&mut hello).unwrap();
    hello
}

#[test]
fn heads_that_drip_are_closed_in_time() {
    let site = Site::well();
    let program = Program::start(site.address, SHORT);
    thread::scope(|scope| {
        for _ in 0..50 {
            scope.spawn(|| drip(program.address()));
        }
        assert_serves(program.address());
    });
    assert!(site.open() <= 1, "only whole requests reach the app");
}

/// Sends a field, byte by byte, to the end of the connection.
fn drip(address: SocketAddr) {
    let start = Instant::now();
    let mut client = Wire::connect(address);
    client.send("GET / HTTP/1.1\r\nHost: app\r\n");
    while client.try_send("a") {
        assert_in_time(start);
        // The pace is the fault.
        thread::sleep(Duration::from_millis(50));
    }
    let said = client.rest();
    assert!(
        said.is_empty() || said.starts_with("HTTP/1.1 408 "),
        "{said}"
    );
}

/// Fails where it takes so long that no limit of [`SHORT`] can have counted.
#[track_caller]
fn assert_in_time(start: Instant) {
    assert!(start.elapsed() < LIMIT, "it stays open");
}

const SHORT: &str = "timeouts.header_read = '2s'\ntimeouts.tls_handshake = '2s'\n\
    timeouts.idle = '2s'\n";
