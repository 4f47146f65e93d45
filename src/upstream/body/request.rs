//! The body of a request on its way to the app.

use std::{
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU8, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use http::HeaderName;
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use thiserror::Error;
use tokio::time::Instant;

use crate::hop::strip_trailers;
use crate::net::{Wait, linger};

/// A request's body, or none.
///
/// Dropped before its end, because the app has answered already or is gone, what the client
/// still sends is read and thrown away for a while: then the client gets its answer.
pub struct RequestBody(Option<Box<Sending>>);

/// Why a request's body ended before its end.
#[derive(Debug, Error)]
pub enum BrokenRequest {
    /// It broke off, or is malformed.
    #[error("the request's body is broken")]
    Broken(#[from] hyper::Error),
    /// The client sent nothing for too long.
    #[error("the request's body did not come in time")]
    Idle,
}

struct Sending {
    /// `None` after the end.
    incoming: Option<Incoming>,
    progress: Arc<Progress>,
    wait: Wait,
    /// Between two pieces.
    limit: Duration,
    /// The same once the app has answered.
    answered_limit: Duration,
    /// Trailers that the app does not get.
    dropped_trailers: Vec<HeaderName>,
}

/// How far a body is.
#[derive(Debug, Default)]
struct Progress {
    /// When the last piece was taken.
    taken: Mutex<Option<Instant>>,
    /// Whether the next one is for the client to send.
    waits_for_client: AtomicBool,
    /// Whether the head of the answer has come.
    is_answered: AtomicBool,
    /// Whether the body was let go of.
    is_over: AtomicBool,
    failure: AtomicU8,
}

/// The outside of a body that is being sent, or of none, for the one who waits for the answer.
#[derive(Debug, Default, Clone)]
pub(in crate::upstream) struct Upload {
    progress: Option<Arc<Progress>>,
    /// Between two pieces, before the app has answered.
    limit: Duration,
}

impl RequestBody {
    /// Returns a body that sends what `incoming` brings.
    pub fn new(incoming: Incoming) -> Self {
        Self(Some(Box::new(Sending {
            incoming: Some(incoming),
            progress: Arc::default(),
            wait: Wait::new(Duration::MAX),
            limit: Duration::MAX,
            answered_limit: Duration::MAX,
            dropped_trailers: Vec::new(),
        })))
    }

    /// Returns no body.
    pub fn none() -> Self {
        Self(None)
    }

    /// Keeps trailers of these names, which Connection named, from the app (RFC 9110 7.6.1);
    /// those that are always about the connection never reach it.
    #[must_use]
    pub fn without_trailers(mut self, names: Vec<HeaderName>) -> Self {
        if let Some(sending) = &mut self.0 {
            sending.dropped_trailers = names;
        }
        self
    }

    /// Bounds the wait between two pieces, before the app has answered and after.
    pub(in crate::upstream) fn limit(&mut self, before: Duration, after: Duration) {
        if let Some(sending) = &mut self.0 {
            (sending.limit, sending.answered_limit) = (before, after);
            sending.wait.pause(before);
        }
    }

    /// Returns its outside.
    pub(in crate::upstream) fn upload(&self) -> Upload {
        let Some(sending) = &self.0 else {
            return Upload::default();
        };
        Upload {
            progress: Some(Arc::clone(&sending.progress)),
            limit: sending.limit,
        }
    }
}

impl Upload {
    /// Whether the body still waits to be sent; hyper drops one that it has sent or given up.
    pub(in crate::upstream) fn is_on_its_way(&self) -> bool {
        let progress = self.progress.as_ref();
        progress.is_some_and(|progress| !progress.is_over.load(Ordering::Relaxed))
    }

    /// When the last piece was taken, for a wait of `limit` that would end now; `None` where
    /// none was.
    ///
    /// A wait for the app that would end together with that for the client goes on: the end of
    /// the latter says whose fault it is.
    pub(in crate::upstream) fn progress(&self, limit: Duration) -> Option<Instant> {
        let progress = self.progress.as_ref()?;
        let waits_for_client = progress.waits_for_client.load(Ordering::Relaxed)
            && !progress.is_answered.load(Ordering::Relaxed)
            && self.is_on_its_way();
        match waits_for_client && self.limit <= limit {
            true => Some(Instant::now()),
            false => *progress.taken(),
        }
    }

    /// Says that the head of the answer has come: the client may be silent for longer.
    pub(in crate::upstream) fn set_answered(&self) {
        if let Some(progress) = &self.progress {
            progress.is_answered.store(true, Ordering::Relaxed);
        }
    }

    /// Whether the client's own body broke off.
    pub(in crate::upstream) fn is_broken(&self) -> bool {
        self.failure() == BROKEN
    }

    /// Whether the client was silent for too long.
    pub(in crate::upstream) fn is_idle(&self) -> bool {
        self.failure() == IDLE
    }

    fn failure(&self) -> u8 {
        let progress = self.progress.as_ref();
        progress.map_or(0, |progress| progress.failure.load(Ordering::Relaxed))
    }
}

impl Progress {
    fn taken(&self) -> MutexGuard<'_, Option<Instant>> {
        // Every change is one assignment, so a panic elsewhere leaves it whole.
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self) {
        *self.taken() = Some(Instant::now());
        self.waits_for_client.store(false, Ordering::Relaxed);
    }
}

impl Sending {
    fn poll_frame(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenRequest>>> {
        let Some(incoming) = &mut self.incoming else {
            return Poll::Ready(None);
        };
        match Pin::new(incoming).poll_frame(cx) {
            Poll::Ready(Some(Ok(mut frame))) => {
                if let Some(trailers) = frame.trailers_mut() {
                    strip_trailers(trailers, &self.dropped_trailers);
                }
                self.progress.take();
                self.wait.pause(self.current_limit());
                if frame.is_trailers() {
                    // Nothing comes after them, and nobody looks.
                    self.incoming = None;
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(Some(Err(error))) => {
                self.fail(BROKEN);
                Poll::Ready(Some(Err(error.into())))
            }
            Poll::Ready(None) => {
                self.incoming = None;
                Poll::Ready(None)
            }
            Poll::Pending => {
                let waits = &self.progress.waits_for_client;
                waits.store(true, Ordering::Relaxed);
                self.poll_idle(cx)
            }
        }
    }

    fn poll_idle(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenRequest>>> {
        loop {
            if self.wait.poll_end(cx).is_pending() {
                return Poll::Pending;
            }
            if self.wait.limit() == self.current_limit() {
                self.fail(IDLE);
                return Poll::Ready(Some(Err(BrokenRequest::Idle)));
            }
            // The app has answered in the meantime.
            self.wait.extend(self.current_limit());
        }
    }

    fn current_limit(&self) -> Duration {
        match self.progress.is_answered.load(Ordering::Relaxed) {
            true => self.answered_limit,
            false => self.limit,
        }
    }

    fn fail(&mut self, failure: u8) {
        self.incoming = None;
        self.progress.failure.store(failure, Ordering::Relaxed);
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        self.progress.is_over.store(true, Ordering::Relaxed);
        if let Some(incoming) = self.incoming.take()
            && !incoming.is_end_stream()
        {
            linger(incoming);
        }
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = BrokenRequest;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenRequest>>> {
        match &mut self.0 {
            Some(sending) => sending.poll_frame(cx),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        let incoming = self.0.as_ref().and_then(|it| it.incoming.as_ref());
        incoming.is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        let incoming = self.0.as_ref().and_then(|it| it.incoming.as_ref());
        incoming.map_or(SizeHint::with_exact(0), Body::size_hint)
    }
}

const BROKEN: u8 = 1;
const IDLE: u8 = 2;
