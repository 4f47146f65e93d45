//! Who answers a request: the authorize endpoints, where it is about one, else
//! the proxy.

use std::{sync::Arc, time::SystemTime};

use http::{
    HeaderValue, Method, Request, Response,
    header::{CONTENT_LENGTH, DATE},
};
use http_body_util::{Either, Full};
use hyper::body::{Body as _, Incoming};

use crate::authorize::Authorize;
use crate::net::Client;
use crate::proxy::{self, Proxy};
use crate::server::Handler;
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
        complete(&mut answer, is_head);
        answer
    }
}

/// Adds what an answer of our own lacks; the app's are as they came.
fn complete(answer: &mut Response<proxy::Body>, is_head: bool) {
    let Either::Right(content) = answer.body() else {
        return;
    };
    let length = content.size_hint().lower();
    // RFC 9110 6.6.1: whoever makes an answer dates it.
    let now = httpdate::fmt_http_date(SystemTime::now());
    if let Ok(now) = HeaderValue::try_from(now) {
        answer.headers_mut().insert(DATE, now);
    }
    // RFC 9110 9.3.2: "The server MUST NOT send content in the response" to HEAD, though the
    // length that it would have. hyper sees to that in HTTP/1.1 only.
    if is_head && length > 0 {
        let length = HeaderValue::from(length);
        answer.headers_mut().insert(CONTENT_LENGTH, length);
        *answer.body_mut() = Either::Right(Full::default());
    }
}
