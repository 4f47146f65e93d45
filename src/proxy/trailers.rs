//! Trailers of an answer: those that are about one connection, or that a
//! trailer must not say, stay here.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use http::HeaderName;
use hyper::body::{Body, Bytes, Frame, SizeHint};

use crate::hop::strip_trailers;
use crate::upstream::{BrokenResponse, ResponseBody};

/// The app's body without such trailers.
pub struct AnswerBody {
    body: ResponseBody,
    /// What the Connection lines named.
    named: Vec<HeaderName>,
}

impl AnswerBody {
    pub(super) fn new(body: ResponseBody, named: Vec<HeaderName>) -> Self {
        Self { body, named }
    }

    /// Whether it is a stream of events.
    pub fn is_event_stream(&self) -> bool {
        self.body.is_event_stream()
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = BrokenResponse;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenResponse>>> {
        let mut frame = Pin::new(&mut self.body).poll_frame(cx);
        if let Poll::Ready(Some(Ok(frame))) = &mut frame
            && let Some(trailers) = frame.trailers_mut()
        {
            strip_trailers(trailers, &self.named);
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
