//! The app behind: connect to it, keep connections for reuse, send it a
//! request and hand back the head of its answer with a body that streams.
//!
//! An HTTP/1.1 connection is driven by whoever uses it: the future that waits for
//! the head, then the body while it is read. So one request is one task, a reader
//! that is slow slows the app down, and one that goes away closes the
//! connection. Nothing here knows what a policy is.

mod addresses;
mod binding;
mod body;
mod connect;
mod convert;
mod error;
mod http1;
mod http2;
mod identity;
mod interim;
mod lookup;
mod pool;
mod race;
mod retry;
mod route;
mod target;
mod traffic;
mod untrusted;

#[cfg(test)]
mod tests;

use std::{
    fmt,
    sync::{Arc, Once, atomic::AtomicBool},
    time::Duration,
};

use http::{
    HeaderMap, HeaderValue, Request, Response, StatusCode,
    header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, EXPECT, UPGRADE},
};
use hyper::body::Incoming;
use tokio::time::sleep;
use tracing::warn;

use crate::net::Interim;

use binding::Owner;
use body::{Carrier, Upload};
use http1::Connection;
use http2::{Http2, Open};
use pool::{Pool, SWEEPS};
use retry::{Lost, Spare};
use route::Route;

pub use binding::Binding;
pub use body::{BrokenRequest, BrokenResponse, RequestBody, ResponseBody};
pub use connect::Connector;
pub use error::{Error, Tried};
pub use target::{Address, Limits, Protocol, Target, Timeouts};

/// What the app answered, its body still to come.
pub struct Answer {
    /// Head and streaming body, in the version that the app speaks.
    pub response: Response<ResponseBody>,
    /// How many times the request was sent; 1 to 3.
    pub attempts: u32,
}

/// The app, and the connections to it that are free.
pub struct Upstream {
    host: String,
    protocol: Protocol,
    is_tls: bool,
    limits: Limits,
    timeouts: Timeouts,
    connector: Arc<Connector>,
    /// Those of a name are replaced: it may lead elsewhere by now.
    max_age: Duration,
    http2: Http2,
    /// Whether the last handshake has agreed on HTTP/1.1.
    agreed_on_http1: AtomicBool,
    /// Once it was said that nothing is bound in HTTP/2.
    unbound_http2: Once,
    shared: Arc<Shared>,
}

/// What bodies need after their head is gone.
struct Shared {
    pool: Pool,
    /// Called for each answer's body that broke off.
    on_broken: Box<dyn Fn() + Send + Sync>,
}

impl Upstream {
    /// Returns an upstream without a connection; `connector` opens them.
    pub fn new(connector: Arc<Connector>, limits: Limits, timeouts: Timeouts) -> Self {
        let target = &connector.target;
        let max_age = match target.address.is_name() {
            true => MAX_AGE,
            false => Duration::MAX,
        };
        let ages = max_age.as_millis() / pause(timeouts).as_millis().max(1);
        let pool = Pool::new(
            !timeouts.idle.is_zero(),
            u32::try_from(ages).unwrap_or(u32::MAX),
            connector.descriptors.clone(),
        );
        let on_broken = Box::new(|| {});
        Self {
            host: target.host(),
            protocol: target.protocol,
            is_tls: target.tls.is_some(),
            limits,
            timeouts,
            connector,
            max_age,
            http2: Http2::default(),
            agreed_on_http1: false.into(),
            unbound_http2: Once::new(),
            shared: Arc::new(Shared { pool, on_broken }),
        }
    }

    /// Calls `action` for each answer whose body broke off; it must not block.
    #[must_use]
    pub fn on_broken_body(mut self, action: impl Fn() + Send + Sync + 'static) -> Self {
        if let Some(shared) = Arc::get_mut(&mut self.shared) {
            shared.on_broken = Box::new(action);
        }
        self
    }

    /// The app as a Host line names it: `host:port`, or `localhost` for a Unix socket.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The longest wait for a piece of a request's body.
    pub fn body_idle(&self) -> Duration {
        self.timeouts.body_idle
    }

