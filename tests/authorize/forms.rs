//! A POST with a form (RFC 6749 section 3.1).

use std::{thread::sleep, time::Duration};

use http::{Request, StatusCode};

use crate::http2_client::Client;
use crate::raw::field;
use crate::running::{Rescope, get, post, status};
use crate::{KEEP, ON_ITS_OWN, PATH, TO};

const FORM: &str = "Content-Type: application/x-www-form-urlencoded\r\n";

/// A POST to the endpoint with these field lines, Host not counted, and this body.
fn posted(lines: &str, body: &str) -> String {
    format!("POST {PATH} HTTP/1.1\r\nHost: app.example\r\n{lines}\r\n{body}")
}

#[test]
fn form_becomes_the_query_as_it_is() {
    let rescope = Rescope::start(&[KEEP, ON_ITS_OWN].concat());
    for (query, form, expected) in [
        (
            "",
            "client_id=a&scope=b+c%2C&state=%7E",
            "?client_id=a&scope=b+c%2C&state=%7E",
        ),
        ("?a=1", "a=2&&b", "?a=1&a=2&&b"),
        ("?a=1", "", "?a=1"),
        ("?", "b", "?b"),
        ("", "", "?"),
        ("", "?a=%0d%0a&/@:", "??a=%0d%0a&/@:"),
    ] {
        let answer = rescope.ask(post(&format!("{PATH}{query}"), form));
        assert_eq!(status(&answer), 303, "{answer}");
        assert_eq!(
            field(&answer, "location"),
            Some(&*format!("{TO}{expected}"))
        );
        assert_eq!(field(&answer, "cache-control"), Some("no-store"));
        assert_eq!(field(&answer, "referrer-policy"), Some("no-referrer"));
    }
}

#[test]
fn policy_applies_to_a_form_and_the_query_before_it() {
    let rescope = Rescope::start(ON_ITS_OWN);
    let answer = rescope.ask(post(&format!("{PATH}?scope=a&b"), "c&scope=d&%73cope=e"));
    assert_eq!(field(&answer, "location"), Some(&*format!("{TO}?b&c")));
}

#[test]
fn form_in_chunks_is_a_form_and_the_connection_goes_on() {
    let rescope = Rescope::start(&[KEEP, ON_ITS_OWN].concat());
    let mut client = rescope.client();
    let chunked = format!("{FORM}Transfer-Encoding: chunked\r\n");
    for _ in 0..2 {
        client.send(posted(
            &chunked,
            "3\r\na=1\r\n3;x=y\r\n&b=\r\n0\r\nTrailer: c\r\n\r\n",
        ));
        let answer = client.message();
        assert_eq!(field(&answer, "location"), Some(&*format!("{TO}?a=1&b=")));
        client.send(get(PATH));
        assert_eq!(field(&client.message(), "location"), Some(TO));
    }
}

#[test]
fn what_is_no_form_is_refused() {
    let rescope = Rescope::start(ON_ITS_OWN);
    for lines in [
        "",
        "Content-Type: application/json\r\n",
        "Content-Type: multipart/form-data; boundary=x\r\n",
        "Content-Type: text/plain; application/x-www-form-urlencoded\r\n",
        "Content-Type: application/x-www-form-urlencoded2\r\n",
        &format!("{FORM}{FORM}"),
        &format!("{FORM}Content-Encoding: gzip\r\n"),
    ] {
        let answer = rescope.ask(posted(&format!("{lines}Content-Length: 1\r\n"), "a"));
        assert_eq!(status(&answer), 415, "{lines}");
        assert_eq!(field(&answer, "location"), None);
        assert_eq!(
            field(&answer, "content-type"),
            Some("text/plain; charset=utf-8")
        );
    }
    for media_type in [
        "application/x-www-form-urlencoded; charset=UTF-8",
        "Application/X-WWW-Form-UrlEncoded ;q",
    ] {
        let lines = format!("Content-Type: {media_type}\r\nContent-Length: 1\r\n");
        assert_eq!(
            status(&rescope.ask(posted(&lines, "a"))),
            303,
            "{media_type}"
        );
    }
}

