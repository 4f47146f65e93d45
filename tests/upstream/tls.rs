//! Apps behind TLS.

use std::{error::Error as _, time::Duration};

use http::StatusCode;
use rcgen::Certificate;
use rescope::upstream::{Error, Limits, RequestBody, Timeouts};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::{
    caller::{Caller, request, tls},
    http2::drive,
    raw::{App, LIMIT},
    tls_app::{Signer, TlsApp, self_signed},
};

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

#[test]
fn app_is_reached_by_name_and_by_address() {
    for host in ["localhost", "127.0.0.1"] {
        let signer = Signer::new();
        let app = signer.app(&["localhost", "127.0.0.1"], &["http/1.1"]);
        let caller = caller(host, &app, &signer);
        let sent = caller.get();
        let head = caller.runtime.block_on(serve(&app, ANSWER));
        assert!(head.contains("host: example.com"), "{head}");
        assert_eq!(caller.whole(sent).bytes, b"ok");
    }
}

#[test]
fn certificate_that_is_not_trusted_gets_no_request() {
    let (signer, other) = (Signer::new(), Signer::new());
    let cases = [
        (other.app(&["localhost"], &[]), "BadSignature"),
        (signer.app(&["example.com"], &[]), "not valid for name"),
        (signer.app_until(2001, &["localhost"], &[]), "expired"),
    ];
    for (app, reason) in cases {
        let caller = caller("localhost", &app, &signer);
        let sent = caller.get();
        assert!(caller.runtime.block_on(app.accept()).is_err());
        let failure = caller.failure(sent);
        assert!(matches!(failure, Error::Tls(_)), "{failure:?}");
        // The reason is for the log; what a client is told says none.
        assert_eq!(failure.to_string(), "the upstream's TLS handshake failed");
        let source = failure.source().unwrap().to_string();
        assert!(source.contains(reason), "{source}");
    }
}

#[test]
fn app_is_reached_by_its_own_certificate_in_the_file() {
    let (certificate, key) = self_signed(&["localhost", "127.0.0.1"]);
    for host in ["localhost", "127.0.0.1"] {
        let app = TlsApp::presenting(certificate.der(), &key, &["http/1.1"]);
        let caller = trusting(&certificate, host, &app);
        let sent = caller.get();
        caller.runtime.block_on(serve(&app, ANSWER));
        assert_eq!(caller.whole(sent).bytes, b"ok");
    }
}

/// The log says what to do, too.
#[test]
fn app_whose_own_certificate_does_not_hold_gets_no_request() {
    let (trusted, key) = self_signed(&["localhost"]);
    let (nameless, its_key) = self_signed(&[]);
    let (other, other_key) = self_signed(&["localhost"]);
    let cases = [
        (&trusted, &trusted, &other_key, "localhost", "BadSignature"),
        (&trusted, &trusted, &key, "127.0.0.1", "not valid for name"),
        (
            &nameless,
            &nameless,
            &its_key,
            "localhost",
            "`openssl req -x509 -addext subjectAltName=DNS:localhost`",
        ),
        (
            &nameless,
            &nameless,
            &its_key,
            "127.0.0.1",
            "-addext subjectAltName=IP:127.0.0.1`",
        ),
        (
            &trusted,
            &other,
            &other_key,
            "localhost",
            "CaUsedAsEndEntity; `ca_file` can name",
        ),
    ];
    for (trusted, presented, key, host, reason) in cases {
        let app = TlsApp::presenting(presented.der(), key, &[]);
        let caller = trusting(trusted, host, &app);
        let sent = caller.get();
        assert!(caller.runtime.block_on(app.accept()).is_err());
        let failure = caller.failure(sent);
        assert!(matches!(failure, Error::Tls(_)), "{failure:?}");
        let source = failure.source().unwrap().to_string();
        assert!(source.contains(reason), "{source}");
    }
}

#[test]
fn app_that_speaks_no_tls_is_an_error() {
    let signer = Signer::new();
    let app = App::start();
    let port = app.address().port();
    let caller = caller_at("localhost", port, &signer, Timeouts::default());
    let sent = caller.get();
    let mut server = app.accept();
    server.wait();
    server.send("SSH-2.0-OpenSSH_9.2\r\n");
    assert!(matches!(caller.failure(sent), Error::Tls(_)));
}

/// As an app does that restarts.
#[test]
fn app_that_closes_in_the_handshake_is_tried_again() {
    let signer = Signer::new();
    let app = signer.app(&["localhost"], &["http/1.1"]);
    let caller = caller("localhost", &app, &signer);
    let sent = caller.get();
    caller.runtime.block_on(async {
        drop(app.accept_plain().await.unwrap());
        serve(&app, ANSWER).await
    });
    assert_eq!(caller.whole(sent).bytes, b"ok");
}

#[test]
fn silent_handshake_ends_at_the_connect_limit() {
    let signer = Signer::new();
    let app = App::start();
    let timeouts = Timeouts {
        connect: Duration::from_millis(300),
        ..Timeouts::default()
    };
    let caller = caller_at("localhost", app.address().port(), &signer, timeouts);
    let sent = caller.get();
    let mut server = app.accept();
    assert!(matches!(caller.failure(sent), Error::ConnectTimeout(_)));
    server.rest();
}

