//! One kind of stream for every connection: TCP or a Unix socket, plain or TLS.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpStream, UnixStream},
    time::{Sleep, sleep},
};
use tokio_rustls::TlsStream;
use tokio_util::either::Either;

/// A connected socket, of TCP (left) or a Unix one (right).
pub type Socket = Either<TcpStream, UnixStream>;

/// A connection that bytes go through. A write that makes no progress for a limit fails.
#[derive(Debug)]
pub struct Stream {
    transport: Transport,
    write_limit: Duration,
    /// Set while the other side takes nothing.
    stall: Option<Pin<Box<Sleep>>>,
}

/// Plain (left) or TLS (right).
type Transport = Either<Socket, Box<TlsStream<Socket>>>;

impl Stream {
    /// Returns a stream without encryption; `write_limit` bounds a write without progress.
    pub fn plain(socket: Socket, write_limit: Duration) -> Self {
        Self::new(Either::Left(socket), write_limit)
    }

    /// Returns a stream whose handshake is done; `write_limit` bounds a write without progress.
    pub fn tls(stream: impl Into<TlsStream<Socket>>, write_limit: Duration) -> Self {
        Self::new(Either::Right(Box::new(stream.into())), write_limit)
    }

    /// The application protocol that was agreed on in the TLS handshake, such as `h2`.
    pub fn application_protocol(&self) -> Option<&[u8]> {
        match &self.transport {
            Either::Left(_) => None,
            Either::Right(stream) => stream.get_ref().1.alpn_protocol(),
        }
    }

    fn new(transport: Transport, write_limit: Duration) -> Self {
        Self {
            transport,
            write_limit,
            stall: None,
        }
    }

    /// Fails a write that waits when it has waited for the limit.
    fn bound<T>(
        &mut self,
        written: Poll<io::Result<T>>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stall = None;
            return written;
        }
        let limit = self.write_limit;
        let stall = self.stall.get_or_insert_with(|| Box::pin(sleep(limit)));
        match stall.as_mut().poll(cx) {
            Poll::Ready(()) => {
                // The system would hold what is left for minutes, for one that may never read on.
                self.reset_on_close();
                let message = "the other side took nothing for too long";
                Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, message)))
            }
            Poll::Pending => Poll::Pending,
        }
    }

    /// Has closing drop what was not taken, and tell the other side so. A Unix socket has no
    /// such end.
    pub fn reset_on_close(&self) {
        let socket = match &self.transport {
            Either::Left(socket) => socket,
            Either::Right(stream) => stream.get_ref().0,
        };
        if let Either::Left(stream) = socket {
            // It fails only where the connection is gone already.
            let _ = stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.transport).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.transport).poll_write(cx, bytes);
        self.bound(written, cx)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.transport).poll_flush(cx);
        self.bound(flushed, cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let ended = Pin::new(&mut self.transport).poll_shutdown(cx);
        self.bound(ended, cx)
    }
}
