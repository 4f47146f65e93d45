//! A stream that knows how much went through it, which tells whether a
//! request may be sent again and whether one still makes progress; and that
//! goes on reading when the app takes no more.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::net::{Descriptor, OwnConnection, Stream};

/// What went through a connection since it was opened.
#[derive(Debug, Default)]
pub(super) struct Traffic {
    read: AtomicU64,
    written: AtomicU64,
    /// Interim responses to the request that is on it.
    interims: AtomicU32,
}

impl Traffic {
    /// Bytes that came from the app.
    pub(super) fn read(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }

    /// Bytes that the app's side took, those of TLS included.
    pub(super) fn written(&self) -> u64 {
        self.written.load(Ordering::Relaxed)
    }

    /// Begins to count interim responses.
    pub(super) fn start(&self) {
        self.interims.store(0, Ordering::Relaxed);
    }

    /// Counts an interim response; whether it is still one that is allowed.
    pub(super) fn allows_interim(&self) -> bool {
        self.interims.fetch_add(1, Ordering::Relaxed) < MAX_INTERIM
    }

    /// Whether more of them came than are allowed; then nothing more is read.
    pub(super) fn has_too_many_interims(&self) -> bool {
        self.interims.load(Ordering::Relaxed) > MAX_INTERIM
    }
}

/// A stream to the app and its [`Traffic`].
pub(super) struct Counted {
    stream: Stream,
    traffic: Arc<Traffic>,
    /// Known as ours for as long as it is open.
    _own: Option<OwnConnection>,
    /// Let go with the stream.
    _descriptor: Descriptor,
}

impl Counted {
    pub(super) fn new(stream: Stream, own: Option<OwnConnection>, descriptor: Descriptor) -> Self {
        Self {
            stream,
            traffic: Arc::default(),
            _own: own,
            _descriptor: descriptor,
        }
    }

    pub(super) fn stream(&self) -> &Stream {
        &self.stream
    }

    pub(super) fn traffic(&self) -> Arc<Traffic> {
        Arc::clone(&self.traffic)
    }

    fn note_written(&self) {
        let written = self.stream.written();
        self.traffic.written.store(written, Ordering::Relaxed);
    }
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.traffic.has_too_many_interims() {
            // hyper reads on for as long as there are any.
            return Poll::Ready(Err(io::ErrorKind::InvalidData.into()));
        }
        let before = buffer.filled().len();
        let result = Pin::new(&mut self.stream).poll_read(cx, buffer);
        let count = buffer.filled().len() - before;
        self.traffic.read.fetch_add(count as u64, Ordering::Relaxed);
        result
    }
}

impl AsyncWrite for Counted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.note_written();
        match written {
            // An app may answer an upload early, 413 or 401, and close: what it said can still
            // be read, but not after an error here. Where it said nothing, reading fails too.
            Poll::Ready(Err(error)) if is_closed_by_peer(&error) => Poll::Ready(Ok(bytes.len())),
            other => other,
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        self.note_written();
        match flushed {
            // TLS writes here too.
            Poll::Ready(Err(error)) if is_closed_by_peer(&error) => Poll::Ready(Ok(())),
            other => other,
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

fn is_closed_by_peer(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset
    )
}

/// Real apps send one or two for a request: a 100, a 103, or a 102 every few seconds.
const MAX_INTERIM: u32 = 32;
