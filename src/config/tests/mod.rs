//! Whole files, their rules, and how problems are told; `network` has the addresses and what
//! belongs to them, `values` the bounds, `answers` where URLs are looked for, `authorize` the
//! authorize endpoints.

mod answers;
mod authorize;
mod network;
mod values;

use std::path::Path;

use proptest::{collection::vec, prelude::*, sample::select};

use super::*;
use crate::policy::Policy;
use crate::scope::{ScopePattern, ScopePatterns, Separator};

const UPSTREAM: &str = "upstream = \"http://127.0.0.1:3000\"\n";

fn config(text: &str) -> Config {
    let text = format!("{UPSTREAM}{text}");
    parse(&text, "t.toml", &Overrides::default()).unwrap_or_else(|report| panic!("{report}"))
}

/// `line:column message` of every problem, the upstream's line not counted.
fn problems(text: &str) -> Vec<String> {
    let whole = format!("{UPSTREAM}{text}");
    let report = parse(&whole, "t.toml", &Overrides::default()).expect_err(text);
    let shown = |problem: &Problem| match &problem.place {
        Place::File(span) => {
            let before = &whole[..span.start];
            let line = before.matches('\n').count();
            let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
            format!("{line}:{column} {}", problem.message)
        }
        Place::Override(name) => format!("{name}: {}", problem.message),
        Place::Nowhere => problem.message.clone(),
    };
    report.problems().iter().map(shown).collect()
}

fn helps(text: &str) -> Vec<String> {
    let report = parse(text, "t.toml", &Overrides::default()).expect_err(text);
    let helps = report.problems().iter().map(|it| it.help.clone());
    helps.flatten().collect()
}

#[test]
fn an_upstream_alone_is_a_configuration() {
    let config = config("");
    assert_eq!(config.listen, Some(ListenAddress::DEFAULT));
    assert_eq!(config.listen_tls, None);
    assert_eq!(config.certs, Path::new("certs"));
    assert_eq!(config.upstream.to_string(), "http://127.0.0.1:3000");
    assert_eq!(config.policies.default_policy().name(), "strip");
    assert_eq!(config.policies.clients().count(), 0);
    assert_eq!(config.endpoints, EndpointTable::builtin());
}

#[test]
fn everything_that_may_be_written_is_read() {
    let config = config(
        r#"
        listen = "localhost:9000"
        dry_run = true
        builtin_endpoints = false
        [default]
        scope = "normalize"
        separator = "comma"
        [[client]]
        id = "one"
        scope = "keep"
        dry_run = true
        [[client]]
        id = ["two", "three"]
        name = "calendar"
        scope = "normalize"
        separator = "space"
        allow = ["user:read:user", "meeting:*"]
        rename = { "meeting:write" = "meeting:write:meeting" }
        optional = ["recording:read:recording"]
        [[endpoint]]
        host = "*.login.example.com"
        port = 8443
        path = "/authorize"
        [[endpoint]]
        scheme = "http"
        host = "127.0.0.1"
        port = 9001
        path = "/oauth/authorize"
        "#,
    );
    assert_eq!(config.listen.unwrap().to_string(), "127.0.0.1:9000");
    let endpoints: Vec<_> = config.endpoints.iter().map(ToString::to_string).collect();
    assert_eq!(
        endpoints,
        [
            "*.login.example.com:8443/authorize",
            "http://127.0.0.1:9001/oauth/authorize"
        ]
    );
    let clients: Vec<_> = config.policies.clients().collect();
    assert_eq!(clients[0].ids, ["one"]);
    assert!(clients[0].dry_run);
    assert_eq!(clients[0].policy, Policy::Keep);
    assert_eq!(clients[1].ids, ["two", "three"]);
    assert_eq!(clients[1].name.as_deref(), Some("calendar"));
    let Policy::Normalize(normalize) = &clients[1].policy else {
        panic!("{:?}", clients[1].policy);
    };
    assert_eq!(normalize.separator, Separator::Space);
    assert_eq!(
        normalize.allow,
        Some(patterns(&["user:read:user", "meeting:*"]))
    );
    assert_eq!(normalize.rename.len(), 1);
    assert_eq!(normalize.optional, patterns(&["recording:read:recording"]));
}

#[test]
fn every_unknown_key_is_told_with_its_place() {
    assert_eq!(
        problems(
            "upstrem = 1\n[default]\nscop = \"strip\"\n[[client]]\nid = \"a\"\nscope = \"keep\"\nallowed = []\n[[endpoint]]\nhost = \"a.b\"\npath = \"/\"\nurl = 1\n"
        ),
        [
            "1:1 unknown key `upstrem`",
            "3:1 unknown key `scop` in `[default]`",
            "7:1 unknown key `allowed` in `[[client]]`",
            "11:1 unknown key `url` in `[[endpoint]]`",
        ]
    );
}

