//! What the app is told about the client and about the proxies on the way.

use rescope::config::{self, Overrides, UpstreamUrl};

use crate::raw::{App, Port, field};
use crate::running::Rescope;

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

/// Returns what the app gets for a GET with these `lines` under a configuration.
fn forwarded(configuration: &str, lines: &str) -> String {
    let app = App::start();
    let rescope = Rescope::configured(app.address(), configuration);
    let mut client = rescope.client();
    client.send(format!(
        "GET / HTTP/1.1\r\nHost: app.example\r\n{lines}\r\n"
    ));
    let mut server = app.accept();
    let head = server.head();
    server.send(OK);
    client.message();
    head
}

const SPOOFED: &str = "X-Forwarded-For: 6.6.6.6\r\nA: 1\r\nx-forwarded-proto: gopher\r\n\
    X-Forwarded-Host: evil.example\r\nForwarded: for=6.6.6.6\r\nB: 2\r\n";

#[test]
fn fields_pass_as_they_came_unless_something_is_written() {
    let lines = "X-Forwarded-For: 6.6.6.6\r\nForwarded: for=6.6.6.6\r\nVia: 1.1 other\r\n";
    let expected = format!("GET / HTTP/1.1\r\nHost: app.example\r\n{lines}\r\n");
    assert_eq!(forwarded("", lines), expected);
    assert_eq!(forwarded("forwarded = 'off'", lines), expected);
}

#[test]
fn replace_believes_nothing_that_came() {
    let head = forwarded("forwarded = 'replace'", SPOOFED);
    let expected = "GET / HTTP/1.1\r\nHost: app.example\r\nA: 1\r\nB: 2\r\n\
        Forwarded: for=127.0.0.1;host=\"app.example\";proto=http\r\nX-Forwarded-For: 127.0.0.1\r\n\
        x-forwarded-proto: http\r\nX-Forwarded-Host: app.example\r\n\r\n";
    assert_eq!(head, expected);
}

/// Apps read more of them than are written here, and some read `_` as `-`.
#[test]
fn replace_takes_off_what_an_app_may_take_for_one_of_them() {
    let lines = "X-Forwarded-Port: 1\r\nX-Forwarded-Prefix: /evil\r\nX_Forwarded_For: 6.6.6.6\r\n\
        X-Forwarded_Proto: gopher\r\nX-Forwardedness: 1\r\n";
    let head = forwarded("forwarded = 'replace'", lines);
    let names: Vec<_> = head
        .lines()
        .filter_map(|line| line.split_once(':'))
        .collect();
    let names: Vec<_> = names.iter().map(|(name, _)| name.to_lowercase()).collect();
    let expected = [
        "host",
        "x-forwardedness",
        "forwarded",
        "x-forwarded-for",
        "x-forwarded-proto",
        "x-forwarded-host",
    ];
    assert_eq!(names, expected);
    assert!(
        !head.contains("6.6.6.6") && !head.contains("gopher"),
        "{head}"
    );
}

/// What else tells an app of the client, the scheme, the host or the URL is forged as easily.
#[test]
fn replace_takes_off_what_other_proxies_would_say() {
    for name in [
        "X-Forwarded",
        "Forwarded-For",
        "Forwarded_For",
        "X-Forward-For",
        "X-Real-IP",
        "x_real_ip",
        "X_Real-Ip",
        "X.Real.IP",
        "X-Client-IP",
        "Client-IP",
        "CLIENT_IP",
        "HTTP_CLIENT_IP",
        "HTTP_X_FORWARDED_FOR",
        "True-Client-IP",
        "CF-Connecting-IP",
        "CF-Visitor",
        "X-Cluster-Client-IP",
        "Fastly-Client-IP",
        "WL-Proxy-Client-IP",
        "WL-Proxy-SSL",
        "X-Original-Forwarded-For",
        "X-ProxyUser-Ip",
        "X-Original-Host",
        "X-Original-URL",
        "X-Rewrite-URL",
        "X-Host",
        "X-HTTP-Host-Override",
        "Front-End-Https",
        "X-Arr-SSL",
        "X-Url-Scheme",
        "X-Scheme",
        "SCRIPT_NAME",
    ] {
        let line = format!("A: 1\r\n{name}: forged\r\nB: 2\r\n");
        let head = forwarded("forwarded = 'replace'", &line);
        assert!(head.contains("\r\nA: 1\r\nB: 2\r\n"), "{head}");
        assert!(!head.contains("forged"), "{head}");
        for mode in ["off", "append"] {
            let head = forwarded(&format!("forwarded = '{mode}'"), &line);
            assert!(head.contains(&line), "{mode}: {head}");
        }
    }
}

