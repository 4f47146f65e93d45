//! A client that speaks HTTP/2.
#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::{future::Future, net::SocketAddr};

use h2::{
    RecvStream,
    client::{self, SendRequest},
};
use http::{HeaderMap, Request, Response};
use hyper::body::Bytes;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    runtime::{Builder, Runtime},
};

/// A client's connection, driven by a runtime of its own.
pub struct Client {
    runtime: Runtime,
    sender: SendRequest<Bytes>,
}

impl Client {
    /// Connects without TLS, by prior knowledge.
    pub fn connect(address: SocketAddr) -> Self {
        Self::over(async move { TcpStream::connect(address).await.unwrap() })
    }

    /// Connects so too, and takes no byte of any body.
    pub fn stalled(address: SocketAddr) -> Self {
        let opened = async move { TcpStream::connect(address).await.unwrap() };
        Self::begin(opened, client::Builder::new().initial_window_size(0))
    }

    /// Begins HTTP/2 on the stream that `opened` gives.
    pub fn over<S>(opened: impl Future<Output = S>) -> Self
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        Self::begin(opened, &client::Builder::new())
    }

    fn begin<S>(opened: impl Future<Output = S>, builder: &client::Builder) -> Self
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let sender = runtime.block_on(async {
            let stream = opened.await;
            let (sender, connection) = builder.handshake(stream).await.unwrap();
            tokio::spawn(connection);
            sender
        });
        Self { runtime, sender }
    }

    pub fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// Sends the head of a request, and says whether it is all.
    pub fn send(&mut self, request: Request<()>, end: bool) -> Sent {
        let mut sender = self.runtime.block_on(self.sender.clone().ready()).unwrap();
        let (answer, body) = sender.send_request(request, end).unwrap();
        Sent { answer, body }
    }

    pub fn get(&mut self, request: Request<()>) -> Response<RecvStream> {
        let sent = self.send(request, true);
        self.runtime.block_on(sent.answer).unwrap()
    }

    pub fn body(&self, mut body: RecvStream) -> (Result<Vec<u8>, h2::Error>, Option<HeaderMap>) {
        self.block_on(async {
            let mut whole = Vec::new();
            while let Some(part) = body.data().await {
                match part {
                    Ok(part) => {
                        body.flow_control().release_capacity(part.len()).unwrap();
                        whole.extend_from_slice(&part);
                    }
                    Err(error) => return (Err(error), None),
                }
            }
            let trailers = body.trailers().await;
            (Ok(whole), trailers.unwrap_or_default())
        })
    }
}

/// A request whose answer is to come.
pub struct Sent {
    pub answer: client::ResponseFuture,
    pub body: h2::SendStream<Bytes>,
}

/// A GET of `path`.
pub fn request(path: &str) -> Request<()> {
    Request::get(format!("http://app.example:8080{path}"))
        .body(())
        .unwrap()
}
