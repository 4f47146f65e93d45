//! A stream that knows how much went through it, which tells whether a
//! request may be sent again and whether one still makes progress; and that
//! goes on reading when the app takes no more.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
    },
    task::{Context, Poll},
};

use http::Request;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::net::{HiddenBytes, OwnConnection, Stream};

/// What went through a connection since it was opened.
#[derive(Debug, Default)]
pub(super) struct Traffic {
    read: AtomicU64,
    written: AtomicU64,
    /// Interim responses to the request that is on it.
    interims: AtomicU32,
    /// Whether there is a `target`.
    is_hiding: AtomicBool,
    target: Mutex<Option<Target>>,
}

/// The target of a request on its way out, with hidden bytes.
#[derive(Debug)]
struct Target {
    hidden: HiddenBytes,
    /// Where in the head it starts.
    start: usize,
    /// Bytes of the head that have gone out.
    position: usize,
}

impl Traffic {
    /// Bytes that came from the app.
    pub(super) fn read(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }

    /// Bytes that the app's side took.
    pub(super) fn written(&self) -> u64 {
        self.written.load(Ordering::Relaxed)
    }

    /// Begins to count interim responses.
    pub(super) fn start(&self) {
        self.interims.store(0, Ordering::Relaxed);
    }

    /// Has the bytes that are hidden in the target of `request`, which is sent next, put back.
    pub(super) fn unhide<B>(&self, request: &Request<B>) {
        if let Some(hidden) = request.extensions().get::<HiddenBytes>() {
            *self.target() = Some(Target {
                hidden: hidden.clone(),
                start: request.method().as_str().len() + 1,
                position: 0,
            });
            self.is_hiding.store(true, Ordering::Relaxed);
        }
    }

    /// Returns the next bytes of a head with those of the target that belong there.
    fn restored(&self, bytes: &[u8]) -> Vec<u8> {
        let mut restored = bytes.to_vec();
        if let Some(target) = &*self.target() {
            let hidden = &target.hidden;
            hidden.restore(&mut restored, target.position, target.start);
        }
        restored
    }

    /// Notes that so many more bytes of the head have gone out.
    fn advance(&self, count: usize) {
        let mut target = self.target();
        let has_more = target.as_mut().is_some_and(|target| {
            target.position += count;
            target.position < target.start + target.hidden.length()
        });
        if !has_more {
            *target = None;
            self.is_hiding.store(false, Ordering::Relaxed);
        }
    }

    fn target(&self) -> MutexGuard<'_, Option<Target>> {
        // Every change is one assignment, so a panic elsewhere leaves it whole.
        self.target.lock().unwrap_or_else(PoisonError::into_inner)
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
}

impl Counted {
    pub(super) fn new(stream: Stream, own: Option<OwnConnection>) -> Self {
        Self {
            stream,
            traffic: Arc::default(),
            _own: own,
        }
    }

    pub(super) fn stream(&self) -> &Stream {
        &self.stream
    }

    pub(super) fn traffic(&self) -> Arc<Traffic> {
        Arc::clone(&self.traffic)
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
        let is_hiding = self.traffic.is_hiding.load(Ordering::Relaxed);
        let written = match is_hiding {
            false => Pin::new(&mut self.stream).poll_write(cx, bytes),
            true => {
                let bytes = self.traffic.restored(bytes);
                Pin::new(&mut self.stream).poll_write(cx, &bytes)
            }
        };
        match written {
            Poll::Ready(Ok(count)) => {
                if is_hiding {
                    self.traffic.advance(count);
                }
                let written = &self.traffic.written;
                written.fetch_add(count as u64, Ordering::Relaxed);
                Poll::Ready(Ok(count))
            }
            // An app may answer an upload early, 413 or 401, and close: what it said can still
            // be read, but not after an error here. Where it said nothing, reading fails too.
            Poll::Ready(Err(error)) if is_closed_by_peer(&error) => Poll::Ready(Ok(bytes.len())),
            other => other,
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.stream).poll_flush(cx) {
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
