//! HTTP/2 behind: apps that speak nothing else (h2c), and apps that agree on it over TLS.

use http::{Method, StatusCode, Version};
use hyper::body::Bytes;
use rescope::config::{self, Overrides};

use crate::frames::{self, DATA, END_HEADERS, END_STREAM, HEADERS, SETTINGS, block, frame};
use crate::http2::extended_connect;
use crate::http2_app::Http2App;
use crate::http2_client::{Client, request};
use crate::identity::Identity;
use crate::raw::{App, Wire, field};
use crate::running::Rescope;

const REWRITTEN: &str = "https://zoom.us/oauth/authorize?client_id=a&state=c";

fn start(upstream: String, text: &str) -> Rescope {
    let overrides = Overrides {
        listen: Some("127.0.0.1:0".to_owned()),
        upstream: Some(upstream),
        ..Overrides::default()
    };
    Rescope::of(config::parse(text, "proxy.toml", &overrides).unwrap())
}

/// An app behind h2c, and one behind TLS that agrees on HTTP/2.
fn apps() -> [(&'static str, Http2App, Rescope); 2] {
    let plain = Http2App::start(None);
    let to_plain = start(
        format!("http://{}", plain.address),
        "upstream_protocol = 'h2c'",
    );
    let (tls, to_tls) = secure();
    [("http", plain, to_plain), ("https", tls, to_tls)]
}

fn secure() -> (Http2App, Rescope) {
    let identity = Identity::new();
    let app = Http2App::start(Some(identity.server(&["h2", "http/1.1"])));
    let upstream = format!("https://localhost:{}", app.address.port());
    let text = format!("ca_file = '{}'", identity.file().display());
    let rescope = start(upstream, &text);
    (app, rescope)
}

#[test]
fn request_of_http1_is_written_as_http2_does() {
    for (scheme, app, rescope) in apps() {
        let mut client = rescope.client();
        client.send(
            "POST /a%2Fb?c=d HTTP/1.1\r\nHost: App.example:81\r\nCookie: a=1; b=2\r\nX-A: 1\r\nx-a: 2\r\n\
             Connection: X-Hop, TE, keep-alive\r\nX-Hop: 1\r\nKeep-Alive: 5\r\nTE: trailers, gzip\r\n\
             Proxy-Connection: close\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n\
             2\r\nup\r\n0\r\nX-Sum: 1\r\n\r\n",
        );
        let got = app.got();
        assert_eq!(got.head.version, Version::HTTP_2);
        assert_eq!(got.head.method, Method::POST);
        let uri = format!("{scheme}://App.example:81/a%2Fb?c=d");
        assert_eq!(got.head.uri.to_string(), uri);
        let fields: Vec<_> = got.head.headers.iter().collect();
        let fields: Vec<_> = fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
            .collect();
        let expected = [
            ("cookie", "a=1; b=2"),
            ("x-a", "1"),
            ("x-a", "2"),
            ("trailer", "X-Sum"),
            ("te", "trailers"),
        ];
        assert_eq!(fields, expected);
        assert_eq!(got.body, b"up");
        assert_eq!(got.trailers.unwrap()["x-sum"], "1");
        let answer = client.message();
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        assert_eq!(field(&answer, "location"), Some(REWRITTEN));
        assert!(
            answer.contains("set-cookie: a=1\r\nset-cookie: b=2\r\n"),
            "{answer}"
        );
        assert!(answer.contains("\r\n4\r\ndown\r\n0\r\n"), "{answer}");
    }
}

#[test]
fn request_of_http2_goes_through_and_comes_back() {
    for (scheme, app, rescope) in apps() {
        let mut client = Client::connect(rescope.address);
        let mut asked = request("/login");
        *asked.method_mut() = Method::POST;
        let headers = asked.headers_mut();
        headers.insert("te", "trailers".parse().unwrap());
        headers.append("cookie", "a=1".parse().unwrap());
        headers.append("cookie", "b=2".parse().unwrap());
        headers.insert("content-type", "application/grpc".parse().unwrap());
        let mut sent = client.send(asked, false);
        sent.body
            .send_data(Bytes::from_static(b"up"), false)
            .unwrap();
        let mut trailers = http::HeaderMap::new();
        trailers.insert("x-sum", "1".parse().unwrap());
        sent.body.send_trailers(trailers).unwrap();
        let got = app.got();
        let uri = format!("{scheme}://app.example:8080/login");
        assert_eq!(got.head.uri.to_string(), uri);
        assert_eq!(got.head.headers["te"], "trailers");
        assert_eq!(got.head.headers["cookie"], "a=1; b=2");
        assert!(!got.head.headers.contains_key("transfer-encoding"));
        assert!(!got.head.headers.contains_key("host"));
        assert_eq!(got.body, b"up");
        assert_eq!(got.trailers.unwrap()["x-sum"], "1");
        let response = client.block_on(sent.answer).unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["location"], REWRITTEN);
        let (body, trailers) = client.body(response.into_body());
        assert_eq!(body.unwrap(), b"down");
        assert_eq!(trailers.unwrap()["x-sum"], "2");
    }
}

