//! What connections to an upstream with TLS are made with.

use std::{fs, path::Path, sync::Arc};

use rustls::{
    ClientConfig,
    pki_types::{CertificateDer, pem::PemObject},
};
use rustls_platform_verifier::BuilderVerifierExt;

use super::{Error, Fault, anchors::Anchors, provider};

/// Returns what to connect to an upstream with: TLS 1.2 and 1.3, the protocols of
/// `alpn` offered, most wanted first. Its certificate must be valid for its name and come
/// from an authority that the system trusts; or, with `ca_file`, from one of those in
/// that PEM file, or be one of those itself, and no other.
///
/// # Errors
///
/// `ca_file` cannot be read or does not hold a certificate, or the system trusts nobody.
pub fn client_config(ca_file: Option<&Path>, alpn: &[&[u8]]) -> Result<Arc<ClientConfig>, Error> {
    let builder =
        ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions()?;
    let builder = match ca_file {
        // Verifies more than the usual one does, and nothing less strictly.
        Some(file) => builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(anchors(file)?)),
        None => builder
            .with_platform_verifier()
            .map_err(Error::SystemTrust)?,
    };
    let mut config = builder.with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
    Ok(Arc::new(config))
}

fn anchors(file: &Path) -> Result<Anchors, Error> {
    let refuse = |fault| Error::Authorities {
        file: file.to_owned(),
        fault,
    };
    let pem = fs::read(file).map_err(|error| Error::CaFile(file.to_owned(), error))?;
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    let certificates = certificates.map_err(|_| refuse(Fault::BrokenPem))?;
    if certificates.is_empty() {
        return Err(refuse(Fault::NoCertificate));
    }
    Anchors::new(certificates).map_err(|_| refuse(Fault::BrokenCertificate))
}
