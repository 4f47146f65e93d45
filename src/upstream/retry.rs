//! Whether a request that got no answer may be sent again.

use std::time::Duration;

use http::{Method, Request, request::Parts};
use hyper::body::Body as _;

use super::{Error, RequestBody, body::Upload};

/// A request that got no answer.
pub(super) struct Lost {
    pub(super) error: Error,
    pub(super) chance: Chance,
    /// How long its answer had been waited for.
    pub(super) waited: Duration,
}

/// What is known of how far it came.
pub(super) enum Chance {
    /// Nothing of it was written; this is it.
    Unsent(Box<Request<RequestBody>>),
    /// The app says that it did nothing with it (RFC 9113 8.7).
    Unprocessed,
    /// The connection was lost before a byte of an answer came.
    Unanswered,
    /// Too far.
    None,
}

/// A copy of a request's head.
pub(super) struct Spare {
    /// `None` where it is not needed.
    parts: Option<Parts>,
    has_body: bool,
    /// Whether it goes to the app once, whatever it is.
    goes_once: bool,
}

impl Spare {
    /// Returns that of a request that may be sent again as it is; of any request where it
    /// goes out in HTTP/2, which writes it in another way.
    ///
    /// One that `goes_once` is for a connection that the app has authenticated, or is to: on
    /// another one it would be somebody else's.
    pub(super) fn of(request: &Request<RequestBody>, is_http2: bool, goes_once: bool) -> Self {
        let has_body = !request.body().is_end_stream();
        let is_wanted = is_http2 || !goes_once && !has_body && is_safe(request.method());
        let copy = |request: &Request<RequestBody>| {
            let mut parts = Request::new(()).into_parts().0;
            parts.method = request.method().clone();
            parts.uri = request.uri().clone();
            parts.version = request.version();
            parts.headers = request.headers().clone();
            parts.extensions = request.extensions().clone();
            parts
        };
        Self {
            parts: is_wanted.then(|| copy(request)),
            has_body,
            goes_once,
        }
    }
}

impl Lost {
    /// Says that it is the client's fault, where its body has failed.
    pub(super) fn blame(self, upload: &Upload) -> Self {
        let error = match self.error {
            _ if upload.is_idle() => Error::RequestBodyIdle,
            Error::Closed(error) | Error::Reset(error) | Error::Garbage(error)
                if upload.is_broken() =>
            {
                Error::RequestBody(error)
            }
            error => error,
        };
        Self { error, ..self }
    }

    /// Returns the request to send once more.
    ///
    /// # Errors
    ///
    /// That could have an effect twice (RFC 9110 9.2.2), its body is gone, or it goes once.
    pub(super) fn again(self, spare: &Spare) -> Result<Request<RequestBody>, Error> {
        let copy = |parts: &Parts| Request::from_parts(parts.clone(), RequestBody::none());
        match (self.chance, &spare.parts) {
            (Chance::Unsent(request), Some(parts)) => {
                Ok(Request::from_parts(parts.clone(), request.into_body()))
            }
            (Chance::Unsent(request), None) => Ok(*request),
            _ if spare.has_body || spare.goes_once => Err(self.error),
            (Chance::Unprocessed, Some(parts)) => Ok(copy(parts)),
            (Chance::Unanswered, Some(parts)) if is_safe(&parts.method) => Ok(copy(parts)),
            _ => Err(self.error),
        }
    }
}

impl From<Error> for Lost {
    fn from(error: Error) -> Self {
        Self {
            error,
            chance: Chance::None,
            waited: Duration::ZERO,
        }
    }
}

/// Whether a request may be sent twice; PUT and DELETE may too, but apps often do not think so.
fn is_safe(method: &Method) -> bool {
    matches!(
        *method,
        Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE
    )
}