#[test]
fn help_names_the_nearest_word_or_where_a_key_belongs() {
    assert_eq!(
        helps(
            r#"
            upstream = "http://127.0.0.1:3000"
            Listen = "127.0.0.1:1"
            [default]
            scope = "stripp"
            dry_run = true
            [[client]]
            id = "a"
            scope = "normalise"
            seperator = "comma"
            colour = "red"
            client_secret = "hush"
            "#
        ),
        [
            "did you mean `listen`?",
            "did you mean `strip`?",
            "`dry_run` belongs to the top of the file, before the first `[table]`",
            "did you mean `normalize`?",
            "did you mean `separator`?",
            "known here: `id`, `name`, `scope`, `dry_run`, `separator`, `allow`, `rename` and `optional`",
            "rescope needs no secret and no token; take it out of this file",
        ]
    );
}

#[test]
fn wrong_types_are_all_told() {
    assert_eq!(
        problems(
            "listen = 8080\ndry_run = \"yes\"\ndefault = \"strip\"\n[client]\nid = [1, \"a\"]\nscope = true\nallow = \"a\"\nrename = [\"a\"]\n[[endpoint]]\nhost = 1\nport = 70000\npath = [\"/\"]\n"
        ),
        [
            "1:10 `listen` takes a string, not the number 8080",
            "2:11 `dry_run` takes true or false, not a value of type string",
            "3:11 `default` takes a table, written `[default]`, not a value of type string",
            "4:1 `client` takes a list of tables, each written `[[client]]`, not a value of type table",
            "5:7 `id` takes strings, not the number 1",
            "6:9 `scope` takes a string, not a value of type boolean",
            "7:9 `allow` takes a list of strings, not a value of type string",
            "8:10 `rename` takes a table of strings, such as `{ \"old\" = \"new\" }`, not a value of type array",
            "10:8 `host` takes a string, not the number 1",
            "11:8 `port` takes a number from 1 to 65535, not the number 70000",
            "12:8 `path` takes a string, not a value of type array",
        ]
    );
}

#[test]
fn options_of_normalize_are_refused_on_other_policies() {
    assert_eq!(
        problems(
            "[default]\nseparator = \"comma\"\n[[client]]\nid = \"a\"\nscope = \"strip\"\nallow = [\"x\"]\n[[client]]\nid = \"b\"\nscope = \"keep\"\noptional = []\nrename = {}\n"
        ),
        [
            "2:1 `separator` belongs to `scope = \"normalize\"`, not to `strip`",
            "6:1 `allow` belongs to `scope = \"normalize\"`, not to `strip`",
            "10:1 `optional` belongs to `scope = \"normalize\"`, not to `keep`",
            "11:1 `rename` belongs to `scope = \"normalize\"`, not to `keep`",
        ]
    );
}

#[test]
fn a_misspelt_policy_does_not_disown_its_options() {
    assert_eq!(
        problems("[default]\nscope = \"normalise\"\nseparator = \"coma\"\nallow = [\"a b\"]\n"),
        [
            "2:9 `scope` is `strip`, `keep` or `normalize`, not `normalise`",
            "3:13 `separator` is `space` or `comma`, not `coma`",
            "4:10 a scope name holds ' '; visible ASCII except `\"`, `\\` and `,` is allowed",
        ]
    );
}

#[test]
fn an_id_stands_once_and_is_not_empty() {
    assert_eq!(
        problems(
            "[[client]]\nid = [\"a\", \"b\", \"a\"]\nscope = \"keep\"\n[[client]]\nid = \"b\"\nscope = \"keep\"\n[[client]]\nid = [\"\"]\nscope = \"keep\"\n[[client]]\nid = []\nscope = \"keep\"\n[[client]]\nname = \"x\"\n"
        ),
        [
            "2:17 client id `a` stands twice in this entry",
            "5:6 client id `b` has an entry already",
            "8:7 a client id is empty",
            "11:6 `id` is an empty list; a client has at least one id",
            "13:1 a client needs `id`",
            "13:1 a client needs `scope`",
        ]
    );
}

#[test]
fn both_entries_of_an_id_are_shown() {
    let text = "upstream = \"http://h\"\n[[client]]\nid = \"a\"\nscope = \"keep\"\n[[client]]\nid = \"a\"\nscope = \"strip\"\n";
    let shown = parse(text, "t.toml", &Overrides::default())
        .unwrap_err()
        .to_string();
    assert!(shown.contains("t.toml:6:6"), "{shown}");
    assert!(shown.contains("first entry"), "{shown}");
    assert!(shown.ends_with("1 problem in t.toml\n"), "{shown}");
}

