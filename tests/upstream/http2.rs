//! Apps that speak HTTP/2.

use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener},
    time::Duration,
};

use bytes::Bytes;
use h2::{RecvStream, SendStream, server::SendResponse};
use http::{HeaderMap, HeaderValue, Method, Request, Response, Version};
use rescope::net::Interim;
use rescope::upstream::{Limits, RequestBody, Timeouts};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    task::JoinHandle,
    time::timeout,
};

use crate::{
    caller::{Caller, h2c, request},
    front,
    raw::LIMIT,
};

/// An app that speaks HTTP/2 in the clear.
pub struct Http2App {
    listener: TcpListener,
}

/// A connection of it.
pub type Connection = h2::server::Connection<TcpStream, Bytes>;

/// A request that came on it.
pub type Asked = (Request<RecvStream>, SendResponse<Bytes>);

impl Http2App {
    pub fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        Self { listener }
    }

    pub fn address(&self) -> SocketAddr {
        self.listener.local_addr().unwrap()
    }

    pub fn caller(&self) -> Caller {
        self.timed(Timeouts::default())
    }

    pub fn timed(&self, timeouts: Timeouts) -> Caller {
        Caller::new(h2c(self.address()), Limits::default(), timeouts)
    }

    pub async fn accept(&self) -> Connection {
        h2::server::handshake(self.socket().await).await.unwrap()
    }

    pub async fn socket(&self) -> TcpStream {
        let listener = self.listener.try_clone().unwrap();
        let listener = tokio::net::TcpListener::from_std(listener).unwrap();
        let accepted = timeout(LIMIT, listener.accept()).await;
        accepted.expect("nobody connected").unwrap().0
    }

    /// Whether a connection is waiting.
    pub fn has_caller(&self) -> bool {
        self.listener.accept().is_ok()
    }
}

/// Returns the next request of a connection.
pub async fn next(connection: &mut Connection) -> Asked {
    let asked = timeout(LIMIT, connection.accept()).await;
    asked
        .expect("no request")
        .expect("the connection ended")
        .unwrap()
}

/// A connection that goes on by itself.
pub struct Driving(JoinHandle<()>);

impl Driving {
    pub fn has_ended(&self) -> bool {
        self.0.is_finished()
    }

    pub fn end(&self) {
        self.0.abort();
    }
}

/// Lets a connection go on until it ends.
pub fn drive<S>(mut connection: h2::server::Connection<S, Bytes>) -> Driving
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    Driving(tokio::spawn(async move {
        while let Some(Ok(_)) = connection.accept().await {}
    }))
}

/// Begins an answer.
pub fn begin(respond: &mut SendResponse<Bytes>) -> SendStream<Bytes> {
    respond.send_response(Response::new(()), false).unwrap()
}

#[test]
fn request_is_written_as_http2_does() {
    let app = Http2App::start();
    let caller = app.caller();
    let request = request()
        .version(Version::HTTP_11)
        .header("Connection", "te, upgrade")
        .header("TE", "gzip, trailers")
        .header("Upgrade", "websocket")
        .header("Keep-Alive", "timeout=5")
        .header("X-First", "1")
        .header("X-Second", "2");
    let sent = caller.send(request.body(RequestBody::none()).unwrap());
    let (parts, is_end) = caller.runtime.block_on(async {
        let mut connection = app.accept().await;
        let (request, mut respond) = next(&mut connection).await;
        respond.send_response(Response::new(()), true).unwrap();
        drive(connection);
        let is_end = request.body().is_end_stream();
        (request.into_parts().0, is_end)
    });
    assert_eq!(caller.whole(sent).bytes, b"");
    assert!(is_end);
    assert_eq!(parts.uri, "http://example.com/path?query");
    let fields: Vec<_> = parts
        .headers
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(fields, ["x-first", "x-second", "te"]);
    assert_eq!(parts.headers["te"], "trailers");
}

#[test]
fn request_without_host_or_path_gets_the_apps() {
    let app = Http2App::start();
    let caller = app.caller();
    let request = Request::options("*").body(RequestBody::none()).unwrap();
    let sent = caller.send(request);
    let uri = caller.runtime.block_on(async {
        let mut connection = app.accept().await;
        let (request, mut respond) = next(&mut connection).await;
        assert_eq!(request.method(), Method::OPTIONS);
        respond.send_response(Response::new(()), true).unwrap();
        drive(connection);
        request.uri().clone()
    });
    caller.whole(sent);
    assert_eq!(uri.authority().unwrap().as_str(), caller.upstream.host());
    assert_eq!(uri.path(), "*");
}

