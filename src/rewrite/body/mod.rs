//! A push rewriter for bodies: chunks in, chunks out, every byte but those of an
//! edit as it came.
//!
//! It looks for the hosts of the endpoints and reads what stands around one.
//! Nothing else is parsed and nothing else is held back: from such a host to
//! the end of its URL, within a bound; and of React's stream the texts that
//! have their length in front. What is not understood passes.

mod anchors;
mod candidate;
mod following;
mod form;
mod held;
mod opening;
mod rows;
mod text;
mod verdict;
mod words;

use bytes::Bytes;

use super::Rewriter;
use crate::policy::Decision;

use held::Held;
use rows::{Part, Rows};
use text::Text;
use verdict::Verdict;

pub use anchors::Anchors;

/// Where the rewriter's output goes.
pub trait Sink {
    /// Takes the next bytes of the body.
    fn piece(&mut self, piece: Bytes);

    /// Is told of an authorization request, and of what its client's policy says.
    fn found(&mut self, decision: &Decision<'_>);

    /// Is told of one that passes as it is, for it is longer than what may be held back.
    fn too_long(&mut self) {}
}

/// The state between two chunks of one body.
#[derive(Debug)]
pub struct BodyRewriter {
    /// The most bytes that are held back.
    longest: usize,
    /// Whether forms count.
    is_markup: bool,
    /// The rows of React's stream, where there may be one.
    rows: Option<Rows>,
    /// What of them is held back.
    text: Option<Text>,
    /// Whether the last bytes stood between two parts of a row.
    is_in_seam: bool,
    /// The last bytes that went out.
    before: Vec<u8>,
    /// Whether these are all that did.
    is_start: bool,
    held: Option<Held>,
}

/// What a body is made of, as far as that counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Syntax {
    /// HTML: hidden inputs of forms count, and scripts may hold React's stream.
    Markup,
    /// React's stream: rows, some of which say how long they are.
    Rows,
    /// Anything else.
    Text,
}

/// What a body is rewritten by.
#[derive(Debug, Clone, Copy)]
pub struct Tools<'a> {
    /// What becomes of an authorization request.
    pub rewriter: &'a Rewriter,
    /// Where its endpoints are found.
    pub anchors: &'a Anchors,
}

impl BodyRewriter {
    /// Returns a rewriter at the start of a body. It holds back `longest` bytes at most, so a
    /// longer URL passes as it is.
    pub fn new(longest: usize, syntax: Syntax) -> Self {
        Self {
            longest,
            is_markup: syntax == Syntax::Markup,
            rows: match syntax {
                Syntax::Markup => Some(Rows::in_page()),
                Syntax::Rows => Some(Rows::bare()),
                Syntax::Text => None,
            },
            text: None,
            is_in_seam: false,
            before: Vec::new(),
            is_start: true,
            held: None,
        }
    }

    /// Takes the next chunk and gives `sink` all that need not be held back.
    pub fn push(&mut self, mut chunk: Bytes, tools: Tools<'_>, sink: &mut impl Sink) {
        let Some(mut rows) = self.rows.take() else {
            return self.rewrite(chunk, tools, sink);
        };
        while !chunk.is_empty() {
            let (length, part) = rows.split(&chunk);
            let piece = chunk.split_to(length);
            match part {
                Part::Free => self.rewrite(piece, tools, sink),
                Part::Text | Part::Between => self.hold(piece, part, &mut rows, tools, sink),
                Part::Seam => self.bridge(piece, tools, sink),
                Part::Kept => self.keep(piece, tools, sink),
            }
            self.is_in_seam = part == Part::Seam;
            if !rows.is_in_text() {
                self.end_text(&rows, tools, sink);
            }
        }
        self.rows = Some(rows);
    }

    /// Lets a URL go on behind `seam`, where the row that it is in does.
    fn bridge(&mut self, seam: Bytes, tools: Tools<'_>, sink: &mut impl Sink) {
        let is_first = !self.is_in_seam;
        if let Some(mut held) = self.held.take_if(|held| held.is_in_row(is_first)) {
            if held.skip(&seam, self.longest) {
                self.held = Some(held);
                return;
            }
            self.give_up(held, tools, sink);
        }
        self.rewrite(seam, tools, sink);
    }

    /// Holds a part of a text back; lets the text go where that cannot be.
    fn hold(
        &mut self,
        piece: Bytes,
        part: Part,
        rows: &mut Rows,
        tools: Tools<'_>,
        sink: &mut impl Sink,
    ) {
        if self.text.is_none() {
            self.end_url(tools, sink);
        }
        let text = self.text.get_or_insert_default();
        if text.take(&piece, part, rows, self.longest) {
            return;
        }
        rows.keep();
        self.let_go(tools, sink);
        match part {
            Part::Between => self.rewrite(piece, tools, sink),
            _ => self.keep(piece, tools, sink),
        }
    }

    /// Gives `sink` what has become of the text that is held back.
    fn end_text(&mut self, rows: &Rows, tools: Tools<'_>, sink: &mut impl Sink) {
        if let Some(text) = &mut self.text
            && text.is_whole(rows)
        {
            let mut inside = Inside {
                bytes: Vec::new(),
                sink,
            };
            let mut rewriter = Self::new(self.longest, Syntax::Text);
            rewriter.rewrite(Bytes::copy_from_slice(&text.content), tools, &mut inside);
            rewriter.end_url(tools, &mut inside);
            text.replace(inside.bytes, rows);
        }
        self.let_go(tools, sink);
    }

