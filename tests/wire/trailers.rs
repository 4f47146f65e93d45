//! Trailers: kept apart from the head, and without what is about one connection.

use crate::http2_client::{Client, request};
use crate::raw::{App, field};
use crate::running::{Rescope, exchange};

const BODY: &str = "2\r\nok\r\n0\r\nX-Hop: 1\r\nX-End: 2\r\n\r\n";
const WITHOUT: &str = "2\r\nok\r\n0\r\nx-end: 2\r\n\r\n";

/// RFC 9110 7.6.1: "remove any header or trailer field(s) from the message" that are named.
#[test]
fn trailers_that_connection_names_go() {
    let framing = "Trailer: X-Hop, X-End\r\nTransfer-Encoding: chunked\r\n";
    let takes = "TE: trailers\r\n";
    let seen = exchange(
        format!(
            "POST / HTTP/1.1\r\nHost: app\r\n{takes}Connection: TE, x-hop\r\n{framing}\r\n{BODY}"
        ),
        format!("HTTP/1.1 200 OK\r\nConnection: X-HOP\r\n{framing}\r\n{BODY}"),
    );
    let request =
        format!("POST / HTTP/1.1\r\nHost: app\r\n{takes}Connection: TE\r\n{framing}\r\n{WITHOUT}");
    assert_eq!(seen.request, request);
    let response = format!("HTTP/1.1 200 OK\r\n{framing}\r\n{WITHOUT}");
    assert_eq!(seen.response, response);
}

/// In HTTP/2 a trailer about the connection would make the whole answer malformed.
#[test]
fn trailers_about_the_connection_do_not_reach_http2() {
    let app = App::start();
    let rescope = Rescope::start(app.address());
    let mut client = Client::connect(rescope.address);
    let sent = client.send(request("/"), true);
    let mut server = app.accept();
    server.message();
    server.send(
        "HTTP/1.1 200 OK\r\nConnection: X-Hop\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\
         X-Hop: 1\r\nConnection: close\r\nKeep-Alive: 5\r\nTransfer-Encoding: chunked\r\n\
         Content-Length: 9\r\nX-End: 2\r\n\r\n",
    );
    let response = client.block_on(sent.answer).unwrap();
    let (body, trailers) = client.body(response.into_body());
    assert_eq!(body.unwrap(), b"ok");
    let trailers = trailers.unwrap();
    let names: Vec<_> = trailers.keys().map(|name| name.as_str()).collect();
    assert_eq!(names, ["x-end"]);
}

/// RFC 9112 7.1.2: merged, they would say what only a head may.
#[test]
fn trailers_never_become_fields_of_the_head() {
    let framing = "Trailer: Location, Authorization, Set-Cookie\r\nTransfer-Encoding: chunked\r\n";
    let body =
        "2\r\nok\r\n0\r\nLocation: /evil\r\nAuthorization: Basic a\r\nSet-Cookie: a=1\r\n\r\n";
    let seen = exchange(
        format!(
            "POST / HTTP/1.1\r\nHost: app\r\nTE: trailers\r\nConnection: TE\r\n{framing}\r\n{body}"
        ),
        format!("HTTP/1.1 200 OK\r\n{framing}\r\n{body}"),
    );
    for message in [seen.request, seen.response] {
        let (head, body) = message.split_once("\r\n\r\n").unwrap();
        assert_eq!(field(head, "location"), None, "{head}");
        assert_eq!(field(head, "authorization"), None, "{head}");
        assert_eq!(field(head, "set-cookie"), None, "{head}");
        // hyper leaves out what no trailer may say (RFC 9110 6.5.1).
        assert!(body.starts_with("2\r\nok\r\n0\r\n"), "{body}");
    }
}
