//! What connections to an upstream with TLS are made with.

use std::{fs, path::Path, sync::Arc};

use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};
use rustls_platform_verifier::BuilderVerifierExt;

use super::{Error, Fault, provider};

/// Returns what to connect to an upstream with: TLS 1.2 and 1.3, the protocols of
/// `alpn` offered, most wanted first. Its certificate must be valid for its name and come
/// from an authority that the system trusts; or, with `ca_file`, from one of those in
/// that PEM file and from no other.
///
/// # Errors
///
/// `ca_file` cannot be read or does not hold a certificate, or the system trusts nobody.
pub fn client_config(ca_file: Option<&Path>, alpn: &[&[u8]]) -> Result<Arc<ClientConfig>, Error> {
    let builder =
        ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions()?;
    let builder = match ca_file {
        Some(file) => builder.with_root_certificates(authorities(file)?),
        None => builder
            .with_platform_verifier()
            .map_err(Error::SystemTrust)?,
    };
    let mut config = builder.with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
    Ok(Arc::new(config))
}

fn authorities(file: &Path) -> Result<RootCertStore, Error> {
    let refuse = |fault| Error::Authorities {
        file: file.to_owned(),
        fault,
    };
    let pem = fs::read(file).map_err(|error| Error::CaFile(file.to_owned(), error))?;
    let mut store = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|_| refuse(Fault::BrokenPem))?;
        store
            .add(certificate)
            .map_err(|_| refuse(Fault::BrokenCertificate))?;
    }
    if store.is_empty() {
        return Err(refuse(Fault::NoCertificate));
    }
    Ok(store)
}
