//! An app that speaks HTTP/2, or at least offers it.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, mpsc},
};

use h2::{RecvStream, server};
use http::{HeaderMap, Request, Response, request::Parts};
use hyper::body::Bytes;
use rustls::ServerConfig;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpListener,
    runtime::Runtime,
};
use tokio_rustls::TlsAcceptor;

use crate::raw::LIMIT;

/// What it was sent.
pub struct Got {
    pub head: Parts,
    pub body: Vec<u8>,
    pub trailers: Option<HeaderMap>,
}

/// The app; it answers everything alike, and sends every byte of an upgrade back.
pub struct Http2App {
    pub address: SocketAddr,
    got: mpsc::Receiver<Got>,
    /// Heads that came in HTTP/1.1.
    old: mpsc::Receiver<String>,
    _runtime: Runtime,
}

impl Http2App {
    pub fn start(tls: Option<Arc<ServerConfig>>) -> Self {
        let runtime = Runtime::new().unwrap();
        let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)));
        let listener = listener.unwrap();
        let address = listener.local_addr().unwrap();
        let ((send, got), (send_old, old)) = (mpsc::channel(), mpsc::channel());
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (send, send_old) = (send.clone(), send_old.clone());
                let tls = tls.clone();
                tokio::spawn(async move {
                    let Some(config) = tls else {
                        return serve(stream, send).await;
                    };
                    let stream = TlsAcceptor::from(config).accept(stream).await.unwrap();
                    match stream.get_ref().1.alpn_protocol() {
                        Some(b"h2") => serve(stream, send).await,
                        _ => switch(stream, send_old).await,
                    }
                });
            }
        });
        Self {
            address,
            got,
            old,
            _runtime: runtime,
        }
    }

    /// Waits for the next request.
    pub fn got(&self) -> Got {
        self.got.recv_timeout(LIMIT).expect("no request came")
    }

    /// Waits for the next request in HTTP/1.1.
    pub fn got_http1(&self) -> String {
        self.old.recv_timeout(LIMIT).expect("no request came")
    }
}

async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin, got: mpsc::Sender<Got>) {
    let mut connection = server::handshake(stream).await.unwrap();
    while let Some(Ok((request, mut respond))) = connection.accept().await {
        let got = got.clone();
        tokio::spawn(async move {
            let _ = got.send(read(request).await);
            let answer = Response::builder()
                .header("x-app", "1")
                .header("set-cookie", "a=1")
                .header("set-cookie", "b=2")
                .header("location", LOCATION);
            let mut body = respond
                .send_response(answer.body(()).unwrap(), false)
                .unwrap();
            body.send_data(Bytes::from_static(b"down"), false).unwrap();
            let mut trailers = HeaderMap::new();
            trailers.insert("x-sum", "2".parse().unwrap());
            body.send_trailers(trailers).unwrap();
        });
    }
}

async fn read(request: Request<RecvStream>) -> Got {
    let (head, mut incoming) = request.into_parts();
    let mut body = Vec::new();
    while let Some(Ok(part)) = incoming.data().await {
        body.extend_from_slice(&part);
    }
    let trailers = incoming.trailers().await.unwrap_or_default();
    Got {
        head,
        body,
        trailers,
    }
}

/// Grants an upgrade in HTTP/1.1, and echoes.
async fn switch(mut stream: impl AsyncRead + AsyncWrite + Unpin, got: mpsc::Sender<String>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    let head = String::from_utf8(head).unwrap();
    let accept = super::http2::accept(&head);
    let _ = got.send(head);
    let grant = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {accept}\r\n\r\n"
    );
    stream.write_all(grant.as_bytes()).await.unwrap();
    while let Ok(byte) = stream.read_u8().await {
        stream.write_all(&[byte]).await.unwrap();
        stream.flush().await.unwrap();
    }
    let _ = stream.shutdown().await;
}

/// What its answers lead to.
pub const LOCATION: &str = "https://zoom.us/oauth/authorize?client_id=a&scope=b&state=c";
