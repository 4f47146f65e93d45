//! Upgrades: WebSocket as browsers ask for it, and those that are not to be.

use crate::raw::{App, Wire};
use crate::running::{Rescope, exchange};

const ASK: &str = "GET /chat HTTP/1.1\r\n\
    Host: app\r\n\
    Connection: keep-alive, Upgrade\r\n\
    Upgrade: websocket\r\n\
    Origin: http://app\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Sec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n";
const GRANT: &str = "HTTP/1.1 101 Switching Protocols\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

#[test]
fn handshake_passes_and_bytes_go_both_ways() {
    let (mut client, mut server, _running) = tunnel();
    for n in 0..3u8 {
        let up = [0x82, n, 0xff, 0x00, b'\r', b'\n', b'\r', b'\n'];
        client.send(up);
        assert_eq!(server.exactly(8), up);
        let down = [0x81, 0x80 | n, 0x00];
        server.send(down);
        assert_eq!(client.exactly(3), down);
    }
}

#[test]
fn handshake_reaches_the_app_but_for_the_clients_keep_alive() {
    let app = App::start();
    let rescope = Rescope::start(app.address());
    let mut client = rescope.client();
    client.send(ASK);
    let mut server = app.accept();
    let expected = ASK.replace("keep-alive, Upgrade", "Upgrade");
    assert_eq!(server.head(), expected);
    let spelled = "HTTP/1.1 101 Web Socket Protocol Handshake\r\n\
        upgrade: WebSocket\r\nCONNECTION: upgrade\r\nX-App: 1\r\n\r\n";
    server.send(spelled);
    assert_eq!(client.head(), spelled);
}

#[test]
fn bytes_sent_with_the_answer_are_not_lost() {
    let app = App::start();
    let rescope = Rescope::start(app.address());
    let mut client = rescope.client();
    client.send(ASK);
    let mut server = app.accept();
    server.head();
    server.send(format!("{GRANT}hello"));
    assert_eq!(client.head(), GRANT);
    assert_eq!(client.exactly(5), b"hello");
    client.send("up");
    assert_eq!(server.exactly(2), b"up");
}

#[test]
fn bytes_sent_right_after_the_request_wait_for_the_answer() {
    let app = App::start();
    let rescope = Rescope::start(app.address());
    let mut client = rescope.client();
    client.send(format!("{ASK}early"));
    let mut server = app.accept();
    server.head();
    // Before the 101 they might be another request, which nobody may smuggle.
    assert!(server.is_silent());
    server.send(GRANT);
    assert_eq!(server.exactly(5), b"early");
}

#[test]
fn end_of_the_client_is_passed_on_while_the_app_goes_on() {
    let (mut client, mut server, _running) = tunnel();
    client.send("last");
    client.finish();
    assert_eq!(server.rest(), "last");
    server.send("answer");
    assert_eq!(client.exactly(6), b"answer");
    drop(server);
    assert_eq!(client.rest(), "");
}

#[test]
fn end_of_the_app_is_passed_on_while_the_client_goes_on() {
    let (mut client, mut server, _running) = tunnel();
    server.send("last");
    server.finish();
    assert_eq!(client.rest(), "last");
    client.send("answer");
    assert_eq!(server.exactly(6), b"answer");
    drop(client);
    assert_eq!(server.rest(), "");
}

#[test]
fn reset_of_one_side_closes_the_other() {
    let (client, mut server, _running) = tunnel();
    client.reset();
    assert_eq!(server.rest(), "");
    let (mut client, server, _running) = tunnel();
    server.reset();
    assert_eq!(client.rest(), "");
}

#[test]
fn refused_upgrade_is_an_ordinary_answer() {
    for answer in [
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
        "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno",
        "HTTP/1.1 426 Upgrade Required\r\nContent-Length: 3\r\n\r\nold",
    ] {
        let app = App::start();
        let rescope = Rescope::start(app.address());
        let mut client = rescope.client();
        client.send(ASK);
        let mut server = app.accept();
        server.head();
        server.send(answer);
        assert_eq!(client.message(), answer);
        // The connections go on as they were.
        client.send("GET / HTTP/1.1\r\nHost: app\r\n\r\n");
        assert_eq!(server.head(), "GET / HTTP/1.1\r\nHost: app\r\n\r\n");
        server.send(OK);
        assert_eq!(client.message(), OK);
    }
}

