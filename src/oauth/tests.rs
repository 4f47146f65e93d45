use super::*;

fn with_own(reference: &str, host: &str) -> Result<String, Mismatch> {
    let mut table = EndpointTable::builtin();
    table.push(
        Endpoint::new(
            Scheme::Https,
            "login.example.com",
            None,
            "/oauth2/authorize",
        )
        .unwrap(),
    );
    table.push(Endpoint::new(Scheme::Http, "127.0.0.1", Some(9000), "/authorize").unwrap());
    let own = RequestUrl {
        scheme: Scheme::Http,
        authority: host.as_bytes(),
        path: "/oauth2/start",
    };
    recognise(reference.as_bytes(), &own, &table).map(|found| found.endpoint.to_string())
}

fn endpoint(reference: &str) -> Result<String, Mismatch> {
    with_own(reference, "app.example:8080")
}

#[test]
fn spellings_that_browsers_take_to_an_endpoint_are_recognised() {
    for reference in [
        "https://zoom.us/oauth/authorize?client_id=a",
        "https://zoom.us/oauth/authorize",
        "https://zoom.us/oauth/authorize/",
        "HTTPS://ZOOM.US:443/oauth/../oauth/authorize?a",
        "https://zoom.us:/oauth/authorize#f",
        "https://zoom.us:0443/oauth/authorize",
        "https://zoom.us./oauth/authorize",
        "//zoom.us/oauth/authorize",
        "///zoom.us/oauth/authorize",
        "\\\\zoom.us\\oauth\\authorize",
        "/\\/zoom.us/oauth/authorize",
        "/\t/zoom.us/oauth/authorize",
        "https:zoom.us/oauth/authorize",
        "https:/zoom.us/oauth/authorize",
        "https:////zoom.us/oauth/authorize",
        "ht\ntps://zo\tom.us/oauth/authorize",
        " \u{1}https://zoom.us/oauth/authorize \u{1}",
        "https://z%6Fom.us/oauth/authorize",
        "https://zoom\u{3002}us/oauth/authorize",
        "https://@zoom.us/oauth/authorize",
        "https://zoom.us/oauth/%61uthorize",
        "https://zoom.us/%2e%2e/oauth/./authorize",
    ] {
        assert_eq!(
            endpoint(reference).as_deref(),
            Ok("zoom.us/oauth/authorize"),
            "{reference:?}"
        );
    }
}

#[test]
fn every_built_in_host_and_path_is_recognised() {
    for (reference, row) in [
        (
            "https://us02web.zoom.us/oauth/authorize",
            "*.zoom.us/oauth/authorize",
        ),
        (
            "https://a.b.zoom.us/oauth/authorize",
            "*.zoom.us/oauth/authorize",
        ),
        (
            "https://zoomgov.com/oauth/authorize",
            "zoomgov.com/oauth/authorize",
        ),
        (
            "https://x.zoomgov.com/oauth/authorize",
            "*.zoomgov.com/oauth/authorize",
        ),
        (
            "https://marketplace.zoom.us/authorize",
            "marketplace.zoom.us/authorize",
        ),
        (
            "https://marketplace.zoom.us/v2/authorize",
            "marketplace.zoom.us/v2/authorize",
        ),
        (
            "https://marketplace.zoomgov.com/authorize",
            "marketplace.zoomgov.com/authorize",
        ),
        (
            "https://marketplace.zoomgov.com/v2/authorize/",
            "marketplace.zoomgov.com/v2/authorize",
        ),
        (
            "https://login.example.com/oauth2/authorize",
            "login.example.com/oauth2/authorize",
        ),
        (
            "http://127.0.0.1:9000/authorize",
            "http://127.0.0.1:9000/authorize",
        ),
        (
            "http://127.1:9000/authorize",
            "http://127.0.0.1:9000/authorize",
        ),
        (
            "//127.0.0.1:9000/authorize",
            "http://127.0.0.1:9000/authorize",
        ),
    ] {
        assert_eq!(endpoint(reference).as_deref(), Ok(row), "{reference:?}");
    }
}

