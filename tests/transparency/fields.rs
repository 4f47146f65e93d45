//! Heads: what becomes of the fields of a request and of a response.

use std::{fmt::Write, net::TcpStream, thread};

use crate::program::Program;
use crate::raw::{App, Wire};

const REQUEST: &str = "GET /fields?x=1 HTTP/1.1\r\n\
    User-Agent: test\r\n\
    Host: App.Example.test:8443\r\n\
    X-MiXeD-CaSe: 1\r\n\
    x-lower: 2\r\n\
    X_Under_Score: 3\r\n\
    Accept: */*\r\n\
    X-Twice: a\r\n\
    X-Twice: b\r\n\
    Cookie: a=1; b=2\r\n\
    UPPER: 4\r\n\
    Authorization: Basic YTpi\r\n\
    X-Empty: \r\n\r\n";

const RESPONSE: &str = "HTTP/1.1 200 Fine Thanks\r\n\
    X-First: 1\r\n\
    Server: the-app/1.0\r\n\
    x-lower: 2\r\n\
    Date: Thu, 01 Jan 1998 00:00:00 GMT\r\n\
    Set-Cookie: a=1; Path=/\r\n\
    Set-Cookie: b=2; Path=/\r\n\
    X-MiXeD-CaSe: 3\r\n\
    Content-Type: text/plain\r\n\
    Content-Length: 2\r\n\
    X_Under_Score: 4\r\n\
    Vary: Accept\r\n\r\nok";

pub fn request_case() -> String {
    yes(same_names(&forwarded_request(), REQUEST))
}

pub fn request_order() -> String {
    yes(same_order(&forwarded_request(), REQUEST))
}

pub fn request_lost() -> String {
    names_only_in(REQUEST, &forwarded_request())
}

pub fn request_added() -> String {
    names_only_in(&forwarded_request(), REQUEST)
}

pub fn request_repeats() -> String {
    repeats(&forwarded_request(), "x-twice", &["a", "b"])
}

pub fn host() -> String {
    yes(forwarded_request().contains("\r\nHost: App.Example.test:8443\r\n"))
}

pub fn version() -> String {
    let request = forwarded_request();
    let line = request.lines().next().unwrap();
    line.rsplit(' ').next().unwrap().to_owned()
}

pub fn response_case() -> String {
    yes(same_names(&forwarded_response(), RESPONSE))
}

pub fn response_order() -> String {
    yes(same_order(&forwarded_response(), RESPONSE))
}

pub fn response_repeats() -> String {
    let expected = ["a=1; Path=/", "b=2; Path=/"];
    repeats(&forwarded_response(), "set-cookie", &expected)
}

pub fn reason() -> String {
    yes(forwarded_response().starts_with("HTTP/1.1 200 Fine Thanks\r\n"))
}

pub fn response_added() -> String {
    let added = names_only_in(&forwarded_response(), RESPONSE);
    // An app that names no Date and no Server shows who would add them.
    let bare = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    let added_to_bare = names_only_in(&exchange(REQUEST, bare).1, bare);
    if added == "-" { added_to_bare } else { added }
}

pub fn origin() -> String {
    let response = forwarded_response();
    let date = response.contains("\r\nDate: Thu, 01 Jan 1998 00:00:00 GMT\r\n");
    let server = response.contains("\r\nServer: the-app/1.0\r\n");
    format!("{} / {}", yes(date), yes(server))
}

pub fn large_responses() -> String {
    let shapes = [(8, 1000), (30, 1000), (60, 1000), (1, 16_000)];
    let cells = shapes.map(|(count, length)| {
        let fields = filler(count, length);
        let response = format!("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n{fields}\r\nok");
        let (_, found) = exchange(REQUEST, &response);
        ok(found.contains(&fields), &found)
    });
    cells.join(" ")
}

pub fn large_request() -> String {
    let fields = filler(30, 1000);
    let request = format!("GET / HTTP/1.1\r\nHost: app\r\n{fields}\r\n");
    let (found, response) = exchange(&request, RESPONSE);
    ok(found.contains(&fields), &response)
}

