//! Lines about what clients do wrong, bounded in number: whoever looks for a
//! reason finds it at info, and no client fills a log.

use std::{
    mem,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use http::Method;
use tracing::{debug, info};

/// How many lines of one kind are still to be written; the default is as many as a minute has.
#[derive(Debug, Default)]
pub struct Notices(Mutex<Minute>);

#[derive(Debug, Default)]
struct Minute {
    start: Option<Instant>,
    written: u32,
    left_out: u64,
}

impl Notices {
    /// Whether one more line may be written at info; what may not is for debug. At most 60 are
    /// in a minute, and one more that says how many were left out in the one before.
    pub fn has_room(&self) -> bool {
        // Each change is whole, so a panic elsewhere leaves it so.
        let mut minute = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (has_room, left_out) = minute.take(Instant::now());
        drop(minute);
        if left_out > 0 {
            info!(
                left_out,
                "lines about clients were left out, they were too many"
            );
        }
        has_room
    }

    /// Tells of a request that was refused. `reason` must hold nothing that was sent.
    pub fn refused(&self, method: &Method, path: &str, status: u16, reason: &str) {
        match self.has_room() {
            true => info!(%method, path, status, reason, "request refused"),
            false => debug!(%method, path, status, reason, "request refused"),
        }
    }
}

impl Minute {
    /// Returns whether there is room for a line, and how many had none in a minute that is over.
    fn take(&mut self, now: Instant) -> (bool, u64) {
        let is_over = self.start.is_none_or(|start| now - start >= MINUTE);
        if is_over {
            self.start = Some(now);
            self.written = 0;
        }
        let left_out = if is_over {
            mem::take(&mut self.left_out)
        } else {
            0
        };
        let has_room = self.written < LINES;
        match has_room {
            true => self.written += 1,
            false => self.left_out += 1,
        }
        (has_room, left_out)
    }
}

const MINUTE: Duration = Duration::from_secs(60);

/// More than somebody makes who tries something out.
const LINES: u32 = 60;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_beyond_those_of_a_minute_are_counted_and_told_in_the_next() {
        let start = Instant::now();
        let mut minute = Minute::default();
        for _ in 0..LINES {
            assert_eq!(minute.take(start), (true, 0));
        }
        for _ in 0..5 {
            assert_eq!(minute.take(start + MINUTE / 2), (false, 0));
        }
        assert_eq!(minute.take(start + MINUTE), (true, 5));
        assert_eq!(minute.take(start + MINUTE), (true, 0));
    }
}
