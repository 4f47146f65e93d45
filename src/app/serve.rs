//! Who answers a request: the authorize endpoints, where it is about one, else
//! the proxy.

use std::{mem, sync::Arc};

use http::{Method, Request, Response};
use http_body_util::Either;
use hyper::body::Incoming;

use crate::authorize::Authorize;
use crate::net::Client;
use crate::proxy::{self, Proxy};
use crate::server::{Handler, complete};
use crate::upstream::Binding;

/// The server's handler.
pub(super) struct Serve {
    pub(super) proxy: Arc<Proxy>,
    pub(super) authorize: Arc<Authorize>,
    /// Of one client's connection.
    pub(super) binding: Binding,
}

impl Handler for Serve {
    type Body = proxy::Body;

    fn for_connection(&self) -> Self {
        Self {
            proxy: Arc::clone(&self.proxy),
            authorize: Arc::clone(&self.authorize),
            binding: Binding::default(),
        }
    }

    async fn handle(
        &self,
        request: Request<Incoming>,
        client: Arc<Client>,
    ) -> Response<Self::Body> {
        let is_head = request.method() == Method::HEAD;
        let own = &self.authorize;
        let mut answer = match own.find(&request, &client) {
            Some(asked) => own.answer(asked, request).await.map(Either::Right),
            None => self.proxy.handle(request, &client, &self.binding).await,
        };
        complete_own(&mut answer, is_head);
        answer
    }

    fn is_event_stream(body: &Self::Body) -> bool {
        // One is never looked into.
        matches!(body, Either::Left(Either::Left(body)) if body.is_event_stream())
    }
}

/// Completes an answer of our own; the app's are as they came.
fn complete_own(answer: &mut Response<proxy::Body>, is_head: bool) {
    let Either::Right(content) = answer.body_mut() else {
        return;
    };
    let mut content = mem::take(content);
    complete(answer.headers_mut(), &mut content, is_head);
    *answer.body_mut() = Either::Right(content);
}
