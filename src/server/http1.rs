//! HTTP/1.1 on a client's connection: hyper, and between it and the socket a
//! stream that sends interim responses, which hyper does not, and ends a
//! connection whose limits are over.

use std::{
    convert::Infallible,
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::{Buf, BytesMut};
use hyper::{
    server::conn::http1::{Builder, UpgradeableConnection},
    service::{HttpService, service_fn},
};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{
    Handler, Limits, Settings, activity::Activity, answer::Shared, connection::Drive,
    refusal::Refusal, rewound::Rewound, unread::UnreadHead,
};
use crate::net::Client;

/// Returns the connection, to be driven. What becomes of an upgrade keeps the stream.
pub(super) fn connect<H: Handler>(
    stream: Rewound,
    activity: &Arc<Activity>,
    shared: Shared<H>,
) -> impl Drive {
    let http = builder(&shared.settings.limits);
    let stream = ClientStream {
        stream,
        client: Arc::clone(&shared.client),
        settings: Arc::clone(&shared.settings),
        heads: BytesMut::new(),
        is_clean: true,
        activity: Arc::clone(activity),
        answered: 0,
        head: UnreadHead::default(),
        has_said_goodbye: false,
    };
    let shared = Arc::new(shared);
    let activity = Arc::clone(activity);
    let service = service_fn(move |request| {
        let shared = Arc::clone(&shared);
        let in_flight = activity.begin();
        async move { Ok::<_, Infallible>(shared.answer(request, Some(in_flight)).await) }
    });
    http.serve_connection(TokioIo::new(stream), service)
        .with_upgrades()
}

fn builder(limits: &Limits) -> Builder {
    let mut http = Builder::new();
    if limits.header_count > ON_THE_STACK {
        http.max_headers(limits.header_count);
    }
    http.max_header_size(limits.header_size)
        .max_buf_size(limits.header_size.max(BUFFER))
        // One small copy is cheaper than a vectored write of head and body.
        .writev(false)
        .preserve_header_case(true)
        // Nothing is added to what the app answered.
        .auto_date_header(false);
    http
}

impl<I, B, S> Drive for UpgradeableConnection<I, S>
where
    Self: Future<Output = hyper::Result<()>>,
    S: HttpService<hyper::body::Incoming, ResBody = B, Error = Infallible>,
    I: hyper::rt::Read + hyper::rt::Write + Unpin,
    B: hyper::body::Body + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    fn drain(self: Pin<&mut Self>) {
        self.graceful_shutdown();
    }

    fn expire(self: Pin<&mut Self>) {
        // Its stream says that the client has closed.
    }
}

/// A client's stream as hyper sees it.
struct ClientStream {
    stream: Rewound,
    client: Arc<Client>,
    settings: Arc<Settings>,
    /// Interim heads on their way out, or an answer of the server's own.
    heads: BytesMut,
    /// Whether all that hyper wrote has gone out.
    is_clean: bool,
    activity: Arc<Activity>,
    /// How many requests had begun when the last answer had gone out.
    answered: usize,
    head: UnreadHead,
    has_said_goodbye: bool,
}

impl ClientStream {
    fn set_clean(&mut self, is_clean: bool) {
        if self.is_clean != is_clean {
            self.is_clean = is_clean;
            self.client.interim.set_clean(is_clean);
        }
    }

    /// Writes the interim heads that wait, whole: nothing else may come between.
    fn poll_heads(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.is_clean && self.client.interim.is_waiting() {
            self.heads.extend_from_slice(&self.client.interim.take());
        }
        while !self.heads.is_empty() {
            let count = ready!(Pin::new(&mut self.stream).poll_write(cx, &self.heads))?;
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.heads.advance(count);
        }
        Poll::Ready(Ok(()))
    }

