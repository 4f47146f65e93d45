use super::*;

#[test]
fn addresses_say_what_is_allowed() {
    let upstream = |text: &str| text.parse::<UpstreamUrl>().map(|it| it.to_string());
    for (text, shown) in [
        ("http://127.0.0.1:3000", "http://127.0.0.1:3000"),
        ("HTTP://App.Example/", "http://app.example:80"),
        ("http://[::1]:3000", "http://[::1]:3000"),
        ("http://localhost:80", "http://localhost:80"),
        ("https://App.Example", "https://app.example:443"),
        ("HTTPS://[::1]:8443", "https://[::1]:8443"),
        ("unix:/run/app.sock", "unix:/run/app.sock"),
        ("unix:/run/a@b c.sock", "unix:/run/a@b c.sock"),
    ] {
        assert_eq!(upstream(text).as_deref(), Ok(shown));
    }
    assert_eq!(upstream("http://u:p@a"), Err(InvalidUpstream::Userinfo));
    for text in ["http://a/b", "http://a?", "http://a/#"] {
        assert_eq!(upstream(text), Err(InvalidUpstream::Path), "{text}");
    }
    for text in [
        "",
        "localhost:3000",
        "ftp://a",
        "http://",
        "http://a:0",
        "http://a:99999",
        "http:\\\\a",
        "http://a b",
        "https:a",
        "https://a:0",
        "h2c://a",
    ] {
        let expected = InvalidUpstream::Malformed(text.escape_debug().to_string());
        assert_eq!(upstream(text), Err(expected), "{text}");
    }
    assert_eq!(upstream("https://u:p@a"), Err(InvalidUpstream::Userinfo));
}

#[test]
fn a_place_to_listen_at_is_an_address_a_path_or_a_descriptor() {
    let listen = |text: &str| text.parse::<ListenAddress>();
    let address = |text: &str| ListenAddress::Tcp(text.parse().unwrap());
    for (text, expected) in [
        ("127.0.0.1:8080", address("127.0.0.1:8080")),
        ("localhost:1", address("127.0.0.1:1")),
        ("[::]:0", address("[::]:0")),
        (
            "unix:/run/a.sock",
            ListenAddress::Unix("/run/a.sock".into()),
        ),
        (
            "unix:///run/a.sock",
            ListenAddress::Unix("/run/a.sock".into()),
        ),
        ("fd:3", ListenAddress::Descriptor(3)),
        ("fd:4294967295", ListenAddress::Descriptor(u32::MAX)),
    ] {
        assert_eq!(listen(text), Ok(expected), "{text}");
    }
    for text in ["127.0.0.1:8080", "[::1]:0", "unix:/run/a.sock", "fd:3"] {
        assert_eq!(listen(text).unwrap().to_string(), text);
    }
    for text in [
        "8080",
        ":8080",
        "example.com:80",
        "http://127.0.0.1:1",
        "",
        "unix",
        "FD:3",
    ] {
        let expected = InvalidListen::Malformed(text.to_owned());
        assert_eq!(listen(text), Err(expected), "{text}");
    }
    for text in [
        "fd:",
        "fd:2",
        "fd:-3",
        "fd:+3",
        "fd:x",
        "fd:4294967296",
        "fd:3\n",
    ] {
        let expected = InvalidListen::Descriptor(text.escape_debug().to_string());
        assert_eq!(listen(text), Err(expected), "{text}");
    }
}

#[test]
fn the_path_of_a_socket_is_absolute_and_short() {
    let listen = |text: &str| text.parse::<ListenAddress>();
    for text in [
        "",
        "run/a.sock",
        "@a",
        "/",
        "/run/",
        "/a\0b",
        "/a\u{1b}[31m",
    ] {
        let expected = InvalidSocketPath::Malformed(text.escape_debug().to_string());
        let found = listen(&format!("unix:{text}"));
        assert_eq!(
            found,
            Err(InvalidListen::Socket(expected.clone())),
            "{text}"
        );
        let found = format!("unix:{text}").parse::<UpstreamUrl>();
        assert_eq!(found, Err(InvalidUpstream::Socket(expected)), "{text}");
    }
    let longest = format!("unix:/{}", "x".repeat(SOCKET_PATH_MAX - 1));
    assert!(listen(&longest).is_ok());
    let long = InvalidSocketPath::Long(SOCKET_PATH_MAX + 1);
    assert_eq!(listen(&format!("{longest}x")), Err(long.into()));
}

#[test]
fn the_usual_address_counts_only_where_no_listener_is_written() {
    let listeners = |text: &str| {
        let config = config(text);
        let shown = |address: Option<ListenAddress>| address.map(|it| it.to_string());
        (shown(config.listen), shown(config.listen_tls))
    };
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(listeners(""), (some("127.0.0.1:8080"), None));
    assert_eq!(
        listeners("listen_tls = \"127.0.0.1:8443\""),
        (None, some("127.0.0.1:8443"))
    );
    assert_eq!(
        listeners("listen = \"fd:3\"\nlisten_tls = \"fd:4\""),
        (some("fd:3"), some("fd:4"))
    );
    let overrides = Overrides {
        listen_tls: some("unix:/run/tls.sock"),
        ..Overrides::default()
    };
    let config = parse(UPSTREAM, "t.toml", &overrides).unwrap();
    assert_eq!(config.listen, None);
    assert_eq!(config.listen_tls.unwrap().to_string(), "unix:/run/tls.sock");
}

