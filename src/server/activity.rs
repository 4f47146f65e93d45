//! What a connection is doing, and when it has done nothing for too long.
//!
//! hyper's own timer for heads is set anew for each request, which costs more
//! than reading the request. Here one timer a connection is looked at when it
//! has run out, and set anew where something has happened since.

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
    task::{Context, Poll},
    time::Duration,
};

use tokio::time::{Instant, Sleep, sleep_until};

use super::{LAST_WORDS, Timeouts};

/// What is on one connection: requests in HTTP/1.1, streams in HTTP/2.
#[derive(Debug, Default)]
pub(super) struct Activity {
    in_flight: AtomicUsize,
    /// How many there were from the start.
    begun: AtomicUsize,
    /// Whether bytes came when nothing was in flight: the start of a head.
    has_bytes: AtomicBool,
    /// Whether any bytes came, since that was last asked.
    has_heard: AtomicBool,
    /// Whether the answer that is on its way, or was last, is a stream of events; in HTTP/1.1.
    is_event_stream: AtomicBool,
    /// Whether there was a tunnel; in HTTP/2.
    has_tunnel: AtomicBool,
    /// Whether a limit is over.
    is_over: AtomicBool,
    /// Whether an answer that ends with the connection has not gone out whole.
    is_cut: AtomicBool,
    /// Whether its last byte was given to hyper, which may still have it.
    is_given: AtomicBool,
    /// Whether hyper has bytes of an answer that have not gone out.
    is_writing: AtomicBool,
    /// Whether a request was refused in a way that ends the connection.
    is_leaving: AtomicBool,
    /// Whether another protocol than HTTP has begun, or may.
    is_switched: AtomicBool,
}

/// A request or a stream, until it is dropped.
#[derive(Debug)]
pub(super) struct InFlight(Arc<Activity>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Busy,
    /// In a head, or before the first one.
    Head,
    Idle,
    /// Behind a refusal that ends the connection: the client is to take that before it closes.
    Leaving,
}

impl Activity {
    pub(super) fn begin(self: &Arc<Self>) -> InFlight {
        self.in_flight.fetch_add(1, Relaxed);
        self.begun.fetch_add(1, Relaxed);
        self.has_bytes.store(false, Relaxed);
        self.is_event_stream.store(false, Relaxed);
        InFlight(Arc::clone(self))
    }

    /// Notes that the client is there.
    pub(super) fn hear(&self) {
        self.has_heard.store(true, Relaxed);
    }

    /// Whether the answer that is on its way is a stream of events.
    pub(super) fn is_event_stream(&self) -> bool {
        self.is_event_stream.load(Relaxed)
    }

    /// Whether tunnels share the connection with requests.
    pub(super) fn has_tunnel(&self) -> bool {
        self.has_tunnel.load(Relaxed)
    }

    /// Notes that bytes came, which start a head where nothing is in flight. Returns how many
    /// requests have begun, and whether one is in flight.
    pub(super) fn read(&self) -> (usize, bool) {
        self.hear();
        let is_in_flight = self.in_flight.load(Relaxed) > 0;
        if !is_in_flight {
            self.has_bytes.store(true, Relaxed);
        }
        (self.begun.load(Relaxed), is_in_flight)
    }

    pub(super) fn has_begun_head(&self) -> bool {
        self.has_bytes.load(Relaxed)
    }

    /// Whether the connection has to end, for a limit is over.
    pub(super) fn is_over(&self) -> bool {
        self.is_over.load(Relaxed)
    }

    /// Whether an answer would seem to be whole if the connection were to end now.
    pub(super) fn is_cut(&self) -> bool {
        self.is_cut.load(Relaxed)
    }

    /// Notes that hyper writes.
    pub(super) fn writing(&self) {
        self.is_writing.store(true, Relaxed);
    }

    /// Is told that all has gone out that hyper was given.
    pub(super) fn flushed(&self) {
        self.is_writing.store(false, Relaxed);
        if self.is_given.load(Relaxed) {
            self.is_cut.store(false, Relaxed);
        }
    }

    /// How many requests have begun, where each has its answer; none once another protocol
    /// than HTTP may be spoken.
    pub(super) fn answered(&self) -> Option<usize> {
        let is_quiet = self.in_flight.load(Relaxed) == 0 && !self.is_switched.load(Relaxed);
        is_quiet.then(|| self.begun.load(Relaxed))
    }

    /// Is told that what has been refused ends the connection.
    pub(super) fn leave(&self) {
        self.is_leaving.store(true, Relaxed);
    }

    /// Whether what has been refused ends the connection.
    pub(super) fn is_leaving(&self) -> bool {
        self.is_leaving.load(Relaxed)
    }

    fn has_begun(&self) -> bool {
        self.begun.load(Relaxed) > 0
    }

    /// The state, with what tells it from the same state at another time.
    fn state(&self) -> (State, usize) {
        let begun = self.begun.load(Relaxed);
        // The client has another limit for taking its answer.
        let state = if self.in_flight.load(Relaxed) > 0 || self.is_writing.load(Relaxed) {
            State::Busy
        } else if self.is_leaving() {
            State::Leaving
        } else if begun == 0 || self.has_bytes.load(Relaxed) {
            State::Head
        } else {
            State::Idle
        };
        (state, begun)
    }
}

