//! Interim responses (RFC 9110 section 15.2) on an HTTP/1.1 connection, which
//! hyper does not send: they wait here until the connection's writer, the
//! server's stream, stands between two messages.
//!
//! hyper has a habit of its own: it says `100 Continue` as soon as somebody
//! wants the body. The app is to say that, so the writer takes hyper's out.

use std::{
    mem,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use http::{HeaderMap, StatusCode};

/// The way for interim responses to one client; the default is that of a
/// connection that cannot carry them.
#[derive(Debug, Clone, Default)]
pub struct Interim(Option<Arc<Outlet>>);

#[derive(Debug, Default)]
struct Outlet {
    /// Whether `heads` holds something; read before each write.
    is_waiting: AtomicBool,
    /// Whole heads, ready to be written.
    heads: Mutex<Vec<u8>>,
    /// Whether hyper's own `100 Continue` is to be taken out, should it come.
    expects: AtomicBool,
    /// Whether all that hyper wrote has gone out.
    is_clean: AtomicBool,
}

impl Interim {
    /// Returns the way for a new HTTP/1.1 connection.
    pub fn new() -> Self {
        let outlet = Outlet::default();
        outlet.is_clean.store(true, Ordering::Relaxed);
        Self(Some(Arc::new(outlet)))
    }

    /// Whether the connection can carry interim responses at all. One request on it may still
    /// not take them: that of an HTTP/1.0 client (RFC 9110 section 15.2).
    pub fn is_possible(&self) -> bool {
        self.0.is_some()
    }

    /// Sends one interim response before the final one. It goes out when the
    /// connection's task next writes or flushes, as it does after each look at the request; so
    /// it is for the handler's own future to call, and not after [`Interim::finish`].
    pub fn send(&self, status: StatusCode, headers: &HeaderMap) {
        if let Some(outlet) = &self.0 {
            write_head(status, headers, &mut outlet.heads());
            outlet.is_waiting.store(true, Ordering::Relaxed);
        }
    }

    /// Leaves it to the app to say `100 Continue` for the request that is read now.
    pub fn expect_continue(&self) {
        if let Some(outlet) = &self.0 {
            outlet.expects.store(true, Ordering::Relaxed);
        }
    }

    /// Says that the final response comes next. An interim one that cannot go out before it,
    /// because the response before is still on its way, is dropped.
    pub fn finish(&self) {
        let Some(outlet) = &self.0 else { return };
        if outlet.is_clean.load(Ordering::Relaxed) {
            // The next write is the response, or hyper's `100 Continue` before it.
            return;
        }
        if outlet.is_waiting.load(Ordering::Relaxed) {
            drop(self.take());
        }
        // hyper's own, if there is one, goes out behind the response before, and is not found
        // there; nothing of a later response is to be taken for it.
        outlet.expects.store(false, Ordering::Relaxed);
    }

    /// For the writer: whether something waits to be written.
    pub fn is_waiting(&self) -> bool {
        let outlet = self.0.as_ref();
        outlet.is_some_and(|outlet| outlet.is_waiting.load(Ordering::Relaxed))
    }

    /// For the writer: returns all that waits.
    pub fn take(&self) -> Vec<u8> {
        self.0.as_ref().map_or_else(Vec::new, |outlet| {
            outlet.is_waiting.store(false, Ordering::Relaxed);
            mem::take(&mut *outlet.heads())
        })
    }

    /// For the writer: says whether all that hyper wrote has gone out.
    pub fn set_clean(&self, is_clean: bool) {
        if let Some(outlet) = &self.0 {
            outlet.is_clean.store(is_clean, Ordering::Relaxed);
        }
    }

    /// For the writer: whether hyper's own `100 Continue` is to be taken out of the next
    /// write; asked once for each such request.
    pub fn take_expectation(&self) -> bool {
        let outlet = self.0.as_ref();
        outlet.is_some_and(|outlet| {
            outlet.expects.load(Ordering::Relaxed) && outlet.expects.swap(false, Ordering::Relaxed)
        })
    }
}

impl Outlet {
    fn heads(&self) -> MutexGuard<'_, Vec<u8>> {
        // Heads are added whole, so a panic elsewhere leaves them so.
        self.heads.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Appends the head of a response in HTTP/1.1 (RFC 9112 section 4).
pub fn write_head(status: StatusCode, headers: &HeaderMap, out: &mut Vec<u8>) {
    let reason = status.canonical_reason().unwrap_or_default();
    out.extend(format!("HTTP/1.1 {} {reason}\r\n", status.as_u16()).as_bytes());
    for (name, value) in headers {
        out.extend(name.as_str().as_bytes());
        out.extend(b": ");
        out.extend(value.as_bytes());
        out.extend(b"\r\n");
    }
    out.extend(b"\r\n");
}
