//! What is where: on the proxy's listeners, and on those for endpoints alone.

use std::io::{Read, Write};

use crate::http2_client::{Client, request};
use crate::program::Program;
use crate::raw::{Wire, field};
use crate::running::{Rescope, get, status};
use crate::{KEEP, ON_ITS_OWN, ON_THE_PROXYS, PATH, TO};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\napp";

/// Other spellings of the path are other paths.
const ELSEWHERE: [&str; 9] = [
    "/",
    "/oauth/authorize/",
    "/oauth/authorize/x",
    "/oauth/authoriz",
    "//oauth/authorize",
    "/oauth/%61uthorize",
    "/x/../oauth/authorize",
    "/OAuth/authorize",
    "/oauth/authorize;x",
];

#[test]
fn everything_else_on_the_proxys_listener_is_the_apps() {
    let rescope = Rescope::start(ON_THE_PROXYS);
    let mut client = rescope.client();
    client.send(get(ELSEWHERE[0]));
    let mut app = rescope.app.accept();
    for path in ELSEWHERE {
        assert_eq!(app.head(), get(path));
        app.send(OK);
        assert_eq!(client.message(), OK);
        // The endpoint answers by itself on the same connection.
        client.send(get(&format!("{PATH}?a")));
        assert_eq!(
            field(&client.message(), "location"),
            Some(&*format!("{TO}?a"))
        );
        let next = ELSEWHERE.iter().position(|it| *it == path).unwrap() + 1;
        client.send(get(ELSEWHERE.get(next).unwrap_or(&"/end")));
    }
    assert_eq!(app.head(), get("/end"));
}

#[test]
fn everything_else_on_a_listener_of_its_own_is_not_there() {
    let rescope = Rescope::start(ON_ITS_OWN);
    for path in ELSEWHERE {
        let answer = rescope.ask(get(path));
        assert_eq!(status(&answer), 404, "{path}");
        assert_eq!(
            field(&answer, "content-type"),
            Some("text/plain; charset=utf-8")
        );
    }
    for request in [
        "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
        "CONNECT zoom.us:443 HTTP/1.1\r\nHost: zoom.us:443\r\n\r\n",
        "GET http://evil.example HTTP/1.1\r\nHost: a\r\n\r\n",
    ] {
        assert_eq!(status(&rescope.ask(request)), 404, "{request}");
    }
    assert!(!rescope.app.has_caller());
}

#[test]
fn endpoint_on_a_listener_of_its_own_is_not_on_the_proxys() {
    let rescope = Rescope::start(ON_ITS_OWN);
    let mut client = Wire::connect(rescope.proxy[0]);
    client.send(get(PATH));
    let mut app = rescope.app.accept();
    assert_eq!(app.head(), get(PATH));
    app.send(OK);
    assert_eq!(client.message(), OK);
}

#[test]
fn several_endpoints_lead_where_each_is_to() {
    let rescope = Rescope::start(
        "[[authorize]]\npath = '/zoom'\nlisten = '127.0.0.1:0'\n\
         [[authorize]]\npath = '/gov'\nlisten = '127.0.0.1:0'\nto = 'https://zoomgov.com/oauth/authorize'\n\
         [[authorize]]\npath = '/zoom'\nto = 'https://login.example.com:8443/a/'\ndiscovery = false\n",
    );
    let proxy = rescope.proxy[0];
    assert_eq!(rescope.endpoints.len(), 1, "one address, one listener");
    let own = rescope.endpoints[0];
    for (address, path, to) in [
        (own, "/zoom", TO),
        (own, "/gov", "https://zoomgov.com/oauth/authorize"),
        (proxy, "/zoom", "https://login.example.com:8443/a/"),
    ] {
        let mut client = Wire::connect(address);
        client.send(get(&format!("{path}?scope=a&b=c")));
        // The policy applies to a target that nobody has listed, too.
        assert_eq!(
            field(&client.message(), "location"),
            Some(&*format!("{to}?b=c"))
        );
    }
}

