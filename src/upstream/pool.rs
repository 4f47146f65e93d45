//! Connections that are free, the one used last on top.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::connection::Connection;

/// Free connections, none older than [`SWEEPS`] sweeps.
#[derive(Default)]
pub(super) struct Pool {
    free: Mutex<Vec<Free>>,
}

/// A connection, and how often it was found free by a sweep.
struct Free {
    connection: Connection,
    sweeps: u32,
}

impl Pool {
    /// Returns a connection that the app has not closed as far as is known.
    pub(super) fn take(&self) -> Option<Connection> {
        loop {
            let mut connection = self.lock().pop()?.connection;
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
                let sweeps = 0;
                free.push(Free { connection, sweeps });
            }
        }
    }

    /// Closes the connections that were free at the last [`SWEEPS`] sweeps already.
    ///
    /// Counting sweeps instead of reading the clock keeps time out of every request.
    pub(super) fn sweep(&self) {
        self.lock().retain_mut(|free| {
            free.sweeps += 1;
            free.sweeps <= SWEEPS
        });
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Free>> {
        // Every change to the list is one call, so a panic elsewhere leaves it whole.
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many sweeps a free connection outlives.
pub(super) const SWEEPS: u32 = 4;

/// More free connections than this are closed: an app's own limits are often near it.
const MAX_FREE: usize = 256;
