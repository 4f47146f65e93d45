//! One HTTP/1.1 connection to the app, driven by the task that uses it.

use std::{
    future::{Future, poll_fn},
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
use tokio::{
    net::TcpStream,
    time::{Instant, Sleep, sleep_until},
};
use tokio_util::task::AbortOnDropHandle;

use super::{
    Error, RequestBody,
    traffic::{Counted, Traffic},
};

/// hyper's half of a connection: reads, writes, and ends with the connection.
type Driver = Pin<Box<dyn Future<Output = hyper::Result<()>> + Send>>;

/// A connection that goes on by itself.
pub(super) type Detached = AbortOnDropHandle<hyper::Result<()>>;

/// A connection that no request is on.
pub(super) struct Connection {
    sender: SendRequest<RequestBody>,
    /// `None` when the connection has ended.
    driver: Option<Driver>,
    traffic: Arc<Traffic>,
    patience: Patience,
}

/// A request that got no answer.
pub(super) struct Lost {
    pub(super) error: Error,
    /// The request, where not a byte of it was written.
    pub(super) unsent: Option<Box<Request<RequestBody>>>,
    /// Whether not a byte of an answer came.
    pub(super) nothing_came: bool,
}

impl Connection {
    pub(super) async fn new(stream: TcpStream) -> Result<Self, Error> {
        let traffic = Arc::new(Traffic::default());
        let stream = TokioIo::new(Counted::new(stream, Arc::clone(&traffic)));
        let (sender, connection) = Builder::new()
            // One small copy is cheaper than a vectored write of head and body.
            .writev(false)
            .preserve_header_case(true)
            // RFC 9112 5.1: a proxy removes such white space from a response.
            .allow_spaces_after_header_name_in_responses(true)
            .handshake(stream)
            .await?;
        let driver = Box::pin(connection.with_upgrades());
        Ok(Self {
            sender,
            driver: Some(driver),
            traffic,
            patience: Patience::new(),
        })
    }

    /// Sends `request` and waits for the head of the answer.
    ///
    /// `limit` counts anew while bytes of the request go out, so an upload may take its time.
    pub(super) async fn send(
        mut self,
        request: Request<RequestBody>,
        limit: Duration,
    ) -> Result<(Response<Incoming>, Self), Lost> {
        let read_before = self.traffic.read();
        self.patience.start(limit, &self.traffic);
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
            self.patience.poll_end(&self.traffic, cx).map(|()| None)
        })
        .await;
        let nothing_came = self.traffic.read() == read_before;
        match outcome {
            Some(Ok(response)) => Ok((response, self)),
            Some(Err(mut failure)) => Err(Lost {
                unsent: failure.take_message().map(Box::new),
                error: failure.into_error().into(),
                nothing_came,
            }),
            None => Err(Lost {
                error: Error::ResponseTimeout,
                unsent: None,
                nothing_came,
            }),
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

    /// Whether a request can be sent, as far as is known without waiting.
    pub(super) fn is_ready(&self) -> bool {
        self.driver.is_some() && self.sender.is_ready()
    }

    /// Lets the connection become what its last answer, a 101, has announced.
    pub(super) fn upgrade(self) {
        if let Some(driver) = self.driver {
            tokio::spawn(driver);
        }
    }

    /// Lets the connection go on by itself for as long as the handle is kept; it
    /// carries no other request.
    pub(super) fn detach(self) -> Option<Detached> {
        let driver = self.driver?;
        Some(AbortOnDropHandle::new(tokio::spawn(driver)))
    }
}

/// How long an answer is waited for.
///
/// The timer outlives the request: it is set anew only when it rings, which
/// makes a request cost no timer.
struct Patience {
    timer: Pin<Box<Sleep>>,
    limit: Duration,
    since: Instant,
    written: u64,
}

impl Patience {
    fn new() -> Self {
        let now = Instant::now();
        Self {
            timer: Box::pin(sleep_until(now)),
            limit: Duration::ZERO,
            since: now,
            written: 0,
        }
    }

    fn start(&mut self, limit: Duration, traffic: &Traffic) {
        self.limit = limit;
        self.since = Instant::now();
        self.written = traffic.written();
    }

    /// Ready when neither an answer came nor a byte of the request went out for the limit.
    fn poll_end(&mut self, traffic: &Traffic, cx: &mut Context<'_>) -> Poll<()> {
        while self.timer.as_mut().poll(cx).is_ready() {
            if self.written != traffic.written() {
                self.start(self.limit, traffic);
            }
            let end = self.since + self.limit;
            if end <= Instant::now() {
                return Poll::Ready(());
            }
            self.timer.as_mut().reset(end);
        }
        Poll::Pending
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
