//! What holds of every body that is rewritten, whatever is in it and however it
//! is cut into chunks.

use bytes::Bytes;
use rescope::oauth::EndpointTable;
use rescope::policy::{Decision, Edit, Policies, Policy};
use rescope::rewrite::Rewriter;
use rescope::rewrite::body::{Anchors, BodyRewriter, Sink, Syntax, Tools};

/// What bodies are rewritten by.
pub struct Setting {
    rewriter: Rewriter,
    /// The same endpoints, where not a byte changes.
    keeper: Rewriter,
    anchors: Anchors,
}

/// How a body is read.
#[derive(Debug, Clone, Copy)]
pub struct Reading {
    /// The most bytes that are held back.
    pub longest: usize,
    /// What it is made of.
    pub syntax: Syntax,
}

/// An authorization request as the sink was told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Whose it is.
    pub client_id: String,
    /// What becomes of its scope.
    pub edit: Edit,
    /// Whether that changes anything.
    pub changes: bool,
}

/// What came out of a body.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Output {
    /// All of it.
    pub bytes: Vec<u8>,
    /// Every request that was found, in order.
    pub found: Vec<Found>,
}

impl Setting {
    pub fn new(endpoints: EndpointTable, policies: Policies) -> Self {
        Self {
            anchors: Anchors::new(&endpoints),
            keeper: Rewriter {
                endpoints: endpoints.clone(),
                policies: Policies::new(Policy::Keep, false),
            },
            rewriter: Rewriter {
                endpoints,
                policies,
            },
        }
    }

    /// Returns what becomes of a body, and tells `after` how much of it went in and came out by
    /// the end of each chunk.
    pub fn rewrite<'c>(
        &self,
        chunks: impl IntoIterator<Item = &'c [u8]>,
        reading: Reading,
        after: impl FnMut(usize, usize),
    ) -> Output {
        self.rewrite_by(&self.rewriter, chunks, reading, after)
    }

    fn rewrite_by<'c>(
        &self,
        rewriter: &Rewriter,
        chunks: impl IntoIterator<Item = &'c [u8]>,
        reading: Reading,
        mut after: impl FnMut(usize, usize),
    ) -> Output {
        let tools = Tools {
            rewriter,
            anchors: &self.anchors,
        };
        let mut output = Output::default();
        let mut body = BodyRewriter::new(reading.longest, reading.syntax);
        let mut taken = 0;
        for chunk in chunks {
            body.push(Bytes::copy_from_slice(chunk), tools, &mut output);
            taken += chunk.len();
            after(taken, output.bytes.len());
        }
        body.finish(tools, &mut output);
        output
    }

    /// Panics where the rewriter breaks its word on `body`, in chunks of these lengths too.
    /// Returns what becomes of it.
    pub fn check(&self, body: &[u8], lengths: &[usize], reading: Reading) -> Output {
        let whole = self.rewrite([body], reading, |_, _| {});
        let cut = self.rewrite(chunks(body, lengths), reading, |_, _| {});
        assert_same(&cut, &whole, "in chunks");
        let bytes = self.rewrite(body.chunks(1), reading, |_, _| {});
        assert_same(&bytes, &whole, "byte by byte");

        let changes = whole.found.iter().any(|found| found.changes);
        assert_eq!(whole.bytes != body, changes, "changes as it is told");
        // A form that was too long may be short enough once its URLs are.
        if body.len() < reading.longest || reading.syntax != Syntax::Markup {
            let again = self.rewrite([&whole.bytes[..]], reading, |_, _| {});
            assert_eq!(text(&again.bytes), text(&whole.bytes), "twice is once");
        }

        let hold = |taken, given| assert!(taken - given <= reading.longest, "holds too much");
        let kept = self.rewrite_by(&self.keeper, chunks(body, lengths), reading, hold);
        assert_eq!(text(&kept.bytes), text(body), "kept");
        whole
    }
}

impl Sink for Output {
    fn piece(&mut self, piece: Bytes) {
        assert!(!piece.is_empty(), "an empty piece");
        self.bytes.extend_from_slice(&piece);
    }

    fn found(&mut self, decision: &Decision<'_>) {
        self.found.push(Found {
            client_id: decision.request.client_id.to_string(),
            edit: decision.edit.clone(),
            changes: decision.changes(),
        });
    }
}

/// Cuts `body` into chunks of these lengths, over and over.
pub fn chunks<'b>(mut body: &'b [u8], lengths: &[usize]) -> Vec<&'b [u8]> {
    let mut lengths = lengths.iter().map(|length| 1.max(*length)).cycle();
    let mut chunks = Vec::new();
    while !body.is_empty() {
        let length = lengths.next().unwrap_or(body.len());
        let (chunk, rest) = body.split_at(length.min(body.len()));
        chunks.push(chunk);
        body = rest;
    }
    chunks
}

fn assert_same(one: &Output, other: &Output, how: &str) {
    assert_eq!(text(&one.bytes), text(&other.bytes), "{how}");
    assert_eq!(one.found, other.found, "{how}");
}

/// For messages that people can read.
fn text(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string()
}
