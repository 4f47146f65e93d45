//! How many files and sockets this process may have open, and how many
//! connections follow from that.

use std::io;

use rlimit::Resource;
use tokio::sync::Semaphore;
use tracing::info;

/// Raises the soft limit of open files as far as it goes, and returns it.
///
/// # Errors
///
/// The system does not tell the limits or does not let them be changed.
pub fn raise_descriptor_limit() -> io::Result<u64> {
    rlimit::increase_nofile_limit(u64::MAX)
}

/// Returns `wanted` connections, or as many as there are descriptors for.
pub(super) fn bound(wanted: usize) -> usize {
    let Ok((descriptors, _)) = Resource::NOFILE.get() else {
        return wanted.min(Semaphore::MAX_PERMITS);
    };
    let bound = usize::try_from(share(descriptors)).unwrap_or(usize::MAX);
    if bound < wanted {
        info!(
            connections = bound,
            wanted, descriptors, "fewer connections than configured: too few descriptors"
        );
    }
    wanted.min(bound).min(Semaphore::MAX_PERMITS)
}

/// Three fifths for clients, most of whom are idle, and two for all else: connections to the app,
/// which only a client with a request needs, logs, certificates. Where there are few, all else
/// needs [`OTHERS`].
fn share(descriptors: u64) -> u64 {
    let left = descriptors.saturating_sub(OTHERS);
    (descriptors / 5 * 3).min(left).max(1)
}

/// Up to 22 are open while nothing is going on, by the number of threads.
const OTHERS: u64 = 28;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_leave_descriptors_for_all_else() {
        for (descriptors, clients) in [(20_000, 12_000), (256, 153), (64, 36), (32, 4), (16, 1)] {
            assert_eq!(share(descriptors), clients);
        }
    }
}
