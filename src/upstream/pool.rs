//! Connections that are free, the one used last on top.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::connection::Connection;

/// Free connections, none older than a limit.
pub(super) struct Pool {
    free: Mutex<Vec<(Connection, Instant)>>,
    idle_limit: Duration,
}

impl Pool {
    pub(super) fn new(idle_limit: Duration) -> Self {
        Self {
            free: Mutex::default(),
            idle_limit,
        }
    }

    /// Returns a connection that the app has not closed as far as is known.
    pub(super) fn take(&self) -> Option<Connection> {
        loop {
            let (mut connection, since) = self.lock().pop()?;
            if since.elapsed() > self.idle_limit {
                continue;
            }
            // Makes hyper notice an end that came while nobody looked.
            connection.settle();
            if connection.is_ready() {
                return Some(connection);
            }
        }
    }

    /// Takes back a connection on which an answer has ended; drops it where it can carry no other.
    pub(super) fn give_back(&self, mut connection: Connection) {
        // hyper becomes ready for a request when it is driven past the end of the last one.
        connection.settle();
        if connection.is_ready() {
            let mut free = self.lock();
            if free.len() < MAX_FREE {
                free.push((connection, Instant::now()));
            }
        }
    }

    /// Closes the connections that have been free for too long.
    pub(super) fn evict(&self) {
        let limit = self.idle_limit;
        self.lock().retain(|(_, since)| since.elapsed() <= limit);
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(Connection, Instant)>> {
        // Every change to the list is one call, so a panic elsewhere leaves it whole.
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// More free connections than this are closed: an app's own limits are often near it.
const MAX_FREE: usize = 256;
