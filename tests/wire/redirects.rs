//! `Location` lines, to the byte: those that ask for an authorization, and all others.

use crate::corpus::{self, Case};
use crate::raw::{App, Wire, latin1};
use crate::running::Rescope;

const GET: &str = "GET /login HTTP/1.1\r\nHost: app.example\r\n\r\n";
const BEFORE: &str = "https://zoom.us/oauth/authorize?client_id=a&scope=x%20y&state=s";
const AFTER: &str = "https://zoom.us/oauth/authorize?client_id=a&state=s";

#[test]
fn proxy_answers_the_corpus_to_the_byte() {
    for suite in corpus::suites() {
        let app = App::start();
        let rescope = Rescope::configured(app.address(), suite.config);
        let mut client = rescope.client();
        client.send(GET);
        let mut server = app.accept();
        for case in &suite.cases {
            assert_eq!(server.head(), GET);
            server.send(answer(case, &case.locations));
            let received = client.head();
            let expected = latin1(&answer(case, &case.expected));
            let note = match is_also_right(case, &received) {
                true => "right too, but not this project's spelling",
                false => "wrong",
            };
            assert_eq!(received, expected, "{}: {note}", case.name);
            client.send(GET);
        }
    }
}

#[test]
fn corpus_is_not_rewritten_twice() {
    let [suite, _] = corpus::suites();
    let app = App::start();
    let inner = Rescope::configured(app.address(), suite.config);
    let outer = Rescope::configured(inner.address, suite.config);
    let mut client = outer.client();
    client.send(GET);
    let mut server = app.accept();
    for case in &suite.cases {
        server.head();
        server.send(answer(case, &case.locations));
        let expected = latin1(&answer(case, &case.expected));
        assert_eq!(client.head(), expected, "{}", case.name);
        client.send(GET);
    }
}

#[test]
fn location_is_rewritten_in_its_place_whatever_the_status() {
    let (mut client, mut server, _running) = connected();
    for status in [
        "200 OK",
        "201 Created",
        "300 Multiple Choices",
        "301 Moved Permanently",
        "302 Found",
        "303 See Other",
        "307 Temporary Redirect",
        "308 Permanent Redirect",
        "404 Not Found",
        "500 Oops",
        "799 Odd",
    ] {
        let answer = |url: &str| {
            format!(
                "HTTP/1.1 {status}\r\nA: 1\r\nLoCation: {url}\r\n\
                 Set-Cookie: state=s\r\nContent-Length: 2\r\nB: 2\r\n\r\nok"
            )
        };
        assert_eq!(server.head(), GET);
        server.send(answer(BEFORE));
        assert_eq!(client.message(), answer(AFTER));
        client.send(GET);
    }
}

#[test]
fn each_of_several_locations_is_treated_by_itself() {
    let (mut client, mut server, _running) = connected();
    let answer = |url: &str| {
        format!(
            "HTTP/1.1 302 Found\r\nLocation: /own?scope=x\r\nlocation: {url}\r\n\
             LOCATION: https://a.example/?scope=x\r\nLocation: {url}\r\nContent-Length: 0\r\n\r\n"
        )
    };
    server.head();
    server.send(answer(BEFORE));
    assert_eq!(client.head(), answer(AFTER));
}

/// A long URL must neither fail nor be cut: browsers take 2 MB.
#[test]
fn long_location_is_rewritten() {
    let (mut client, mut server, _running) = connected();
    let state = "s".repeat(100_000);
    let answer = |url: &str| {
        format!("HTTP/1.1 302 Found\r\nLocation: {url}{state}\r\nContent-Length: 0\r\n\r\n")
    };
    server.head();
    server.send(answer(BEFORE));
    assert_eq!(client.head(), answer(AFTER));
}

fn connected() -> (Wire, Wire, Rescope) {
    let app = App::start();
    let rescope = Rescope::start(app.address());
    let mut client = rescope.client();
    client.send(GET);
    (client, app.accept(), rescope)
}

/// The response of `case` with these values of `Location`.
fn answer(case: &Case, locations: &[Vec<u8>]) -> Vec<u8> {
    let mut answer =
        format!("HTTP/1.1 {} As You Like\r\nServer: app\r\n", case.status).into_bytes();
    for location in locations {
        answer.extend([b"LocaTion: ", &location[..], b"\r\n"].concat());
    }
    answer.extend(b"Set-Cookie: a=1\r\nContent-Length: 0\r\n\r\n");
    answer
}

fn is_also_right(case: &Case, received: &str) -> bool {
    case.also_ok
        .iter()
        .any(|locations| latin1(&answer(case, locations)) == received)
}
