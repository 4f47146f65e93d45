//! The part of the WebSocket handshake that HTTP/2 does without (RFC 6455
//! section 4, RFC 8441 section 5): a key and the proof that it was read.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{
    HeaderMap, HeaderValue,
    header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, UPGRADE},
};
use sha1::{Digest, Sha1};

use crate::hop::remove_in_order;
use crate::proxy::failure::Failure;

/// A key of our own.
pub(super) struct Key(String);

impl Key {
    /// Returns a new key.
    ///
    /// # Errors
    ///
    /// The system gives no random bytes.
    pub(super) fn random() -> Result<Self, Failure> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).map_err(|_| Failure::NoRandomness)?;
        Ok(Self(STANDARD.encode(bytes)))
    }

    /// Writes the fields that ask for a WebSocket in HTTP/1.1.
    pub(super) fn ask(&self, headers: &mut HeaderMap) {
        headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
        headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
        let key = HeaderValue::from_str(&self.0).expect("base64 is visible ASCII");
        headers.insert(SEC_WEBSOCKET_KEY, key);
    }

    /// Whether the app has read this key (RFC 6455 section 4.2.2).
    pub(super) fn is_accepted_by(&self, headers: &HeaderMap) -> bool {
        let mut sha1 = Sha1::new();
        sha1.update(&self.0);
        sha1.update(GUID);
        let accepted = headers.get(SEC_WEBSOCKET_ACCEPT);
        accepted.is_some_and(|accepted| *accepted == STANDARD.encode(sha1.finalize()))
    }
}

/// Takes off what a client that sent no key does not expect.
pub(super) fn remove_accept(headers: &mut HeaderMap) {
    remove_in_order(headers, |name| *name == SEC_WEBSOCKET_ACCEPT);
}

/// RFC 6455 section 1.3.
const GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
