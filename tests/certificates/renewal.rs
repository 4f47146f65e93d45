//! New files while the server runs: good ones are taken up, broken ones leave the old.

use std::{
    fs,
    os::unix::fs::symlink,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, Receiver},
    },
    thread,
    time::Duration,
};

use rescope::tls::{Certificates, Error, Watching};
use rustls::client::Resumption;

use super::{
    Authority, Folder,
    handshake::{assert_serves, client, handshake, shake},
};

const NAME: &str = "app.example.com";
/// Bounds a failure only.
const LIMIT: Duration = Duration::from_secs(60);

/// What a watched folder told of.
struct Reloads {
    told: Receiver<Result<(), String>>,
    _watching: Watching,
}

impl Reloads {
    fn of(certificates: &Certificates) -> Self {
        let (tell, told) = mpsc::channel();
        let watching = certificates.watch(move |reload: Result<(), &Error>| {
            let _ = tell.send(reload.map_err(Error::to_string));
        });
        Self {
            told,
            _watching: watching.unwrap(),
        }
    }

    #[track_caller]
    fn assert_success(&self) {
        self.assert_told("success", Result::is_ok);
    }

    #[track_caller]
    fn assert_failure(&self, part: &str) {
        let is_it = |told: &Result<(), String>| told.as_ref().is_err_and(|it| it.contains(part));
        self.assert_told(part, is_it);
    }

    /// Passes over what was told of files of which only some were written, as they are seen
    /// when the machine is busy.
    #[track_caller]
    fn assert_told(&self, what: &str, is_it: impl Fn(&Result<(), String>) -> bool) {
        let mut others = Vec::new();
        loop {
            match self.told.recv_timeout(LIMIT) {
                Ok(told) if is_it(&told) => return,
                Ok(told) => others.push(told),
                Err(_) => panic!("{what} was not told, but {others:?}"),
            }
        }
    }
}

#[test]
fn renewed_certificate_is_taken_up() {
    let authority = Authority::new("root");
    let (old, new) = (authority.leaf(&[NAME]), authority.leaf(&[NAME]));
    let folder = Folder::new();
    folder.write_pair("cert.pem", "key.pem", &old);
    let certificates = folder.open();
    let before = certificates.server_config();
    let reloads = Reloads::of(&certificates);
    assert_serves(&certificates, &authority, NAME, &old);

    folder.write_pair("cert.pem", "key.pem", &new);

    reloads.assert_success();
    assert_serves(&certificates, &authority, NAME, &new);
    assert!(Arc::ptr_eq(&before, &certificates.server_config()));
}

#[test]
fn renewal_behind_certbots_links_is_taken_up() {
    let authority = Authority::new("root");
    let (old, new) = (authority.leaf(&[NAME]), authority.leaf(&[NAME]));
    let etc = Folder::new();
    etc.write_pair("archive/site/cert1.pem", "archive/site/privkey1.pem", &old);
    etc.link("live/site/cert.pem", "../../archive/site/cert1.pem");
    etc.link("live/site/privkey.pem", "../../archive/site/privkey1.pem");
    // The folder above is named, so no link in it changes.
    let certificates = Certificates::open(&etc.file("live")).unwrap().certificates;
    let reloads = Reloads::of(&certificates);

    etc.write_pair("archive/site/cert2.pem", "archive/site/privkey2.pem", &new);
    for name in ["cert", "privkey"] {
        let link = etc.file(&format!("live/site/{name}.pem"));
        fs::remove_file(&link).unwrap();
        symlink(format!("../../archive/site/{name}2.pem"), link).unwrap();
    }

    reloads.assert_success();
    assert_serves(&certificates, &authority, NAME, &new);
}

#[test]
fn renewal_of_a_links_target_is_taken_up() {
    let authority = Authority::new("root");
    let (old, new) = (authority.leaf(&[NAME]), authority.leaf(&[NAME]));
    let folder = Folder::new();
    let elsewhere = Folder::new();
    elsewhere.write_pair("cert.pem", "key.pem", &old);
    for name in ["cert.pem", "key.pem"] {
        folder.link(name, elsewhere.file(name).to_str().unwrap());
    }
    let certificates = folder.open();
    let reloads = Reloads::of(&certificates);

    elsewhere.write_pair("cert.pem", "key.pem", &new);

    reloads.assert_success();
    assert_serves(&certificates, &authority, NAME, &new);
}

#[test]
fn swap_of_a_kubernetes_volume_is_taken_up() {
    let authority = Authority::new("root");
    let (old, new) = (authority.leaf(&[NAME]), authority.leaf(&[NAME]));
    let folder = Folder::new();
    folder.write_pair("..one/tls.crt", "..one/tls.key", &old);
    folder.link("..data", "..one");
    folder.link("tls.crt", "..data/tls.crt");
    folder.link("tls.key", "..data/tls.key");
    let certificates = folder.open();
    let reloads = Reloads::of(&certificates);

    // As the kubelet does it: a new folder, then one rename of the link.
    folder.write_pair("..two/tls.crt", "..two/tls.key", &new);
    folder.link("..data_tmp", "..two");
    fs::rename(folder.file("..data_tmp"), folder.file("..data")).unwrap();
    fs::remove_dir_all(folder.file("..one")).unwrap();

    reloads.assert_success();
    assert_serves(&certificates, &authority, NAME, &new);
}

