//! The least HTTP/1.1 that the demo's servers and its client need: whole
//! bodies in memory, one request per connection out, loopback only, no TLS.
//! The proxy itself never uses any of it.

use std::{convert::Infallible, io, net::SocketAddr, pin::pin, time::Duration};

use bytes::Bytes;
use http::{
    HeaderValue, Request, Response, StatusCode,
    header::{CONTENT_TYPE, COOKIE},
};
use http_body_util::{BodyExt, Full, Limited};
use hyper::{client, server, service::service_fn};
use hyper_util::rt::TokioIo;
use thiserror::Error;
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

/// A whole body.
pub(super) type Body = Full<Bytes>;

/// Far more than any page or form of the demo, in bytes.
const BODY_LIMIT: usize = 1 << 20;

/// How long to wait when a connection cannot be accepted, as when no file descriptor is left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Answers every request with `handler` until `shutdown`; what is in flight then is cut off.
pub(super) async fn serve<H, F>(
    listener: TcpListener,
    handler: H,
    shutdown: impl Future<Output = ()>,
) where
    H: Fn(Request<Bytes>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Response<Body>> + Send + 'static,
{
    let mut connections = JoinSet::new();
    let mut shutdown = pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => return,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => drop(connections.spawn(converse(stream, handler.clone()))),
                Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
            },
        }
    }
}

async fn converse<H, F>(stream: TcpStream, handler: H)
where
    H: Fn(Request<Bytes>) -> F + Clone,
    F: Future<Output = Response<Body>>,
{
    let service = service_fn(|request: Request<hyper::body::Incoming>| {
        let handler = handler.clone();
        async move {
            let (head, body) = request.into_parts();
            Ok::<_, Infallible>(match Limited::new(body, BODY_LIMIT).collect().await {
                Ok(body) => handler(Request::from_parts(head, body.to_bytes())).await,
                Err(_) => page(
                    StatusCode::BAD_REQUEST,
                    "<p>The request's body did not come.</p>",
                ),
            })
        }
    });
    let connection = server::conn::http1::Builder::new();
    // A peer that goes away is no fault here.
    let _ = connection
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

/// Sends `request` to `address` over a connection of its own.
pub(super) async fn send(
    address: SocketAddr,
    request: Request<Body>,
) -> Result<Response<Bytes>, SendError> {
    let stream = TcpStream::connect(address)
        .await
        .map_err(SendError::Connect)?;
    let (mut sender, connection) = client::conn::http1::handshake(TokioIo::new(stream)).await?;
    // Ends by itself when `sender` is dropped.
    tokio::spawn(connection);
    let (head, body) = sender.send_request(request).await?.into_parts();
    Ok(Response::from_parts(head, body.collect().await?.to_bytes()))
}

/// Why no answer came.
#[derive(Debug, Error)]
pub enum SendError {
    /// Nobody listens there.
    #[error("the server cannot be reached")]
    Connect(#[source] io::Error),
    /// The exchange broke off, or was no HTTP.
    #[error("the exchange with the server broke off")]
    Http(#[from] hyper::Error),
}

/// Returns an HTML page; `body` is HTML already.
pub(super) fn page(status: StatusCode, body: &str) -> Response<Body> {
    let html = format!("<!doctype html>\n<meta charset=\"utf-8\">\n{body}\n");
    let mut response = Response::new(Full::from(html));
    *response.status_mut() = status;
    let kind = HeaderValue::from_static("text/html; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}

/// Returns the value of the request's cookie `name`.
pub(super) fn cookie<'r>(request: &'r Request<Bytes>, name: &str) -> Option<&'r str> {
    let lines = request.headers().get_all(COOKIE);
    let pairs = lines.iter().filter_map(|line| line.to_str().ok());
    pairs
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(known, value)| (known == name).then_some(value))
}

/// Returns `text` so that HTML shows it as it is.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('"', "&quot;")
}