    /// Why hyper refuses a head with `bytes`; `None` where they are something else. Behind all
    /// answers hyper writes nothing but that.
    fn refused_by_hyper(&self, bytes: &[u8]) -> Option<Refusal> {
        if self.activity.answered() != Some(self.answered) {
            return None;
        }
        let limits = &self.settings.limits;
        let fields = limits.header_count.max(ON_THE_STACK);
        match bytes.get("HTTP/1.1 ".len()..)?.get(..3)? {
            b"400" => Some(Refusal::Malformed),
            b"414" => Some(Refusal::LongTarget),
            b"431" => Some(self.head.too_large(limits.header_size, fields)),
            _ => None,
        }
    }

    /// Has a page go out that says why a head is refused.
    fn refuse(&mut self, refusal: Refusal) {
        let refusal = match self.client.lacks_tls {
            true => Refusal::no_tls::<()>(&self.client, None),
            false => refusal,
        };
        refusal.tell(&self.client, &self.settings);
        let page = refusal.bytes(self.head.is_for_head());
        self.heads.extend_from_slice(&page);
    }

    /// Answers a head that took too long (RFC 9110 section 15.5.9), and closes.
    fn poll_goodbye(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.has_said_goodbye {
            self.has_said_goodbye = true;
            if self.activity.has_begun_head() && self.is_clean {
                self.refuse(match self.settings.shutdown.has_begun() {
                    true => Refusal::CutHead,
                    false => Refusal::LateHead(self.settings.timeouts.header_read),
                });
            }
        }
        ready!(self.poll_heads(cx))?;
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    /// Takes what a client still sends that has been refused, until it closes or its time is
    /// over: bytes that nobody has read would make a reset of the end, and the client might not
    /// read the answer (RFC 9112 9.6).
    fn poll_rest(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut chunk = [0; 4 * 1024];
        while !self.activity.is_over() {
            let mut chunk = ReadBuf::new(&mut chunk);
            let read = ready!(Pin::new(&mut self.stream).poll_read(cx, &mut chunk));
            if read.is_err() || chunk.filled().is_empty() {
                break;
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl Drop for ClientStream {
    fn drop(&mut self) {
        // RFC 9112 8: a connection that is closed is the end of a whole answer, however it came
        // to that.
        if self.activity.is_cut() {
            self.stream.reset_on_close();
        }
    }
}

impl AsyncRead for ClientStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.activity.is_over() {
            // To hyper it is the client that closed, whatever became of the goodbye.
            return self.poll_goodbye(cx).map(|_| Ok(()));
        }
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        let read = &buffer.filled()[before..];
        if !read.is_empty() {
            let (begun, is_in_flight) = self.activity.read();
            self.head.read(read, begun, is_in_flight);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for ClientStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.is_clean {
            if self.client.interim.take_expectation() && bytes.starts_with(CONTINUE) {
                // It is the app's to say.
                return Poll::Ready(Ok(CONTINUE.len()));
            }
            if let Some(refusal) = self.refused_by_hyper(bytes) {
                self.activity.leave();
                self.refuse(refusal);
                return Poll::Ready(Ok(bytes.len()));
            }
            if self.client.interim.is_waiting() {
                let heads = self.client.interim.take();
                self.heads.extend_from_slice(&heads);
            }
            self.set_clean(false);
            self.activity.writing();
        }
        ready!(self.poll_heads(cx))?;
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    /// hyper asks for it when it has nothing more to write, and only then.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.set_clean(true);
        ready!(self.poll_heads(cx))?;
        ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
        self.activity.flushed();
        self.answered = self.activity.answered().unwrap_or(self.answered);
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_heads(cx))?;
        ready!(Pin::new(&mut self.stream).poll_shutdown(cx))?;
        match self.activity.is_leaving() {
            true => self.poll_rest(cx),
            false => Poll::Ready(Ok(())),
        }
    }
}

/// What hyper writes when somebody wants the body of a request that expects it.
const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// Field lines that hyper finds room for without asking for memory, for each request. Where
/// fewer are allowed they are counted later.
const ON_THE_STACK: usize = 100;

/// Of a body at a time, in either direction: much more makes large bodies no faster, and
/// each connection may hold as much.
const BUFFER: usize = 64 * 1024;
