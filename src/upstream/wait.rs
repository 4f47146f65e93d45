//! A limit on waiting that costs nothing while there is nothing to wait for.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use tokio::time::{Instant, Sleep, sleep_until};

/// How long something is waited for. The timer outlives what it is for: it is set anew
/// only when it rings, or would ring too late, so that a wait mostly costs none.
#[derive(Debug)]
pub(super) struct Wait {
    timer: Option<Pin<Box<Sleep>>>,
    limit: Duration,
    /// `None` while nothing is waited for.
    since: Option<Instant>,
}

impl Wait {
    /// Returns one that has not begun.
    pub(super) fn new(limit: Duration) -> Self {
        Self {
            timer: None,
            limit,
            since: None,
        }
    }

    /// Begins a wait of `limit`.
    pub(super) fn start(&mut self, limit: Duration) {
        self.limit = limit;
        self.since = Some(Instant::now());
    }

    /// Says that what was waited for came: the next look begins a wait, of `limit`.
    pub(super) fn pause(&mut self, limit: Duration) {
        self.limit = limit;
        self.since = None;
    }

    /// Lets the wait that has begun be longer, or shorter.
    pub(super) fn extend(&mut self, limit: Duration) {
        self.limit = limit;
    }

    /// How long it waits.
    pub(super) fn limit(&self) -> Duration {
        self.limit
    }

    /// Ready when it has waited for the limit.
    pub(super) fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let since = *self.since.get_or_insert_with(Instant::now);
        let Some(end) = since.checked_add(self.limit) else {
            return Poll::Pending;
        };
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(end)));
        if timer.deadline() > end {
            timer.as_mut().reset(end);
        }
        while timer.as_mut().poll(cx).is_ready() {
            if end <= Instant::now() {
                return Poll::Ready(());
            }
            timer.as_mut().reset(end);
        }
        Poll::Pending
    }
}
