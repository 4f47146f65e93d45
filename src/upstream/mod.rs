//! The app behind: connect to it, keep connections for reuse, send it a
//! request and hand back the head of its answer with a body that streams.
//!
//! A connection is driven by whoever uses it: the future that waits for the
//! head, then the body while it is read. So one request is one task, a reader
//! that is slow slows the app down, and one that goes away closes the
//! connection. Nothing here knows what a policy is.

mod body;
mod connect;
mod connection;
mod error;
mod pool;
mod traffic;

use std::{fmt, sync::Arc, time::Duration};

use http::{Method, Request, Response, StatusCode, header::CONTENT_LENGTH, request::Parts};
use hyper::body::Body as _;
use tokio::time::sleep;

use connection::{Connection, Lost};
use pool::{Pool, SWEEPS};

pub use body::{RequestBody, ResponseBody};
pub use error::Error;

/// What the app answered, its body still to come.
pub struct Answer {
    /// Head and streaming body.
    pub response: Response<ResponseBody>,
    /// How many times the request was sent; 1 to 3.
    pub attempts: u32,
}

/// Where the app listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority {
    /// A name or an address, without brackets.
    pub host: String,
    /// The TCP port.
    pub port: u16,
}

/// How long the app may take.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// For a connection, all addresses and tries together.
    pub connect: Duration,
    /// For the head of the answer, counted from the last byte of the request that was taken.
    pub response_head: Duration,
    /// How long an unused connection is kept; it goes when four fifths are over. Most apps
    /// close theirs later (Node and uvicorn after 5 s), and the side that closes first loses
    /// no request. One that an app closes earlier (gunicorn after 2 s) is mostly noticed in time.
    pub idle: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            response_head: Duration::from_secs(60),
            idle: Duration::from_secs(4),
        }
    }
}

/// The app, and the connections to it that are free.
pub struct Upstream {
    authority: Authority,
    timeouts: Timeouts,
    pool: Arc<Pool>,
}

impl Upstream {
    /// Returns an upstream without a connection; the app need not be up yet.
    pub fn new(authority: Authority, timeouts: Timeouts) -> Self {
        let pool = Arc::new(Pool::default());
        Self {
            authority,
            timeouts,
            pool,
        }
    }

    /// Where the app listens.
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// Sends `request`, in origin-form, and returns the head of the answer.
    ///
    /// A request is sent again only if the try before cannot have had an effect
    /// that another one would double: it never left, or it is idempotent, has no
    /// body, and not a byte of an answer came (RFC 9110 9.2.2). That is done twice at
    /// most: an app that dies closes its listener last, and takes new connections
    /// with it while it does, so the second try after a restart may be lost too.
    ///
    /// # Errors
    ///
    /// The app cannot be reached, answers no HTTP, or not in time.
    pub async fn send(&self, request: Request<RequestBody>) -> Result<Answer, Error> {
        let (parts, body) = request.into_parts();
        let spare = may_repeat(&parts.method, &body).then(|| parts.clone());
        let mut request = Request::from_parts(parts, body);
        let mut connection = match self.pool.take() {
            Some(connection) => connection,
            None => self.connect().await?,
        };
        let mut attempts = 1;
        loop {
            let lost = match self.exchange(connection, request).await {
                Ok(response) => return Ok(Answer { response, attempts }),
                Err(lost) => lost,
            };
            let Some(pause) = PAUSES.get(attempts as usize - 1) else {
                return Err(lost.error);
            };
            request = lost.again(spare.as_ref())?;
            if !pause.is_zero() {
                sleep(*pause).await;
            }
            connection = self.connect().await?;
            attempts += 1;
        }
    }

    /// Closes connections that have been free for too long, until it is dropped.
    pub async fn sweep(&self) {
        let pause = self.timeouts.idle / (SWEEPS + 1);
        let mut every = tokio::time::interval(pause.max(Duration::from_millis(1)));
        loop {
            every.tick().await;
            self.pool.sweep();
        }
    }

    async fn connect(&self) -> Result<Connection, Error> {
        let stream = connect::connect(&self.authority, self.timeouts.connect).await?;
        Connection::new(stream).await
    }

    async fn exchange(
        &self,
        connection: Connection,
        request: Request<RequestBody>,
    ) -> Result<Response<ResponseBody>, Lost> {
        let limit = self.timeouts.response_head;
        let upload = request.body().presence();
        let (response, connection) = connection.send(request, limit).await?;
        let pool = Arc::clone(&self.pool);
        if response.status() == StatusCode::SWITCHING_PROTOCOLS {
            connection.upgrade();
            return Ok(response.map(|incoming| ResponseBody::detached(incoming, None, pool)));
        }
        let mut response = response.map(|incoming| match upload.strong_count() {
            0 => ResponseBody::driving(incoming, connection, pool),
            // A client may send all of its body before it reads: then the rest of it has to
            // go on even while nobody takes the answer's body.
            _ => ResponseBody::detached(incoming, connection.detach(), pool),
        });
        if let Some(length) = response.headers().get(CONTENT_LENGTH)
            && length == "0"
        {
            response.body_mut().say_empty();
        }
        response.body_mut().finish();
        Ok(response)
    }
}

impl Lost {
    /// Returns the request to send once more; `spare` is a copy of one that may be repeated.
    fn again(self, spare: Option<&Parts>) -> Result<Request<RequestBody>, Error> {
        match (self.unsent, spare) {
            (Some(request), _) => Ok(*request),
            (None, Some(parts)) if self.nothing_came && self.error.is_lost_connection() => {
                Ok(Request::from_parts(parts.clone(), RequestBody::none()))
            }
            _ => Err(self.error),
        }
    }
}

/// Before a second and a third try. What is needed for a pooled connection that was
/// closed is a new one; what is needed for an app that dies is time to be dead, a
/// few milliseconds.
const PAUSES: [Duration; 2] = [Duration::ZERO, Duration::from_millis(50)];

impl fmt::Display for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host.contains(':') {
            true => write!(f, "[{}]:{}", self.host, self.port),
            false => write!(f, "{}:{}", self.host, self.port),
        }
    }
}

/// Whether a request that was sent may be sent again (RFC 9110 9.2.2); a body is gone once sent.
fn may_repeat(method: &Method, body: &RequestBody) -> bool {
    let is_safe = matches!(
        *method,
        Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE
    );
    is_safe && body.is_end_stream()
}
