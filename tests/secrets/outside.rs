//! What fails before there is a request, and behind the last one.

use crate::program::{Program, Stage};
use crate::raw::{Port, Wire};
use crate::{assert_no_secret, with_secrets};

const GET: &str = "GET /callback?code=$&state=$ HTTP/1.1\r\nHost: app\r\nConnection: close\r\n\
    Cookie: $\r\nAuthorization: Bearer $\r\n\r\n";

#[test]
fn proxy_headers_leave_no_secret_in_the_log() {
    let mut stage = Stage::start("text", "proxy_protocol = true\n");
    for header in [
        "PROXY $ $ $ $ $\r\n",
        "PROXY TCP4 $ 127.0.0.1 1 2\r\n",
        "PROXY UNKNOWN $$$$$$$$$$$$$$$$$$$$$$\r\n",
        "\r\n\r\n\0\r\nQUIT\n!\u{11}\0\u{1}$",
        "$ $ $\r\n",
        "",
    ] {
        stage.refused(with_secrets(&format!("{header}{GET}")));
    }
    // One that is fine, with a name and a token behind the addresses (version 2, TLVs).
    let secret = with_secrets("$");
    let mut header = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0".to_vec();
    header.push(12 + 3 + 11);
    header.extend([192, 0, 2, 7, 192, 0, 2, 1, 1, 1, 1, 187, 5, 0, 11]);
    header.extend(secret.bytes());
    let mut client = stage.client();
    client.send([&header[..], with_secrets(GET).as_bytes()].concat());
    let mut server = stage.app.accept();
    server.head();
    server.send("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
    client.rest();
    assert_no_secret(&stage.answers);
    assert_no_secret(&stage.program.end());
}

#[test]
fn app_that_is_down_leaves_no_secret_anywhere() {
    for format in ["text", "json"] {
        let port = Port::reserve();
        let configuration = format!(
            "listen = '127.0.0.1:0'\nupstream = 'http://{}'\n",
            port.address()
        );
        let program = Program::start(format, &configuration);
        let mut client = Wire::connect(program.address);
        client.send(with_secrets(GET));
        let answer = client.rest();
        assert!(answer.starts_with("HTTP/1.1 502 "), "{answer}");
        assert_no_secret(&answer);
        let said = program.end();
        assert!(
            said.contains("connection_refused") || said.contains("no answer"),
            "{said}"
        );
        assert_no_secret(&said);
    }
}

/// A tunnel and an answer that are still open when it ends.
#[test]
fn end_leaves_no_secret_in_the_log() {
    let stage = Stage::start("text", "timeouts.drain = '100ms'\n");
    let mut client = stage.client();
    client.send(with_secrets(GET));
    let mut server = stage.app.accept();
    server.head();
    server.send(with_secrets(
        "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n$",
    ));
    client.head();
    let said = stage.program.end();
    assert!(said.contains("stopped"), "{said}");
    assert_no_secret(&said);
    assert!(client.rest().len() < 99);
}
