use super::*;
use crate::oauth::Issuer;

/// The problems of one `[authorize]` with a path and these lines.
fn entry_problems(lines: &str) -> Vec<String> {
    problems(&format!("[authorize]\npath = \"/a\"\n{lines}"))
}

#[test]
fn an_authorize_endpoint_needs_no_more_than_a_path() {
    let config = config("[authorize]\npath = \"/oauth/authorize\"\n");
    let [endpoint] = &config.authorize[..] else {
        panic!("{:?}", config.authorize);
    };
    assert_eq!(endpoint.path.as_str(), "/oauth/authorize");
    assert_eq!(endpoint.to.as_str(), "https://zoom.us/oauth/authorize");
    assert_eq!(
        (&endpoint.token_endpoint, &endpoint.revocation_endpoint),
        (&None, &None)
    );
    assert_eq!((&endpoint.issuer, &endpoint.listen), (&None, &None));
    assert!(!endpoint.known_clients_only);
    assert!(endpoint.discovery);
    // It is known already.
    assert_eq!(config.endpoints, EndpointTable::builtin());
    assert_eq!(super::config("").authorize, []);
}

#[test]
fn everything_an_authorize_endpoint_may_say_is_read() {
    let config = config(
        r#"
        [[client]]
        id = "a"
        scope = "keep"
        [[authorize]]
        path = "/a"
        to = "https://login.example.com/authorize"
        token_endpoint = "https://login.example.com/token"
        revocation_endpoint = "http://127.0.0.1:9/revoke"
        issuer = "https://auth.example.com"
        listen = "localhost:8090"
        known_clients_only = true
        [[authorize]]
        path = "/a"
        discovery = false
        [[authorize]]
        path = "/b"
        listen = "127.0.0.1:8090"
        "#,
    );
    let first = &config.authorize[0];
    let url = |url: &Option<crate::oauth::EndpointUrl>| url.as_ref().unwrap().as_str().to_owned();
    assert_eq!(first.to.as_str(), "https://login.example.com/authorize");
    assert_eq!(
        url(&first.token_endpoint),
        "https://login.example.com/token"
    );
    assert_eq!(url(&first.revocation_endpoint), "http://127.0.0.1:9/revoke");
    let issuer = first.issuer.as_ref().map(Issuer::as_str);
    assert_eq!(issuer, Some("https://auth.example.com"));
    assert_eq!(first.listen, Some("127.0.0.1:8090".parse().unwrap()));
    assert!(first.known_clients_only && first.discovery);
    // One of each listener is described.
    assert!(!config.authorize[1].discovery && !config.authorize[2].discovery);
    assert_eq!(config.authorize[2].listen, first.listen);
}

/// Else the policy would not apply to what the endpoint sends on.
#[test]
fn what_an_authorize_endpoint_leads_to_is_recognised() {
    let endpoints = |text: &str| {
        let config = config(text);
        let shown = config.endpoints.iter().map(ToString::to_string);
        shown.collect::<Vec<_>>()
    };
    let alone = endpoints(
        "builtin_endpoints = false\n[[authorize]]\npath = \"/a\"\n\
         [[authorize]]\npath = \"/b\"\nto = \"http://localhost:9/x/\"\ndiscovery = false\n\
         [[authorize]]\npath = \"/c\"\nto = \"http://localhost:9/x\"\ndiscovery = false\n",
    );
    assert_eq!(alone, ["zoom.us/oauth/authorize", "http://localhost:9/x"]);
    let listed = "[[endpoint]]\nhost = \"*.example.com\"\npath = \"/a\"\n";
    let with = format!(
        "{listed}[authorize]\npath = \"/\"\nto = \"https://b.example.com/a\"\ndiscovery = false\n"
    );
    assert_eq!(endpoints(&with), endpoints(listed));
    let rules = parse_rules(
        &with.replace("/a\"\n", "/b\"\n").replacen("/b", "/a", 1),
        "t.toml",
    );
    assert_eq!(
        rules.unwrap().endpoints.iter().count(),
        endpoints(listed).len() + 1
    );
}

