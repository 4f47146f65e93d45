//! The same over HTTP/2, in front and behind, and over TLS.

use http::{HeaderMap, Request};
use hyper::body::Bytes;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::frames::{
    self, END_HEADERS, END_STREAM, GOAWAY, HEADERS, RST_STREAM, SETTINGS, block, frame,
};
use crate::http2_client::Client;
use crate::identity::{self, Identity};
use crate::program::{Program, Stage};
use crate::raw::App;
use crate::{assert_no_secret, with_secrets};

const FIELDS: &[(&str, &str)] = &[
    ("authorization", "Bearer $"),
    ("proxy-authorization", "Basic $"),
    ("cookie", "session=$"),
    ("cookie", "other=$"),
    ("referer", "http://app.example/?code=$"),
    ("x-zm-signature", "v0=$"),
    ("x-canary", "$"),
    ("te", "trailers"),
];

fn request(method: &str) -> Request<()> {
    let path = with_secrets("http://app.example/callback?code=$&state=$");
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in FIELDS {
        request = request.header(*name, with_secrets(value));
    }
    request.body(()).unwrap()
}

const ANSWERS: [&str; 6] = [
    "HTTP/1.1 302 Found\r\nConnection: close\r\nSet-Cookie: $\r\nContent-Length: 0\r\n\
     Location: https://zoom.us/oauth/authorize?client_id=a&scope=b&state=$\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\nb\r\n$\r\n0\r\nX: $\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 99\r\nX: $\r\n\r\n$",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: $\r\n\r\n$",
    "$\r\n\r\n",
    "",
];

/// Sends requests with bodies and trailers, and answers each in its way.
fn exchange(client: &mut Client, app: &App) {
    for answer in ANSWERS {
        let mut sent = client.send(request("POST"), false);
        let data = Bytes::from(with_secrets("code=$"));
        sent.body.send_data(data, false).unwrap();
        let mut trailers = HeaderMap::new();
        trailers.insert("x-canary", with_secrets("$").parse().unwrap());
        sent.body.send_trailers(trailers).unwrap();
        let mut server = app.accept();
        server.message();
        server.send(with_secrets(answer));
        drop(server);
        if let Ok(response) = client.block_on(sent.answer) {
            let is_ours = response.headers().contains_key("proxy-status");
            let body = client.body(response.into_body()).0.unwrap_or_default();
            if is_ours {
                assert_no_secret(&String::from_utf8_lossy(&body));
            }
        }
    }
}

#[test]
fn http2_leaves_no_secret_in_the_log() {
    for format in ["text", "json"] {
        let stage = Stage::start(format, "");
        let mut client = Client::connect(stage.program.address);
        exchange(&mut client, &stage.app);
        let mut aborted = client.send(request("POST"), false);
        let mut server = stage.app.accept();
        server.head();
        aborted.body.send_reset(h2::Reason::CANCEL);
        server.rest();
        let mut tunnel = request("CONNECT");
        let protocol = h2::ext::Protocol::from(with_secrets("$").as_str());
        tunnel.extensions_mut().insert(protocol);
        client.get(tunnel);
        malformed(&stage);
        let said = stage.program.end();
        assert!(said.contains("request refused"), "{said}");
        assert!(said.contains("scope rewritten"), "{said}");
        assert_no_secret(&said);
    }
}

/// A GOAWAY whose debug data (RFC 9113 6.8) is a secret.
fn goaway() -> Vec<u8> {
    let payload = [&[0, 0, 0, 0, 0, 0, 0, 2][..], with_secrets("$").as_bytes()].concat();
    frame(GOAWAY, 0, 0, &payload)
}

/// What is malformed is told to nobody but by its kind.
fn malformed(stage: &Stage) {
    let secret = with_secrets("$");
    let start = [
        (":method", "GET"),
        (":scheme", "http"),
        (":path", "/?code=CANARY"),
    ];
    for field in [
        ("X-CANARY", &*secret),
        ("connection", &*secret),
        ("x", "CANARY\r\n"),
        (":CANARY", &*secret),
        (":authority", "CANARY@a"),
        ("content-length", "CANARY"),
        ("host", "CANARY CANARY"),
    ] {
        let mut client = frames::connect(stage.program.address);
        let fields = [&start[..], &[("cookie", &*secret), field]].concat();
        client.send(frame(HEADERS, END_HEADERS | END_STREAM, 1, &block(&fields)));
        let (_, payload) = frames::outcome(&mut client);
        assert_no_secret(&String::from_utf8_lossy(&payload));
    }
    let mut client = frames::connect(stage.program.address);
    client.send(goaway());
    client.rest();
    let mut client = frames::connect(stage.program.address);
    client.send(frame(HEADERS, END_HEADERS, 1, secret.as_bytes()));
    let (_, payload) = frames::outcome(&mut client);
    assert_no_secret(&String::from_utf8_lossy(&payload));
}

