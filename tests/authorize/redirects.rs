//! What a GET or HEAD is answered with.

use std::sync::Arc;

use http::{Method, Request, StatusCode, Version};
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::http2_client::Client;
use crate::identity::{self, Identity};
use crate::raw::field;
use crate::running::{Rescope, get, status, undated};
use crate::{KEEP, ON_ITS_OWN, ON_THE_PROXYS, PATH, TO};

#[test]
fn query_is_carried_on_to_the_byte() {
    let rescope = Rescope::start(&[KEEP, ON_ITS_OWN].concat());
    for query in [
        "",
        "?",
        "?client_id=AbC123&response_type=code&scope=user:read:user&state=x",
        "?redirect_uri=http%3a%2F%2F127.0.0.1:9/cb&code_challenge=a-b_c~d.e&code_challenge_method=S256",
        "?a=%zz&&b=+%20&=&c==d&include_granted_scopes",
        "?scope=a,b%2Cc+d;e&SCOPE='(x)!*'",
        "??a=/b?c@d:e",
        "?{a}=[b]|c^d\\e`f'",
        "?a=%0d%0aLocation:%20https://evil.example/",
        "?scope=a&scope=b&client_id=1&client_id=2",
    ] {
        let answer = rescope.ask(get(&format!("{PATH}{query}")));
        assert_eq!(field(&answer, "location"), Some(&*format!("{TO}{query}")));
    }
}

#[test]
fn answer_is_a_302_that_nobody_keeps_or_hears_of() {
    let rescope = Rescope::start(ON_ITS_OWN);
    let request = get(PATH).replace("\r\n\r\n", "\r\nOrigin: https://spa.example\r\n\r\n");
    let expected = format!(
        "HTTP/1.1 302 Found\r\nlocation: {TO}\r\ncache-control: no-store\r\n\
         referrer-policy: no-referrer\r\ncontent-length: 0\r\n\r\n"
    );
    assert_eq!(undated(&rescope.ask(&request)), expected);
    // The connection goes on.
    let mut client = rescope.client();
    for method in ["HEAD", "GET", "HEAD"] {
        client.send(request.replace("GET", method));
        let length = if method == "GET" {
            "content-length: 0\r\n"
        } else {
            ""
        };
        let expected = expected.replace("content-length: 0\r\n", length);
        assert_eq!(undated(&client.head()), expected);
    }
}

#[test]
fn policy_of_the_client_applies() {
    let rescope = Rescope::start(
        "[[client]]\nid = 'kept'\nscope = 'keep'\n\
         [[client]]\nid = 'tried'\nscope = 'strip'\ndry_run = true\n\
         [[client]]\nid = 'tidy'\nscope = 'normalize'\nallow = ['a']\n\
         [authorize]\npath = '/oauth/authorize'\nlisten = '127.0.0.1:0'\n",
    );
    for (asked, expected) in [
        (
            "?client_id=other&scope=a+b&state=%7e",
            "?client_id=other&state=%7e",
        ),
        ("?client_id=kept&scope=a+b", "?client_id=kept&scope=a+b"),
        ("?client_id=tried&scope=a+b", "?client_id=tried&scope=a+b"),
        ("?client_id=tidy&scope=a+b&x", "?client_id=tidy&scope=a&x"),
        ("?scope=a&scope=b", ""),
        (
            "?client_id=kept&client_id=tidy&scope=a&s",
            "?client_id=kept&client_id=tidy&s",
        ),
    ] {
        let answer = rescope.ask(get(&format!("{PATH}{asked}")));
        assert_eq!(
            field(&answer, "location"),
            Some(&*format!("{TO}{expected}"))
        );
    }
}

#[test]
fn other_methods_are_told_which_are_allowed() {
    let rescope = Rescope::start(ON_ITS_OWN);
    for method in ["PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "QUERY", "get"] {
        let answer = rescope.ask(get(PATH).replacen("GET", method, 1));
        assert_eq!(status(&answer), 405, "{method}");
        assert_eq!(field(&answer, "allow"), Some("GET, HEAD, POST"));
        assert_eq!(field(&answer, "location"), None);
        assert!(
            !answer.to_lowercase().contains("access-control"),
            "{answer}"
        );
    }
}

/// Nothing of the request but its query counts.
#[test]
fn who_is_asked_changes_nothing() {
    let rescope = Rescope::start(ON_ITS_OWN);
    for request in [
        "GET /oauth/authorize?a HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        "GET /oauth/authorize?a HTTP/1.1\r\nHost:\r\n\r\n",
        "GET /oauth/authorize?a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
        "GET http://evil.example/oauth/authorize?a HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        "GET https://zoom.us:1/oauth/authorize?a HTTP/1.1\r\nHost: b\r\n\r\n",
        "GET /oauth/authorize?a HTTP/1.1\r\nHost: b\r\nX-Forwarded-Host: evil.example\r\n\
         X-Forwarded-Proto: gopher\r\nX-Forwarded-Prefix: /evil\r\nForwarded: host=evil.example\r\n\
         X-Original-URL: /evil\r\nX-Rewrite-URL: //evil.example\r\nReferer: https://evil.example/\r\n\
         X-HTTP-Method-Override: POST\r\nLocation: https://evil.example/\r\n\r\n",
    ] {
        let answer = rescope.ask(request);
        assert_eq!(status(&answer), 302, "{request}");
        assert_eq!(field(&answer, "location"), Some(&*format!("{TO}?a")));
    }
}