#[test]
fn every_problem_of_an_authorize_endpoint_is_told_at_once() {
    let text = r#"[[authorize]]
pth = "/a"
to = "http://zoom.us/oauth/authorize"
token_endpoint = "zoom"
revocation_endpoint = "https://u:p@zoom.us/"
issuer = "https://a.example/x"
listen = "8090"
known_clients_only = "yes"
discovery = 1
[[authorize]]
path = "a"
to = "https://zoom.us/a?b"
[[authorize]]
path = "/.well-known/openid-configuration"
[[authorize]]
path = "/a/../b"
to = true
"#;
    assert_eq!(
        problems(text),
        [
            "1:1 an authorize endpoint needs `path`",
            "2:1 unknown key `pth` in `[authorize]`",
            "3:6 an endpoint's URL is `https://HOST/PATH`; `http` is for `localhost`, 127.0.0.0/8 and `[::1]` only (RFC 6749 3.1)",
            "4:18 an endpoint's URL is `https://HOST/PATH`, such as `https://zoom.us/oauth/authorize`",
            "5:23 an endpoint's URL holds no user name or password",
            "6:10 an issuer is `https://HOST` or `https://HOST:PORT`, as clients write it, without a path; `http` is for this machine only",
            "7:10 an address to listen on is `IP:PORT`, `localhost:PORT`, `unix:/PATH` or `fd:N`, such as `127.0.0.1:8080`, not `8090`",
            "8:22 `known_clients_only` takes true or false, not a value of type string",
            "9:13 `discovery` takes true or false, not the number 1",
            "11:8 a path begins with `/` and holds no query or fragment, not `a`",
            "12:6 an endpoint's URL holds no query or fragment",
            "14:8 `/.well-known/` is for what clients look for there, not for an endpoint",
            "16:8 a path is written in its plainest spelling, `/b`",
            "17:6 `to` takes a string, not a value of type boolean",
        ]
    );
    assert_eq!(
        problems("authorize = \"/a\"\n"),
        ["1:13 `authorize` takes a table, written `[authorize]`, not a value of type string"]
    );
    let helps = helps(&format!(
        "{UPSTREAM}[authorize]\npath = \"/a\"\nlisen = \"\"\nlimits = 1\n"
    ));
    assert_eq!(helps[0], "did you mean `listen`?");
    assert!(
        helps[1].starts_with("`limits` belongs to the top"),
        "{helps:?}"
    );
}

/// It only sounds like a secret; whatever else does may be one.
#[test]
fn value_of_the_token_endpoint_is_shown_and_no_token_is() {
    for (line, shown) in [
        (
            "token_endpoint = 'http://a.example/t'",
            "'http://a.example/t'",
        ),
        (
            "token_endpoint = 'http://a.example/?access_token=SECRET",
            "?access_token=*",
        ),
        ("token_endpoint = 'http://u:SECRET@a.example/'", "://****"),
        ("token = 'SECRET'", "token = *"),
        ("x_token_endpoint = 'SECRET'", "x_token_endpoint = *"),
        ("token_endpoint_secret = 'SECRET'", "secret = *"),
        ("token_endpoint.token = 'SECRET'", ".token = *"),
    ] {
        let text = format!("{UPSTREAM}[authorize]\npath = \"/a\"\n{line}\n");
        let report = parse(&text, "t.toml", &Overrides::default()).unwrap_err();
        let said = report.render(false);
        assert!(said.contains(shown), "{said}");
        assert!(!said.contains("SECRET"), "{said}");
    }
}

#[test]
fn key_that_is_meant_is_named() {
    for (key, meant) in [
        ("token_endpont", "token_endpoint"),
        ("revocation_endpoints", "revocation_endpoint"),
        ("paths", "path"),
        ("isuer", "issuer"),
    ] {
        let text = format!("{UPSTREAM}[authorize]\npath = \"/a\"\n{key} = \"x\"\n");
        assert_eq!(helps(&text), [format!("did you mean `{meant}`?")], "{key}");
    }
    let text = format!("{UPSTREAM}[bodies]\ntypes = \"json\"\npath = \"/a\"\n");
    assert_eq!(helps(&text), ["did you mean `paths`?"]);
    for key in ["token", "access_token", "client_secret", "host"] {
        let text = format!("{UPSTREAM}[authorize]\npath = \"/a\"\n{key} = \"x\"\n");
        assert!(!helps(&text)[0].starts_with("did you"), "{key}");
    }
}

#[test]
fn one_path_on_one_listener_is_one_endpoint() {
    let twice = |listen: [&str; 2]| {
        let entry = |listen: &str| format!("[[authorize]]\npath = \"/a\"\n{listen}\n");
        problems(&(entry(listen[0]) + &entry(listen[1])))
    };
    let expected = ["5:8 an authorize endpoint is at this path already"];
    assert_eq!(twice(["", ""]), expected);
    assert_eq!(
        twice(["listen = \"localhost:1\"", "listen = \"127.0.0.1:1\""]),
        expected
    );
}

