//! Bodies of any length are rewritten in constant memory, by the program itself, whose memory
//! is told apart from the test's.

use std::{io, thread};

use super::exchange::{Receiver, Sender};
use super::{CONFIG, STRIPPED, URL};
use crate::raw::App;
use crate::running::Program;

#[test]
fn gigabyte_of_json_is_rewritten_in_constant_memory() {
    let app = App::start();
    let program = Program::configured(app.address(), CONFIG);
    let items = items();
    let [url, stripped] = [URL, STRIPPED].map(|url| format!("{{\"url\":\"{url}\"}},"));
    let peak_after = |length: usize| {
        for (is_chunked, length) in [(true, length), (false, length / 4)] {
            let count = length / items.len() / 2;
            let length = FIRST.len() + 2 * count * items.len() + url.len();
            let framing = (!is_chunked).then_some(length);
            let (sender, mut receiver) = begin(&app, &program, "application/json", framing);
            thread::scope(|scope| {
                scope.spawn(|| send(sender, &items, &url, count).unwrap());
                (0..count).for_each(|_| receiver.expect(&items));
                receiver.expect(stripped.as_bytes());
                (0..count).for_each(|_| receiver.expect(&items));
                receiver.expect_end();
            });
        }
        program.peak_memory()
    };
    // Buffers of all sizes have been in use once.
    let before = peak_after(32 << 20);
    let after = peak_after(GIGABYTE);
    assert!(
        after < before + (16 << 20),
        "from {before} to {after} bytes"
    );
}

#[test]
fn endless_page_is_rewritten_in_constant_memory_until_the_client_leaves() {
    let app = App::start();
    let program = Program::configured(app.address(), CONFIG);
    let items = items();
    let [url, stripped] = [URL, STRIPPED].map(|url| format!("<a href=\"{url}\">"));
    let peak_after = |length: usize| {
        let (mut sender, mut receiver) = begin(&app, &program, "text/html", None);
        thread::scope(|scope| {
            let writer = scope.spawn(|| -> io::Result<()> {
                loop {
                    sender.send(&items)?;
                    sender.send(url.as_bytes())?;
                }
            });
            for _ in 0..length / items.len() {
                receiver.expect(&items);
                receiver.expect(stripped.as_bytes());
            }
            let peak = program.peak_memory();
            drop(receiver);
            writer.join().unwrap().expect_err("nobody told the app");
            peak
        })
    };
    let before = peak_after(32 << 20);
    let after = peak_after(ENDLESS);
    assert!(
        after < before + (16 << 20),
        "from {before} to {after} bytes"
    );
}

/// All of them but their last bytes, which come when every one is on its way.
#[test]
fn many_bodies_are_held_in_bounded_memory() {
    let app = App::start();
    let program = Program::configured(app.address(), &format!("{CONFIG}whole = \"4MiB\"\n"));
    let body = vec![b' '; 4 << 20];
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\
         Content-Length: {}\r\n\r\n",
        body.len()
    );
    let (first, last) = body.split_at(body.len() - 1);
    thread::scope(|scope| {
        let senders = [(); 60].map(|()| {
            let (mut sender, stream) = Sender::start(&app, &program, &head);
            let body = &body;
            scope.spawn(move || {
                let mut receiver = Receiver::start(stream);
                receiver.expect(body);
                receiver.expect_end();
            });
            sender.send(first).unwrap();
            sender
        });
        for mut sender in senders {
            sender.send(last).unwrap();
            sender.end().unwrap();
        }
    });
    let peak = program.peak_memory();
    assert!(peak < 160 << 20, "{peak} bytes");
}

/// Begins an answer of this type and length, or in chunks. Its first bytes have reached the
/// client when this returns, and the app has sent no others.
fn begin(
    app: &App,
    program: &Program,
    media_type: &str,
    length: Option<usize>,
) -> (Sender, Receiver) {
    let framing = match length {
        Some(length) => format!("Content-Length: {length}"),
        None => "Transfer-Encoding: chunked".to_owned(),
    };
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {media_type}\r\nConnection: close\r\n{framing}\r\n\r\n"
    );
    let (mut sender, stream) = Sender::start(app, program, &head);
    sender.send(FIRST).unwrap();
    let mut receiver = Receiver::start(stream);
    receiver.expect(FIRST);
    (sender, receiver)
}

/// Sends `items` so many times, `url`, and `items` as often again.
fn send(mut sender: Sender, items: &[u8], url: &str, count: usize) -> io::Result<()> {
    (0..count).try_for_each(|_| sender.send(items))?;
    sender.send(url.as_bytes())?;
    (0..count).try_for_each(|_| sender.send(items))?;
    sender.end()
}

/// Some 256 KiB of what apps send, with a link to the endpoint's host in it.
fn items() -> Vec<u8> {
    let item = |number| {
        let host = if number == 1700 {
            "zoom.us"
        } else {
            "cdn.example"
        };
        format!(
            "{{\"id\":{number},\"name\":\"Item {number}\",\"link\":\"https:\\/\\/{host}\\/j\\/{number}?a=b\"}},\n"
        )
    };
    (0..3400).map(item).collect::<String>().into_bytes()
}

const FIRST: &[u8] = b"[{\"id\":null},\n";
const GIGABYTE: usize = 1 << 30;
const ENDLESS: usize = 128 << 20;
