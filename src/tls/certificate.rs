//! What one certificate says of itself, and one key.

use std::{
    net::{Ipv4Addr, Ipv6Addr},
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use rustls::{
    pki_types::{CertificateDer, PrivateKeyDer},
    sign::SigningKey,
};
use sha2::{Digest, Sha256};
use x509_parser::{
    certificate::X509Certificate, extensions::GeneralName, prelude::FromDer, time::ASN1Time,
};

use super::{Fault, provider, self_made};

/// A key that can sign.
pub(super) struct Key {
    pub(super) file: String,
    /// DER of the SubjectPublicKeyInfo (RFC 5280, section 4.1.2.7).
    pub(super) public: Vec<u8>,
    pub(super) signing: Arc<dyn SigningKey>,
}

impl Key {
    pub(super) fn read(file: &str, key: PrivateKeyDer<'static>) -> Result<Self, Fault> {
        let loaded = provider().key_provider.load_private_key(key);
        let signing = loaded.map_err(|_| Fault::UnusableKey)?;
        let public = signing.public_key().ok_or(Fault::UnusableKey)?.to_vec();
        Ok(Self {
            file: file.to_owned(),
            public,
            signing,
        })
    }
}

/// A certificate and what matters of it here.
pub(super) struct Certificate {
    pub(super) file: String,
    /// Itself, then the authorities that follow it in its file.
    pub(super) chain: Vec<CertificateDer<'static>>,
    /// DER of the SubjectPublicKeyInfo (RFC 5280, section 4.1.2.7).
    pub(super) public: Vec<u8>,
    issuer: Vec<u8>,
    subject: Vec<u8>,
    /// DNS names and addresses of the subject alternative names.
    pub(super) names: Vec<String>,
    pub(super) not_before: SystemTime,
    pub(super) not_after: SystemTime,
    /// Whether it may sign others (RFC 5280, section 4.2.1.9).
    pub(super) is_authority: bool,
    pub(super) is_self_made: bool,
}

impl Certificate {
    /// Reads the certificates of one file, the last one first.
    pub(super) fn read_all(
        file: &str,
        certificates: Vec<CertificateDer<'static>>,
    ) -> Result<Vec<Self>, Fault> {
        let mut all: Vec<Self> = Vec::new();
        for certificate in certificates.into_iter().rev() {
            let mut read = Self::read(file, certificate)?;
            if let Some(next) = all.last().filter(|next| next.is_authority) {
                read.chain.extend_from_slice(&next.chain);
            }
            all.push(read);
        }
        Ok(all)
    }

    fn read(file: &str, certificate: CertificateDer<'static>) -> Result<Self, Fault> {
        let broken = |_| Fault::BrokenCertificate;
        let (rest, read) =
            X509Certificate::from_der(&certificate).map_err(|_| Fault::BrokenCertificate)?;
        if !rest.is_empty() {
            return Err(Fault::BrokenCertificate);
        }
        let constraints = read.basic_constraints().map_err(broken)?;
        Ok(Self {
            file: file.to_owned(),
            public: read.public_key().raw.to_vec(),
            issuer: read.issuer().as_raw().to_vec(),
            subject: read.subject().as_raw().to_vec(),
            names: names(&read)?,
            not_before: time(read.validity().not_before),
            not_after: time(read.validity().not_after),
            is_authority: constraints.is_some_and(|extension| extension.value.ca),
            is_self_made: self_made::is_name(read.subject()),
            chain: vec![certificate],
        })
    }

    pub(super) fn is_valid(&self, now: SystemTime) -> bool {
        (self.not_before..=self.not_after).contains(&now)
    }

    /// Whether it issued `below` and is not a root; clients have roots or do not trust them.
    pub(super) fn is_intermediate_above(&self, below: &Self) -> bool {
        self.is_authority && self.subject == below.issuer && self.issuer != self.subject
    }

    /// SHA-256 of the certificate, as `openssl x509 -fingerprint` writes it.
    pub(super) fn fingerprint(&self) -> String {
        let digest = self.chain.first().map(Sha256::digest).unwrap_or_default();
        let digits: Vec<_> = digest.iter().map(|byte| format!("{byte:02X}")).collect();
        digits.join(":")
    }
}

fn names(certificate: &X509Certificate<'_>) -> Result<Vec<String>, Fault> {
    let extension = certificate.subject_alternative_name();
    let Some(extension) = extension.map_err(|_| Fault::BrokenCertificate)? else {
        return Ok(Vec::new());
    };
    let names = extension.value.general_names.iter();
    let names = names.filter_map(|name| match *name {
        GeneralName::DNSName(name) => Some(name.to_owned()),
        GeneralName::IPAddress(bytes) => address(bytes),
        _ => None,
    });
    Ok(names.collect())
}

fn address(bytes: &[u8]) -> Option<String> {
    if let Ok(v4) = <[u8; 4]>::try_from(bytes) {
        return Some(Ipv4Addr::from(v4).to_string());
    }
    let v6 = <[u8; 16]>::try_from(bytes).ok()?;
    Some(Ipv6Addr::from(v6).to_string())
}

/// A time before 1970 is as good as 1970: what expired then has expired.
fn time(time: ASN1Time) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(time.timestamp().try_into().unwrap_or_default())
}
