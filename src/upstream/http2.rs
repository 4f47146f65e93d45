//! One HTTP/2 connection to the app for all requests, opened when there is
//! none and replaced when it ends.
//!
//! A request that was prepared for HTTP/1.1 is written as RFC 9113 says.

use std::{
    error::Error as _,
    future::{Future as _, poll_fn},
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Poll,
    time::Duration,
};

use http::{HeaderMap, Request, Response};
use hyper::{
    body::Incoming,
    client::conn::{
        TrySendError,
        http2::{Builder, SendRequest},
    },
};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::time::Instant;
use tracing::debug;

use super::{
    Error, Limits, RequestBody,
    body::Upload,
    pool::SWEEPS,
    retry::{Chance, Lost},
    traffic::Counted,
};
use crate::net::Wait;

/// The place of the connection.
#[derive(Default)]
pub(super) struct Http2 {
    open: Mutex<Option<Open>>,
    /// Held by the one who opens a connection.
    pub(super) opening: tokio::sync::Mutex<()>,
}

/// An open connection; clones share it.
#[derive(Clone)]
pub(super) struct Open {
    sender: SendRequest<RequestBody>,
    /// One owner for each stream, and one for each clone.
    streams: Arc<()>,
    opened: Instant,
    /// How many sweeps have found it without a stream since it was last used.
    idle_sweeps: u32,
}

/// A stream that is open, for as long as it is kept.
pub(super) struct Stream(#[expect(dead_code, reason = "it is counted")] Arc<()>);

impl Http2 {
    /// Returns the connection, if there is one that has not ended as far as is known.
    pub(super) fn current(&self) -> Option<Open> {
        let mut open = self.lock();
        if open.as_ref().is_some_and(|open| open.sender.is_closed()) {
            *open = None;
        }
        if let Some(open) = open.as_mut() {
            open.idle_sweeps = 0;
        }
        open.clone()
    }

    /// Makes `open` the connection.
    pub(super) fn set(&self, open: Open) {
        *self.lock() = Some(open);
    }

    /// Sends no more requests on `bad`; those that are on it go on.
    pub(super) fn discard(&self, bad: &Open) {
        let is_bad = |open: &mut Open| Arc::ptr_eq(&open.streams, &bad.streams);
        drop(self.lock().take_if(is_bad));
    }

    /// Lets go of a connection that was without a stream at the last [`SWEEPS`] sweeps already, as
    /// the pool does, or was opened more than `max_age` ago; streams on it go on.
    pub(super) fn sweep(&self, max_age: Duration) {
        let is_over = |open: &mut Open| {
            open.idle_sweeps = match Arc::strong_count(&open.streams) {
                1 => open.idle_sweeps + 1,
                _ => 0,
            };
            open.idle_sweeps > SWEEPS || open.opened.elapsed() > max_age
        };
        drop(self.lock().take_if(is_over));
    }

    fn lock(&self) -> MutexGuard<'_, Option<Open>> {
        // Every change is one assignment, so a panic elsewhere leaves it whole.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    /// Begins HTTP/2 on `stream`.
    pub(super) async fn new(stream: Counted, limits: Limits) -> Result<Self, Error> {
        // No pings: gRPC's servers end a connection that has more than a few in five minutes. TCP
        // notices an app that is gone without a word.
        let (sender, connection) = Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            // h2 ends the connection, with all that is on it, where a head is larger than this.
            .max_header_list_size(
                u32::try_from(limits.header_size.saturating_mul(4)).unwrap_or(u32::MAX),
            )
            .max_send_buf_size(STREAM_WINDOW as usize)
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .handshake(TokioIo::new(stream))
            .await?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                debug!(%error, "connection to the upstream ended early");
            }
        });
        Ok(Self {
            sender,
            streams: Arc::default(),
            opened: Instant::now(),
            idle_sweeps: 0,
        })
    }

    /// Counts a stream.
    pub(super) fn stream(&self) -> Stream {
        Stream(Arc::clone(&self.streams))
    }

    /// Sends `request` and waits for the head of the answer.
    ///
    /// `limit` counts from the last piece of the request that went to the connection, and from
    /// nothing of an answer.
    pub(super) async fn send(
        &mut self,
        request: Request<RequestBody>,
        upload: &Upload,
        limits: Limits,
        limit: Duration,
    ) -> Result<Response<Incoming>, Lost> {
        let mut answer = pin!(self.sender.try_send_request(request));
        let mut wait = Wait::new(limit);
        let outcome = poll_fn(|cx| {
            if let Poll::Ready(outcome) = answer.as_mut().poll(cx) {
                return Poll::Ready(Some(outcome));
            }
            wait.poll_end_since(|| upload.progress(limit), cx)
                .map(|()| None)
        })
        .await;
        match outcome {
            Some(Ok(response)) if is_too_large(response.headers(), limits) => {
                Err(Error::HeadTooLarge.into())
            }
            Some(Ok(response)) => Ok(response),
            Some(Err(failure)) => Err(lost(failure, wait.waited())),
            None => Err(Error::ResponseTimeout.into()),
        }
    }
}

/// Whether a head has too many fields or bytes, as RFC 9113 6.5.2 counts them.
fn is_too_large(headers: &HeaderMap, limits: Limits) -> bool {
    let sizes = headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len() + 32);
    headers.len() > limits.header_count || sizes.sum::<usize>() > limits.header_size
}

/// Says what happened to a stream.
fn lost(mut failure: TrySendError<Request<RequestBody>>, waited: Duration) -> Lost {
    let unsent = failure.take_message();
    let error = failure.into_error();
    let source = error.source();
    let Some(cause) = source.and_then(|source| source.downcast_ref::<h2::Error>()) else {
        return Lost {
            error: error.into(),
            chance: unsent.map_or(Chance::Unanswered, |it| Chance::Unsent(Box::new(it))),
            waited,
        };
    };
    // h2 says GOAWAY to the streams above the last that the app has processed, and to no other.
    let is_unprocessed = cause.is_remote()
        && (cause.is_go_away() || cause.reason() == Some(h2::Reason::REFUSED_STREAM));
    let chance = match unsent {
        Some(request) => Chance::Unsent(Box::new(request)),
        None if is_unprocessed => Chance::Unprocessed,
        None if cause.is_io() => Chance::Unanswered,
        None => Chance::None,
    };
    let error = if cause.is_library() {
        Error::Garbage(error)
    } else if cause.is_reset() {
        Error::Reset(error)
    } else {
        error.into()
    };
    Lost {
        error,
        chance,
        waited,
    }
}

/// What a client that does not read may leave in memory.
const STREAM_WINDOW: u32 = 512 * 1024;

/// The largest: the streams' windows bound what comes, and clients that do not read must not
/// take the connection's from all others.
const CONNECTION_WINDOW: u32 = (1 << 31) - 1;
