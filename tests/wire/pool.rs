//! Connections to the app that are used again, and those that died meanwhile.

use std::thread;

use crate::raw::{App, Wire, field};
use crate::running::Rescope;

const GET: &str = "GET / HTTP/1.1\r\nHost: app\r\n\r\n";
const POST: &str = "POST / HTTP/1.1\r\nHost: app\r\nContent-Length: 2\r\n\r\nup";
const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

#[test]
fn one_connection_carries_one_request_after_another() {
    let app = App::start();
    let rescope = Rescope::start(app.address());
    let (mut client, mut server) = warm(&app, &rescope);
    for request in [GET, POST, GET, POST] {
        client.send(request);
        assert_eq!(server.message(), request);
        server.send(OK);
        assert_eq!(client.message(), OK);
    }
    assert!(!app.has_caller());
}

#[test]
fn connection_after_a_chunked_answer_is_used_again() {
    let app = App::start();
    let rescope = Rescope::start(app.address());
    let mut client = rescope.client();
    client.send(GET);
    let mut server = app.accept();
    for _ in 0..3 {
        server.head();
        let answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n";
        server.send(answer);
        assert_eq!(client.message(), answer);
        client.send(GET);
    }
    server.head();
}

#[test]
fn requests_at_once_go_on_connections_of_their_own() {
    let app = App::start();
    let rescope = Rescope::start(app.address());
    let mut pairs: Vec<_> = (0..5)
        .map(|n| {
            let mut client = rescope.client();
            client.send(format!("GET /{n} HTTP/1.1\r\nHost: app\r\n\r\n"));
            let mut server = app.accept();
            let head = server.head();
            assert!(head.starts_with(&format!("GET /{n} ")), "{head}");
            (client, server)
        })
        .collect();
    for (client, server) in pairs.iter_mut().rev() {
        server.send(OK);
        assert_eq!(client.message(), OK);
    }
}

/// Apps close what is free for some seconds; whoever closes first loses no request.
#[test]
fn connection_that_was_free_for_long_is_closed() {
    let app = App::start();
    let rescope = Rescope::configured(app.address(), "timeouts.upstream_idle = '2s'");
    let (mut client, mut server) = warm(&app, &rescope);
    assert_eq!(server.rest(), "");
    client.send(GET);
    assert_eq!(app.accept().head(), GET);
}

/// Such as Perl's HTTP::Daemon in its plainest loop: it hears nobody else while a connection is
/// open, and closes none by itself.
#[test]
fn app_that_serves_one_connection_at_a_time_serves_all() {
    let app = App::start();
    let rescope = Rescope::configured(app.address(), "timeouts.upstream_idle = '0s'");
    let one_by_one = thread::spawn(move || {
        for _ in 0..20 {
            let mut server = app.accept();
            let head = server.head();
            assert_eq!(field(&head, "connection"), Some("close"), "{head}");
            server.send(OK);
            assert_eq!(server.rest(), "");
        }
    });
    let mut clients = [rescope.client(), rescope.client()];
    for _ in 0..10 {
        for client in &mut clients {
            client.send(GET);
        }
        for client in &mut clients {
            assert_eq!(client.message(), OK);
        }
    }
    one_by_one.join().unwrap();
}

#[test]
fn options_of_a_connection_that_is_not_kept_stay_beside_close() {
    for (fields, connection) in [
        ("Connection: te\r\nTE: trailers\r\n", "te, close"),
        ("Connection: keep-alive\r\n", "close"),
        ("Connection: Upgrade\r\nUpgrade: websocket\r\n", "Upgrade"),
    ] {
        let app = App::start();
        let rescope = Rescope::configured(app.address(), "timeouts.upstream_idle = '0s'");
        let mut client = rescope.client();
        client.send(format!("GET / HTTP/1.1\r\nHost: app\r\n{fields}\r\n"));
        let mut server = app.accept();
        let head = server.head();
        assert_eq!(field(&head, "connection"), Some(connection), "{head}");
        server.send(OK);
        assert_eq!(client.message(), OK);
        assert_eq!(server.rest(), "");
    }
}

