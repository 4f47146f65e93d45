//! Why the app did not answer.

use std::{error::Error as _, io};

use thiserror::Error;

/// Why the app did not answer. The messages name no address and no byte that was sent.
#[derive(Debug, Error)]
pub enum Error {
    /// Its name leads to no address.
    #[error("the upstream's name cannot be resolved")]
    Resolve(#[source] io::Error),
    /// Nobody listens there, or whoever does closed the connection in its TLS handshake.
    #[error("the upstream refused the connection")]
    Refused(#[source] io::Error),
    /// The connection failed in another way.
    #[error("the upstream cannot be reached")]
    Unreachable(#[source] io::Error),
    /// This process, or the system, has too many files and connections open.
    #[error("no descriptor is left for a connection to the upstream")]
    NoDescriptor(#[source] io::Error),
    /// It did not take the connection in time.
    #[error("the upstream did not take the connection in time")]
    ConnectTimeout,
    /// There is no TLS with it: its certificate is not trusted, or what it says is no TLS. The
    /// source says which.
    #[error("the upstream's TLS handshake failed")]
    Tls(#[source] io::Error),
    /// It closed the connection before the head of an answer was whole.
    #[error("the upstream closed the connection before it answered")]
    Closed(#[source] hyper::Error),
    /// It gave up this one request (HTTP/2).
    #[error("the upstream reset the request's stream")]
    Reset(#[source] hyper::Error),
    /// What it sent is no HTTP response.
    #[error("the upstream's answer is not valid HTTP")]
    Garbage(#[source] hyper::Error),
    /// The head of its answer has more bytes or fields than allowed.
    #[error("the head of the upstream's answer is too large")]
    HeadTooLarge,
    /// It sent more interim responses than any request needs.
    #[error("the upstream sent too many interim responses")]
    TooManyInterim,
    /// It did not answer in time, or did not take the request.
    #[error("the upstream did not answer in time")]
    ResponseTimeout,
    /// The request's Host is no authority, which HTTP/2 needs.
    #[error("the request's Host is not valid")]
    InvalidHost,
    /// The client's own body broke off or was malformed.
    #[error("the request's body is broken")]
    RequestBody(#[source] hyper::Error),
    /// The client sent nothing of its body for too long.
    #[error("the request's body did not come in time")]
    RequestBodyIdle,
}

impl Error {
    /// Whether the connection was lost, as it is when an app restarts.
    pub(super) fn is_lost_connection(&self) -> bool {
        matches!(self, Self::Closed(_))
    }
}

impl From<hyper::Error> for Error {
    fn from(error: hyper::Error) -> Self {
        if error.is_user() {
            Self::RequestBody(error)
        } else if error.is_parse_too_large() {
            Self::HeadTooLarge
        } else if error.is_parse() {
            Self::Garbage(error)
        } else if is_stalled_write(&error) {
            Self::ResponseTimeout
        } else {
            Self::Closed(error)
        }
    }
}

/// Whether the app took nothing for too long.
fn is_stalled_write(error: &hyper::Error) -> bool {
    let source = error.source();
    let source = source.and_then(|source| source.downcast_ref::<io::Error>());
    source.is_some_and(|source| source.kind() == io::ErrorKind::TimedOut)
}
