//! How much memory bodies take, on all connections together: for what waits to
//! go out, and for what goes through it.
//!
//! Room to go through a body that is here is apart from all other: nobody that
//! has some waits for a client, so it comes free by itself.

use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

/// The room that there is for bodies; clones share it.
#[derive(Debug, Clone, Default)]
pub struct HeldBodies(Arc<Pools>);

/// What a body has a right to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A reserve, so that no download that stands still keeps a sign-in from being changed, and
    /// where that is used up what is there for any.
    Short,
    Any,
}

/// What one body holds of the room, until it is dropped.
#[derive(Debug)]
pub(super) struct Room {
    /// In bytes.
    taken: usize,
    permit: OwnedSemaphorePermit,
}

/// The room to go through one body, until it is dropped.
#[derive(Debug)]
pub(super) struct Opened {
    kind: Kind,
    pools: Arc<Pools>,
    _permit: OwnedSemaphorePermit,
}

#[derive(Debug)]
struct Pools {
    short: Pool,
    any: Pool,
}

/// Room in KiB, given in the order in which it was asked for.
#[derive(Debug)]
struct Pool {
    held: Arc<Semaphore>,
    open: Arc<Semaphore>,
    /// How often room of `open` came free.
    closed: AtomicUsize,
}

impl Kind {
    /// That of a body of this length, if that is known. Without one it counts as short, until
    /// more of it has come.
    pub(super) fn of(length: Option<u64>) -> Self {
        match length {
            Some(length) if length > SHORT as u64 => Self::Any,
            _ => Self::Short,
        }
    }
}

impl HeldBodies {
    /// Takes room for so many bytes; `None` if there was none for a quarter of a second.
    pub(super) async fn take(&self, kind: Kind, bytes: usize) -> Option<Room> {
        if kind == Kind::Short
            && let Some(room) = self.0.short.try_take(bytes)
        {
            return Some(room);
        }
        let held = Arc::clone(&self.0.any.held);
        let permit = timeout(PATIENCE, held.acquire_many_owned(units(bytes))).await;
        let permit = permit.ok()?.ok()?;
        Some(Room {
            taken: bytes,
            permit,
        })
    }

    /// Takes room for so many bytes; `None` if there is none now.
    pub(super) fn try_take(&self, kind: Kind, bytes: usize) -> Option<Room> {
        let short = match kind {
            Kind::Short => self.0.short.try_take(bytes),
            Kind::Any => None,
        };
        short.or_else(|| self.0.any.try_take(bytes))
    }

    /// Waits for its turn to go through a body, which takes so many bytes; `None` if nobody was
    /// done with another for ten seconds.
    pub(super) async fn open(&self, kind: Kind, bytes: usize) -> Option<Opened> {
        let pool = self.0.of(kind);
        // One that takes more than there is has it all for itself.
        let turn = Arc::clone(&pool.open).acquire_many_owned(units(bytes.min(OPEN)));
        let mut turn = pin!(turn);
        loop {
            let closed = pool.closed.load(Relaxed);
            match timeout(TURN, &mut turn).await {
                Ok(permit) => {
                    return Some(Opened {
                        kind,
                        pools: Arc::clone(&self.0),
                        _permit: permit.ok()?,
                    });
                }
                Err(_) if pool.closed.load(Relaxed) == closed => return None,
                Err(_) => {}
            }
        }
    }
}

impl Room {
    /// Gives room back, as so many bytes went out; no more than was taken.
    pub(super) fn give_back(&mut self, bytes: usize) {
        self.keep(self.taken.saturating_sub(bytes));
    }

    /// Gives all back but room for so many bytes.
    pub(super) fn keep(&mut self, bytes: usize) {
        self.taken = self.taken.min(bytes);
        let surplus = self.permit.num_permits() - units(self.taken) as usize;
        drop(self.permit.split(surplus));
    }

    /// Returns room for so many of the bytes that this is for, as one of its own.
    pub(super) fn split(&mut self, bytes: usize) -> Self {
        // In whole units: both sides are rounded up, and together have no more than there was.
        let taken = bytes.next_multiple_of(UNIT).min(self.taken);
        self.taken -= taken;
        let units = self.permit.num_permits() - units(self.taken) as usize;
        let permit = self.permit.split(units);
        Self {
            taken,
            permit: permit.expect("it has what is more than it needs"),
        }
    }

    /// How many bytes there is room for.
    pub(super) fn bytes(&self) -> usize {
        self.taken
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        self.pools.of(self.kind).closed.fetch_add(1, Relaxed);
    }
}

impl Pools {
    fn of(&self, kind: Kind) -> &Pool {
        match kind {
            Kind::Short => &self.short,
            Kind::Any => &self.any,
        }
    }
}

impl Default for Pools {
    fn default() -> Self {
        Self {
            short: Pool::new(SHORT_HELD),
            any: Pool::new(HELD),
        }
    }
}

impl Pool {
    fn new(held: usize) -> Self {
        Self {
            held: Arc::new(Semaphore::new(held / UNIT)),
            open: Arc::new(Semaphore::new(OPEN / UNIT)),
            closed: AtomicUsize::new(0),
        }
    }

    fn try_take(&self, bytes: usize) -> Option<Room> {
        let held = Arc::clone(&self.held);
        let permit = held.try_acquire_many_owned(units(bytes)).ok()?;
        Some(Room {
            taken: bytes,
            permit,
        })
    }
}

fn units(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(UNIT)).unwrap_or(u32::MAX)
}

