//! A connected socket, whatever kind it is of.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use rustix::net::{RecvFlags, recv};
use tokio::{
    io::{AsyncRead, AsyncWrite, DuplexStream, Interest, ReadBuf},
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

    /// Returns the byte that comes first, and leaves it where it is; `None` where the other side
    /// closes.
    ///
    /// # Errors
    ///
    /// The connection is lost.
    pub async fn peek(&self) -> io::Result<Option<u8>> {
        let mut byte = [0];
        let count = match &self.io {
            Either::Left(stream) => {
                let peek = || Ok(recv(stream, &mut byte, RecvFlags::PEEK)?.0);
                stream.async_io(Interest::READABLE, peek).await?
            }
            Either::Right(Either::Left(stream)) => {
                let peek = || Ok(recv(stream, &mut byte, RecvFlags::PEEK)?.0);
                stream.async_io(Interest::READABLE, peek).await?
            }
            // Nobody looks ahead in memory.
            Either::Right(Either::Right(_)) => 1,
        };
        Ok((count > 0).then_some(byte[0]))
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