#[test]
fn look_alikes_are_left_alone_and_say_why() {
    for (reference, why) in [
        ("http://zoom.us/oauth/authorize", Mismatch::Scheme),
        ("javascript://zoom.us/oauth/authorize", Mismatch::Scheme),
        ("zoom:/oauth/authorize", Mismatch::Scheme),
        ("https://zoom.us:8443/oauth/authorize", Mismatch::Port),
        ("//zoom.us:80/oauth/authorize", Mismatch::Port),
        (
            "https://zoom.us@evil.example/oauth/authorize",
            Mismatch::Host,
        ),
        (
            "https://zoom.us:443@evil.example/oauth/authorize",
            Mismatch::Host,
        ),
        ("https://user@zoom.us/oauth/authorize", Mismatch::Userinfo),
        ("https://:pw@zoom.us/oauth/authorize", Mismatch::Userinfo),
        (
            "https://evil.example\\@zoom.us/oauth/authorize",
            Mismatch::Host,
        ),
        (
            "https://zoom.us.evil.example/oauth/authorize",
            Mismatch::Host,
        ),
        (
            "https://zoom.us%2eevil.example/oauth/authorize",
            Mismatch::Host,
        ),
        ("https://evil-zoom.us/oauth/authorize", Mismatch::Host),
        ("https://.zoom.us/oauth/authorize", Mismatch::Host),
        ("https://zoom.us../oauth/authorize", Mismatch::Host),
        ("https://zoomXus/oauth/authorize", Mismatch::Host),
        ("https://zoom.us/oauth/authorizer", Mismatch::Path),
        ("https://zoom.us/oauth/authorize//", Mismatch::Path),
        ("https://zoom.us/oauth//authorize", Mismatch::Path),
        ("https://zoom.us/oauth%2Fauthorize", Mismatch::Path),
        ("https://zoom.us/oauth/%2561uthorize", Mismatch::Path),
        ("https://zoom.us/oauth/Authorize", Mismatch::Path),
        ("https://zoom.us/oauth/authorize ?a", Mismatch::Path),
        ("https://zoom.us/oauth/authorize\u{1}#a", Mismatch::Path),
        ("//zoom.us/oauth/authorize \t?a", Mismatch::Path),
        ("https://zoom.us ?a", Mismatch::NotAUrl),
        ("https://zoom.us/authorize", Mismatch::Path),
        ("https://zoom.us?/oauth/authorize", Mismatch::Path),
        ("/oauth/authorize", Mismatch::OwnHost),
        ("oauth/authorize", Mismatch::OwnHost),
        ("", Mismatch::OwnHost),
        ("https://", Mismatch::NotAUrl),
        ("https://zo om.us/oauth/authorize", Mismatch::NotAUrl),
        ("https://zoom.us:99999/oauth/authorize", Mismatch::NotAUrl),
        ("https://[::1/oauth/authorize", Mismatch::NotAUrl),
        ("https://a^b.zoom.us/oauth/authorize", Mismatch::NotAUrl),
    ] {
        assert_eq!(endpoint(reference), Err(why), "{reference:?}");
    }
}

#[test]
fn relative_references_resolve_against_the_requests_own_url() {
    for reference in [
        "/oauth2/authorize",
        "authorize",
        "./authorize",
        "\\oauth2/authorize",
    ] {
        let found = with_own(reference, "login.example.com");
        assert_eq!(
            found.as_deref(),
            Ok("login.example.com/oauth2/authorize"),
            "{reference:?}"
        );
    }
    assert_eq!(
        with_own("/oauth2/authorize", "login.example.com:8080"),
        Err(Mismatch::Port)
    );
    assert!(with_own("/authorize", "127.0.0.1:9000").is_ok());
    assert_eq!(with_own("/authorize", "bad host"), Err(Mismatch::NotAUrl));
}

#[test]
fn what_names_its_host_needs_no_host_of_the_request() {
    for host in [
        "",
        "/zoom.us",
        "bad host",
        "zoom.us@",
        "[::1",
        "\u{e9}\u{0}",
    ] {
        for reference in [
            "https://zoom.us/oauth/./authorize",
            "https:zoom.us/oauth/authorize",
            "//zoom.us/oauth/%61uthorize",
            "\\\\zoom.us/oauth/\tauthorize",
        ] {
            let found = with_own(reference, host);
            assert!(found.is_ok(), "{reference:?} {host:?} {found:?}");
        }
        assert_eq!(with_own("/oauth/authorize", host), Err(Mismatch::NotAUrl));
    }
}

