//! What the rewriter costs per reference, and per head of an answer: nearly all lead elsewhere.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use http::{HeaderMap, HeaderName, HeaderValue};
use rescope::config::{self, Overrides};
use rescope::metrics::Metrics;
use rescope::oauth::{EndpointTable, RequestUrl, Scheme};
use rescope::policy::{Client, Normalize, Policies, Policy};
use rescope::proxy::Rules;
use rescope::rewrite::Rewriter;
use rescope::scope::{ScopePattern, Separator};

const OWN: RequestUrl<'static> = RequestUrl {
    scheme: Scheme::Http,
    authority: b"127.0.0.1:8080",
    path: "/login",
};

/// A redirect of a real library: PKCE, a state and a redirect_uri with its own query.
const REST: &str = "&response_type=code\
    &redirect_uri=https%3A%2F%2Fapp.example.com%2Fcb%3Fnext%3D%2Fa%26x%3D1\
    &scope=user%3Aread+meeting%3Aread&state=DlYDqfVgmPTZyNExFIJ8RzTd\
    &code_challenge=I7NjTidRqJLN3YDkLAAnlJImz_2yMcQsupNh_OKjAh4&code_challenge_method=S256";

fn references() -> Vec<(&'static str, String)> {
    let zoom = "https://zoom.us/oauth/authorize?client_id=";
    let request = |client: &str| format!("{zoom}{client}{REST}");
    let long_list: Vec<_> = (0..160)
        .map(|place| format!("meeting%3Aread%3Ascope_number_{place}%3Aadmin"))
        .collect();
    let list = long_list.join("+");
    let names: Vec<_> = (0..9000)
        .map(|place| format!("user:read:{place}"))
        .collect();
    let many: Vec<_> = (0..8000).map(|place| place.to_string()).collect();
    vec![
        ("elsewhere, relative", "/dashboard?welcome=1".to_owned()),
        (
            "elsewhere, other host",
            format!("https://login.example.com/authorize?client_id=a{REST}"),
        ),
        (
            "elsewhere, other path",
            format!("https://zoom.us/oauth/token?client_id=a{REST}"),
        ),
        ("strip", request("strip")),
        ("keep", request("keep")),
        ("normalize, nothing to change", request("same")),
        ("normalize", request("comma")),
        (
            "strip, odd spelling",
            format!("https://ZOOM.us/x/../oauth/%61uthorize?client_id=strip{REST}"),
        ),
        (
            "strip, state of 8 KiB",
            format!("{}{}", request("strip"), "A".repeat(8192)),
        ),
        ("normalize, 160 scopes", format!("{zoom}comma&scope={list}")),
        (
            "normalize, 8000 scopes",
            format!("{zoom}comma&scope={}", many.join("+")),
        ),
        (
            "normalize, 9000 scopes, 5000 patterns",
            format!("{zoom}many&scope={}", names.join("+")),
        ),
    ]
}

fn rewriter() -> Rewriter {
    let normalize = |separator| {
        let allow = ["user:read", "meeting:*"].map(str::to_owned);
        allowing(separator, allow)
    };
    let many = (0..5000).map(|place| match place % 2 {
        0 => format!("meeting:read:{place}:*"),
        _ => format!("user:read:{place}"),
    });
    let mut policies = Policies::new(Policy::Keep, false);
    for (id, policy) in [
        ("strip", Policy::Strip),
        ("same", normalize(Separator::Space)),
        ("comma", normalize(Separator::Comma)),
        ("many", allowing(Separator::Comma, many)),
    ] {
        policies.insert(client(id.to_owned(), policy)).unwrap();
    }
    Rewriter {
        endpoints: EndpointTable::builtin(),
        policies,
    }
}

fn client(id: String, policy: Policy) -> Client {
    Client {
        ids: vec![id],
        name: None,
        policy,
        dry_run: false,
    }
}

fn allowing(separator: Separator, allow: impl IntoIterator<Item = String>) -> Policy {
    let patterns = allow
        .into_iter()
        .map(|it| ScopePattern::parse(&it).unwrap());
    Policy::Normalize(Normalize {
        separator,
        allow: Some(patterns.collect()),
        ..Normalize::default()
    })
}

fn rewrite(criterion: &mut Criterion) {
    let rewriter = rewriter();
    let mut group = criterion.benchmark_group("rewrite");
    for (name, reference) in references() {
        group.throughput(Throughput::Bytes(reference.len() as u64));
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let found = rewriter.rewrite(black_box(reference.as_bytes()), &OWN);
                found.ok().and_then(|found| found.output)
            });
        });
    }
    group.finish();
}

/// The head of a page, and more lines that lead elsewhere.
fn heads() -> [(&'static str, HeaderMap); 3] {
    let page = [
        ("date", "Tue, 24 Nov 2026 01:00:00 GMT"),
        ("content-type", "text/html; charset=utf-8"),
        ("content-length", "1234"),
        ("cache-control", "private, max-age=0"),
        ("etag", "W/\"4d2-abc\""),
        ("x-powered-by", "Express"),
        ("x-request-id", "5c1d"),
        ("set-cookie", "session=a; Path=/; HttpOnly"),
        ("vary", "Accept-Encoding"),
        ("strict-transport-security", "max-age=63072000"),
    ];
    let head = |more: &[(&'static str, &'static str)]| -> HeaderMap {
        let lines = page.iter().chain(more);
        lines
            .map(|(name, value)| {
                let name = HeaderName::from_static(name);
                (name, HeaderValue::from_static(value))
            })
            .collect()
    };
    let links = "</a.css>; rel=preload; as=style, <https://a.example/?page=2>; rel=\"next\"";
    [
        ("page", head(&[])),
        ("redirect elsewhere", head(&[("location", "/dashboard")])),
        ("links", head(&[("link", links)])),
    ]
}

fn head(criterion: &mut Criterion) {
    let rules = Rules {
        rewriter: rewriter(),
        ..Rules::default()
    };
    let metrics = Metrics::default();
    let mut group = criterion.benchmark_group("head");
    for (name, mut head) in heads() {
        group.bench_function(name, |bencher| {
            bencher.iter(|| rules.rewrite_headers(black_box(&mut head), &OWN, &metrics));
        });
    }
    group.finish();
}

/// What a reload takes, on a thread that serves nobody: 20,000 clients are read, and let go.
fn reload(criterion: &mut Criterion) {
    let client = |place| {
        format!(
            "[[client]]\nid = 'client-{place}'\nname = 'app {place}'\nscope = 'normalize'\n\
             allow = ['user:read', 'meeting:*', 'recording:read:{place}']\n\
             rename = {{ 'meeting:write' = 'meeting:write:meeting' }}\n"
        )
    };
    let text = "upstream = 'http://127.0.0.1:3000'\n".to_owned();
    let text = text + &(0..20_000).map(client).collect::<String>();
    let mut group = criterion.benchmark_group("reload");
    group.sample_size(10);
    group.bench_function("20000 clients", |bencher| {
        bencher.iter(|| config::parse(black_box(&text), "rescope.toml", &Overrides::default()));
    });
    group.finish();
}

criterion_group!(benches, rewrite, head, reload);
criterion_main!(benches);
