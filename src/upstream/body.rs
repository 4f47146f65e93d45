//! The body of an answer, which drives its connection while it is read and
//! gives it back when it has ended.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};

use super::{connection::Connection, pool::Pool};

/// A streaming body. Dropped before its end, it closes its connection.
pub struct ResponseBody {
    incoming: Incoming,
    connection: Option<Connection>,
    pool: Arc<Pool>,
}

impl ResponseBody {
    pub(super) fn new(incoming: Incoming, connection: Option<Connection>, pool: Arc<Pool>) -> Self {
        Self {
            incoming,
            connection,
            pool,
        }
    }

    /// Gives the connection back if the body has ended, as an empty one has from the start.
    pub(super) fn finish(&mut self, cx: &mut Context<'_>) {
        if self.incoming.is_end_stream()
            && let Some(connection) = self.connection.take()
        {
            self.pool.give_back(connection, cx);
        }
    }

    fn poll_incoming(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        if let Some(connection) = &mut self.connection {
            connection.drive(cx);
        }
        Pin::new(&mut self.incoming).poll_frame(cx)
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let frame = match self.poll_incoming(cx) {
            // hyper reads on only once it was asked to, which the first look did.
            Poll::Pending => self.poll_incoming(cx),
            ready => ready,
        };
        match &frame {
            Poll::Ready(Some(Ok(_))) => self.finish(cx),
            Poll::Ready(None) => {
                if let Some(connection) = self.connection.take() {
                    self.pool.give_back(connection, cx);
                }
            }
            Poll::Ready(Some(Err(_))) => self.connection = None,
            Poll::Pending => {}
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}
