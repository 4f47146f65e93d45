//! Folders that cannot be served with, and what is said of them.

use std::{error::Error as _, fs};

use rescope::tls::{Certificates, Error, Fault};

use super::{Authority, Folder};

const NAME: &str = "app.example.com";

/// Asserts that the one problem of `folder` is this fault of `file`; returns what is said.
macro_rules! assert_fault {
    ($folder:expr, $file:expr, $fault:pat) => {{
        let faults = $folder.faults();
        assert!(
            matches!(faults.as_slice(), [(file, $fault)] if file == $file),
            "{faults:?}"
        );
        Certificates::open($folder.path()).unwrap_err().to_string()
    }};
}

fn good() -> (Folder, Authority) {
    let authority = Authority::new("root");
    let folder = Folder::new();
    folder.write_pair("cert.pem", "key.pem", &authority.leaf(&[NAME]));
    (folder, authority)
}

#[test]
fn key_of_another_certificate_is_refused() {
    let (folder, authority) = good();
    folder.write("key.pem", &authority.leaf(&[NAME]).key);

    let faults = folder.faults();
    assert!(
        matches!(
            faults.as_slice(),
            [(key, Fault::KeyAlone), (certificate, Fault::CertificateAlone)]
                if key == "key.pem" && certificate == "cert.pem"
        ),
        "{faults:?}"
    );
    assert_eq!(
        Certificates::open(folder.path()).unwrap_err().to_string(),
        "`key.pem` holds a key that no certificate here belongs to; \
         `cert.pem` holds a certificate that no key here belongs to"
    );
}

#[test]
fn key_without_a_certificate_is_refused() {
    let (folder, authority) = good();
    folder.write("other.key", &authority.leaf(&[NAME]).key);
    assert_fault!(folder, "other.key", Fault::KeyAlone);
}

#[test]
fn certificate_without_a_key_is_refused() {
    let (folder, authority) = good();
    folder.write("other.crt", &authority.leaf(&[NAME]).certificate);
    assert_fault!(folder, "other.crt", Fault::CertificateAlone);
}

#[test]
fn expired_certificate_is_refused() {
    let authority = Authority::new("root");
    let folder = Folder::new();
    folder.write_pair(
        "cert.pem",
        "key.pem",
        &authority.leaf_valid(&[NAME], -90, -1),
    );
    let said = assert_fault!(folder, "cert.pem", Fault::Expired(_));
    assert!(
        said.starts_with("`cert.pem` holds a certificate that expired at 20"),
        "{said}"
    );
}

#[test]
fn certificate_that_is_not_valid_yet_is_refused() {
    let authority = Authority::new("root");
    let folder = Folder::new();
    folder.write_pair("cert.pem", "key.pem", &authority.leaf_valid(&[NAME], 1, 90));
    assert_fault!(folder, "cert.pem", Fault::NotYetValid(_));
}

#[test]
fn key_that_others_can_read_is_refused() {
    let (folder, _) = good();
    for mode in [0o604, 0o640, 0o644, 0o620] {
        folder.set_mode("key.pem", mode);
        let said = assert_fault!(folder, "key.pem", Fault::OpenKey(_));
        assert!(
            said.contains(&format!("(mode {mode:04o}); run `chmod 600`")),
            "{said}"
        );
    }
    folder.set_mode("key.pem", 0o400);
    folder.open();
}

#[test]
fn key_that_others_can_read_is_refused_behind_a_link() {
    let (folder, _) = good();
    let elsewhere = Folder::new();
    fs::rename(folder.file("key.pem"), elsewhere.file("key.pem")).unwrap();
    folder.link("key.pem", elsewhere.file("key.pem").to_str().unwrap());
    folder.open();
    elsewhere.set_mode("key.pem", 0o644);
    assert_fault!(folder, "key.pem", Fault::OpenKey(0o644));
}

#[test]
fn key_of_an_authority_is_refused() {
    let (folder, authority) = good();
    folder.write("rootCA.pem", &authority.certificate);
    folder.open();
    folder.write("rootCA-key.pem", &authority.key);
    assert_fault!(folder, "rootCA-key.pem", Fault::AuthorityKey);
}