#[test]
fn tls_leaves_no_secret_in_the_log() {
    for format in ["text", "json"] {
        let (app, identity) = (App::start(), Identity::new());
        let upstream = format!("upstream = 'http://{}'\n", app.address());
        let program = Program::start(format, &(upstream + &identity.listener()));
        let (config, address) = (identity.client(&["h2"]), program.address);
        let mut client = Client::over(async move {
            let stream = TcpStream::connect(address).await.unwrap();
            let name = ServerName::try_from("localhost").unwrap();
            TlsConnector::from(config)
                .connect(name, stream)
                .await
                .unwrap()
        });
        exchange(&mut client, &app);
        for answer in [ANSWERS[0], ANSWERS[1], ANSWERS[4]] {
            let client = identity.connect(address, &["http/1.1"]);
            let request = with_secrets(
                "GET /callback?code=$ HTTP/1.1\r\nHost: a\r\nConnection: close\r\nCookie: $\r\n\r\n",
            );
            std::thread::scope(|scope| {
                scope.spawn(move || identity::ask(client, &request));
                let mut server = app.accept();
                server.head();
                server.send(with_secrets(answer));
            });
        }
        // Somebody who takes it for a plain port, by a name that is none.
        for host in [
            "",
            "Host: $@a\r\n",
            "Host: a/$\r\n",
            "Host: $\r\nHost: $\r\n",
        ] {
            let mut plain = crate::raw::Wire::connect(address);
            let fields = format!("{host}Cookie: $\r\n\r\n");
            plain.send(with_secrets(&format!("GET /$?code=$ HTTP/1.1\r\n{fields}")));
            let page = plain.rest();
            assert!(
                page.ends_with(&format!("use https://{address}\n")),
                "{page}"
            );
            assert_no_secret(&page);
        }
        // By one that is, which the page is to name and the log is not.
        let mut plain = crate::raw::Wire::connect(address);
        plain.send(with_secrets("GET / HTTP/1.1\r\nHost: $.example\r\n\r\n"));
        let page = plain.rest();
        let name = with_secrets("use https://$.example\n");
        assert!(page.ends_with(&name), "{page}");
        let said = program.end();
        assert!(said.contains("what came is not TLS"), "{said}");
        assert!(said.contains("scope rewritten"), "{said}");
        assert_no_secret(&said);
    }
}

/// An app that should speak HTTP/2 or TLS, and says something else.
#[test]
fn apps_that_speak_something_else_leave_no_secret_anywhere() {
    let identity = Identity::new();
    let app = App::start();
    let port = app.address().port();
    let h2c = format!("upstream = 'http://127.0.0.1:{port}'\nupstream_protocol = 'h2c'\n");
    let file = identity.file();
    let tls = format!(
        "upstream = 'https://localhost:{port}'\nca_file = '{}'\n",
        file.display()
    );
    for upstream in [h2c, tls] {
        let program = Program::start("text", &format!("listen = '127.0.0.1:0'\n{upstream}"));
        let mut client = crate::raw::Wire::connect(program.address);
        client.send(with_secrets(
            "POST /?code=$ HTTP/1.1\r\nHost: a\r\nConnection: close\r\nCookie: $\r\n\
             Content-Length: 11\r\n\r\n$",
        ));
        let mut server = app.accept();
        server.wait();
        server.send(with_secrets(
            "HTTP/1.1 400 $\r\nX: $\r\n\r\n$$$$$$$$$$$$$$$$$$$$$$$$$$",
        ));
        drop(server);
        let answer = client.rest();
        assert!(answer.starts_with("HTTP/1.1 502 "), "{answer}");
        assert_no_secret(&answer);
        let said = program.end();
        assert!(said.contains("no answer from the upstream"), "{said}");
        assert_no_secret(&said);
    }
}

/// An app that speaks HTTP/2, and ends it, or answers what is malformed.
#[test]
fn apps_that_fail_in_http2_leave_no_secret_anywhere() {
    let app = App::start();
    let upstream = format!("upstream = 'http://{}'\n", app.address());
    let lines = "listen = '127.0.0.1:0'\nupstream_protocol = 'h2c'\n";
    let program = Program::start("json", &(upstream + lines));
    let secret = with_secrets("$");
    let answer = |fields: &[(&str, &str)]| frame(HEADERS, END_HEADERS, 1, &block(fields));
    for sent in [
        goaway(),
        frame(RST_STREAM, 0, 1, &[0, 0, 0, 2]),
        answer(&[(":status", &secret)]),
        answer(&[(":status", "200"), ("connection", &secret)]),
        answer(&[(":status", "200"), ("X-CANARY", &secret)]),
        answer(&[(":status", "200"), ("content-length", &secret)]),
        frame(HEADERS, END_HEADERS, 1, secret.as_bytes()),
        frame(HEADERS, 0, 1, secret.as_bytes()),
    ] {
        let mut client = crate::raw::Wire::connect(program.address);
        client.send(with_secrets(
            "POST /?code=$ HTTP/1.1\r\nHost: a\r\nConnection: close\r\nCookie: $\r\n\
             Content-Length: 11\r\n\r\n$",
        ));
        let mut server = app.accept();
        server.until(b"\r\n\r\nSM\r\n\r\n");
        server.send(frame(SETTINGS, 0, 0, &[]));
        while frames::next(&mut server).0 != HEADERS {}
        server.send(sent);
        server.finish();
        let answer = client.rest();
        assert!(answer.starts_with("HTTP/1.1 502 "), "{answer}");
        assert_no_secret(&answer);
    }
    assert_no_secret(&program.end());
}
