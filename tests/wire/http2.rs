//! HTTP/2 in front, on the plain port by prior knowledge, of an app that speaks HTTP/1.1.

use h2::{Reason, ext::Protocol};
use http::{Method, Request, StatusCode};
use hyper::body::Bytes;

use crate::http2_client::{Client, request};
use crate::raw::{App, Wire, field};
use crate::running::Rescope;

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

fn start() -> (App, Rescope, Client) {
    let app = App::start();
    let rescope = Rescope::start(app.address());
    let client = Client::connect(rescope.address);
    (app, rescope, client)
}

/// Plays the app for one exchange, and returns what it was sent.
fn answer(app: &App, response: &str) -> (String, Wire) {
    let mut server = app.accept();
    let request = server.message();
    server.send(response);
    (request, server)
}

#[test]
fn redirect_is_rewritten() {
    let (app, _rescope, mut client) = start();
    let sent = client.send(request("/login"), true);
    let location = "https://zoom.us/oauth/authorize?client_id=a&scope=b&state=c";
    answer(
        &app,
        &format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n"),
    );
    let response = client.block_on(sent.answer).unwrap();
    assert_eq!(response.status(), StatusCode::FOUND);
    let expected = "https://zoom.us/oauth/authorize?client_id=a&state=c";
    assert_eq!(response.headers()["location"], expected);
}

#[test]
fn authority_becomes_host() {
    let (app, _rescope, mut client) = start();
    let sent = client.send(request("/a?b=c"), true);
    let (got, _server) = answer(&app, OK);
    assert_eq!(got, "GET /a?b=c HTTP/1.1\r\nhost: app.example:8080\r\n\r\n");
    let response = client.block_on(sent.answer).unwrap();
    assert_eq!(client.body(response.into_body()).0.unwrap(), b"ok");
}

/// RFC 9113 8.2.3: browsers send a field for each, and on localhost all ports share them.
#[test]
fn many_cookies_reach_the_app_in_one_line() {
    let (app, _rescope, mut client) = start();
    let cookies: Vec<_> = (0..1000)
        .map(|at| format!("{at:0>4}={:a<15}", ""))
        .collect();
    let mut asked = request("/");
    for cookie in &cookies {
        asked
            .headers_mut()
            .append("cookie", cookie.parse().unwrap());
    }
    let sent = client.send(asked, true);
    let (got, _server) = answer(&app, OK);
    assert_eq!(field(&got, "cookie"), Some(&*cookies.join("; ")));
    let response = client.block_on(sent.answer).unwrap();
    assert_eq!(response.status(), StatusCode::OK);
}

#[test]
fn host_that_says_the_same_is_accepted_and_another_refused() {
    let (app, _rescope, mut client) = start();
    let mut same = request("/");
    let host = "APP.example:8080".parse().unwrap();
    same.headers_mut().insert("host", host);
    let sent = client.send(same, true);
    let (got, _server) = answer(&app, OK);
    assert_eq!(field(&got, "host"), Some("app.example:8080"));
    client.block_on(sent.answer).unwrap();
    for other in [
        "other.example:8080",
        "app.example",
        "a@app.example:8080",
        "a b",
    ] {
        let mut request = request("/");
        request.headers_mut().insert("host", other.parse().unwrap());
        assert_eq!(
            client.get(request).status(),
            StatusCode::BAD_REQUEST,
            "{other}"
        );
    }
    assert!(!app.has_caller());
}

#[test]
fn authority_with_user_information_is_refused() {
    let (app, _rescope, mut client) = start();
    let request = Request::get("http://user@app.example/").body(()).unwrap();
    assert_eq!(client.get(request).status(), StatusCode::BAD_REQUEST);
    assert!(!app.has_caller());
}

