//! How long one body may keep a thread, which serves others too.

use std::{
    future::Future,
    pin::pin,
    task::{Context, Poll, ready},
};

use tokio::task::yield_now;

/// What was done since others had their turn, in bytes.
#[derive(Debug, Default)]
pub(super) struct Turn(usize);

impl Turn {
    /// Notes that so many bytes were decoded or rewritten.
    pub(super) fn spend(&mut self, bytes: usize) {
        self.0 += bytes.max(LEAST);
    }

    /// Lets others have their turn if this one was long enough.
    pub(super) async fn pass(&mut self) {
        if self.is_over() {
            yield_now().await;
        }
    }

    /// Is pending, once, if this turn was long enough.
    pub(super) fn poll_pass(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.is_over() {
            // Not woken by hand: tokio would come back here sixty times before it looks at
            // other sockets. What yields is woken behind them.
            ready!(pin!(yield_now()).poll(cx));
        }
        Poll::Ready(())
    }

    fn is_over(&mut self) -> bool {
        let is_over = self.0 >= LENGTH;
        if is_over {
            self.0 = 0;
        }
        is_over
    }
}

/// A millisecond of most bodies, and five of one that is full of URLs.
const LENGTH: usize = 64 * 1024;

/// What a step counts for that gave next to nothing: it costs something too.
const LEAST: usize = 1024;