const UNIT: usize = 1024;

/// The most bytes of a body that is short: pages that somebody signs in on are.
pub(super) const SHORT: usize = 64 << 10;

/// 32 bodies of the usual `whole`: many more than are on their way at a time, if clients take them.
const HELD: usize = 64 << 20;

/// 128 short ones that are held as they came and as they are to go.
const SHORT_HELD: usize = 16 << 20;

/// The largest window that there is, of 16 MiB, the tables beside it, and what encodes it again.
const OPEN: usize = 24 << 20;

/// How long room is waited for that clients have.
const PATIENCE: Duration = Duration::from_millis(250);

/// How long others may need that are gone through at the time: a body of 1 MiB takes some 50 ms,
/// and longer where the processor has other things to do.
const TURN: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: usize = 1 << 20;

    #[tokio::test]
    async fn room_that_is_split_has_a_permit_for_each_unit() {
        let bodies = HeldBodies::default();
        let mut room = bodies.take(Kind::Any, 3 * UNIT).await.unwrap();
        let mut split = room.split(UNIT + UNIT / 2);
        for room in [&mut room, &mut split] {
            room.keep(room.bytes());
            room.give_back(1);
            room.keep(0);
        }
        assert!(bodies.try_take(Kind::Any, HELD).is_some());
    }

    #[tokio::test]
    async fn room_is_shared_and_given_back() {
        let bodies = HeldBodies::default();
        let mut one = bodies.take(Kind::Any, HELD - 10 * UNIT).await.unwrap();
        let mut other = bodies.take(Kind::Any, 10 * UNIT - 1).await.unwrap();
        assert!(bodies.try_take(Kind::Any, 1).is_none());
        one.give_back(20 * UNIT);
        other.give_back(UNIT - 2);
        assert!(bodies.try_take(Kind::Any, 20 * UNIT + 1).is_none());
        let third = bodies.try_take(Kind::Any, 20 * UNIT).unwrap();
        drop(other.split(5 * UNIT));
        other.keep(0);
        assert!(bodies.try_take(Kind::Any, 10 * UNIT).is_some());
        other.give_back(usize::MAX);
        drop((one, third));
        assert_eq!(free(&bodies), free(&HeldBodies::default()));
    }

    /// Nothing of what there is for short ones is ever another's.
    #[tokio::test]
    async fn short_bodies_have_a_reserve() {
        let bodies = HeldBodies::default();
        let all = bodies.take(Kind::Any, HELD).await.unwrap();
        let reserve = bodies.take(Kind::Short, SHORT_HELD).await.unwrap();
        assert!(bodies.try_take(Kind::Short, 1).is_none());
        drop(all);
        let beyond = bodies.take(Kind::Short, HELD).await.unwrap();
        drop(reserve);
        assert!(bodies.try_take(Kind::Any, 1).is_none());
        assert!(bodies.try_take(Kind::Short, 1).is_some());
        drop(beyond);
        assert_eq!(free(&bodies), free(&HeldBodies::default()));
    }

    #[tokio::test]
    async fn room_is_given_in_the_order_in_which_it_was_asked_for() {
        let bodies = HeldBodies::default();
        let all = bodies.take(Kind::Any, HELD).await.unwrap();
        let mut large = pin!(bodies.take(Kind::Any, HELD));
        let mut little = pin!(bodies.take(Kind::Any, 1));
        assert!(now(&mut large).await.is_none() && now(&mut little).await.is_none());
        drop(all);
        assert!(bodies.try_take(Kind::Any, 1).is_none(), "who came later");
        assert!(now(&mut little).await.is_none(), "who came later");
        let large = now(&mut large).await.unwrap().unwrap();
        drop(large);
        assert!(now(&mut little).await.unwrap().is_some());
    }

    /// The limit is told by what the body waits for, not by a clock of the test's.
    #[tokio::test]
    async fn room_that_does_not_come_is_not_waited_for() {
        let bodies = HeldBodies::default();
        let all = bodies.take(Kind::Any, HELD).await.unwrap();
        assert!(bodies.take(Kind::Any, MIB).await.is_none());
        drop(all);
        assert_eq!(free(&bodies), free(&HeldBodies::default()));
        assert!(bodies.take(Kind::Any, HELD).await.is_some());
    }

    #[tokio::test]
    async fn bodies_are_gone_through_as_far_as_there_is_room_for_it() {
        let bodies = HeldBodies::default();
        // Clients that take nothing do not count here.
        let _held = bodies.take(Kind::Any, HELD).await.unwrap();
        let first = bodies.open(Kind::Any, OPEN / 2).await.unwrap();
        let second = bodies.open(Kind::Any, OPEN / 2).await.unwrap();
        let mut third = pin!(bodies.open(Kind::Any, 1));
        assert!(now(&mut third).await.is_none());
        let short = bodies.open(Kind::Short, usize::MAX).await;
        assert!(short.is_some());
        drop(first);
        assert!(now(&mut third).await.unwrap().is_some());
        drop((second, short));
    }

    /// What comes of `future` without any wait.
    async fn now<F: Future>(future: &mut std::pin::Pin<&mut F>) -> Option<F::Output> {
        timeout(Duration::ZERO, future).await.ok()
    }

    /// What there is, in KiB: held, and to go through bodies with.
    fn free(bodies: &HeldBodies) -> [usize; 4] {
        let [short, any] = [&bodies.0.short, &bodies.0.any];
        [&short.held, &any.held, &short.open, &any.open].map(|pool| pool.available_permits())
    }
}
