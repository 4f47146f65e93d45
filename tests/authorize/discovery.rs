//! The documents in which libraries find an endpoint.

use crate::identity::{self, Identity};
use crate::program::Program;
use crate::raw::{Wire, field};
use crate::running::{Rescope, get, status, undated};
use crate::{ON_ITS_OWN, ON_THE_PROXYS};

const OPENID: &str = "/.well-known/openid-configuration";
const OAUTH: &str = "/.well-known/oauth-authorization-server";

/// A document of the app's own.
const APPS: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";

/// The answer to a client that knows the listener by its address.
fn asked(rescope: &Rescope, path: &str) -> String {
    rescope.ask(get_of(rescope, path))
}

fn get_of(rescope: &Rescope, path: &str) -> String {
    get(path).replace("app.example", &rescope.address().to_string())
}

fn document(answer: &str) -> serde_json::Value {
    assert_eq!(status(answer), 200, "{answer}");
    serde_json::from_str(answer.split("\r\n\r\n").nth(1).unwrap()).unwrap()
}

/// The issuer that a client with this `Host` reads.
fn issuer(rescope: &Rescope, host: &str) -> String {
    let answer = rescope.ask(format!("GET {OAUTH} HTTP/1.1\r\nHost: {host}\r\n\r\n"));
    let document = document(&answer);
    let issuer = document["issuer"].as_str().unwrap();
    assert_eq!(
        document["authorization_endpoint"],
        format!("{issuer}/oauth/authorize")
    );
    issuer.to_owned()
}

#[test]
fn documents_say_what_is_true_of_zoom() {
    let rescope = Rescope::start(ON_ITS_OWN);
    let own = rescope.address();
    for path in [OPENID, OAUTH] {
        let answer = asked(&rescope, path);
        assert_eq!(field(&answer, "content-type"), Some("application/json"));
        assert_eq!(field(&answer, "cache-control"), Some("no-store"));
        assert!(
            !answer.to_lowercase().contains("access-control"),
            "{answer}"
        );
        let expected = serde_json::json!({
            "issuer": format!("http://{own}"),
            "authorization_endpoint": format!("http://{own}/oauth/authorize"),
            "token_endpoint": "https://zoom.us/oauth/token",
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "none"],
            "revocation_endpoint": "https://zoom.us/oauth/revoke",
            "code_challenge_methods_supported": ["S256", "plain"],
        });
        assert_eq!(document(&answer), expected);
        let mut client = rescope.client();
        client.send(get_of(&rescope, path).replace("GET", "HEAD"));
        assert_eq!(
            undated(&client.head()),
            undated(&answer[..answer.find("\r\n\r\n").unwrap() + 4])
        );
        client.send(get_of(&rescope, path).replace("GET", "POST"));
        let refused = client.message();
        assert_eq!(
            (status(&refused), field(&refused, "allow")),
            (405, Some("GET, HEAD"))
        );
    }
}

#[test]
fn zooms_clouds_have_their_own_endpoints() {
    for (to, token) in [
        (
            "https://marketplace.zoom.us/authorize",
            "https://zoom.us/oauth/token",
        ),
        (
            "https://zoomgov.com/oauth/authorize",
            "https://zoomgov.com/oauth/token",
        ),
        (
            "https://x.zoomgov.com/oauth/authorize",
            "https://zoomgov.com/oauth/token",
        ),
    ] {
        let rescope = Rescope::start(&format!("{ON_ITS_OWN}to = '{to}'\n"));
        assert_eq!(document(&asked(&rescope, OAUTH))["token_endpoint"], token);
    }
}

#[test]
fn of_another_server_only_what_is_written_is_said() {
    let rescope = Rescope::start(&format!(
        "{ON_ITS_OWN}to = 'https://notzoom.us/authorize'\ntoken_endpoint = 'https://a.example/t'\n\
         revocation_endpoint = 'http://127.0.0.1:9/r'\n"
    ));
    let own = rescope.address();
    let expected = serde_json::json!({
        "issuer": format!("http://{own}"),
        "authorization_endpoint": format!("http://{own}/oauth/authorize"),
        "token_endpoint": "https://a.example/t",
        "response_types_supported": ["code"],
        "grant_types_supported": ["authorization_code"],
        "revocation_endpoint": "http://127.0.0.1:9/r",
    });
    assert_eq!(document(&asked(&rescope, OPENID)), expected);
}

