//! Why certificates cannot be served, or an upstream's cannot be verified.

use std::{fmt, io, path::PathBuf, time::SystemTime};

use thiserror::Error;

/// Why certificates cannot be served, or an upstream's cannot be verified. The
/// messages hold names of files and never what is in them.
#[derive(Debug, Error)]
pub enum Error {
    /// The folder of certificates cannot be read.
    #[error("the folder `{}` cannot be read", .0.display())]
    Folder(PathBuf, #[source] io::Error),
    /// A file was given instead of a folder.
    #[error("`{}` is no folder; name the folder that holds the certificate and its key", .0.display())]
    NotAFolder(PathBuf),
    /// What is wrong with the files of the folder.
    #[error("{}", list(.0))]
    Files(Vec<Problem>),
    /// There is no key at all.
    #[error("the folder `{}` holds no certificate with its key", .0.display())]
    Nothing(PathBuf),
    /// No certificate could be made for an empty folder.
    #[error("no self-signed certificate can be made")]
    Make(#[from] rcgen::Error),
    /// The file of the authorities to trust cannot be read.
    #[error("the file `{}` cannot be read", .0.display())]
    CaFile(PathBuf, #[source] io::Error),
    /// The file of the authorities to trust holds none, or a broken one.
    #[error("the file `{}` {fault}", file.display())]
    Authorities {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        fault: Fault,
    },
    /// The system has no authorities to trust.
    #[error(
        "the system's certificate authorities cannot be used; name those to trust with `ca_file`"
    )]
    SystemTrust(#[source] rustls::Error),
    /// The files cannot be watched.
    #[error("no thread can be started to watch the certificates")]
    Watch(#[source] io::Error),
    /// The cryptography cannot be set up.
    #[error("TLS cannot be set up")]
    Setup(#[from] rustls::Error),
}

/// What is wrong with one file.
#[derive(Debug)]
pub struct Problem {
    /// The file, relative to the folder.
    pub file: String,
    /// What is wrong with it.
    pub fault: Fault,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` {}", self.file, self.fault)
    }
}

/// What can be wrong with a file, said so that it follows the file's name.
#[derive(Debug, Error)]
pub enum Fault {
    /// It cannot be read.
    #[error("cannot be read: {0}")]
    Unreadable(io::Error),
    /// It is a folder, though its name is that of a file.
    #[error("is a folder; a container runtime makes one where the file to mount does not exist")]
    Folder,
    /// It should be PEM by its name and has no block.
    #[error("holds no PEM block; PEM begins with `-----BEGIN`, other forms have to be converted")]
    NoPem,
    /// A PEM block does not end or is not Base64.
    #[error("holds a broken PEM block")]
    BrokenPem,
    /// A certificate is not X.509.
    #[error("holds a certificate that cannot be read")]
    BrokenCertificate,
    /// It was expected to hold certificates.
    #[error("holds no certificate")]
    NoCertificate,
    /// A passphrase is needed to read the key.
    #[error(
        "holds a key with a passphrase, which cannot be asked for; remove it with `openssl pkey`"
    )]
    EncryptedKey,
    /// The key is broken, or of a kind that is not used for TLS.
    #[error(
        "holds a key that cannot be used; RSA of 2048 bits or more, P-256, P-384, P-521 and Ed25519 can"
    )]
    UnusableKey,
    /// Others than the owner have access to the key.
    #[error("holds a key that others can read (mode {0:04o}); run `chmod 600` on it")]
    OpenKey(u32),
    /// It is the key of a certificate authority.
    #[error(
        "holds the key of a certificate authority (CA:TRUE), which can pose as any site and must not be here"
    )]
    AuthorityKey,
    /// No certificate has this key.
    #[error("holds a key that no certificate here belongs to")]
    KeyAlone,
    /// No key belongs to this certificate.
    #[error("holds a certificate that no key here belongs to")]
    CertificateAlone,
    /// The certificate was valid until then.
    #[error("holds a certificate that expired at {}; renew it", time(.0))]
    Expired(SystemTime),
    /// The certificate was made by rescope and was valid until then.
    #[error("expired at {}; delete it and its key, then a new one is made", time(.0))]
    SelfMadeExpired(SystemTime),
    /// The certificate is valid from then on.
    #[error("holds a certificate that is not valid before {}; is the clock right?", time(.0))]
    NotYetValid(SystemTime),
}

impl Fault {
    pub(super) fn of(self, file: &str) -> Problem {
        Problem {
            file: file.to_owned(),
            fault: self,
        }
    }
}

fn list(problems: &[Problem]) -> String {
    let texts: Vec<_> = problems.iter().map(Problem::to_string).collect();
    texts.join("; ")
}

fn time(time: &SystemTime) -> humantime::Rfc3339Timestamp {
    humantime::format_rfc3339_seconds(*time)
}
