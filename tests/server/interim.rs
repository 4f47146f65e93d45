//! 1xx on an HTTP/1.1 connection: the handler's go out, in order and at once;
//! hyper's own `100 Continue` does not.

use crate::handler::{EARLY, LONG, MANY};
use crate::raw::Wire;
use crate::running::Running;

const HINTS: &str = "HTTP/1.1 103 Early Hints\r\nlink: </a.css>; rel=preload\r\n\r\n";
const EXPECT: &str = "Host: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n";

#[test]
fn interim_responses_go_out_before_the_final_one_is_known() {
    let server = Running::start();
    let mut client = server.client();
    for _ in 0..3 {
        client.send("GET /hints HTTP/1.1\r\nHost: a\r\n\r\n");
        assert_eq!(client.head(), HINTS);
        assert_eq!(client.head(), HINTS);
        server.go.notify_one();
        assert!(client.message().ends_with("hinted"));
    }
}

#[test]
fn interim_response_right_before_the_final_one_arrives() {
    let server = Running::start();
    let mut client = server.client();
    client.send("GET /late-hints HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(client.head(), HINTS);
    assert!(client.message().ends_with("hinted"));
}

#[test]
fn interim_responses_that_the_client_takes_slowly_stay_whole() {
    let server = Running::start();
    let mut client = server.client();
    client.send("GET /many-hints HTTP/1.1\r\nHost: a\r\n\r\n");
    // Begun, and not all of it taken.
    client.wait();
    server.go.notify_one();
    let expected = format!("HTTP/1.1 103 Early Hints\r\nlink: {LONG}\r\n\r\n");
    for _ in 0..MANY {
        assert_eq!(client.head(), expected);
    }
    assert!(client.message().ends_with("hinted"));
}

#[test]
fn interim_response_never_breaks_into_the_response_before() {
    let server = Running::start();
    let mut client = server.client();
    client.send("POST /early HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbo");
    client.wait();
    // While the first answer is on its way, its request ends and the next is asked.
    client.send("dyGET /late-hints HTTP/1.1\r\nHost: a\r\n\r\n");
    let first = client.message();
    let (head, body) = first.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 OK"));
    assert!(body.len() == EARLY && body.bytes().all(|byte| byte == b'.'));
    let second = client.message();
    assert!(second.starts_with("HTTP/1.1 200 OK") && second.ends_with("hinted"));
}

#[test]
fn pipelined_requests_get_their_own_interim_responses() {
    let server = Running::start();
    let mut client = server.client();
    let hints = "GET /late-hints HTTP/1.1\r\nHost: a\r\n\r\n";
    let plain = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    client.send([hints, plain, hints].concat());
    for is_hinted in [true, false, true] {
        if is_hinted {
            assert_eq!(client.head(), HINTS);
        }
        assert!(client.message().starts_with("HTTP/1.1 200 OK"));
    }
}

#[test]
fn refused_expectation_gets_no_100() {
    let server = Running::start();
    let mut client = server.client();
    client.send(format!("POST /refuse HTTP/1.1\r\n{EXPECT}"));
    assert!(client.rest().starts_with("HTTP/1.1 417 "));
}

#[test]
fn one_100_comes_when_the_handler_says_so() {
    let server = Running::start();
    let mut client = server.client();
    for _ in 0..3 {
        client.send(format!("POST /continue HTTP/1.1\r\n{EXPECT}"));
        assert_eq!(client.head(), "HTTP/1.1 100 Continue\r\n\r\n");
        client.send("body");
        assert!(client.message().ends_with("\r\n\r\nbody"));
    }
}

#[test]
fn body_that_comes_without_waiting_is_read() {
    let server = Running::start();
    let mut client = server.client();
    client.send(format!("POST /continue HTTP/1.1\r\n{EXPECT}body"));
    assert_eq!(client.head(), "HTTP/1.1 100 Continue\r\n\r\n");
    assert!(client.message().ends_with("\r\n\r\nbody"));
}

#[test]
fn answer_that_looks_like_a_100_is_left_alone() {
    let server = Running::start();
    let mut client = server.client();
    client.send(format!("POST /refuse-unread HTTP/1.1\r\n{EXPECT}body"));
    assert!(
        client
            .message()
            .ends_with("\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n")
    );
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert!(client.message().ends_with("ok"));
}

#[test]
fn request_whose_handler_leaves_it_to_hyper_gets_its_100() {
    let server = Running::start();
    let mut client: Wire = server.client();
    client.send(format!("POST /echo HTTP/1.1\r\n{EXPECT}"));
    assert_eq!(client.head(), "HTTP/1.1 100 Continue\r\n\r\n");
    client.send("body");
    assert!(client.message().ends_with("\r\n\r\nbody"));
}
