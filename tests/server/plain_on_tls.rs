//! Plain HTTP on a port for TLS, and handshakes that fail: who connects is told
//! where to go, whoever reads the log is told why, and nothing else is.

use std::{
    io::{Read as _, Write as _},
    os::unix::net::UnixStream,
    sync::Arc,
};

use http::Request;
use rescope::server::{Address, Limits, Timeouts};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, ServerConfig, StreamOwned,
    crypto::aws_lc_rs,
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
    version,
};
use tokio::net::TcpStream;

use crate::raw::{LIMIT, Wire, field};
use crate::running::{Running, SHORT, Setup, any_port, eventually};
use crate::tls::Identity;

const WHY: &str = "this port speaks https, and what came is not TLS";

fn start() -> Running {
    with(Setup::default())
}

/// Starts it with a listener for TLS.
fn with(setup: Setup) -> Running {
    let config = Identity::new().server(&["h2", "http/1.1"]);
    let addresses = setup.addresses.into_iter();
    let addresses = addresses.map(|(address, _)| (address, Some(Arc::clone(&config))));
    Running::with(Setup {
        addresses: addresses.collect(),
        ..setup
    })
}

#[track_caller]
fn assert_told(server: &Running, answer: &str, origin: Option<&str>) {
    let (head, page) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.contains(" 400 Bad Request\r\n"), "{answer}");
    let origin = origin.map_or(String::new(), |origin| format!("; use {origin}"));
    assert_eq!(page, format!("rescope: {WHY}{origin}\n"));
    assert_eq!(field(answer, "connection"), Some("close"));
    let kind = Some("text/plain; charset=utf-8");
    assert_eq!(field(answer, "content-type"), kind);
    let line = server.logged(WHY);
    assert!(
        !line.contains("CANARY") && !answer.contains("CANARY"),
        "{line} {answer}"
    );
}

#[test]
fn plain_http_is_told_the_origin_of_its_host() {
    let server = start();
    let here = format!("https://{}", server.address());
    for (line, origin) in [
        ("Host: app.example:8443", "https://app.example:8443"),
        ("host:localhost", "https://localhost"),
        ("Host: [::1]:8443", "https://[::1]:8443"),
        ("Host: CANARY@app.example", &here),
        ("Host: app.example/CANARY", &here),
        ("Host: app.example?CANARY", &here),
        ("Host: CANARY app", &here),
        ("Host: CANARY\u{e9}", &here),
        ("Host: app.example:CANARY", &here),
        ("Host: <script>CANARY</script>", &here),
        ("Host: a\r\nHost: CANARY", &here),
        ("Host:", &here),
        ("A: b", &here),
    ] {
        let mut client = server.client();
        client.send(format!(
            "GET /CANARY?code=CANARY HTTP/1.1\r\n{line}\r\nCookie: CANARY\r\n\r\n"
        ));
        assert_told(&server, &client.rest(), Some(origin));
    }
    let long = format!("GET / HTTP/1.1\r\nHost: {}\r\n\r\n", "CANARY".repeat(100));
    let mut client = server.client();
    client.send(long);
    assert_told(&server, &client.rest(), Some(&here));
}

#[test]
fn plain_http_of_every_form_is_told() {
    let server = start();
    let here = format!("https://{}", server.address());
    let many = "CANARY: a\r\n".repeat(200);
    for request in [
        "GET / HTTP/1.0\r\n\r\n",
        "GET http://CANARY@app/ HTTP/1.1\r\nHost: a\r\n\r\n",
        "OPTIONS * HTTP/1.0\r\n\r\n",
        "CONNECT CANARY.example HTTP/1.0\r\n\r\n",
        "GET /CANARY\r\n\r\n",
        "\r\nGET / HTTP/1.0\r\n\r\n",
        "\n\r\nGET / HTTP/1.0\r\n\r\n",
        "CANARY\r\n\r\n",
        &format!("GET / HTTP/1.1\r\nHost: a\r\n{many}\r\n"),
        "POST / HTTP/1.1\r\nContent-Length: 6\r\n\r\nCANARY",
        "POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 6\r\n\r\n",
    ] {
        let mut client = server.client();
        client.send(request);
        assert_told(&server, &client.rest(), Some(&here));
    }
    assert!(server.metrics.tls_handshake_failures.get() > 0);
}

#[tokio::test]
async fn prior_knowledge_of_http2_is_told_in_http2() {
    let server = start();
    let stream = TcpStream::connect(server.address()).await.unwrap();
    let (mut requests, connection) = h2::client::handshake(stream).await.unwrap();
    let connection = tokio::spawn(connection);
    let request = Request::get("http://app.example:8443/CANARY?code=CANARY");
    let (answer, _) = requests
        .send_request(request.body(()).unwrap(), true)
        .unwrap();
    let (parts, mut body) = answer.await.unwrap().into_parts();
    assert_eq!(parts.status, 400);
    let page = body.data().await.unwrap().unwrap();
    assert_eq!(
        page,
        format!("rescope: {WHY}; use https://app.example:8443\n")
    );
    // It is closed by itself, well before it would be for being idle.
    let closed = tokio::time::timeout(LIMIT, connection).await;
    closed.expect("it is kept").unwrap().unwrap();
}

