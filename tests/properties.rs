//! Properties of the rewriter that hold for every reference and policy.

use std::sync::LazyLock;

use common::{
    bodies::{self, Reading, Setting},
    documents::Document,
    hostile::{
        self, Random,
        parts::{AUTHORITIES, PIECES, PIECES_OF_BODY, PIECES_OF_QUERY},
    },
    invariants,
};
use proptest::{collection::vec, option, prelude::*, sample::select, sample::subsequence};
use rescope::oauth::{Endpoint, EndpointTable, RequestUrl, Scheme, recognise};
use rescope::policy::{Client, Normalize, Policies, Policy};
use rescope::rewrite::Rewriter;
use rescope::rewrite::body::Syntax;
use rescope::scope::{ScopePattern, ScopeToken, Separator};

mod common;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn rewriter_keeps_its_word(
        reference in references(),
        policies in policies(),
        own in own_urls(),
    ) {
        let rewriter = Rewriter { endpoints: endpoints(), policies };
        invariants::check(&rewriter, &reference, &own);
        invariants::check_fields(&rewriter, &reference, &own);
    }

    /// A tab is not there for a browser, but takes the comparison of plain bytes out of play.
    #[test]
    fn plain_and_odd_spellings_lead_to_the_same_place(
        reference in references(),
        own in own_urls(),
        place in any::<prop::sample::Index>(),
    ) {
        let before = reference.iter().position(|it| b"?#".contains(it)).unwrap_or(reference.len());
        let mut odd = reference.clone();
        odd.insert(place.index(before + 1), b'\t');
        let table = endpoints();
        let plain = recognise(&reference, &own, &table).ok();
        let odd = recognise(&odd, &own, &table).ok();
        prop_assert_eq!(plain.map(|it| it.endpoint), odd.map(|it| it.endpoint));
    }

    #[test]
    fn white_space_around_a_reference_leads_nowhere_else(
        reference in references(),
        own in own_urls(),
        around in vec(0..=b' ', 0..4),
    ) {
        let table = endpoints();
        let wrapped = [&around[..], &reference, &around].concat();
        let bare = recognise(&reference, &own, &table).map(|it| it.endpoint);
        let wrapped = recognise(&wrapped, &own, &table).map(|it| it.endpoint);
        prop_assert_eq!(bare, wrapped);
    }
}

proptest! {
    // Each case is rewritten five times, once byte by byte.
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn documents_become_what_they_must(
        seed in any::<u64>(),
        longest in select(vec![2000, 3000]),
        syntax in select(vec![Syntax::Markup, Syntax::Text]),
        lengths in lengths(),
    ) {
        let random = &mut Random::new(seed);
        let document = Document::new(random, longest, syntax == Syntax::Markup);
        let (before, after) = (document.before(), document.after());
        let reading = Reading { longest, syntax };
        let output = setting().check(&before, &lengths, reading);
        prop_assert_eq!(text(&output.bytes), text(&after), "of {}", text(&before));
        let found = output.found.into_iter().map(|it| (it.client_id, it.changes));
        prop_assert_eq!(&found.collect::<Vec<_>>(), &document.found, "in {}", text(&before));
        let chunks = bodies::chunks(&before, &lengths);
        setting().rewrite(chunks, reading, |taken, given| {
            assert!(document.held(taken, given) <= longest, "{taken} came, {given} went");
        });
    }

    /// As React's stream has them, whose rows must be found behind one that has changed.
    #[test]
    fn texts_with_a_length_become_what_their_documents_must(
        seed in any::<u64>(),
        longest in select(vec![2000, 8000]),
        lengths in lengths(),
    ) {
        let random = &mut Random::new(seed);
        let (mut before, mut after) = (b"0:[]\n".to_vec(), b"0:[]\n".to_vec());
        for _ in 0..3 {
            let document = Document::new(random, longest, false);
            let rows = [document.before(), document.after()].map(|content| {
                [format!("1:T{:x},", content.len()).as_bytes(), &content, b"2:{}\n"].concat()
            });
            let is_short = rows[0].len() - "1:T".len() - "2:{}\n".len() <= longest;
            before.extend(&rows[0]);
            after.extend(&rows[usize::from(is_short)]);
        }
        let output = setting().check(&before, &lengths, Reading { longest, syntax: Syntax::Rows });
        prop_assert_eq!(text(&output.bytes), text(&after), "of {}", text(&before));
    }

    #[test]
    fn bodies_are_treated_alike_in_any_chunks(
        body in bodies(),
        longest in select(vec![1, 64, 1024]),
        syntax in select(vec![Syntax::Markup, Syntax::Text, Syntax::Rows]),
        lengths in lengths(),
    ) {
        setting().check(&body, &lengths, Reading { longest, syntax });
    }

    /// What one endpoint is found by must not hide another.
    #[test]
    fn every_endpoint_is_found_beside_any_other(
        hosts in hosts(),
        colon in select(vec![":", "\\u003a", "&#58;"]),
        slash in select(vec!["/", "\\/", "\\u002f", "\\x2F", "&#x2f;"]),
    ) {
        let mut table = EndpointTable::default();
        for host in &hosts {
            table.push(Endpoint::new(Scheme::Https, host, None, "/a").unwrap());
        }
        let setting = Setting::new(table, Policies::default());
        for host in &hosts {
            let text = |query| format!("{{\"a\":\"https{colon}{slash}{slash}{host}/a?b=c{query}\"}}");
            let reading = Reading { longest: 1024, syntax: Syntax::Text };
            let output = setting.check(text("&scope=a").as_bytes(), &[2, 5], reading);
            prop_assert_eq!(String::from_utf8(output.bytes).unwrap(), text(""));
        }
    }
}