#[test]
fn request_that_is_malformed_is_refused() {
    let rescope = Rescope::start(ON_ITS_OWN);
    for (lines, expected) in [
        ("", 400),
        ("Host: a\r\nHost: a\r\n", 400),
        ("Host: a b\r\n", 400),
        ("Host: user@a\r\n", 400),
        ("Host: a\r\nTransfer-Encoding: gzip, chunked\r\n", 501),
    ] {
        let answer = rescope.ask(format!(
            "GET {PATH}?state=secret HTTP/1.1\r\n{lines}\r\n0\r\n\r\n"
        ));
        assert_eq!(status(&answer), expected, "{lines}");
        assert_eq!(field(&answer, "location"), None);
        assert_eq!(field(&answer, "connection"), Some("close"));
        assert!(!answer.contains("secret"), "{answer}");
    }
    // hyper lets it pass to here.
    let answer = rescope.ask(get(&format!("{PATH}?a=\u{e9}")));
    assert_eq!(status(&answer), 400);
}

/// Nobody's request is valid here and malformed behind, or the other way round.
#[test]
fn endpoint_and_proxy_refuse_the_same_heads() {
    let rescope = Rescope::start(ON_THE_PROXYS);
    let zeros = "0".repeat(26);
    for (target, lines) in [
        ("PATH", "Host: a:99999\r\n"),
        ("PATH", "Host: a:b\r\n"),
        ("PATH", "Host: [::g]\r\n"),
        ("PATH", "Host: []:1\r\n"),
        ("PATH", &*format!("Host: a\r\nContent-Length: {zeros}\r\n")),
        ("://hPATH", "Host: h\r\n"),
        ("http://u:p@hPATH", "Host: h\r\n"),
    ] {
        for path in [PATH, "/app"] {
            let target = target.replace("PATH", path);
            let answer = rescope.ask(format!("GET {target} HTTP/1.1\r\n{lines}\r\n"));
            assert_eq!(status(&answer), 400, "{target} {lines}");
            assert_eq!(field(&answer, "connection"), Some("close"));
            undated(&answer);
        }
    }
    let mut client = Client::connect(rescope.address());
    for path in [PATH, "/app"] {
        for (name, value) in [("host", "b.example"), ("x", " blank")] {
            let request = Request::get(format!("http://a.example{path}")).header(name, value);
            let answer = client.get(request.body(()).unwrap());
            assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{path} {name}");
        }
    }
    assert!(!rescope.app.has_caller());
}

#[test]
fn http2_and_tls_make_no_difference() {
    let identity = Identity::new();
    let rescope = Rescope::configured(&[&identity.listener(), ON_THE_PROXYS].concat());
    let address = rescope.proxy[0];
    let request =
        get("/oauth/authorize?scope=a&b").replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
    let answer = identity::ask(identity.connect(address, &["http/1.1"]), &request);
    assert_eq!(field(&answer, "location"), Some(&*format!("{TO}?b")));

    let config = identity.client(&["h2"]);
    let mut client = Client::over(async move {
        let stream = TcpStream::connect(address).await.unwrap();
        let connector = TlsConnector::from(Arc::clone(&config));
        let name = ServerName::try_from("localhost").unwrap();
        connector.connect(name, stream).await.unwrap()
    });
    for method in [Method::GET, Method::HEAD, Method::CONNECT] {
        let target = "https://evil.example/oauth/authorize?scope=a&b";
        let mut request = Request::builder().method(&method).uri(target);
        if method == Method::CONNECT {
            request = request.extension(h2::ext::Protocol::from_static("websocket"));
        }
        let answer = client.get(request.version(Version::HTTP_2).body(()).unwrap());
        match method {
            Method::CONNECT => assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED),
            _ => {
                assert_eq!(answer.status(), StatusCode::FOUND);
                assert_eq!(answer.headers()["location"], format!("{TO}?b"));
                assert_eq!(answer.headers()["cache-control"], "no-store");
            }
        }
    }
    assert!(!rescope.app.has_caller());
}

/// RFC 9110 9.3.2: an answer to HEAD has no content, and the length that a GET's would have.
#[test]
fn head_is_answered_as_a_get_without_its_content() {
    let rescope = Rescope::start(ON_ITS_OWN);
    let mut http2 = Client::connect(rescope.address());
    for path in [
        "/nothing",
        PATH,
        "/.well-known/openid-configuration",
        &format!("{PATH}?a=\u{e9}"),
    ] {
        let request = get(path).replace("app.example", &rescope.address().to_string());
        let whole = rescope.ask(&request);
        let (head, content) = whole.split_at(whole.find("\r\n\r\n").unwrap() + 4);
        let mut client = rescope.client();
        client.send(request.replace("GET", "HEAD"));
        // hyper leaves a length of 0 out there, which it may.
        let expected = undated(head).replace("content-length: 0\r\n", "");
        assert_eq!(undated(&client.head()), expected, "{path}");
        if field(head, "connection") == Some("close") {
            assert_eq!(client.rest(), "", "{path}");
        }

        let uri = format!("http://{}{path}", rescope.address());
        let Ok(request) = Request::head(uri).body(()) else {
            continue;
        };
        let answer = http2.get(request);
        assert_eq!(answer.status().as_u16(), status(head), "{path}");
        let length = answer.headers().get("content-length");
        let length = length.map_or("0", |it| it.to_str().unwrap());
        assert_eq!(length, content.len().to_string(), "{path}");
        let (content, _) = http2.body(answer.into_body());
        assert_eq!(content.unwrap(), b"", "{path}");
    }
}
