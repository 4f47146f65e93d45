//! Apps that authenticate the TCP connection, as NTLM and Negotiate have it (RFC 4559 section
//! 6): it belongs to the client that it was authenticated for.

use std::{
    io::{Read, Write},
    os::unix::net::UnixListener,
};

use rescope::config::{self, Overrides};

use crate::http2_client::{Client, request};
use crate::identity::{Identity, head};
use crate::raw::{App, LIMIT, Wire};
use crate::running::Rescope;

const GET: &str = "GET / HTTP/1.1\r\nHost: app\r\n\r\n";
const FIRST: &str = "GET / HTTP/1.1\r\nHost: app\r\nAuthorization: NTLM TlRMTVNTUAAB\r\n\r\n";
const THIRD: &str = "GET / HTTP/1.1\r\nHost: app\r\nAuthorization: NTLM TlRMTVNTUAAD\r\n\r\n";
const SECOND: &str = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: NTLM TlRMTVNTUAAC\r\nContent-Length: 2\r\n\r\nno";
const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// One exchange, on these connections.
#[track_caller]
fn pass(client: &mut Wire, server: &mut Wire, request: &str, response: &str) {
    client.send(request);
    assert_eq!(server.message(), request);
    server.send(response);
    assert_eq!(client.message(), response);
}

/// Has another client ask for something, and returns the connection that this came on.
fn stranger(app: &App, rescope: &Rescope) -> Wire {
    let mut client = rescope.client();
    client.send(GET);
    let mut server = app.accept();
    assert_eq!(server.head(), GET);
    server.send(OK);
    assert_eq!(client.message(), OK);
    server
}

/// Signs a client in on a connection of its own.
fn signed_in(app: &App, rescope: &Rescope) -> (Wire, Wire) {
    let mut client = rescope.client();
    client.send(FIRST);
    let mut server = app.accept();
    assert_eq!(server.head(), FIRST);
    server.send(SECOND);
    assert_eq!(client.message(), SECOND);
    pass(&mut client, &mut server, THIRD, OK);
    (client, server)
}

#[test]
fn nobody_else_is_on_the_connection_that_a_client_signed_in_on() {
    let app = App::start();
    let rescope = Rescope::start(app.address());
    let (mut client, mut server) = signed_in(&app, &rescope);
    let _free = stranger(&app, &rescope);
    assert!(server.is_silent());
    // With credentials or without them, what the client sends goes there.
    for request in [GET, THIRD, GET] {
        pass(&mut client, &mut server, request, OK);
    }
    assert!(!app.has_caller());
}

#[test]
fn two_that_sign_in_at_once_are_not_mixed_up() {
    let app = App::start();
    let rescope = Rescope::start(app.address());
    let mut pairs: Vec<_> = (0..2)
        .map(|_| {
            let mut client = rescope.client();
            client.send(FIRST);
            let mut server = app.accept();
            assert_eq!(server.head(), FIRST);
            (client, server)
        })
        .collect();
    for (client, server) in &mut pairs {
        server.send(SECOND);
        assert_eq!(client.message(), SECOND);
    }
    for (client, server) in pairs.iter_mut().rev() {
        pass(client, server, THIRD, OK);
        pass(client, server, GET, OK);
    }
}

#[test]
fn challenge_alone_binds_the_connection() {
    for (status, lines) in [
        (401, "WWW-Authenticate: NTLM\r\n"),
        (401, "WWW-Authenticate: negotiate YII=\r\n"),
        (401, "WWW-Authenticate: Basic realm=\"a, b\", Negotiate\r\n"),
        (
            401,
            "WWW-Authenticate: Basic realm=\"a\"\r\nwww-authenticate: NTLM\r\n",
        ),
        (401, "WWW-Authenticate: Kerberos\r\n"),
        (407, "Proxy-Authenticate: Nego2\r\n"),
    ] {
        let app = App::start();
        let rescope = Rescope::start(app.address());
        let mut client = rescope.client();
        client.send(GET);
        let mut server = app.accept();
        server.head();
        let response = format!("HTTP/1.1 {status} No\r\n{lines}Content-Length: 2\r\n\r\nno");
        server.send(&response);
        let got = client.message();
        assert!(got.ends_with("\r\n\r\nno"), "{got}");
        let _free = stranger(&app, &rescope);
        assert!(server.is_silent(), "{lines}");
        pass(&mut client, &mut server, GET, OK);
    }
}

#[test]
fn credentials_go_on_a_new_connection_which_they_bind() {
    for line in [
        "Authorization: NTLM TlRM",
        "authorization: negotiate YII=",
        "Authorization: Kerberos YII=",
        "Proxy-Authorization: Negotiate YII=",
        "Authorization: Basic YTpi\r\nAuthorization: NTLM TlRM",
    ] {
        let app = App::start();
        let rescope = Rescope::start(app.address());
        // The pool's may be gone already, and what was sent there would be lost.
        let mut free = stranger(&app, &rescope);
        let mut client = rescope.client();
        let credentials = format!("GET / HTTP/1.1\r\nHost: app\r\n{line}\r\n\r\n");
        client.send(&credentials);
        let mut server = app.accept();
        assert_eq!(server.head(), credentials);
        server.send(OK);
        assert_eq!(client.message(), OK);
        let mut other = rescope.client();
        pass(&mut other, &mut free, GET, OK);
        pass(&mut client, &mut server, GET, OK);
        assert!(!app.has_caller(), "{line}");
    }
}

