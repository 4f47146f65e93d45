//! How much of bodies is held at a time, on all connections together.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

/// How many bytes of bodies are held; clones count together.
#[derive(Debug, Clone, Default)]
pub struct HeldBodies(Arc<AtomicUsize>);

/// What one body has of the room that there is, until it is dropped.
#[derive(Debug)]
pub(super) struct Room {
    taken: usize,
    all: HeldBodies,
}

impl HeldBodies {
    /// Returns what a body takes room by; it has none yet.
    pub(super) fn room(&self) -> Room {
        Room {
            taken: 0,
            all: self.clone(),
        }
    }
}

impl Room {
    /// Takes room for so many bytes more; `false` if there was no more, but they are counted even
    /// so, since they are there.
    pub(super) fn take(&mut self, bytes: usize) -> bool {
        let bytes = bytes * BUFFERS;
        self.taken += bytes;
        self.all.0.fetch_add(bytes, Relaxed) + bytes <= ALL
    }

    /// Gives room back, as so many bytes went out; no more than was taken.
    pub(super) fn give_back(&mut self, bytes: usize) {
        let bytes = bytes.saturating_mul(BUFFERS).min(self.taken);
        self.taken -= bytes;
        self.all.0.fetch_sub(bytes, Relaxed);
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.give_back(self.taken);
    }
}

/// The buffers that bytes are read into may be twice as long as they are.
const BUFFERS: usize = 2;

/// 32 bodies of the usual `whole`: many more than are on their way at a time, if clients take them.
const ALL: usize = 64 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_shared_and_given_back() {
        let held = HeldBodies::default();
        let (mut one, mut other) = (held.room(), held.room());
        let all = ALL / BUFFERS;
        assert!(one.take(all - 10) && other.take(10));
        assert!(!other.take(1));
        one.give_back(20);
        assert!(other.take(19) && !other.take(1));
        other.give_back(usize::MAX);
        assert_eq!(held.0.load(Relaxed), BUFFERS * (all - 30));
        drop(one);
        assert_eq!(held.0.load(Relaxed), 0);
    }
}