#[test]
fn end_without_a_notice_is_a_break() {
    let signer = Signer::new();
    let app = signer.app(&["localhost"], &["http/1.1"]);
    let caller = caller("localhost", &app, &signer);
    let sent = caller.get();
    caller.runtime.block_on(async {
        let mut stream = app.accept().await.unwrap();
        read_head(&mut stream).await;
        let answer = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall of it?";
        stream.write_all(answer).await.unwrap();
        stream.flush().await.unwrap();
        // TCP ends, TLS does not.
        stream.get_mut().0.shutdown().await.unwrap();
    });
    let answer = caller.answer(sent).unwrap();
    caller.body(answer).unwrap_err();
    assert_eq!(caller.broken(), 1);
}

#[test]
fn end_with_a_notice_is_an_end() {
    let signer = Signer::new();
    let app = signer.app(&["localhost"], &["http/1.1"]);
    let caller = caller("localhost", &app, &signer);
    let sent = caller.get();
    caller.runtime.block_on(async {
        let mut stream = app.accept().await.unwrap();
        read_head(&mut stream).await;
        let answer = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall of it";
        stream.write_all(answer).await.unwrap();
        stream.shutdown().await.unwrap();
    });
    assert_eq!(caller.whole(sent).bytes, b"all of it");
}

#[test]
fn free_connection_is_used_again_and_closed_with_a_notice() {
    let signer = Signer::new();
    let app = signer.app(&["localhost"], &["http/1.1"]);
    let timeouts = Timeouts {
        idle: Duration::from_millis(50),
        ..Timeouts::default()
    };
    let caller = caller_at("localhost", app.port(), &signer, timeouts);
    let mut stream = None;
    for _ in 0..2 {
        let sent = caller.get();
        caller.runtime.block_on(async {
            if stream.is_none() {
                stream = Some(app.accept().await.unwrap());
            }
            let stream = stream.as_mut().unwrap();
            read_head(stream).await;
            stream.write_all(ANSWER).await.unwrap();
        });
        assert_eq!(caller.whole(sent).bytes, b"ok");
    }
    let upstream = std::sync::Arc::clone(&caller.upstream);
    let sweep = caller.runtime.spawn(async move { upstream.sweep().await });
    caller.runtime.block_on(async {
        let rest = &mut Vec::new();
        // Without the notice this is an error.
        let end = stream.as_mut().unwrap().read_to_end(rest);
        assert_eq!(tokio::time::timeout(LIMIT, end).await.unwrap().unwrap(), 0);
    });
    sweep.abort();
}

#[test]
fn app_agrees_on_http2_and_gets_upgrades_on_a_connection_of_their_own() {
    let signer = Signer::new();
    let app = signer.app(&["localhost"], &["h2", "http/1.1"]);
    let caller = caller("localhost", &app, &signer);
    let sent = caller.get();
    let _shared = caller.runtime.block_on(async {
        let stream = app.accept().await.unwrap();
        assert_eq!(TlsApp::agreed(&stream), Some(&b"h2"[..]));
        let mut server = h2::server::handshake(stream).await.unwrap();
        let (request, mut respond) = server.accept().await.unwrap().unwrap();
        assert_eq!(request.uri(), "https://example.com/path?query");
        respond
            .send_response(http::Response::new(()), true)
            .unwrap();
        drive(server)
    });
    assert_eq!(caller.whole(sent).bytes, b"");

    let upgrade = request()
        .header("Connection", "upgrade")
        .header("Upgrade", "websocket")
        .body(RequestBody::none());
    let sent = caller.send(upgrade.unwrap());
    let head = caller.runtime.block_on(async {
        let mut stream = app.accept().await.unwrap();
        assert_eq!(TlsApp::agreed(&stream), Some(&b"http/1.1"[..]));
        let head = read_head(&mut stream).await;
        let switch = b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n";
        stream.write_all(switch).await.unwrap();
        head
    });
    assert!(head.contains("upgrade: websocket"), "{head}");
    let answer = caller.answer(sent).unwrap();
    assert_eq!(answer.response.status(), StatusCode::SWITCHING_PROTOCOLS);
}

fn caller(host: &str, app: &TlsApp, signer: &Signer) -> Caller {
    caller_at(host, app.port(), signer, Timeouts::default())
}

/// Trusts what stands in a file with `certificate`.
fn trusting(certificate: &Certificate, host: &str, app: &TlsApp) -> Caller {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), certificate.pem()).unwrap();
    let trust = rescope::tls::client_config(Some(file.path()), &[]).unwrap();
    let target = tls(host, app.port(), trust);
    Caller::new(target, Limits::default(), Timeouts::default())
}

fn caller_at(host: &str, port: u16, signer: &Signer, timeouts: Timeouts) -> Caller {
    Caller::new(tls(host, port, signer.trust()), Limits::default(), timeouts)
}

/// Takes one request and gives `answer`; returns the request's head.
async fn serve(app: &TlsApp, answer: &[u8]) -> String {
    let mut stream = app.accept().await.unwrap();
    let head = read_head(&mut stream).await;
    stream.write_all(answer).await.unwrap();
    stream.flush().await.unwrap();
    head
}

async fn read_head(stream: &mut (impl tokio::io::AsyncRead + Unpin)) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap()
}
