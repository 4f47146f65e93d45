//! Bodies: that of a request, which tells whether it is still on its way, and
//! that of an answer, which drives its connection while it is read and gives
//! it back when it has ended.

use std::{
    pin::Pin,
    sync::{Arc, Weak},
    task::{Context, Poll},
};

use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use tracing::warn;

use super::{
    connection::{Connection, Detached, unwoken},
    pool::Pool,
};

/// A request's body, or none.
pub struct RequestBody(Option<Upload>);

struct Upload {
    incoming: Incoming,
    /// hyper drops a body when it has sent it or given it up.
    presence: Arc<()>,
}

impl RequestBody {
    /// Returns a body that sends what `incoming` brings.
    pub fn new(incoming: Incoming) -> Self {
        let presence = Arc::new(());
        Self(Some(Upload { incoming, presence }))
    }

    /// Returns no body.
    pub fn none() -> Self {
        Self(None)
    }

    /// Returns what has an owner for as long as the body is on its way.
    pub(super) fn presence(&self) -> Weak<()> {
        let upload = self.0.as_ref();
        upload.map_or_else(Weak::new, |upload| Arc::downgrade(&upload.presence))
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        match &mut self.0 {
            Some(upload) => Pin::new(&mut upload.incoming).poll_frame(cx),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        let upload = self.0.as_ref();
        upload.is_none_or(|upload| upload.incoming.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        let upload = self.0.as_ref();
        upload.map_or(SizeHint::with_exact(0), |upload| {
            upload.incoming.size_hint()
        })
    }
}

/// A streaming body. Dropped before its end, it closes its connection.
pub struct ResponseBody {
    incoming: Incoming,
    /// `None` where the body has ended or the connection goes on by itself.
    connection: Option<Connection>,
    /// Ends the connection that goes on by itself, with this.
    _detached: Option<Detached>,
    pool: Arc<Pool>,
    /// How the body broke off, until that is passed on.
    broken: Option<hyper::Error>,
    /// Whether the app wrote `Content-Length: 0`.
    says_empty: bool,
}

impl ResponseBody {
    /// Returns a body that comes on `connection`, to be driven from here.
    pub(super) fn driving(incoming: Incoming, connection: Connection, pool: Arc<Pool>) -> Self {
        Self {
            connection: Some(connection),
            ..Self::detached(incoming, None, pool)
        }
    }

    /// Returns a body whose connection goes on by itself, if there is one.
    pub(super) fn detached(
        incoming: Incoming,
        detached: Option<Detached>,
        pool: Arc<Pool>,
    ) -> Self {
        Self {
            incoming,
            connection: None,
            _detached: detached,
            pool,
            broken: None,
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

    /// Keeps the error for the next look. hyper drops what it has not yet written when a
    /// body fails, the head too; a pause lets it write what came before.
    fn break_off(
        &mut self,
        error: hyper::Error,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        warn!(%error, "the upstream's answer broke off");
        self.broken = Some(error);
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Looks for a frame. Where the connection is driven from here, it alone brings
    /// them and no waker is left.
    fn poll_incoming(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let incoming = Pin::new(&mut self.incoming);
        match self.connection {
            Some(_) => incoming.poll_frame(&mut unwoken()),
            None => incoming.poll_frame(cx),
        }
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        if let Some(error) = self.broken.take() {
            return Poll::Ready(Some(Err(error)));
        }
        let mut frame = self.poll_incoming(cx);
        // hyper reads on only after it was asked for more, which the first look did. The
        // task is to be woken only if nothing is there: a frame that is taken wakes hyper.
        if frame.is_pending()
            && let Some(connection) = &mut self.connection
        {
            connection.settle();
            frame = self.poll_incoming(cx);
        }
        if frame.is_pending()
            && let Some(connection) = &mut self.connection
        {
            connection.drive(cx);
            frame = self.poll_incoming(cx);
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
        match frame {
            Poll::Ready(Some(Err(error))) => self.break_off(error, cx),
            frame => frame,
        }
    }

    fn is_end_stream(&self) -> bool {
        !self.says_empty && self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}