/// An issuer from anybody's Host would end up in caches and in other clients.
#[test]
fn issuer_is_never_a_name_that_a_request_made_up() {
    let rescope = Rescope::start(ON_ITS_OWN);
    let own = rescope.address();
    let port = own.port();
    for (host, expected) in [
        (
            format!("127.0.0.1:{port}"),
            format!("http://127.0.0.1:{port}"),
        ),
        (
            format!("localhost:{port}"),
            format!("http://localhost:{port}"),
        ),
        (
            format!("LocalHost:{port}"),
            format!("http://localhost:{port}"),
        ),
        (format!("[::1]:{port}"), format!("http://[::1]:{port}")),
    ] {
        assert_eq!(issuer(&rescope, &host), expected);
    }
    let nobody = |request: String| {
        let answer = rescope.ask(&request);
        assert_eq!(status(&answer), 404, "{request}");
        assert!(answer.ends_with("\r\nrescope: this server does not know its public name\n"));
        // Whoever is told the address of a machine behind another one learns of the inside.
        assert!(!answer.contains(&own.ip().to_string()), "{answer}");
    };
    for host in [
        "evil.example",
        &format!("evil.example:{port}"),
        &format!("localhost.evil.example:{port}"),
        &format!("127.0.0.2:{port}"),
        "localhost",
        "localhost:1",
        "",
    ] {
        nobody(format!("GET {OAUTH} HTTP/1.1\r\nHost: {host}\r\n\r\n"));
    }
    nobody(format!("GET {OAUTH} HTTP/1.0\r\n\r\n"));
    nobody(get(&format!("http://evil.example:{port}{OPENID}")));
    let forwarded = format!("X-Forwarded-Host: {own}\r\nForwarded: host=\"{own}\"\r\n");
    nobody(get(OPENID).replace("\r\n\r\n", &format!("\r\n{forwarded}\r\n")));
    let forwarded = "X-Forwarded-Host: evil.example\r\nForwarded: host=evil.example\r\n";
    let request = get_of(&rescope, OPENID).replace("\r\n\r\n", &format!("\r\n{forwarded}\r\n"));
    let found = document(&rescope.ask(request));
    assert_eq!(found["issuer"], format!("http://{own}"));
}

#[test]
fn issuer_that_is_written_counts_for_everyone() {
    for written in ["https://auth.example.com", "https://auth.example.com:8443/"] {
        let text = format!("{ON_ITS_OWN}issuer = '{written}'\n");
        // Whatever it is asked as.
        let found = document(&Rescope::start(&text).ask(get(OPENID)));
        assert_eq!(found["issuer"], written);
        let origin = written.trim_end_matches('/');
        assert_eq!(
            found["authorization_endpoint"],
            format!("{origin}/oauth/authorize")
        );
    }
}

#[test]
fn issuer_behind_tls_has_https() {
    let identity = Identity::new();
    let rescope = Rescope::configured(&[&identity.listener(), ON_THE_PROXYS].concat());
    let address = rescope.proxy[0];
    let request = get_of(&rescope, OPENID).replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
    let answer = identity::ask(identity.connect(address, &[]), &request);
    assert_eq!(document(&answer)["issuer"], format!("https://{address}"));
}

#[test]
fn first_endpoint_that_wants_it_is_described() {
    let rescope = Rescope::start(
        "[[authorize]]\npath = '/a'\ndiscovery = false\n\
         [[authorize]]\npath = '/b'\n[[authorize]]\npath = '/c'\n",
    );
    let found = document(&asked(&rescope, OPENID));
    let own = rescope.address();
    assert_eq!(found["authorization_endpoint"], format!("http://{own}/b"));
}

/// It may be an authorization server itself.
#[test]
fn documents_by_another_name_are_the_apps() {
    let rescope = Rescope::start(ON_THE_PROXYS);
    let mut client = rescope.client();
    client.send(get(OAUTH));
    let mut app = rescope.app.accept();
    for path in [OAUTH, OPENID] {
        assert_eq!(app.head(), get(path));
        app.send(APPS);
        assert_eq!(client.message(), APPS);
        client.send(get_of(&rescope, path));
        let found = document(&client.message());
        assert_eq!(found["issuer"], format!("http://{}", rescope.address()));
        client.send(get(OPENID));
    }
}

/// Whoever asks is not told how this server is set up, and cannot fill the log.
#[test]
fn missing_issuer_is_told_once_in_the_log() {
    let text = format!("listen = '127.0.0.1:0'\n{ON_ITS_OWN}");
    let program = Program::start("info", 2, &text);
    for path in [OAUTH, OPENID, OAUTH] {
        let mut client = Wire::connect(program.addresses[1]);
        client.send(get(path));
        assert_eq!(status(&client.message()), 404);
    }
    let log = program.end();
    assert_eq!(log.matches("set `issuer`").count(), 1, "{log}");
    assert!(!log.contains("app.example"), "{log}");
}

#[test]
fn documents_may_be_left_to_the_app() {
    let rescope = Rescope::start(&format!("{ON_THE_PROXYS}discovery = false\n"));
    let mut client = rescope.client();
    client.send(get(OPENID));
    let mut app = rescope.app.accept();
    assert_eq!(app.head(), get(OPENID));
    app.send(APPS);
    assert_eq!(client.message(), APPS);

    let rescope = Rescope::start(&format!("{ON_ITS_OWN}discovery = false\n"));
    let mut client = Wire::connect(rescope.address());
    client.send(get(OAUTH));
    assert_eq!(status(&client.message()), 404);
}
