//! Memory that nobody uses any more, and its way back to the system.

use std::{hint::black_box, time::Duration};

use tokio::time::{MissedTickBehavior, interval};

/// Has the allocator look after what was freed, now and then and without an end.
///
/// It keeps that for a second, and then looks for it only when it is asked for a large piece or
/// gets one back, which in a process that nobody asks anything of never comes to pass.
pub(super) async fn give_back() {
    let mut every = interval(PAUSE);
    every.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        every.tick().await;
        // Nothing is written to it, so the system has nothing to provide.
        drop(black_box(Vec::<u8>::with_capacity(LARGE)));
    }
}

/// Well below the ten seconds that it may take, twice: the first look finds what is not due yet.
const PAUSE: Duration = Duration::from_secs(3);

/// More than the allocator keeps pages of several for, which are 512 KiB.
const LARGE: usize = 1 << 20;
