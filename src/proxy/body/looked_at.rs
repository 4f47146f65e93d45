//! The body of an answer that is looked at, on its way to the client.

use std::{
    collections::VecDeque,
    error::Error,
    mem,
    pin::Pin,
    task::{Context, Poll, ready},
};

use http::HeaderMap;
use hyper::body::{Body, Bytes, Frame, SizeHint};

use super::{
    Plan, changed::OUTDATED_TRAILERS, pieces::Pieces, rewriting::Rewriting, room::Room, turn::Turn,
};
use crate::hop::remove_in_order;
use crate::proxy::AnswerBody;

type BoxError = Box<dyn Error + Send + Sync>;

/// What goes out: first what was held, then what is made of what still comes. Nothing more is
/// made of that than the client has taken.
pub struct LookedAt<B = AnswerBody> {
    ready: VecDeque<Bytes>,
    /// What was held as it came, and is still to be rewritten.
    held: VecDeque<Bytes>,
    /// What is still to come.
    source: Option<B>,
    /// What is only read, and goes out when that is done.
    watched: Option<Bytes>,
    /// How, as long as no byte of it has come.
    unpaid: Option<Plan>,
    /// What is done to it; `None` where it passes as it is.
    rewriting: Option<Rewriting>,
    end: End,
    /// Whether the app said how long it is. It goes out framed as it came, so that what is known by
    /// now says nothing.
    is_sized: bool,
    /// Whether anything in it is another than in the app's.
    is_changed: bool,
    /// Whether hyper could write all that stands before a break.
    has_paused: bool,
    turn: Turn,
    /// That of what was held from the start, where anything was.
    room: Option<Room>,
}

/// What stands behind the last byte.
pub(super) enum End {
    None,
    Trailers(HeaderMap),
    Broken(BoxError),
}

impl<B> LookedAt<B>
where
    B: Body<Data = Bytes, Error: Into<BoxError>> + Unpin,
{
    /// Returns the whole body, which is another one than the app's if it `is_changed`.
    pub(super) fn whole(ready: Pieces, end: End, is_changed: bool, plan: &Plan) -> Self {
        let mut body = Self {
            is_sized: plan.length.is_some(),
            is_changed,
            ..Self::new(ready, None)
        };
        body.set_end(end);
        body
    }

    /// Returns `ready`, and then what `rewriting` makes of `held` and `source`.
    pub(super) fn coming(ready: Pieces, held: Pieces, source: B, rewriting: Rewriting) -> Self {
        Self {
            held: held.into_vec().into(),
            is_changed: rewriting.is_changed(),
            rewriting: Some(rewriting),
            ..Self::passing(ready, source)
        }
    }

    /// Returns `source` as it is, while `watch` reads it.
    pub(super) fn watched(source: B, watch: Rewriting, plan: Plan) -> Self {
        Self {
            unpaid: Some(plan),
            rewriting: Some(watch),
            ..Self::passing(Pieces::default(), source)
        }
    }

    /// Returns `ready` and `source` as they are.
    pub(super) fn passing(ready: Pieces, source: B) -> Self {
        Self::new(ready, Some(source))
    }

    fn new(ready: Pieces, source: Option<B>) -> Self {
        Self {
            ready: ready.into_vec().into(),
            held: VecDeque::new(),
            source,
            watched: None,
            unpaid: None,
            rewriting: None,
            end: End::None,
            is_sized: false,
            is_changed: false,
            has_paused: false,
            turn: Turn::default(),
            room: None,
        }
    }

    /// The same body, which gives `room` back as it goes out.
    pub(super) fn with(mut self, room: Room) -> Self {
        self.room = Some(room);
        self
    }

    fn give_back(&mut self, bytes: usize) {
        if let Some(room) = &mut self.room {
            room.give_back(bytes);
        }
    }

    fn set_end(&mut self, mut end: End) {
        if let End::Trailers(trailers) = &mut end
            && self.is_changed
        {
            remove_in_order(trailers, |name| OUTDATED_TRAILERS.contains(name));
        }
        // A body that broke off has no other end.
        if !matches!(self.end, End::Broken(_)) {
            self.end = end;
        }
    }

    /// Lets the body break off behind what is ready.
    fn break_off(&mut self, error: impl Into<BoxError>) {
        self.source = None;
        self.rewriting = None;
        self.held.clear();
        self.set_end(End::Broken(error.into()));
    }

    fn push(&mut self, piece: Bytes) {
        let Some(rewriting) = &mut self.rewriting else {
            self.ready.push_back(piece);
            return;
        };
        if let Some(plan) = self.unpaid.take()
            && !rewriting.pay(&plan, &piece)
        {
            self.rewriting = None;
            self.ready.push_back(piece);
            return;
        }
        self.watched = rewriting.only_reads().then(|| piece.clone());
        rewriting.push(piece);
    }

    /// Goes through some of what is there; `false` if all of it is done.
    fn step(&mut self) -> bool {
        let Some(rewriting) = &mut self.rewriting else {
            return false;
        };
        let mut out = Pieces::default();
        let stepped = rewriting.step(&mut out);
        self.is_changed |= rewriting.is_changed();
        self.ready.extend(out.into_vec());
        match stepped {
            Ok(Some(length)) => self.turn.spend(length),
            Ok(None) => return self.go_on(),
            Err(_) if rewriting.only_reads() => {
                self.rewriting = None;
                self.ready.extend(self.watched.take());
            }
            Err(error) => self.break_off(error),
        }
        true
    }

    /// Goes on behind a piece that is done; `false` if there is none to go on with.
    fn go_on(&mut self) -> bool {
        if let Some(piece) = self.watched.take() {
            // hyper asks for nothing behind the length that was said.
            if self.source.as_ref().is_some_and(Body::is_end_stream) {
                self.finish();
            }
            self.ready.push_back(piece);
            return true;
        }
        let Some(piece) = self.held.pop_front() else {
            return false;
        };
        self.give_back(piece.len());
        self.push(piece);
        true
    }

    fn finish(&mut self) {
        let Some(mut rewriting) = self.rewriting.take() else {
            return;
        };
        let mut out = Pieces::default();
        if let Err(error) = rewriting.finish(&mut out)
            && !rewriting.only_reads()
        {
            self.break_off(error);
        }
        self.is_changed |= rewriting.is_changed();
        self.ready.extend(out.into_vec());
    }

    /// Lets the client have what came so far, since nothing more is there.
    fn flush(&mut self) {
        let mut out = Pieces::default();
        if let Some(rewriting) = &mut self.rewriting
            && let Err(error) = rewriting.flush(&mut out)
        {
            self.break_off(error);
        }
        self.ready.extend(out.into_vec());
    }

    fn take(&mut self, frame: Frame<Bytes>) {
        match frame.into_data() {
            Ok(piece) => self.push(piece),
            Err(frame) => {
                self.finish();
                let trailers = frame.into_trailers().unwrap_or_default();
                self.set_end(End::Trailers(trailers));
            }
        }
    }

    fn poll_source(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(source) = &mut self.source else {
            return Poll::Ready(());
        };
        match Pin::new(source).poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => self.take(frame),
            Poll::Ready(Some(Err(error))) => {
                // What is held back was sent before the break.
                self.finish();
                self.break_off(error);
            }
            Poll::Ready(None) => {
                self.source = None;
                self.finish();
            }
            Poll::Pending => {
                self.flush();
                if self.ready.is_empty() && self.source.is_some() {
                    return Poll::Pending;
                }
            }
        }
        Poll::Ready(())
    }
}

