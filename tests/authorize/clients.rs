//! `known_clients_only`, and what becomes of it and the policies on SIGHUP.

use crate::program::Program;
use crate::raw::{Wire, field};
use crate::running::{Rescope, get, post, status};
use crate::{ON_ITS_OWN, ON_THE_PROXYS, PATH, TO};

const KNOWN: &str = "[[client]]\nid = ['known', 'a b']\nscope = 'strip'\n\
    [authorize]\npath = '/oauth/authorize'\nlisten = '127.0.0.1:0'\nknown_clients_only = true\n";

#[test]
fn clients_without_an_entry_get_a_page_that_says_so() {
    let rescope = Rescope::start(KNOWN);
    for (query, words) in [
        ("", "the request has no client_id"),
        ("?client_id=&scope=a", "the request has no client_id"),
        ("?client_id=%6Bnow", "this client_id has no entry"),
        ("?client_id=known2", "this client_id has no entry"),
        ("?client_id=KNOWN", "this client_id has no entry"),
        (
            "?client_id=known&client_id=other",
            "the request has different client_ids",
        ),
        (
            "?client_id=known;client_id=known",
            "this client_id has no entry",
        ),
    ] {
        for request in [
            get(&format!("{PATH}{query}")).into_bytes(),
            post(PATH, query.strip_prefix('?').unwrap_or_default()),
        ] {
            let answer = rescope.ask(request);
            assert_eq!(status(&answer), 403, "{query}");
            assert_eq!(field(&answer, "location"), None);
            assert_eq!(
                field(&answer, "content-type"),
                Some("text/plain; charset=utf-8")
            );
            assert_eq!(field(&answer, "cache-control"), Some("no-store"));
            let text = answer.split("\r\n\r\n").nth(1).unwrap();
            let expected =
                format!("rescope: only known clients are let through here, and {words}\n");
            assert_eq!(text, expected);
        }
    }
}

/// Else nobody would know which entry is missing.
#[test]
fn clients_that_are_refused_are_told_of_in_the_log() {
    let program = Program::start("info", 2, &format!("listen = '127.0.0.1:0'\n{KNOWN}"));
    for query in [
        "client_id=known&scope=a",
        "client_id=%6Bnow%0A&scope=CANARY",
        "client_id=&scope=CANARY",
        "client_id=known&client_id=CANARY",
    ] {
        let mut client = Wire::connect(program.addresses[1]);
        client.send(get(&format!("{PATH}?{query}&state=CANARY")));
        client.message();
    }
    let log = program.end();
    for line in [
        r"client refused: it has no entry client_id=know\n",
        "client refused: there is no client_id client_id=(none)",
        "client refused: there are different client_ids client_id=(different ones)",
    ] {
        assert_eq!(log.matches(line).count(), 1, "{line} {log}");
    }
    assert!(!log.contains("CANARY"), "{log}");
    for total in [
        " authorization_requests=1 ",
        " refused_clients=3 ",
        " rewrites=1 ",
    ] {
        assert!(log.contains(total), "{total} {log}");
    }
}

#[test]
fn clients_with_an_entry_are_let_through() {
    let rescope = Rescope::start(KNOWN);
    for query in [
        "client_id=known",
        "client_id=known&client_id=known",
        "client_id=%6Bnown",
        "client_id=a+b",
        "client_id=&client_id=known",
    ] {
        let answer = rescope.ask(get(&format!("{PATH}?{query}&scope=x")));
        assert_eq!(field(&answer, "location"), Some(&*format!("{TO}?{query}")));
    }
}

#[test]
fn changed_policies_are_taken_up() {
    let rescope = Rescope::start(KNOWN);
    let asked = || rescope.ask(get(&format!("{PATH}?client_id=new&scope=a")));
    assert_eq!(status(&asked()), 403);
    rescope.reload(&format!("[[client]]\nid = 'new'\nscope = 'keep'\n{KNOWN}"));
    let kept = format!("{TO}?client_id=new&scope=a");
    assert_eq!(field(&asked(), "location"), Some(&*kept));
}

/// A changed endpoint waits for a restart; the one that runs never loses its policy.
#[test]
fn endpoint_that_runs_keeps_its_policy_whatever_the_new_file_says() {
    let to = "http://127.0.0.1:9/authorize";
    let rescope = Rescope::start(&format!("{ON_ITS_OWN}to = '{to}'\ndiscovery = false\n"));
    let asked = || rescope.ask(get(&format!("{PATH}?client_id=a&scope=b")));
    let expected = format!("{to}?client_id=a");
    assert_eq!(field(&asked(), "location"), Some(&*expected));
    for text in ["", ON_ITS_OWN] {
        rescope.reload(text);
        assert_eq!(field(&asked(), "location"), Some(&*expected), "{text}");
    }
}

/// Else anybody who reaches the endpoint could fill the disk.
#[test]
fn faults_of_clients_are_no_warnings_and_long_names_are_cut() {
    let longest = 2_000;
    let program = Program::start(
        "info",
        1,
        &format!("listen = '127.0.0.1:0'\n{ON_THE_PROXYS}"),
    );
    let mut client = Wire::connect(program.addresses[0]);
    let long = "x".repeat(20_000);
    for query in [
        format!("client_id={long}&scope={long}+{long}"),
        format!("client_id=a&client_id=b&request={long}"),
        format!("request_uri={long}"),
    ] {
        client.send(get(&format!("{PATH}?{query}")));
        assert_eq!(status(&client.message()), 302);
    }
    let log = program.end();
    assert!(!log.contains("WARN"), "{log}");
    assert!(log.contains(&format!("{}... and 19800 bytes more", &long[..200])));
    assert!(log.lines().all(|line| line.len() < longest), "{log}");
    for total in [" ambiguous_clients=2 ", " request_objects=2 "] {
        assert!(log.contains(total), "{total} {log}");
    }
}
