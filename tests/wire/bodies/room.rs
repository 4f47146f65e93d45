//! Clients that take nothing, and what becomes of other bodies meanwhile.

use std::{io::Write, net::SocketAddr, thread};

use super::{CONFIG, GET, STRIPPED, URL, decode, encode};
use crate::http2_client::{Client, request};
use crate::raw::{App, field};
use crate::running::{Program, Rescope};
use rescope::coding::Coding;

const GZIP: Option<(&str, Coding)> = Some(("gzip", Coding::Gzip));

#[test]
fn downloads_that_stand_still_keep_no_sign_in_from_being_changed() {
    let app = App::start();
    let rescope = Rescope::configured(app.address(), CONFIG);
    let _stalled = take_all_room(&app, rescope.address);
    for coding in [None, GZIP, Some(("br", Coding::Brotli))] {
        let page = page(30 << 10);
        let (_, body) = ask(&app, &rescope, &answer(coding, &page));
        let expected = page.replace(URL, STRIPPED);
        assert!(decode(coding, &body) == expected.as_bytes(), "{coding:?}");
    }
}

#[test]
fn body_without_room_passes_as_it_came_until_there_is_some() {
    let app = App::start();
    let rescope = Rescope::configured(app.address(), CONFIG);
    let stalled = take_all_room(&app, rescope.address);
    let page = page(300 << 10);
    for coding in [None, GZIP] {
        let answer = answer(coding, &page);
        let (head, body) = ask(&app, &rescope, &answer);
        let came = [head.into_bytes(), body].concat();
        assert!(came == without_close(&answer), "{coding:?}");
    }
    drop(stalled);
    // The proxy is told of the end some time after the client has gone.
    let answer = answer(GZIP, &page);
    let expected = page.replace(URL, STRIPPED);
    while decode(GZIP, &ask(&app, &rescope, &answer).1) != expected.as_bytes() {}
}

#[test]
fn streams_that_stand_still_are_held_in_bounded_memory() {
    let app = App::start();
    let program = Program::configured(app.address(), CONFIG);
    with_stalled_streams(&app, &program, || {
        let peak = program.peak_memory();
        assert!(peak < 250 << 20, "{peak} bytes");
    });
}

/// Nobody asks for anything meanwhile.
#[test]
fn memory_goes_back_to_the_system_by_itself() {
    let app = App::start();
    let program = Program::configured(app.address(), CONFIG);
    let stalled = take_all_room(&app, program.address);
    let held = program.memory();
    drop(stalled);
    // Of the 32 MiB that it was sent, half: some may be in use again.
    while program.memory() > held - (16 << 20) {
        thread::yield_now();
    }
}

/// Looks while a client waits for many long pages, and takes nothing of them. Each asks for a window
/// of 4 MiB.
fn with_stalled_streams(app: &App, program: &Program, look: impl FnOnce()) {
    let mut writer = brotli::CompressorWriter::new(Vec::new(), 4096, 1, 22);
    writer.write_all(page(4 << 20).as_bytes()).unwrap();
    let coded = writer.into_inner();
    assert!(coded.len() > 1 << 20, "{} bytes", coded.len());
    let answer = [head(Some("br"), coded.len()), coded].concat();
    let mut client = Client::stalled(program.address);
    thread::scope(|scope| {
        let sent: Vec<_> = (0..STREAMS)
            .map(|_| client.send(request("/"), true))
            .collect();
        for _ in 0..STREAMS {
            let mut server = app.accept();
            let answer = &answer;
            scope.spawn(move || {
                server.head();
                server.send_lossy(answer);
            });
        }
        for stream in sent {
            client.block_on(stream.answer).unwrap();
        }
        look();
        // The app's part ends when it is gone.
        drop(client);
    });
}

/// Returns a client that has asked for so many pages that nobody else gets room for one, and
/// takes nothing of them.
fn take_all_room(app: &App, address: SocketAddr) -> impl Sized {
    let mut client = Client::stalled(address);
    let answer = answer(None, &"a".repeat(1 << 20));
    // Each is held in buffers that may be twice as long.
    let heads: Vec<_> = (0..32)
        .map(|_| {
            let sent = client.send(request("/"), true);
            let mut server = app.accept();
            server.head();
            server.send(&answer);
            client.block_on(sent.answer).unwrap()
        })
        .collect();
    (client, heads)
}

/// Returns the head and the body of what becomes of `answer`.
fn ask(app: &App, rescope: &Rescope, answer: &[u8]) -> (String, Vec<u8>) {
    let mut client = rescope.client();
    client.send(GET);
    let mut server = app.accept();
    server.head();
    server.send(answer);
    let head = client.head();
    let length = field(&head, "content-length").unwrap().parse().unwrap();
    let body = client.exactly(length);
    (head, body)
}

fn answer(coding: Option<(&str, Coding)>, page: &str) -> Vec<u8> {
    let body = encode(coding, page.as_bytes());
    [head(coding.map(|(name, _)| name), body.len()), body].concat()
}

fn head(coding: Option<&str>, length: usize) -> Vec<u8> {
    let coding = coding.map_or(String::new(), |name| {
        format!("Content-Encoding: {name}\r\n")
    });
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n{coding}ETag: \"a\"\r\n\
         Content-Length: {length}\r\n{CLOSE}\r\n"
    );
    head.into_bytes()
}

/// An answer as it goes to the client, whose connection stays open.
fn without_close(answer: &[u8]) -> Vec<u8> {
    let mut lines = answer.windows(CLOSE.len());
    let start = lines.position(|line| line == CLOSE.as_bytes()).unwrap();
    let mut answer = answer.to_vec();
    answer.drain(start..start + CLOSE.len());
    answer
}

/// A page that is hardly shorter when it is coded, with one link.
fn page(length: usize) -> String {
    let mut state = 1_u64;
    let mut page = format!("<a href=\"{URL}\">Sign in</a>\n");
    while page.len() < length {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        page += &format!("{state:x}\n");
    }
    page
}

/// Each answer of the app's comes on a connection of its own.
const CLOSE: &str = "Connection: close\r\n";

/// As many as a client may have on one connection.
const STREAMS: usize = 100;
