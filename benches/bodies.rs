//! What the body rewriter costs per byte: nearly all pages hold no authorize URL.

use std::hint::black_box;

use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use rescope::oauth::EndpointTable;
use rescope::policy::{Decision, Policies, Policy};
use rescope::rewrite::Rewriter;
use rescope::rewrite::body::{Anchors, BodyRewriter, Sink, Syntax, Tools};

/// Takes all and keeps nothing.
#[derive(Default)]
struct Nowhere(usize);

impl Sink for Nowhere {
    fn piece(&mut self, piece: Bytes) {
        self.0 += piece.len();
    }

    fn found(&mut self, _: &Decision<'_>) {}
}

/// A page of cards, as a template engine writes them: links, attributes, prose, a script.
fn page(card: &str) -> Bytes {
    let mut page = String::from("<!doctype html><html><head><title>Cards</title></head><body>\n");
    for number in 0..2500 {
        let prose =
            "The quick brown fox jumps over the lazy dog, dozens of times a week. ".repeat(4);
        page += &format!(
            "<article class=\"card\" id=\"card-{number}\" data-kind='{number}'>\n  \
             <h2><a href=\"https://www.example.com/articles/{number}?ref=list&amp;page=2\">Article {number}</a></h2>\n  \
             <p>{prose}</p>{card}\n  <script>track({{\"id\": {number}, \"zone\": \"a\"}});</script>\n</article>\n"
        );
    }
    page += "</body></html>\n";
    Bytes::from(page)
}

fn pages() -> Vec<(&'static str, Bytes)> {
    let json: String = (0..12_000)
        .map(|number| format!("{{\"id\":{number},\"name\":\"Item {number}\",\"url\":\"https:\\/\\/cdn.example.com\\/{number}.png\",\"size\":\"zoom\"}},"))
        .collect();
    let row = r#"1f:[\"$\",\"a\",null,{\"href\":\"/articles/1\",\"children\":\"Article 1\"}]\n"#;
    let script = format!(
        "<script>self.__next_f.push([1,\"{}\"])</script>",
        row.repeat(30)
    );
    let link = "<a href=\"https://zoom.us/oauth/authorize?client_id=a&amp;scope=b&amp;state=c\">Connect</a>";
    vec![
        ("html without a match", page("")),
        ("json without a match", Bytes::from(format!("[{json}null]"))),
        (
            "html with React's stream in scripts",
            Bytes::from(script.repeat(500)),
        ),
        (
            "html, a link to zoom.us a card",
            page("<a href=\"https://zoom.us/j/123456789\">Join</a>"),
        ),
        ("html, an authorize URL a card", page(link)),
        (
            "bytes that repeat the first letter of a host",
            Bytes::from(vec![b'z'; 1 << 20]),
        ),
    ]
}

fn bodies(criterion: &mut Criterion) {
    let rewriter = Rewriter {
        endpoints: EndpointTable::builtin(),
        policies: Policies::new(Policy::Strip, false),
    };
    let anchors = Anchors::new(&rewriter.endpoints);
    let tools = Tools {
        rewriter: &rewriter,
        anchors: &anchors,
    };
    let mut group = criterion.benchmark_group("bodies");
    for (name, page) in pages() {
        group.throughput(Throughput::Bytes(page.len() as u64));
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let mut sink = Nowhere::default();
                let mut body = BodyRewriter::new(16 * 1024, Syntax::Markup);
                for start in (0..page.len()).step_by(CHUNK) {
                    let end = page.len().min(start + CHUNK);
                    body.push(black_box(page.slice(start..end)), tools, &mut sink);
                }
                body.finish(tools, &mut sink);
                sink.0
            });
        });
    }
    group.finish();
}

/// About what one read of a connection brings.
const CHUNK: usize = 32 * 1024;

criterion_group!(benches, bodies);
criterion_main!(benches);
