//! What is done to one body, piece by piece: it is rewritten, and where it is
//! coded decoded before that and encoded again after.

use std::{io, sync::Arc};

use hyper::body::Bytes;
use thiserror::Error;
use tracing::warn;

use super::{Bodies, Plan, pieces::Pieces};
use crate::audit;
use crate::coding::{Bounds, Coding, DecodeError, Decoder, Encoder, Form};
use crate::metrics::Metrics;
use crate::policy::Decision;
use crate::proxy::Rules;
use crate::rewrite::body::{BodyRewriter, Sink, Tools};

/// Why a coded body cannot be gone through.
#[derive(Debug, Error)]
pub(super) enum CodingError {
    /// It is not of its coding, or opens to too much.
    #[error("the body cannot be decoded")]
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
    pub(super) metrics: Arc<Metrics>,
}

/// What was found in a body.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Found {
    /// Whether there is an authorization request.
    pub(super) any: bool,
    /// Whether one changes.
    pub(super) changes: bool,
}

/// One body on its way: what comes of it is as much as can be told by then.
pub(super) enum Rewriting {
    Plain(Box<Text>),
    Coded(Box<Coded>),
}

/// A body without its coding.
pub(super) struct Text {
    body: BodyRewriter,
    shared: Shared,
    /// Whether what is found is told of.
    is_told: bool,
    pub(super) found: Found,
}

/// A coded one.
pub(super) struct Coded {
    text: Text,
    decoder: Decoder,
    encoder: Option<Encoder>,
    coding: Coding,
    /// Whether the encoder may keep something to itself.
    is_pending: bool,
}

/// A search of a coded body for what there is to change.
pub(super) struct Search {
    text: Text,
    decoder: Decoder,
}

impl Rewriting {
    pub(super) fn new(plan: &Plan, shared: Shared) -> Self {
        let text = |shared| Text::new(plan, shared, true);
        match plan.coding {
            None => Self::Plain(Box::new(text(shared))),
            Some(coding) => Self::Coded(Box::new(Coded {
                // What is too large is found before; what streams has no size.
                decoder: Decoder::new(
                    coding,
                    Bounds {
                        size: u64::MAX,
                        ..shared.bodies.bounds
                    },
                ),
                text: text(shared),
                encoder: None,
                coding,
                is_pending: false,
            })),
        }
    }

    /// Takes `piece` and appends to `out`.
    pub(super) fn push(&mut self, piece: Bytes, out: &mut Pieces) -> Result<(), CodingError> {
        match self {
            Self::Plain(text) => {
                text.push(piece, out);
                Ok(())
            }
            Self::Coded(coded) => coded.push(&piece, out),
        }
    }

    /// Appends to `out` what was kept for a better coding.
    pub(super) fn flush(&mut self, out: &mut Pieces) -> Result<(), CodingError> {
        match self {
            Self::Plain(_) => Ok(()),
            Self::Coded(coded) => coded.flush(out),
        }
    }

    /// Appends the rest to `out`; nothing may be pushed after that.
    pub(super) fn finish(&mut self, out: &mut Pieces) -> Result<(), CodingError> {
        match self {
            Self::Plain(text) => {
                text.finish(out);
                Ok(())
            }
            Self::Coded(coded) => coded.finish(out),
        }
    }

    /// Whether what goes out is another body than the app's, as far as that is known.
    pub(super) fn is_changed(&self) -> bool {
        self.found().changes || matches!(self, Self::Coded(_))
    }

    /// What was found so far.
    pub(super) fn found(&self) -> Found {
        match self {
            Self::Plain(text) => text.found,
            Self::Coded(coded) => coded.text.found,
        }
    }
}

impl Search {
    /// Returns a search of a body of this coding, which is told of nothing.
    pub(super) fn new(plan: &Plan, coding: Coding, shared: Shared) -> Self {
        Self {
            decoder: Decoder::new(coding, shared.bodies.bounds),
            text: Text::new(plan, shared, false),
        }
    }

