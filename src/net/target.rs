//! Request targets with bytes that the `http` crate refuses, such as the quotes
//! of JSON in a query. Apps take them, so they pass: each is hidden behind a letter
//! before hyper reads the head, and put back in the bytes that go to the app.
//!
//! The length never changes, so neither does what is read as what.

use std::{
    mem,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
};

use http::uri::PathAndQuery;
use memchr::{memchr, memchr3};

/// What was hidden on one HTTP/1.1 connection, for the request that is read next; the
/// default is that of a connection on which nothing can be.
#[derive(Debug, Clone, Default)]
pub struct Targets(Option<Arc<State>>);

#[derive(Debug, Default)]
struct State {
    has_hidden: AtomicBool,
    hidden: Mutex<Vec<(usize, u8)>>,
    /// Bodies of requests that may still come, whose bytes are nobody's target.
    uploads: AtomicUsize,
}

/// The bytes that belong into one target: their offsets in it, in order, and what they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HiddenBytes(Vec<(usize, u8)>);

/// A request's body that may still come, until it is dropped.
#[derive(Debug)]
pub struct UploadMark(Arc<State>);

impl Targets {
    /// Returns what is hidden on a new HTTP/1.1 connection: nothing.
    pub fn new() -> Self {
        Self(Some(Arc::default()))
    }

    /// Notes that a body may come until what is returned is dropped.
    pub fn upload(&self) -> Option<UploadMark> {
        let state = self.0.as_ref()?;
        state.uploads.fetch_add(1, Relaxed);
        Some(UploadMark(Arc::clone(state)))
    }

    /// Hides the bytes in question where `read`, the first bytes of a head, starts with a
    /// whole request line in origin-form.
    pub fn hide(&self, read: &mut [u8]) {
        let Some(state) = &self.0 else { return };
        if state.uploads.load(Relaxed) > 0 {
            return;
        }
        if let Some(hidden) = hide(read) {
            *state.hidden() = hidden;
            state.has_hidden.store(true, Relaxed);
        }
    }

    /// Returns what was hidden in the target of the request that was just read.
    pub fn take(&self) -> Option<HiddenBytes> {
        let state = self.0.as_ref()?;
        let is_any = state.has_hidden.load(Relaxed) && state.has_hidden.swap(false, Relaxed);
        is_any.then(|| HiddenBytes(mem::take(&mut *state.hidden())))
    }
}

impl State {
    fn hidden(&self) -> MutexGuard<'_, Vec<(usize, u8)>> {
        // It is replaced as a whole, so a panic elsewhere leaves it so.
        self.hidden.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for UploadMark {
    fn drop(&mut self) {
        self.0.uploads.fetch_sub(1, Relaxed);
    }
}

impl HiddenBytes {
    /// Puts the bytes back into `written`, which begins `position` bytes into a head whose
    /// target starts at `start`.
    pub fn restore(&self, written: &mut [u8], position: usize, start: usize) {
        for (offset, byte) in &self.0 {
            let place = (start + offset).checked_sub(position);
            if let Some(place) = place.and_then(|place| written.get_mut(place)) {
                *place = *byte;
            }
        }
    }

    /// How far the last of the bytes is into the target; 0 for none.
    pub fn length(&self) -> usize {
        self.0.last().map_or(0, |(offset, _)| offset + 1)
    }
}

/// Replaces what `http` refuses in the target on the first line, and returns it.
fn hide(read: &mut [u8]) -> Option<Vec<(usize, u8)>> {
    let line = &read[..memchr(b'\n', read)?];
    if line.is_ascii() && memchr3(b'"', b'<', b'>', line).is_none() && memchr(b'`', line).is_none()
    {
        return None;
    }
    let method = memchr(b' ', line)?;
    let is_method = line[..method].iter().all(u8::is_ascii_uppercase);
    let rest = &line[method + 1..];
    let end = memchr(b' ', rest)?;
    let is_version = matches!(&rest[end + 1..], b"HTTP/1.1\r" | b"HTTP/1.0\r");
    let target = &rest[..end];
    if !is_method || !is_version || !target.starts_with(b"/") {
        return None;
    }
    if PathAndQuery::try_from(target).is_ok() {
        return None;
    }
    let start = method + 1;
    let mut hidden = Vec::new();
    for (offset, byte) in read[start..start + end].iter_mut().enumerate() {
        if !byte.is_ascii() || b"\"<>`".contains(byte) {
            hidden.push((offset, mem::replace(byte, b'x')));
        }
    }
    Some(hidden)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_hidden_is_put_back() {
        let line = b"GET /a\xe9?q={\"a\":<1>}&`\xff HTTP/1.1\r\nA: \"b\"\r\n\r\n";
        let mut read = line.to_vec();
        let targets = Targets::new();
        targets.hide(&mut read);
        assert_eq!(
            &read[..],
            b"GET /ax?q={xax:x1x}&xx HTTP/1.1\r\nA: \"b\"\r\n\r\n"
        );
        let hidden = targets.take().unwrap();
        assert_eq!(targets.take(), None);
        for cut in 0..read.len() {
            let (first, rest) = read.split_at(cut);
            let (mut first, mut rest) = (first.to_vec(), rest.to_vec());
            hidden.restore(&mut first, 0, 4);
            hidden.restore(&mut rest, cut, 4);
            assert_eq!([first, rest].concat(), line);
        }
    }

    #[test]
    fn all_else_stays() {
        for line in [
            &b"GET /plain?q=1 HTTP/1.1\r\n"[..],
            "GET /caf\u{e9} HTTP/1.1\r\n".as_bytes(),
            b"GET /?\" HTTP/1.1\n",
            b"GET /?\" HTTP/1.1",
            b"GET /?\" HTTP/2.0\r\n",
            b"GET  /?\" HTTP/1.1\r\n",
            b"GET http://a/?\" HTTP/1.1\r\n",
            b"If-Match: /?\" HTTP/1.1\r\n",
            b"A: \"b\"\r\n",
            b"\"",
            b"",
        ] {
            let mut read = line.to_vec();
            let targets = Targets::new();
            targets.hide(&mut read);
            assert_eq!(read, line);
            assert_eq!(targets.take(), None);
        }
    }

    #[test]
    fn nothing_is_hidden_while_a_body_may_come() {
        let line = b"GET /?\" HTTP/1.1\r\n";
        let targets = Targets::new();
        let upload = targets.upload();
        let mut read = line.to_vec();
        targets.hide(&mut read);
        assert_eq!(read, line);
        drop(upload);
        targets.hide(&mut read);
        assert_eq!(read, b"GET /?x HTTP/1.1\r\n");
    }
}