#[test]
fn listener_of_an_endpoint_is_nobody_elses() {
    let own = |listen: &str| {
        let text = "listen_tls = \"127.0.0.1:8443\"\nlisten = \"0.0.0.0:8080\"\n";
        problems(&format!(
            "{text}[authorize]\npath = \"/a\"\nlisten = \"{listen}\"\n"
        ))
    };
    let message = "5:10 the proxy itself listens on";
    assert_eq!(own("127.0.0.1:8080"), [format!("{message} `0.0.0.0:8080`")]);
    assert_eq!(own("0.0.0.0:8443"), [format!("{message} `127.0.0.1:8443`")]);
    assert_eq!(
        own("127.0.0.1:3000"),
        ["5:10 the upstream `http://127.0.0.1:3000` is at this address"]
    );
    assert_eq!(
        entry_problems("listen = \"127.0.0.1:8080\"\n"),
        ["3:10 the proxy itself listens on `127.0.0.1:8080`"],
        "the usual one"
    );
    assert_eq!(
        problems(
            "[[authorize]]\npath = \"/a\"\nlisten = \"127.0.0.1:1\"\n\
             [[authorize]]\npath = \"/b\"\nlisten = \"0.0.0.0:1\"\n"
        ),
        ["6:10 another authorize endpoint listens on `127.0.0.1:1`"]
    );
}

#[test]
fn endpoint_that_leads_to_itself_is_told() {
    let message = "`to` is this endpoint itself";
    for (listen, to) in [
        ("", "http://127.0.0.1:8080/a"),
        ("", "http://localhost:8080/a"),
        ("listen = \"[::1]:9\"\n", "http://[::1]:9/a"),
    ] {
        let problems = entry_problems(&format!("to = \"{to}\"\ndiscovery = false\n{listen}"));
        assert_eq!(problems, [format!("3:6 {message}")]);
    }
    for to in [
        "http://127.0.0.1:8080/b",
        "http://127.0.0.1:8081/a",
        "https://a.example:8080/a",
    ] {
        config(&format!(
            "[authorize]\npath = \"/a\"\nto = \"{to}\"\ndiscovery = false\n"
        ));
    }
}

#[test]
fn endpoints_that_lead_round_in_a_circle_are_told() {
    let entry = |path: &str, to: &str| {
        format!("[[authorize]]\npath = \"{path}\"\ndiscovery = false\nto = \"http://{to}\"\n")
    };
    let message = "`to` is an authorize endpoint of this file";
    let circle = [
        entry("/a", "localhost:8080/b"),
        entry("/b", "127.0.0.1:9/c"),
        entry("/c", "127.0.0.1:8080/a") + "listen = \"127.0.0.1:9\"\n",
    ];
    let expected = ["4:6", "8:6", "12:6"].map(|place| format!("{place} {message}"));
    assert_eq!(problems(&circle.concat()), expected);
    // By the name that the world knows it by.
    let token = "token_endpoint = \"https://a.example/token\"\n";
    let lines = |issuer: &str, to: &str| format!("to = \"{to}\"\nissuer = \"{issuer}\"\n{token}");
    for issuer in ["https://a.example", "https://a.example/"] {
        let problems = entry_problems(&lines(issuer, "https://a.example/a"));
        assert_eq!(problems, ["3:6 `to` is this endpoint itself"]);
    }
    for (issuer, to) in [
        ("https://a.example:8443", "https://a.example/a"),
        ("https://a.example", "https://a.example/b"),
        ("https://a.example", "https://a.example.com/a"),
    ] {
        config(&format!(
            "[authorize]\npath = \"/a\"\n{}",
            lines(issuer, to)
        ));
    }
    let lines = "issuer = \"https://zoom.us\"\n";
    let text = format!("[authorize]\npath = \"/oauth/authorize\"\n{lines}");
    assert_eq!(problems(&text), ["2:8 `to` is this endpoint itself"]);
}

#[test]
fn path_of_an_endpoint_is_no_pattern() {
    let text = format!("{UPSTREAM}[authorize]\npath = \"/oauth/*\"\n");
    assert_eq!(
        helps(&text),
        ["several endpoints are several `[[authorize]]`"]
    );
}

#[test]
fn discovery_of_another_server_needs_its_token_endpoint() {
    let to = "to = \"https://login.example.com/authorize\"\n";
    assert_eq!(
        entry_problems(to),
        ["3:6 discovery tells of a token endpoint, and which one this server has is not known"]
    );
    let text = format!("{UPSTREAM}[authorize]\npath = \"/a\"\n{to}");
    assert_eq!(
        helps(&text),
        ["write `token_endpoint`, or `discovery = false`"]
    );
    // One slip is one complaint.
    assert_eq!(
        entry_problems(&format!("{to}token_endpoint = \"x\"\n")).len(),
        1
    );
    for line in [
        "token_endpoint = \"https://login.example.com/token\"\n",
        "discovery = false\n",
    ] {
        config(&format!("[authorize]\npath = \"/a\"\n{to}{line}"));
    }
    config("[authorize]\npath = \"/a\"\nto = \"https://x.zoomgov.com/oauth/authorize\"\n");
}

