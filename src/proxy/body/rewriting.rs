//! What is done to one body, step by step: it is rewritten, and where it is
//! coded decoded before that and encoded again after.

use std::{io, sync::Arc};

use bytes::Buf;
use hyper::body::Bytes;
use thiserror::Error;
use tracing::{debug, info, warn};

use super::{
    Bodies, Plan,
    pieces::Pieces,
    room::{HeldBodies, Kind, Opened, Room},
};
use crate::audit;
use crate::coding::{Bounds, DecodeError, Decoder, Encoder, Form};
use crate::metrics::Metrics;
use crate::policy::Decision;
use crate::proxy::Rules;
use crate::rewrite::body::{BodyRewriter, Sink, Tools};

/// Why a coded body cannot be gone through.
#[derive(Debug, Error)]
pub(super) enum CodingError {
    /// It is not of its coding, or opens to too much.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The library gave up.
    #[error("the body cannot be encoded again")]
    Encode(#[from] io::Error),
}

/// What the bodies of one configuration are rewritten by.
#[derive(Clone)]
pub(super) struct Shared {
    pub(super) rules: Arc<Rules>,
    pub(super) bodies: Arc<Bodies>,
    pub(super) held: HeldBodies,
    pub(super) metrics: Arc<Metrics>,
}

impl Shared {
    /// Takes room for so many bytes, as [`HeldBodies::take`] does, and tells if there was none.
    pub(super) async fn take(&self, kind: Kind, bytes: usize) -> Option<Room> {
        let room = self.held.take(kind, bytes).await;
        if room.is_none() {
            self.tell_of_no_room();
        }
        room
    }

    /// Takes room to go through a body, as [`HeldBodies::open`] does, and tells if there was none.
    pub(super) async fn open(&self, kind: Kind, bytes: usize) -> Option<Opened> {
        let opened = self.held.open(kind, bytes).await;
        if opened.is_none() {
            self.tell_of_no_room();
        }
        opened
    }

    /// Counts a body that passes unread, and says so each time that there are twice as many.
    pub(super) fn tell_of_no_room(&self) {
        let bodies = self.metrics.bodies_without_room.inc() + 1;
        if bodies.is_power_of_two() {
            warn!(
                bodies,
                "a body passes unread, for the bodies of others take all the room that there is"
            );
        }
    }
}

/// What was found in a body.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Found {
    /// Whether there is an authorization request.
    pub(super) any: bool,
    /// Whether one changes.
    pub(super) changes: bool,
}

/// One body on its way. Each piece of it is pushed, and then gone through in
/// [steps](Self::step) until there is none left; what comes of it is as much as can be told by
/// then.
pub(super) struct Rewriting {
    undone: Undone,
    text: Text,
    output: Output,
    /// That of what is held between two looks, where it is not that of whoever looks.
    room: Option<Room>,
}

/// What was pushed and not gone through.
struct Undone {
    bytes: Bytes,
    /// What takes the coding off; `None` where there is none.
    decoder: Option<Decoder>,
}

/// A body without its coding.
struct Text {
    body: BodyRewriter,
    shared: Shared,
    /// Tells of what is found; `None` where nothing is to be told.
    told: Option<Told>,
    found: Found,
}

/// What becomes of the rewritten text.
enum Output {
    Plain,
    Coded(Box<Coded>),
    /// The body is only searched.
    None,
}

/// A body that is encoded again.
#[derive(Default)]
struct Coded {
    /// `None` before the first byte of the body, which shows the form.
    encoder: Option<Encoder>,
    /// Whether the encoder may keep something to itself.
    is_pending: bool,
}

impl Rewriting {
    pub(super) fn new(plan: &Plan, shared: Shared) -> Self {
        // What is too large is found before; what streams has no size.
        let bounds = Bounds {
            size: u64::MAX,
            ..shared.bodies.bounds
        };
        Self {
            undone: Undone::new(plan, bounds),
            text: Text::new(plan, shared, true),
            output: match plan.coding {
                None => Output::Plain,
                Some(_) => Output::Coded(Box::default()),
            },
            room: None,
        }
    }

    /// Returns a search of a body for what there is to change, of which nothing is told.
    pub(super) fn search(plan: &Plan, shared: Shared) -> Self {
        Self {
            undone: Undone::new(plan, shared.bodies.bounds),
            text: Text::new(plan, shared, false),
            output: Output::None,
            room: None,
        }
    }

    /// Returns what tells of all that is found and gives nothing.
    pub(super) fn watch(plan: &Plan, shared: Shared) -> Self {
        Self {
            output: Output::None,
            ..Self::new(plan, shared)
        }
    }

