//! The body of an answer on its way to the client.

use std::{
    error::Error as _,
    future::Future as _,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use thiserror::Error;
use tracing::warn;

use super::Upload;
use crate::net::Wait;
use crate::upstream::{
    Shared,
    binding::Owner,
    http1::{Connection, Detached, unwoken},
    http2::Stream,
};

/// A streaming body. Dropped before its end, it closes its connection, or resets its stream.
pub struct ResponseBody {
    incoming: Incoming,
    carrier: Carrier,
    /// Whose that is afterwards.
    owner: Owner,
    /// The request's, where it may still be on its way.
    upload: Upload,
    wait: Wait,
    /// Between two pieces.
    limit: Duration,
    shared: Arc<Shared>,
    /// How the body broke off, until that is passed on.
    broken: Option<BrokenResponse>,
    /// Whether the app wrote `Content-Length: 0`.
    says_empty: bool,
    is_event_stream: bool,
}

/// Why an answer's body ended before its end.
#[derive(Debug, Error)]
pub enum BrokenResponse {
    /// The app closed its connection, reset its stream, or sent what is no body.
    #[error("the upstream's answer broke off")]
    Broken(#[from] hyper::Error),
    /// The app ended its stream without an end of the body.
    #[error("the upstream's answer broke off")]
    Cut,
    /// The app sent nothing for too long.
    #[error("the upstream's answer did not go on in time")]
    Idle,
}

/// What brings the body.
pub(in crate::upstream) enum Carrier {
    /// A connection that is driven from here.
    Driven(Connection),
    /// One that goes on by itself, and ends with this.
    Detached(Detached),
    /// A stream among others.
    Stream(#[expect(dead_code, reason = "it ends what it stands for")] Stream),
    /// Nothing: the body has ended, or there is none.
    None,
}

type PolledFrame = Poll<Option<Result<Frame<Bytes>, BrokenResponse>>>;

impl ResponseBody {
    /// Returns a body that `carrier` brings, piece by piece within `limit`.
    pub(in crate::upstream) fn new(
        incoming: Incoming,
        mut carrier: Carrier,
        owner: Owner,
        upload: Upload,
        limit: Duration,
        shared: Arc<Shared>,
    ) -> Self {
        let wait = match &mut carrier {
            Carrier::Driven(connection) => connection.take_wait(limit),
            _ => Wait::new(limit),
        };
        Self {
            incoming,
            carrier,
            owner,
            upload,
            wait,
            limit,
            shared,
            broken: None,
            says_empty: false,
            is_event_stream: false,
        }
    }

    /// Keeps the line `Content-Length: 0` in its place. hyper writes it after all
    /// other lines, unless the body turns out to be empty only when it is read.
    pub(in crate::upstream) fn say_empty(&mut self) {
        self.says_empty = true;
    }

    /// Notes that the app calls it a stream of events.
    pub(in crate::upstream) fn set_event_stream(&mut self) {
        self.is_event_stream = true;
    }

    /// Whether it is a stream of events: one that ends when somebody ends it.
    pub fn is_event_stream(&self) -> bool {
        self.is_event_stream
    }

    /// Gives the connection back if the body has ended, as an empty one has from the start.
    pub(in crate::upstream) fn finish(&mut self) {
        if self.incoming.is_end_stream() && !matches!(self.carrier, Carrier::Stream(_)) {
            self.release();
        }
    }

    fn release(&mut self) {
        match std::mem::replace(&mut self.carrier, Carrier::None) {
            Carrier::Driven(mut connection) => {
                connection.put_wait(std::mem::replace(&mut self.wait, Wait::new(self.limit)));
                self.owner.give_back(connection, &self.shared.pool);
            }
            Carrier::Detached(detached) => self.owner.give_back_detached(detached),
            Carrier::Stream(_) | Carrier::None => {}
        }
    }

    /// Drives the connection from here again where that has gone on by itself for long enough.
    fn reattach(&mut self, cx: &mut Context<'_>) {
        if let Carrier::Detached(detached) = &mut self.carrier
            && let Poll::Ready(connection) = Pin::new(detached).poll(cx)
        {
            self.carrier = connection.map_or(Carrier::None, Carrier::Driven);
        }
    }

    /// Keeps the error for the next look. hyper drops what it has not yet written when a
    /// body fails, the head too; a pause lets it write what came before.
    fn break_off(&mut self, reason: BrokenResponse, cx: &mut Context<'_>) -> PolledFrame {
        let cause = reason.source().map(ToString::to_string);
        warn!(cause, "{reason}");
        (self.shared.on_broken)();
        self.carrier = Carrier::None;
        self.broken = Some(reason);
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Looks for a frame. Where the connection is driven from here, it alone brings
    /// them and no waker is left.
    fn poll_incoming(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let incoming = Pin::new(&mut self.incoming);
        match self.carrier {
            Carrier::Driven(_) => incoming.poll_frame(&mut unwoken()),
            _ => incoming.poll_frame(cx),
        }
    }

    fn poll_carried(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        self.reattach(cx);
        let mut frame = self.poll_incoming(cx);
        // hyper reads on only after it was asked for more, which the first look did. The
        // task is to be woken only if nothing is there: a frame that is taken wakes hyper.
        if frame.is_pending()
            && let Carrier::Driven(connection) = &mut self.carrier
        {
            connection.settle();
            frame = self.poll_incoming(cx);
        }
        if frame.is_pending()
            && let Carrier::Driven(connection) = &mut self.carrier
        {
            connection.drive(cx);
            frame = self.poll_incoming(cx);
        }
        frame
    }

    /// Ends a silence that lasts too long, on either way: an app may answer as it reads.
    fn poll_idle(&mut self, cx: &mut Context<'_>) -> PolledFrame {
        let (upload, limit) = (&self.upload, self.limit);
        ready!(self.wait.poll_end_since(|| upload.progress(limit), cx));
        self.break_off(BrokenResponse::Idle, cx)
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = BrokenResponse;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> PolledFrame {
        if let Some(reason) = self.broken.take() {
            return Poll::Ready(Some(Err(reason)));
        }
        match self.poll_carried(cx) {
            Poll::Ready(Some(Ok(frame))) => {
                let limit = self.limit;
                self.wait.pause(limit);
                self.finish();
                Poll::Ready(Some(Ok(frame)))
            }
            // An HTTP/2 stream may be reset "without an error" too early.
            Poll::Ready(None)
                if matches!(self.carrier, Carrier::Stream(_)) && !self.incoming.is_end_stream() =>
            {
                self.break_off(BrokenResponse::Cut, cx)
            }
            Poll::Ready(None) => {
                self.release();
                Poll::Ready(None)
            }
            Poll::Ready(Some(Err(error))) => self.break_off(error.into(), cx),
            Poll::Pending => self.poll_idle(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        !self.says_empty && self.broken.is_none() && self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}