    /// Gives `sink` the text that is held back.
    fn let_go(&mut self, tools: Tools<'_>, sink: &mut impl Sink) {
        if let Some(text) = self.text.take() {
            self.pass(text.length.into(), sink);
            self.rewrite(text.between.into(), tools, sink);
            self.keep(text.content.into(), tools, sink);
        }
    }

    /// Passes `piece` as it is; no URL goes on in it.
    fn keep(&mut self, piece: Bytes, tools: Tools<'_>, sink: &mut impl Sink) {
        self.end_url(tools, sink);
        self.pass(piece, sink);
    }

    fn rewrite(&mut self, mut chunk: Bytes, tools: Tools<'_>, sink: &mut impl Sink) {
        while !chunk.is_empty() {
            chunk = match self.held.take() {
                None => self.search(chunk, tools, sink),
                Some(held) => self.follow(held, chunk, false, tools, sink),
            };
        }
    }

    /// Gives `sink` what is held back; the body has ended, and no chunk follows.
    pub fn finish(&mut self, tools: Tools<'_>, sink: &mut impl Sink) {
        self.let_go(tools, sink);
        self.end_url(tools, sink);
    }

    /// Gives `sink` what is held back of a URL or a form; nothing that follows is part of it.
    fn end_url(&mut self, tools: Tools<'_>, sink: &mut impl Sink) {
        while let Some(held) = self.held.take() {
            self.follow(held, Bytes::new(), true, tools, sink);
        }
    }

    /// Passes all up to the next host of an endpoint and returns what stands behind it.
    fn search(&mut self, mut chunk: Bytes, tools: Tools<'_>, sink: &mut impl Sink) -> Bytes {
        let Some(end) = tools.anchors.find_end(&self.before, &chunk) else {
            self.pass(chunk, sink);
            return Bytes::new();
        };
        self.pass(chunk.split_to(end), sink);
        self.held = Held::open(&self.before, self.is_start, self.is_markup);
        chunk
    }

    /// Reads on in what is held back and returns what stands behind it.
    fn follow(
        &mut self,
        mut held: Held,
        mut chunk: Bytes,
        is_all: bool,
        tools: Tools<'_>,
        sink: &mut impl Sink,
    ) -> Bytes {
        loop {
            let known = held.raw.len();
            let room = self.longest.saturating_sub(held.len());
            let block = chunk.len().min(BLOCK).min(room);
            held.raw.extend_from_slice(&chunk[..block]);
            match held.read(is_all, tools, sink) {
                Verdict::More if held.len() < self.longest && !is_all => {
                    chunk = chunk.slice(block..);
                    if chunk.is_empty() {
                        self.held = Some(held);
                        return chunk;
                    }
                }
                Verdict::More => {
                    if held.is_request() {
                        sink.too_long();
                    }
                    self.give_up(held, tools, sink);
                    return chunk.slice(block..);
                }
                Verdict::Done { end, splices } => {
                    let output = held.output(end, &splices);
                    // What was looked at behind the end, in chunks that are gone.
                    let behind = Bytes::copy_from_slice(&held.raw[end.min(known)..known]);
                    match held.is_form() {
                        true => self.rewrite_inside_form(output, tools, sink),
                        false => {
                            self.pass(output, sink);
                            self.held = held.into_form(end, tools);
                        }
                    }
                    self.rewrite(behind, tools, sink);
                    return chunk.slice(end.saturating_sub(known)..);
                }
            }
        }
    }

    /// Lets go of what cannot be followed to its end.
    fn give_up(&mut self, held: Held, tools: Tools<'_>, sink: &mut impl Sink) {
        let is_form = held.is_form();
        let (read, behind) = held.into_rest();
        match is_form {
            true => self.rewrite_inside_form(read, tools, sink),
            false => self.pass(read, sink),
        }
        self.rewrite(behind, tools, sink);
    }

    /// A form holds other URLs too; no other form.
    fn rewrite_inside_form(&mut self, content: Bytes, tools: Tools<'_>, sink: &mut impl Sink) {
        let is_markup = std::mem::replace(&mut self.is_markup, false);
        self.rewrite(content, tools, sink);
        self.is_markup = is_markup;
    }

    /// Gives `piece` to `sink` and remembers its end.
    fn pass(&mut self, piece: Bytes, sink: &mut impl Sink) {
        if piece.is_empty() {
            return;
        }
        let kept = &piece[piece.len().saturating_sub(LOOK_BEHIND)..];
        let surplus = (self.before.len() + kept.len()).saturating_sub(LOOK_BEHIND);
        self.is_start &= surplus == 0 && kept.len() == piece.len();
        self.before.drain(..surplus);
        self.before.extend_from_slice(kept);
        sink.piece(piece);
    }
}

/// Collects what becomes of a text.
struct Inside<'s, S> {
    bytes: Vec<u8>,
    /// Where its requests are told of.
    sink: &'s mut S,
}

impl<S: Sink> Sink for Inside<'_, S> {
    fn piece(&mut self, piece: Bytes) {
        self.bytes.extend_from_slice(&piece);
    }

    fn found(&mut self, decision: &Decision<'_>) {
        self.sink.found(decision);
    }

    fn too_long(&mut self) {
        self.sink.too_long();
    }
}

/// How much of a chunk is taken to what is held back in one go: most URLs are shorter.
const BLOCK: usize = 1024;

/// How many bytes before a URL are kept: enough for the attributes of a form's tag that stand
/// before its action.
const LOOK_BEHIND: usize = 1024;

#[cfg(test)]
mod tests;