    /// The same, which gives `room` back when it is done.
    pub(super) fn paid_by(mut self, room: Room) -> Self {
        self.room = Some(room);
        self
    }

    /// Takes room to read a body that begins with `piece` and comes from a client's pace; `false`
    /// if there is none.
    pub(super) fn pay(&mut self, plan: &Plan, piece: &[u8]) -> bool {
        let shared = &self.text.shared;
        if let (Some(coding), None) = (plan.coding, &self.room) {
            let memory = coding.decoder_memory(piece);
            self.room = shared.held.try_take(Kind::of(plan.length), memory);
            if self.room.is_none() {
                shared.tell_of_no_room();
                return false;
            }
        }
        true
    }

    /// Takes the next piece of the body; all before it is gone through.
    pub(super) fn push(&mut self, piece: Bytes) {
        self.undone.bytes = piece;
    }

    /// Goes through some of what was pushed, which stands for 64 KiB at most, and appends to
    /// `out`. Returns for how much; `None` when all is done.
    pub(super) fn step(&mut self, out: &mut Pieces) -> Result<Option<usize>, CodingError> {
        let text = self.undone.step().inspect_err(|error| self.tell(error))?;
        let Some(text) = text else { return Ok(None) };
        let length = text.len();
        let mut rewritten = Pieces::default();
        match (&mut self.output, &self.undone.decoder) {
            (Output::Coded(coded), Some(decoder)) => {
                self.text.push(text, &mut rewritten);
                coded.push(rewritten, decoder.form(), out)?;
            }
            (Output::None, _) => self.text.push(text, &mut rewritten),
            _ => self.text.push(text, out),
        }
        Ok(Some(length))
    }

    /// Tells of a body that cannot be read on.
    fn tell(&self, error: &DecodeError) {
        self.text.shared.metrics.unread_bodies.inc();
        match &self.output {
            Output::None => debug!(%error, "a body passes unread"),
            _ => warn!(%error, "a compressed body breaks off, for it cannot be read on"),
        }
    }

    /// Appends to `out` what was kept for a better coding.
    pub(super) fn flush(&mut self, out: &mut Pieces) -> Result<(), CodingError> {
        match &mut self.output {
            Output::Coded(coded) => Ok(coded.flush(out)?),
            Output::Plain | Output::None => Ok(()),
        }
    }

    /// Appends the rest to `out`; nothing may be pushed after that. A coding that was not ended is
    /// not ended there either, as some apps flush and close; only a search refuses such a body.
    pub(super) fn finish(&mut self, out: &mut Pieces) -> Result<(), CodingError> {
        let end = self.undone.finish();
        let is_truncated = end == Err(DecodeError::Truncated) && self.text.told.is_some();
        if let Err(error) = end
            && !is_truncated
        {
            self.tell(&error);
            return Err(error.into());
        }
        let mut rewritten = Pieces::default();
        match &mut self.output {
            Output::Plain => self.text.finish(out),
            Output::None => self.text.finish(&mut rewritten),
            Output::Coded(coded) => {
                self.text.finish(&mut rewritten);
                coded.finish(rewritten, !is_truncated, out)?;
            }
        }
        Ok(())
    }

    /// Whether what goes out is another body than the app's, as far as that is known.
    pub(super) fn is_changed(&self) -> bool {
        self.text.found.changes || matches!(self.output, Output::Coded(_))
    }

    /// Whether the body passes as it came.
    pub(super) fn only_reads(&self) -> bool {
        matches!(self.output, Output::None)
    }

    /// What was found so far.
    pub(super) fn found(&self) -> Found {
        self.text.found
    }
}

impl Undone {
    fn new(plan: &Plan, bounds: Bounds) -> Self {
        Self {
            bytes: Bytes::new(),
            decoder: plan.coding.map(|coding| Decoder::new(coding, bounds)),
        }
    }

    /// Returns what some of it stands for; `None` if nothing is left.
    fn step(&mut self) -> Result<Option<Bytes>, DecodeError> {
        let Some(decoder) = &mut self.decoder else {
            let length = self.bytes.len().min(STEP);
            return Ok((length > 0).then(|| self.bytes.split_to(length)));
        };
        let mut rest = &self.bytes[..];
        let text = decoder.step(&mut rest)?.map(Bytes::copy_from_slice);
        let read = self.bytes.len() - rest.len();
        self.bytes.advance(read);
        Ok(text)
    }

    fn finish(&self) -> Result<(), DecodeError> {
        match &self.decoder {
            Some(decoder) => decoder.finish().map(drop),
            None => Ok(()),
        }
    }
}

