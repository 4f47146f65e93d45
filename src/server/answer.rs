//! One request to the handler, and the body of its answer. A handler that
//! panics takes nothing with it but its own request.

use std::{
    cell::Cell,
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
};

use http::{Method, Request, Response, StatusCode, Version, header::CONTENT_LENGTH};
use http_body_util::Full;
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use tokio::task_local;
use tracing::error;

use super::{Handler, Settings, activity::InFlight, head, refusal::Refusal};
use crate::net::Client;

/// What the requests of one connection share.
pub(super) struct Shared<H> {
    pub(super) handler: H,
    pub(super) client: Arc<Client>,
    pub(super) settings: Arc<Settings>,
}

/// The body of an answer.
pub(super) struct AnswerBody<B> {
    content: Content<B>,
    /// The request, in HTTP/1.1; in HTTP/2 the stream's task knows of it.
    in_flight: Option<InFlight>,
}

enum Content<B> {
    Handlers(B),
    Own(Full<Bytes>),
}

/// What the task of an HTTP/2 stream is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Purpose {
    /// What nobody answers any more.
    #[default]
    Tunnel,
    Request,
    EventStream,
}

/// What is known of an HTTP/2 stream: how much its answer's body has given to hyper.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Given {
    pub(super) purpose: Purpose,
    frames: u64,
    /// Whether hyper has not asked for more since it got the last one: the client is to take
    /// that first.
    pub(super) waits: bool,
}

task_local! {
    /// In the task of an HTTP/2 stream, where nothing else tells it of the body: hyper
    /// keeps that to itself.
    pub(super) static GIVEN: Cell<Given>;
}

impl<H: Handler> Shared<H> {
    /// Answers one request; `in_flight` is let go when the answer's body is.
    pub(super) async fn answer(
        &self,
        request: Request<Incoming>,
        in_flight: Option<InFlight>,
    ) -> Response<AnswerBody<H::Body>> {
        note(|given| given.purpose = Purpose::Request);
        let version = request.version();
        let is_head = request.method() == Method::HEAD;
        if let Some(refusal) = self.refusal(&request) {
            refusal.tell(&self.client, &self.settings);
            if let Some(in_flight) = &in_flight {
                in_flight.leave();
            }
            return own(&refusal, version, is_head, in_flight);
        }
        let is_connect = request.method() == Method::CONNECT;
        let mut answer = pin!(self.handler.handle(request, Arc::clone(&self.client)));
        // The handler's own state goes with the panic; what it shares has to bear one.
        let polled = |cx: &mut Context<'_>| {
            catch_unwind(AssertUnwindSafe(|| answer.as_mut().poll(cx)))
                .map_or_else(|_| Poll::Ready(None), |answer| answer.map(Some))
        };
        match poll_fn(polled).await {
            Some(answer) => {
                if let Some(in_flight) = &in_flight
                    && ends_with_connection(version, &answer)
                {
                    in_flight.set_cut();
                }
                if let Some(in_flight) = &in_flight
                    && (is_connect || answer.status() == StatusCode::SWITCHING_PROTOCOLS)
                {
                    in_flight.switch();
                }
                if H::is_event_stream(answer.body()) {
                    match &in_flight {
                        Some(in_flight) => in_flight.set_event_stream(),
                        None => note(|given| given.purpose = Purpose::EventStream),
                    }
                }
                answer.map(|body| AnswerBody {
                    content: Content::Handlers(body),
                    in_flight,
                })
            }
            None => {
                self.settings.metrics.panics.inc();
                // What it said may hold anything.
                error!("a request was answered with 500, for its handler panicked");
                own(&Refusal::Panic, version, is_head, in_flight)
            }
        }
    }

    /// Why `request` is none for the handler. hyper has counted in HTTP/1.1, bytes and up to a
    /// hundred fields; in HTTP/2 it counts otherwise.
    fn refusal(&self, request: &Request<Incoming>) -> Option<Refusal> {
        if self.client.lacks_tls {
            return Some(Refusal::no_tls(&self.client, Some(request)));
        }
        let limits = &self.settings.limits;
        let is_http2 = request.version() == Version::HTTP_2;
        if request.headers().len() > limits.header_count
            && (!is_http2 || head::fields(request.headers()) > limits.header_count)
        {
            return Some(Refusal::ManyFields(limits.header_count));
        }
        if is_http2 && head::size(request) > limits.header_size {
            return Some(Refusal::LargeHead(limits.header_size));
        }
        None
    }
}

/// Changes what the task of an HTTP/2 stream knows; outside of one there is nobody to tell.
fn note(change: impl FnOnce(&mut Given)) {
    let _ = GIVEN.try_with(|cell| {
        let mut given = cell.get();
        change(&mut given);
        cell.set(given);
    });
}

/// Whether a client of this version cannot tell the end of `answer` from a break: HTTP/1.0 has no
/// chunks (RFC 9112 6.3).
fn ends_with_connection<B: Body>(version: Version, answer: &Response<B>) -> bool {
    version < Version::HTTP_11
        && !answer.headers().contains_key(CONTENT_LENGTH)
        && answer.body().size_hint().exact().is_none()
}

fn own<B>(
    refusal: &Refusal,
    version: Version,
    is_head: bool,
    in_flight: Option<InFlight>,
) -> Response<AnswerBody<B>> {
    let page = refusal.page(version, is_head);
    page.map(|content| AnswerBody {
        content: Content::Own(content),
        in_flight,
    })
}

impl<B: Body<Data = Bytes> + Unpin> Body for AnswerBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let frame = match &mut self.content {
            Content::Handlers(body) => Pin::new(body).poll_frame(cx),
            Content::Own(content) => Pin::new(content)
                .poll_frame(cx)
                .map_err(|never| match never {}),
        };
        let is_last = match &frame {
            Poll::Ready(Some(Ok(frame))) => frame.is_trailers() || self.is_end_stream(),
            Poll::Ready(None) => true,
            Poll::Ready(Some(Err(_))) | Poll::Pending => false,
        };
        if let Some(in_flight) = self.in_flight.as_ref().filter(|_| is_last) {
            in_flight.set_given();
        }
        if self.in_flight.is_none() {
            note(|given| {
                given.frames += 1;
                given.waits = frame.is_ready();
            });
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        match &self.content {
            Content::Handlers(body) => body.is_end_stream(),
            Content::Own(content) => content.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.content {
            Content::Handlers(body) => body.size_hint(),
            Content::Own(content) => content.size_hint(),
        }
    }
}
