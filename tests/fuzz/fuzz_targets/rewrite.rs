//! Any bytes at all as a reference, alone and in lines of header fields: nothing panics, and
//! the rewriter keeps its word.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use rescope::oauth::{Endpoint, EndpointTable, RequestUrl, Scheme};
use rescope::policy::{Client, Normalize, Policies, Policy};
use rescope::rewrite::Rewriter;
use rescope::scope::{ScopePattern, ScopeToken, Separator};

#[path = "../../common/invariants.rs"]
mod invariants;

// The first byte chooses the request's own URL, what follows is the reference.
fuzz_target!(|input: &[u8]| {
    let Some((choice, reference)) = input.split_first() else {
        return;
    };
    let own = RequestUrl {
        scheme: match choice & 1 {
            0 => Scheme::Http,
            _ => Scheme::Https,
        },
        authority: AUTHORITIES[usize::from(choice >> 1) % AUTHORITIES.len()],
        path: "/oauth/start",
    };
    invariants::check(&REWRITER, reference, &own);
    invariants::check_fields(&REWRITER, reference, &own);
});

const AUTHORITIES: [&[u8]; 5] = [
    b"app.example:8080",
    b"zoom.us",
    b"[::1]:443",
    b"",
    b"bad host",
];

static REWRITER: LazyLock<Rewriter> = LazyLock::new(|| {
    let mut endpoints = EndpointTable::builtin();
    let local = Endpoint::new(Scheme::Http, "[::1]", Some(443), "/oauth/authorize");
    endpoints.push(local.expect("loopback may be plain"));
    let mut policies = Policies::new(normalize(Separator::Space), false);
    for (id, policy, dry_run) in [
        ("k", Policy::Keep, false),
        ("s", Policy::Strip, false),
        ("c", normalize(Separator::Comma), false),
        ("d", Policy::Strip, true),
    ] {
        let ids = vec![id.to_owned()];
        let client = Client {
            ids,
            name: None,
            policy,
            dry_run,
        };
        policies.insert(client).expect("every id is here once");
    }
    Rewriter {
        endpoints,
        policies,
    }
});

fn normalize(separator: Separator) -> Policy {
    let pattern = |text| ScopePattern::parse(text).expect("a pattern");
    let token = |text| ScopeToken::parse(text).expect("a token");
    Policy::Normalize(Normalize {
        separator,
        allow: Some(["a", "m:*"].map(pattern).into_iter().collect()),
        rename: [(token("old"), token("m:new")), (token("b"), token("r:b"))].into(),
        optional: ["r:*"].map(pattern).into_iter().collect(),
    })
}