#[test]
fn other_schemes_leave_connections_to_everybody() {
    for (asked, challenge) in [
        ("Basic YTpi", "Basic realm=\"NTLM\""),
        ("Bearer NTLM", "Bearer error=\"a, Negotiate\""),
        (
            "Digest username=\"NTLM\", realm=\"a, Negotiate\"",
            "Digest realm=\"a, NTLM, Negotiate\", nonce=\"b\"",
        ),
    ] {
        let app = App::start();
        let rescope = Rescope::start(app.address());
        let mut server = stranger(&app, &rescope);
        let credentials = format!("GET / HTTP/1.1\r\nHost: app\r\nAuthorization: {asked}\r\n\r\n");
        let refused = format!(
            "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: {challenge}\r\nContent-Length: 2\r\n\r\nno"
        );
        pass(&mut rescope.client(), &mut server, &credentials, &refused);
        pass(&mut rescope.client(), &mut server, GET, OK);
        assert!(!app.has_caller(), "{asked}");
    }
}

#[test]
fn bound_connection_is_closed_with_the_clients() {
    let app = App::start();
    let rescope = Rescope::start(app.address());
    let (client, mut server) = signed_in(&app, &rescope);
    drop(client);
    assert_eq!(server.rest(), "");
}

#[test]
fn answers_and_requests_of_every_form_leave_the_connection_bound() {
    let app = App::start();
    let rescope = Rescope::start(app.address());
    let (mut client, mut server) = signed_in(&app, &rescope);
    let post =
        "POST / HTTP/1.1\r\nHost: app\r\nAuthorization: NTLM TlRM\r\nContent-Length: 2\r\n\r\nup";
    for request in [GET, post] {
        for response in [
            OK,
            SECOND,
            "HTTP/1.1 204 No Content\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        ] {
            pass(&mut client, &mut server, request, response);
        }
    }
    client.send("HEAD / HTTP/1.1\r\nHost: app\r\n\r\n");
    server.head();
    let head = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: NTLM\r\nContent-Length: 9\r\n\r\n";
    server.send(head);
    assert_eq!(client.head(), head);
    client.send(GET);
    server.head();
    let hints = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
    server.send(format!("{hints}{OK}"));
    assert_eq!(client.head().to_lowercase(), hints.to_lowercase());
    assert_eq!(client.message(), OK);
    pass(&mut client, &mut server, GET, OK);
    assert!(!app.has_caller());
}

/// The rest of the body is still on its way when the answer has ended.
#[test]
fn answer_before_the_end_of_the_body_leaves_the_connection_bound() {
    for response in [
        SECOND,
        "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: NTLM TlRM\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: NTLM TlRM\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n",
    ] {
        let app = App::start();
        let rescope = Rescope::start(app.address());
        let mut client = rescope.client();
        client.send("POST / HTTP/1.1\r\nHost: app\r\nContent-Length: 200000\r\n\r\n");
        client.send([b'x'; 1000]);
        let mut server = app.accept();
        server.head();
        server.exactly(1000);
        server.send(response);
        assert_eq!(client.message(), response);
        client.send(vec![b'x'; 199_000]);
        server.exactly(199_000);
        pass(&mut client, &mut server, FIRST, SECOND);
        pass(&mut client, &mut server, THIRD, OK);
        assert!(!app.has_caller());
    }
}

/// The body ends while the answer goes on.
#[test]
fn answer_that_outlasts_the_body_leaves_the_connection_bound() {
    let app = App::start();
    let rescope = Rescope::start(app.address());
    let mut client = rescope.client();
    client.send(
        "POST / HTTP/1.1\r\nHost: app\r\nAuthorization: NTLM TlRM\r\nContent-Length: 4\r\n\r\nhe",
    );
    let mut server = app.accept();
    server.head();
    server.exactly(2);
    let head =
        "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: NTLM TlRM\r\nContent-Length: 4\r\n\r\n";
    server.send(head);
    assert_eq!(client.head(), head);
    client.send("re");
    assert_eq!(server.exactly(2), b"re");
    for half in ["an", "sw"] {
        server.send(half);
        assert_eq!(client.exactly(2), half.as_bytes());
    }
    pass(&mut client, &mut server, THIRD, OK);
    assert!(!app.has_caller());
}

