//! Two upgraded connections made one.

use std::{
    future::{Future, poll_fn},
    io,
    pin::pin,
    sync::atomic::{AtomicBool, Ordering},
    task::{Poll, ready},
    time::Duration,
};

use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt, copy_bidirectional},
    time::timeout,
};
use tokio_util::io::InspectReader;

use crate::net::Wait;

/// Copies both ways; the end of one side is passed on, and the other may go on. Ends when
/// not a byte came from either for `idle`, and when `end` is ready, which both sides are told of.
pub(super) async fn join(
    client: OnUpgrade,
    upstream: OnUpgrade,
    idle: Duration,
    end: impl Future<Output = ()>,
) -> io::Result<()> {
    let mut end = pin!(end);
    let (mut client, mut upstream) = tokio::select! {
        upgraded = async { tokio::try_join!(client, upstream) } => {
            let (client, upstream) = upgraded.map_err(io::Error::other)?;
            (TokioIo::new(client), TokioIo::new(upstream))
        }
        () = &mut end => return Ok(()),
    };
    tokio::select! {
        copied = copy(&mut client, &mut upstream, idle) => return copied,
        () = end => {}
    }
    let goodbye = async { tokio::join!(client.shutdown(), upstream.shutdown()) };
    let _ = timeout(GOODBYE, goodbye).await;
    Ok(())
}

async fn copy<S: AsyncRead + AsyncWrite + Unpin>(
    client: S,
    upstream: S,
    idle: Duration,
) -> io::Result<()> {
    let is_used = AtomicBool::new(false);
    let note = |bytes: &[u8]| {
        is_used.fetch_or(!bytes.is_empty(), Ordering::Relaxed);
    };
    let mut client = InspectReader::new(client, note);
    let mut upstream = InspectReader::new(upstream, note);
    let mut copied = pin!(copy_bidirectional(&mut client, &mut upstream));
    let mut silence = Wait::new(idle);
    poll_fn(|cx| {
        if let Poll::Ready(done) = copied.as_mut().poll(cx) {
            return Poll::Ready(done.map(drop));
        }
        // Whatever comes wakes this task, so a look at each of its turns sees it in time.
        if is_used.swap(false, Ordering::Relaxed) {
            silence.pause(idle);
        }
        ready!(silence.poll_end(cx));
        Poll::Ready(Err(io::Error::new(
            io::ErrorKind::TimedOut,
            "nobody said anything",
        )))
    })
    .await
}

/// For the end of a stream that nobody may be reading.
const GOODBYE: Duration = Duration::from_millis(200);

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _, duplex},
        time::{Instant, sleep},
    };

    use super::*;

    const IDLE: Duration = Duration::from_secs(2);

    #[tokio::test(start_paused = true)]
    async fn tunnel_ends_when_it_was_silent_for_the_limit() {
        let ((_client, client), (_app, app)) = (duplex(64), duplex(64));
        let start = Instant::now();
        let ended = copy(client, app, IDLE).await.unwrap_err();
        assert_eq!(ended.kind(), io::ErrorKind::TimedOut);
        assert_eq!(start.elapsed(), IDLE);
    }

    /// Such as those that stood behind a 101.
    #[tokio::test(start_paused = true)]
    async fn silence_counts_from_the_last_byte_of_either_side() {
        for pause in [Duration::ZERO, IDLE / 4, IDLE * 3 / 4] {
            for is_client in [true, false] {
                let ((mut client, near), (mut app, far)) = (duplex(64), duplex(64));
                let tunnel = tokio::spawn(copy(near, far, IDLE));
                sleep(pause).await;
                let (from, to) = match is_client {
                    true => (&mut client, &mut app),
                    false => (&mut app, &mut client),
                };
                from.write_all(b"hi").await.unwrap();
                let last = Instant::now();
                assert_eq!(to.read_u16().await.unwrap(), u16::from_be_bytes(*b"hi"));
                assert!(tunnel.await.unwrap().is_err());
                assert_eq!(last.elapsed(), IDLE);
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn tunnel_that_is_used_in_one_direction_goes_on() {
        let ((mut client, near), (mut app, far)) = (duplex(64), duplex(64));
        let tunnel = tokio::spawn(copy(near, far, IDLE));
        for _ in 0..8 {
            sleep(IDLE * 3 / 4).await;
            app.write_u8(b'x').await.unwrap();
            assert_eq!(client.read_u8().await.unwrap(), b'x');
        }
        assert!(!tunnel.is_finished());
    }
}
