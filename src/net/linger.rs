//! The rest of a request that has its answer already (RFC 9112 section 9.6).
//!
//! A client that is still sending when its connection is closed gets a reset,
//! which destroys the answer that it has not read yet. So what it still sends
//! is taken and thrown away for a while.

use std::time::Duration;

use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use tokio::{runtime::Handle, time::timeout};

/// Reads `rest` to its end in a task of its own, within bounds.
pub fn linger(rest: Incoming) {
    // There is no runtime any more when the process ends.
    if let Ok(runtime) = Handle::try_current() {
        runtime.spawn(timeout(LIMIT, discard(rest)));
    }
}

/// Returns at the end, at a break, when the client is gone or silent, or after too much.
async fn discard(mut rest: Incoming) {
    let mut left = MAX_BYTES;
    while let Ok(Some(Ok(frame))) = timeout(IDLE, rest.frame()).await {
        let length = frame.data_ref().map_or(0, |data| data.len());
        match left.checked_sub(length) {
            Some(less) => left = less,
            None => return,
        }
    }
}

/// As nginx's `lingering_time` and `lingering_timeout`.
const LIMIT: Duration = Duration::from_secs(30);
const IDLE: Duration = Duration::from_secs(5);

/// More than that nobody sends without a look at the answer.
const MAX_BYTES: usize = 64 * 1024 * 1024;
