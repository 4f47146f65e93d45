//! Sockets that clients connect to: TCP, Unix, or handed over by whoever
//! started this process.

use std::{
    fmt, io,
    net::SocketAddr,
    path::PathBuf,
    sync::Arc,
    task::{Context, Poll, ready},
};

use listenfd::ListenFd;
use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpSocket, UnixListener};

use super::socket_file::SocketFile;
use crate::net::{Client, Ends, Socket};

/// Where to listen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// An address of this machine; the system chooses a port for 0.
    Tcp(SocketAddr),
    /// A socket file. Its owner and group may connect, nobody else (mode 0660).
    Unix(PathBuf),
    /// A listening socket, TCP or Unix, with this number, from 3 on.
    Descriptor(u32),
}

impl Address {
    /// The TCP address, where it is one.
    pub fn tcp(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(address) => Some(*address),
            Self::Unix(_) | Self::Descriptor(_) => None,
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
            Self::Descriptor(number) => write!(f, "fd:{number}"),
        }
    }
}

/// The sockets that were handed over to this process (`LISTEN_FDS`, as systemd does).
pub struct Inherited(ListenFd);

impl Inherited {
    /// Takes what the environment names, for good: the second call finds nothing. It
    /// changes the environment, so it is for the start of a process.
    pub fn from_environment() -> Self {
        Self(ListenFd::from_env())
    }

    /// Returns nothing handed over.
    pub fn none() -> Self {
        Self(ListenFd::empty())
    }

    fn take(&mut self, number: u32) -> io::Result<Bound> {
        let place = number.checked_sub(FIRST_DESCRIPTOR);
        let place = place.and_then(|place| usize::try_from(place).ok());
        let missing = || {
            let count = self.0.len();
            let message = format!("not handed over: LISTEN_FDS names {count}, from 3 on");
            io::Error::new(io::ErrorKind::NotFound, message)
        };
        let place = place
            .filter(|place| *place < self.0.len())
            .ok_or_else(missing)?;
        if let Ok(Some(listener)) = self.0.take_tcp_listener(place) {
            listener.set_nonblocking(true)?;
            return TcpListener::from_std(listener).map(Bound::Tcp);
        }
        match self.0.take_unix_listener(place)? {
            Some(listener) => {
                listener.set_nonblocking(true)?;
                let listener = UnixListener::from_std(listener)?;
                Ok(Bound::Unix {
                    listener,
                    _file: None,
                })
            }
            None => Err(io::Error::new(io::ErrorKind::AddrInUse, "taken before")),
        }
    }
}

/// A socket that listens, and what is spoken on its connections.
pub struct Listener {
    bound: Bound,
    address: Address,
    tls: Option<Arc<ServerConfig>>,
    proxy_protocol: bool,
}

enum Bound {
    Tcp(TcpListener),
    Unix {
        listener: UnixListener,
        /// Removed at the end, where it was made here.
        _file: Option<SocketFile>,
    },
}

impl Listener {
    /// Listens on `address`, or on one of `inherited`. Its clients speak TLS where there is
    /// a configuration for it; where `proxy_protocol` is set each of their connections has to
    /// start with a PROXY header, in version 1 or 2.
    ///
    /// # Errors
    ///
    /// The address is in use, not this machine's, or not allowed; the descriptor was not
    /// handed over or is no listening socket.
    ///
    /// # Panics
    ///
    /// The caller is in no runtime.
    pub fn bind(
        address: &Address,
        inherited: &mut Inherited,
        tls: Option<Arc<ServerConfig>>,
        proxy_protocol: bool,
    ) -> io::Result<Self> {
        let bound = match address {
            Address::Tcp(address) => Bound::Tcp(listen(*address)?),
            Address::Unix(path) => {
                let (listener, file) = SocketFile::listen(path)?;
                Bound::Unix {
                    listener: UnixListener::from_std(listener)?,
                    _file: Some(file),
                }
            }
            Address::Descriptor(number) => inherited.take(*number)?,
        };
        let address = match &bound {
            Bound::Tcp(listener) => Address::Tcp(listener.local_addr()?),
            Bound::Unix { .. } => address.clone(),
        };
        Ok(Self {
            bound,
            address,
            tls,
            proxy_protocol,
        })
    }

    /// Where clients connect, with the port that the system chose for 0.
    pub fn local_addr(&self) -> &Address {
        &self.address
    }

    /// Whether clients speak TLS.
    pub fn is_tls(&self) -> bool {
        self.tls.is_some()
    }

    pub(super) fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<Accepted>> {
        let (socket, peer) = match &self.bound {
            Bound::Tcp(listener) => {
                let (stream, peer) = ready!(listener.poll_accept(cx))?;
                (Socket::from(stream), Some(peer))
            }
            Bound::Unix { listener, .. } => {
                let (stream, _) = ready!(listener.poll_accept(cx))?;
                (Socket::from(stream), None)
            }
        };
        Poll::Ready(Ok(Accepted {
            socket,
            client: Client {
                address: peer,
                is_tls: self.is_tls(),
                ..Client::default()
            },
            tls: self.tls.clone(),
            proxy_protocol: self.proxy_protocol,
        }))
    }
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // A process that takes the place of another need not wait for its connections' ends.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// A connection of which nothing was read.
pub(super) struct Accepted {
    pub(super) socket: Socket,
    pub(super) client: Client,
    pub(super) tls: Option<Arc<ServerConfig>>,
    pub(super) proxy_protocol: bool,
}

impl Accepted {
    /// Finds out both ends, and has small messages go out at once: server-sent events,
    /// WebSocket frames.
    pub(super) fn prepare(mut self) -> io::Result<Self> {
        if let Some(stream) = self.socket.tcp() {
            stream.set_nodelay(true)?;
            let local = stream.local_addr()?;
            self.client.local = Some(local);
            self.client.ends = self.client.address.map(|peer| Ends::new(peer, local));
        }
        Ok(self)
    }
}

/// The first that is handed over (`SD_LISTEN_FDS_START`).
const FIRST_DESCRIPTOR: u32 = 3;

/// Connections that wait in the kernel; it takes `net.core.somaxconn` where that is less.
pub(super) const BACKLOG: u32 = 1024;