    /// Sends `request`, in origin-form with Host, and returns the head of the answer. The
    /// app's interim responses but 101 go to `interim`; over HTTP/2 there are none.
    ///
    /// A request with an Upgrade line goes out in HTTP/1.1, the line with it, unless the app
    /// speaks HTTP/2 alone.
    ///
    /// A request is sent again only if the try before cannot have had an effect
    /// that another one would double: it never left, the app said that it did nothing with it,
    /// or it is idempotent, has no body, and not a byte of an answer came (RFC 9110 9.2.2, RFC
    /// 9113 8.7). That is done twice at most: an app that dies closes its listener last, and
    /// takes new connections with it while it does, so the second try after a restart may be
    /// lost too.
    ///
    /// From the first request on that authenticates its connection (NTLM, Negotiate), or answer
    /// that asks for one, requests of `client` go on a connection to the app that nobody else's
    /// go on, and none of them twice. `None` is a client that sends several at once: the
    /// connection of such a request is closed after it. HTTP/2 to the app has no such connection.
    ///
    /// # Errors
    ///
    /// The app cannot be reached, answers no HTTP, or not in time; or the request's body fails.
    pub async fn send(
        &self,
        mut request: Request<RequestBody>,
        interim: &Interim,
        client: Option<&Binding>,
    ) -> Result<Answer, Error> {
        let owner = Owner::of(request.headers(), client);
        // Where the app speaks nothing else there is nothing to ask.
        let needs_http1 =
            self.may_speak_http2() && (request.headers().contains_key(UPGRADE) || owner.is_bound());
        let speaks_http2 = self.may_speak_http2() && !needs_http1;
        let spare = Spare::of(&request, speaks_http2, owner.is_private());
        let body = request.body_mut();
        let answered_limit = self.timeouts.stream_idle.max(self.timeouts.body_idle);
        body.limit(self.timeouts.body_idle, answered_limit);
        let mut attempts = 1;
        let mut limit = self.timeouts.response_head;
        loop {
            let route = match owner.take().await {
                Some(connection) => Route::Http1(connection),
                None => {
                    let is_new = attempts > 1 || owner.is_private();
                    self.route(needs_http1, is_new).await?
                }
            };
            let sent = match route {
                Route::Http1(connection) => {
                    self.send_http1(connection, request, interim, limit, &owner)
                        .await
                }
                Route::Http2(open) => self.send_http2(open, request, interim, limit, &owner).await,
            };
            let lost = match sent {
                Ok(response) => return Ok(Answer { response, attempts }),
                Err(lost) => lost,
            };
            let Some(pause) = PAUSES.get(attempts as usize - 1) else {
                return Err(lost.error);
            };
            // The client waits for one answer, however often the request is sent.
            limit = limit.saturating_sub(lost.waited);
            request = lost.again(&spare)?;
            if !pause.is_zero() {
                sleep(*pause).await;
            }
            attempts += 1;
        }
    }

    /// Closes connections that have been free for too long, and all that are free when somebody
    /// begins to wait for a descriptor, until it is dropped.
    pub async fn sweep(&self) {
        let descriptors = &self.connector.descriptors;
        let mut every = tokio::time::interval(pause(self.timeouts));
        loop {
            tokio::select! {
                _ = every.tick() => {
                    self.shared.pool.sweep();
                    self.http2.sweep(self.max_age);
                }
                () = descriptors.next_wanted() => {}
            }
            if descriptors.is_wanted() {
                self.shared.pool.let_go();
            }
        }
    }

    async fn send_http1(
        &self,
        connection: Connection,
        mut request: Request<RequestBody>,
        interim: &Interim,
        limit: Duration,
        owner: &Owner,
    ) -> Result<Response<ResponseBody>, Lost> {
        owner.bind();
        if self.timeouts.idle.is_zero() && !owner.is_private() {
            say_close(request.headers_mut());
        }
        let upload = request.body().upload();
        let (response, connection) = match connection.send(request, interim, limit).await {
            Ok(answered) => answered,
            Err(lost) => return Err(lost.blame(&upload)),
        };
        upload.set_answered();
        let owner = owner.after(&response);
        if response.status() == StatusCode::SWITCHING_PROTOCOLS {
            connection.upgrade();
            return Ok(self.with_body(response, Carrier::None, owner, upload));
        }
        let carrier = match upload.is_on_its_way() {
            false => Carrier::Driven(connection),
            // A client may send all of its body before it reads: then the rest of it has to
            // go on even while nobody takes the answer's body.
            true => {
                let until = owner.is_private().then(|| upload.clone());
                Carrier::Detached(connection.detach(until))
            }
        };
        let mut response = self.with_body(response, carrier, owner, upload);
        response.body_mut().finish();
        Ok(response)
    }