    /// Takes the next coded bytes.
    pub(super) fn push(&mut self, coded: &[u8]) -> Result<(), DecodeError> {
        let text = &mut self.text;
        self.decoder.push(coded, &mut |decoded| {
            text.push(Bytes::copy_from_slice(decoded), &mut Pieces::default());
        })
    }

    /// Returns what was found in the whole body.
    pub(super) fn finish(mut self) -> Result<Found, DecodeError> {
        self.decoder.finish()?;
        self.text.finish(&mut Pieces::default());
        Ok(self.text.found)
    }
}

impl Coded {
    fn push(&mut self, piece: &[u8], out: &mut Pieces) -> Result<(), CodingError> {
        if let (Some(first), None) = (piece.first(), &self.encoder) {
            self.encoder = Some(Encoder::new(Form::of(self.coding, *first))?);
        }
        let mut encoded = Vec::new();
        let mut result = Ok(());
        let (text, encoder) = (&mut self.text, &mut self.encoder);
        let decoded = self.decoder.push(piece, &mut |decoded| {
            let mut rewritten = Pieces::default();
            text.push(Bytes::copy_from_slice(decoded), &mut rewritten);
            for piece in rewritten.into_vec() {
                if let (Ok(()), Some(encoder)) = (&result, encoder.as_mut()) {
                    result = encoder.push(&piece, &mut encoded);
                }
            }
        });
        self.is_pending = true;
        give(encoded, out);
        result?;
        match decoded {
            Err(error) => {
                self.text.shared.metrics.unread_bodies.inc();
                warn!(%error, "a compressed body breaks off, for it cannot be read on");
                Err(error.into())
            }
            Ok(()) => Ok(()),
        }
    }

    fn flush(&mut self, out: &mut Pieces) -> Result<(), CodingError> {
        if let Some(encoder) = self.encoder.as_mut().filter(|_| self.is_pending) {
            let mut encoded = Vec::new();
            encoder.flush(&mut encoded)?;
            give(encoded, out);
        }
        self.is_pending = false;
        Ok(())
    }

    fn finish(&mut self, out: &mut Pieces) -> Result<(), CodingError> {
        self.decoder.finish()?;
        let Some(mut encoder) = self.encoder.take() else {
            return Ok(());
        };
        let (mut rewritten, mut encoded) = (Pieces::default(), Vec::new());
        self.text.finish(&mut rewritten);
        for piece in rewritten.into_vec() {
            encoder.push(&piece, &mut encoded)?;
        }
        encoder.finish(&mut encoded)?;
        give(encoded, out);
        Ok(())
    }
}

impl Text {
    fn new(plan: &Plan, shared: Shared, is_told: bool) -> Self {
        Self {
            body: BodyRewriter::new(shared.bodies.longest_url, plan.syntax),
            shared,
            is_told,
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
        let metrics = self.is_told.then_some(&*self.shared.metrics);
        let found = &mut self.found;
        let mut sink = Recorder {
            out,
            found,
            metrics,
        };
        action(&mut self.body, tools, &mut sink);
    }
}

/// What comes out of a rewriter.
struct Recorder<'a> {
    out: &'a mut Pieces,
    found: &'a mut Found,
    /// Where to tell of what is found.
    metrics: Option<&'a Metrics>,
}

impl Sink for Recorder<'_> {
    fn piece(&mut self, piece: Bytes) {
        self.out.push(piece);
    }

    fn found(&mut self, decision: &Decision<'_>) {
        self.found.any = true;
        self.found.changes |= decision.changes();
        if let Some(metrics) = self.metrics {
            audit::record(decision, metrics);
            metrics.rewrites.inc_by(u64::from(decision.changes()));
        }
    }

    fn too_long(&mut self) {
        self.found.any = true;
        if let Some(metrics) = self.metrics {
            metrics.rewrite_failures.inc();
            warn!("an authorization request longer than `longest_url` passes as it is");
        }
    }
}

fn give(encoded: Vec<u8>, out: &mut Pieces) {
    if !encoded.is_empty() {
        out.push(Bytes::from(encoded));
    }
}
