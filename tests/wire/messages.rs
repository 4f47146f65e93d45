//! Whole messages: versions, answers without a body, and each way to delimit one.

use crate::raw::{App, Wire, field};
use crate::running::{Rescope, exchange};

const GET: &str = "GET / HTTP/1.1\r\nHost: app\r\n\r\n";
const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

#[test]
fn old_client_is_answered_and_closed() {
    let app = App::start();
    let rescope = Rescope::start(app.address());
    let mut client = rescope.client();
    client.send("GET /old HTTP/1.0\r\nHost: app.example\r\n\r\n");
    let mut server = app.accept();
    // RFC 9112 2.3: a proxy sends its own version.
    let request = "GET /old HTTP/1.1\r\nHost: app.example\r\n\r\n";
    assert_eq!(server.head(), request);
    server.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
    let answer = client.rest();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.0 200 OK") || head.starts_with("HTTP/1.1 200 OK"));
    assert!(!head.to_lowercase().contains("transfer-encoding"), "{head}");
    assert_eq!(body, "hello");
}

#[test]
fn old_client_without_host_gets_that_of_the_app() {
    let app = App::start();
    let rescope = Rescope::start(app.address());
    let mut client = rescope.client();
    client.send("GET / HTTP/1.0\r\nA: 1\r\n\r\n");
    let mut server = app.accept();
    let host = app.address();
    let request = format!("GET / HTTP/1.1\r\nA: 1\r\nhost: {host}\r\n\r\n");
    assert_eq!(server.head(), request);
    server.send(OK);
    assert!(client.rest().ends_with("\r\n\r\nok"));
}

/// RFC 9112 3.2.2 and 3.2: the target's host counts, and stands in for Host.
#[test]
fn old_client_with_an_absolute_target_gets_its_host() {
    for lines in ["", "Host: other.example\r\n"] {
        let request = format!("GET http://a.example:81/b?c HTTP/1.0\r\n{lines}\r\n");
        let got = exchange(request, OK).request;
        assert!(got.starts_with("GET /b?c HTTP/1.1\r\n"), "{got}");
        assert_eq!(field(&got, "host"), Some("a.example:81"));
        assert_eq!(got.to_lowercase().matches("host:").count(), 1);
    }
}

#[test]
fn answer_to_head_keeps_its_length() {
    let app = App::start();
    let rescope = Rescope::start(app.address());
    let mut client = rescope.client();
    client.send("HEAD /a HTTP/1.1\r\nHost: app\r\n\r\n");
    let mut server = app.accept();
    for (request, lines) in [
        ("/a", "Content-Length: 12345\r\n"),
        ("/b", "A: 1\r\n"),
        ("/c", "Content-Length: 0\r\n"),
    ] {
        let sent = format!("HEAD {request} HTTP/1.1\r\nHost: app\r\n\r\n");
        assert_eq!(server.head(), sent);
        let answer = format!("HTTP/1.1 200 OK\r\n{lines}B: 2\r\n\r\n");
        server.send(&answer);
        assert_eq!(client.head(), answer);
        let next = char::from(request.as_bytes()[1] + 1);
        client.send(format!("HEAD /{next} HTTP/1.1\r\nHost: app\r\n\r\n"));
    }
    assert_eq!(server.head(), "HEAD /d HTTP/1.1\r\nHost: app\r\n\r\n");
    // RFC 9112 6.1 allows to leave it out where there is no body; hyper does.
    server.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nB: 2\r\n\r\n");
    assert_eq!(client.head(), "HTTP/1.1 200 OK\r\nB: 2\r\n\r\n");
}

#[test]
fn answers_that_have_no_body_leave_the_connection_usable() {
    let app = App::start();
    let rescope = Rescope::start(app.address());
    let mut client = rescope.client();
    client.send(GET);
    let mut server = app.accept();
    for answer in [
        "HTTP/1.1 204 No Content\r\nA: 1\r\n\r\n",
        "HTTP/1.1 304 Not Modified\r\nETag: \"1\"\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n\r\n",
        "HTTP/1.1 302 Found\r\nLocation: /next\r\nContent-Length: 0\r\n\r\n",
    ] {
        assert_eq!(server.head(), GET);
        server.send(answer);
        assert_eq!(client.head(), answer);
        client.send(GET);
    }
    assert_eq!(server.head(), GET);
}

