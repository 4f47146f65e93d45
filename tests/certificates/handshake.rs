//! A TLS handshake without a network, and what came of it.

use std::sync::Arc;

use rescope::tls::{self, Certificates};
use rustls::{
    ClientConfig, ClientConnection, Connection, HandshakeKind, ProtocolVersion, RootCertStore,
    ServerConfig, ServerConnection, SupportedProtocolVersion,
    crypto::CryptoProvider,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

use super::{Authority, Leaf};

/// What the client saw.
#[derive(Debug)]
pub struct Shaken {
    pub chain: Vec<CertificateDer<'static>>,
    pub alpn: Option<String>,
    pub version: ProtocolVersion,
    pub kind: HandshakeKind,
}

impl Shaken {
    /// SHA-256 of the server's certificate.
    pub fn fingerprint(&self) -> String {
        fingerprint(&self.chain[0])
    }
}

pub fn fingerprint(certificate: &CertificateDer<'_>) -> String {
    let digest = Sha256::digest(certificate);
    let digits: Vec<_> = digest.iter().map(|byte| format!("{byte:02X}")).collect();
    digits.join(":")
}

/// A client that trusts this PEM alone, with HTTP/2 and HTTP/1.1.
pub fn client(trusted: &str) -> Arc<ClientConfig> {
    let file = NamedTempFile::new().unwrap();
    std::fs::write(file.path(), trusted).unwrap();
    tls::client_config(Some(file.path()), &[tls::H2, tls::HTTP_11]).unwrap()
}

/// A client that trusts this PEM alone, speaks one version of TLS, and verifies with
/// the algorithms of `provider`.
pub fn client_with(
    provider: CryptoProvider,
    version: &'static SupportedProtocolVersion,
    trusted: &str,
) -> Arc<ClientConfig> {
    let mut store = RootCertStore::empty();
    store
        .add(CertificateDer::from_pem_slice(trusted.as_bytes()).unwrap())
        .unwrap();
    let config = ClientConfig::builder_with_provider(provider.into())
        .with_protocol_versions(&[version])
        .unwrap()
        .with_root_certificates(store)
        .with_no_client_auth();
    config.into()
}

/// Shakes hands as a client of `authority` that wants `name`.
pub fn shake(certificates: &Certificates, authority: &Authority, name: &str) -> Shaken {
    let client = client(&authority.certificate);
    handshake(certificates.server_config(), client, name).unwrap()
}

/// Whether `certificates` serve `leaf` to who asks for `name`.
#[track_caller]
pub fn assert_serves(certificates: &Certificates, authority: &Authority, name: &str, leaf: &Leaf) {
    let shaken = shake(certificates, authority, name);
    assert_eq!(
        shaken.fingerprint(),
        leaf.fingerprint(),
        "another certificate for {name}"
    );
}

/// Runs a handshake to its end.
///
/// # Errors
///
/// What the client says of the server, or else what the server says of the client.
pub fn handshake(
    server: Arc<ServerConfig>,
    client: Arc<ClientConfig>,
    name: &str,
) -> Result<Shaken, rustls::Error> {
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let mut client: Connection = ClientConnection::new(client, name)?.into();
    let mut server: Connection = ServerConnection::new(server)?.into();
    while client.is_handshaking() || server.is_handshaking() {
        let refused = pass(&mut client, &mut server);
        pass(&mut server, &mut client)?;
        refused?;
    }
    // Tickets come behind the handshake.
    pass(&mut server, &mut client)?;
    Ok(Shaken {
        chain: client
            .peer_certificates()
            .unwrap()
            .iter()
            .cloned()
            .map(CertificateDer::into_owned)
            .collect(),
        alpn: client
            .alpn_protocol()
            .map(|name| String::from_utf8_lossy(name).into_owned()),
        version: client.protocol_version().unwrap(),
        kind: client.handshake_kind().unwrap(),
    })
}

/// Gives what one side has written to the other.
fn pass(from: &mut Connection, to: &mut Connection) -> Result<(), rustls::Error> {
    let mut bytes = Vec::new();
    while from.wants_write() {
        from.write_tls(&mut bytes).unwrap();
    }
    let mut bytes = bytes.as_slice();
    while !bytes.is_empty() {
        to.read_tls(&mut bytes).unwrap();
        to.process_new_packets()?;
    }
    Ok(())
}
