//! What passes as it came, and what the head of a changed body says.

use super::{CODINGS, CONFIG, STRIPPED, Site, URL, chunk, decode, encode, line};
use crate::raw::{App, field, latin1};
use crate::running::Rescope;

/// Everything that says something about the bytes of a body.
const VALIDATORS: &str = "ETag: \"v1\"\r\nContent-MD5: x\r\nDigest: sha-256=x\r\n\
     Repr-Digest: sha-256=:x:\r\nContent-Digest: sha-256=:x:\r\nAccept-Ranges: bytes\r\n\
     Last-Modified: Thu, 01 Jan 2026 00:00:00 GMT\r\nX-Last: 1\r\n";

fn page(url: &str) -> String {
    format!(
        "<!doctype html><p>{}</p><a href=\"{url}\">x</a>",
        "text ".repeat(500)
    )
}

#[test]
fn body_without_a_match_is_the_same_to_the_byte() {
    for coding in CODINGS {
        let mut site = Site::new(CONFIG);
        for url in ["https://zoom.us/j/123?scope=a", STRIPPED, "/login"] {
            let body = encode(coding, page(url).as_bytes());
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n{}{VALIDATORS}",
                line(coding)
            );
            let sized = format!("{head}Content-Length: {}\r\n\r\n", body.len());
            let got = site.answer(&[&[sized.as_bytes(), &body].concat()]);
            assert_eq!((got.head, got.body), (sized, body.clone()));
            let chunked = format!("{head}Transfer-Encoding: chunked\r\n\r\n");
            let whole = [chunked.as_bytes(), &chunk(&body), b"0\r\n\r\n"].concat();
            let got = site.answer(&[&whole]);
            assert_eq!((got.head, got.body), (chunked, body));
        }
    }
}

/// Long or short, in one piece or as they come.
#[test]
fn body_passes_where_no_policy_may_change_anything() {
    let bodies = format!("{CONFIG}whole = \"1KiB\"\n");
    for config in [
        format!("dry_run = true\n{bodies}"),
        format!("[default]\nscope = \"keep\"\n{bodies}"),
    ] {
        for coding in CODINGS {
            let mut site = Site::new(&config);
            for page in [URL.to_owned(), page(URL).repeat(20)] {
                let body = encode(coding, page.as_bytes());
                let head = format!(
                    "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n{}{VALIDATORS}",
                    line(coding)
                );
                let sized = format!("{head}Content-Length: {}\r\n\r\n", body.len());
                let got = site.answer(&[sized.as_bytes(), &body]);
                assert_eq!(got.head, sized);
                assert!(got.body == body, "{coding:?}");
                let chunked = format!("{head}Transfer-Encoding: chunked\r\n\r\n");
                site.server.send(&chunked);
                // It waits for nothing.
                assert_eq!(site.client.head(), chunked);
                let (first, second) = body.split_at(body.len() / 2);
                let rest = [&chunk(first)[..], &chunk(second), b"0\r\n\r\n"].concat();
                site.server.send(&rest);
                assert!(site.chunked() == body, "{coding:?}");
                site.client.send(super::GET);
                site.server.head();
            }
        }
    }
}

#[test]
fn head_of_a_changed_body_is_put_right() {
    for coding in CODINGS {
        let mut site = Site::new(CONFIG);
        let body = encode(coding, page(URL).as_bytes());
        let head = |validators: &str, framing: &str| {
            format!(
                "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n{}{validators}{framing}\r\n\r\n",
                line(coding)
            )
        };
        let sized = head(VALIDATORS, &format!("Content-Length: {}", body.len()));
        let got = site.answer(&[sized.as_bytes(), &body]);
        let framing = format!("Content-Length: {}", got.body.len());
        assert_eq!(got.head, head("ETag: W/\"v1\"\r\nX-Last: 1\r\n", &framing));
        assert_eq!(decode(coding, &got.body), page(STRIPPED).as_bytes());
        let chunked = head(VALIDATORS, "Transfer-Encoding: chunked");
        let got = site.answer(&[&[chunked.as_bytes(), &chunk(&body), b"0\r\n\r\n"].concat()]);
        assert_eq!(
            got.head,
            head(
                "ETag: W/\"v1\"\r\nX-Last: 1\r\n",
                "Transfer-Encoding: chunked"
            )
        );
        assert_eq!(decode(coding, &got.body), page(STRIPPED).as_bytes());
    }
}

/// A length is said where the app said one, to whatever client.
#[test]
fn body_is_framed_as_the_app_framed_it() {
    let urls = |coding| [(coding, URL), (coding, "/x")];
    for (coding, url) in CODINGS.into_iter().flat_map(urls) {
        for (framing, version) in [
            ("Transfer-Encoding: chunked\r\n", "1.1"),
            ("Transfer-Encoding: chunked\r\n", "1.0"),
            ("", "1.1"),
            ("", "1.0"),
        ] {
            let app = App::start();
            let rescope = Rescope::configured(app.address(), CONFIG);
            let mut client = rescope.client();
            client.send(format!("GET / HTTP/{version}\r\nHost: a\r\n\r\n"));
            let mut server = app.accept();
            server.head();
            let body = encode(coding, page(url).as_bytes());
            let (body, end) = match framing {
                "" => (body, &b""[..]),
                _ => (chunk(&body), &b"0\r\n\r\n"[..]),
            };
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nETag: \"v1\"\r\n{}{framing}\r\n",
                line(coding)
            );
            server.send([head.as_bytes(), &body, end].concat());
            drop(server);
            let head = client.head();
            let is_chunked = field(&head, "transfer-encoding").is_some();
            assert_eq!(is_chunked, version == "1.1", "{head}");
            assert_eq!(field(&head, "content-length"), None, "{head}");
        }
    }
}

