//! How many files and sockets this process may have open, and how many
//! connections follow from that.

use std::io;

use rlimit::Resource;
use tracing::info;

/// Raises the soft limit of open files to the hard one, and returns it.
///
/// # Errors
///
/// The system does not tell the limits or does not let them be changed.
pub fn raise_descriptor_limit() -> io::Result<u64> {
    let (soft, hard) = Resource::NOFILE.get()?;
    if soft < hard {
        Resource::NOFILE.set(hard, hard)?;
    }
    Ok(hard)
}

/// Returns `wanted` connections, or as many as there are descriptors for.
pub(super) fn bound(wanted: usize) -> usize {
    let Ok((descriptors, _)) = Resource::NOFILE.get() else {
        return wanted;
    };
    let bound = usize::try_from(share(descriptors)).unwrap_or(usize::MAX);
    if bound < wanted {
        info!(
            connections = bound,
            wanted, descriptors, "fewer connections than configured: too few descriptors"
        );
    }
    wanted.min(bound)
}

/// Two descriptors for each client, since it may need a connection to the app, and a fifth
/// of all for everything else: logs, certificates, connections that are kept for reuse.
fn share(descriptors: u64) -> u64 {
    (descriptors / 5 * 2).max(1)
}