#[test]
fn what_would_come_to_nothing_is_told() {
    assert_eq!(
        entry_problems(
            "discovery = false\ntoken_endpoint = \"https://a.b/\"\nrevocation_endpoint = \"https://a.b/\"\n\
             issuer = \"https://a.b\"\n"
        ),
        [
            "4:1 `token_endpoint` is for discovery, which is off here",
            "5:1 `revocation_endpoint` is for discovery, which is off here",
            "6:1 `issuer` is for discovery, which is off here",
        ]
    );
    assert_eq!(
        entry_problems("known_clients_only = true\n"),
        ["3:1 no client has an entry, so everyone would be refused"]
    );
}

/// Only the first of a listener's endpoints that wants it is described.
#[test]
fn what_is_for_discovery_is_told_where_another_endpoint_is_described() {
    let other = "to = \"https://login.example.com/authorize\"\n";
    let keys = "token_endpoint = \"https://a.b/\"\nrevocation_endpoint = \"https://a.b/\"\n\
                issuer = \"https://a.b\"\n";
    let entry = |path: &str, rest: &str| format!("[[authorize]]\npath = \"{path}\"\n{rest}");
    let off = "discovery = false\n";
    let listen = "listen = \"127.0.0.1:9\"\n";
    // Nobody needs the token endpoint of one that is not described.
    config(&[entry("/a", keys), entry("/b", other)].concat());
    config(&[entry("/a", off), entry("/b", keys), entry("/c", "")].concat());
    config(&[entry("/a", ""), entry("/b", &[listen, keys].concat())].concat());
    let message = "is for discovery, which is about another endpoint here";
    let text = [entry("/a", off), entry("/b", ""), entry("/c", keys)].concat();
    assert_eq!(
        problems(&text),
        [
            format!("8:1 `token_endpoint` {message}"),
            format!("9:1 `revocation_endpoint` {message}"),
            format!("10:1 `issuer` {message}"),
        ]
    );
    assert_eq!(
        helps(&format!("{UPSTREAM}{text}"))[2],
        "take `issuer` out, or write `discovery = false` there"
    );
    let undescribed = entry("/a", &["discovery = false\n", other].concat());
    let text = undescribed + &entry("/b", other);
    assert_eq!(
        problems(&text),
        ["7:6 discovery tells of a token endpoint, and which one this server has is not known"]
    );
}

/// All endpoints of a listener are there by its issuer.
#[test]
fn endpoint_that_leads_to_another_by_the_issuer_is_told() {
    let text = "[[authorize]]\npath = \"/a\"\nissuer = \"https://a.example\"\n\
                [[authorize]]\npath = \"/b\"\nto = \"https://a.example/b\"\n\
                [[authorize]]\npath = \"/c\"\nto = \"https://a.example/b\"\n";
    let other = "`to` is an authorize endpoint of this file";
    assert_eq!(
        problems(text),
        [
            "6:6 `to` is this endpoint itself".to_owned(),
            format!("9:6 {other}")
        ]
    );
}

#[test]
fn issuer_is_an_origin() {
    for issuer in [
        "https://a.example",
        "https://a.example:8443/",
        "http://localhost:9",
        "http://[::1]",
    ] {
        let text = format!("[authorize]\npath = \"/a\"\nissuer = \"{issuer}\"\n");
        let read = config(&text).authorize.remove(0).issuer.unwrap();
        assert_eq!(read.as_str(), issuer);
        assert_eq!(read.origin(), issuer.trim_end_matches('/'));
    }
    for issuer in [
        "",
        "/",
        "a.example",
        "http://a.example",
        "https://",
        "https://a.example//",
        "https://a.example/?b",
        "https://u@a.example",
        "https://*.example",
    ] {
        assert_eq!(
            entry_problems(&format!("issuer = \"{issuer}\"\n")).len(),
            1,
            "{issuer}"
        );
    }
    for issuer in [
        "https://A.example",
        "https://a.example:443",
        "HTTPS://a.example/",
    ] {
        assert_eq!(
            entry_problems(&format!("issuer = \"{issuer}\"\n")),
            ["3:10 an issuer is written in its plainest spelling, `https://a.example`"]
        );
    }
}
