//! An app that speaks TLS, with certificates of its own.

use std::{
    io,
    net::{Ipv4Addr, TcpListener},
    sync::Arc,
};

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd,
};
use rustls::{
    ClientConfig, RootCertStore, ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
    sign::{CertifiedKey, SingleCertAndKey},
};
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use crate::raw::LIMIT;

/// Who signs the app's certificate.
pub struct Signer(CertifiedIssuer<'static, KeyPair>);

/// An app that speaks TLS.
pub struct TlsApp {
    listener: TcpListener,
    acceptor: TlsAcceptor,
}

impl Signer {
    pub fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// Trusts what this one has signed.
    pub fn trust(&self) -> Arc<ClientConfig> {
        let mut roots = RootCertStore::empty();
        roots.add(self.0.der().clone()).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        Arc::new(config)
    }

    /// Starts an app whose certificate is for `names`.
    pub fn app(&self, names: &[&str], protocols: &[&str]) -> TlsApp {
        self.app_until(2100, names, protocols)
    }

    /// The same with a certificate that ends with `year`.
    pub fn app_until(&self, year: i32, names: &[&str], protocols: &[&str]) -> TlsApp {
        let names: Vec<_> = names.iter().map(ToString::to_string).collect();
        let mut params = CertificateParams::new(names).unwrap();
        params.not_before = date_time_ymd(2000, 1, 1);
        params.not_after = date_time_ymd(year, 12, 31);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        TlsApp::presenting(certificate.der(), &key, protocols)
    }
}

impl TlsApp {
    /// Starts an app that presents `certificate` and signs with `key`, of which it need not be.
    pub fn presenting(
        certificate: &CertificateDer<'static>,
        key: &KeyPair,
        protocols: &[&str],
    ) -> Self {
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = aws_lc_rs::default_provider();
        let key = provider.key_provider.load_private_key(key).unwrap();
        let certified = CertifiedKey::new(vec![certificate.clone()], key);
        let mut config = ServerConfig::builder_with_provider(provider.into())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(SingleCertAndKey::from(certified)));
        config.alpn_protocols = protocols.iter().map(|it| it.as_bytes().to_vec()).collect();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        Self {
            listener,
            acceptor: TlsAcceptor::from(Arc::new(config)),
        }
    }

    pub fn port(&self) -> u16 {
        self.listener.local_addr().unwrap().port()
    }

    /// Takes a connection and does the handshake.
    pub async fn accept(&self) -> io::Result<TlsStream<TcpStream>> {
        let stream = self.accept_plain().await?;
        timeout(LIMIT, self.acceptor.accept(stream)).await?
    }

    /// Takes a connection.
    pub async fn accept_plain(&self) -> io::Result<TcpStream> {
        let listener = self.listener.try_clone()?;
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let (stream, _) = timeout(LIMIT, listener.accept()).await??;
        Ok(stream)
    }

    /// The agreed protocol of a connection.
    pub fn agreed(stream: &TlsStream<TcpStream>) -> Option<&[u8]> {
        stream.get_ref().1.alpn_protocol()
    }
}

/// The certificate of an app of its own, as `openssl req -x509` makes it, and its key.
pub fn self_signed(names: &[&str]) -> (Certificate, KeyPair) {
    let names: Vec<_> = names.iter().map(ToString::to_string).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    (params.self_signed(&key).unwrap(), key)
}
