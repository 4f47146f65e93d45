//! Apps that take no connection, say nothing, or say what is no answer.

use std::{
    net::{Shutdown, TcpListener, TcpStream},
    thread,
    time::Duration,
};

use socket2::{Domain, Socket, Type};

use crate::limits::lasts;
use crate::program::{Program, eventually, send_signal, total};
use crate::raw::{App, Port, Wire, field};
use crate::site::{self, GET, OK, Site, answer, assert_serves, next_head, path};

/// A queue that is full swallows connections, as a firewall does.
#[test]
fn connection_that_nobody_takes_ends_at_the_limit() {
    let listener = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    let any = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
    listener.bind(&any.into()).unwrap();
    listener.listen(0).unwrap();
    let address = listener.local_addr().unwrap().as_socket().unwrap();
    let patience = Duration::from_millis(200);
    let mut filling = Vec::new();
    while let Ok(stream) = TcpStream::connect_timeout(&address, patience) {
        filling.push(stream);
    }
    let program = Program::start(address, "timeouts.connect = '2s'");
    for request in [
        GET,
        "POST / HTTP/1.1\r\nHost: app\r\nContent-Length: 2\r\n\r\nup",
    ] {
        let answer = lasts(|| {
            let mut client = program.client();
            client.send(request);
            client.message()
        });
        assert_failure(&answer, 504, "connection_timeout");
    }
}

#[test]
fn app_that_is_down_is_told_by_the_addresses_that_were_tried() {
    let port = Port::reserve().address().port();
    let program = Program::start(format!("http://localhost:{port}"), "");
    let mut client = program.client();
    client.send(GET);
    let answer = client.message();
    assert_failure(&answer, 502, "connection_refused");
    assert!(!answer.contains(&port.to_string()), "{answer}");
    let told = format!("127.0.0.1:{port}: Connection refused");
    eventually("it is logged", || program.log().contains(&told));
}

/// Its connections are taken by the system, and nobody answers.
#[test]
fn stopped_app_is_a_timeout_until_it_goes_on() {
    let site = Site::well();
    let app = Program::start(site.address, "");
    let program = Program::start(app.address(), "timeouts.response_head = '2s'");
    assert_serves(program.address());
    send_signal(app.id(), "STOP");
    let answer = lasts(|| {
        let mut client = program.client();
        client.send(GET);
        client.message()
    });
    assert_failure(&answer, 504, "http_response_timeout");
    send_signal(app.id(), "CONT");
    assert_serves(program.address());
}

#[test]
fn app_that_half_closes_before_it_answers_is_a_bad_gateway() {
    let app = App::start();
    let program = Program::start(app.address(), "");
    let mut client = program.client();
    client.send("POST / HTTP/1.1\r\nHost: app\r\nContent-Length: 2\r\n\r\nup");
    let mut server = app.accept();
    server.message();
    server.finish();
    assert_failure(&client.message(), 502, "connection_terminated");
    assert_eq!(server.rest(), "");
}

#[test]
fn app_that_talks_nonsense_once_is_asked_again_for_the_next_request() {
    let nonsense: [&[u8]; 6] = [
        b"SSH-2.0-OpenSSH_9.9\r\n",
        // A TLS alert: it wants TLS on this port.
        b"\x15\x03\x01\x00\x02\x02\x46",
        b"220 mail.example ESMTP\r\n",
        b"\0\0\0\0\0\0\0\0\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"HTTP/1.1 99999 No\r\n\r\n",
    ];
    let app = App::start();
    let program = Program::start(app.address(), "");
    let mut client = program.client();
    for nonsense in nonsense {
        client.send(GET);
        let mut server = app.accept();
        server.head();
        server.send(nonsense);
        assert_failure(&client.message(), 502, "http_protocol_error");
        assert_eq!(server.rest(), "", "the connection is not used again");
        client.send(GET);
        let mut server = app.accept();
        server.head();
        server.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok");
        assert!(client.message().ends_with("\r\n\r\nok"));
    }
    assert_eq!(total(&program.stop(), "upstream_failures"), 6);
}

/// What could be read in two ways is read in one or not at all, and never sent on raw.
#[test]
fn ambiguous_answer_is_refused_or_made_clear() {
    let head = "HTTP/1.1 200 OK\r\n";
    let end = "\r\n\r\n";
    let refused = [
        format!("{head}Content-Length: 2\r\nContent-Length: 3{end}okk"),
        format!("{head}Content-Length: 2, 3{end}okk"),
        format!("{head}Content-Length: +2{end}ok"),
        format!("{head}A: a\0b\r\nContent-Length: 2{end}ok"),
        format!("{head}A: a\rb\r\nContent-Length: 2{end}ok"),
        format!("{head}Transfer-Encoding: chunked, gzip{end}0\r\n\r\n"),
    ];
    for answer in &refused {
        let seen = exchange(answer);
        assert!(seen.starts_with("HTTP/1.1 502 "), "{answer:?}: {seen:?}");
    }
    let both =
        format!("{head}Content-Length: 5\r\nTransfer-Encoding: chunked{end}2\r\nok\r\n0\r\n\r\n");
    let seen = exchange(&both);
    assert_eq!(field(&seen, "content-length"), None, "{seen}");
    assert!(seen.ends_with("2\r\nok\r\n0\r\n\r\n"), "{seen}");
    let folded = format!("{head}A: a\r\n b\r\nContent-Length: 2{end}ok");
    let seen = exchange(&folded);
    let is_unfolded = seen.contains("A: a b\r\n") || seen.contains("A: a   b\r\n");
    assert!(is_unfolded || seen.starts_with("HTTP/1.1 502 "), "{seen}");
    for chunk in [
        "x\r\n",
        "2\r\nokok",
        "-2\r\n",
        "fffffffffffffffff\r\n",
        "2 2\r\nok\r\n",
    ] {
        let seen = exchange(&format!("{head}Transfer-Encoding: chunked{end}{chunk}"));
        assert!(
            !seen.is_empty(),
            "{chunk:?} is answered with nothing at all"
        );
        assert!(
            !seen.ends_with("0\r\n\r\n"),
            "{chunk:?} looks whole: {seen:?}"
        );
        assert!(
            !seen.contains(chunk.trim_end()) || chunk.starts_with('2'),
            "{seen:?}"
        );
    }
}