#[test]
fn replace_leaves_what_only_looks_like_them() {
    let lines = "X-Forwardedness: 1\r\nX-Real-IPs: 1\r\nX-Original-Filename: 1\r\nHttp: 1\r\n\
        HTTP-: 1\r\nReal: 1\r\nX-Hosts: 1\r\nX-HTTP-Method-Override: PUT\r\nOrigin: http://a\r\n\
        Referer: http://a/\r\nRemote-User: a\r\n";
    let head = forwarded("forwarded = 'replace'", lines);
    assert!(head.contains(lines), "{head}");
}

#[test]
fn append_adds_to_what_came() {
    let head = forwarded("forwarded = 'append'", SPOOFED);
    assert_eq!(field(&head, "x-forwarded-for"), Some("6.6.6.6, 127.0.0.1"));
    assert_eq!(field(&head, "x-forwarded-proto"), Some("gopher"));
    assert_eq!(field(&head, "x-forwarded-host"), Some("evil.example"));
    let expected = "for=6.6.6.6, for=127.0.0.1;host=\"app.example\";proto=http";
    assert_eq!(field(&head, "forwarded"), Some(expected));
    let alone = forwarded("forwarded = 'append'", "");
    assert_eq!(field(&alone, "x-forwarded-for"), Some("127.0.0.1"));
    assert_eq!(field(&alone, "x-forwarded-proto"), Some("http"));
}

#[test]
fn append_goes_behind_the_last_of_several_lines() {
    let lines = "X-Forwarded-For: 1.1.1.1\r\nX-Forwarded-For: 2.2.2.2, 3.3.3.3\r\n";
    let head = forwarded("forwarded = 'append'", lines);
    let expected = "X-Forwarded-For: 1.1.1.1\r\nX-Forwarded-For: 2.2.2.2, 3.3.3.3, 127.0.0.1\r\n";
    assert!(head.contains(expected), "{head}");
}

#[test]
fn via_is_added_only_where_it_is_written() {
    assert_eq!(field(&forwarded("", ""), "via"), None);
    let head = forwarded("via = 'rescope'", "Via: 1.0 fred\r\n");
    assert_eq!(field(&head, "via"), Some("1.0 fred, 1.1 rescope"));
}

#[test]
fn request_with_our_name_in_via_is_a_loop() {
    let app = App::start();
    let rescope = Rescope::configured(app.address(), "via = 'rescope'");
    let mut client = rescope.client();
    client.send("GET / HTTP/1.1\r\nHost: a\r\nVia: 1.1 other, HTTP/1.1 Rescope (x)\r\n\r\n");
    let answer = client.message();
    assert!(
        answer.starts_with("HTTP/1.1 508 Loop Detected\r\n"),
        "{answer}"
    );
    let named = Some("rescope; error=proxy_loop_detected");
    assert_eq!(field(&answer, "proxy-status"), named);
    assert!(!app.has_caller());
}

#[test]
fn upstream_that_leads_back_is_a_loop() {
    let port = Port::reserve();
    let overrides = Overrides {
        listen: Some(port.address().to_string()),
        upstream: Some("http://app.example".to_owned()),
        ..Overrides::default()
    };
    let mut config = config::parse("", "proxy.toml", &overrides).unwrap();
    // As a name or a published port may lead back, which no check of the file can see.
    config.upstream = UpstreamUrl::Http {
        host: "127.0.0.1".to_owned(),
        port: port.address().port(),
    };
    let rescope = Rescope::of(config);
    let mut client = rescope.client();
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    let answer = client.message();
    assert!(
        answer.starts_with("HTTP/1.1 508 Loop Detected\r\n"),
        "{answer}"
    );
}
