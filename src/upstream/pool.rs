//! Connections that are free, the one used last on top.

use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU32, Ordering},
};

use super::http1::Connection;

/// Free HTTP/1.1 connections, none free for longer than [`SWEEPS`] sweeps.
pub(super) struct Pool {
    free: Mutex<Vec<Free>>,
    /// Sweeps since the start.
    sweeps: AtomicU32,
    /// How many sweeps old a connection may become.
    max_age: u32,
}

/// A connection, and how often it was found free by a sweep.
struct Free {
    connection: Connection,
    sweeps: u32,
}

impl Pool {
    /// Returns an empty one, whose connections grow `max_age` sweeps old at most.
    pub(super) fn new(max_age: u32) -> Self {
        Self {
            free: Mutex::default(),
            sweeps: AtomicU32::new(0),
            max_age,
        }
    }

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
        if !connection.is_ready() {
            return;
        }
        let is_old = self.now().wrapping_sub(connection.born) > self.max_age;
        let mut free = self.lock();
        if free.len() < MAX_FREE && !is_old {
            let sweeps = 0;
            free.push(Free { connection, sweeps });
        } else {
            drop(free);
            connection.close();
        }
    }

    /// Closes the connections that were free at the last [`SWEEPS`] sweeps already.
    ///
    /// Counting sweeps instead of reading the clock keeps time out of every request.
    pub(super) fn sweep(&self) {
        self.sweeps.fetch_add(1, Ordering::Relaxed);
        let mut free = self.lock();
        let old = free.extract_if(.., |free| {
            free.sweeps += 1;
            free.sweeps > SWEEPS
        });
        let old: Vec<_> = old.collect();
        drop(free);
        for free in old {
            free.connection.close();
        }
    }

    /// The time, in sweeps.
    pub(super) fn now(&self) -> u32 {
        self.sweeps.load(Ordering::Relaxed)
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