#[test]
fn a_bad_listener_does_not_make_the_usual_one_count() {
    // Else the upstream would be said to be rescope's own address.
    let text = "upstream = \"http://127.0.0.1:8080\"\nlisten = 8080\n";
    let report = parse(text, "t.toml", &Overrides::default()).unwrap_err();
    assert_eq!(report.problems().len(), 1, "{report}");
}

#[test]
fn two_listeners_need_an_address_each() {
    let overlap = |listen: &str, listen_tls: &str| {
        let text = format!("{UPSTREAM}listen = \"{listen}\"\nlisten_tls = \"{listen_tls}\"\n");
        match parse(&text, "t.toml", &Overrides::default()) {
            Ok(_) => false,
            Err(report) => {
                assert_eq!(report.problems().len(), 1, "{report}");
                let problem = &report.problems()[0];
                assert_eq!(
                    problem.message,
                    format!("TLS on `{listen_tls}` is asked for, where `listen` is `{listen}`")
                );
                assert!(problem.context.is_some());
                true
            }
        }
    };
    for (listen, listen_tls) in [
        ("127.0.0.1:8443", "127.0.0.1:8443"),
        ("0.0.0.0:8443", "127.0.0.1:8443"),
        ("[::1]:8443", "[::]:8443"),
        ("127.0.0.1:8443", "[::]:8443"),
        ("[::]:8443", "10.0.0.1:8443"),
        ("0.0.0.0:8443", "[::]:8443"),
        ("[::ffff:127.0.0.1]:8443", "127.0.0.1:8443"),
        ("unix:/a", "unix:/a"),
        ("fd:3", "fd:3"),
    ] {
        assert!(overlap(listen, listen_tls), "{listen} {listen_tls}");
    }
    for (listen, listen_tls) in [
        ("127.0.0.1:0", "127.0.0.1:0"),
        ("127.0.0.1:8443", "127.0.0.2:8443"),
        ("0.0.0.0:8443", "[::1]:8443"),
        ("unix:/a", "unix:/b"),
        ("fd:3", "fd:4"),
        ("127.0.0.1:8080", "unix:/a"),
    ] {
        assert!(!overlap(listen, listen_tls), "{listen} {listen_tls}");
    }
}

#[test]
fn an_upstream_that_is_the_own_address_is_refused() {
    let reaches = |listen: &str, upstream: &str| {
        let text = format!("listen = \"{listen}\"\nupstream = \"http://{upstream}\"");
        match parse(&text, "t.toml", &Overrides::default()) {
            Ok(_) => false,
            Err(report) => {
                assert!(report.problems()[0].message.contains("own address"));
                assert!(report.problems()[0].context.is_some());
                true
            }
        }
    };
    for (listen, upstream) in [
        ("127.0.0.1:80", "127.0.0.1"),
        ("127.0.0.1:8080", "localhost:8080"),
        ("127.0.0.1:8080", "LOCALHOST.:8080"),
        ("127.0.0.1:8080", "app.localhost:8080"),
        ("0.0.0.0:8080", "127.0.0.1:8080"),
        ("[::]:8080", "127.0.0.1:8080"),
        ("[::]:8080", "localhost:8080"),
        ("127.0.0.1:8080", "0.0.0.0:8080"),
        ("[::1]:8080", "[::]:8080"),
        ("10.0.0.1:8080", "10.0.0.1:8080"),
        ("127.0.0.1:8080", "127.1:8080"),
        ("127.0.0.1:8080", "[::ffff:127.0.0.1]:8080"),
    ] {
        assert!(reaches(listen, upstream), "{listen} {upstream}");
    }
    for (listen, upstream) in [
        ("127.0.0.1:8080", "127.0.0.1:8081"),
        ("127.0.0.1:8080", "127.0.0.2:8080"),
        ("127.0.0.1:8080", "10.0.0.1:8080"),
        ("127.0.0.1:8080", "app:8080"),
        ("127.0.0.1:8080", "localhost.example:8080"),
        ("10.0.0.1:8080", "localhost:8080"),
        ("127.0.0.1:0", "127.0.0.1:8080"),
    ] {
        assert!(!reaches(listen, upstream), "{listen} {upstream}");
    }
}

