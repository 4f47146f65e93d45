//! Two upgraded connections made one.

use std::{
    io,
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf, copy_bidirectional},
    time::sleep,
};

/// Copies both ways; the end of one side is passed on, and the other may go on. Ends when
/// not a byte came from either for `idle`, somewhere between once and twice that long.
pub(super) async fn join(client: OnUpgrade, upstream: OnUpgrade, idle: Duration) -> io::Result<()> {
    let (client, upstream) = tokio::try_join!(client, upstream).map_err(io::Error::other)?;
    let is_used = Arc::new(AtomicBool::new(false));
    let mut client = Watched::new(client, &is_used);
    let mut upstream = Watched::new(upstream, &is_used);
    let mut copied = pin!(copy_bidirectional(&mut client, &mut upstream));
    loop {
        tokio::select! {
            biased;
            done = &mut copied => return done.map(drop),
            () = sleep(idle) => {
                if !is_used.swap(false, Ordering::Relaxed) {
                    return Err(io::Error::new(io::ErrorKind::TimedOut, "nobody said anything"));
                }
            }
        }
    }
}

/// A side of a tunnel that notes down that something came.
struct Watched {
    side: TokioIo<Upgraded>,
    is_used: Arc<AtomicBool>,
}

impl Watched {
    fn new(side: Upgraded, is_used: &Arc<AtomicBool>) -> Self {
        Self {
            side: TokioIo::new(side),
            is_used: Arc::clone(is_used),
        }
    }
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.side).poll_read(cx, buffer);
        if read.is_ready() {
            self.is_used.store(true, Ordering::Relaxed);
        }
        read
    }
}

impl AsyncWrite for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.side).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.side).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.side).poll_shutdown(cx)
    }
}