#[test]
fn cookie_crumbs_become_one_line() {
    let (app, _rescope, mut client) = start();
    let mut request = request("/");
    for crumb in ["a=1", "b=2", "c=3"] {
        request
            .headers_mut()
            .append("cookie", crumb.parse().unwrap());
    }
    let sent = client.send(request, true);
    let (got, _server) = answer(&app, OK);
    assert_eq!(got.matches("cookie:").count(), 1, "{got}");
    assert_eq!(field(&got, "cookie"), Some("a=1; b=2; c=3"));
    client.block_on(sent.answer).unwrap();
}

#[test]
fn body_without_a_length_is_chunked_even_with_get() {
    for method in [Method::GET, Method::HEAD, Method::POST] {
        let (app, _rescope, mut client) = start();
        let mut request = request("/");
        *request.method_mut() = method;
        let mut sent = client.send(request, false);
        sent.body
            .send_data(Bytes::from_static(b"data"), true)
            .unwrap();
        let (got, _server) = answer(&app, "HTTP/1.1 204 No Content\r\n\r\n");
        assert_eq!(field(&got, "transfer-encoding"), Some("chunked"), "{got}");
        assert!(got.ends_with("4\r\ndata\r\n0\r\n\r\n"), "{got}");
        client.block_on(sent.answer).unwrap();
    }
}

#[test]
fn hop_by_hop_fields_of_the_app_do_not_reach_http2() {
    for status in ["200 OK", "426 Upgrade Required"] {
        let (app, _rescope, mut client) = start();
        let sent = client.send(request("/"), true);
        let lines = "Connection: keep-alive, X-Hop, upgrade\r\nKeep-Alive: timeout=5\r\n\
            X-Hop: 1\r\nProxy-Connection: close\r\nUpgrade: h2\r\nTransfer-Encoding: chunked\r\nX-End: 2\r\n";
        answer(
            &app,
            &format!("HTTP/1.1 {status}\r\n{lines}\r\n2\r\nok\r\n0\r\n\r\n"),
        );
        let response = client.block_on(sent.answer).unwrap();
        let names: Vec<_> = response
            .headers()
            .keys()
            .map(|name| name.as_str())
            .collect();
        assert_eq!(names, ["x-end"], "{status}");
        assert_eq!(client.body(response.into_body()).0.unwrap(), b"ok");
    }
}

#[test]
fn answers_without_a_body_say_what_the_app_said() {
    for (method, head, length) in [
        (Method::HEAD, "200 OK\r\nContent-Length: 55\r\n", Some("55")),
        (
            Method::HEAD,
            "200 OK\r\nTransfer-Encoding: chunked\r\n",
            None,
        ),
        (
            Method::HEAD,
            "200 OK\r\nTransfer-Encoding: identity\r\n",
            None,
        ),
        (
            Method::GET,
            "304 Not Modified\r\nTransfer-Encoding: gzip, chunked\r\n",
            None,
        ),
        (Method::GET, "204 No Content\r\n", None),
        (Method::GET, "304 Not Modified\r\nETag: \"a\"\r\n", None),
        (Method::GET, "302 Found\r\nContent-Length: 0\r\n", Some("0")),
    ] {
        let (app, _rescope, mut client) = start();
        let mut request = request("/");
        *request.method_mut() = method;
        let sent = client.send(request, true);
        let (_, _server) = answer(&app, &format!("HTTP/1.1 {head}\r\n"));
        let response = client.block_on(sent.answer).unwrap();
        assert_eq!(response.status().as_str(), &head[..3]);
        let found = response.headers().get("content-length");
        assert_eq!(found.map(|it| it.to_str().unwrap()), length, "{head}");
        assert!(!response.headers().contains_key("transfer-encoding"));
        assert_eq!(client.body(response.into_body()).0.unwrap(), b"");
    }
}

