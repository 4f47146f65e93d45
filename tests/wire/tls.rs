//! TLS in front: what the app learns of it, and how the connection ends.

use std::{io::Write, sync::Arc};

use http::StatusCode;
use rescope::config::{self, Overrides};
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::http2_client::{Client, request};
use crate::identity::{self, Identity};
use crate::raw::{App, field};
use crate::running::Rescope;

const GET: &str = "GET / HTTP/1.1\r\nHost: app.example\r\nConnection: close\r\n\r\n";
const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// Starts it with a TLS listener alone.
fn start(app: &App, identity: &Identity, configuration: &str) -> Rescope {
    let overrides = Overrides {
        upstream: Some(format!("http://{}", app.address())),
        ..Overrides::default()
    };
    let text = identity.listener() + configuration;
    Rescope::of(config::parse(&text, "proxy.toml", &overrides).unwrap())
}

/// Returns what the app gets for a request with these `lines`, and what the client gets.
fn exchange(configuration: &str, lines: &str) -> (String, String) {
    let (app, identity) = (App::start(), Identity::new());
    let rescope = start(&app, &identity, configuration);
    let client = identity.connect(rescope.address, &["http/1.1"]);
    let request = GET.replace("Connection", &format!("{lines}Connection"));
    std::thread::scope(|scope| {
        let asked = scope.spawn(|| identity::ask(client, &request));
        let mut server = app.accept();
        let head = server.head();
        server.send(OK);
        (head, asked.join().unwrap())
    })
}

const SPOOFED: &str = "X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Proto: http\r\n\
    X-Forwarded-Host: evil.example\r\nX-Forwarded-Port: 1\r\nForwarded: for=6.6.6.6;proto=http\r\n";

/// An app that does not learn of TLS makes a redirect_uri with http.
#[test]
fn app_behind_tls_is_told_of_it_and_nothing_that_the_client_says() {
    let (head, answer) = exchange("", SPOOFED);
    assert_eq!(field(&head, "x-forwarded-proto"), Some("https"));
    assert_eq!(field(&head, "x-forwarded-for"), Some("127.0.0.1"));
    assert_eq!(field(&head, "x-forwarded-host"), Some("app.example"));
    let expected = "for=127.0.0.1;host=\"app.example\";proto=https";
    assert_eq!(field(&head, "forwarded"), Some(expected));
    assert!(
        !head.contains("6.6.6.6") && !head.contains("evil"),
        "{head}"
    );
    assert_eq!(field(&head, "x-forwarded-port"), None);
    assert_eq!(field(&head, "host"), Some("app.example"));
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.ends_with("\r\n\r\nok"), "{answer}");
}

#[test]
fn what_is_written_beats_what_is_usual_for_tls() {
    let (head, _) = exchange("forwarded = 'off'", SPOOFED);
    let lines = format!("GET / HTTP/1.1\r\nHost: app.example\r\n{SPOOFED}\r\n");
    assert_eq!(head, lines);
    let (head, _) = exchange("forwarded = 'append'", "X-Forwarded-For: 6.6.6.6\r\n");
    assert_eq!(field(&head, "x-forwarded-for"), Some("6.6.6.6, 127.0.0.1"));
    assert_eq!(field(&head, "x-forwarded-proto"), Some("https"));
}

#[test]
fn http2_over_tls_tells_the_app_the_same() {
    let (app, identity) = (App::start(), Identity::new());
    let rescope = start(&app, &identity, "");
    let (config, address) = (identity.client(&["h2", "http/1.1"]), rescope.address);
    let mut client = Client::over(async move {
        let stream = TcpStream::connect(address).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        let connector = TlsConnector::from(Arc::clone(&config));
        let stream = connector.connect(name, stream).await.unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
        stream
    });
    let mut asked = request("/login");
    *asked.uri_mut() = "https://app.example/login".parse().unwrap();
    let sent = client.send(asked, true);
    let mut server = app.accept();
    let head = server.head();
    assert_eq!(field(&head, "host"), Some("app.example"));
    assert_eq!(field(&head, "x-forwarded-proto"), Some("https"));
    assert_eq!(field(&head, "x-forwarded-host"), Some("app.example"));
    let location = "https://zoom.us/oauth/authorize?client_id=a&scope=b&state=c";
    server.send(format!(
        "HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n"
    ));
    let response = client.block_on(sent.answer).unwrap();
    assert_eq!(response.status(), StatusCode::FOUND);
    let expected = "https://zoom.us/oauth/authorize?client_id=a&state=c";
    assert_eq!(response.headers()["location"], expected);
}

/// RFC 9110 15.5.20 keeps 421 from proxies: which names are served is the app's to say.
#[test]
fn name_that_is_not_in_the_certificate_is_the_apps_to_judge() {
    let (app, identity) = (App::start(), Identity::new());
    let rescope = start(&app, &identity, "");
    let client = identity.connect(rescope.address, &["http/1.1"]);
    std::thread::scope(|scope| {
        let request = GET.replace("app.example", "elsewhere.example");
        let asked = scope.spawn(move || identity::ask(client, &request));
        let mut server = app.accept();
        assert_eq!(field(&server.head(), "host"), Some("elsewhere.example"));
        server.send("HTTP/1.1 421 Misdirected Request\r\nVary: *\r\nContent-Length: 0\r\n\r\n");
        let answer = asked.join().unwrap();
        assert!(
            answer.starts_with("HTTP/1.1 421 Misdirected Request\r\nVary: *\r\n"),
            "{answer}"
        );
    });
}

/// RFC 9112 9.8: who gets no `close_notify` sees a break.
#[test]
fn answer_that_breaks_off_ends_without_close_notify_or_last_chunk() {
    let (app, identity) = (App::start(), Identity::new());
    let rescope = start(&app, &identity, "");
    let mut client = identity.connect(rescope.address, &["http/1.1"]);
    client.write_all(GET.as_bytes()).unwrap();
    let mut server = app.accept();
    server.head();
    server.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n");
    assert!(identity::head(&mut client).starts_with("HTTP/1.1 200 OK"));
    drop(server);
    let mut rest = Vec::new();
    // Whether it is an error or an end, no last chunk may come.
    let _ = std::io::Read::read_to_end(&mut client, &mut rest);
    assert_eq!(rest, b"2\r\nok\r\n");
}
