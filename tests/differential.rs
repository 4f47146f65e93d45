//! A hundred thousand references, hostile and ordinary, judged by Node's `URL`
//! and `URLSearchParams`, which follow the standard that browsers follow: what
//! is an authorization request, whose, for which scopes, and what is left after
//! the rewrite. `RESCOPE_SEED` repeats a run, `RESCOPE_CASES` sets its length.

use std::{
    env,
    io::Write,
    process::{Command, Stdio},
};

use common::hostile::{self, Random};
use rescope::oauth::{ClientId, Endpoint, EndpointTable, RequestUrl, Scheme};
use rescope::policy::{Client, Normalize, Policies, Policy};
use rescope::rewrite::Rewriter;
use rescope::scope::{self, ScopePattern, ScopePatterns, ScopeToken, Separator};
use serde_json::{Value, json};

mod common;

const OWN: RequestUrl<'static> = RequestUrl {
    scheme: Scheme::Http,
    authority: b"app.example:8080",
    path: "/start",
};

#[test]
fn node_agrees_on_references_of_every_kind() {
    let seed = number("RESCOPE_SEED").unwrap_or(0x5c09e);
    let cases = number("RESCOPE_CASES").unwrap_or(100_000);
    println!("RESCOPE_SEED={seed} RESCOPE_CASES={cases}");
    let rewriter = rewriter();
    let mut random = Random::new(seed);
    let claims = std::iter::repeat_with(|| hostile::reference(&mut random))
        .filter(|reference| !is_disputed(reference))
        .take(usize::try_from(cases).unwrap())
        .map(|reference| claim(&rewriter, &reference));
    let verdict = judge(claims);
    println!("{}", verdict["count"]);
    let wrong = verdict["wrong"].as_array().unwrap();
    assert!(wrong.is_empty(), "seed {seed}: {wrong:#?}");
    // Of every kind there must be enough, or agreement would mean little.
    let share = |key: &str| verdict["count"][key].as_u64().unwrap() * 100 / cases;
    assert_eq!(verdict["count"]["compared"], cases);
    assert!((20..=80).contains(&share("recognised")));
    assert!(share("changed") >= 10 && share("moved") >= 1);
    assert!(share("unclear") <= 10);
}

#[test]
fn node_objects_to_claims_that_are_not_true() {
    let reference = b"https://zoom.us/oauth/authorize?client_id=space&state=1&scope=old,admin";
    let truth = claim(&rewriter(), reference);
    let start = "https://zoom.us/oauth/authorize?client_id=space";
    let lies = [
        ("recognised", json!(false)),
        ("client", json!("comma")),
        ("scopes", json!(["old"])),
        ("output", json!(format!("{start}&state=1"))),
        ("output", json!(format!("{start}&state=1&scope=old"))),
        ("output", json!(format!("{start}&scope=meeting:new"))),
        (
            "output",
            json!(format!("{start}&state=1&state=1&scope=meeting:new")),
        ),
        ("output", json!("https://zoom.us/oauth/token")),
    ];
    let lie = |(key, value): &(&str, Value)| {
        let mut claim = truth.clone();
        claim[*key] = value.clone();
        claim
    };
    let verdict = judge(lies.iter().map(lie));
    assert_eq!(verdict["count"]["wrong"], lies.len());
    assert_eq!(judge([truth.clone()].into_iter())["count"]["wrong"], 0);
}

/// Whether one of the two is known to differ from the standard here.
fn is_disputed(reference: &[u8]) -> bool {
    let ignored = |byte: &&u8| !matches!(byte, b'\t' | b'\n' | b'\r');
    let bytes: Vec<u8> = reference.iter().filter(ignored).copied().collect();
    // The `url` crate lets no `..` take away a segment such as `C:` or `C|` in any URL,
    // where the standard has it so in file URLs only.
    let drive_letter = bytes.windows(4).any(|four| match four {
        [b'/' | b'\\', letter, b':' | b'|', b'/' | b'\\'] => letter.is_ascii_alphabetic(),
        _ => false,
    });
    // Node's `URL` takes labels that break the bidi rule (RFC 5893), which the standard
    // refuses: `\u{5d0}` behind a digit, say.
    let right_to_left = String::from_utf8_lossy(&bytes)
        .split(['?', '#'])
        .next()
        .is_some_and(|before| before.contains(is_right_to_left));
    drive_letter || right_to_left
}

