//! Where clients connect and where the app is, if not at a TCP port of ours; and
//! load balancers that say who the client is.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    os::{
        fd::OwnedFd,
        unix::net::{UnixListener, UnixStream},
    },
    path::Path,
    process::{Command, Stdio},
    thread,
};

use rescope::config::{self, Config, Overrides};

use crate::identity::{ask, head};
use crate::process::Killed;
use crate::raw::{App, LIMIT, Wire, field};
use crate::running::Rescope;

const GET: &str = "GET /a?b=c HTTP/1.1\r\nHost: app.example\r\nConnection: close\r\n\r\n";
const PASSED: &str = "GET /a?b=c HTTP/1.1\r\nHost: app.example\r\n\r\n";
const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

fn configuration(listen: &str, upstream: &str, text: &str) -> Config {
    let overrides = Overrides {
        listen: Some(listen.to_owned()),
        upstream: Some(upstream.to_owned()),
        ..Overrides::default()
    };
    config::parse(text, "proxy.toml", &overrides).unwrap()
}

fn connect(path: &Path) -> UnixStream {
    let stream = UnixStream::connect(path).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    stream
}

#[test]
fn app_behind_a_unix_socket_gets_requests_and_upgrades() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app");
    let app = UnixListener::bind(&path).unwrap();
    let upstream = format!("unix:{}", path.display());
    let rescope = Rescope::of(configuration("127.0.0.1:0", &upstream, ""));
    let mut client = rescope.client();
    client.send(PASSED);
    let (mut server, _) = app.accept().unwrap();
    assert_eq!(head(&mut server), PASSED);
    let location = "https://zoom.us/oauth/authorize?client_id=a&scope=b";
    let answer = |location: &str| {
        format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n")
    };
    server.write_all(answer(location).as_bytes()).unwrap();
    let expected = "https://zoom.us/oauth/authorize?client_id=a";
    assert_eq!(client.message(), answer(expected));
    // Without Host, the app gets one that is none of its business.
    let mut old = rescope.client();
    old.send("GET / HTTP/1.0\r\n\r\n");
    assert_eq!(field(&head(&mut server), "host"), Some("localhost"));
    server.write_all(OK.as_bytes()).unwrap();
    old.rest();
    client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n");
    assert_eq!(field(&head(&mut server), "upgrade"), Some("echo"));
    let switch = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: upgrade\r\n\r\n";
    server
        .write_all(format!("{switch}hello").as_bytes())
        .unwrap();
    assert_eq!(client.head(), switch);
    assert_eq!(client.exactly(5), b"hello");
}

#[test]
fn client_on_a_unix_socket_is_served_and_has_no_address() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rescope");
    let app = App::start();
    let upstream = format!("http://{}", app.address());
    let mut config = configuration("127.0.0.1:0", &upstream, "forwarded = 'replace'");
    let listen = format!("unix:{}", path.display());
    let text = format!(
        "listen_tls = '127.0.0.1:0'\ntls.certs = '{}'",
        folder.path().join("certs").display()
    );
    std::fs::create_dir(folder.path().join("certs")).unwrap();
    // A second listener, whose address is what `Rescope` wants to know.
    config.listen = configuration(&listen, &upstream, "").listen;
    let other = configuration(&listen, &upstream, &text);
    (config.listen_tls, config.certs) = (other.listen_tls, other.certs);
    let _rescope = Rescope::of(config);
    let client = connect(&path);
    let asked = thread::spawn(move || ask(client, GET));
    let mut server = app.accept();
    let head = server.head();
    assert_eq!(field(&head, "x-forwarded-for"), None);
    assert_eq!(field(&head, "x-forwarded-proto"), Some("http"));
    let expected = "for=unknown;host=\"app.example\";proto=http";
    assert_eq!(field(&head, "forwarded"), Some(expected));
    server.send(OK);
    assert!(asked.join().unwrap().ends_with("\r\n\r\nok"));
}

