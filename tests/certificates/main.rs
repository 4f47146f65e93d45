//! Folders of certificates as people have them, what is wrong with some, how a
//! client gets the right one, and how new ones are taken up; by real handshakes.

mod anchors;
mod authority;
mod faults;
mod handshake;
mod layouts;
mod logs;
mod names;
mod renewal;
mod self_made;
mod upstream;

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
};

use rescope::tls::{Certificates, Error, Fault};
use tempfile::TempDir;

use authority::{Authority, Leaf};

/// A folder of certificates that goes away with the test.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    /// Writes a file that only its owner can read, in folders that are made if needed.
    fn write(&self, name: &str, text: &str) {
        let file = self.file(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, text).unwrap();
        self.set_mode(name, 0o600);
    }

    fn write_pair(&self, certificate: &str, key: &str, leaf: &Leaf) {
        self.write(key, &leaf.key);
        self.write(certificate, &leaf.certificate);
    }

    fn set_mode(&self, name: &str, mode: u32) {
        fs::set_permissions(self.file(name), fs::Permissions::from_mode(mode)).unwrap();
    }

    fn link(&self, name: &str, target: &str) {
        let file = self.file(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        symlink(target, file).unwrap();
    }

    fn open(&self) -> Certificates {
        let opened = Certificates::open(self.path()).unwrap();
        assert_eq!(opened.self_made, None, "the folder was taken to be empty");
        opened.certificates
    }

    /// The files that are complained of, each with what is wrong.
    fn faults(&self) -> Vec<(String, Fault)> {
        match Certificates::open(self.path()) {
            Err(Error::Files(problems)) => {
                let faults = problems.into_iter();
                faults
                    .map(|problem| (problem.file, problem.fault))
                    .collect()
            }
            other => panic!("no file is complained of: {other:?}"),
        }
    }
}
