//! A certificate and key of the tests, and both sides of TLS with them.

use std::{
    fs,
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    sync::Arc,
};

use rcgen::{CertificateParams, KeyPair};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, ServerConfig, StreamOwned,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName},
};
use tempfile::TempDir;

use crate::raw::LIMIT;

/// A certificate for `localhost` and `127.0.0.1` that vouches for itself, in a folder.
pub struct Identity {
    folder: TempDir,
    certificate: CertificateDer<'static>,
    key: Vec<u8>,
}

/// A client's connection over TLS.
pub type Secure = StreamOwned<ClientConnection, TcpStream>;

impl Identity {
    pub fn new() -> Self {
        let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        let key = KeyPair::generate().unwrap();
        let made = CertificateParams::new(names).unwrap();
        let made = made.self_signed(&key).unwrap();
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [("cert.pem", made.pem()), ("key.pem", key.serialize_pem())] {
            let file = folder.path().join(name);
            fs::write(&file, text).unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        }
        Self {
            folder,
            certificate: made.der().clone(),
            key: key.serialize_der(),
        }
    }

    /// The configuration of a TLS listener that shows this certificate.
    pub fn listener(&self) -> String {
        let certs = self.folder.path().display();
        format!("listen_tls = '127.0.0.1:0'\ntls.certs = '{certs}'\n")
    }

    /// The file of the certificate.
    pub fn file(&self) -> PathBuf {
        self.folder.path().join("cert.pem")
    }

    pub fn client(&self, alpn: &[&str]) -> Arc<ClientConfig> {
        let mut trusted = RootCertStore::empty();
        trusted.add(self.certificate.clone()).unwrap();
        let config = ClientConfig::builder().with_root_certificates(trusted);
        let mut config = config.with_no_client_auth();
        config.alpn_protocols = names(alpn);
        config.into()
    }

    pub fn server(&self, alpn: &[&str]) -> Arc<ServerConfig> {
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(self.key.clone()));
        let config = ServerConfig::builder().with_no_client_auth();
        let config = config.with_single_cert(vec![self.certificate.clone()], key);
        let mut config = config.unwrap();
        config.alpn_protocols = names(alpn);
        config.into()
    }

    pub fn connect(&self, address: SocketAddr, alpn: &[&str]) -> Secure {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        let connection = ClientConnection::new(self.client(alpn), name).unwrap();
        StreamOwned::new(connection, stream)
    }
}

/// Sends `request`, which asks for a close, and reads to the end. One of TLS without a
/// `close_notify` is a failure.
pub fn ask(mut stream: impl Read + Write, request: &str) -> String {
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// Reads the head of a message, to the byte.
pub fn head(mut stream: impl Read) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        head.extend(byte);
    }
    String::from_utf8(head).unwrap()
}

fn names(alpn: &[&str]) -> Vec<Vec<u8>> {
    alpn.iter().map(|name| name.as_bytes().to_vec()).collect()
}
