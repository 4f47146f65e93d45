//! A certificate authority of the tests.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::{Engine, engine::general_purpose::STANDARD};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, PKCS_ECDSA_P256_SHA256,
    PKCS_RSA_SHA256, date_time_ymd,
};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, pem::PemObject};
use x509_parser::der_parser::parse_der;

use super::handshake::fingerprint;

/// An authority whose own certificate is a root, or signed by a root.
pub struct Authority {
    pub issuer: Issuer<'static, KeyPair>,
    pub certificate: String,
    pub key: String,
}

/// A certificate of a server and its key, in PEM.
#[derive(Clone)]
pub struct Leaf {
    pub certificate: String,
    pub key: String,
}

impl Authority {
    pub fn new(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let parameters = parameters_of_authority(name);
        let certificate = parameters.self_signed(&key).unwrap().pem();
        Self {
            certificate,
            key: key.serialize_pem(),
            issuer: Issuer::new(parameters, key),
        }
    }

    /// An authority that this one vouches for.
    pub fn intermediate(&self, name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let parameters = parameters_of_authority(name);
        let certificate = parameters.signed_by(&key, &self.issuer).unwrap().pem();
        Self {
            certificate,
            key: key.serialize_pem(),
            issuer: Issuer::new(parameters, key),
        }
    }

    pub fn leaf(&self, names: &[&str]) -> Leaf {
        self.sign(
            names,
            &KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap(),
            |_| {},
        )
    }

    pub fn rsa_leaf(&self, names: &[&str]) -> Leaf {
        self.sign(
            names,
            &KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap(),
            |_| {},
        )
    }

    /// A certificate that is valid from `from` to `until`, in days from now.
    pub fn leaf_valid(&self, names: &[&str], from: i64, until: i64) -> Leaf {
        self.sign(names, &KeyPair::generate().unwrap(), |parameters| {
            set_validity(parameters, from, until);
        })
    }

    /// Another certificate for a key that has one.
    pub fn renew(&self, names: &[&str], leaf: &Leaf) -> Leaf {
        self.sign(names, &KeyPair::from_pem(&leaf.key).unwrap(), |_| {})
    }

    fn sign(&self, names: &[&str], key: &KeyPair, change: impl Fn(&mut CertificateParams)) -> Leaf {
        let names: Vec<_> = names.iter().map(|&name| name.to_owned()).collect();
        let mut parameters = CertificateParams::new(names).unwrap();
        set_validity(&mut parameters, -1, 90);
        change(&mut parameters);
        let certificate = parameters.signed_by(key, &self.issuer).unwrap();
        Leaf {
            certificate: certificate.pem(),
            key: key.serialize_pem(),
        }
    }
}

impl Leaf {
    /// SHA-256 of the certificate.
    pub fn fingerprint(&self) -> String {
        fingerprint(&CertificateDer::from_pem_slice(self.certificate.as_bytes()).unwrap())
    }

    /// The key without PKCS#8 around it (RFC 5958, section 2): PKCS#1 or SEC1.
    pub fn older_key(&self, label: &str) -> String {
        let key = PrivatePkcs8KeyDer::from_pem_slice(self.key.as_bytes()).unwrap();
        let (_, whole) = parse_der(key.secret_pkcs8_der()).unwrap();
        let older = whole.as_sequence().unwrap()[2].as_slice().unwrap();
        let text = STANDARD.encode(older);
        let lines: Vec<_> = text
            .as_bytes()
            .chunks(64)
            .map(String::from_utf8_lossy)
            .collect();
        format!(
            "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
            lines.join("\n")
        )
    }
}

pub fn parameters_of_authority(name: &str) -> CertificateParams {
    let mut parameters = CertificateParams::new([]).unwrap();
    parameters.distinguished_name.push(DnType::CommonName, name);
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    parameters
}

/// Makes it valid from `from` to `until`, in days from now.
pub fn set_validity(parameters: &mut CertificateParams, from: i64, until: i64) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let now = date_time_ymd(1970, 1, 1) + now;
    let day = |days: i64| {
        let distance = Duration::from_secs(24 * 60 * 60 * days.unsigned_abs());
        if days < 0 {
            now - distance
        } else {
            now + distance
        }
    };
    parameters.not_before = day(from);
    parameters.not_after = day(until);
}
