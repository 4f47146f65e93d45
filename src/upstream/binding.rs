//! The connection to the app that one client's connection has for itself: the app may have
//! authenticated it, and knows everybody on it as the same user (RFC 4559 section 6).

use std::{
    future::poll_fn,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    task::Poll,
};

use http::{HeaderMap, Response};

use super::{
    http1::{Connection, Detached},
    identity,
    pool::Pool,
};

/// A client's connection, as whoever may have a connection to the app bound to it; that is
/// closed when the last clone is dropped.
#[derive(Clone, Default)]
pub struct Binding(Arc<Slot>);

/// Empty until something is bound, which is for good.
#[derive(Default)]
struct Slot(OnceLock<Mutex<Option<Kept>>>);

/// A bound connection between two requests.
enum Kept {
    Free(Connection),
    /// The answer has ended, the request has not.
    Detached(Detached),
}

/// Whose a connection to the app is once a request has gone on it.
#[derive(Clone)]
pub(super) struct Owner {
    /// `None` where several requests at once come from the client's connection: then the
    /// connection to the app serves this one and is closed.
    client: Option<Binding>,
    is_private: bool,
}

impl Binding {
    /// Whether the client's requests go on a connection of their own.
    fn is_bound(&self) -> bool {
        self.0.0.get().is_some()
    }

    /// Returns the bound connection, ready for a request, if the app has not closed it.
    async fn take(&self) -> Option<Connection> {
        let kept = self.kept().take()?;
        let mut connection = match kept {
            Kept::Free(connection) => connection,
            Kept::Detached(detached) => detached.await.ok()?,
        };
        // What is left of the last request may still have to go out, which the limit for
        // writes bounds.
        poll_fn(|cx| {
            connection.drive(cx);
            match connection.is_ready() || connection.has_ended() {
                true => Poll::Ready(()),
                false => Poll::Pending,
            }
        })
        .await;
        connection.is_ready().then_some(connection)
    }

    fn keep(&self, mut connection: Connection) {
        connection.settle();
        if !connection.has_ended() {
            *self.kept() = Some(Kept::Free(connection));
        }
    }

    /// Binds, if that was not done before.
    fn kept(&self) -> MutexGuard<'_, Option<Kept>> {
        let kept = self.0.0.get_or_init(Mutex::default);
        // Every change is one assignment, so a panic elsewhere leaves it whole.
        kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let kept = self.0.take();
        let kept = kept.and_then(|kept| kept.into_inner().unwrap_or_else(PoisonError::into_inner));
        if let Some(Kept::Free(connection)) = kept {
            connection.close();
        }
    }
}

impl Owner {
    /// Returns the owner of what a request with these fields goes on.
    pub(super) fn of(headers: &HeaderMap, client: Option<&Binding>) -> Self {
        let is_bound = client.is_some_and(Binding::is_bound);
        Self {
            client: client.cloned(),
            is_private: is_bound || identity::is_given(headers),
        }
    }

    /// Whether no other client's request may go on the connection, before or after.
    pub(super) fn is_private(&self) -> bool {
        self.is_private
    }

    /// Whether there is, or was, a connection that is bound to the client's.
    pub(super) fn is_bound(&self) -> bool {
        self.client.as_ref().is_some_and(Binding::is_bound)
    }

    /// Returns the connection that is bound to the client's, if there is one that goes on.
    pub(super) async fn take(&self) -> Option<Connection> {
        match &self.client {
            Some(client) if client.is_bound() => client.take().await,
            _ => None,
        }
    }

    /// Binds the client to connections of its own where this one is to be.
    pub(super) fn bind(&self) {
        if let Some(client) = self.client.as_ref().filter(|_| self.is_private) {
            drop(client.kept());
        }
    }

    /// Returns the owner now that `response` has come.
    pub(super) fn after<B>(&self, response: &Response<B>) -> Self {
        let owner = Self {
            client: self.client.clone(),
            is_private: self.is_private || identity::is_asked_for(response),
        };
        owner.bind();
        owner
    }

    /// Takes a connection on which an answer has ended.
    pub(super) fn give_back(&self, connection: Connection, pool: &Pool) {
        match &self.client {
            _ if !self.is_private => pool.give_back(connection),
            Some(client) => client.keep(connection),
            None => connection.close(),
        }
    }

    /// Takes one on which the request goes on; where nobody waits for it, it is closed.
    pub(super) fn give_back_detached(&self, detached: Detached) {
        if let Some(client) = self.client.as_ref().filter(|_| self.is_private) {
            *client.kept() = Some(Kept::Detached(detached));
        }
    }
}
