//! The file of a Unix socket: made, and removed at the end. One that a process
//! left behind is replaced; one that a process listens on is not.

use std::{
    fs::{self, Permissions},
    io,
    os::unix::{
        fs::{FileTypeExt, MetadataExt, PermissionsExt},
        net::UnixListener,
    },
    path::{Path, PathBuf},
};

use socket2::{Domain, SockAddr, Socket, Type};

use super::listener::BACKLOG;

/// A socket file of our own. Dropped, it is removed, unless another has its place.
#[derive(Debug)]
pub(super) struct SocketFile {
    path: PathBuf,
    identity: Identity,
}

/// Device and inode.
type Identity = (u64, u64);

impl SocketFile {
    /// Listens at `path`; the listener does not block.
    pub(super) fn listen(path: &Path) -> io::Result<(UnixListener, Self)> {
        let address = SockAddr::unix(path)?;
        let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
        match socket.bind(&address) {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && is_stale(path, &address) => {
                fs::remove_file(path)?;
                socket.bind(&address)?;
            }
            bound => bound?,
        }
        let file = Self {
            path: path.to_owned(),
            identity: identity(path)?,
        };
        // Nobody can connect before the socket listens.
        fs::set_permissions(path, Permissions::from_mode(MODE))?;
        socket.listen(BACKLOG.cast_signed())?;
        socket.set_nonblocking(true)?;
        Ok((socket.into(), file))
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if identity(&self.path).is_ok_and(|found| found == self.identity) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Whether `path` is a socket that no process listens on.
fn is_stale(path: &Path, address: &SockAddr) -> bool {
    let is_socket = fs::symlink_metadata(path).is_ok_and(|it| it.file_type().is_socket());
    let refused = || {
        let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
        // One whose queue is full says so, instead of waiting.
        socket.set_nonblocking(true)?;
        socket.connect(address)
    };
    is_socket && refused().is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused)
}

fn identity(path: &Path) -> io::Result<Identity> {
    let found = fs::symlink_metadata(path)?;
    Ok((found.dev(), found.ino()))
}

/// Read and write, which connecting takes, for the owner and the group.
const MODE: u32 = 0o660;