#[test]
fn what_must_not_be_read_passes() {
    let mut site = Site::new(CONFIG);
    let page = page(URL);
    for (status, fields) in [
        (
            "206 Partial Content",
            "Content-Type: text/html\r\nContent-Range: bytes 0-1/9\r\n",
        ),
        ("226 IM Used", "Content-Type: text/html\r\nIM: diffe\r\n"),
        (
            "200 OK",
            "Content-Type: text/html\r\nCache-Control: private, No-Transform\r\n",
        ),
        ("200 OK", "Content-Type: text/event-stream\r\n"),
        ("200 OK", "Content-Type: image/png\r\n"),
        ("200 OK", ""),
        (
            "200 OK",
            "Content-Type: text/html\r\nContent-Encoding: compress\r\n",
        ),
        (
            "200 OK",
            "Content-Type: text/html\r\nContent-Encoding: gzip, br\r\n",
        ),
        (
            "200 OK",
            "Content-Type: text/html\r\nContent-Encoding: gzip\r\n",
        ),
        ("200 OK", "Content-Type: text/html; charset=utf-16le\r\n"),
        ("200 OK", "Content-Type: text/html; charset=iso-2022-jp\r\n"),
    ] {
        let head = format!(
            "HTTP/1.1 {status}\r\n{fields}Content-Length: {}\r\n\r\n",
            page.len()
        );
        let got = site.answer(&[head.as_bytes(), page.as_bytes()]);
        assert_eq!(got.head, head);
        assert_eq!(latin1(&got.body), page, "{fields}");
    }
}

#[test]
fn client_may_forbid_changes() {
    let mut site = Site::new(CONFIG);
    site.server.send("HTTP/1.1 204 No Content\r\n\r\n");
    site.client.head();
    site.client
        .send("GET / HTTP/1.1\r\nHost: a\r\nCache-Control: no-cache, no-transform\r\n\r\n");
    site.server.head();
    let page = page(URL);
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\n\r\n",
        page.len()
    );
    let got = site.answer(&[head.as_bytes(), page.as_bytes()]);
    assert_eq!((got.head, latin1(&got.body)), (head, page));
}

#[test]
fn nothing_is_read_unless_asked_for() {
    for (config, path) in [
        ("", "/login"),
        (
            "[bodies]\ntypes = [\"html\"]\npaths = [\"/api/*\"]\n",
            "/login",
        ),
    ] {
        let mut site = Site::new(config);
        let page = page(URL);
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\n\r\n",
            page.len()
        );
        let got = site.answer(&[head.as_bytes(), page.as_bytes()]);
        assert_eq!((got.head, latin1(&got.body)), (head, page), "{path}");
    }
}

#[test]
fn trailers_pass_but_for_digests_of_what_changed() {
    let mut site = Site::new(CONFIG);
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTrailer: Digest, X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (url, trailers) in [("/x", "digest: d\r\nx-sum: 1\r\n"), (URL, "x-sum: 1\r\n")] {
        // A request has left already; the next one takes trailers.
        site.server.send(b"HTTP/1.1 204 No Content\r\n\r\n");
        site.client.head();
        site.client
            .send("GET / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nConnection: te\r\n\r\n");
        site.server.head();
        let body = [
            head.as_bytes(),
            &chunk(url.as_bytes()),
            b"0\r\nDigest: d\r\nX-Sum: 1\r\n\r\n",
        ]
        .concat();
        site.server.send(body);
        let message = site.client.message();
        assert!(
            message.ends_with(&format!("\r\n0\r\n{trailers}\r\n")),
            "{message}"
        );
        site.client.send(super::GET);
        site.server.head();
    }
}

#[test]
fn body_that_breaks_off_is_seen_to() {
    for coding in CODINGS {
        for length in ["Content-Length: 100000", "Transfer-Encoding: chunked"] {
            let mut site = Site::new(CONFIG);
            let body = encode(coding, page(URL).as_bytes());
            let sent = match length {
                "Transfer-Encoding: chunked" => chunk(&body),
                _ => body,
            };
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n{}{length}\r\n\r\n",
                line(coding)
            );
            site.server.send([head.as_bytes(), &sent].concat());
            site.server.finish();
            let got = site.client.rest();
            assert!(got.starts_with("HTTP/1.1 200 OK\r\n"), "{got}");
            assert!(!got.ends_with("0\r\n\r\n"), "{got}");
            let body = got.split_once("\r\n\r\n").unwrap();
            assert!(field(&got, "content-length").is_none_or(|it| it != body.1.len().to_string()));
        }
    }
}