/// As a service manager does it (`sd_listen_fds(3)`).
#[test]
fn program_serves_sockets_that_it_is_handed() {
    let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = tcp.local_addr().unwrap();
    let app = App::start();
    // The shell puts the socket where it belongs, and its number into the environment.
    let program = Command::new("sh")
        .args([
            "-c",
            r#"LISTEN_PID=$$ LISTEN_FDS=1 exec "$0" "$@" 3<&0 </dev/null"#,
        ])
        .arg(env!("CARGO_BIN_EXE_rescope"))
        .args(["run", "--listen", "fd:3", "--upstream"])
        .arg(format!("http://{}", app.address()))
        .env("RESCOPE_LOG", "warn")
        .stdin(Stdio::from(OwnedFd::from(tcp)))
        .stdout(Stdio::piped())
        .spawn();
    let mut program = Killed(program.unwrap());
    let mut stdout = BufReader::new(program.0.stdout.take().unwrap());
    let mut line = String::new();
    stdout.read_line(&mut line).unwrap();
    assert_eq!(line, format!("listening on http://{address}\n"));
    let mut client = Wire::connect(address);
    client.send(GET);
    let mut server = app.accept();
    assert_eq!(server.head(), PASSED);
    server.send(OK);
    assert!(client.rest().ends_with("\r\n\r\nok"));
}

/// Returns what the app gets from a connection that begins with `header`.
fn behind_a_balancer(header: &[u8], forwarded: &str) -> String {
    let app = App::start();
    let text = format!("proxy_protocol = true\nforwarded = '{forwarded}'");
    let rescope = Rescope::configured(app.address(), &text);
    let mut client = rescope.client();
    client.send(header);
    client.send("GET / HTTP/1.1\r\nHost: app.example\r\nX-Forwarded-For: 6.6.6.6\r\n\r\n");
    let mut server = app.accept();
    let head = server.head();
    server.send(OK);
    client.message();
    head
}

#[test]
fn client_is_who_the_proxy_header_says() {
    let line = b"PROXY TCP4 192.0.2.7 198.51.100.1 4711 443\r\n";
    let head = behind_a_balancer(line, "replace");
    assert_eq!(field(&head, "x-forwarded-for"), Some("192.0.2.7"));
    let head = behind_a_balancer(line, "append");
    assert_eq!(field(&head, "x-forwarded-for"), Some("6.6.6.6, 192.0.2.7"));
    let line = b"PROXY TCP6 2001:db8::7 2001:db8::1 4711 443\r\n";
    let head = behind_a_balancer(line, "replace");
    assert_eq!(field(&head, "x-forwarded-for"), Some("2001:db8::7"));
    let element = "for=\"[2001:db8::7]\";host=\"app.example\";proto=http";
    assert_eq!(field(&head, "forwarded"), Some(element));
    let signature = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c";
    let addresses = [192, 0, 2, 9, 198, 51, 100, 1, 0x12, 0x67, 1, 187];
    let head = behind_a_balancer(&[&signature[..], &addresses].concat(), "replace");
    assert_eq!(field(&head, "x-forwarded-for"), Some("192.0.2.9"));
    // A health check of the balancer itself.
    let head = behind_a_balancer(b"PROXY UNKNOWN\r\n", "replace");
    assert_eq!(field(&head, "x-forwarded-for"), Some("127.0.0.1"));
}

/// Whoever could send a header by himself could be anybody.
#[test]
fn connection_without_a_proxy_header_gets_nothing() {
    let app = App::start();
    let rescope = Rescope::configured(app.address(), "proxy_protocol = true");
    let mut client = rescope.client();
    client.send(GET);
    assert_eq!(client.rest(), "");
    assert!(!app.has_caller());
}

#[test]
fn proxy_header_that_nobody_expects_is_no_request() {
    let app = App::start();
    let rescope = Rescope::start(app.address());
    let mut client = rescope.client();
    client.send(format!(
        "PROXY TCP4 192.0.2.7 198.51.100.1 4711 443\r\n{GET}"
    ));
    let answer = client.rest();
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    assert!(!app.has_caller());
}
