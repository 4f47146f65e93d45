//! TLS on a listener: what is agreed on, what fails, how it ends.

use std::{net::SocketAddr, sync::Arc};

use rescope::server::Timeouts;
use rustls::{
    ClientConfig, RootCertStore, ServerConfig, crypto::aws_lc_rs, pki_types::PrivateKeyDer,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::raw::{LIMIT, Wire};
use crate::running::{Running, SHORT, Setup, any_port, eventually};

/// A certificate for `localhost`, for both sides.
pub struct Identity(rcgen::CertifiedKey<rcgen::KeyPair>);

impl Identity {
    pub fn new() -> Self {
        Self(rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap())
    }

    pub fn server(&self, protocols: &[&str]) -> Arc<ServerConfig> {
        let key = PrivateKeyDer::try_from(self.0.signing_key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
        let config = config.with_safe_default_protocol_versions().unwrap();
        let mut config = config
            .with_no_client_auth()
            .with_single_cert(vec![self.0.cert.der().clone()], key)
            .unwrap();
        config.alpn_protocols = names(protocols);
        Arc::new(config)
    }

    /// A client that trusts it.
    pub fn client(&self, protocols: &[&str]) -> Arc<ClientConfig> {
        let mut roots = RootCertStore::empty();
        roots.add(self.0.cert.der().clone()).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
        let config = config.with_safe_default_protocol_versions().unwrap();
        let mut config = config.with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = names(protocols);
        Arc::new(config)
    }

    /// Connects, says `first` in the clear and does the handshake.
    pub async fn connect(
        &self,
        address: SocketAddr,
        first: &[u8],
        protocols: &[&str],
    ) -> TlsStream<TcpStream> {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(first).await.unwrap();
        let connector = TlsConnector::from(self.client(protocols));
        let name = "localhost".try_into().unwrap();
        connector.connect(name, stream).await.unwrap()
    }
}

fn names(protocols: &[&str]) -> Vec<Vec<u8>> {
    protocols
        .iter()
        .map(|name| name.as_bytes().into())
        .collect()
}

/// Sends an HTTP/1.1 request; returns what comes up to the end of a short answer.
pub async fn exchange(stream: &mut TlsStream<TcpStream>, request: &[u8]) -> String {
    stream.write_all(request).await.unwrap();
    let mut answer = vec![0; 4096];
    let read = tokio::time::timeout(LIMIT, stream.read(&mut answer));
    let count = read.await.unwrap().unwrap();
    String::from_utf8_lossy(&answer[..count]).into_owned()
}

fn start(identity: &Identity, timeouts: Timeouts) -> Running {
    let both = identity.server(&["h2", "http/1.1"]);
    Running::with(Setup {
        addresses: vec![(any_port(), Some(both)), (any_port(), None)],
        timeouts,
        ..Setup::default()
    })
}

const GET: &[u8] = b"GET /client HTTP/1.1\r\nHost: a\r\n\r\n";

#[tokio::test]
async fn agreement_decides_between_http1_and_http2() {
    let identity = Identity::new();
    let server = start(&identity, Timeouts::default());
    for protocols in [&["http/1.1"][..], &[]] {
        let mut client = identity.connect(server.address(), b"", protocols).await;
        assert!(exchange(&mut client, GET).await.ends_with("tls=true"));
    }
    let client = identity.connect(server.address(), b"", &["h2"]).await;
    let (mut requests, connection) = h2::client::handshake(client).await.unwrap();
    tokio::spawn(connection);
    let request = http::Request::get("https://localhost/client")
        .body(())
        .unwrap();
    let (answer, _) = requests.send_request(request, true).unwrap();
    let mut body = answer.await.unwrap().into_body();
    assert!(body.data().await.unwrap().unwrap().ends_with(b"tls=true"));
    assert_eq!(server.metrics.http2_connections.get(), 1);
}

#[tokio::test]
async fn plain_and_tls_listeners_serve_at_once() {
    let identity = Identity::new();
    let server = start(&identity, Timeouts::default());
    let mut plain = Wire::connect(server.addresses[1].tcp().unwrap());
    plain.send(GET);
    assert!(plain.message().ends_with("tls=false"));
    let mut client = identity.connect(server.address(), b"", &[]).await;
    assert!(exchange(&mut client, GET).await.ends_with("tls=true"));
}

#[tokio::test]
async fn idle_connection_ends_with_close_notify() {
    let identity = Identity::new();
    let timeouts = Timeouts {
        idle: SHORT,
        ..Timeouts::default()
    };
    let server = start(&identity, timeouts);
    let mut client = identity.connect(server.address(), b"", &[]).await;
    exchange(&mut client, GET).await;
    // An end without one would be an error.
    assert_eq!(client.read(&mut [0]).await.unwrap(), 0);
    let mut client = identity.connect(server.address(), b"", &[]).await;
    client.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
    drop(client);
}

#[test]
fn handshake_that_fails_is_counted() {
    let identity = Identity::new();
    let server = start(&identity, Timeouts::default());
    let mut client = server.client();
    client.send("GET / HTTP/1.1\r\n\r\n");
    client.rest();
    eventually(|| server.metrics.tls_handshake_failures.get() == 1);
}

#[test]
fn handshake_that_stalls_is_closed() {
    let identity = Identity::new();
    let timeouts = Timeouts {
        tls_handshake: SHORT,
        ..Timeouts::default()
    };
    let server = start(&identity, timeouts);
    for sent in [&[][..], &[0x16, 3, 1, 2, 0, 1]] {
        let mut client = server.client();
        client.send(sent);
        assert_eq!(client.rest(), "");
    }
    eventually(|| server.metrics.tls_handshake_failures.get() == 2);
}

#[tokio::test]
async fn silence_after_the_handshake_is_closed() {
    let identity = Identity::new();
    let timeouts = Timeouts {
        header_read: SHORT,
        ..Timeouts::default()
    };
    let server = start(&identity, timeouts);
    for protocols in [&["http/1.1"][..], &["h2"]] {
        let mut client = identity.connect(server.address(), b"", protocols).await;
        let mut rest = Vec::new();
        let read = tokio::time::timeout(LIMIT, client.read_to_end(&mut rest));
        let _ = read.await.expect("it is kept");
    }
}