#[test]
fn overrides_beat_the_file_and_are_named_when_wrong() {
    let overrides = |listen: &str, upstream: &str| Overrides {
        listen: Some(listen.to_owned()),
        listen_tls: Some(listen.to_owned()),
        upstream: Some(upstream.to_owned()),
    };
    let text = "listen = \"127.0.0.1:1\"\nupstream = \"http://a:1\"\n";
    let config = parse(text, "t.toml", &overrides("127.0.0.1:0", "http://b:2")).unwrap();
    assert_eq!(config.listen.unwrap().to_string(), "127.0.0.1:0");
    assert_eq!(config.listen_tls.unwrap().to_string(), "127.0.0.1:0");
    assert_eq!(config.upstream.to_string(), "http://b:2");
    let shown = parse(text, "t.toml", &overrides("x", "ftp://b"))
        .unwrap_err()
        .to_string();
    assert!(
        shown.contains("error: --listen or RESCOPE_LISTEN: an address to listen on is"),
        "{shown}"
    );
    for complaint in [
        "error: --listen-tls or RESCOPE_LISTEN_TLS: an address",
        "error: --upstream or RESCOPE_UPSTREAM: an upstream is",
        "3 problems in t.toml",
    ] {
        assert!(shown.contains(complaint), "{shown}");
    }
}

#[test]
fn a_bad_address_in_the_file_is_told_though_a_flag_beats_it() {
    let overrides = Overrides {
        listen: Some("127.0.0.1:0".to_owned()),
        ..Overrides::default()
    };
    let text = "listen = \"x\"\nupstream = \"http://a:1\"\n";
    assert!(parse(text, "t.toml", &overrides).is_err());
}

#[test]
fn the_tls_listener_and_a_socket_are_own_addresses_too() {
    for text in [
        "listen_tls = \"127.0.0.1:8443\"\nupstream = \"https://localhost:8443\"\n",
        "listen_tls = \"127.0.0.1:8443\"\nupstream = \"http://127.0.0.1:8443\"\n",
        "listen = \"unix:/run/a.sock\"\nupstream = \"unix:/run//a.sock\"\n",
    ] {
        let report = parse(text, "t.toml", &Overrides::default()).unwrap_err();
        assert_eq!(report.problems().len(), 1, "{report}");
        assert!(
            report.problems()[0].message.contains("own address"),
            "{report}"
        );
    }
}

#[test]
fn how_the_app_is_spoken_to_is_read() {
    let config = parse(
        r#"
        listen_tls = "127.0.0.1:0"
        upstream = "https://app.example"
        upstream_protocol = "http1"
        ca_file = "rootCA.pem"
        proxy_protocol = true
        forwarded = "append"
        via = "rescope"
        [tls]
        certs = "/etc/certs"
        "#,
        "t.toml",
        &Overrides::default(),
    );
    let config = config.unwrap();
    assert_eq!(config.upstream_protocol, Some(UpstreamProtocol::Http1));
    assert_eq!(config.ca_file.as_deref(), Some(Path::new("rootCA.pem")));
    assert!(config.proxy_protocol);
    assert_eq!(config.forwarded, Some(ForwardedMode::Append));
    assert_eq!(config.via.as_deref(), Some("rescope"));
    assert_eq!(config.certs, Path::new("/etc/certs"));
    for (word, mode) in [
        ("off", ForwardedMode::Off),
        ("replace", ForwardedMode::Replace),
    ] {
        let config = super::config(&format!("forwarded = \"{word}\"\n"));
        assert_eq!(config.forwarded, Some(mode));
    }
    for upstream in ["http://a", "unix:/a"] {
        let text = format!("upstream = \"{upstream}\"\nupstream_protocol = \"h2c\"\n");
        let config = parse(&text, "t.toml", &Overrides::default()).unwrap();
        assert_eq!(config.upstream_protocol, Some(UpstreamProtocol::H2c));
    }
}

#[test]
fn what_would_come_to_nothing_is_refused() {
    assert_eq!(
        problems("ca_file = \"a.pem\"\n[tls]\ncerts = \"certs\"\n"),
        [
            "1:1 `ca_file` is for an `https` upstream, not for `http://127.0.0.1:3000`",
            "2:1 `[tls]` is written, but nothing listens with TLS",
        ]
    );
    let text = "upstream = \"https://a\"\nupstream_protocol = \"h2c\"\n";
    let report = parse(text, "t.toml", &Overrides::default()).unwrap_err();
    let message = &report.problems()[0].message;
    assert_eq!(
        message,
        "`h2c` is HTTP/2 without TLS, and `https://a:443` is with TLS"
    );
    assert!(helps(text)[0].contains("ALPN"));
    // Flags and variables may still give what is lacking.
    assert!(parse_rules("[tls]\ncerts = \"certs\"\n", "t.toml").is_ok());
}

#[test]
fn certificates_are_looked_for_beside_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.toml");
    let load = |text: &str| {
        std::fs::write(&path, text).unwrap();
        load(Some(&path), &Overrides::default()).unwrap()
    };
    let https = "upstream = \"https://a\"\n";
    assert_eq!(load(https).certs, folder.path().join("certs"));
    let config = load(&format!("{https}ca_file = \"ca/root.pem\"\n"));
    assert_eq!(config.ca_file, Some(folder.path().join("ca/root.pem")));
    let config = load(&format!("{https}ca_file = \"/ca/root.pem\"\n"));
    assert_eq!(config.ca_file.as_deref(), Some(Path::new("/ca/root.pem")));
    let overrides = Overrides {
        upstream: Some("http://a".to_owned()),
        ..Overrides::default()
    };
    let config = super::load(None, &overrides).unwrap();
    assert_eq!(config.certs, Path::new("certs"));
}