impl InFlight {
    /// Notes that the answer ends with the connection.
    pub(super) fn set_cut(&self) {
        self.0.is_given.store(false, Relaxed);
        self.0.is_cut.store(true, Relaxed);
    }

    /// Notes that the answer ends the connection, whatever the client still sends.
    pub(super) fn leave(&self) {
        self.0.leave();
    }

    /// Notes that another protocol may follow the answer.
    pub(super) fn switch(&self) {
        self.0.is_switched.store(true, Relaxed);
    }

    /// Notes that the answer is a stream of events.
    pub(super) fn set_event_stream(&self) {
        self.0.is_event_stream.store(true, Relaxed);
    }

    /// Notes that this is a tunnel.
    pub(super) fn set_tunnel(&self) {
        self.0.has_tunnel.store(true, Relaxed);
    }

    /// Notes that the last byte of the answer was given.
    pub(super) fn set_given(&self) {
        self.0.is_given.store(true, Relaxed);
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Relaxed);
    }
}

/// The limits of one connection. Its task is to ask after each look at the connection.
pub(super) struct Clock {
    activity: Arc<Activity>,
    header_read: Duration,
    idle: Duration,
    leaving: Duration,
    last_words: Duration,
    state: (State, usize),
    /// When the state was first seen.
    since: Instant,
    /// Runs out by the deadline, or earlier.
    timer: Pin<Box<Sleep>>,
    is_set: bool,
    /// Whether the server drains.
    is_hurried: bool,
}

impl Clock {
    /// Returns the clock of a connection whose first head was waited for from `start` on.
    pub(super) fn new(activity: Arc<Activity>, timeouts: &Timeouts, start: Instant) -> Self {
        Self {
            activity,
            header_read: timeouts.header_read,
            idle: timeouts.idle,
            leaving: LAST_WORDS,
            last_words: (timeouts.idle / 4).clamp(FEW_WORDS, LAST_WORDS),
            state: (State::Head, 0),
            since: start,
            timer: Box::pin(sleep_until(start + timeouts.header_read)),
            is_set: false,
            is_hurried: false,
        }
    }

    /// Waits until a limit is over, and says so to the connection.
    pub(super) async fn run_out(&mut self) {
        poll_fn(|cx| self.poll(cx)).await;
        self.activity.is_over.store(true, Relaxed);
    }

    /// Has a connection end soon once it is idle, within `goodbye`, or at once where it never
    /// was more; a head that has begun has as long to be whole, and a client that was refused
    /// to close.
    pub(super) fn hurry(&mut self, goodbye: Duration) {
        self.idle = self.idle.min(goodbye);
        self.leaving = self.leaving.min(goodbye);
        if self.activity.has_begun_head() {
            self.header_read = self.header_read.min(self.since.elapsed() + goodbye);
        } else {
            self.header_read = self.idle;
            self.since = Instant::now();
        }
        self.is_set = false;
        self.is_hurried = true;
        self.activity.has_heard.store(false, Relaxed);
    }

    /// How long the end itself may take. One that never asked for anything has no answer on
    /// its way; nor has one that was silent since it was asked to end, as far as is known.
    pub(super) fn last_words(&self) -> Duration {
        let is_silent = self.is_hurried && !self.activity.has_heard.load(Relaxed);
        match is_silent || !self.activity.has_begun() {
            true => Duration::ZERO,
            false => self.last_words,
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let state = self.activity.state();
        let is_new = state != self.state;
        self.state = state;
        let limit = match state.0 {
            State::Busy => return Poll::Pending,
            State::Head => self.header_read,
            State::Idle => self.idle,
            State::Leaving => self.leaving,
        };
        if is_new {
            self.since = Instant::now();
        }
        loop {
            let deadline = self.since + limit;
            if !self.is_set || self.timer.deadline() > deadline {
                self.timer.as_mut().reset(deadline);
                self.is_set = true;
            } else if !self.timer.is_elapsed() {
                // The task's waker is with the timer from the look that set it.
                return Poll::Pending;
            }
            if self.timer.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            if Instant::now() >= deadline {
                return Poll::Ready(());
            }
            self.is_set = false;
        }
    }
}

/// What last words have at least.
const FEW_WORDS: Duration = Duration::from_millis(500);

#[cfg(test)]
mod tests {
    use super::*;

    /// hyper takes the last of an answer before it has written what came before.
    #[test]
    fn answer_is_cut_until_all_of_it_has_gone_out() {
        let activity = Arc::new(Activity::default());
        for _ in 0..2 {
            let in_flight = activity.begin();
            assert!(!activity.is_cut());
            in_flight.set_cut();
            activity.flushed();
            assert!(activity.is_cut(), "its beginning alone went out");
            in_flight.set_given();
            drop(in_flight);
            assert!(activity.is_cut(), "its end has not gone out");
            activity.flushed();
            assert!(!activity.is_cut());
        }
    }
}
