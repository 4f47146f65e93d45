//! A handler that does what the path says.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::{Arc, mpsc},
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Empty, Full, combinators::UnsyncBoxBody};
use hyper::body::{Body, Frame, Incoming};
use hyper_util::rt::TokioIo;
use rescope::{net::Client, server::Handler};
use tokio::{sync::Notify, task::yield_now, time::timeout};

/// The handler, and what the test can do to it.
#[derive(Clone)]
pub struct Answers {
    /// Lets one request to `/wait` go on.
    pub go: Arc<Notify>,
    /// Gets a message for each `/large` whose body was let go.
    pub let_go: mpsc::Sender<()>,
}

impl Handler for Answers {
    type Body = UnsyncBoxBody<Bytes, Infallible>;

    fn for_connection(&self) -> Self {
        self.clone()
    }

    async fn handle(
        &self,
        request: Request<Incoming>,
        client: Arc<Client>,
    ) -> Response<Self::Body> {
        let path = request.uri().path().to_owned();
        match path.as_str() {
            "/client" => {
                let [address, local] = [client.address, client.local]
                    .map(|end| end.map_or("none".to_owned(), |end| end.to_string()));
                text(format!("{address} {local} tls={}", client.is_tls))
            }
            "/echo" => text(read(request).await),
            "/wait" => {
                self.go.notified().await;
                text("waited")
            }
            "/early" => {
                tokio::spawn(read(request));
                text(vec![b'.'; EARLY])
            }
            "/tunnel" => tunnel(request),
            "/panic" => panic!("secret"),
            "/large" => Response::new(UnsyncBoxBody::new(Large {
                left: LARGE,
                let_go: self.let_go.clone(),
            })),
            "/hints" => self.hint(&client, &hints(), 2).await,
            "/many-hints" => self.hint(&client, &long_hint(), MANY).await,
            "/late-hints" => {
                client.interim.send(StatusCode::EARLY_HINTS, &hints());
                client.interim.finish();
                text("hinted")
            }
            "/refuse" => {
                client.interim.expect_continue();
                refuse(request, &client).await
            }
            "/refuse-unread" => {
                client.interim.expect_continue();
                client.interim.finish();
                text("HTTP/1.1 100 Continue\r\n\r\n")
            }
            "/continue" => {
                client.interim.expect_continue();
                client.interim.send(StatusCode::CONTINUE, &HeaderMap::new());
                let body = read(request).await;
                client.interim.finish();
                text(body)
            }
            _ => text("ok"),
        }
    }
}

impl Answers {
    /// Sends so many interim responses, and the final one when the test says so.
    async fn hint(
        &self,
        client: &Client,
        headers: &HeaderMap,
        count: usize,
    ) -> Response<UnsyncBoxBody<Bytes, Infallible>> {
        for _ in 0..count {
            client.interim.send(StatusCode::EARLY_HINTS, headers);
        }
        self.go.notified().await;
        // A connection that is also told to drain hears of it while this waits once more.
        yield_now().await;
        client.interim.finish();
        text("hinted")
    }
}

/// Switches to a protocol that sends everything back.
fn tunnel(mut request: Request<Incoming>) -> Response<UnsyncBoxBody<Bytes, Infallible>> {
    let mut response = Response::new(UnsyncBoxBody::new(Empty::new()));
    if request.method() != Method::CONNECT {
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let echo = HeaderValue::from_static("echo");
        response.headers_mut().insert(header::UPGRADE, echo);
    }
    let upgraded = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        let upgraded = TokioIo::new(upgraded.await.unwrap());
        let (mut reader, mut writer) = tokio::io::split(upgraded);
        let _ = tokio::io::copy(&mut reader, &mut writer).await;
    });
    response
}

/// Asks for the body, as an upstream connection does at once, and refuses it.
async fn refuse(
    mut request: Request<Incoming>,
    client: &Client,
) -> Response<UnsyncBoxBody<Bytes, Infallible>> {
    let asked = timeout(Duration::from_millis(50), request.body_mut().frame());
    let _ = asked.await;
    client.interim.finish();
    let mut response = Response::new(UnsyncBoxBody::new(Empty::new()));
    *response.status_mut() = StatusCode::EXPECTATION_FAILED;
    response
}

fn text(text: impl Into<Bytes>) -> Response<UnsyncBoxBody<Bytes, Infallible>> {
    Response::new(UnsyncBoxBody::new(Full::new(text.into())))
}

async fn read(request: Request<Incoming>) -> Bytes {
    let read = request.into_body().collect().await;
    read.map_or_else(|_| "broken".into(), |body| body.to_bytes())
}

fn hints() -> HeaderMap {
    let link = HeaderValue::from_static("</a.css>; rel=preload");
    HeaderMap::from_iter([(header::LINK, link)])
}

fn long_hint() -> HeaderMap {
    let link = HeaderValue::from_static(LONG);
    HeaderMap::from_iter([(header::LINK, link)])
}

/// More than the buffers of a socket hold.
pub const EARLY: usize = 16 << 20;

/// Interim responses of more than all buffers on the way hold.
pub const MANY: usize = 10_000;

pub const LONG: &str = match std::str::from_utf8(&[b'a'; 1000]) {
    Ok(text) => text,
    Err(_) => "",
};

/// Far more than all buffers on the way hold.
pub const LARGE: usize = 1 << 30;

struct Large {
    left: usize,
    let_go: mpsc::Sender<()>,
}

impl Body for Large {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        const PIECE: &[u8] = &[b'.'; 16 * 1024];
        if self.left == 0 {
            return Poll::Ready(None);
        }
        self.left -= PIECE.len();
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(PIECE)))))
    }
}

impl Drop for Large {
    fn drop(&mut self) {
        let _ = self.let_go.send(());
    }
}
