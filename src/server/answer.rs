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

use http::{Request, Response, StatusCode, Version, header::CONTENT_LENGTH};
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use tokio::task_local;
use tracing::error;

use super::{Handler, Settings, activity::InFlight};
use crate::net::Client;

/// What the requests of one connection share.
pub(super) struct Shared<H> {
    pub(super) handler: H,
    pub(super) client: Arc<Client>,
    pub(super) settings: Arc<Settings>,
}

/// The handler's body, or none.
pub(super) struct AnswerBody<B> {
    body: Option<B>,
    /// The request, in HTTP/1.1; in HTTP/2 the stream's task knows of it.
    in_flight: Option<InFlight>,
}

/// How much an answer's body has given to hyper.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Given {
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
        // hyper does not count them in HTTP/2.
        if request.headers().len() > self.settings.limits.header_count {
            return status(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, in_flight);
        }
        let version = request.version();
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
                answer.map(|body| AnswerBody {
                    body: Some(body),
                    in_flight,
                })
            }
            None => {
                self.settings.metrics.panics.inc();
                // What it said may hold anything.
                error!("a request was answered with 500, for its handler panicked");
                status(StatusCode::INTERNAL_SERVER_ERROR, in_flight)
            }
        }
    }
}

/// Whether a client of this version cannot tell the end of `answer` from a break: HTTP/1.0 has no
/// chunks (RFC 9112 6.3).
fn ends_with_connection<B: Body>(version: Version, answer: &Response<B>) -> bool {
    version < Version::HTTP_11
        && !answer.headers().contains_key(CONTENT_LENGTH)
        && answer.body().size_hint().exact().is_none()
}

fn status<B>(status: StatusCode, in_flight: Option<InFlight>) -> Response<AnswerBody<B>> {
    let mut response = Response::new(AnswerBody {
        body: None,
        in_flight,
    });
    *response.status_mut() = status;
    response
}

impl<B: Body<Data = Bytes> + Unpin> Body for AnswerBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let Some(body) = &mut self.body else {
            return Poll::Ready(None);
        };
        let frame = Pin::new(&mut *body).poll_frame(cx);
        let is_last = match &frame {
            Poll::Ready(Some(Ok(frame))) => frame.is_trailers() || body.is_end_stream(),
            Poll::Ready(None) => true,
            Poll::Ready(Some(Err(_))) | Poll::Pending => false,
        };
        if let Some(in_flight) = self.in_flight.as_ref().filter(|_| is_last) {
            in_flight.set_given();
        }
        if self.in_flight.is_none() {
            let note = |given: &Cell<Given>| {
                given.set(Given {
                    frames: given.get().frames + 1,
                    waits: frame.is_ready(),
                });
            };
            // Outside of a stream's task there is nobody to tell.
            let _ = GIVEN.try_with(note);
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        let body = self.body.as_ref();
        body.map_or(SizeHint::with_exact(0), Body::size_hint)
    }
}
