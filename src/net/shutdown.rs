//! The end of the process, as all that is in flight is told of it.

use std::time::Duration;

use tokio::{sync::watch, time::Instant};

/// When what is in flight has to end, once the end was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadlines {
    /// Requests, from their first byte to the last one of the answer.
    pub requests: Instant,
    /// Requests that are answered with a stream of events.
    pub event_streams: Instant,
    /// Tunnels, such as WebSocket.
    pub tunnels: Instant,
    /// How long a connection that nothing is on may take to close.
    pub goodbye: Duration,
}

impl Deadlines {
    /// The latest of all of them.
    pub fn last(&self) -> Instant {
        self.requests.max(self.event_streams).max(self.tunnels)
    }
}

/// Asks all that is in flight to end, and knows when it has. Clones are the same one.
#[derive(Debug, Clone, Default)]
pub struct Shutdown(watch::Sender<Option<Deadlines>>);

/// Held by what is in flight for as long as it is: the process waits for it.
#[derive(Debug)]
pub struct Ending(watch::Receiver<Option<Deadlines>>);

impl Shutdown {
    /// Returns what something that is in flight from now on has to hold.
    pub fn subscribe(&self) -> Ending {
        Ending(self.0.subscribe())
    }

    /// Tells all, and those that subscribe later on, to end by `deadlines`.
    pub fn begin(&self, deadlines: Deadlines) {
        self.0.send_replace(Some(deadlines));
    }

    /// Whether the end was asked for.
    pub fn has_begun(&self) -> bool {
        self.0.borrow().is_some()
    }

    /// Waits until nothing is in flight.
    pub async fn done(&self) {
        self.0.closed().await;
    }
}

impl Ending {
    /// Waits until the end is asked for.
    pub async fn asked(&mut self) -> Deadlines {
        loop {
            if let Some(deadlines) = *self.0.borrow() {
                return deadlines;
            }
            if self.0.changed().await.is_err() {
                // Nobody is left who could ask.
                return std::future::pending().await;
            }
        }
    }
}