impl<B> Body for LookedAt<B>
where
    B: Body<Data = Bytes, Error: Into<BoxError>> + Unpin,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        loop {
            if let Some(piece) = self.ready.pop_front() {
                if self.held.is_empty() {
                    self.give_back(piece.len());
                }
                return Poll::Ready(Some(Ok(Frame::data(piece))));
            }
            ready!(self.turn.poll_pass(cx));
            if self.step() {
                continue;
            }
            if self.source.is_none() && matches!(self.end, End::Broken(_)) && !self.has_paused {
                // hyper drops what it has not yet written when a body fails, the head too; a
                // pause lets it write what came before.
                self.has_paused = true;
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            if self.source.is_none() {
                let end = mem::replace(&mut self.end, End::None);
                return Poll::Ready(match end {
                    End::None => None,
                    End::Trailers(trailers) => Some(Ok(Frame::trailers(trailers))),
                    End::Broken(error) => Some(Err(error)),
                });
            }
            ready!(self.poll_source(cx));
        }
    }

    fn is_end_stream(&self) -> bool {
        self.is_sized && self.ready.is_empty() && matches!(self.end, End::None)
    }

    fn size_hint(&self) -> SizeHint {
        let ready = self.ready.iter().map(|piece| piece.len() as u64).sum();
        match (&self.source, &self.rewriting, &self.end) {
            (None, _, End::None) if self.is_sized => SizeHint::with_exact(ready),
            (Some(source), rewriting, _)
                if rewriting.as_ref().is_none_or(Rewriting::only_reads) =>
            {
                let mut hint = source.size_hint();
                if let Some(upper) = hint.upper() {
                    hint.set_upper(upper + ready);
                }
                hint.set_lower(hint.lower() + ready);
                hint
            }
            // Not of one that is to break off either: it has no length that it could come to.
            _ => SizeHint::default(),
        }
    }
}

#[cfg(test)]
mod tests;
