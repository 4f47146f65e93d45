//! Why the app did not answer.

use std::{error::Error as _, fmt, io};

use thiserror::Error;

use crate::net::is_lack;

/// Why the app did not answer. The messages name no address and no byte that was sent; their
/// sources name addresses.
#[derive(Debug, Error)]
pub enum Error {
    /// Its name leads to no address.
    #[error("the upstream's name cannot be resolved")]
    Resolve(#[source] io::Error),
    /// Nobody listens there, or whoever does closed the connection in its TLS handshake.
    #[error("the upstream refused the connection")]
    Refused(#[source] Tried),
    /// The connection failed in another way.
    #[error("the upstream cannot be reached")]
    Unreachable(#[source] Tried),
    /// This process, or the system, has had too many files and connections open for all the time
    /// that a connection may take.
    #[error(
        "no descriptor is left for a connection to the upstream: raise the limit of open files, \
         or lower `connections` in `[limits]`"
    )]
    NoDescriptor(#[source] io::Error),
    /// It did not take the connection in time.
    #[error("the upstream did not take the connection in time")]
    ConnectTimeout(#[source] Tried),
    /// There is no TLS with it: its certificate is not trusted, or what it says is no TLS. The
    /// source says which.
    #[error("the upstream's TLS handshake failed")]
    Tls(#[source] Tried),
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

/// The addresses that were tried, and what came of each.
#[derive(Debug, Default)]
pub struct Tried(Vec<(String, io::Error)>);

impl Tried {
    /// Returns what came of one alone.
    pub(super) fn one(place: impl ToString, error: io::Error) -> Self {
        Self(vec![(place.to_string(), error)])
    }

    pub(super) fn add(&mut self, place: impl ToString, error: io::Error) {
        self.0.push((place.to_string(), error));
    }

    /// Whether somebody may be about to listen at one of them.
    pub(super) fn has_refusal(&self) -> bool {
        self.0.iter().any(|(_, error)| is_refusal(error))
    }
}

impl fmt::Display for Tried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (address, error)) in self.0.iter().enumerate() {
            let between = if place == 0 { "" } else { "; " };
            write!(f, "{between}{address}: {error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Tried {}

/// What the most telling of the failures says.
impl From<Tried> for Error {
    fn from(mut tried: Tried) -> Self {
        // A machine without IPv6 says so of `::1`; what is told is what came of the others.
        if !tried.0.iter().all(|(_, error)| is_without_family(error)) {
            tried.0.retain(|(_, error)| !is_without_family(error));
        }
        let any = |is: fn(&io::Error) -> bool| tried.0.iter().position(|(_, error)| is(error));
        if let Some(place) = any(is_lack) {
            return Self::NoDescriptor(tried.0.swap_remove(place).1);
        }
        if tried.has_refusal() {
            return Self::Refused(tried);
        }
        match any(|error| error.kind() == io::ErrorKind::TimedOut) {
            Some(_) => Self::ConnectTimeout(tried),
            None => Self::Unreachable(tried),
        }
    }
}

fn is_refusal(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        // A listener that closes resets what waited in its queue.
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
    )
}

/// EADDRNOTAVAIL, or EAFNOSUPPORT of Linux and of macOS.
fn is_without_family(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::AddrNotAvailable || matches!(error.raw_os_error(), Some(97 | 47))
}

/// Whether the app took nothing for too long.
fn is_stalled_write(error: &hyper::Error) -> bool {
    let source = error.source();
    let source = source.and_then(|source| source.downcast_ref::<io::Error>());
    source.is_some_and(|source| source.kind() == io::ErrorKind::TimedOut)
}

#[cfg(test)]
mod tests {
    use super::*;
    use io::ErrorKind::{AddrNotAvailable, ConnectionRefused, HostUnreachable, TimedOut};

    fn tried(failures: &[io::ErrorKind]) -> Error {
        let mut tried = Tried::default();
        for (place, kind) in failures.iter().enumerate() {
            tried.add(format!("address {place}"), (*kind).into());
        }
        tried.into()
    }

    #[test]
    fn most_telling_failure_is_told() {
        let refused = tried(&[TimedOut, HostUnreachable, ConnectionRefused]);
        assert!(matches!(refused, Error::Refused(_)), "{refused:?}");
        let late = tried(&[HostUnreachable, TimedOut]);
        assert!(matches!(late, Error::ConnectTimeout(_)), "{late:?}");
        let unreachable = tried(&[HostUnreachable]);
        assert!(matches!(unreachable, Error::Unreachable(_)));
    }

    #[test]
    fn lack_of_descriptors_is_told_from_a_dead_app() {
        for number in [23, 24] {
            let mut tried = Tried::one("here", ConnectionRefused.into());
            tried.add("there", io::Error::from_raw_os_error(number));
            assert!(matches!(Error::from(tried), Error::NoDescriptor(_)));
        }
    }

    #[test]
    fn each_address_is_told_with_its_error() {
        let source = tried(&[TimedOut, ConnectionRefused])
            .source()
            .unwrap()
            .to_string();
        assert_eq!(
            source,
            "address 0: timed out; address 1: connection refused"
        );
    }

    #[test]
    fn family_that_is_not_there_is_told_only_if_nothing_else_is() {
        let source = |failures| tried(failures).source().unwrap().to_string();
        let both = source(&[AddrNotAvailable, ConnectionRefused]);
        assert_eq!(both, "address 1: connection refused");
        let alone = source(&[AddrNotAvailable]);
        assert_eq!(alone, "address 0: address not available");
    }
}
