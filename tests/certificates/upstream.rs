//! What of an upstream's certificate is accepted: a valid one for its name, from an
//! authority that is trusted, and no other.

use std::fs;

use rescope::tls::{self, Certificates, Error};
use rustls::CertificateError;

use super::{
    Authority, Folder, Leaf,
    handshake::{client, handshake},
};

const NAME: &str = "app.example.com";

/// What a client that trusts `authority` says of an upstream with `leaf`.
fn connect(authority: &Authority, leaf: &Leaf, name: &str) -> Result<(), rustls::Error> {
    let folder = Folder::new();
    folder.write_pair("cert.pem", "key.pem", leaf);
    let server = folder.open().server_config();
    handshake(server, client(&authority.certificate), name).map(drop)
}

#[test]
fn upstream_of_the_trusted_authority_is_accepted() {
    let authority = Authority::new("root");
    connect(&authority, &authority.leaf(&[NAME]), NAME).unwrap();
    connect(&authority, &authority.leaf(&["127.0.0.1"]), "127.0.0.1").unwrap();
}

#[test]
fn upstream_of_another_authority_is_refused() {
    let (trusted, other) = (Authority::new("root"), Authority::new("root"));
    let refused = connect(&trusted, &other.leaf(&[NAME]), NAME);
    assert!(
        matches!(refused, Err(rustls::Error::InvalidCertificate(_))),
        "{refused:?}"
    );
}

#[test]
fn upstream_with_another_name_is_refused() {
    let authority = Authority::new("root");
    let refused = connect(&authority, &authority.leaf(&["other.test"]), NAME);
    let expected = matches!(
        refused,
        Err(rustls::Error::InvalidCertificate(
            CertificateError::NotValidForNameContext { .. }
        ))
    );
    assert!(expected, "{refused:?}");
}

#[test]
fn upstream_with_an_expired_certificate_is_refused() {
    // The server would not open such a folder, so the clock of the client is put forward.
    let authority = Authority::new("root");
    let folder = Folder::new();
    folder.write_pair(
        "cert.pem",
        "key.pem",
        &authority.leaf_valid(&[NAME], -90, 1),
    );
    let server = folder.open().server_config();
    let mut client = client(&authority.certificate).as_ref().clone();
    client.time_provider = std::sync::Arc::new(TwoDaysLater);

    let refused = handshake(server, client.into(), NAME);

    let expected = matches!(
        refused,
        Err(rustls::Error::InvalidCertificate(
            CertificateError::ExpiredContext { .. }
        ))
    );
    assert!(expected, "{refused:?}");
}

#[test]
fn self_made_certificate_can_be_trusted_by_its_file() {
    let folder = Folder::new();
    let server = Certificates::open(folder.path())
        .unwrap()
        .certificates
        .server_config();
    let file = folder.file("localhost.pem");
    let client = tls::client_config(Some(&file), &[tls::HTTP_11]).unwrap();

    let shaken = handshake(server, client, "localhost").unwrap();

    assert_eq!(shaken.alpn.as_deref(), Some("http/1.1"));
}

#[test]
fn authority_is_not_trusted_beside_the_ones_of_the_file() {
    let (one, two) = (Authority::new("one"), Authority::new("two"));
    let both = Authority {
        certificate: format!("{}{}", one.certificate, two.certificate),
        ..Authority::new("unused")
    };
    connect(&both, &one.leaf(&[NAME]), NAME).unwrap();
    connect(&both, &two.leaf(&[NAME]), NAME).unwrap();
    connect(&both, &Authority::new("three").leaf(&[NAME]), NAME).unwrap_err();
}

#[test]
fn file_without_an_authority_is_refused() {
    let folder = Folder::new();
    let leaf = Authority::new("root").leaf(&[NAME]);
    for text in [
        "",
        "not PEM",
        &leaf.key,
        &leaf.certificate[..100],
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    ] {
        let file = folder.file("ca.pem");
        fs::write(&file, text).unwrap();
        let refused = tls::client_config(Some(&file), &[tls::H2]);
        assert!(
            matches!(refused, Err(Error::Authorities { .. })),
            "{text}: {refused:?}"
        );
    }
    let refused = tls::client_config(Some(&folder.file("gone.pem")), &[tls::H2]);
    assert!(matches!(refused, Err(Error::CaFile(..))), "{refused:?}");
}

#[derive(Debug)]
struct TwoDaysLater;

impl rustls::time_provider::TimeProvider for TwoDaysLater {
    fn current_time(&self) -> Option<rustls::pki_types::UnixTime> {
        let now = rustls::pki_types::UnixTime::now().as_secs();
        let later = std::time::Duration::from_secs(now + 2 * 24 * 60 * 60);
        Some(rustls::pki_types::UnixTime::since_unix_epoch(later))
    }
}
