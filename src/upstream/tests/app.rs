//! An app at the other end of a stream in memory, and requests to it.

use std::{
    convert::Infallible,
    future::pending,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use http::{Request, Response};
use http_body_util::BodyExt as _;
use hyper::{
    body::{Bytes, Incoming},
    server::conn::http1::Builder,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex},
    sync::oneshot,
    task::JoinHandle,
    time::{Instant, sleep},
};

use crate::net::{Descriptors, Interim, OwnConnections, Socket, Stream};
use crate::upstream::{
    Address, Answer, Connector, Error, Limits, Protocol, RequestBody, ResponseBody, Target,
    Timeouts, Upstream, http1::Connection, http2::Open, traffic::Counted,
};

/// What an app says to a request.
#[derive(Clone, Copy)]
pub(super) enum Says {
    Nothing,
    /// A whole answer, to so many requests.
    Whole {
        times: usize,
    },
    /// A head with these fields, pieces with a pause after each, and nothing more.
    Pieces {
        fields: &'static str,
        pause: Duration,
        count: usize,
    },
}

/// Gives the upstream a connection to an app; returns when the app has seen its end.
pub(super) async fn start_app(upstream: &Arc<Upstream>, says: Says) -> JoinHandle<Instant> {
    let stream = connect(upstream).await;
    let is_http2 = upstream.protocol == Protocol::Http2;
    tokio::spawn(async move {
        match is_http2 {
            true => serve_http2(stream, says).await,
            false => serve_http1(stream, says).await,
        }
        Instant::now()
    })
}

/// Gives the upstream a connection; returns its other end.
pub(super) async fn connect(upstream: &Arc<Upstream>) -> DuplexStream {
    let (near, far) = duplex(ROOM);
    let stream = Stream::plain(Socket::in_memory(near), upstream.timeouts.body_idle);
    let descriptor = Descriptors::default().take();
    let stream = Counted::new(stream, None, descriptor);
    if upstream.protocol == Protocol::Http2 {
        let open = Open::new(stream, upstream.limits).await.unwrap();
        upstream.http2.set(open);
    } else {
        let born = upstream.shared.pool.now();
        let connection = Connection::new(stream, upstream.limits, born).await;
        upstream.shared.pool.give_back(connection.unwrap());
    }
    far
}

async fn serve_http1(mut stream: DuplexStream, says: Says) {
    match says {
        Says::Nothing => {}
        Says::Whole { times } => {
            for _ in 0..times {
                if !read_head(&mut stream).await {
                    return;
                }
                let whole = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
                stream.write_all(whole).await.unwrap();
            }
        }
        Says::Pieces {
            fields,
            pause,
            count,
        } => {
            read_head(&mut stream).await;
            let head = format!("HTTP/1.1 200 OK\r\n{fields}\r\n\r\n");
            stream.write_all(head.as_bytes()).await.unwrap();
            for _ in 0..count {
                stream.write_all(b"1\r\na\r\n").await.unwrap();
                sleep(pause).await;
            }
        }
    }
    let _ = stream.read_to_end(&mut Vec::new()).await;
}

async fn serve_http2(stream: DuplexStream, says: Says) {
    let mut connection = h2::server::handshake(stream).await.unwrap();
    let mut answered = 0;
    while let Some(Ok((request, respond))) = connection.accept().await {
        let says = match says {
            Says::Whole { times } if times == answered => Says::Nothing,
            says => says,
        };
        answered += 1;
        tokio::spawn(async move {
            let mut body = request.into_body();
            let read = async { while let Some(Ok(_)) = body.data().await {} };
            tokio::join!(read, answer_http2(respond, says));
        });
    }
}

async fn answer_http2(mut respond: h2::server::SendResponse<Bytes>, says: Says) {
    match says {
        Says::Nothing => pending().await,
        Says::Whole { .. } => {
            respond.send_response(Response::new(()), true).unwrap();
        }
        Says::Pieces {
            fields,
            pause,
            count,
        } => {
            let (name, value) = fields.split_once(": ").unwrap();
            let head = Response::builder().header(name, value).body(()).unwrap();
            let mut stream = respond.send_response(head, false).unwrap();
            for _ in 0..count {
                stream.send_data("a".into(), false).unwrap();
                sleep(pause).await;
            }
            pending::<()>().await;
        }
    }
}

/// Reads the head of a request; whether there is one.
pub(super) async fn read_head(stream: &mut DuplexStream) -> bool {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return false,
        }
    }
    true
}

/// The body of a client's request in chunks, and the client.
pub(super) async fn upload() -> (DuplexStream, RequestBody) {
    let (mut client, server) = duplex(1 << 20);
    let (sender, body) = oneshot::channel();
    let sender = Mutex::new(Some(sender));
    let service = service_fn(move |request: Request<Incoming>| {
        let sender = sender.lock().unwrap().take().unwrap();
        let _ = sender.send(request.into_body());
        pending::<Result<Response<String>, Infallible>>()
    });
    tokio::spawn(Builder::new().serve_connection(TokioIo::new(server), service));
    let head = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    client.write_all(head).await.unwrap();
    (client, RequestBody::new(body.await.unwrap()))
}

/// A request on its way, and when it was answered.
pub(super) type Sent = JoinHandle<(Result<Answer, Error>, Instant)>;

pub(super) fn get(upstream: &Arc<Upstream>) -> Sent {
    send(upstream, Request::get("/").body(RequestBody::none()))
}

pub(super) fn post(upstream: &Arc<Upstream>, body: RequestBody) -> Sent {
    let request = Request::post("/").header("transfer-encoding", "chunked");
    send(upstream, request.body(body))
}

fn send(upstream: &Arc<Upstream>, request: http::Result<Request<RequestBody>>) -> Sent {
    let upstream = Arc::clone(upstream);
    tokio::spawn(async move {
        let interim = Interim::default();
        let outcome = upstream.send(request.unwrap(), &interim, None).await;
        (outcome, Instant::now())
    })
}

pub(super) async fn answer(sent: Sent) -> ResponseBody {
    sent.await.unwrap().0.unwrap().response.into_body()
}

pub(super) async fn failure(sent: Sent) -> (Error, Instant) {
    let (outcome, end) = sent.await.unwrap();
    (outcome.err().expect("an answer"), end)
}

/// Reads the whole answer.
pub(super) async fn finish(sent: Sent) {
    answer(sent).await.collect().await.unwrap();
}

pub(super) fn upstream(protocol: Protocol) -> Arc<Upstream> {
    timed(protocol, |_| {})
}

/// Returns one whose connections are those that it is given.
pub(super) fn timed(protocol: Protocol, change: impl Fn(&mut Timeouts)) -> Arc<Upstream> {
    let target = Target {
        address: Address::Unix(PathBuf::from("/nowhere")),
        tls: None,
        protocol,
    };
    let mut timeouts = Timeouts {
        response_head: HEAD,
        body_idle: BODY,
        stream_idle: STREAM,
        idle: IDLE,
        ..Timeouts::default()
    };
    change(&mut timeouts);
    let own = OwnConnections::default();
    let connector = Connector::new(target, timeouts, own, Descriptors::default());
    Arc::new(Upstream::new(
        Arc::new(connector),
        Limits::default(),
        timeouts,
    ))
}

pub(super) const HEAD: Duration = Duration::from_secs(4);
pub(super) const BODY: Duration = Duration::from_secs(6);
pub(super) const STREAM: Duration = Duration::from_secs(20);
pub(super) const IDLE: Duration = Duration::from_secs(5);

/// Of a stream, in each direction.
pub(super) const ROOM: usize = 4096;
