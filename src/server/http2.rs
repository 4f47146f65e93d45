//! HTTP/2 on a client's connection: hyper, with a task for each stream. A
//! stream whose client does not take the answer is reset by its own task.

use std::{
    cell::Cell,
    convert::Infallible,
    error::Error,
    future::{Future, poll_fn},
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use hyper::{
    body::{Body, Incoming},
    rt::{Executor, Read, Write, bounds::Http2ServerConnExec},
    server::conn::http2::{Builder, Connection},
    service::{HttpService, service_fn},
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::time::{Instant, Sleep, sleep_until};
use tokio_util::io::InspectReader;
use tracing::debug;

use super::{
    CLOSING, Handler, Limits, Settings,
    activity::{Activity, InFlight},
    answer::{GIVEN, Given, Purpose, Shared},
    connection::Drive,
    rewound::Rewound,
};

/// Returns the connection, to be driven.
pub(super) fn connect<H: Handler>(
    stream: Rewound,
    activity: &Arc<Activity>,
    shared: Shared<H>,
) -> impl Drive {
    let streams = Streams {
        activity: Arc::clone(activity),
        settings: Arc::clone(&shared.settings),
    };
    let http = builder(streams, &shared.settings.limits);
    let shared = Arc::new(shared);
    let service = service_fn(move |request| {
        let shared = Arc::clone(&shared);
        async move { Ok::<_, Infallible>(shared.answer(request, None).await) }
    });
    let activity = Arc::clone(activity);
    let stream = InspectReader::new(stream, move |_| activity.hear());
    http.serve_connection(TokioIo::new(stream), service)
}

fn builder(streams: Streams, limits: &Limits) -> Builder<Streams> {
    let mut http = Builder::new(streams);
    http.timer(TokioTimer::new())
        .keep_alive_interval(PING_INTERVAL)
        .keep_alive_timeout(PING_LIMIT)
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(list_size(limits))
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_send_buf_size(SEND_BUFFER)
        .max_pending_accept_reset_streams(PENDING_RESETS)
        .max_local_error_reset_streams(ERROR_RESETS)
        // WebSocket (RFC 8441); what it means is the handler's business.
        .enable_connect_protocol()
        // Nothing is added to what the app answered.
        .auto_date_header(false);
    http
}

impl<I, B, S, E> Drive for Connection<I, S, E>
where
    Self: Future<Output = hyper::Result<()>>,
    S: HttpService<Incoming, ResBody = B, Error = Infallible>,
    I: Read + Write + Unpin,
    B: Body + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
    E: Http2ServerConnExec<S::Future, B>,
{
    fn drain(self: Pin<&mut Self>) {
        self.graceful_shutdown();
    }

    fn expire(self: Pin<&mut Self>) {
        self.graceful_shutdown();
    }
}

/// How much of a head the h2 library takes, which counts 32 bytes more for each field. With so
/// much, a head with a field for each cookie of ten bytes or more is bounded as in HTTP/1.1,
/// by ourselves.
fn list_size(limits: &Limits) -> u32 {
    let size = limits.header_size.saturating_mul(OVERHEAD);
    u32::try_from(size).unwrap_or(u32::MAX)
}

/// Runs the streams of one connection.
#[derive(Clone)]
struct Streams {
    activity: Arc<Activity>,
    settings: Arc<Settings>,
}

/// A stream is what hyper makes of a request and its answer, and one more for a tunnel.
impl<F: Future<Output = ()> + Send + 'static> Executor<F> for Streams {
    fn execute(&self, stream: F) {
        let in_flight = self.activity.begin();
        let settings = Arc::clone(&self.settings);
        let bounded = async move {
            bounded(stream, &in_flight, &settings).await;
            drop(in_flight);
        };
        tokio::spawn(GIVEN.scope(Cell::default(), bounded));
    }
}

/// Drives `stream`, and drops it, which resets it, when the client has not taken what the
/// answer's body gave for too long, or when the process ends and it does not.
async fn bounded(stream: impl Future<Output = ()>, in_flight: &InFlight, settings: &Settings) {
    let mut stream = pin!(stream);
    let mut stall = Stall::default();
    let mut end = None;
    poll_fn(|cx| {
        if stream.as_mut().poll(cx).is_ready() {
            return Poll::Ready(());
        }
        let given = GIVEN.with(Cell::get);
        // Most have an end of their own, and need not wait for another one.
        if given.purpose != Purpose::Request {
            let new = || Box::pin(ended(given.purpose, in_flight, settings));
            let end = end.get_or_insert_with(new);
            if end.as_mut().poll(cx).is_ready() {
                return Poll::Ready(());
            }
        }
        stall.poll(given, settings.timeouts.write, cx)
    })
    .await;
}

/// Waits until the process has to end what goes on until somebody ends it.
async fn ended(purpose: Purpose, in_flight: &InFlight, settings: &Settings) {
    let is_tunnel = purpose == Purpose::Tunnel;
    if is_tunnel {
        in_flight.set_tunnel();
    }
    let deadlines = settings.shutdown.subscribe().asked().await;
    sleep_until(match is_tunnel {
        // Whoever holds it ends it by then; here it is reset if the client takes nothing.
        true => deadlines.tunnels + CLOSING,
        false => deadlines.event_streams,
    })
    .await;
}

/// How long a stream's client has taken nothing.
#[derive(Default)]
struct Stall {
    /// What had been given when the timer was set.
    given: Given,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Stall {
    fn poll(&mut self, given: Given, limit: Duration, cx: &mut Context<'_>) -> Poll<()> {
        if !given.waits {
            self.timer = None;
            return Poll::Pending;
        }
        if given != self.given {
            self.given = given;
            self.timer = None;
        }
        let new = || Box::pin(sleep_until(Instant::now() + limit));
        let timer = self.timer.get_or_insert_with(new);
        if timer.as_mut().poll(cx).is_ready() {
            debug!("stream reset: the client took nothing of the answer for too long");
            return Poll::Ready(());
        }
        Poll::Pending
    }
}

/// A client that is gone without a word is found out within the sum of both.
const PING_INTERVAL: Duration = Duration::from_secs(30);
const PING_LIMIT: Duration = Duration::from_secs(20);

/// Requests of one connection at a time, as nginx and HAProxy have it.
const STREAMS: u32 = 100;

/// What the client may send of one request, or of all, before the app has taken it.
const STREAM_WINDOW: u32 = 256 * 1024;
const CONNECTION_WINDOW: u32 = 1024 * 1024;

/// Of one answer that the client has not taken.
const SEND_BUFFER: usize = 64 * 1024;

/// `cookie`, ten bytes and 32 are 48; in HTTP/1.1 it is `; ` and ten bytes, 12.
const OVERHEAD: usize = 4;

/// Streams that were reset before they were served (CVE-2023-44487), and those that had
/// to be reset for an error of the client (CVE-2025-8671): with more the connection ends.
const PENDING_RESETS: usize = 20;
const ERROR_RESETS: usize = 1024;
