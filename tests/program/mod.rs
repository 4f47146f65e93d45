//! `rescope run` from outside: a configuration file in, addresses and a log out.
#![allow(dead_code, reason = "each test binary uses a part of it")]

#[path = "../common/own.rs"]
mod own;
#[path = "../common/printing.rs"]
pub mod printing;
pub mod tool;

use std::{
    fmt::Display,
    fs::{self, File, OpenOptions},
    io::Write,
    net::SocketAddr,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    process::Command,
    sync::mpsc,
    time::{Duration, Instant},
};

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose,
};
use tempfile::TempDir;

use crate::process::Killed;

/// What takes longer has failed.
const LIMIT: Duration = Duration::from_secs(60);

/// The program with listeners of its own, until it is dropped.
pub struct Program {
    plain: SocketAddr,
    tls: Option<SocketAddr>,
    folder: TempDir,
    _process: Killed,
}

impl Program {
    /// Starts it on a plain port in front of `app`, with what `keys` adds to its file:
    /// top-level keys first, then tables.
    pub fn start(app: impl Display, keys: &str) -> Self {
        Self::run(app, keys, false)
    }

    /// Starts it on a plain port and one with TLS, whose certificate is for `localhost`
    /// and 127.0.0.1 and signed by [`Self::authority`].
    pub fn start_with_tls(app: impl Display, keys: &str) -> Self {
        Self::run(app, keys, true)
    }

    fn run(app: impl Display, keys: &str, tls: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut text = format!("listen = \"127.0.0.1:0\"\nupstream = \"http://{app}\"\n");
        if tls {
            text += "listen_tls = \"127.0.0.1:0\"\n";
            write_certificates(folder.path());
        }
        fs::write(folder.path().join("rescope.toml"), text + keys).unwrap();
        let (process, printed) = printing::start(&mut command(folder.path()));
        let [plain, tls] = addresses(&printed, tls).unwrap_or_else(|problem| {
            let log = fs::read_to_string(folder.path().join("log")).unwrap();
            panic!("rescope {problem}: {log}");
        });
        Self {
            plain: plain.unwrap(),
            tls,
            folder,
            _process: process,
        }
    }

    /// Where it listens without TLS.
    pub fn address(&self) -> SocketAddr {
        self.plain
    }

    /// Where it listens with TLS.
    pub fn tls_address(&self) -> SocketAddr {
        self.tls.expect("it was started with TLS")
    }

    /// The certificate to trust, as a PEM file.
    pub fn authority(&self) -> PathBuf {
        self.folder.path().join("authority.pem")
    }

    /// What it has logged so far.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap()
    }
}

fn command(folder: &Path) -> Command {
    let mut command = own::rescope();
    command.args(["run", "--config"]);
    command.arg(folder.join("rescope.toml"));
    command.env("RESCOPE_LOG", "warn");
    command.stderr(File::create(folder.join("log")).unwrap());
    command
}

/// Reads what it prints until it has named its plain address, and the other one if `tls`.
fn addresses(
    printed: &mpsc::Receiver<String>,
    tls: bool,
) -> Result<[Option<SocketAddr>; 2], &'static str> {
    let deadline = Instant::now() + LIMIT;
    let mut found = [None, None];
    while found[0].is_none() || (tls && found[1].is_none()) {
        let left = deadline.saturating_duration_since(Instant::now());
        let line = printed.recv_timeout(left).map_err(|error| match error {
            mpsc::RecvTimeoutError::Timeout => "did not say where it listens",
            mpsc::RecvTimeoutError::Disconnected => "ended before it listened",
        })?;
        for (place, scheme) in ["http://", "https://"].into_iter().enumerate() {
            if let Some((_, rest)) = line.split_once(&format!("listening on {scheme}")) {
                found[place] = rest.trim().parse().ok();
            }
        }
    }
    Ok(found)
}

/// Writes `authority.pem`, and into `certs` a certificate that it signed, with its key.
fn write_certificates(folder: &Path) {
    let mut params = certificate("the tests' authority", &[]);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let authority_key = KeyPair::generate().unwrap();
    let authority = params.self_signed(&authority_key).unwrap();
    fs::write(folder.join("authority.pem"), authority.pem()).unwrap();

    let issuer = Issuer::new(params, authority_key);
    let key = KeyPair::generate().unwrap();
    let mut leaf = certificate("the tests' proxy", &["localhost", "127.0.0.1"]);
    leaf.use_authority_key_identifier_extension = true;
    leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let leaf = leaf.signed_by(&key, &issuer).unwrap();
    let certs = folder.join("certs");
    fs::create_dir(&certs).unwrap();
    fs::write(certs.join("localhost.pem"), leaf.pem()).unwrap();
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(certs.join("localhost-key.pem"))
        .unwrap()
        .write_all(key.serialize_pem().as_bytes())
        .unwrap();
}

fn certificate(subject: &str, names: &[&str]) -> CertificateParams {
    let names: Vec<_> = names.iter().map(ToString::to_string).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, subject);
    params
}