#[test]
fn written_port_counts_where_no_scheme_is_written() {
    let mut table = EndpointTable::default();
    table.push(Endpoint::new(Scheme::Http, "localhost", None, "/authorize").unwrap());
    table.push(Endpoint::new(Scheme::Http, "[::1]", Some(9000), "/authorize").unwrap());
    table.push(Endpoint::new(Scheme::Https, "[1::]", None, "/authorize").unwrap());
    for (start, expected) in [
        ("//localhost", Ok(())),
        ("//localhost:", Ok(())),
        ("//localhost:80", Ok(())),
        ("//localhost:443", Err(Mismatch::Port)),
        ("http://localhost:443", Err(Mismatch::Port)),
        ("//[::1]:9000", Ok(())),
        ("http://[0:0::1]:9000", Ok(())),
        ("http://[::1:0]:9000", Err(Mismatch::Host)),
        ("https://[1::]", Ok(())),
        ("https://[1::0]", Ok(())),
        ("https://[1::0.0.0.0]", Ok(())),
        ("https://[1::1]", Err(Mismatch::Host)),
        ("http://[::1]9000", Err(Mismatch::NotAUrl)),
    ] {
        for end in ["/authorize", "/./authorize", "/auth\norize"] {
            let reference = format!("{start}{end}");
            let found = recognise(reference.as_bytes(), &RequestUrl::UNKNOWN, &table);
            assert_eq!(found.map(|_| ()), expected, "{reference:?}");
        }
    }
}

#[test]
fn reference_is_cut_at_fragment_then_query() {
    let parts = |text: &'static str| {
        let cut = Reference::new(text.as_bytes());
        let text = |bytes| std::str::from_utf8(bytes).unwrap();
        (text(cut.before), cut.query.map(text), text(cut.after))
    };
    assert_eq!(parts("a?b?c#d?e#f"), ("a", Some("b?c"), "#d?e#f"));
    assert_eq!(parts("a#b?c"), ("a", None, "#b?c"));
    assert_eq!(parts("a?"), ("a", Some(""), ""));
    assert_eq!(parts("a?b \t"), ("a", Some("b"), " \t"));
}

#[test]
fn client_id_is_one_missing_or_conflicting() {
    let client = |query: &str| {
        let reference = format!("https://zoom.us/oauth/authorize?{query}");
        let table = EndpointTable::builtin();
        let found = recognise(reference.as_bytes(), &RequestUrl::UNKNOWN, &table).unwrap();
        match found.client_id {
            ClientId::One(id) => ClientId::One(Cow::Owned(id.into_owned())),
            ClientId::Missing => ClientId::Missing,
            ClientId::Conflicting => ClientId::Conflicting,
        }
    };
    let one = |id: &str| ClientId::One(Cow::Owned(id.as_bytes().to_vec()));
    assert_eq!(client("cl%69ent_id=%41bc"), one("Abc"));
    assert_eq!(client("client_id=a&client_id=a"), one("a"));
    assert_eq!(client("client_id=&client_id=a"), one("a"));
    assert_eq!(client("client_id=a&client_id=&client_id"), one("a"));
    assert_eq!(client("client_id=a&client_id=b"), ClientId::Conflicting);
    assert_eq!(client("client_id=&x=1#client_id=a"), ClientId::Missing);
}

#[test]
fn endpoint_refuses_what_no_browser_would_send() {
    let new = |scheme, host, path| Endpoint::new(scheme, host, None, path);
    for host in ["", "*.", "a b", "*.127.0.0.1", "a/b", "user@a", "*"] {
        assert!(
            matches!(
                new(Scheme::Https, host, "/a"),
                Err(InvalidEndpoint::Host(_))
            ),
            "{host}"
        );
    }
    for path in ["", "a", "/a?b", "/a#b", "/a/../b", "/%61", "/a b", "/é"] {
        assert!(
            matches!(new(Scheme::Https, "h", path), Err(InvalidEndpoint::Path(_))),
            "{path}"
        );
    }
    assert!(matches!(
        new(Scheme::Http, "zoom.us", "/a"),
        Err(InvalidEndpoint::PlainHttp(_))
    ));
    assert!(new(Scheme::Http, "localhost", "/").is_ok());
}
