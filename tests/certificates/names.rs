//! Which certificate a client gets, by the name that it asks for (RFC 6066, section 3).

use rescope::tls::Certificates;
use rustls::{
    CertificateError, Error,
    crypto::{CryptoProvider, WebPkiSupportedAlgorithms, aws_lc_rs},
    version::{TLS12, TLS13},
};

use super::{
    Authority, Folder,
    handshake::{assert_serves, client, client_with, handshake},
};

/// Asserts that a client that wants `name` is offered, and refuses, a certificate with `other`.
#[track_caller]
fn assert_offers(certificates: &Certificates, authority: &Authority, name: &str, other: &str) {
    let client = client(&authority.certificate);
    let refused = handshake(certificates.server_config(), client, name);
    match refused {
        Err(Error::InvalidCertificate(CertificateError::NotValidForNameContext {
            presented,
            ..
        })) => assert_eq!(presented, [format!("DnsName({other:?})")], "{name}"),
        refused => panic!("{name}: {refused:?}"),
    }
}

#[test]
fn exact_name_is_preferred_to_a_wildcard() {
    let authority = Authority::new("root");
    let wildcard = authority.leaf(&["*.example.com"]);
    let exact = authority.leaf(&["app.example.com"]);
    let folder = Folder::new();
    folder.write_pair("a.pem", "a-key.pem", &wildcard);
    folder.write_pair("b.pem", "b-key.pem", &exact);
    let certificates = folder.open();

    assert_serves(&certificates, &authority, "app.example.com", &exact);
    assert_serves(&certificates, &authority, "other.example.com", &wildcard);
}

#[test]
fn case_of_a_name_does_not_matter() {
    let authority = Authority::new("root");
    let first = authority.leaf(&["first.test"]);
    let mixed = authority.leaf(&["App.Example.COM", "*.Wild.Test"]);
    let folder = Folder::new();
    folder.write_pair("a.pem", "a-key.pem", &first);
    folder.write_pair("b.pem", "b-key.pem", &mixed);
    let certificates = folder.open();

    assert_serves(&certificates, &authority, "APP.example.com", &mixed);
    assert_serves(&certificates, &authority, "x.wild.TEST", &mixed);
}

#[test]
fn default_is_the_first_by_file_name() {
    let authority = Authority::new("root");
    let first = authority.leaf(&["first.test"]);
    let second = authority.leaf(&["*.wild.test"]);
    let folder = Folder::new();
    folder.write_pair("b.pem", "a-key.pem", &second);
    folder.write_pair("a.pem", "b-key.pem", &first);
    let certificates = folder.open();

    // A wildcard stands for one label, and not for none.
    for name in ["unknown.test", "a.b.wild.test", "wild.test"] {
        assert_offers(&certificates, &authority, name, "first.test");
    }
    // A client sends no name when it connects to an address.
    assert_offers(&certificates, &authority, "127.0.0.1", "first.test");
}

#[test]
fn kind_of_key_is_the_one_that_the_client_verifies() {
    let authority = Authority::new("root");
    let name = "app.example.com";
    let (ecdsa, rsa) = (authority.leaf(&[name]), authority.rsa_leaf(&[name]));
    let folder = Folder::new();
    folder.write_pair("a.pem", "a-key.pem", &ecdsa);
    folder.write_pair("b.pem", "b-key.pem", &rsa);
    let certificates = folder.open();

    assert_serves(&certificates, &authority, name, &ecdsa);
    for version in [&TLS12, &TLS13] {
        let mut client = client_with(without_ecdsa_in_hello(), version, &authority.certificate)
            .as_ref()
            .clone();
        client.resumption = rustls::client::Resumption::disabled();
        let shaken = handshake(certificates.server_config(), client.into(), name).unwrap();
        assert_eq!(shaken.fingerprint(), rsa.fingerprint());
    }
}

/// Offers RSA alone, though it can verify the authority's ECDSA signature.
fn without_ecdsa_in_hello() -> CryptoProvider {
    let mut provider = aws_lc_rs::default_provider();
    let all = provider.signature_verification_algorithms;
    let rsa = all
        .mapping
        .iter()
        .filter(|(scheme, _)| format!("{scheme:?}").starts_with("RSA"));
    provider.signature_verification_algorithms = WebPkiSupportedAlgorithms {
        all: all.all,
        mapping: rsa.copied().collect::<Vec<_>>().leak(),
    };
    provider
}
