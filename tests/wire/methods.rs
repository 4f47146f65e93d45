//! Methods that mean something to proxies: TRACE, OPTIONS, CONNECT, and how far
//! a request may go.

use crate::http2_client::{Client, request};
use crate::raw::{App, field};
use crate::running::{Rescope, exchange};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

#[test]
fn max_forwards_is_counted_down() {
    for method in ["OPTIONS", "TRACE"] {
        for (came, goes) in [("1", "0"), ("10", "9"), ("007", "6")] {
            let request = |left: &str| {
                format!("{method} /a HTTP/1.1\r\nHost: app\r\nMAX-Forwards: {left}\r\nA: 1\r\n\r\n")
            };
            assert_eq!(exchange(request(came), OK).request, request(goes));
        }
    }
}

#[test]
fn max_forwards_is_never_added_and_means_nothing_elsewhere() {
    for request in [
        "OPTIONS /a HTTP/1.1\r\nHost: app\r\n\r\n",
        "TRACE /a HTTP/1.1\r\nHost: app\r\n\r\n",
        "GET /a HTTP/1.1\r\nHost: app\r\nMax-Forwards: 0\r\n\r\n",
        "POST /a HTTP/1.1\r\nHost: app\r\nMax-Forwards: 5\r\n\r\n",
        "OPTIONS /a HTTP/1.1\r\nHost: app\r\nMax-Forwards: many\r\n\r\n",
    ] {
        assert_eq!(exchange(request, OK).request, request);
    }
}

/// RFC 9110 7.6.2: at 0 the recipient "MUST NOT forward the request".
#[test]
fn request_that_may_go_no_further_is_answered_here() {
    let app = App::start();
    let rescope = Rescope::start(app.address());
    for (method, status) in [("OPTIONS", "200"), ("TRACE", "405")] {
        let mut client = rescope.client();
        client.send(format!(
            "{method} / HTTP/1.1\r\nHost: app\r\nMax-Forwards: 0\r\nCookie: secret\r\n\r\n"
        ));
        let answer = client.message();
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{answer}"
        );
        assert!(field(&answer, "content-length").is_some(), "{answer}");
        assert!(!answer.contains("secret"), "{answer}");
        let mut client = Client::connect(rescope.address);
        let mut asked = request("/");
        *asked.method_mut() = method.parse().unwrap();
        asked.headers_mut().insert("max-forwards", 0.into());
        assert_eq!(client.get(asked).status().as_str(), status);
    }
    assert!(!app.has_caller());
}

#[test]
fn asterisk_is_for_options_alone() {
    let app = App::start();
    let rescope = Rescope::start(app.address());
    for method in ["GET", "POST", "TRACE"] {
        let mut client = rescope.client();
        client.send(format!("{method} * HTTP/1.1\r\nHost: a\r\n\r\n"));
        let answer = client.rest();
        assert!(answer.starts_with("HTTP/1.1 400 "), "{method}: {answer}");
        assert!(!app.has_caller(), "{method}");
    }
}

#[test]
fn methods_that_nobody_knows_pass() {
    for method in ["PROPFIND", "get", "X-1", "!#$%&'*+-.^_`|~"] {
        let request = format!("{method} /a HTTP/1.1\r\nHost: app\r\n\r\n");
        assert_eq!(exchange(&request, OK).request, request);
    }
}
