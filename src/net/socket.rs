//! A connected socket, whatever kind it is of.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf},
    net::{TcpStream, UnixStream},
};
use tokio_util::either::Either;

/// A connected socket, of TCP or a Unix one, that knows how much was written to it.
#[derive(Debug)]
pub struct Socket {
    /// The last is in memory, for tests: a clock that stands still knows nothing of sockets.
    io: Either<TcpStream, Either<UnixStream, DuplexStream>>,
    written: u64,
}

impl Socket {
    /// The connection, if it is one of TCP.
    pub fn tcp(&self) -> Option<&TcpStream> {
        match &self.io {
            Either::Left(stream) => Some(stream),
            Either::Right(_) => None,
        }
    }

    /// Bytes that the other side's system, or ours for it, took.
    pub(super) fn written(&self) -> u64 {
        self.written
    }

    fn new(io: Either<TcpStream, Either<UnixStream, DuplexStream>>) -> Self {
        Self { io, written: 0 }
    }

    #[cfg(test)]
    pub(crate) fn in_memory(stream: DuplexStream) -> Self {
        Self::new(Either::Right(Either::Right(stream)))
    }
}

impl From<TcpStream> for Socket {
    fn from(stream: TcpStream) -> Self {
        Self::new(Either::Left(stream))
    }
}

impl From<UnixStream> for Socket {
    fn from(stream: UnixStream) -> Self {
        Self::new(Either::Right(Either::Left(stream)))
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write(cx, bytes);
        if let Poll::Ready(Ok(count)) = written {
            self.written += count as u64;
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
