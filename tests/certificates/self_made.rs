//! The certificate that is made for an empty folder.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    time::{Duration, SystemTime},
};

use rcgen::{CertificateParams, DnType, KeyPair, date_time_ymd};
use rescope::tls::{Certificates, Fault};
use rustls::pki_types::{CertificateDer, pem::PemObject};
use x509_parser::{certificate::X509Certificate, prelude::FromDer};

use super::{
    Authority, Folder,
    handshake::{assert_serves, client, handshake},
};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[test]
fn empty_folder_gets_a_certificate_that_is_kept() {
    let folder = Folder::new();
    folder.write("README.md", "# Certificates\n");
    folder.write(".gitignore", "*\n");

    let first = Certificates::open(folder.path()).unwrap();
    let made = first.self_made.unwrap();
    assert!(made.kept);
    assert_eq!(
        made.fingerprint,
        first.certificates.summaries()[0].fingerprint
    );

    let second = folder.open();
    assert_eq!(second.summaries(), first.certificates.summaries());
    let pem = fs::read_to_string(folder.file("localhost.pem")).unwrap();
    // Of `*.localhost` many clients want nothing, as it is right below the root.
    for name in ["localhost", "127.0.0.1", "::1"] {
        let shaken = handshake(second.server_config(), client(&pem), name).unwrap();
        assert_eq!(shaken.fingerprint(), made.fingerprint);
    }
}

#[test]
fn folder_that_does_not_exist_is_made() {
    let folder = Folder::new();
    let inner = folder.file("etc/certs");
    assert_eq!(Certificates::check(&inner).unwrap(), []);
    assert!(!inner.exists(), "checking has made it");

    assert!(Certificates::open(&inner).unwrap().self_made.unwrap().kept);
    assert!(inner.join("localhost.pem").exists());
}

#[test]
fn self_made_certificate_is_a_leaf_that_lives_less_than_200_days() {
    let folder = Folder::new();
    Certificates::open(folder.path()).unwrap();
    let der = CertificateDer::from_pem_file(folder.file("localhost.pem")).unwrap();
    let (_, certificate) = X509Certificate::from_der(&der).unwrap();

    assert!(!certificate.basic_constraints().unwrap().unwrap().value.ca);
    let usage = certificate.key_usage().unwrap().unwrap().value;
    assert!(usage.digital_signature() && !usage.key_cert_sign());
    let purposes = certificate.extended_key_usage().unwrap().unwrap().value;
    assert!(purposes.server_auth && !purposes.client_auth && !purposes.any);
    let validity = certificate.validity();
    let life = validity.not_after.timestamp() - validity.not_before.timestamp();
    assert!(life <= 199 * 24 * 60 * 60, "{life} s");
    assert_eq!(certificate.raw_serial().len(), 16);
}

#[test]
fn only_the_owner_can_read_the_self_made_key() {
    let folder = Folder::new();
    Certificates::open(folder.path()).unwrap();
    assert_eq!(mode(&folder.file("localhost-key.pem")), 0o600);
    assert_eq!(mode(&folder.file("localhost.pem")) & 0o133, 0);
}

#[test]
fn folder_that_is_made_is_for_its_owner_alone() {
    let folder = Folder::new();
    let made = folder.file("etc/certs");
    Certificates::open(&made).unwrap();
    assert_eq!(mode(&made), 0o700);

    let existing = folder.file("existing");
    for as_it_was in [0o755, 0o750, 0o700] {
        fs::create_dir(&existing).unwrap();
        fs::set_permissions(&existing, fs::Permissions::from_mode(as_it_was)).unwrap();
        assert!(
            Certificates::open(&existing)
                .unwrap()
                .self_made
                .unwrap()
                .kept
        );
        assert_eq!(mode(&existing), as_it_was);
        fs::remove_dir_all(&existing).unwrap();
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn every_self_made_certificate_is_another() {
    let made = [(); 2].map(|()| {
        let folder = Folder::new();
        Certificates::open(folder.path()).unwrap();
        let der = CertificateDer::from_pem_file(folder.file("localhost.pem")).unwrap();
        let (_, certificate) = X509Certificate::from_der(&der).unwrap();
        (
            certificate.raw_serial().to_vec(),
            certificate.public_key().raw.to_vec(),
        )
    });
    assert_ne!(made[0].0, made[1].0);
    assert_ne!(made[0].1, made[1].1);
}

#[test]
fn folder_that_cannot_be_written_gets_a_certificate_in_memory() {
    let opened = Certificates::open(Path::new("/proc/certificates")).unwrap();
    let made = opened.self_made.unwrap();
    assert!(!made.kept);
    assert_eq!(
        opened.certificates.summaries()[0].fingerprint,
        made.fingerprint
    );
}

#[test]
fn self_made_certificate_is_the_last_choice() {
    let folder = Folder::new();
    Certificates::open(folder.path()).unwrap();
    let authority = Authority::new("root");
    let own = authority.leaf(&["own.test"]);
    folder.write_pair("own.pem", "own-key.pem", &own);

    let certificates = folder.open();

    assert_serves(&certificates, &authority, "own.test", &own);
    assert_eq!(
        certificates.summaries()[0].names,
        ["own.test"],
        "the default is the own one"
    );
}

#[test]
fn expired_self_made_certificate_says_what_to_delete() {
    let key = KeyPair::generate().unwrap();
    let mut parameters = CertificateParams::new(["localhost".into()]).unwrap();
    parameters
        .distinguished_name
        .push(DnType::CommonName, "rescope self-signed");
    parameters.not_before = date_time_ymd(2026, 1, 1);
    parameters.not_after = date_time_ymd(2026, 1, 2);
    let folder = Folder::new();
    folder.write(
        "localhost.pem",
        &parameters.self_signed(&key).unwrap().pem(),
    );
    folder.write("localhost-key.pem", &key.serialize_pem());

    let faults = folder.faults();
    assert!(
        matches!(faults.as_slice(), [(_, Fault::SelfMadeExpired(_))]),
        "{faults:?}"
    );
}

#[test]
fn self_made_certificate_is_valid_now_and_for_half_a_year() {
    let folder = Folder::new();
    let certificates = Certificates::open(folder.path()).unwrap().certificates;
    assert!(certificates.summaries()[0].not_after > SystemTime::now() + 190 * DAY);
}
