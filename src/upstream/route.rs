//! Which connection a request goes on.

use std::sync::atomic::Ordering;

use tokio::time::{Instant, timeout_at};

use super::{
    Error, Protocol, Upstream, connect::Offer, http1::Connection, http2::Open, traffic::Counted,
};

/// A connection that a request can go on.
pub(super) enum Route {
    /// For this request alone.
    Http1(Connection),
    /// With others.
    Http2(Open),
}

impl Upstream {
    /// Whether the app speaks HTTP/2, or may turn out to.
    pub(super) fn may_speak_http2(&self) -> bool {
        match self.protocol {
            Protocol::Http1 => false,
            Protocol::Http2 => true,
            Protocol::Negotiated => self.is_tls,
        }
    }

    /// Returns a connection, free or new; `is_new` asks for one that no request was on, if it is
    /// HTTP/1.1.
    pub(super) async fn route(&self, needs_http1: bool, is_new: bool) -> Result<Route, Error> {
        if let Some(route) = self.free_route(needs_http1, is_new) {
            return Ok(route);
        }
        let end = self.connector.end();
        // Boxed, since most requests are spared it.
        let opened = Box::pin(self.new_route(needs_http1, is_new, end));
        let opened = timeout_at(end, opened).await;
        opened.unwrap_or_else(|_| Err(self.connector.late()))
    }

    fn free_route(&self, needs_http1: bool, is_new: bool) -> Option<Route> {
        if self.may_share(needs_http1)
            && let Some(open) = self.http2.current()
        {
            return Some(Route::Http2(open));
        }
        if is_new || self.protocol == Protocol::Http2 {
            return None;
        }
        self.shared.pool.take().map(Route::Http1)
    }

    async fn new_route(
        &self,
        needs_http1: bool,
        is_new: bool,
        end: Instant,
    ) -> Result<Route, Error> {
        let agreed_on_http1 = self.agreed_on_http1.load(Ordering::Relaxed);
        if self.may_share(needs_http1)
            && !agreed_on_http1
            && let Some(route) = self.shared_route(end).await?
        {
            return Ok(route);
        }
        let offer = match needs_http1 {
            true => Offer::Http1,
            false => Offer::Usual,
        };
        let opened = async { self.begin(self.connector.connect(offer, end).await?).await };
        if is_new {
            return opened.await;
        }
        tokio::select! {
            biased;
            connection = self.shared.pool.handed_over() => Ok(Route::Http1(connection)),
            opened = opened => opened,
        }
    }

    /// Whether such a request may go on a connection with others.
    fn may_share(&self, needs_http1: bool) -> bool {
        self.protocol == Protocol::Http2 || self.may_speak_http2() && !needs_http1
    }

    /// Returns the shared connection; where there is none, one request opens it and the others
    /// wait. `None` says that meanwhile HTTP/1.1 was agreed on.
    async fn shared_route(&self, end: Instant) -> Result<Option<Route>, Error> {
        let (_opening, is_first) = match self.http2.opening.try_lock() {
            Ok(guard) => (guard, true),
            Err(_) => (self.http2.opening.lock().await, false),
        };
        if let Some(open) = self.http2.current() {
            return Ok(Some(Route::Http2(open)));
        }
        if self.agreed_on_http1.load(Ordering::Relaxed) {
            return Ok(None);
        }
        let stream = match is_first {
            true => self.connector.connect(Offer::Usual, end).await?,
            // The app has refused long enough while this one waited.
            false => self.connector.connect_once(Offer::Usual, end).await?,
        };
        self.begin(stream).await.map(Some)
    }

    /// Begins HTTP, in the version that was agreed on.
    async fn begin(&self, stream: Counted) -> Result<Route, Error> {
        let is_http2 = match stream.stream().application_protocol() {
            Some(agreed) => agreed == b"h2",
            None => self.protocol == Protocol::Http2,
        };
        if self.protocol == Protocol::Negotiated {
            self.agreed_on_http1.store(!is_http2, Ordering::Relaxed);
        }
        if is_http2 {
            let open = Open::new(stream, self.limits).await?;
            self.http2.set(open.clone());
            return Ok(Route::Http2(open));
        }
        let born = self.shared.pool.now();
        let connection = Connection::new(stream, self.limits, born).await?;
        Ok(Route::Http1(connection))
    }
}
