//! A limit on waiting that costs nothing while there is nothing to wait for.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::time::{Instant, Sleep, sleep_until};

/// How long something is waited for. The timer outlives what it is for: it is set anew
/// only when it rings, or would ring too late, so that a wait mostly costs none. However
/// often it rings, a wait ends when it has lasted for its limit, no earlier and no later.
#[derive(Debug)]
pub struct Wait {
    timer: Option<Pin<Box<Sleep>>>,
    limit: Duration,
    /// `None` while nothing is waited for.
    since: Option<Instant>,
}

impl Wait {
    /// Returns one that has not begun.
    pub fn new(limit: Duration) -> Self {
        Self {
            timer: None,
            limit,
            since: None,
        }
    }

    /// Says that what was waited for came: the next look begins a wait, of `limit`.
    pub fn pause(&mut self, limit: Duration) {
        self.limit = limit;
        self.since = None;
    }

    /// Lets the wait that has begun be longer.
    pub fn extend(&mut self, limit: Duration) {
        self.limit = limit;
    }

    /// How long it waits.
    pub fn limit(&self) -> Duration {
        self.limit
    }

    /// How long it has waited; zero before it has begun.
    pub fn waited(&self) -> Duration {
        self.since.map_or(Duration::ZERO, |since| since.elapsed())
    }

    /// Ready when it has waited for the limit.
    pub fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<()> {
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

    /// As [`Wait::poll_end`], where another task makes the progress: the wait counts from what
    /// `progress` says, which is asked only when it would end.
    pub fn poll_end_since(
        &mut self,
        progress: impl Fn() -> Option<Instant>,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        loop {
            ready!(self.poll_end(cx));
            let last = progress();
            if last <= self.since {
                return Poll::Ready(());
            }
            self.since = last;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, future::poll_fn};

    use super::*;

    const LIMIT: Duration = Duration::from_secs(2);

    #[tokio::test(start_paused = true)]
    async fn wait_lasts_for_its_limit_each_time() {
        let mut wait = Wait::new(LIMIT);
        for _ in 0..3 {
            assert_eq!(wait.waited(), Duration::ZERO);
            let start = Instant::now();
            poll_fn(|cx| wait.poll_end(cx)).await;
            assert_eq!(start.elapsed(), LIMIT);
            assert_eq!(wait.waited(), LIMIT);
            wait.pause(LIMIT);
        }
    }

    /// The timer rings while there is something left to wait for.
    #[tokio::test(start_paused = true)]
    async fn wait_counts_from_the_last_progress_and_not_from_the_timer() {
        let mut wait = Wait::new(LIMIT);
        assert!(look(&mut wait).await.is_pending());
        tokio::time::sleep(LIMIT * 3 / 4).await;
        wait.pause(LIMIT);
        let start = Instant::now();
        poll_fn(|cx| wait.poll_end(cx)).await;
        assert_eq!(start.elapsed(), LIMIT);
    }

    #[tokio::test(start_paused = true)]
    async fn wait_that_is_made_shorter_or_longer_counts_from_its_beginning() {
        let mut wait = Wait::new(LIMIT);
        for limit in [LIMIT * 2, LIMIT / 2] {
            wait.pause(LIMIT);
            assert!(look(&mut wait).await.is_pending());
            let start = Instant::now();
            wait.extend(limit);
            poll_fn(|cx| wait.poll_end(cx)).await;
            assert_eq!(start.elapsed(), limit);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn wait_counts_from_the_progress_of_another_task() {
        let mut wait = Wait::new(LIMIT);
        let start = Instant::now();
        let last = Cell::new(None);
        let progress = async {
            for _ in 0..3 {
                tokio::time::sleep(LIMIT * 3 / 4).await;
                last.set(Some(Instant::now()));
            }
            std::future::pending::<()>().await;
        };
        tokio::select! {
            () = progress => {}
            () = poll_fn(|cx| wait.poll_end_since(|| last.get(), cx)) => {}
        }
        assert_eq!(start.elapsed(), LIMIT * 9 / 4 + LIMIT);
    }

    async fn look(wait: &mut Wait) -> Poll<()> {
        poll_fn(|cx| Poll::Ready(wait.poll_end(cx))).await
    }
}
