//! The folder of certificates, watched: what is new is taken up, what is broken is told once.
//!
//! Notices of the system come at once and wake the thread; they tell of changes in the
//! folder itself but not of where its symbolic links lead, so the files are looked at
//! every other second too.

use std::{
    sync::mpsc::{self, Receiver, RecvTimeoutError, Sender},
    thread,
    time::{Duration, Instant},
};

use notify::{
    EventKind, RecommendedWatcher, RecursiveMode, Watcher,
    event::{AccessKind, AccessMode},
};
use tracing::{debug, info, warn};

use super::{Certificates, Error, Summary, files, warn_of_expiry};

/// How often the files are looked at without a notice.
const LOOK: Duration = Duration::from_secs(2);
/// For how long they must stay as they are, as certificate and key are not written at once.
const QUIET: Duration = Duration::from_millis(500);
/// For how long that is waited for; with the look before it, less than 5 s.
const PATIENCE: Duration = Duration::from_secs(2);
/// How often files that could not be used are read again, as a certificate may become
/// valid or a disk answer though the files stay the same.
const AGAIN: Duration = Duration::from_secs(60);
/// How often certificates that expire soon are warned of.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Files being watched; dropping it ends that, without waiting for it.
#[derive(Debug)]
pub struct Watching {
    wake: Sender<Wake>,
}

#[derive(Debug)]
enum Wake {
    Changed,
    End,
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.wake.send(Wake::End);
    }
}

impl Watching {
    pub(super) fn start(
        certificates: Certificates,
        on_reload: impl Fn(Result<(), &Error>) + Send + 'static,
    ) -> Result<Self, Error> {
        let (wake, wakes) = mpsc::channel();
        let notices = notices(&certificates, wake.clone());
        let thread = thread::Builder::new().name("certificates".into());
        let run = move || {
            // Held by the thread, as dropping it ends the notices.
            let _notices = notices;
            Watch::new(certificates, on_reload).run(&wakes);
        };
        thread.spawn(run).map_err(Error::Watch)?;
        Ok(Self { wake })
    }
}

/// Asks for a wake-up at each change in the folder; `None` where the system gives none.
fn notices(certificates: &Certificates, wake: Sender<Wake>) -> Option<RecommendedWatcher> {
    let handler = move |event: notify::Result<notify::Event>| {
        if event.is_ok_and(|event| is_change(event.kind)) {
            let _ = wake.send(Wake::Changed);
        }
    };
    let watcher = notify::recommended_watcher(handler).and_then(|mut watcher| {
        watcher.watch(&certificates.shared.folder, RecursiveMode::NonRecursive)?;
        Ok(watcher)
    });
    watcher
        .inspect_err(|error| debug!(%error, "certificates are looked at every 2 s alone"))
        .ok()
}

/// Looking at the folder is noticed too, and must not lead to the next look.
fn is_change(kind: EventKind) -> bool {
    match kind {
        EventKind::Access(access) => access == AccessKind::Close(AccessMode::Write),
        _ => true,
    }
}

struct Watch<F> {
    certificates: Certificates,
    on_reload: F,
    /// What was told of the last failure, until there is a success.
    failure: Option<String>,
    /// When files were last read.
    reloaded: Instant,
    warned: Instant,
}

impl<F: Fn(Result<(), &Error>)> Watch<F> {
    fn new(certificates: Certificates, on_reload: F) -> Self {
        Self {
            certificates,
            on_reload,
            failure: None,
            reloaded: Instant::now(),
            warned: Instant::now(),
        }
    }

    fn run(mut self, wakes: &Receiver<Wake>) {
        loop {
            match wakes.recv_timeout(LOOK) {
                Ok(Wake::End) | Err(RecvTimeoutError::Disconnected) => return,
                Ok(Wake::Changed) | Err(RecvTimeoutError::Timeout) => {}
            }
            if self.has_changed() {
                self.wait_for_quiet();
                self.reload();
            } else if self.failure.is_some() && self.reloaded.elapsed() >= AGAIN {
                self.reload();
            }
            if self.warned.elapsed() >= DAY {
                self.warned = Instant::now();
                warn_of_expiry(&self.certificates.shared.current.pairs());
            }
        }
    }

    fn has_changed(&self) -> bool {
        *self.certificates.stamp() != files::stamp(&self.certificates.shared.folder)
    }

    fn wait_for_quiet(&self) {
        let folder = &self.certificates.shared.folder;
        let begun = Instant::now();
        let mut seen = files::stamp(folder);
        while begun.elapsed() < PATIENCE {
            thread::sleep(QUIET);
            let now = files::stamp(folder);
            if now == seen {
                return;
            }
            seen = now;
        }
    }

    /// Tells of what is new: other certificates, another failure, the end of a failure.
    fn reload(&mut self) {
        self.reloaded = Instant::now();
        let before = self.certificates.summaries();
        match self.certificates.reload() {
            Ok(()) => {
                let after = self.certificates.summaries();
                if self.failure.take().is_some() || before != after {
                    log(&after);
                    (self.on_reload)(Ok(()));
                }
            }
            Err(error) => {
                let told = Some(error.to_string());
                if self.failure != told {
                    let cause: &dyn std::error::Error = &error;
                    warn!(
                        error = cause,
                        "new certificates cannot be used, the old ones stay"
                    );
                    self.failure = told;
                    (self.on_reload)(Err(&error));
                }
            }
        }
    }
}

fn log(summaries: &[Summary]) {
    for Summary {
        certificate,
        names,
        fingerprint,
        ..
    } in summaries
    {
        info!(
            file = certificate,
            names = names.join(" "),
            fingerprint,
            "a certificate is served from now on"
        );
    }
}