impl Coded {
    /// Appends to `out` what `rewritten`, in this form, comes to.
    fn push(&mut self, rewritten: Pieces, form: Form, out: &mut Pieces) -> io::Result<()> {
        let encoder = match &mut self.encoder {
            Some(encoder) => encoder,
            none => none.insert(Encoder::new(form)?),
        };
        self.is_pending = true;
        let mut encoded = Vec::new();
        for piece in rewritten.into_vec() {
            encoder.push(&piece, &mut encoded)?;
        }
        give(encoded, out);
        Ok(())
    }

    fn flush(&mut self, out: &mut Pieces) -> io::Result<()> {
        if let Some(encoder) = self.encoder.as_mut().filter(|_| self.is_pending) {
            let mut encoded = Vec::new();
            encoder.flush(&mut encoded)?;
            give(encoded, out);
        }
        self.is_pending = false;
        Ok(())
    }

    /// Appends to `out` what `rewritten`, the last text, comes to, and the end if there is one.
    fn finish(&mut self, rewritten: Pieces, has_end: bool, out: &mut Pieces) -> io::Result<()> {
        let Some(mut encoder) = self.encoder.take() else {
            return Ok(());
        };
        let mut encoded = Vec::new();
        for piece in rewritten.into_vec() {
            encoder.push(&piece, &mut encoded)?;
        }
        match has_end {
            true => encoder.finish(&mut encoded)?,
            false => encoder.flush(&mut encoded)?,
        }
        give(encoded, out);
        Ok(())
    }
}

impl Text {
    fn new(plan: &Plan, shared: Shared, is_told: bool) -> Self {
        Self {
            body: BodyRewriter::new(shared.bodies.longest_url, plan.syntax),
            told: is_told.then(|| Told {
                metrics: Arc::clone(&shared.metrics),
                count: 0,
            }),
            shared,
            found: Found::default(),
        }
    }

    fn push(&mut self, piece: Bytes, out: &mut Pieces) {
        self.with_sink(out, |body, tools, sink| body.push(piece, tools, sink));
    }

    fn finish(&mut self, out: &mut Pieces) {
        self.with_sink(out, |body, tools, sink| body.finish(tools, sink));
    }

    fn with_sink(
        &mut self,
        out: &mut Pieces,
        action: impl FnOnce(&mut BodyRewriter, Tools<'_>, &mut Recorder<'_>),
    ) {
        let tools = Tools {
            rewriter: &self.shared.rules.rewriter,
            anchors: &self.shared.bodies.anchors,
        };
        let mut sink = Recorder {
            out,
            found: &mut self.found,
            told: self.told.as_mut(),
        };
        action(&mut self.body, tools, &mut sink);
    }
}

/// What comes out of a rewriter.
struct Recorder<'a> {
    out: &'a mut Pieces,
    found: &'a mut Found,
    told: Option<&'a mut Told>,
}

/// What is told of one body. All is counted; a body that is made of URLs does not fill the log.
struct Told {
    metrics: Arc<Metrics>,
    /// How many requests were found.
    count: u64,
}

impl Sink for Recorder<'_> {
    fn piece(&mut self, piece: Bytes) {
        self.out.push(piece);
    }

    fn found(&mut self, decision: &Decision<'_>) {
        self.found.any = true;
        self.found.changes |= decision.changes();
        if let Some(told) = &mut self.told {
            match told.is_logged() {
                true => audit::record(decision, &told.metrics),
                false => audit::count(decision, &told.metrics),
            }
            let rewrites = u64::from(decision.changes());
            told.metrics.rewrites.inc_by(rewrites);
        }
    }

    fn too_long(&mut self) {
        self.found.any = true;
        if let Some(told) = &mut self.told {
            told.metrics.rewrite_failures.inc();
            if told.is_logged() {
                warn!("an authorization request longer than `longest_url` passes as it is");
            }
        }
    }
}

impl Told {
    /// Counts one more; `true` if it has a line of its own.
    fn is_logged(&mut self) -> bool {
        self.count += 1;
        self.count <= LINES
    }
}

impl Drop for Told {
    fn drop(&mut self) {
        if let Some(more @ 1..) = self.count.checked_sub(LINES) {
            info!(
                more,
                "authorization requests of the same body have no line of their own"
            );
        }
    }
}

fn give(encoded: Vec<u8>, out: &mut Pieces) {
    if !encoded.is_empty() {
        out.push(Bytes::from(encoded));
    }
}

/// Requests of one body that are logged one by one: more than any page has that people made.
const LINES: u64 = 16;

/// Text that is gone through at a time, where no decoder says how much.
const STEP: usize = 64 * 1024;
