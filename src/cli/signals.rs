//! What signals mean to a running proxy. None that comes from outside ends it halfway: there
//! would be no drain, its socket file would stay, and some write a core dump, which holds
//! secrets.
//!
//! | signal | what it does |
//! |---|---|
//! | SIGTERM, SIGQUIT, SIGABRT | drain, and exit with 0 |
//! | SIGINT | the same, without waiting for tunnels and event streams |
//! | SIGHUP | read the configuration and the certificates again |
//! | SIGPIPE | nothing; Rust's runtime sees to that |
//! | SIGILL, SIGBUS, SIGFPE, SIGSEGV | as usual: a fault of the process would meet itself again for ever |
//! | those that stop and continue a process, or that the system ignores | as usual |
//! | all others | a line in the log, the first time |

use std::{future::Future, io, process};

use libc::c_int;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing::{debug, info};

use crate::app::Stop;

/// Returns what ends with the first signal that asks for the end; the second ends the process.
///
/// # Errors
///
/// The system takes no handler for one of them.
///
/// # Panics
///
/// The caller is in no runtime.
pub(super) fn stop() -> io::Result<impl Future<Output = Stop>> {
    let mut ends = Ends::new()?;
    Ok(async move {
        let number = ends.next().await;
        let signal = name(number);
        info!(signal, "stopping; a second signal stops at once");
        tokio::spawn(async move {
            let number = ends.next().await;
            // What shells make of a process that a signal ended.
            process::exit(128 + number)
        });
        match number {
            libc::SIGINT => Stop::Interrupt,
            _ => Stop::Terminate,
        }
    })
}

/// Has the process go on whatever other signals come. One that the system takes no handler for
/// stays as it is.
///
/// # Panics
///
/// The caller is in no runtime.
pub(super) fn ignore_others() {
    for number in others() {
        match signal(SignalKind::from_raw(number)) {
            Ok(mut signal) => {
                tokio::spawn(async move {
                    // Its handler stays when this has gone: a timer may send thousands.
                    signal.recv().await;
                    let signal = name(number);
                    info!(
                        signal,
                        "ignored; SIGHUP reads the configuration again, SIGTERM stops"
                    );
                });
            }
            Err(error) => debug!(signal = name(number), %error, "a signal keeps its meaning"),
        }
    }
}

/// Signals that ask for the end.
struct Ends {
    interrupt: Signal,
    terminate: Signal,
    quit: Signal,
    abort: Signal,
}

impl Ends {
    fn new() -> io::Result<Self> {
        let listen = |number| signal(SignalKind::from_raw(number));
        Ok(Self {
            interrupt: listen(libc::SIGINT)?,
            terminate: listen(libc::SIGTERM)?,
            quit: listen(libc::SIGQUIT)?,
            // The process's own abort takes the handler off, and ends it all the same.
            abort: listen(libc::SIGABRT)?,
        })
    }

    /// Returns the number of the one that came.
    async fn next(&mut self) -> c_int {
        tokio::select! {
            _ = self.interrupt.recv() => libc::SIGINT,
            _ = self.terminate.recv() => libc::SIGTERM,
            _ = self.quit.recv() => libc::SIGQUIT,
            _ = self.abort.recv() => libc::SIGABRT,
        }
    }
}

/// Those that would end the process and have no meaning here.
fn others() -> Vec<c_int> {
    #[cfg_attr(
        not(target_os = "linux"),
        expect(unused_mut, reason = "no real-time ones")
    )]
    let mut others: Vec<_> = OTHERS.iter().map(|(number, _)| *number).collect();
    #[cfg(target_os = "linux")]
    others.extend(libc::SIGRTMIN()..=libc::SIGRTMAX());
    others
}

fn name(number: c_int) -> String {
    let known = ENDS.iter().chain(OTHERS).find(|it| it.0 == number);
    match known {
        Some((_, name)) => (*name).to_owned(),
        None => format!("signal {number}"),
    }
}

const ENDS: &[(c_int, &str)] = &[
    (libc::SIGINT, "SIGINT"),
    (libc::SIGTERM, "SIGTERM"),
    (libc::SIGQUIT, "SIGQUIT"),
    (libc::SIGABRT, "SIGABRT"),
];

/// Those that have a name.
const OTHERS: &[(c_int, &str)] = &[
    (libc::SIGUSR1, "SIGUSR1"),
    (libc::SIGUSR2, "SIGUSR2"),
    (libc::SIGALRM, "SIGALRM"),
    (libc::SIGVTALRM, "SIGVTALRM"),
    (libc::SIGPROF, "SIGPROF"),
    (libc::SIGIO, "SIGIO"),
    (libc::SIGSYS, "SIGSYS"),
    // The limits behind these two hold all the same, by a kill and a failed write.
    (libc::SIGXCPU, "SIGXCPU"),
    (libc::SIGXFSZ, "SIGXFSZ"),
    #[cfg(target_os = "linux")]
    (libc::SIGPWR, "SIGPWR"),
    #[cfg(target_os = "linux")]
    (libc::SIGSTKFLT, "SIGSTKFLT"),
    // Elsewhere a fault that raises it would do so again for ever.
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    (libc::SIGTRAP, "SIGTRAP"),
];