/// RFC 9110 8.6 allows to leave out what a 304 says of the length; hyper does.
#[test]
fn not_modified_may_lose_its_length() {
    let seen = exchange_head("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\nA: 1\r\n\r\n");
    assert_eq!(seen, "HTTP/1.1 304 Not Modified\r\nA: 1\r\n\r\n");
}

#[test]
fn body_delimited_by_close_becomes_chunked() {
    for (version, lines) in [
        ("1.0", "A: 1\r\n"),
        ("1.1", "A: 1\r\n"),
        ("1.1", "Connection: close\r\nA: 1\r\n"),
    ] {
        let app = App::start();
        let rescope = Rescope::start(app.address());
        let mut client = rescope.client();
        client.send(GET);
        let mut server = app.accept();
        server.head();
        server.send(format!("HTTP/{version} 200 OK\r\n{lines}\r\nhello"));
        let head = client.head();
        assert_eq!(
            head,
            "HTTP/1.1 200 OK\r\nA: 1\r\ntransfer-encoding: chunked\r\n\r\n"
        );
        assert_eq!(client.exactly(10), b"5\r\nhello\r\n");
        drop(server);
        assert_eq!(client.exactly(5), b"0\r\n\r\n");
    }
}

#[test]
fn chunks_pass_whatever_their_extensions() {
    let response = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
        5;a=b\r\nhello\r\n00006;c=\"d\"\r\n world\r\n0\r\n\r\n";
    let seen = exchange(GET, response).response;
    let (_, body) = seen.split_once("\r\n\r\n").unwrap();
    assert_eq!(text_of_chunks(body), "hello world");
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let app = App::start();
    let rescope = Rescope::start(app.address());
    let mut client = rescope.client();
    let request = |n: u32| format!("GET /{n} HTTP/1.1\r\nHost: app\r\n\r\n");
    client.send([request(1), request(2), request(3)].concat());
    let mut server = app.accept();
    for n in 1..=3 {
        assert_eq!(server.head(), request(n));
        server.send(format!("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n{n}"));
        assert!(client.message().ends_with(&format!("\r\n\r\n{n}")));
    }
}

#[test]
fn interim_answers_arrive_before_the_final_one() {
    let (mut client, mut server, _running) = asked("");
    server.send("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nConnection: x\r\nX: 1\r\n\r\n");
    let early = client.head();
    assert!(early.starts_with("HTTP/1.1 103 Early Hints\r\n"), "{early}");
    assert_eq!(field(&early, "link"), Some("</a>"));
    assert_eq!(field(&early, "connection"), None);
    assert_eq!(field(&early, "x"), None);
    server.send("HTTP/1.1 102 Processing\r\n\r\n");
    assert_eq!(client.head(), "HTTP/1.1 102 Processing\r\n\r\n");
    server.send(OK);
    assert_eq!(client.message(), OK);
}

#[test]
fn interim_answers_that_come_with_the_final_one_stay_before_it() {
    let (mut client, mut server, _running) = asked("");
    server.send(format!(
        "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n{OK}"
    ));
    assert!(client.head().starts_with("HTTP/1.1 103 "));
    assert_eq!(client.message(), OK);
}

/// RFC 9110 15.2: HTTP/1.0 knows none.
#[test]
fn interim_answers_do_not_reach_an_http10_client() {
    let app = App::start();
    let rescope = Rescope::start(app.address());
    let mut client = rescope.client();
    client.send("GET / HTTP/1.0\r\nHost: app\r\n\r\n");
    let mut server = app.accept();
    server.head();
    server.send(format!(
        "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n{OK}"
    ));
    assert!(client.rest().starts_with("HTTP/1.0 200 OK\r\n"));
}

#[test]
fn endless_interim_answers_are_a_failure() {
    let (mut client, mut server, _running) = asked("");
    server.send_lossy("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n".repeat(10_000));
    let answers = client.until(b"HTTP/1.1 502 ");
    let count = answers
        .windows(13)
        .filter(|it| it == b"HTTP/1.1 103 ")
        .count();
    assert!(count < 100, "{count}");
}

