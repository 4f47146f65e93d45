//! The body of an answer, which drives its connection while it is read and
//! gives it back when it has ended.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};

use super::{
    connection::{Connection, unwoken},
    pool::Pool,
};

/// A streaming body. Dropped before its end, it closes its connection.
pub struct ResponseBody {
    incoming: Incoming,
    connection: Option<Connection>,
    pool: Arc<Pool>,
    /// Whether the app wrote `Content-Length: 0`.
    says_empty: bool,
}

impl ResponseBody {
    pub(super) fn new(incoming: Incoming, connection: Option<Connection>, pool: Arc<Pool>) -> Self {
        Self {
            incoming,
            connection,
            pool,
            says_empty: false,
        }
    }

    /// Keeps the line `Content-Length: 0` in its place. hyper writes it after all
    /// other lines, unless the body turns out to be empty only when it is read.
    pub(super) fn say_empty(&mut self) {
        self.says_empty = true;
    }

    /// Gives the connection back if the body has ended, as an empty one has from the start.
    pub(super) fn finish(&mut self) {
        if self.incoming.is_end_stream()
            && let Some(connection) = self.connection.take()
        {
            self.pool.give_back(connection);
        }
    }

    /// Looks for a frame; the connection alone brings them, so no waker is left.
    fn poll_incoming(&mut self) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        Pin::new(&mut self.incoming).poll_frame(&mut unwoken())
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let mut frame = self.poll_incoming();
        // hyper reads on only after it was asked for more, which the first look did. The
        // task is to be woken only if nothing is there: a frame that is taken wakes hyper.
        if frame.is_pending()
            && let Some(connection) = &mut self.connection
        {
            connection.settle();
            frame = self.poll_incoming();
        }
        if frame.is_pending()
            && let Some(connection) = &mut self.connection
        {
            connection.drive(cx);
            frame = self.poll_incoming();
        }
        match &frame {
            Poll::Ready(Some(Ok(_))) => self.finish(),
            Poll::Ready(None) => {
                if let Some(connection) = self.connection.take() {
                    self.pool.give_back(connection);
                }
            }
            Poll::Ready(Some(Err(_))) => self.connection = None,
            Poll::Pending => {}
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        !self.says_empty && self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}