#[test]
fn broken_files_leave_the_old_ones_until_good_ones_come() {
    let authority = Authority::new("root");
    let old = authority.leaf(&[NAME]);
    let folder = Folder::new();
    folder.write_pair("cert.pem", "key.pem", &old);
    let certificates = folder.open();
    let reloads = Reloads::of(&certificates);

    let half = &old.certificate[..old.certificate.len() / 2];
    let other = authority.leaf(&[NAME]);
    for (certificate, mode, part) in [
        (half, 0o600, "`cert.pem` holds a broken PEM block"),
        (
            &other.certificate,
            0o600,
            "`cert.pem` holds a certificate that no key here belongs to",
        ),
        ("", 0o600, "`cert.pem` holds no PEM block"),
        (
            &old.certificate,
            0o644,
            "`key.pem` holds a key that others can read",
        ),
    ] {
        folder.write("cert.pem", certificate);
        folder.set_mode("key.pem", mode);
        reloads.assert_failure(part);
        assert_serves(&certificates, &authority, NAME, &old);
    }

    fs::remove_file(folder.file("key.pem")).unwrap();
    fs::create_dir(folder.file("key.pem")).unwrap();
    reloads.assert_failure("`key.pem` is a folder");
    fs::remove_dir_all(folder.path()).unwrap();
    reloads.assert_failure("holds no certificate with its key");
    assert_serves(&certificates, &authority, NAME, &old);

    folder.write_pair("cert.pem", "key.pem", &other);
    reloads.assert_success();
    assert_serves(&certificates, &authority, NAME, &other);
    assert!(reloads.told.try_recv().is_err(), "something was told twice");
}

#[test]
fn old_files_that_come_back_end_a_failure() {
    let authority = Authority::new("root");
    let leaf = authority.leaf(&[NAME]);
    let folder = Folder::new();
    folder.write_pair("cert.pem", "key.pem", &leaf);
    let certificates = folder.open();
    let reloads = Reloads::of(&certificates);

    folder.write("cert.pem", "");
    reloads.assert_failure("`cert.pem`");
    folder.write("cert.pem", &leaf.certificate);
    reloads.assert_success();
}

#[test]
fn empty_folder_is_filled_while_the_self_made_certificate_is_served() {
    let authority = Authority::new("root");
    let leaf = authority.leaf(&[NAME]);
    let folder = Folder::new();
    let certificates = Certificates::open(folder.path()).unwrap().certificates;
    let reloads = Reloads::of(&certificates);

    folder.write_pair("cert.pem", "key.pem", &leaf);

    reloads.assert_success();
    assert_serves(&certificates, &authority, NAME, &leaf);
    assert_eq!(certificates.summaries().len(), 2);
}

#[test]
fn reload_that_is_asked_for_keeps_the_old_ones_on_an_error() {
    let authority = Authority::new("root");
    let (old, new) = (authority.leaf(&[NAME]), authority.leaf(&[NAME]));
    let folder = Folder::new();
    folder.write_pair("cert.pem", "key.pem", &old);
    let certificates = folder.open();

    folder.write("cert.pem", &new.certificate);
    assert!(matches!(certificates.reload(), Err(Error::Files(_))));
    assert_serves(&certificates, &authority, NAME, &old);
    for name in ["cert.pem", "key.pem"] {
        fs::remove_file(folder.file(name)).unwrap();
    }
    assert!(matches!(certificates.reload(), Err(Error::Nothing(_))));
    assert_serves(&certificates, &authority, NAME, &old);

    folder.write_pair("cert.pem", "key.pem", &new);
    certificates.reload().unwrap();
    assert_serves(&certificates, &authority, NAME, &new);
}

#[test]
fn no_handshake_fails_while_certificates_change() {
    let authority = Authority::new("root");
    let leaves = [authority.leaf(&[NAME]), authority.leaf(&[NAME])];
    let folder = Folder::new();
    folder.write_pair("cert.pem", "key.pem", &leaves[0]);
    let certificates = folder.open();

    let done = AtomicBool::new(false);
    let mut renewals = 0;
    thread::scope(|scope| {
        scope.spawn(|| {
            // A resumed session would not show the certificate.
            let mut client = client(&authority.certificate).as_ref().clone();
            client.resumption = Resumption::disabled();
            let client = Arc::new(client);
            for _ in 0..1_000 {
                handshake(certificates.server_config(), client.clone(), NAME).unwrap();
            }
            done.store(true, Ordering::Relaxed);
        });
        while !done.load(Ordering::Relaxed) {
            renewals += 1;
            folder.write_pair("cert.pem", "key.pem", &leaves[renewals % 2]);
            certificates.reload().unwrap();
        }
    });
    assert!(renewals > 1);
    let last = leaves[renewals % 2].fingerprint();
    assert_eq!(shake(&certificates, &authority, NAME).fingerprint(), last);
}

#[test]
fn watching_ends_when_it_is_dropped() {
    let authority = Authority::new("root");
    let folder = Folder::new();
    folder.write_pair("cert.pem", "key.pem", &authority.leaf(&[NAME]));
    let certificates = folder.open();
    let (tell, told) = mpsc::channel::<()>();
    let watching = certificates
        .watch(move |_: Result<(), &Error>| tell.send(()).unwrap())
        .unwrap();

    drop(watching);

    // The callback is dropped with the thread, and its sender with it.
    assert_eq!(
        told.recv_timeout(LIMIT),
        Err(mpsc::RecvTimeoutError::Disconnected)
    );
}