#[test]
fn form_with_what_no_query_holds_is_refused() {
    let rescope = Rescope::start(ON_ITS_OWN);
    let asked = |bytes: &[u8]| rescope.ask(post(PATH, bytes));
    for byte in (0..=b' ').chain(*b"\"#<>\x7f\x80\xc3\xff") {
        let answer = asked(&[b'a', byte, b'b']);
        assert_eq!(status(&answer), 400, "{byte}");
        assert_eq!(field(&answer, "location"), None);
    }
    assert_eq!(
        status(&asked(b"a\r\nLocation: https://evil.example/\r\n\r\n")),
        400
    );
    assert_eq!(status(&asked("a=caf\u{e9}".as_bytes())), 400);
}

#[test]
fn form_has_a_longest_length() {
    let rescope = Rescope::start(&[KEEP, ON_ITS_OWN].concat());
    let longest = "a".repeat(64 * 1024);
    let answer = rescope.ask(post(PATH, &longest));
    assert_eq!(
        field(&answer, "location"),
        Some(&*format!("{TO}?{longest}"))
    );
    let too_long = rescope.ask(post(PATH, longest.clone() + "a"));
    assert_eq!(status(&too_long), 413);
    // In chunks nobody knows before it has come; one that is still sending gets its answer.
    let mut client = rescope.client();
    client.send(posted(&format!("{FORM}Transfer-Encoding: chunked\r\n"), ""));
    for _ in 0..64 {
        client.send_lossy(format!("10000\r\n{longest}\r\n"));
    }
    assert_eq!(status(&client.message()), 413);
    // A length that is only claimed is answered at once.
    let mut client = rescope.client();
    client.send(posted(
        &format!("{FORM}Content-Length: 99999999999\r\n"),
        "",
    ));
    assert_eq!(status(&client.message()), 413);
}

#[test]
fn form_that_does_not_come_is_not_waited_for() {
    let rescope = Rescope::start(&format!("timeouts.body_idle = '50ms'\n{ON_ITS_OWN}"));
    let mut client = rescope.client();
    client.send(posted(&format!("{FORM}Content-Length: 10\r\n"), "a=1"));
    let answer = client.message();
    assert_eq!(status(&answer), 408);
    let why = "did not come in time: nothing for 50ms ([timeouts] body_idle)\n";
    assert!(answer.ends_with(why), "{answer}");
    assert_eq!(field(&answer, "location"), None);
}

#[test]
fn form_that_comes_slowly_is_a_form() {
    let rescope = Rescope::start(&format!("timeouts.body_idle = '2s'\n{KEEP}{ON_ITS_OWN}"));
    let mut client = rescope.client();
    client.send(posted(&format!("{FORM}Content-Length: 9\r\n"), ""));
    for byte in "a=1234567".chars() {
        // The pace is the subject.
        sleep(Duration::from_millis(250));
        client.send(byte.to_string());
    }
    let answer = client.message();
    assert_eq!(
        field(&answer, "location"),
        Some(&*format!("{TO}?a=1234567"))
    );
}

#[test]
fn form_that_breaks_off_is_no_form() {
    let rescope = Rescope::start(ON_ITS_OWN);
    let mut client = rescope.client();
    client.send(posted(
        &format!("{FORM}Transfer-Encoding: chunked\r\n"),
        "3\r\na=1\r\nx\r\n",
    ));
    let answer = client.rest();
    assert!(!answer.contains("location"), "{answer}");
    let mut client = rescope.client();
    client.send(posted(&format!("{FORM}Content-Length: 10\r\n"), "a=1"));
    client.finish();
    let answer = client.rest();
    assert!(!answer.contains("location"), "{answer}");
}

#[test]
fn client_that_waits_to_go_on_is_told_so_only_for_a_form_that_is_wanted() {
    let rescope = Rescope::start(&[KEEP, ON_ITS_OWN].concat());
    let expects = format!("{FORM}Expect: 100-continue\r\n");
    let mut client = rescope.client();
    client.send(posted(&format!("{expects}Content-Length: 3\r\n"), ""));
    assert_eq!(client.head(), "HTTP/1.1 100 Continue\r\n\r\n");
    client.send("a=1");
    assert_eq!(status(&client.message()), 303);
    let mut client = rescope.client();
    client.send(posted(&format!("{expects}Content-Length: 99999\r\n"), ""));
    assert_eq!(status(&client.message()), 413);
    assert_eq!(client.rest(), "");
}

