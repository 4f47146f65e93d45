//! What the server refuses itself says why, in a page and in a line at info, and
//! which limit is in the way; and nothing that was sent.

use http::{Request, StatusCode};
use rescope::server::{Limits, Timeouts};
use tokio::net::TcpStream;

use crate::raw::field;
use crate::running::{Running, SHORT, Setup, eventually};

const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

const SIZE: &str = "the head of the request has more than 16384 bytes ([limits] header_size)";
const COUNT: &str = "the head of the request has more than 20 fields ([limits] header_count)";

fn narrow() -> Running {
    Running::with(Setup {
        limits: Limits {
            header_size: 16 * 1024,
            header_count: 20,
            ..Limits::default()
        },
        ..Setup::default()
    })
}

fn lines(count: usize) -> String {
    (0..count).map(|at| format!("a{at}: CANARY\r\n")).collect()
}

/// Checks a page of the server's own in HTTP/1.1, and that it is told.
fn assert_refused(server: &Running, answer: &str, status: u16, why: &str) {
    let (head, page) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
    assert_eq!(page, format!("rescope: {why}\n"));
    assert_eq!(
        field(answer, "content-length"),
        Some(&*page.len().to_string())
    );
    assert_eq!(field(answer, "connection"), Some("close"));
    assert_eq!(field(answer, "cache-control"), Some("no-store"));
    let kind = Some("rescope; error=http_request_error");
    assert_eq!(field(answer, "proxy-status"), kind);
    assert!(field(answer, "date").is_some(), "{answer}");
    let line = server.logged(why);
    assert!(
        line.contains(" INFO ") && line.contains("peer=Some(127.0.0.1:"),
        "{line}"
    );
    assert!(line.contains(&format!("status={status} ")), "{line}");
    assert!(
        !line.contains("CANARY") && !answer.contains("CANARY"),
        "{line} {answer}"
    );
}

#[test]
fn head_beyond_a_limit_is_told_with_the_key() {
    let large = format!("a: {}\r\n", "b".repeat(17_000));
    let many = "the head of the request has more than 100 fields ([limits] header_count)";
    for (fields, why) in [(lines(30), COUNT), (lines(200), many), (large, SIZE)] {
        let server = narrow();
        let mut client = server.client();
        client.send(format!("GET /?CANARY HTTP/1.1\r\nHost: a\r\n{fields}\r\n"));
        assert_refused(&server, &client.rest(), 431, why);
        eventually(|| server.metrics.refused_requests.get() == 1);
    }
}

#[test]
fn head_that_is_not_valid_is_told() {
    let malformed = "the head of the request is not valid HTTP";
    let long = "the target of the request has more than 65534 bytes";
    for (head, status, why) in [
        ("GET /CANARY<\r\n HTTP/1.1".to_owned(), 400, malformed),
        ("CANARY\r\n".to_owned(), 400, malformed),
        ("GET / HTTP/1.1\r\nCANARY : b".to_owned(), 400, malformed),
        (
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551615".to_owned(),
            400,
            "the Content-Length is not valid",
        ),
        (format!("GET /{} HTTP/1.1", "a".repeat(65_535)), 414, long),
    ] {
        let server = Running::with(Setup {
            limits: Limits {
                header_size: 128 * 1024,
                ..Limits::default()
            },
            ..Setup::default()
        });
        let mut client = server.client();
        client.send(format!("{head}\r\n\r\n"));
        assert_refused(&server, &client.rest(), status, why);
    }
}

#[test]
fn head_that_is_late_is_told_with_the_key() {
    let server = Running::timed(Timeouts {
        header_read: SHORT,
        ..Timeouts::default()
    });
    let mut client = server.client();
    client.send("GET /CANARY HTTP/1.1\r\nHost: a\r\n");
    let why = "the head of the request took more than 300ms ([timeouts] header_read)";
    assert_refused(&server, &client.rest(), 408, why);
}

/// It stands where hyper's own would, behind all other answers.
#[test]
fn refusal_comes_behind_the_answers_before_it() {
    let server = narrow();
    let mut client = server.client();
    client.send(format!("{GET}{GET}GET / HTTP/1.1\r\n{}\r\n", lines(200)));
    for _ in 0..2 {
        assert!(client.message().ends_with("\r\n\r\nok"));
    }
    assert!(client.rest().starts_with("HTTP/1.1 431 "));
    let mut client = server.client();
    client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbodynonsense\r\n\r\n");
    assert!(client.message().ends_with("\r\n\r\nbody"));
    let answer = client.rest();
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    assert!(answer.ends_with("is not valid HTTP\n"), "{answer}");
}

#[test]
fn refusal_of_head_has_no_content() {
    let server = narrow();
    for count in [30, 200] {
        let mut client = server.client();
        client.send(format!(
            "HEAD / HTTP/1.1\r\nHost: a\r\n{}\r\n",
            lines(count)
        ));
        let answer = client.rest();
        assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
        assert!(answer.ends_with("\r\n\r\n"), "{answer}");
        assert_ne!(field(&answer, "content-length"), Some("0"));
    }
}