#[test]
fn heads_beyond_the_limits_take_no_memory() {
    let long = format!("HTTP/1.1 200 OK\r\nA: {}\r\n\r\n", "a".repeat(200_000));
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "A: 1\r\n".repeat(500));
    let site = Site::answering(move |head| match path(head) {
        "/long" => long.clone(),
        "/many" => many.clone(),
        _ => OK.to_owned(),
    });
    let program = Program::start(site.address, "");
    let ask = |count: usize| {
        for path in ["/long", "/many"].repeat(count) {
            let mut client = program.client();
            client.send(site::get(path));
            assert_failure(&client.message(), 502, "http_response_header_section_size");
        }
        program.memory()
    };
    let before = ask(10);
    let after = ask(100);
    assert!(after < before + (8 << 20), "from {before} to {after} bytes");
    assert_serves(program.address());
}

#[test]
fn endless_heads_end_early_and_take_no_memory() {
    let site = Site::start(|mut wire| {
        let Some(head) = next_head(&mut wire) else {
            return;
        };
        let (start, piece) = match path(&head) {
            "/fields" => ("HTTP/1.1 200 OK\r\n", "A: b\r\n".repeat(1000)),
            "/field" => ("HTTP/1.1 200 OK\r\nA: ", "a".repeat(6000)),
            "/line" => ("HTTP/1.1 200 ", "a".repeat(6000)),
            _ => ("", "HTTP/1.1 103 Early\r\nLink: </a>\r\n\r\n".repeat(100)),
        };
        wire.send_lossy(start);
        while wire.try_send(&piece) {}
    });
    let program = Program::start(site.address, "");
    let ask = |count: usize| {
        for path in ["/fields", "/field", "/line", "/interim"].repeat(count) {
            let mut client = program.client();
            client.send(site::get(path));
            let answer = client.until(b"HTTP/1.1 502 ").len();
            // Interim answers are passed on, as many as any request needs.
            assert!(answer < 10_000, "{path}: {answer} bytes");
        }
        eventually("the app's connections are closed", || site.open() == 0);
        program.memory()
    };
    let before = ask(3);
    let after = ask(30);
    // Heads that are kept would take far more, and the allocator takes memory in large pieces.
    assert!(
        after < before + (16 << 20),
        "from {before} to {after} bytes"
    );
}

/// Whoever asks next must not get what belongs to nobody.
#[test]
fn no_client_gets_what_came_after_an_answer() {
    let site = Site::answering(|head| {
        let stray = answer("stray");
        answer(path(head)) + &stray + &stray
    });
    let program = Program::start(site.address, "");
    thread::scope(|scope| {
        for client in 0..4 {
            let program = &program;
            scope.spawn(move || {
                let mut wire = program.client();
                for place in 0..100 {
                    let path = format!("/{client}-{place}");
                    wire.send(site::get(&path));
                    assert_eq!(wire.message(), answer(&path));
                }
            });
        }
    });
}

/// Nobody is there, then somebody is: any request is told, and none is afterwards.
#[test]
fn app_that_comes_back_is_reached_by_the_first_request() {
    let port = Port::reserve();
    let program = Program::start(port.address(), "");
    let requests = [
        GET,
        "POST / HTTP/1.1\r\nHost: app\r\nContent-Length: 2\r\n\r\nup",
    ];
    for request in requests {
        let mut client = program.client();
        client.send(request);
        assert_failure(&client.message(), 502, "connection_refused");
    }
    for request in requests {
        let listener: TcpListener = port.listen();
        let mut client = program.client();
        client.send(request);
        let (stream, _) = listener.accept().unwrap();
        let mut server = Wire::new(stream);
        assert_eq!(server.message(), request);
        server.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok");
        server.stream().shutdown(Shutdown::Write).unwrap();
        assert!(client.message().ends_with("\r\n\r\nok"));
    }
}

/// Sends one request through a fresh program and all of `answer` back; returns what the
/// client got, to the end of its connection.
fn exchange(answer: &str) -> String {
    let app = App::start();
    let program = Program::start(app.address(), "");
    let mut client = program.client();
    client.send("GET / HTTP/1.1\r\nHost: app\r\nConnection: close\r\n\r\n");
    let mut server = app.accept();
    server.head();
    server.send_lossy(answer);
    server.finish();
    client.rest()
}

#[track_caller]
fn assert_failure(answer: &str, status: u16, kind: &str) {
    let start = format!("HTTP/1.1 {status} ");
    assert!(answer.starts_with(&start), "{answer}");
    let named = format!("rescope; error={kind}");
    assert_eq!(field(answer, "proxy-status"), Some(named.as_str()));
}
