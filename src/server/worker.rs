//! Threads that serve, each with a runtime, a poller and connections of its own.
//!
//! A connection stays on one thread from its first byte to its last, and so
//! does the connection to the app that it uses: nothing is woken across
//! threads. Against one runtime that shares its tasks among threads that saves
//! a sixth of the CPU time of a small request, most of it in the kernel.

use std::{future::Future, io, sync::Arc, thread};

use tokio::{
    runtime::{Builder, Handle},
    sync::oneshot,
};

/// One serving thread. Dropped, it ends with all that is on it, where it was started here.
pub struct Worker {
    pub(super) handle: Handle,
    /// One more owner for each connection on the thread.
    pub(super) load: Arc<()>,
    /// Dropped, it ends the thread; `None` where the thread is not this worker's own.
    _stop: Option<oneshot::Sender<()>>,
}

impl Worker {
    /// Returns the thread that the caller's own runtime runs on.
    ///
    /// # Panics
    ///
    /// The caller is in no runtime.
    pub fn here() -> Self {
        Self {
            handle: Handle::current(),
            load: Arc::new(()),
            _stop: None,
        }
    }

    /// Starts a thread.
    ///
    /// # Errors
    ///
    /// The system has no thread or poller to give.
    pub fn start() -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel::<()>();
        thread::Builder::new()
            .name("worker".to_owned())
            .spawn(move || {
                let _ = runtime.block_on(stopped);
                // A name that is being looked up would hold up the end otherwise.
                runtime.shutdown_background();
            })?;
        Ok(Self {
            handle,
            load: Arc::new(()),
            _stop: Some(stop),
        })
    }

    /// Runs `task` on the thread, to its end or the thread's.
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.handle.spawn(task);
    }

    /// How many connections are on the thread.
    pub(super) fn connections(&self) -> usize {
        Arc::strong_count(&self.load) - 1
    }
}
