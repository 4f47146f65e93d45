//! Who answers a request: the authorize endpoints, where there are any and it
//! is about one, else the proxy.

use std::{sync::Arc, time::SystemTime};

use http::{HeaderValue, Request, Response, header::DATE};
use http_body_util::Either;
use hyper::body::Incoming;

use crate::authorize::Authorize;
use crate::net::Client;
use crate::proxy::{self, Proxy};
use crate::server::Handler;

/// The server's handler.
#[derive(Clone)]
pub(super) struct Serve {
    pub(super) proxy: Arc<Proxy>,
    pub(super) authorize: Option<Arc<Authorize>>,
}

impl Handler for Serve {
    type Body = proxy::Body;

    async fn handle(
        &self,
        request: Request<Incoming>,
        client: Arc<Client>,
    ) -> Response<Self::Body> {
        let own = self.authorize.as_deref();
        let asked = own.and_then(|own| Some((own, own.find(&request, &client)?)));
        let mut answer = match asked {
            Some((own, asked)) => own.answer(asked, request, &client).await.map(Either::Right),
            None => self.proxy.handle(request, &client).await,
        };
        // RFC 9110 6.6.1: whoever makes an answer dates it. The app's are as they came.
        if matches!(answer.body(), Either::Right(_)) {
            let now = httpdate::fmt_http_date(SystemTime::now());
            if let Ok(now) = HeaderValue::try_from(now) {
                answer.headers_mut().insert(DATE, now);
            }
        }
        answer
    }
}
