//! Any bytes at all as a body, in chunks of any lengths: nothing panics, and the rewriter
//! keeps its word.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use rescope::oauth::{Endpoint, EndpointTable, Scheme};
use rescope::policy::{Client, Normalize, Policies, Policy};
use rescope::rewrite::body::Syntax;
use rescope::scope::{ScopePattern, Separator};

#[path = "../../common/bodies.rs"]
mod bodies;

use bodies::{Reading, Setting};

// The first byte chooses how the body is read, the next two are lengths of chunks.
fuzz_target!(|input: &[u8]| {
    let Some((&[choice, one, other], body)) = input.split_first_chunk() else {
        return;
    };
    let reading = Reading {
        longest: [64, 200, 1024, 16 * 1024][usize::from(choice >> 2) % 4],
        syntax: [Syntax::Markup, Syntax::Text, Syntax::Rows][usize::from(choice & 3) % 3],
    };
    SETTING.check(body, &[one.into(), other.into()], reading);
});

static SETTING: LazyLock<Setting> = LazyLock::new(|| {
    let mut endpoints = EndpointTable::builtin();
    let short = Endpoint::new(Scheme::Https, "a-b.cd", None, "/");
    endpoints.push(short.expect("an endpoint"));
    let pattern = |text| ScopePattern::parse(text).expect("a pattern");
    let normalize = Policy::Normalize(Normalize {
        separator: Separator::Comma,
        allow: Some(["a", "o'*", "a&b"].map(pattern).into_iter().collect()),
        rename: [].into(),
        optional: ["r:*"].map(pattern).into_iter().collect(),
    });
    let mut policies = Policies::new(Policy::Strip, false);
    for (id, policy, dry_run) in [
        ("k", Policy::Keep, false),
        ("n", normalize, false),
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
    Setting::new(endpoints, policies)
});
