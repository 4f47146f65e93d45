//! A self-signed certificate for localhost, for a folder that is empty.
//!
//! It cannot sign another certificate, so trusting it trusts this one server alone.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write},
    net::{Ipv4Addr, Ipv6Addr},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::Path,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use rcgen::{
    Certificate, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, SanType, SerialNumber, date_time_ymd,
};
use rustls::pki_types::PrivateKeyDer;
use tracing::warn;
use x509_parser::x509::X509Name;

use super::{
    Error,
    files::Blocks,
    pairs::{self, Pair},
    provider,
};

const CERTIFICATE: &str = "localhost.pem";
const KEY: &str = "localhost-key.pem";
/// What it is recognised by; the common name is no name that a browser checks.
const COMMON_NAME: &str = "rescope self-signed";
/// Browsers refuse leaves that live for more than 200 days.
const LIFE: Duration = Duration::from_secs(199 * 24 * 60 * 60);
/// How far a client's clock may be behind.
const SKEW: Duration = Duration::from_secs(60 * 60);

/// The certificate that was made for an empty folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SelfMade {
    /// SHA-256 of the certificate, as in [`Summary`](super::Summary).
    pub fingerprint: String,
    /// Whether it was written to the folder; if not, the next start makes another one.
    pub kept: bool,
}

/// Makes a certificate and leaves it in `folder`, which is made if it does not exist. It
/// is kept in memory alone, with a warning, where the folder cannot be written.
pub(super) fn make(folder: &Path) -> Result<(Pair, SelfMade), Error> {
    let now = SystemTime::now();
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
    let certificate = parameters(now)?.self_signed(&key)?;
    let kept = match keep(folder, &certificate, &key) {
        Ok(()) => true,
        Err(error) => {
            warn!(folder = %folder.display(), %error, "the self-signed certificate cannot be kept");
            false
        }
    };
    let pair = in_memory(&certificate, &key, now)?;
    let fingerprint = pair.summary.fingerprint.clone();
    Ok((pair, SelfMade { fingerprint, kept }))
}

/// Whether a subject is that of a certificate made here.
pub(super) fn is_name(subject: &X509Name<'_>) -> bool {
    let mut names = subject.iter_common_name();
    names.any(|name| name.as_str() == Ok(COMMON_NAME))
}

fn parameters(now: SystemTime) -> Result<CertificateParams, Error> {
    let mut parameters = CertificateParams::new(["localhost".into(), "*.localhost".into()])?;
    for address in [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()] {
        parameters
            .subject_alt_names
            .push(SanType::IpAddress(address));
    }
    parameters.distinguished_name = DistinguishedName::new();
    parameters
        .distinguished_name
        .push(DnType::CommonName, COMMON_NAME);
    let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    parameters.not_before = date_time_ymd(1970, 1, 1) + since.saturating_sub(SKEW);
    parameters.not_after = parameters.not_before + LIFE;
    parameters.is_ca = IsCa::ExplicitNoCa;
    parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let mut serial = [0; 16];
    let filled = provider().secure_random.fill(&mut serial);
    filled.map_err(rustls::Error::from)?;
    // Positive, and of this length (RFC 5280, section 4.1.2.2).
    serial[0] = serial[0] & 0x7f | 0x40;
    parameters.serial_number = Some(SerialNumber::from_slice(&serial));
    Ok(parameters)
}

fn in_memory(certificate: &Certificate, key: &KeyPair, now: SystemTime) -> Result<Pair, Error> {
    let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
    let files = vec![
        Blocks {
            file: CERTIFICATE.into(),
            certificates: vec![certificate.der().clone()],
            ..Blocks::default()
        },
        Blocks {
            file: KEY.into(),
            keys: vec![key],
            ..Blocks::default()
        },
    ];
    let mut pairs = pairs::match_up(files, now).map_err(Error::Files)?;
    pairs
        .pop()
        .ok_or_else(|| Error::Nothing(CERTIFICATE.into()))
}

fn keep(folder: &Path, certificate: &Certificate, key: &KeyPair) -> io::Result<()> {
    make_folder(folder)?;
    let key_file = folder.join(KEY);
    write_new(&key_file, 0o600, &key.serialize_pem())?;
    let written = write_new(&folder.join(CERTIFICATE), 0o644, &certificate.pem());
    if written.is_err() {
        // Alone, the key would be an error at the next start.
        let _ = fs::remove_file(key_file);
    }
    written
}

/// Makes `folder`, for its owner alone, unless there is one; that keeps its mode.
fn make_folder(folder: &Path) -> io::Result<()> {
    if let Some(parent) = folder.parent() {
        fs::create_dir_all(parent)?;
    }
    let mut builder = DirBuilder::new();
    builder.recursive(true).mode(0o700).create(folder)
}

/// Writes a file that does not exist yet, and leaves none that is not whole.
fn write_new(path: &Path, mode: u32, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(path)?;
    let written = file
        .write_all(text.as_bytes())
        .and_then(|()| File::sync_all(&file));
    if written.is_err() {
        let _ = fs::remove_file(path);
    }
    written
}
