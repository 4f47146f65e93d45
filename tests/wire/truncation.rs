//! A body that broke off is never presented as whole (RFC 9112 8).

use crate::raw::{App, Wire, field};
use crate::running::Rescope;

const BODIES: &str = "[bodies]\ntypes = [\"html\"]\nwhole = \"0B\"\n";
const GET: &str = "GET / HTTP/1.1\r\nHost: app\r\n\r\n";

#[derive(Debug, Clone, Copy)]
enum End {
    Close,
    Reset,
}

#[test]
fn body_short_of_its_length_is_cut_off() {
    for end in [End::Close, End::Reset] {
        let (head, body) = broken("Content-Length: 10\r\n", "hello", end);
        assert_eq!(field(&head, "content-length"), Some("10"));
        assert_eq!(body, "hello", "{end:?}");
    }
}

/// Here all of it comes in one piece, as from an app that dies in the middle.
#[test]
fn what_came_before_the_break_arrives_with_its_head() {
    let app = App::start();
    let rescope = Rescope::start(app.address());
    for _ in 0..30 {
        let mut client = rescope.client();
        client.send(GET);
        let mut server = app.accept();
        server.head();
        server.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
        drop(server);
        let answer = client.rest();
        assert_eq!(answer, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
    }
}

#[test]
fn chunked_body_without_its_last_chunk_gets_none() {
    for end in [End::Close, End::Reset] {
        for then in [
            "",
            "5\r\nwor",
            "0\r\n",
            "0\r\nX-Sum: 1\r\n",
            "x\r\n",
            "\r\n",
        ] {
            let sent = format!("5\r\nhello\r\n{then}");
            let (_, body) = broken("Transfer-Encoding: chunked\r\n", &sent, end);
            // What was sent last may be lost with the connection.
            let all = "5\r\nhello\r\n3\r\nwor\r\n";
            assert!(all.starts_with(&body), "{end:?} {then:?} {body:?}");
        }
    }
}

/// A reset is the only sign of a break that such a body has.
#[test]
fn body_delimited_by_close_gets_no_last_chunk_after_a_reset() {
    let (_, body) = broken("A: 1\r\n", "hello", End::Reset);
    assert_eq!(body, "5\r\nhello\r\n");
}

/// A client of HTTP/1.0, as nginx is one unless told otherwise, knows neither chunks nor a length
/// that was taken out.
#[test]
fn answer_that_ends_with_the_connection_is_whole_or_reset() {
    let app = App::start();
    for (config, head) in [
        ("", "Transfer-Encoding: chunked\r\n"),
        (BODIES, "Transfer-Encoding: chunked\r\n"),
        (BODIES, "Content-Length: 9\r\n"),
        (
            BODIES,
            "Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n",
        ),
    ] {
        let rescope = Rescope::configured(app.address(), config);
        for is_whole in [true, false] {
            let mut client = rescope.client();
            client.send("GET / HTTP/1.0\r\n\r\n");
            let mut server = app.accept();
            server.head();
            server.send(format!(
                "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n{head}\r\n"
            ));
            let (first, second) = match head {
                "Content-Length: 9\r\n" => ("01234", "5678"),
                _ => ("5\r\n01234\r\n", "4\r\n5678\r\n0\r\n\r\n"),
            };
            server.send(first);
            assert_eq!(field(&client.head(), "content-length"), None, "{head}");
            if is_whole {
                server.send(second);
            }
            drop(server);
            assert_eq!(client.is_reset(), !is_whole, "{head}");
        }
    }
}

#[test]
fn next_request_goes_on_another_connection() {
    let app = App::start();
    let rescope = Rescope::start(app.address());
    let (mut client, server) = started(&app, &rescope, "Content-Length: 10\r\n", "hello");
    drop(server);
    assert_eq!(client.rest(), "");
    let mut client = rescope.client();
    client.send(GET);
    let mut server = app.accept();
    server.head();
    server.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    assert!(client.message().ends_with("ok"));
}

/// Bytes after an answer belong to no request; whoever asks next must not get them.
#[test]
fn bytes_after_an_answer_reach_nobody() {
    let app = App::start();
    let rescope = Rescope::start(app.address());
    let mut client = rescope.client();
    client.send(GET);
    let mut server = app.accept();
    server.head();
    let stray = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nstray";
    server.send(format!(
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok{stray}"
    ));
    assert!(client.message().ends_with("\r\n\r\nok"));
    client.send(GET);
    let mut server = app.accept();
    server.head();
    server.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nright");
    assert!(client.message().ends_with("\r\n\r\nright"));
}

/// Sends half an answer, in two parts, and ends; returns the head and all else that the
/// client got.
fn broken(framing: &str, sent: &str, end: End) -> (String, String) {
    let app = App::start();
    let rescope = Rescope::start(app.address());
    let mut client = rescope.client();
    client.send(GET);
    let mut server = app.accept();
    server.head();
    let (first, second) = sent.split_at(sent.find('o').unwrap() + 1);
    server.send(format!("HTTP/1.1 200 OK\r\n{framing}\r\n{first}"));
    let head = client.head();
    // What nobody has read yet a reset may destroy.
    let body = client.until(b"hello");
    server.send(second);
    match end {
        End::Close => drop(server),
        End::Reset => server.reset(),
    }
    (head, String::from_utf8(body).unwrap() + &client.rest())
}

fn started(app: &App, rescope: &Rescope, framing: &str, sent: &str) -> (Wire, Wire) {
    let mut client = rescope.client();
    client.send(GET);
    let mut server = app.accept();
    server.head();
    server.send(format!("HTTP/1.1 200 OK\r\n{framing}\r\n{sent}"));
    client.head();
    client.until(sent.as_bytes());
    (client, server)
}