#[test]
fn an_empty_allow_and_a_chain_of_names_are_refused() {
    assert_eq!(
        problems(
            "[default]\nscope = \"normalize\"\nallow = []\nrename = { \"a\" = \"b\", \"b\" = \"c\", \"d\" = \"d\", \"e\" = \"\" }\n"
        ),
        [
            "3:9 `allow` is empty, so no scope would be left",
            "4:18 `b` is an old name too, so it would be renamed again",
            "4:51 a scope name is empty",
        ]
    );
}

#[test]
fn bad_endpoints_are_told_host_and_path_apart() {
    assert_eq!(
        problems(
            "[[endpoint]]\nhost = \"a/b\"\npath = \"x\"\n[[endpoint]]\nscheme = \"http\"\nhost = \"a.example\"\npath = \"/a/../b\"\nport = 0\n"
        ),
        [
            "2:8 a host name, an address, or `*.` and a name is allowed here, not `a/b`",
            "3:8 a path begins with `/` and holds no query or fragment, not `x`",
            "6:8 `scheme = \"http\"` is for `localhost`, 127.0.0.0/8 and `[::1]` only, not `a.example` (RFC 6749 3.1)",
            "7:8 a path is written in its plainest spelling, `/b`",
            "8:8 `port` takes a number from 1 to 65535, not the number 0",
        ]
    );
}

#[test]
fn no_endpoint_at_all_is_refused() {
    assert_eq!(
        problems("builtin_endpoints = false\n"),
        ["1:21 no endpoint is left, so nothing would ever be changed"]
    );
}

#[test]
fn a_missing_upstream_is_told_but_no_rule_needs_it() {
    let report = parse("", "t.toml", &Overrides::default()).unwrap_err();
    assert_eq!(report.problems().len(), 1);
    assert_eq!(
        report.problems()[0].message,
        "no upstream: where is the app?"
    );
    assert!(parse_rules("", "t.toml").is_ok());
    assert!(parse_rules("upstream = \"x\"", "t.toml").is_err());
}

#[test]
fn a_slip_of_syntax_is_told_with_its_place() {
    assert_eq!(
        problems("listen = \"127.0.0.1:8080\n[client\nid = 3\n"),
        [
            "1:25 invalid basic string, expected `\"`",
            "2:8 unclosed table, expected `]`"
        ]
    );
}

#[test]
fn a_key_written_twice_does_not_hide_other_problems() {
    assert_eq!(
        problems("dry_run = true\ndry_run = false\nfoo = 1\n"),
        ["2:1 duplicate key", "3:1 unknown key `foo`"]
    );
}

#[test]
fn what_looks_secret_is_masked_in_the_lines_shown() {
    for text in [
        "client_secret = \"hush\"\n",
        "[[client]]\nid = \"a\"\n\"Access-Token\" = hush hush\n",
        "client = [{ id = \"\", secret = \"hush\" }]\n",
        "upstream = \"http://me:hush@h\"\n",
    ] {
        let shown = parse(text, "t.toml", &Overrides::default())
            .unwrap_err()
            .to_string();
        assert!(!shown.contains("hush"), "{shown}");
    }
}

proptest! {
    #[test]
    fn no_text_at_all_makes_it_panic(
        pieces in vec(
            prop_oneof![
                select(vec![
                    "[", "]", "[[client]]", "[default]", "\n", "\r\n", "\r", "=", "\"", "'", "{", "}",
                    ",", ".", "#", " ", "\\u00e9", "\\", "id", "scope", "allow", "rename", "upstream",
                    "listen", "secret", "[tls]", "[limits]", "[timeouts]", "idle", "via", "header_size",
                    "connections", "certs", "extra_headers", "[bodies]", "types", "paths",  "ca_file", "listen_tls", "unix:/", "fd:", "https://", "30s", "normalize", "strip", "\"\"\"", "\u{feff}", "1", "true",
                ])
                .prop_map(str::to_owned),
                any::<char>().prop_map(String::from),
            ],
            0..40,
        )
    ) {
        let text = pieces.concat();
        if let Err(report) = parse(&text, "t.toml", &Overrides::default()) {
            prop_assert!(!report.problems().is_empty());
            let shown = report.render(true);
            prop_assert!(shown.contains("t.toml"));
        }
    }
}

fn patterns(texts: &[&str]) -> ScopePatterns {
    let parse = |text: &&str| ScopePattern::parse(text).unwrap();
    texts.iter().map(parse).collect()
}