/// RFC 9110 7.6.1: a "header or trailer field" goes; HTTP/2 passes all others.
#[test]
fn trailers_that_connection_names_do_not_reach_http2() {
    for (_, app, rescope) in apps() {
        let mut client = rescope.client();
        client.send(
            "POST / HTTP/1.1\r\nHost: app\r\nConnection: X-Hop\r\nTransfer-Encoding: chunked\r\n\r\n\
             2\r\nup\r\n0\r\nX-Hop: 1\r\nX-End: 2\r\nConnection: x\r\nKeep-Alive: 5\r\n\r\n",
        );
        let trailers = app.got().trailers.unwrap();
        let names: Vec<_> = trailers.keys().map(|name| name.as_str()).collect();
        assert_eq!(names, ["x-end"]);
        client.message();
    }
}

const ASK: &str = "GET /chat HTTP/1.1\r\nHost: app\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

/// HTTP/2 has no upgrades, so the app gets them in HTTP/1.1, on a connection of their own.
#[test]
fn websocket_reaches_an_app_that_agrees_on_http2() {
    let (app, rescope) = secure();
    let mut client = rescope.client();
    client.send("GET / HTTP/1.1\r\nHost: app\r\n\r\n");
    assert_eq!(app.got().head.version, Version::HTTP_2);
    client.message();
    client.send(ASK);
    let head = client.head();
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    assert_eq!(app.got_http1(), ASK);
    client.send("echo");
    assert_eq!(client.exactly(4), b"echo");
    client.finish();
    assert_eq!(client.rest(), "");
}

#[test]
fn websocket_over_http2_reaches_an_app_behind_tls() {
    let (app, rescope) = secure();
    let mut client = Client::connect(rescope.address);
    let mut sent = client.send(extended_connect("websocket"), false);
    let head = app.got_http1();
    assert!(head.starts_with("GET /chat HTTP/1.1\r\n"), "{head}");
    assert_eq!(field(&head, "upgrade"), Some("websocket"));
    let response = client.block_on(sent.answer).unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let mut body = response.into_body();
    sent.body
        .send_data(Bytes::from_static(b"e"), false)
        .unwrap();
    assert_eq!(client.block_on(body.data()).unwrap().unwrap(), "e");
}

/// An app that speaks nothing else cannot have one.
#[test]
fn upgrade_to_an_app_that_speaks_h2c_is_no_tunnel() {
    let app = Http2App::start(None);
    let rescope = start(
        format!("http://{}", app.address),
        "upstream_protocol = 'h2c'",
    );
    let mut client: Wire = rescope.client();
    client.send(ASK);
    let got = app.got();
    assert!(!got.head.headers.contains_key("upgrade"));
    assert!(client.message().starts_with("HTTP/1.1 200 OK\r\n"));
}

/// RFC 9113 8.1: one that ends with an interim response is malformed, and told at once.
#[test]
fn answer_that_is_interim_and_no_more_is_a_bad_gateway() {
    let hints = block(&[(":status", "103"), ("link", "</a.css>; rel=preload")]);
    let switch = block(&[(":status", "101")]);
    let answers = [
        frame(HEADERS, END_HEADERS | END_STREAM, 1, &hints),
        frame(HEADERS, END_HEADERS | END_STREAM, 1, &switch),
        [
            frame(HEADERS, END_HEADERS, 1, &hints),
            frame(HEADERS, END_HEADERS | END_STREAM, 1, &hints),
        ]
        .concat(),
        [
            frame(HEADERS, END_HEADERS, 1, &hints),
            frame(DATA, END_STREAM, 1, b""),
        ]
        .concat(),
    ];
    for sent in answers {
        for request in [
            "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nup",
        ] {
            let app = App::start();
            let rescope = start(
                format!("http://{}", app.address()),
                "upstream_protocol = 'h2c'",
            );
            let mut client = rescope.client();
            client.send(request);
            let mut server = app.accept();
            server.until(b"\r\n\r\nSM\r\n\r\n");
            server.send(frame(SETTINGS, 0, 0, &[]));
            while frames::next(&mut server).0 != HEADERS {}
            server.send(&sent);
            let answer = client.head();
            assert!(answer.starts_with("HTTP/1.1 502 "), "{answer}");
            let named = Some("rescope; error=http_protocol_error");
            assert_eq!(field(&answer, "proxy-status"), named);
        }
    }
}