#[test]
fn upgrade_goes_on_the_connection_that_was_signed_in_on() {
    let app = App::start();
    let rescope = Rescope::start(app.address());
    let (mut client, mut server) = signed_in(&app, &rescope);
    client.send(
        "GET /chat HTTP/1.1\r\nHost: app\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    );
    assert!(server.head().starts_with("GET /chat "));
    let grant =
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
    server.send(grant);
    assert_eq!(client.head(), grant);
    client.send("up");
    assert_eq!(server.exactly(2), b"up");
    server.send("down");
    assert_eq!(client.exactly(4), b"down");
    drop(client);
    assert_eq!(server.rest(), "");
}

/// On another connection the request would be somebody else's.
#[test]
fn request_on_a_bound_connection_is_never_sent_again() {
    for request in [GET, FIRST] {
        let app = App::start();
        let rescope = Rescope::start(app.address());
        let (mut client, mut server) = signed_in(&app, &rescope);
        client.send(request);
        assert_eq!(server.head(), request);
        drop(server);
        let answer = client.message();
        assert!(answer.starts_with("HTTP/1.1 502 "), "{answer}");
        assert!(!app.has_caller());
        // The next one is the client's own wish.
        client.send(FIRST);
        assert_eq!(app.accept().head(), FIRST);
    }
}

#[test]
fn credentials_are_never_sent_again() {
    for request in [FIRST, THIRD] {
        let app = App::start();
        let rescope = Rescope::start(app.address());
        let mut client = rescope.client();
        client.send(request);
        let mut server = app.accept();
        assert_eq!(server.head(), request);
        drop(server);
        let answer = client.message();
        assert!(answer.starts_with("HTTP/1.1 502 "), "{answer}");
        assert!(!app.has_caller());
    }
}

/// Signs in without a body anywhere, and sees to it that the connection stays the client's.
fn stays_bound(mut client: impl Read + Write, mut accept: impl FnMut() -> Box<dyn Both>) {
    let refused = SECOND.replace("Length: 2\r\n\r\nno", "Length: 0\r\n\r\n");
    let done = OK.replace("Length: 2\r\n\r\nok", "Length: 0\r\n\r\n");
    client.write_all(FIRST.as_bytes()).unwrap();
    let mut server = accept();
    for (response, next) in [
        (refused, Some(THIRD)),
        (done.clone(), Some(GET)),
        (done, None),
    ] {
        head(&mut server);
        server.write_all(response.as_bytes()).unwrap();
        assert_eq!(head(&mut client), response);
        let Some(next) = next else { break };
        client.write_all(next.as_bytes()).unwrap();
    }
    drop(client);
    assert_eq!(server.read(&mut [0]).unwrap(), 0);
}

trait Both: Read + Write {}

impl<T: Read + Write> Both for T {}

#[test]
fn tls_and_proxy_headers_and_unix_sockets_make_no_difference() {
    let identity = Identity::new();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app");
    let unix = UnixListener::bind(&path).unwrap();
    let app = App::start();
    let accept = || -> Box<dyn Both> { Box::new(app.accept().into_stream()) };
    let start = |listen: Option<&str>, upstream: String, text: &str| {
        let overrides = Overrides {
            listen: listen.map(str::to_owned),
            upstream: Some(upstream),
            ..Overrides::default()
        };
        Rescope::of(config::parse(text, "proxy.toml", &overrides).unwrap())
    };
    let tcp = format!("http://{}", app.address());
    let rescope = start(None, tcp.clone(), &identity.listener());
    stays_bound(identity.connect(rescope.address, &["http/1.1"]), accept);
    let rescope = start(Some("127.0.0.1:0"), tcp, "proxy_protocol = true");
    let mut client = rescope.client();
    client.send("PROXY TCP4 192.0.2.7 198.51.100.1 4711 443\r\n");
    stays_bound(client.into_stream(), accept);
    let upstream = format!("unix:{}", path.display());
    let rescope = start(Some("127.0.0.1:0"), upstream, "");
    stays_bound(rescope.client().into_stream(), || {
        let (stream, _) = unix.accept().unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        Box::new(stream)
    });
}

/// Several requests at once cannot have one connection for themselves.
#[test]
fn connection_of_an_http2_clients_identity_is_closed_after_the_answer() {
    for response in [SECOND, OK] {
        let app = App::start();
        let rescope = Rescope::start(app.address());
        let mut free = stranger(&app, &rescope);
        let mut client = Client::connect(rescope.address);
        let mut credentials = request("/");
        let line = "Negotiate YII=".parse().unwrap();
        credentials.headers_mut().insert("authorization", line);
        let sent = client.send(credentials, true);
        let mut server = app.accept();
        server.head();
        server.send(response);
        let answer = client.block_on(sent.answer).unwrap();
        client.body(answer.into_body()).0.unwrap();
        assert_eq!(server.rest(), "");
        // A challenge is enough.
        let sent = client.send(request("/"), true);
        free.head();
        free.send(SECOND);
        let answer = client.block_on(sent.answer).unwrap();
        assert_eq!(answer.headers()["www-authenticate"], "NTLM TlRMTVNTUAAC");
        client.body(answer.into_body()).0.unwrap();
        assert_eq!(free.rest(), "");
    }
}
