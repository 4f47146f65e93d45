//! One kind of stream for every connection: TCP or a Unix socket, plain or TLS.

use std::{
    io, mem,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::TlsStream;
use tokio_util::either::Either;

use super::{Socket, Wait};

/// A connection that bytes go through. A write that makes no progress for a limit fails.
#[derive(Debug)]
pub struct Stream {
    transport: Transport,
    write_limit: Duration,
    /// Begun while the other side takes nothing.
    stall: Wait,
    /// What had been written when a write last waited.
    written: u64,
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
            stall: Wait::new(write_limit),
            written: 0,
        }
    }

    /// Fails a write that waits when it has waited for the limit.
    fn bound<T>(
        &mut self,
        written: Poll<io::Result<T>>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stall.pause(self.write_limit);
            return written;
        }
        // TLS may have got rid of some of what it holds, and wait with the rest.
        let now = self.written();
        if mem::replace(&mut self.written, now) != now {
            self.stall.pause(self.write_limit);
        }
        ready!(self.stall.poll_end(cx));
        // The system would hold what is left for minutes, for one that may never read on.
        self.reset_on_close();
        let message = "the other side took nothing for too long";
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, message)))
    }

    /// Bytes that the socket took, those of TLS included.
    pub fn written(&self) -> u64 {
        self.socket().written()
    }

    /// Has closing drop what was not taken, and tell the other side so. A Unix socket has no
    /// such end.
    pub fn reset_on_close(&self) {
        if let Some(stream) = self.socket().tcp() {
            // It fails only where the connection is gone already.
            let _ = stream.set_zero_linger();
        }
    }

    fn socket(&self) -> &Socket {
        match &self.transport {
            Either::Left(socket) => socket,
            Either::Right(stream) => stream.get_ref().0,
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
