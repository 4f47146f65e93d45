//! A client's side with real sockets: hyper's server, which hands each request to the upstream.

use std::{convert::Infallible, net::SocketAddr, sync::Arc};

use http::{Response, StatusCode, Version};
use http_body_util::{Either, Empty};
use hyper::{body::Bytes, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use rescope::net::Interim;
use rescope::upstream::{Error, RequestBody};
use tokio::net::TcpListener;

use crate::{caller::Caller, raw::Wire};

/// Serves clients of `caller`'s app.
pub fn start(caller: &Caller) -> SocketAddr {
    let listener = TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0));
    let listener = caller.runtime.block_on(listener).unwrap();
    let address = listener.local_addr().unwrap();
    let upstream = Arc::clone(&caller.upstream);
    caller.runtime.spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let upstream = Arc::clone(&upstream);
            let service = service_fn(move |request: http::Request<_>| {
                let upstream = Arc::clone(&upstream);
                async move {
                    let request = request.map(RequestBody::new);
                    let response = match upstream.send(request, &Interim::default(), None).await {
                        Ok(answer) => answer.response.map(Either::Left),
                        Err(error) => {
                            let mut response = Response::new(Either::Right(Empty::<Bytes>::new()));
                            *response.status_mut() = match error {
                                Error::RequestBodyIdle => StatusCode::REQUEST_TIMEOUT,
                                Error::RequestBody(_) => StatusCode::BAD_REQUEST,
                                Error::ResponseTimeout => StatusCode::GATEWAY_TIMEOUT,
                                _ => StatusCode::BAD_GATEWAY,
                            };
                            response
                        }
                    };
                    let (mut parts, body) = response.into_parts();
                    parts.version = Version::HTTP_11;
                    Ok::<_, Infallible>(Response::from_parts(parts, body))
                }
            });
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    });
    address
}

/// Connects a client to `caller`'s app.
pub fn client(caller: &Caller) -> Wire {
    Wire::connect(start(caller))
}