#[test]
fn bodies_pass_both_ways_with_their_trailers() {
    let app = Http2App::start();
    let caller = app.caller();
    let mut client = front::client(&caller);
    client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTE: trailers\r\nConnection: TE\r\nTrailer: X-End\r\n\r\n4\r\nping\r\n");
    let connection = caller.runtime.block_on(async {
        let mut connection = app.accept().await;
        let (request, mut respond) = next(&mut connection).await;
        let driving = drive(connection);
        let mut body = request.into_body();
        assert_eq!(body.data().await.unwrap().unwrap(), "ping");
        let head = Response::builder().header("Trailer", "X-Status");
        let mut stream = respond
            .send_response(head.body(()).unwrap(), false)
            .unwrap();
        stream.send_data("pong".into(), false).unwrap();
        (body, stream, driving)
    });
    // Both go on at once.
    client.until(b"pong\r\n");
    client.send("4\r\nmore\r\n0\r\nX-End: 1\r\n\r\n");
    caller.runtime.block_on(async {
        let (mut body, mut stream, _driving) = connection;
        assert_eq!(body.data().await.unwrap().unwrap(), "more");
        assert!(body.data().await.is_none());
        assert_eq!(body.trailers().await.unwrap().unwrap()["x-end"], "1");
        let trailers =
            HeaderMap::from_iter([("x-status".parse().unwrap(), HeaderValue::from_static("0"))]);
        stream.send_trailers(trailers).unwrap();
    });
    assert_eq!(client.until(b"\r\n\r\n"), b"0\r\nx-status: 0\r\n\r\n");
}

#[test]
fn requests_at_once_share_one_connection() {
    let app = Http2App::start();
    let caller = app.caller();
    let sent: Vec<_> = (0..50).map(|_| caller.get()).collect();
    caller.runtime.block_on(async {
        let mut connection = app.accept().await;
        let mut asked = Vec::new();
        for _ in 0..50 {
            asked.push(next(&mut connection).await);
        }
        drive(connection);
        for (_, mut respond) in asked {
            begin(&mut respond).send_data("ok".into(), true).unwrap();
        }
    });
    for sent in sent {
        assert_eq!(caller.whole(sent).bytes, b"ok");
    }
    assert!(!app.has_caller());
}

#[test]
fn reader_that_goes_away_resets_its_stream_and_no_other() {
    let app = Http2App::start();
    let caller = app.caller();
    let (sent, other, waiting) = (caller.get(), caller.get(), caller.get());
    let (mut streams, mut third, _driving) = caller.runtime.block_on(async {
        let mut connection = app.accept().await;
        let mut streams = Vec::new();
        for _ in 0..2 {
            let (_, mut respond) = next(&mut connection).await;
            let mut stream = begin(&mut respond);
            stream.send_data("half".into(), false).unwrap();
            streams.push(stream);
        }
        let (_, third) = next(&mut connection).await;
        (streams, third, drive(connection))
    });
    // Which of them is the first is not known.
    let answers = [caller.answer(sent), caller.answer(other)];
    let [first, second] = answers.map(Result::unwrap);
    drop(first);
    waiting.abort();
    let index = caller.runtime.block_on(async {
        let (left, right) = streams.split_at_mut(1);
        let index = tokio::select! {
            reset = std::future::poll_fn(|cx| left[0].poll_reset(cx)) => { reset.unwrap(); 1 }
            reset = std::future::poll_fn(|cx| right[0].poll_reset(cx)) => { reset.unwrap(); 0 }
        };
        let reset = std::future::poll_fn(|cx| third.poll_reset(cx));
        timeout(LIMIT, reset).await.unwrap().unwrap();
        index
    });
    streams[index].send_data("rest".into(), true).unwrap();
    assert_eq!(caller.body(second).unwrap().bytes, b"halfrest");
    assert_eq!(caller.broken(), 0);
}

#[test]
fn client_that_expects_100_gets_it() {
    let app = Http2App::start();
    let caller = app.caller();
    let request = request().header("Expect", "100-continue");
    let interim = Interim::new();
    let sent = caller.send_with(request.body(RequestBody::none()).unwrap(), interim.clone());
    caller.runtime.block_on(async {
        let mut connection = app.accept().await;
        let (request, mut respond) = next(&mut connection).await;
        assert!(!request.headers().contains_key("expect"));
        respond.send_response(Response::new(()), true).unwrap();
        drive(connection);
    });
    caller.whole(sent);
    assert_eq!(interim.take(), b"HTTP/1.1 100 Continue\r\n\r\n");
}

#[test]
fn silence_in_an_answer_ends_it_and_resets_its_stream() {
    let app = Http2App::start();
    let short = Duration::from_millis(200);
    let caller = app.timed(Timeouts {
        body_idle: short,
        ..Timeouts::default()
    });
    let sent = caller.get();
    let (mut stream, _driving) = caller.runtime.block_on(async {
        let mut connection = app.accept().await;
        let (_, mut respond) = next(&mut connection).await;
        (begin(&mut respond), drive(connection))
    });
    let answer = caller.answer(sent).unwrap();
    caller.body(answer).unwrap_err();
    let reset = std::future::poll_fn(|cx| stream.poll_reset(cx));
    let reset = caller
        .runtime
        .block_on(async { timeout(LIMIT, reset).await });
    reset.unwrap().unwrap();
    assert_eq!(caller.broken(), 1);
}