    async fn send_http2(
        &self,
        mut open: Open,
        mut request: Request<RequestBody>,
        interim: &Interim,
        limit: Duration,
        owner: &Owner,
    ) -> Result<Response<ResponseBody>, Lost> {
        let upload = request.body().upload();
        if owner.is_private() {
            // No request after this one goes where the app may know its user.
            self.http2.discard(&open);
            self.warn_unbound();
        }
        convert::to_http2(&mut request, self.is_tls, &self.host)?;
        // hyper does not say when an app wants the body; RFC 9110 10.1.1 lets a proxy ask for it
        // where the app would not.
        if request.headers_mut().remove(EXPECT).is_some() {
            interim.send(StatusCode::CONTINUE, &HeaderMap::new());
        }
        let stream = open.stream();
        match open.send(request, &upload, self.limits, limit).await {
            Ok(response) => {
                upload.set_answered();
                if identity::is_asked_for(&response) {
                    self.warn_unbound();
                }
                let carrier = Carrier::Stream(stream);
                Ok(self.with_body(response, carrier, owner.clone(), upload))
            }
            Err(lost) => {
                // An app that is gone without a word shows itself by silence alone.
                let is_bad = matches!(lost.error, Error::Garbage(_) | Error::ResponseTimeout);
                if is_bad || lost.error.is_lost_connection() {
                    self.http2.discard(&open);
                }
                Err(lost.blame(&upload))
            }
        }
    }

    fn warn_unbound(&self) {
        self.unbound_http2.call_once(|| {
            warn!(
                "NTLM and Negotiate authenticate a connection, which HTTP/2 to the upstream cannot \
                 offer; write `upstream_protocol = \"http1\"` if the app speaks that"
            );
        });
    }

    fn with_body(
        &self,
        response: Response<Incoming>,
        carrier: Carrier,
        owner: Owner,
        upload: Upload,
    ) -> Response<ResponseBody> {
        let content = response.headers().get(CONTENT_TYPE);
        let is_event_stream = content.is_some_and(|it| begins(it, b"text/event-stream"));
        // In both silence is usual.
        let is_stream =
            is_event_stream || content.is_some_and(|it| begins(it, b"application/grpc"));
        let limit = match is_stream {
            true => self.timeouts.stream_idle,
            false => self.timeouts.body_idle,
        };
        let length = response.headers().get(CONTENT_LENGTH);
        let says_empty = length.is_some_and(|length| length == "0");
        let shared = Arc::clone(&self.shared);
        let mut response = response
            .map(|incoming| ResponseBody::new(incoming, carrier, owner, upload, limit, shared));
        if says_empty {
            response.body_mut().say_empty();
        }
        if is_event_stream {
            response.body_mut().set_event_stream();
        }
        response
    }
}

/// Logs show where the app listens.
impl fmt::Display for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.connector.target.address.fmt(f)
    }
}

/// RFC 9112 9.3: "A client that does not support persistent connections MUST send the "close"
/// connection option in every request message". One that asks for an upgrade says already what
/// is to become of its connection.
fn say_close(headers: &mut HeaderMap) {
    if headers.contains_key(UPGRADE) {
        return;
    }
    let options = match headers.get(CONNECTION) {
        Some(kept) => [kept.as_bytes(), b", close"].concat(),
        None => b"close".to_vec(),
    };
    if let Ok(options) = HeaderValue::from_bytes(&options) {
        headers.insert(CONNECTION, options);
    }
}

/// Whether a media type is this one, or begins so.
fn begins(content: &HeaderValue, with: &[u8]) -> bool {
    let start = content.as_bytes().get(..with.len());
    start.is_some_and(|start| start.eq_ignore_ascii_case(with))
}

/// Between two sweeps.
fn pause(timeouts: Timeouts) -> Duration {
    if timeouts.idle.is_zero() {
        // There are no HTTP/1.1 connections to close.
        return Duration::from_secs(1);
    }
    (timeouts.idle / (SWEEPS + 1)).max(Duration::from_millis(1))
}

/// Before a second and a third try. What is needed for a pooled connection that was
/// closed is a new one; what is needed for an app that dies is time to be dead, a
/// few milliseconds.
const PAUSES: [Duration; 2] = [Duration::ZERO, Duration::from_millis(50)];

/// How long a connection to a name is used.
const MAX_AGE: Duration = Duration::from_secs(60);