#[test]
fn client_that_was_told_to_go_on_may_send_all_before_it_reads() {
    let rescope = Rescope::start(ON_ITS_OWN);
    for expects in ["", "Expect: 100-continue\r\n"] {
        let mut client = rescope.client();
        let chunked = format!("{FORM}{expects}Transfer-Encoding: chunked\r\n");
        client.send(posted(&chunked, ""));
        if !expects.is_empty() {
            assert_eq!(client.head(), "HTTP/1.1 100 Continue\r\n\r\n");
        }
        let chunk = format!("10000\r\n{}\r\n", "a".repeat(64 * 1024));
        client.send(&chunk);
        client.send(&chunk);
        // It is refused by now, and cannot know.
        client.wait();
        for _ in 0..256 {
            client.send(&chunk);
        }
        client.send("0\r\n\r\n");
        assert_eq!(status(&client.message()), 413, "{expects}");
        assert_eq!(client.rest(), "");
    }
}

#[test]
fn body_that_nobody_asked_for_is_thrown_away() {
    let rescope = Rescope::start(&[KEEP, ON_ITS_OWN].concat());
    let with_body = get(PATH).replace("\r\n\r\n", "\r\nContent-Length: 5\r\n\r\n");
    let mut client = rescope.client();
    for _ in 0..2 {
        client.send(&with_body);
        let answer = client.message();
        assert_eq!((status(&answer), field(&answer, "connection")), (302, None));
        client.send("12345");
    }
    client.send(with_body.replace("\r\n\r\n", "\r\nExpect: 100-continue\r\n\r\n"));
    let answer = client.message();
    assert_eq!(status(&answer), 302, "and no 100");
    assert_eq!(field(&answer, "connection"), Some("close"));
    assert_eq!(client.rest(), "");
}

#[test]
fn post_of_nothing_needs_no_type() {
    let rescope = Rescope::start(ON_ITS_OWN);
    for lines in ["", "Content-Length: 0\r\n", "Content-Type: text/plain\r\n"] {
        let request = posted(lines, "").replace(PATH, &format!("{PATH}?a&scope=b"));
        let answer = rescope.ask(request);
        assert_eq!(status(&answer), 303, "{lines}");
        assert_eq!(field(&answer, "location"), Some(&*format!("{TO}?a")));
    }
}

#[test]
fn form_over_http2_is_a_form() {
    let rescope = Rescope::start(&[KEEP, ON_ITS_OWN].concat());
    let mut client = Client::connect(rescope.address());
    for (form, expected) in [
        ("a=1&scope=b".to_owned(), StatusCode::SEE_OTHER),
        ("a b".to_owned(), StatusCode::BAD_REQUEST),
        ("a".repeat(64 * 1024 + 1), StatusCode::PAYLOAD_TOO_LARGE),
    ] {
        let request = Request::post(format!("http://app.example{PATH}?q"));
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let mut sent = client.send(request.body(()).unwrap(), false);
        sent.body.send_data(form.clone().into(), true).unwrap();
        let answer = client.block_on(sent.answer).unwrap();
        assert_eq!(answer.status(), expected);
        let location = answer.headers().get("location");
        assert_eq!(location.is_some(), expected == StatusCode::SEE_OTHER);
        if let Some(location) = location {
            assert_eq!(location, &format!("{TO}?q&{form}"));
        }
    }
}

#[test]
fn form_in_flight_is_answered_after_the_end_was_asked_for() {
    let mut rescope = Rescope::start(&[KEEP, ON_ITS_OWN].concat());
    let mut client = rescope.client();
    let expects = format!("{FORM}Expect: 100-continue\r\nContent-Length: 3\r\n");
    client.send(posted(&expects, ""));
    // Somebody waits for the form.
    client.head();
    rescope.running.stop();
    client.send("a=1");
    let answer = client.message();
    assert_eq!(field(&answer, "location"), Some(&*format!("{TO}?a=1")));
    rescope.running.join();
}