#[test]
fn unix_socket_may_be_the_listener() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("authorize");
    let shown = path.display();
    let text = format!("[authorize]\npath = '/a'\nlisten = 'unix:{shown}'\n");
    let _rescope = Rescope::start(&text);
    let asked = |target: &str| {
        let mut client = std::os::unix::net::UnixStream::connect(&path).unwrap();
        let request = get(target).replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
        client.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).unwrap();
        answer
    };
    assert_eq!(field(&asked("/a?b"), "location"), Some(&*format!("{TO}?b")));
    // Nobody can tell its URL.
    assert_eq!(status(&asked("/.well-known/openid-configuration")), 404);
}

#[test]
fn program_logs_where_each_endpoint_is() {
    let program = Program::start(
        "info",
        2,
        "listen = '127.0.0.1:0'\n[[client]]\nid = 'a'\nscope = 'keep'\n\
         [[authorize]]\npath = '/a'\n[[authorize]]\npath = '/a'\nlisten = '127.0.0.1:0'\n\
         known_clients_only = true\n",
    );
    let addresses = program.addresses.clone();
    let log = program.end();
    for (address, is_closed) in addresses.iter().zip([false, true]) {
        let line = format!(
            "authorize endpoint listen=http://{address} path=\"/a\" to=\"{TO}\" \
             known_clients_only={is_closed}\n"
        );
        assert_eq!(log.matches(&line).count(), 1, "{line} {log}");
    }
}

#[test]
fn program_says_where_it_listens_and_logs_no_secret() {
    let program = Program::start("trace", 2, &format!("listen = '127.0.0.1:0'\n{ON_ITS_OWN}"));
    let said = program.listening();
    assert!(!said[0].contains("authorize"), "{said:?}");
    assert!(said[1].ends_with(" (authorize endpoint)"), "{said:?}");
    let secret = "CANARY";
    let query = format!("client_id=AbC&scope=read&state={secret}&code_challenge={secret}");
    let mut client = Wire::connect(program.addresses[1]);
    for request in [
        get(&format!("{PATH}?{query}")).into_bytes(),
        crate::running::post(PATH, &query),
        get(&format!("{PATH}?{secret}=\u{e9}")).into_bytes(),
    ] {
        client.send(request);
        client.message();
    }
    let log = program.end();
    assert!(!log.contains(secret), "{log}");
    let refused = "request refused method=GET path=\"/oauth/authorize\" status=400 reason=\"the \
        request holds what may not stand in a query; it is to be percent-encoded\"";
    assert_eq!(log.matches(refused).count(), 1, "{log}");
    assert_eq!(
        log.matches("scope rewritten client_id=AbC ").count(),
        2,
        "{log}"
    );
    for total in [
        "requests=3 ",
        " authorization_requests=2 ",
        " rewrites=2 ",
        " refused_requests=1 ",
    ] {
        assert!(log.contains(total), "{total} {log}");
    }
}

/// Browsers send a field for each in HTTP/2 (RFC 9113 8.2.3), and what one port sets the others
/// get, on localhost.
#[test]
fn many_cookies_are_no_matter() {
    let rescope = Rescope::start(&format!("{KEEP}{ON_ITS_OWN}"));
    let cookies: Vec<_> = (0..1000)
        .map(|at| format!("{at:0>4}={:a<15}", ""))
        .collect();
    let one_line = format!("Cookie: {}\r\n\r\n", cookies.join("; "));
    let answer = rescope.ask(get(PATH).replacen("\r\n\r\n", &format!("\r\n{one_line}"), 1));
    assert_eq!(status(&answer), 302);
    let mut client = Client::connect(rescope.address());
    let mut request = request(PATH);
    for cookie in &cookies {
        let cookie = cookie.parse().unwrap();
        request.headers_mut().append("cookie", cookie);
    }
    assert_eq!(client.get(request).status(), 302);
}
