//! The connections that this process has opened, by which it knows one that
//! comes back to itself: a loop, which no address in a configuration shows
//! when a name or a forwarded port leads back.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::Ends;

/// The open connections to the app; clones share them.
#[derive(Debug, Clone, Default)]
pub struct OwnConnections(Arc<Mutex<HashSet<Ends>>>);

/// One of them, for as long as it is kept.
#[derive(Debug)]
pub struct OwnConnection {
    all: OwnConnections,
    ends: Ends,
}

impl OwnConnections {
    /// Notes a connection down until what is returned is dropped.
    pub fn enter(&self, ends: Ends) -> OwnConnection {
        self.lock().insert(ends);
        let all = self.clone();
        OwnConnection { all, ends }
    }

    /// Whether this process opened the connection with these ends.
    pub fn contains(&self, ends: &Ends) -> bool {
        self.lock().contains(ends)
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<Ends>> {
        // Every change to the set is one call, so a panic elsewhere leaves it whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for OwnConnection {
    fn drop(&mut self) {
        self.all.lock().remove(&self.ends);
    }
}