/// Few that are looked for with vectors, or too many for that.
fn hosts() -> impl Strategy<Value = Vec<String>> {
    let host = "[afz09]{1,4}(-[az]{1,2})?\\.[az]{2}";
    prop_oneof![4 => vec(host, 1..6), 1 => vec(host, 30..40)]
}

fn endpoints() -> EndpointTable {
    let mut table = EndpointTable::builtin();
    for (scheme, host, port, path) in [
        (
            Scheme::Https,
            "login.example.com",
            None,
            "/oauth2/authorize",
        ),
        (Scheme::Https, "login.example.com", Some(8443), "/"),
        (Scheme::Http, "localhost", None, "/oauth/authorize"),
        (Scheme::Http, "127.0.0.1", Some(8080), "/oauth/authorize"),
        (Scheme::Http, "[::1]", Some(443), "/authorize"),
    ] {
        table.push(Endpoint::new(scheme, host, port, path).unwrap());
    }
    table
}

fn references() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => any::<u64>().prop_map(|seed| hostile::reference(&mut Random::new(seed))),
        // Smaller ones, that shrink.
        4 => vec(select(PIECES_OF_QUERY), 0..8)
            .prop_map(|pieces| [b"https://zoom.us/oauth/authorize?", &pieces.concat()[..]].concat()),
        2 => vec(select(PIECES), 0..8).prop_map(|parts| parts.concat()),
        1 => vec(any::<u8>(), 0..40),
    ]
}

/// How the chunks of a body are long.
fn lengths() -> impl Strategy<Value = Vec<usize>> {
    prop_oneof![vec(1..20_usize, 1..8), vec(1..2000_usize, 1..8)]
}

/// Bytes that are hardly ever a document.
fn bodies() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => select(PIECES_OF_BODY).prop_map(<[u8]>::to_vec),
        1 => any::<u64>().prop_map(|seed| hostile::reference(&mut Random::new(seed))),
        1 => vec(any::<u8>(), 0..8),
    ];
    vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

/// The policies are those that the documents know.
fn setting() -> &'static Setting {
    static SETTING: LazyLock<Setting> = LazyLock::new(|| {
        let mut policies = Policies::new(Policy::Strip, false);
        let token = |text| ScopeToken::parse(text).unwrap();
        let patterns = |text| ScopePattern::parse(text).into_iter().collect();
        let normalize = Normalize {
            separator: Separator::Comma,
            allow: Some(patterns("user:*")),
            rename: [(token("old"), token("user:new"))].into(),
            optional: patterns("recording:*"),
        };
        for (id, policy) in [
            ("normal", Policy::Normalize(normalize)),
            ("kept", Policy::Keep),
        ] {
            let ids = vec![id.to_owned()];
            let client = Client {
                ids,
                name: None,
                policy,
                dry_run: false,
            };
            policies.insert(client).unwrap();
        }
        Setting::new(endpoints(), policies)
    });
    &SETTING
}

fn text(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string()
}

fn own_urls() -> impl Strategy<Value = RequestUrl<'static>> {
    let paths = vec![
        "/",
        "/start",
        "/oauth/start",
        "/oauth/authorize",
        "",
        "*",
        "//x/y",
    ];
    let schemes = vec![Scheme::Http, Scheme::Https];
    (select(AUTHORITIES), select(paths), select(schemes)).prop_map(|(authority, path, scheme)| {
        RequestUrl {
            scheme,
            authority,
            path,
        }
    })
}

fn policies() -> impl Strategy<Value = Policies> {
    let everyone = (policy(), prop::bool::weighted(0.1));
    (everyone, policy(), policy()).prop_map(|((default, dry_run), space, comma)| {
        let mut policies = Policies::new(default, dry_run);
        let clients = [
            ("space", space, false),
            ("comma", comma, false),
            ("keep", Policy::Keep, false),
            ("dry", Policy::Strip, true),
        ];
        for (id, policy, dry_run) in clients {
            let client = Client {
                ids: vec![id.to_owned()],
                name: None,
                policy,
                dry_run,
            };
            policies.insert(client).unwrap();
        }
        policies
    })
}

fn policy() -> impl Strategy<Value = Policy> {
    prop_oneof![
        1 => Just(Policy::Strip),
        1 => Just(Policy::Keep),
        4 => normalize().prop_map(Policy::Normalize),
    ]
}

fn normalize() -> impl Strategy<Value = Normalize> {
    let patterns = |texts: Vec<&str>| {
        texts
            .into_iter()
            .map(|it| ScopePattern::parse(it).unwrap())
            .collect()
    };
    let names = ["user:read", "meeting:*", "recording:read", "old", "*", "a"];
    let moving = ["recording:*", "meeting:read", "old", "user:r*"];
    // No new name is an old one: the configuration sees to that.
    let renames = [
        ("old", "meeting:new"),
        ("admin:all", "meeting:new"),
        ("openid", "recording:x"),
        ("x", "x"),
    ];
    let token = |text| ScopeToken::parse(text).unwrap();
    (
        select(vec![Separator::Space, Separator::Comma]),
        option::of(subsequence(names.to_vec(), 0..=4)),
        subsequence(renames.to_vec(), 0..=4),
        subsequence(moving.to_vec(), 0..=2),
    )
        .prop_map(move |(separator, allow, rename, optional)| Normalize {
            separator,
            allow: allow.map(patterns),
            rename: rename
                .into_iter()
                .map(|(old, new)| (token(old), token(new)))
                .collect(),
            optional: patterns(optional),
        })
}