#[test]
fn trailers_of_the_app_reach_the_client() {
    let (app, _rescope, mut client) = start();
    let mut request = request("/");
    request
        .headers_mut()
        .insert("te", "trailers".parse().unwrap());
    let sent = client.send(request, true);
    let (got, _server) = answer(
        &app,
        "HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 7\r\n\r\n",
    );
    assert_eq!(field(&got, "te"), Some("trailers"));
    let response = client.block_on(sent.answer).unwrap();
    let (body, trailers) = client.body(response.into_body());
    assert_eq!(body.unwrap(), b"ok");
    assert_eq!(trailers.unwrap()["x-sum"], "7");
}

#[test]
fn answer_that_breaks_off_is_reset_and_never_ended() {
    let (app, _rescope, mut client) = start();
    let sent = client.send(request("/"), true);
    let (_, server) = answer(&app, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok");
    // A reset overtakes what is not out yet, the head too.
    let response = client.block_on(sent.answer).unwrap();
    drop(server);
    let error = client.body(response.into_body()).0.unwrap_err();
    assert_eq!(error.reason(), Some(Reason::INTERNAL_ERROR));
}

#[test]
fn reset_stream_closes_the_apps_connection() {
    let (app, _rescope, mut client) = start();
    let mut sent = client.send(request("/"), true);
    let mut server = app.accept();
    server.head();
    sent.body.send_reset(Reason::CANCEL);
    assert_eq!(server.rest(), "");
}

#[test]
fn early_answer_reaches_the_client_while_it_sends() {
    let (app, _rescope, mut client) = start();
    let mut request = request("/");
    *request.method_mut() = Method::POST;
    let mut sent = client.send(request, false);
    sent.body
        .send_data(Bytes::from_static(b"some"), false)
        .unwrap();
    let mut server = app.accept();
    server.until(b"some");
    server.send("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno");
    let response = client.block_on(sent.answer).unwrap();
    drop(server);
    assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(client.body(response.into_body()).0.unwrap(), b"no");
}

#[test]
fn connect_is_refused() {
    let (app, _rescope, mut client) = start();
    let request = Request::connect("app.example:443").body(()).unwrap();
    assert_eq!(client.get(request).status(), StatusCode::METHOD_NOT_ALLOWED);
    assert!(!app.has_caller());
}

#[test]
fn options_of_the_whole_server_stays_so() {
    let (app, _rescope, mut client) = start();
    let mut request = request("/");
    *request.method_mut() = Method::OPTIONS;
    *request.uri_mut() = {
        let mut parts = request.uri().clone().into_parts();
        parts.path_and_query = Some("*".parse().unwrap());
        http::Uri::from_parts(parts).unwrap()
    };
    let sent = client.send(request, true);
    let (got, _server) = answer(&app, OK);
    assert!(got.starts_with("OPTIONS * HTTP/1.1\r\n"), "{got}");
    client.block_on(sent.answer).unwrap();
}

/// An extended CONNECT for `protocol` (RFC 8441 section 4).
pub fn extended_connect(protocol: &'static str) -> Request<()> {
    let mut request = request("/chat");
    *request.method_mut() = Method::CONNECT;
    let headers = request.headers_mut();
    headers.insert("sec-websocket-version", "13".parse().unwrap());
    headers.insert("sec-websocket-protocol", "chat".parse().unwrap());
    request
        .extensions_mut()
        .insert(Protocol::from_static(protocol));
    request
}

/// The accept value that goes with the key in `head` (RFC 6455 section 4.2.2).
pub fn accept(head: &str) -> String {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    use sha1::{Digest, Sha1};
    let key = field(head, "sec-websocket-key").unwrap();
    let proof = format!("{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    STANDARD.encode(Sha1::digest(proof))
}

#[test]
fn websocket_over_http2_becomes_an_upgrade() {
    let (app, _rescope, mut client) = start();
    let mut sent = client.send(extended_connect("websocket"), false);
    let mut server = app.accept();
    let head = server.head();
    assert!(head.starts_with("GET /chat HTTP/1.1\r\n"), "{head}");
    assert_eq!(field(&head, "host"), Some("app.example:8080"));
    assert_eq!(field(&head, "upgrade"), Some("websocket"));
    assert_eq!(field(&head, "connection"), Some("Upgrade"));
    assert_eq!(field(&head, "sec-websocket-version"), Some("13"));
    assert_eq!(field(&head, "sec-websocket-key").unwrap().len(), 24);
    assert_eq!(field(&head, "transfer-encoding"), None);
    let accept = accept(&head);
    server.send(format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {accept}\r\nSec-WebSocket-Protocol: chat\r\n\r\nfirst"
    ));
    let response = client.block_on(sent.answer).unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let names: Vec<_> = response
        .headers()
        .keys()
        .map(|name| name.as_str())
        .collect();
    assert_eq!(names, ["sec-websocket-protocol"]);
    let mut body = response.into_body();
    let first = client.block_on(body.data()).unwrap().unwrap();
    assert_eq!(first, "first");
    sent.body
        .send_data(Bytes::from_static(b"up"), false)
        .unwrap();
    assert_eq!(server.exactly(2), b"up");
    server.send("down");
    let down = client.block_on(body.data()).unwrap().unwrap();
    assert_eq!(down, "down");
    // The end of one side is passed on, and then that of the other.
    sent.body.send_data(Bytes::new(), true).unwrap();
    assert_eq!(server.rest(), "");
    drop(server);
    assert!(
        client
            .block_on(body.data())
            .is_none_or(|end| end.is_ok_and(|end| end.is_empty()))
    );
}

#[test]
fn websocket_over_http2_that_the_app_refuses_is_an_answer() {
    let (app, _rescope, mut client) = start();
    let sent = client.send(extended_connect("websocket"), false);
    let (_, _server) = answer(
        &app,
        "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno",
    );
    let response = client.block_on(sent.answer).unwrap();
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    assert_eq!(client.body(response.into_body()).0.unwrap(), b"no");
}

#[test]
fn websocket_over_http2_whose_key_was_not_read_is_a_failure() {
    let (app, _rescope, mut client) = start();
    let sent = client.send(extended_connect("websocket"), false);
    let (_, mut server) = answer(
        &app,
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
    );
    let response = client.block_on(sent.answer).unwrap();
    assert_eq!(response.status(), StatusCode::BAD_GATEWAY);
    assert_eq!(server.rest(), "");
}

#[test]
fn other_protocols_in_an_extended_connect_are_not_supported() {
    let (app, _rescope, mut client) = start();
    let response = client.get(extended_connect("connect-udp"));
    assert_eq!(response.status(), StatusCode::NOT_IMPLEMENTED);
    assert!(!app.has_caller());
}

#[test]
fn length_of_an_answer_without_content_goes() {
    let (app, _rescope, mut client) = start();
    let sent = client.send(request("/"), true);
    answer(&app, "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n");
    let response = client.block_on(sent.answer).unwrap();
    assert_eq!(response.status(), StatusCode::NO_CONTENT);
    assert!(!response.headers().contains_key("content-length"));
}

#[test]
fn length_that_is_written_twice_arrives_once() {
    let (app, _rescope, mut client) = start();
    let sent = client.send(request("/"), true);
    let twice = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok";
    answer(&app, twice);
    let response = client.block_on(sent.answer).unwrap();
    assert_eq!(
        response.headers().get_all("content-length").iter().count(),
        1
    );
    assert_eq!(client.body(response.into_body()).0.unwrap(), b"ok");
}

#[test]
fn success_without_a_switch_is_no_open_websocket() {
    let (app, _rescope, mut client) = start();
    let sent = client.send(extended_connect("websocket"), false);
    let (_, _server) = answer(&app, OK);
    let response = client.block_on(sent.answer).unwrap();
    assert_eq!(response.status(), StatusCode::BAD_GATEWAY);
}
