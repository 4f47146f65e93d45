//! Trust in the certificates of a file: in what their keys have signed, and in each
//! of them itself, where a peer presents that very one as its own.
//!
//! Such a certificate is a trust anchor without a path (RFC 5280, section 6.1), which
//! path building cannot express. All else that makes a certificate a server's is asked
//! of it too, and the handshake's signature is verified in the same way for all.

use std::{sync::Arc, time::Duration};

use rustls::{
    CertificateError, DigitallySignedStruct, OtherError, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        verify_server_name,
    },
    crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime},
    server::ParsedCertificate,
};
use thiserror::Error;
use x509_parser::{
    certificate::X509Certificate, prelude::FromDer, time::ASN1Time, x509::X509Version,
};

use super::provider;

/// The certificates of a file, as anchors.
#[derive(Debug)]
pub(super) struct Anchors {
    /// Those of authorities, whose signatures count; `None` if there is none.
    paths: Option<Arc<WebPkiServerVerifier>>,
    certificates: Vec<CertificateDer<'static>>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl Anchors {
    /// Returns a verifier that trusts `certificates`.
    ///
    /// # Errors
    ///
    /// One of them is no X.509 certificate.
    pub(super) fn new(certificates: Vec<CertificateDer<'static>>) -> Result<Self, rustls::Error> {
        let mut store = RootCertStore::empty();
        for certificate in &certificates {
            if is_authority(certificate)? {
                store.add(certificate.clone())?;
            }
        }
        let build = |store: RootCertStore| {
            let paths = WebPkiServerVerifier::builder_with_provider(store.into(), provider());
            paths.build().map_err(|error| OtherError(Arc::new(error)))
        };
        let paths = (!store.is_empty()).then(|| build(store));
        Ok(Self {
            paths: paths.transpose()?,
            certificates,
            algorithms: provider().signature_verification_algorithms,
        })
    }

    fn verify_path(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        match &self.paths {
            Some(paths) => paths.verify_server_cert(end_entity, intermediates, name, ocsp, now),
            None => Err(CertificateError::UnknownIssuer.into()),
        }
    }

    fn has(&self, certificate: &CertificateDer<'_>) -> bool {
        let mut known = self.certificates.iter();
        known.any(|known| known.as_ref() == certificate.as_ref())
    }
}

impl ServerCertVerifier for Anchors {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verified = self.verify_path(end_entity, intermediates, name, ocsp, now);
        if verified.is_ok() || !self.has(end_entity) {
            return verified;
        }
        verify_itself(end_entity, name, now)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// Whether what the key of `certificate` has signed is trusted with it: who pins a server's
/// certificate does not mean those that its key could make (RFC 5280, section 4.2.1.9). Version
/// 1, which cannot say, was for authorities too.
fn is_authority(certificate: &CertificateDer<'_>) -> Result<bool, rustls::Error> {
    let broken = |_| CertificateError::BadEncoding;
    let (_, read) =
        X509Certificate::from_der(certificate).map_err(|_| CertificateError::BadEncoding)?;
    let constraints = read.basic_constraints().map_err(broken)?;
    Ok(read.version() != X509Version::V3 || constraints.is_some_and(|it| it.value.ca))
}

/// Looks at all of `certificate` but who signed it.
fn verify_itself(
    certificate: &CertificateDer<'_>,
    name: &ServerName<'_>,
    now: UnixTime,
) -> Result<(), rustls::Error> {
    let broken = |_| CertificateError::BadEncoding;
    let (_, read) =
        X509Certificate::from_der(certificate).map_err(|_| CertificateError::BadEncoding)?;
    check_dates(&read, now)?;
    check_usage(&read)?;
    if read.subject_alternative_name().map_err(broken)?.is_none() {
        // Version 1 has no extensions at all, and is read by nobody else here.
        let (expected, presented) = (name.to_owned(), Vec::new());
        return Err(CertificateError::NotValidForNameContext {
            expected,
            presented,
        }
        .into());
    }
    // Refuses critical extensions that are not known (RFC 5280, section 4.2).
    verify_server_name(&ParsedCertificate::try_from(certificate)?, name)
}

/// RFC 5280, section 4.1.2.5: both ends are part of it.
fn check_dates(certificate: &X509Certificate<'_>, time: UnixTime) -> Result<(), CertificateError> {
    let validity = certificate.validity();
    let (not_before, not_after) = (seconds(validity.not_before), seconds(validity.not_after));
    if time < not_before {
        return Err(CertificateError::NotValidYetContext { time, not_before });
    }
    if time > not_after {
        return Err(CertificateError::ExpiredContext { time, not_after });
    }
    Ok(())
}

/// RFC 5280, sections 4.2.1.3 and 4.2.1.12: what is not said is allowed. In every cipher
/// suite that is offered a server signs (RFC 8446, section 4.4.2.2; RFC 8422, section 5.3).
fn check_usage(certificate: &X509Certificate<'_>) -> Result<(), CertificateError> {
    let broken = |_| CertificateError::BadEncoding;
    let usage = certificate.key_usage().map_err(broken)?;
    if usage.is_some_and(|usage| !usage.value.digital_signature()) {
        return Err(Misuse::Key.into());
    }
    let purposes = certificate.extended_key_usage().map_err(broken)?;
    match purposes.is_none_or(|it| it.value.server_auth || it.value.any) {
        true => Ok(()),
        false => Err(Misuse::Purpose.into()),
    }
}

/// What a certificate is not for.
#[derive(Debug, Error)]
enum Misuse {
    #[error("its key usage does not allow signatures (digitalSignature)")]
    Key,
    #[error("its extended key usage does not allow servers (serverAuth)")]
    Purpose,
}

impl From<Misuse> for CertificateError {
    fn from(misuse: Misuse) -> Self {
        Self::Other(OtherError(Arc::new(misuse)))
    }
}

/// A time before 1970 is as good as 1970.
fn seconds(time: ASN1Time) -> UnixTime {
    let seconds = time.timestamp().try_into().unwrap_or_default();
    UnixTime::since_unix_epoch(Duration::from_secs(seconds))
}