/// RFC 9110 9.2.2: not a byte came, and asking twice changes nothing.
#[test]
fn get_on_a_connection_that_died_is_sent_once_more() {
    for reset in [false, true] {
        let app = App::start();
        let rescope = Rescope::start(app.address());
        let (mut client, mut server) = warm(&app, &rescope);
        client.send(GET);
        // It was sent: only now does the app close.
        assert_eq!(server.head(), GET);
        match reset {
            true => server.reset(),
            false => drop(server),
        }
        let mut server = app.accept();
        assert_eq!(server.head(), GET);
        server.send(OK);
        assert_eq!(client.message(), OK);
        assert!(!app.has_caller());
    }
}

/// An app that dies takes the second try with it, where that waits in its listener's queue.
#[test]
fn get_is_sent_three_times_at_most() {
    for answered in [true, false] {
        let app = App::start();
        let rescope = Rescope::start(app.address());
        let (mut client, mut server) = warm(&app, &rescope);
        client.send(GET);
        server.head();
        drop(server);
        let mut server = app.accept();
        server.wait();
        server.reset();
        let mut server = app.accept();
        assert_eq!(server.head(), GET);
        match answered {
            true => {
                server.send(OK);
                assert_eq!(client.message(), OK);
            }
            false => {
                drop(server);
                assert!(client.message().starts_with("HTTP/1.1 502 "));
            }
        }
        assert!(!app.has_caller());
    }
}

#[test]
fn get_of_which_an_answer_began_is_not_sent_again() {
    let app = App::start();
    let rescope = Rescope::start(app.address());
    let (mut client, mut server) = warm(&app, &rescope);
    client.send(GET);
    server.head();
    server.send("H");
    drop(server);
    assert!(client.message().starts_with("HTTP/1.1 502 "));
    assert!(!app.has_caller());
}

#[test]
fn request_with_an_effect_is_not_sent_again() {
    for request in [
        POST,
        "POST / HTTP/1.1\r\nHost: app\r\nContent-Length: 0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: app\r\n\r\n",
        "PUT / HTTP/1.1\r\nHost: app\r\nContent-Length: 2\r\n\r\nup",
        "PATCH / HTTP/1.1\r\nHost: app\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: app\r\nContent-Length: 2\r\n\r\nup",
    ] {
        let app = App::start();
        let rescope = Rescope::start(app.address());
        let (mut client, mut server) = warm(&app, &rescope);
        client.send(request);
        assert_eq!(server.message(), request);
        drop(server);
        let answer = client.message();
        assert!(answer.starts_with("HTTP/1.1 502 "), "{request}: {answer}");
        assert!(!app.has_caller(), "{request}");
    }
}

/// The app closed before the request came: it goes on another connection, whole
/// and once, or fails; and it does not go there twice.
#[test]
fn post_after_the_app_closed_is_sent_once_or_fails() {
    let app = App::start();
    let rescope = Rescope::start(app.address());
    for _ in 0..20 {
        let (mut client, server) = warm(&app, &rescope);
        drop(server);
        client.send(POST);
        let answer = match accept_or_answer(&app, &mut client) {
            Ok(mut server) => {
                assert_eq!(server.message(), POST);
                server.send(OK);
                client.message()
            }
            Err(answer) => answer,
        };
        assert!(
            answer == OK || answer.starts_with("HTTP/1.1 502 "),
            "{answer}"
        );
        assert!(!app.has_caller());
    }
}

fn accept_or_answer(app: &App, client: &mut Wire) -> Result<Wire, String> {
    loop {
        if !client.is_silent() {
            return Err(client.message());
        }
        if let Some(server) = app.try_accept() {
            return Ok(server);
        }
        thread::yield_now();
    }
}

/// Makes one connection that is free: returns the client's, and the app's end of it.
fn warm(app: &App, rescope: &Rescope) -> (Wire, Wire) {
    let mut client = rescope.client();
    client.send(GET);
    let mut server = app.accept();
    server.head();
    server.send(OK);
    assert_eq!(client.message(), OK);
    (client, server)
}
