//! Connections that are free, the one used last on top; none while somebody in
//! the process waits for a descriptor.

use std::{
    collections::VecDeque,
    future::pending,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
};

use tokio::sync::oneshot;

use super::http1::Connection;
use crate::net::Descriptors;

/// Free HTTP/1.1 connections, none free for longer than [`SWEEPS`] sweeps.
pub(super) struct Pool {
    free: Mutex<Vec<Free>>,
    /// Sweeps since the start.
    sweeps: AtomicU32,
    /// How many sweeps old a connection may become.
    max_age: u32,
    /// How many are kept.
    most: usize,
    descriptors: Descriptors,
    /// Who takes a connection in place of a descriptor, first come, first served.
    takers: Mutex<VecDeque<oneshot::Sender<Connection>>>,
}

/// A connection, and how often it was found free by a sweep.
struct Free {
    connection: Connection,
    sweeps: u32,
}

impl Pool {
    /// Returns an empty one, whose connections grow `max_age` sweeps old at most. One that does
    /// not `keep` closes each connection after its first answer.
    pub(super) fn new(keep: bool, max_age: u32, descriptors: Descriptors) -> Self {
        Self {
            free: Mutex::default(),
            sweeps: AtomicU32::new(0),
            max_age,
            most: if keep { MAX_FREE } else { 0 },
            descriptors,
            takers: Mutex::default(),
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
        if is_old || self.most == 0 {
            return connection.close();
        }
        if self.descriptors.is_wanted() {
            return self.hand_over(connection);
        }
        let mut free = self.lock();
        if free.len() < self.most {
            let sweeps = 0;
            free.push(Free { connection, sweeps });
        } else {
            drop(free);
            connection.close();
        }
    }

    /// Gives a connection to whoever waits for one here; closes it where all wait elsewhere.
    fn hand_over(&self, mut connection: Connection) {
        while let Some(taker) = { self.takers().pop_front() } {
            match taker.send(connection) {
                Ok(()) => return,
                Err(back) => connection = back,
            }
        }
        connection.close();
    }

    /// Returns a connection that becomes free while somebody in the process waits for a
    /// descriptor; never, if none does.
    pub(super) async fn handed_over(&self) -> Connection {
        self.descriptors.wanted().await;
        let (taker, handed_over) = oneshot::channel();
        {
            let mut takers = self.takers();
            // Those that have got what they wanted in another way.
            while takers.front().is_some_and(oneshot::Sender::is_closed) {
                takers.pop_front();
            }
            takers.push_back(taker);
        }
        match handed_over.await {
            Ok(connection) => connection,
            Err(_) => pending().await,
        }
    }

    /// Closes all, so that others get their descriptors.
    pub(super) fn let_go(&self) {
        let free = std::mem::take(&mut *self.lock());
        for free in free {
            free.connection.close();
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

    fn takers(&self) -> MutexGuard<'_, VecDeque<oneshot::Sender<Connection>>> {
        self.takers.lock().unwrap_or_else(PoisonError::into_inner)
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
