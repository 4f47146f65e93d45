//! Why the app did not answer.

use std::io;

use thiserror::Error;

/// Why the app did not answer. The messages name no address and no byte that was sent.
#[derive(Debug, Error)]
pub enum Error {
    /// Its name leads to no address.
    #[error("the upstream's name cannot be resolved")]
    Resolve(#[source] io::Error),
    /// Nobody listens there.
    #[error("the upstream refused the connection")]
    Refused(#[source] io::Error),
    /// The connection failed in another way.
    #[error("the upstream cannot be reached")]
    Unreachable(#[source] io::Error),
    /// It did not take the connection in time.
    #[error("the upstream did not take the connection in time")]
    ConnectTimeout,
    /// It closed the connection before the head of an answer was whole.
    #[error("the upstream closed the connection before it answered")]
    Closed(#[source] hyper::Error),
    /// What it sent is no HTTP/1 response.
    #[error("the upstream's answer is not valid HTTP")]
    Garbage(#[source] hyper::Error),
    /// The head of its answer has more than 100 fields or 400 KB, hyper's bounds.
    #[error("the head of the upstream's answer is too large")]
    HeadTooLarge(#[source] hyper::Error),
    /// It did not answer in time.
    #[error("the upstream did not answer in time")]
    ResponseTimeout,
    /// The client's own body broke off or was malformed.
    #[error("the request's body is broken")]
    RequestBody(#[source] hyper::Error),
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
            Self::HeadTooLarge(error)
        } else if error.is_parse() {
            Self::Garbage(error)
        } else {
            Self::Closed(error)
        }
    }
}
