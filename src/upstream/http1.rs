//! One HTTP/1.1 connection to the app, driven by the task that uses it.

use std::{
    future::{Future, poll_fn},
    mem,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Duration,
};

use http::{Request, Response};
use hyper::{
    body::Incoming,
    client::conn::http1::{Builder, SendRequest},
};
use hyper_util::rt::TokioIo;
use tokio_util::task::AbortOnDropHandle;

use super::{
    Error, Limits, RequestBody,
    body::Upload,
    interim,
    retry::{Chance, Lost},
    traffic::{Counted, Traffic},
};
use crate::net::{Interim, Wait};

/// hyper's half of a connection: reads, writes, and ends with the connection.
type Driver = Pin<Box<dyn Future<Output = hyper::Result<()>> + Send>>;

/// A connection that goes on by itself, and comes back.
pub(super) type Detached = AbortOnDropHandle<Connection>;

/// A connection that no request is on.
pub(super) struct Connection {
    sender: SendRequest<RequestBody>,
    /// `None` when the connection has ended.
    driver: Option<Driver>,
    traffic: Arc<Traffic>,
    wait: Wait,
    /// When it was opened, counted in sweeps.
    pub(super) born: u32,
}

impl Connection {
    pub(super) async fn new(stream: Counted, limits: Limits, born: u32) -> Result<Self, Error> {
        let traffic = stream.traffic();
        let mut http = Builder::new();
        // One small copy is cheaper than a vectored write of head and body.
        http.writev(false)
            .preserve_header_case(true)
            // RFC 9112 5.1: a proxy removes such white space from a response.
            .allow_spaces_after_header_name_in_responses(true)
            .http09_responses(false)
            .max_header_size(limits.header_size)
            .max_buf_size(limits.header_size.max(BUFFER));
        if limits.header_count != HYPERS_HEADER_COUNT {
            // Room for another number is allocated for each head.
            http.max_headers(limits.header_count);
        }
        let (sender, connection) = http.handshake(TokioIo::new(stream)).await?;
        let driver = Box::pin(connection.with_upgrades());
        Ok(Self {
            sender,
            driver: Some(driver),
            traffic,
            wait: Wait::new(Duration::MAX),
            born,
        })
    }

    /// Sends `request` and waits for the head of the answer; interim ones go to `interim`.
    ///
    /// `limit` counts from the last byte of the request that the app took, so an upload may take
    /// its time. Nothing of an answer makes it count anew, no interim response and no part of a head.
    pub(super) async fn send(
        mut self,
        mut request: Request<RequestBody>,
        interim: &Interim,
        limit: Duration,
    ) -> Result<(Response<Incoming>, Self), Lost> {
        let read_before = self.traffic.read();
        let mut written = self.traffic.written();
        self.traffic.start();
        self.wait.pause(limit);
        interim::relay(&mut request, interim, &self.traffic);
        let mut answer = pin!(self.sender.try_send_request(request));
        let mut is_first = true;
        let outcome = poll_fn(|cx| {
            // The driver alone moves the answer on, so the task is to be woken by the driver,
            // and only if nothing is there yet: what is taken from it would wake the task too.
            let wakers = [Waker::noop(), cx.waker()];
            for waker in &wakers[usize::from(is_first)..] {
                drive(&mut self.driver, &mut Context::from_waker(waker));
                if let Poll::Ready(outcome) = answer.as_mut().poll(&mut unwoken()) {
                    return Poll::Ready(Some(outcome));
                }
            }
            is_first = false;
            let now = self.traffic.written();
            if mem::replace(&mut written, now) != now {
                self.wait.pause(limit);
            }
            self.wait.poll_end(cx).map(|()| None)
        })
        .await;
        let nothing_came = self.traffic.read() == read_before;
        match outcome {
            Some(Ok(response)) => Ok((response, self)),
            Some(Err(mut failure)) => {
                let unsent = failure.take_message();
                let error = match self.traffic.has_too_many_interims() {
                    true => Error::TooManyInterim,
                    false => failure.into_error().into(),
                };
                let chance = match unsent {
                    Some(request) => Chance::Unsent(Box::new(request)),
                    None if nothing_came && error.is_lost_connection() => Chance::Unanswered,
                    None => Chance::None,
                };
                let waited = self.wait.waited();
                Err(Lost {
                    error,
                    chance,
                    waited,
                })
            }
            None => Err(Error::ResponseTimeout.into()),
        }
    }

    /// Moves the connection on; does nothing after its end.
    pub(super) fn drive(&mut self, cx: &mut Context<'_>) {
        drive(&mut self.driver, cx);
    }

    /// Moves the connection on as far as it goes without waiting, and leaves no waker in it.
    pub(super) fn settle(&mut self) {
        drive(&mut self.driver, &mut unwoken());
    }

    /// Whether it can carry nothing more, as far as is known without waiting.
    pub(super) fn has_ended(&self) -> bool {
        self.driver.is_none()
    }

    /// Whether a request can be sent, as far as is known without waiting.
    pub(super) fn is_ready(&self) -> bool {
        self.driver.is_some() && self.sender.is_ready()
    }

    /// Returns its timer, for the body that comes on it, piece by piece within `limit`.
    pub(super) fn take_wait(&mut self, limit: Duration) -> Wait {
        let mut wait = mem::replace(&mut self.wait, Wait::new(limit));
        wait.pause(limit);
        wait
    }

    /// Takes its timer back.
    pub(super) fn put_wait(&mut self, wait: Wait) {
        self.wait = wait;
    }

    /// Closes the connection, which no request is on, properly: TLS says so (RFC 9112 9.8).
    pub(super) fn close(self) {
        let Self {
            sender, mut driver, ..
        } = self;
        drop(sender);
        drive(&mut driver, &mut unwoken());
    }

    /// Lets the connection become what its last answer, a 101, has announced.
    pub(super) fn upgrade(self) {
        if let Some(driver) = self.driver {
            tokio::spawn(driver);
        }
    }

    /// Lets the connection go on by itself for as long as the handle is kept, to its end or
    /// until `upload` is over, if there is one.
    pub(super) fn detach(mut self, upload: Option<Upload>) -> Detached {
        AbortOnDropHandle::new(tokio::spawn(async move {
            poll_fn(|cx| {
                self.drive(cx);
                let is_over = upload.as_ref().is_some_and(|it| !it.is_on_its_way());
                match is_over || self.has_ended() {
                    true => Poll::Ready(()),
                    false => Poll::Pending,
                }
            })
            .await;
            self
        }))
    }
}

/// For looks at what only this task changes: nobody is to be woken for it.
pub(super) fn unwoken() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

fn drive(driver: &mut Option<Driver>, cx: &mut Context<'_>) {
    if let Some(running) = driver
        && running.as_mut().poll(cx).is_ready()
    {
        *driver = None;
    }
}

/// hyper keeps room for so many without an allocation.
const HYPERS_HEADER_COUNT: usize = 100;

/// Of a body at a time, in either direction: a client that does not read leaves several of
/// them in memory.
const BUFFER: usize = 64 * 1024;