/// What a tunnel carries is nobody's refusal, whatever it looks like.
#[test]
fn tunnel_carries_what_looks_like_a_refusal() {
    let server = Running::start();
    let mut client = server.client();
    client.send("GET /tunnel HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n");
    assert!(client.head().starts_with("HTTP/1.1 101 "));
    let refusal = "HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
    for _ in 0..2 {
        client.send(refusal);
        assert_eq!(client.exactly(refusal.len()), refusal.as_bytes());
    }
}

/// A reset would destroy the page before it is read.
#[test]
fn client_that_sends_on_can_read_its_refusal() {
    let server = narrow();
    let mut client = server.client();
    let more = "a".repeat(512 << 10);
    client.send(format!("GET / HTTP/1.1\r\n{}\r\n{more}", lines(200)));
    assert!(client.message().starts_with("HTTP/1.1 431 "));
    client.send(more);
    assert!(!client.is_reset());
}

#[test]
fn client_that_never_closes_does_not_keep_a_refused_connection() {
    let server = narrow();
    let mut client = server.client();
    client.send("nonsense\r\n\r\n");
    client.message();
    // The end comes from the server alone; then there is nobody to send to.
    assert_eq!(client.rest(), "");
    let start = std::time::Instant::now();
    while client.try_send("a") {
        assert!(start.elapsed() < crate::raw::LIMIT, "it is kept");
        std::thread::sleep(SHORT);
    }
}

#[test]
fn flood_of_refusals_is_told_in_a_bounded_number_of_lines() {
    let server = narrow();
    for _ in 0..200 {
        let mut client = server.client();
        client.send("nonsense\r\n\r\n");
        client.rest();
    }
    eventually(|| server.metrics.refused_requests.get() == 200);
    let lines = server.log();
    let told = lines.iter().filter(|line| line.contains("request refused"));
    // One more minute may have begun.
    let told = told.count();
    assert!((60..=120).contains(&told), "{told}");
}

/// Sends a request over HTTP/2 and returns the status and the page.
async fn over_http2(server: &Running, request: Request<()>) -> (StatusCode, String) {
    let stream = TcpStream::connect(server.address()).await.unwrap();
    let (mut requests, connection) = h2::client::handshake(stream).await.unwrap();
    tokio::spawn(connection);
    let (answer, _) = requests.send_request(request, true).unwrap();
    let (parts, mut body) = answer.await.unwrap().into_parts();
    let mut page = Vec::new();
    while let Some(piece) = body.data().await {
        page.extend(piece.unwrap());
    }
    (parts.status, String::from_utf8(page).unwrap())
}

fn with_fields(fields: impl IntoIterator<Item = (String, String)>) -> Request<()> {
    let mut request = Request::get("http://a.example/");
    for (name, value) in fields {
        request = request.header(name, value);
    }
    request.body(()).unwrap()
}

fn cookies(count: usize, length: usize) -> impl Iterator<Item = (String, String)> {
    let cookie = move |at| {
        (
            "cookie".to_owned(),
            format!("{at:0>4}={:a<1$}", "", length - 5),
        )
    };
    (0..count).map(cookie)
}

/// RFC 9113 8.2.3: browsers send a field for each.
#[tokio::test]
async fn cookies_count_as_one_line_in_http2() {
    let server = Running::start();
    for (count, length) in [(120, 20), (1000, 20), (2900, 20), (5000, 11)] {
        let fields = cookies(count, length);
        let (status, page) = over_http2(&server, with_fields(fields)).await;
        assert_eq!(
            (status, &*page),
            (StatusCode::OK, "ok"),
            "{count} of {length}"
        );
    }
}

#[tokio::test]
async fn head_beyond_a_limit_is_told_with_the_key_in_http2() {
    let server = narrow();
    let many = (0..21).map(|at| (format!("a{at}"), "CANARY".to_owned()));
    let large = [("a".to_owned(), "CANARY".repeat(3000))];
    for (fields, why) in [
        (many.collect(), COUNT),
        (large.into(), SIZE),
        (cookies(800, 20).collect(), SIZE),
    ] {
        let fields: Vec<_> = fields;
        let (status, page) = over_http2(&server, with_fields(fields)).await;
        assert_eq!(status, StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
        assert_eq!(page, format!("rescope: {why}\n"));
        assert!(!server.logged(why).contains("CANARY"));
    }
    let allowed = (0..18).map(|at| (format!("a{at}"), "b".to_owned()));
    let allowed = allowed.chain(cookies(600, 20));
    let (status, _) = over_http2(&server, with_fields(allowed)).await;
    assert_eq!(status, StatusCode::OK);
}

/// RFC 9110 9.3.2; in HTTP/2 content behind such a head is a protocol error.
#[tokio::test]
async fn refusal_of_head_has_no_content_in_http2() {
    let server = narrow();
    let mut request = with_fields((0..21).map(|at| (format!("a{at}"), "b".to_owned())));
    *request.method_mut() = http::Method::HEAD;
    let (status, page) = over_http2(&server, request).await;
    assert_eq!(status, StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
    assert_eq!(page, "");
}