/// A reset would destroy the page before it is read.
#[test]
fn plain_upload_is_no_reason_for_a_reset() {
    let server = start();
    let mut client = server.client();
    let length = 1 << 20;
    client.send(format!(
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n"
    ));
    client.send("a".repeat(length));
    assert!(client.message().ends_with("https://a\n"));
    assert!(!client.is_reset());
}

#[test]
fn plain_http_that_drips_or_is_endless_is_told_and_closed() {
    let timeouts = Timeouts {
        header_read: SHORT,
        tls_handshake: SHORT,
        ..Timeouts::default()
    };
    let limits = Limits {
        header_size: 8 * 1024,
        ..Limits::default()
    };
    let server = with(Setup {
        timeouts,
        limits,
        ..Setup::default()
    });
    let here = format!("https://{}", server.address());
    let endless = format!(
        "GET / HTTP/1.1\r\nHost: CANARY\r\nA: {}",
        "a".repeat(64 * 1024)
    );
    for sent in ["G", "GET / HTTP/1.1\r\nHost: CANARY\r\n", &endless] {
        let mut client = server.client();
        client.send(sent);
        assert_told(&server, &client.rest(), Some(&here));
    }
}

#[test]
fn plain_http_is_told_the_address_of_the_proxy_header() {
    let server = with(Setup {
        proxy_protocol: true,
        ..Setup::default()
    });
    let mut client = server.client();
    client.send("PROXY TCP4 192.0.2.7 192.0.2.1 1000 443\r\nGET / HTTP/1.0\r\n\r\n");
    assert_told(&server, &client.rest(), Some("https://192.0.2.1:443"));
    assert!(server.logged(WHY).contains("peer=Some(192.0.2.7:1000)"));
}

#[test]
fn plain_http_is_told_over_a_unix_socket() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let server = with(Setup {
        addresses: vec![(Address::Unix(path.clone()), None)],
        ..Setup::default()
    });
    for (line, origin) in [
        ("Host: app.example\r\n", Some("https://app.example")),
        ("", None),
    ] {
        let mut client = UnixStream::connect(&path).unwrap();
        client.set_read_timeout(Some(LIMIT)).unwrap();
        write!(client, "GET / HTTP/1.0\r\n{line}\r\n").unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).unwrap();
        assert_told(&server, &answer, origin);
    }
}

/// A handshake with this certificate works over a Unix socket too, whose first byte is looked at
/// in another way.
#[test]
fn handshake_is_done_over_a_unix_socket() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let identity = Identity::new();
    let config = identity.server(&["http/1.1"]);
    let _server = Running::with(Setup {
        addresses: vec![(Address::Unix(path.clone()), Some(config))],
        ..Setup::default()
    });
    let stream = UnixStream::connect(&path).unwrap();
    let client = ClientConnection::new(identity.client(&[]), "localhost".try_into().unwrap());
    let mut stream = StreamOwned::new(client.unwrap(), stream);
    stream
        .write_all(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.ends_with("ok"), "{answer}");
}