#[test]
fn garbage_is_refused() {
    let (folder, authority) = good();
    let whole = authority.leaf(&[NAME]).certificate;
    for (text, fault) in [
        (
            "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n",
            "BrokenPem",
        ),
        (
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            "BrokenCertificate",
        ),
        (
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
            "UnusableKey",
        ),
        (
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
            "EncryptedKey",
        ),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n-----END RSA PRIVATE KEY-----\n",
            "EncryptedKey",
        ),
        (&whole[..whole.len() / 2], "BrokenPem"),
        ("\u{30}\u{82}\u{3}", "NoPem"),
        ("", "NoPem"),
    ] {
        folder.write("cert.pem", text);
        let faults = folder.faults();
        let (file, found) = &faults[0];
        assert_eq!(
            (file.as_str(), format!("{found:?}").as_str()),
            ("cert.pem", fault),
            "{text}"
        );
    }
}

#[test]
fn folder_in_place_of_a_file_is_refused() {
    let (folder, _) = good();
    fs::remove_file(folder.file("cert.pem")).unwrap();
    fs::create_dir(folder.file("cert.pem")).unwrap();
    assert_fault!(folder, "cert.pem", Fault::Folder);
}

#[test]
fn link_that_leads_nowhere_is_refused() {
    let (folder, _) = good();
    fs::remove_file(folder.file("key.pem")).unwrap();
    folder.link("key.pem", "gone.pem");
    assert_fault!(folder, "key.pem", Fault::Unreadable(_));
}

#[test]
fn all_that_is_wrong_is_said_at_once() {
    let (folder, authority) = good();
    folder.set_mode("key.pem", 0o644);
    folder.write("empty.crt", "");
    let other = authority.leaf_valid(&[NAME], -90, -1);
    folder.write_pair("old.crt", "old.key", &other);
    folder.set_mode("old.key", 0o666);

    let files: Vec<_> = folder.faults().into_iter().map(|(file, _)| file).collect();
    assert_eq!(files, ["empty.crt", "key.pem", "old.key"]);
}

#[test]
fn authorities_alone_are_nothing_to_serve() {
    let folder = Folder::new();
    folder.write("rootCA.pem", &Authority::new("root").certificate);
    let opened = Certificates::open(folder.path());
    assert!(matches!(opened, Err(Error::Nothing(_))), "{opened:?}");
    assert_eq!(
        fs::read_dir(folder.path()).unwrap().count(),
        1,
        "something was made"
    );
}

#[test]
fn file_in_place_of_the_folder_is_refused() {
    let (folder, _) = good();
    let opened = Certificates::open(&folder.file("cert.pem"));
    assert!(matches!(opened, Err(Error::NotAFolder(_))), "{opened:?}");
}

#[test]
fn socket_in_the_folder_is_passed_over() {
    let (folder, _) = good();
    let _socket = std::os::unix::net::UnixListener::bind(folder.file("app.sock")).unwrap();
    folder.open();
}

#[test]
fn errors_and_debug_output_hold_no_byte_of_a_key() {
    let authority = Authority::new("root");
    let leaf = authority.leaf(&[NAME]);
    let lines: Vec<_> = leaf
        .key
        .lines()
        .filter(|line| !line.contains("-----"))
        .collect();
    let broken = leaf.key.replace(lines[1], &format!("{}!", lines[1]));
    for (key, mode) in [
        (leaf.key.as_str(), 0o644),
        (&broken, 0o600),
        (&leaf.key[..120], 0o600),
        (&leaf.key, 0o600),
    ] {
        let folder = Folder::new();
        folder.write_pair("cert.pem", "key.pem", &leaf);
        folder.write("key.pem", key);
        folder.set_mode("key.pem", mode);
        let opened = Certificates::open(folder.path());
        let mut said = format!("{opened:?}");
        if let Err(error) = opened {
            said += &format!("{error} {:?}", error.source());
        }
        for line in &lines {
            assert!(!said.contains(&line[..16]), "{said}");
        }
    }
}