pub fn scattered() -> String {
    let request = "GET / HTTP/1.1\r\nHost: app\r\nX-A: 1\r\nX-B: 2\r\nX-A: 3\r\n\r\n";
    let response = "HTTP/1.1 200 OK\r\nX-A: 1\r\nX-B: 2\r\nX-A: 3\r\nContent-Length: 0\r\n\r\n";
    let (found_request, found_response) = exchange(request, response);
    let grouped = "\r\nX-A: 1\r\nX-A: 3\r\nX-B: 2\r\n";
    if found_request == request && found_response == response {
        "as sent".to_owned()
    } else if found_request.contains(grouped) && found_response.contains(grouped) {
        "grouped".to_owned()
    } else {
        "no".to_owned()
    }
}

fn forwarded_request() -> String {
    exchange(REQUEST, RESPONSE).0
}

fn forwarded_response() -> String {
    exchange(REQUEST, RESPONSE).1
}

/// Sends both through a fresh rescope. Returns what the app got, which is nothing if
/// rescope answered by itself, and what the client got.
pub fn exchange(request: impl AsRef<[u8]>, response: impl AsRef<[u8]> + Sync) -> (String, String) {
    let app = App::start();
    let rescope = Program::start(app.address(), "");
    let mut client = Wire::connect(rescope.address());
    client.send(request);
    thread::scope(|scope| {
        let served = scope.spawn(|| {
            let mut server = app.accept();
            let request = server.message();
            server.send(&response);
            request
        });
        let response = client.message();
        // Ends the wait of an app that was not called.
        drop(TcpStream::connect(app.address()));
        (served.join().unwrap_or_default(), response)
    })
}

/// The names of a head's fields, in order.
fn names(head: &str) -> Vec<&str> {
    let (head, _) = head.split_once("\r\n\r\n").unwrap();
    let lines = head.split("\r\n").skip(1);
    lines.map(|line| line.split(':').next().unwrap()).collect()
}

/// Whether the names of `sent` are all in `found`, to the letter.
fn same_names(found: &str, sent: &str) -> bool {
    let found = names(found);
    names(sent).iter().all(|name| found.contains(name))
}

/// Whether the names of `sent` come in the same order in `found`, others aside.
fn same_order(found: &str, sent: &str) -> bool {
    let lower = |head| names(head).into_iter().map(str::to_ascii_lowercase);
    let sent: Vec<_> = lower(sent).collect();
    lower(found)
        .filter(|name| sent.contains(name))
        .eq(sent.iter().cloned())
}

/// The names that only the first of two heads has, or a dash.
fn names_only_in(head: &str, other: &str) -> String {
    let others = names(other);
    let is_new = |name: &&str| !others.iter().any(|other| other.eq_ignore_ascii_case(name));
    let found: Vec<_> = names(head).into_iter().filter(is_new).collect();
    if found.is_empty() {
        "-".to_owned()
    } else {
        found.join(", ")
    }
}

fn repeats(head: &str, name: &str, expected: &[&str]) -> String {
    let lines = head.split("\r\n").filter_map(|line| line.split_once(": "));
    let found: Vec<_> = lines
        .filter_map(|(found, value)| found.eq_ignore_ascii_case(name).then_some(value))
        .collect();
    let word = if found == expected {
        "kept"
    } else if found.len() == 1 && expected.iter().all(|value| found[0].contains(value)) {
        "joined"
    } else {
        "no"
    };
    word.to_owned()
}

/// That many fields of `length` bytes each, about.
fn filler(count: usize, length: usize) -> String {
    let mut fields = String::new();
    for n in 0..count {
        write!(fields, "X-Filler-{n}: {}\r\n", "f".repeat(length - 16)).unwrap();
    }
    fields
}

pub fn yes(is: bool) -> String {
    if is { "yes" } else { "no" }.to_owned()
}

/// `ok`, or the status that came instead.
pub fn ok(is: bool, response: &str) -> String {
    match response.split(' ').nth(1) {
        _ if is => "ok".to_owned(),
        Some(status) if status != "200" => status.to_owned(),
        _ => "no".to_owned(),
    }
}