/// RFC 9110 15.5.22: it must say which; and 7.8: it is an option of the connection.
#[test]
fn answer_that_wants_an_upgrade_says_which() {
    let body = "Content-Length: 3\r\n\r\nold";
    let status = "HTTP/1.1 426 Upgrade Required\r\n";
    for (lines, passed) in [
        (
            "Upgrade: TLS/1.2, HTTP/1.1\r\nConnection: Upgrade\r\n",
            "Upgrade: TLS/1.2, HTTP/1.1\r\nConnection: Upgrade\r\n",
        ),
        (
            "Connection: x-a, upgrade, keep-alive\r\nX-A: 1\r\nupgrade: websocket\r\n",
            "Connection: upgrade\r\nupgrade: websocket\r\n",
        ),
        ("Connection: Upgrade\r\n", ""),
    ] {
        let seen = exchange(
            "GET / HTTP/1.1\r\nHost: app\r\n\r\n",
            format!("{status}{lines}{body}"),
        );
        assert_eq!(seen.response, format!("{status}{passed}{body}"));
    }
    let lines = "Upgrade: websocket\r\n";
    for (version, added) in [
        (
            "HTTP/1.1\r\nConnection: close",
            "connection: upgrade, close",
        ),
        ("HTTP/1.1", "connection: upgrade"),
    ] {
        let seen = exchange(
            format!("GET / {version}\r\nHost: app\r\n\r\n"),
            format!("{status}{lines}{body}"),
        );
        let expected = format!("{status}{lines}Content-Length: 3\r\n{added}\r\n\r\nold");
        assert_eq!(seen.response.to_lowercase(), expected.to_lowercase());
    }
    let seen = exchange(
        "GET / HTTP/1.0\r\nHost: app\r\n\r\n",
        format!("{status}{lines}{body}"),
    );
    assert!(!seen.response.contains("pgrade: "), "{}", seen.response);
}

#[test]
fn other_protocols_than_websocket_pass() {
    let (ask, grant) = ("tls/1.2, IRC/6.9", "irc/6.9");
    let request =
        format!("GET / HTTP/1.1\r\nHost: app\r\nUpgrade: {ask}\r\nConnection: upgrade\r\n\r\n");
    let response = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: {grant}\r\nConnection: upgrade\r\n\r\n"
    );
    let seen = exchange(&request, &response);
    assert_eq!((seen.request, seen.response), (request, response));
}

#[test]
fn switch_that_nobody_asked_for_is_a_failure() {
    let app = App::start();
    let rescope = Rescope::start(app.address());
    let mut client = rescope.client();
    client.send("GET / HTTP/1.1\r\nHost: app\r\n\r\n");
    let mut server = app.accept();
    server.head();
    server.send(format!(
        "{GRANT}HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    ));
    assert_upgrade_failure(&mut client);
    assert_eq!(server.rest(), "");
}

#[test]
fn switch_to_another_protocol_is_a_failure() {
    for line in [
        "Upgrade: h2c\r\n",
        "Upgrade: websocket2\r\n",
        "Upgrade: \r\n",
        "",
    ] {
        let app = App::start();
        let rescope = Rescope::start(app.address());
        let mut client = rescope.client();
        client.send(ASK);
        let mut server = app.accept();
        server.head();
        server.send(format!(
            "HTTP/1.1 101 Switching Protocols\r\n{line}Connection: upgrade\r\n\r\n"
        ));
        assert_upgrade_failure(&mut client);
        assert_eq!(server.rest(), "", "{line}");
    }
}

/// RFC 9110 7.8: not without the connection option, and never in HTTP/1.0.
#[test]
fn upgrade_that_does_not_count_is_not_passed_on() {
    let plain = "GET / HTTP/1.1\r\nHost: app\r\n\r\n";
    for request in [
        "GET / HTTP/1.1\r\nHost: app\r\nUpgrade: websocket\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: app\r\nUpgrade: websocket\r\nConnection: keep-alive\r\n\r\n",
        "GET / HTTP/1.0\r\nHost: app\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n",
    ] {
        assert_eq!(exchange(request, OK).request, plain);
    }
}

/// What h2c would carry are more requests, which nobody here would see.
#[test]
fn h2c_is_not_passed_on() {
    let settings = "Connection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABk\r\n";
    for offered in [
        "h2c",
        "H2C",
        "websocket, h2c",
        "h2c,websocket",
        "websocket\r\nUpgrade: h2c",
    ] {
        let request =
            format!("GET / HTTP/1.1\r\nHost: app\r\nUpgrade: {offered}\r\n{settings}\r\n");
        let request = exchange(request, OK).request;
        assert_eq!(request, "GET / HTTP/1.1\r\nHost: app\r\n\r\n");
    }
}

/// A request with a body that waits for an upgrade would have to be buffered.
#[test]
fn upgrade_with_a_body_is_an_ordinary_request() {
    let lines = "Content-Length: 2\r\n\r\nup";
    let request = format!(
        "POST / HTTP/1.1\r\nHost: app\r\nUpgrade: websocket\r\nConnection: upgrade\r\n{lines}"
    );
    let expected = format!("POST / HTTP/1.1\r\nHost: app\r\n{lines}");
    assert_eq!(exchange(request, OK).request, expected);
}

fn assert_upgrade_failure(client: &mut Wire) {
    let answer = client.message();
    assert!(answer.starts_with("HTTP/1.1 502 "), "{answer}");
    let named = "\r\nproxy-status: rescope; error=http_upgrade_failed\r\n";
    assert!(answer.contains(named), "{answer}");
}

/// Returns both ends of a tunnel, and what must live as long.
fn tunnel() -> (Wire, Wire, Rescope) {
    let app = App::start();
    let rescope = Rescope::start(app.address());
    let mut client = rescope.client();
    client.send(ASK);
    let mut server = app.accept();
    server.head();
    server.send(GRANT);
    assert_eq!(client.head(), GRANT);
    (client, server, rescope)
}