const EXPECT: &str =
    "POST / HTTP/1.1\r\nHost: app\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";

#[test]
fn client_that_expects_100_gets_the_apps() {
    let (mut client, mut server, _running) = asked(EXPECT);
    assert!(client.is_silent());
    server.send("HTTP/1.1 100 Continue\r\n\r\n");
    assert_eq!(client.head(), "HTTP/1.1 100 Continue\r\n\r\n");
    client.send("up");
    assert_eq!(server.exactly(2), b"up");
    server.send(OK);
    assert_eq!(client.message(), OK);
}

#[test]
fn client_that_expects_100_gets_a_final_answer_alone() {
    let (mut client, mut server, _running) = asked(EXPECT);
    let refusal = "HTTP/1.1 417 Expectation Failed\r\nContent-Length: 2\r\n\r\nno";
    server.send(refusal);
    let answer = client.message();
    assert!(
        answer.starts_with("HTTP/1.1 417 ") && answer.ends_with("\r\n\r\nno"),
        "{answer}"
    );
}

#[test]
fn client_that_expected_100_and_did_not_wait_is_served() {
    let (mut client, mut server, _running) = asked(EXPECT);
    client.send("up");
    assert_eq!(server.exactly(2), b"up");
    server.send(OK);
    assert_eq!(client.message(), OK);
    // The connection goes on, and what follows has no part in the expectation.
    client.send(EXPECT);
    assert_eq!(server.head(), EXPECT);
    server.send("HTTP/1.1 100 Continue\r\n\r\n");
    assert_eq!(client.head(), "HTTP/1.1 100 Continue\r\n\r\n");
    client.send("up");
    assert_eq!(server.exactly(2), b"up");
    server.send(OK);
    assert_eq!(client.message(), OK);
}

/// RFC 9110 10.1.1: who speaks HTTP/1.0 waits for nothing, and expects nothing.
#[test]
fn expectation_of_an_old_client_does_not_reach_the_app() {
    let seen = exchange(EXPECT.replace("HTTP/1.1", "HTTP/1.0") + "up", OK);
    let expected = "POST / HTTP/1.1\r\nHost: app\r\nContent-Length: 2\r\n\r\nup";
    assert_eq!(seen.request, expected);
    assert!(
        seen.response.starts_with("HTTP/1.0 200 OK\r\n"),
        "{}",
        seen.response
    );
}

#[test]
fn expectation_that_nobody_knows_is_the_apps_to_judge() {
    let request = "GET / HTTP/1.1\r\nHost: app\r\nExpect: miracles\r\n\r\n";
    let response = "HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n";
    let seen = exchange(request, response);
    assert_eq!((&*seen.request, &*seen.response), (request, response));
}

/// Sends a request, a GET where none is named, and reads its head at the app.
fn asked(request: &str) -> (Wire, Wire, Rescope) {
    let app = App::start();
    let rescope = Rescope::start(app.address());
    let mut client = rescope.client();
    client.send(if request.is_empty() { GET } else { request });
    let mut server = app.accept();
    server.head();
    (client, server, rescope)
}

/// RFC 9112 5.1: white space before a colon goes from an answer.
#[test]
fn space_before_a_colon_goes_from_an_answer() {
    let seen = exchange_head("HTTP/1.1 200 OK\r\nA : 1\r\nContent-Length: 0\r\n\r\n");
    assert_eq!(seen, "HTTP/1.1 200 OK\r\nA: 1\r\nContent-Length: 0\r\n\r\n");
}

fn exchange_head(response: &str) -> String {
    let app = App::start();
    let rescope = Rescope::start(app.address());
    let mut client = rescope.client();
    client.send(GET);
    let mut server = app.accept();
    server.head();
    server.send(response);
    client.head()
}

fn text_of_chunks(body: &str) -> String {
    let lines: Vec<_> = body.split("\r\n").collect();
    lines
        .chunks(2)
        .filter_map(|pair| pair.get(1).copied())
        .collect()
}
