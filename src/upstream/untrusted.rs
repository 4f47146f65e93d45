//! What helps where the app's certificate is refused, for the log.

use std::io;

use rustls::{CertificateError, pki_types::ServerName};

/// Adds to `error`, of a handshake, what to do about it. Any other passes.
pub(super) fn explain(error: io::Error) -> io::Error {
    let source = error.get_ref();
    let source = source.and_then(|source| source.downcast_ref::<rustls::Error>());
    match source {
        Some(rustls::Error::InvalidCertificate(refused)) => match advice(refused) {
            Some(text) => io::Error::new(error.kind(), format!("{PREFIX}: {text}")),
            None => error,
        },
        _ => error,
    }
}

fn advice(refused: &CertificateError) -> Option<String> {
    match refused {
        CertificateError::UnknownIssuer => Some(format!("{refused}; {TRUST}")),
        CertificateError::NotValidForNameContext {
            expected,
            presented,
        } if presented.is_empty() => {
            let name = alternative_name(expected);
            Some(format!(
                "{refused}; make one that is with `openssl req -x509 -addext subjectAltName={name}`"
            ))
        }
        CertificateError::Other(other) => match other.to_string() {
            text if text == FOR_ITSELF => Some(format!("{text}; {TRUST}")),
            text => Some(text),
        },
        _ => None,
    }
}

/// As OpenSSL has it written.
fn alternative_name(name: &ServerName<'_>) -> String {
    let kind = match name {
        ServerName::IpAddress(_) => "IP",
        _ => "DNS",
    };
    format!("{kind}:{}", name.to_str())
}

/// As rustls begins them.
const PREFIX: &str = "invalid peer certificate";

const TRUST: &str = "`ca_file` can name its authority, or the certificate itself";

/// What the webpki library calls a certificate that could sign others.
const FOR_ITSELF: &str = "CaUsedAsEndEntity";