fn is_right_to_left(c: char) -> bool {
    matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}' |
        '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
}

/// What rescope says of `reference`; bytes are written as U+0000 to U+00FF.
fn claim(rewriter: &Rewriter, reference: &[u8]) -> Value {
    let latin1 = |bytes: &[u8]| bytes.iter().copied().map(char::from).collect::<String>();
    let lossy = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let Ok(found) = rewriter.rewrite(reference, &OWN) else {
        return json!({
            "reference": latin1(reference),
            "recognised": false,
            "output": latin1(reference),
        });
    };
    let tokens = found
        .decision
        .request
        .scope
        .iter()
        .flat_map(|pair| scope::split(&pair.decoded_value()));
    json!({
        "reference": latin1(reference),
        "recognised": true,
        "client": match &found.decision.request.client_id {
            ClientId::One(id) => json!(lossy(id)),
            ClientId::Missing => json!(null),
            ClientId::Conflicting => json!("(conflict)"),
        },
        "scopes": tokens.map(|it| lossy(it.as_bytes())).collect::<Vec<_>>(),
        "output": latin1(found.output.as_deref().unwrap_or(reference)),
    })
}

/// Hands the policies and `claims` to Node and returns what it says of them.
fn judge(claims: impl Iterator<Item = Value>) -> Value {
    let oracle = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/differential/oracle.mjs");
    let mut node = Command::new("node")
        .arg(oracle)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("this test needs Node.js 18 or later as `node`");
    let output = std::thread::scope(|scope| {
        let mut stdin = std::io::BufWriter::new(node.stdin.take().unwrap());
        let reader = scope.spawn(|| node.wait_with_output().unwrap());
        for line in std::iter::once(policies()).chain(claims) {
            writeln!(stdin, "{line}").expect("Node reads to the end");
        }
        drop(stdin);
        reader.join().unwrap()
    });
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The policies as the oracle reads them; `rewriter` is built from the same.
fn policies() -> Value {
    let normalize = |separator| {
        json!({
            "scope": "normalize",
            "separator": separator,
            "allow": ["user:read", "meeting:*"],
            "rename": { "old": "meeting:new", "older": "recording:old", "openid": "user:read" },
            "optional": ["recording:*"],
        })
    };
    json!({
        "default": { "scope": "strip" },
        "clients": {
            "keep": { "scope": "keep" },
            "space": normalize("space"),
            "comma": normalize("comma"),
        },
    })
}

fn rewriter() -> Rewriter {
    let written = policies();
    let mut policies = Policies::new(policy(&written["default"]), false);
    for (id, entry) in written["clients"].as_object().unwrap() {
        let client = Client {
            ids: vec![id.clone()],
            name: None,
            policy: policy(entry),
            dry_run: false,
        };
        policies.insert(client).unwrap();
    }
    let mut endpoints = EndpointTable::builtin();
    let path = "/oauth2/authorize";
    endpoints.push(Endpoint::new(Scheme::Https, "login.example.com", None, path).unwrap());
    Rewriter {
        endpoints,
        policies,
    }
}

fn policy(entry: &Value) -> Policy {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let patterns = |value: &Value| -> ScopePatterns {
        let pattern = |it| ScopePattern::parse(&text(it)).unwrap();
        value.as_array().unwrap().iter().map(pattern).collect()
    };
    let token = |name: &str| ScopeToken::parse(name).unwrap();
    match entry["scope"].as_str() {
        Some("strip") => Policy::Strip,
        Some("keep") => Policy::Keep,
        _ => Policy::Normalize(Normalize {
            separator: match entry["separator"].as_str() {
                Some("comma") => Separator::Comma,
                _ => Separator::Space,
            },
            allow: Some(patterns(&entry["allow"])),
            rename: entry["rename"]
                .as_object()
                .unwrap()
                .iter()
                .map(|(old, new)| (token(old), token(&text(new))))
                .collect(),
            optional: patterns(&entry["optional"]),
        }),
    }
}

fn number(variable: &str) -> Option<u64> {
    let text = env::var(variable).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{variable} is no number")),
    )
}
