//! Two upgraded connections made one.

use std::{
    io,
    pin::pin,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::{io::copy_bidirectional, time::sleep};
use tokio_util::io::InspectReader;

/// Copies both ways; the end of one side is passed on, and the other may go on. Ends when
/// not a byte came from either for `idle`, somewhere between once and twice that long.
pub(super) async fn join(client: OnUpgrade, upstream: OnUpgrade, idle: Duration) -> io::Result<()> {
    let (client, upstream) = tokio::try_join!(client, upstream).map_err(io::Error::other)?;
    let is_used = AtomicBool::new(false);
    let note = |_: &[u8]| is_used.store(true, Ordering::Relaxed);
    let mut client = InspectReader::new(TokioIo::new(client), note);
    let mut upstream = InspectReader::new(TokioIo::new(upstream), note);
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