/// A client that trusts nothing.
fn stranger(versions: &[&'static rustls::SupportedProtocolVersion]) -> Arc<ClientConfig> {
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    let config = config.with_protocol_versions(versions).unwrap();
    let config = config.with_root_certificates(RootCertStore::empty());
    Arc::new(config.with_no_client_auth())
}

#[test]
fn client_that_does_not_trust_the_certificate_is_told_of_with_the_way_out() {
    for version in [&version::TLS12, &version::TLS13] {
        let server = start();
        let name = "localhost".try_into().unwrap();
        let client = ClientConnection::new(stranger(&[version]), name).unwrap();
        let stream = std::net::TcpStream::connect(server.address()).unwrap();
        let mut stream = StreamOwned::new(client, stream);
        stream
            .write_all(b"GET /CANARY HTTP/1.1\r\n\r\n")
            .unwrap_err();
        let line = server.logged("TLS handshake failed");
        let why = "the client does not trust the certificate (unknown_ca): trust it";
        assert!(line.contains(" INFO ") && line.contains(why), "{line}");
        assert!(line.contains("peer=Some(127.0.0.1:"), "{line}");
    }
}

/// As Node does, which looks at the certificate behind the handshake.
#[test]
fn client_that_hangs_up_is_told_of() {
    let identity = Identity::new();
    let server = Running::with(Setup {
        addresses: vec![(any_port(), Some(identity.server(&[])))],
        ..Setup::default()
    });
    let name = "localhost".try_into().unwrap();
    let mut client = ClientConnection::new(identity.client(&[]), name).unwrap();
    let mut stream = std::net::TcpStream::connect(server.address()).unwrap();
    while client.is_handshaking() {
        client.complete_io(&mut stream).unwrap();
    }
    drop(stream);
    let why = "the client hung up without a word";
    assert!(server.logged(why).contains("trust it"));
}

#[test]
fn handshake_that_fails_is_told_with_its_reason() {
    let no_tls = "what the client sent is not TLS";
    for (sent, why) in [
        (&b"\x80\x2e\x01\x00\x02"[..], no_tls),
        (b"\x00\x00\x00\x00\x00\x00", no_tls),
        (b"\x16\x03\x01\x02", "the client hung up without a word"),
        (
            b"\x15\x03\x01\x00\x02\x02\x28",
            "the client gave up (HandshakeFailure)",
        ),
    ] {
        let server = start();
        let mut client = server.client();
        client.send(sent);
        client.finish();
        let line = server.logged("TLS handshake failed");
        assert!(line.contains(why), "{sent:?}: {line}");
        eventually(|| server.metrics.tls_handshake_failures.get() == 1);
    }
}

#[test]
fn handshake_that_is_late_is_told_with_the_key() {
    let timeouts = Timeouts {
        tls_handshake: SHORT,
        ..Timeouts::default()
    };
    for sent in [&b"\x16\x03\x01\x02"[..], b""] {
        let server = with(Setup {
            timeouts,
            ..Setup::default()
        });
        let mut client = server.client();
        client.send(sent);
        let line = server.logged("TLS handshake failed");
        let why = "it took more than 300ms ([timeouts] tls_handshake)";
        assert!(line.contains(why), "{line}");
    }
}

#[test]
fn client_that_is_too_old_is_told_of() {
    let identity = Identity::new();
    let server = Running::with(Setup {
        addresses: vec![(any_port(), Some(identity.server(&["h2"])))],
        ..Setup::default()
    });
    let name = "localhost".try_into().unwrap();
    let client = ClientConnection::new(identity.client(&["spdy/3"]), name).unwrap();
    let stream = std::net::TcpStream::connect(server.address()).unwrap();
    let mut stream = StreamOwned::new(client, stream);
    stream.write_all(b"a").unwrap_err();
    let why = "the client speaks none of h2, http/1.1 and http/1.0";
    assert!(server.logged("TLS handshake failed").contains(why));
    // A hello of TLS 1.0 without extensions.
    let hello = [
        &[0x16, 3, 1, 0, 45, 1, 0, 0, 41, 3, 1][..],
        &[7; 32],
        &[0, 0, 2, 0, 0x2f, 1, 0],
    ];
    let mut client = server.client();
    client.send(hello.concat());
    client.rest();
    server.logged("the client speaks no TLS that is spoken here");
}

/// Has a certificate for nobody, as where clients know other kinds of keys.
#[derive(Debug)]
struct NoKey;

impl ResolvesServerCert for NoKey {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        None
    }
}

#[test]
fn client_that_takes_no_key_of_ours_is_told_of() {
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    let config = config.with_safe_default_protocol_versions().unwrap();
    let config = config.with_no_client_auth();
    let config = config.with_cert_resolver(Arc::new(NoKey));
    let server = Running::with(Setup {
        addresses: vec![(any_port(), Some(Arc::new(config)))],
        ..Setup::default()
    });
    let name = "localhost".try_into().unwrap();
    let client = ClientConnection::new(Identity::new().client(&[]), name).unwrap();
    let stream = std::net::TcpStream::connect(server.address()).unwrap();
    let mut stream = StreamOwned::new(client, stream);
    stream.write_all(b"a").unwrap_err();
    let line = server.logged("TLS handshake failed");
    let why = "the client takes no kind of key (RSA, ECDSA) that a certificate here has";
    assert!(line.contains(why), "{line}");
}

#[test]
fn client_that_says_nothing_and_closes_is_not_told_of() {
    let server = start();
    drop(server.client());
    server.client().reset();
    eventually(|| server.metrics.tls_handshake_failures.get() == 2);
    let log = server.log();
    assert!(
        log.iter().all(|line| !line.contains("handshake")),
        "{log:?}"
    );
}

#[test]
fn flood_of_handshakes_is_told_in_a_bounded_number_of_lines() {
    let server = start();
    for _ in 0..200 {
        let mut client = server.client();
        client.send(b"\x80\x2e\x01\x00\x02");
        client.rest();
    }
    eventually(|| server.metrics.tls_handshake_failures.get() == 200);
    let lines = server.log();
    let told = lines
        .iter()
        .filter(|line| line.contains("handshake failed"))
        .count();
    // One more minute may have begun.
    assert!((60..=120).contains(&told), "{told}");
    let mut other = Wire::connect(server.address());
    other.send("GET / HTTP/1.0\r\n\r\n");
    assert_told(
        &server,
        &other.rest(),
        Some(&format!("https://{}", server.address())),
    );
}
