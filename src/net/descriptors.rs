//! Descriptors, of which a process has only so many: who waits for one, and
//! when one has become free.

use std::{
    future::Future,
    io,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{Mutex, Notify},
    time::{Instant, timeout_at},
};

/// Those of this process; clones share the line of those who wait for one.
#[derive(Debug, Clone, Default)]
pub struct Descriptors(Arc<Line>);

#[derive(Debug, Default)]
struct Line {
    waiting: AtomicUsize,
    /// Said when the first begins to wait.
    wanted: Notify,
    /// Said when one has become free.
    freed: Notify,
    /// Held by whoever is first in the line.
    first: Mutex<()>,
}

/// Somebody who waits, for as long as this is kept.
#[derive(Debug)]
pub struct Waiting(Arc<Line>);

/// One that is in use. To be dropped after what it belongs to was closed.
#[derive(Debug)]
pub struct Descriptor(Arc<Line>);

impl Descriptors {
    /// Returns what `open` makes, which takes a descriptor. Where none is left it is tried again
    /// when one has become free, in the order in which they were asked for.
    ///
    /// # Errors
    ///
    /// What `open` says; that none is left, only at `end`.
    pub async fn open<T, F>(&self, end: Instant, open: impl Fn() -> F) -> io::Result<T>
    where
        F: Future<Output = io::Result<T>>,
    {
        if !self.is_wanted() {
            match open().await {
                Err(error) if is_lack(&error) => {}
                done => return done,
            }
        }
        let _waiting = self.wait();
        let Ok(_first) = timeout_at(end, self.0.first.lock()).await else {
            return Err(lack());
        };
        loop {
            match open().await {
                Err(error) if is_lack(&error) && Instant::now() < end => {}
                done => return done,
            }
            let again = end.min(Instant::now() + PAUSE);
            let _ = timeout_at(again, self.0.freed.notified()).await;
        }
    }

    /// Counts one more who waits.
    pub fn wait(&self) -> Waiting {
        if self.0.waiting.fetch_add(1, Ordering::Relaxed) == 0 {
            self.0.wanted.notify_waiters();
        }
        Waiting(Arc::clone(&self.0))
    }

    /// Whether somebody waits: then none is to be kept for later.
    pub fn is_wanted(&self) -> bool {
        self.0.waiting.load(Ordering::Relaxed) > 0
    }

    /// Returns when somebody waits.
    pub async fn wanted(&self) {
        let mut begun = pin!(self.0.wanted.notified());
        begun.as_mut().enable();
        if !self.is_wanted() {
            begun.await;
        }
    }

    /// Returns when somebody begins to wait while nobody else does.
    pub async fn next_wanted(&self) {
        self.0.wanted.notified().await;
    }

    /// Returns one that is in use.
    pub fn take(&self) -> Descriptor {
        Descriptor(Arc::clone(&self.0))
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Drop for Descriptor {
    fn drop(&mut self) {
        if self.0.waiting.load(Ordering::Relaxed) > 0 {
            self.0.freed.notify_one();
        }
    }
}

/// Whether it says that no descriptor is left: EMFILE, of this process, or ENFILE, of the system.
pub fn is_lack(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(ENFILE | EMFILE))
}

/// The error that says so.
pub fn lack() -> io::Error {
    io::Error::from_raw_os_error(EMFILE)
}

// The same numbers on all Unixes.
const ENFILE: i32 = 23;
const EMFILE: i32 = 24;

/// Before another try where nobody says that one has become free: not all that is closed is
/// known here, and it may be another process's.
const PAUSE: Duration = Duration::from_millis(25);

#[cfg(test)]
mod tests {
    use super::*;
    use std::{future::ready, sync::atomic::AtomicBool};

    #[tokio::test(start_paused = true)]
    async fn who_asked_first_is_served_first() {
        let descriptors = Descriptors::default();
        let is_free = AtomicBool::new(false);
        let served = std::sync::Mutex::new(Vec::new());
        let end = Instant::now() + Duration::from_secs(5);
        let ask = |name| {
            let (is_free, served, descriptors) = (&is_free, &served, &descriptors);
            async move {
                let open = || match is_free.swap(false, Ordering::Relaxed) {
                    true => ready(Ok(())),
                    false => ready(Err(lack())),
                };
                descriptors.open(end, open).await.unwrap();
                served.lock().unwrap().push(name);
            }
        };
        let free = async {
            for _ in 0..3 {
                tokio::task::yield_now().await;
                let one = descriptors.take();
                is_free.store(true, Ordering::Relaxed);
                drop(one);
                while is_free.load(Ordering::Relaxed) {
                    tokio::task::yield_now().await;
                }
            }
        };
        tokio::join!(biased; ask("a"), ask("b"), ask("c"), free);
        assert_eq!(*served.lock().unwrap(), ["a", "b", "c"]);
        assert!(!descriptors.is_wanted());
        assert!(Instant::now() < end);
    }

    #[tokio::test(start_paused = true)]
    async fn lack_is_told_at_the_end_and_not_before() {
        let descriptors = Descriptors::default();
        let end = Instant::now() + Duration::from_millis(110);
        let ask = || descriptors.open(end, || ready(io::Result::<()>::Err(lack())));
        let (first, second) = tokio::join!(ask(), ask());
        assert!(is_lack(&first.unwrap_err()));
        assert!(is_lack(&second.unwrap_err()));
        assert_eq!(Instant::now(), end);
        assert!(!descriptors.is_wanted());
    }

    /// Such as one that a file had.
    #[tokio::test(start_paused = true)]
    async fn descriptor_that_becomes_free_unsaid_is_found() {
        let descriptors = Descriptors::default();
        let tries = AtomicUsize::new(0);
        let end = Instant::now() + Duration::from_secs(5);
        let open = || match tries.fetch_add(1, Ordering::Relaxed) {
            0..4 => ready(Err(lack())),
            _ => ready(Ok(())),
        };
        descriptors.open(end, open).await.unwrap();
        assert!(Instant::now() < end);
    }

    #[test]
    fn lack_is_told_from_a_dead_app() {
        for number in [23, 24] {
            assert!(is_lack(&io::Error::from_raw_os_error(number)));
        }
        assert!(!is_lack(&io::ErrorKind::ConnectionRefused.into()));
    }
}
