//! Certificate and key files to rustls configurations.
//!
//! A folder is read whole: what is served is decided by what the files hold,
//! never by their names. New files are taken up while handshakes go on, and a
//! broken set never replaces a good one. Verification of an upstream cannot be
//! turned off, the key of a certificate authority is never served with, made or
//! kept, and no error or log holds a byte of a key.

mod anchors;
mod certificate;
mod client;
mod current;
mod error;
mod files;
mod pairs;
mod self_made;
mod watch;

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use rustls::{
    ServerConfig,
    crypto::{CryptoProvider, aws_lc_rs},
};
use tracing::warn;

pub use client::client_config;
pub use error::{Error, Fault, Problem};
pub use pairs::Summary;
pub use self_made::SelfMade;
pub use watch::Watching;

use current::Current;
use files::Stamp;
use pairs::Pair;

/// HTTP/2 over TLS, as ALPN names it (RFC 9113, section 3.2).
pub const H2: &[u8] = b"h2";
/// HTTP/1.1, as ALPN names it (RFC 7301, section 6).
pub const HTTP_11: &[u8] = b"http/1.1";
/// HTTP/1.0, as ALPN names it; `curl --http1.0` offers nothing else.
pub const HTTP_10: &[u8] = b"http/1.0";

/// From when on the end of a certificate is warned of.
const SOON: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// The certificates of one folder, as they are now. Clones share one state.
#[derive(Debug, Clone)]
pub struct Certificates {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    folder: PathBuf,
    current: Arc<Current>,
    config: Arc<ServerConfig>,
    /// The files as they were when last read; held while they are read.
    stamp: Mutex<Stamp>,
}

/// Certificates that can be served, and whether they had to be made first.
#[derive(Debug)]
pub struct Opened {
    /// What the folder holds.
    pub certificates: Certificates,
    /// The certificate that was made as the folder was empty; its fingerprint is to be shown.
    pub self_made: Option<SelfMade>,
}

impl Certificates {
    /// Reads the certificates and keys of `folder`. If it holds none, or does not
    /// exist, a self-signed certificate for localhost is made and left there.
    ///
    /// # Errors
    ///
    /// The folder cannot be read, or something in it cannot be served with; all
    /// that is wrong with its files is said at once.
    pub fn open(folder: &Path) -> Result<Opened, Error> {
        let mut stamp = files::stamp(folder);
        let mut pairs = pairs::read(folder, SystemTime::now())?;
        let mut self_made = None;
        if pairs.is_empty() {
            let (pair, made) = self_made::make(folder)?;
            pairs.push(pair);
            self_made = Some(made);
            stamp = files::stamp(folder);
        }
        warn_of_expiry(&pairs);
        let current = Arc::new(Current::new(pairs));
        let shared = Shared {
            folder: folder.to_owned(),
            config: server_config(current.clone())?,
            current,
            stamp: Mutex::new(stamp),
        };
        Ok(Opened {
            certificates: Self {
                shared: Arc::new(shared),
            },
            self_made,
        })
    }

    /// Reads the folder as [`open`](Self::open) does, and changes nothing. Nothing
    /// is returned for a folder that is empty or does not exist.
    ///
    /// # Errors
    ///
    /// Those of [`open`](Self::open).
    pub fn check(folder: &Path) -> Result<Vec<Summary>, Error> {
        let pairs = pairs::read(folder, SystemTime::now())?;
        Ok(pairs.into_iter().map(|pair| pair.summary).collect())
    }

    /// What listeners accept handshakes with: TLS 1.2 and 1.3, HTTP/2 and HTTP/1 by
    /// ALPN, and always the certificates of the last good reload.
    pub fn server_config(&self) -> Arc<ServerConfig> {
        self.shared.config.clone()
    }

    /// What is served now, in the order in which it is chosen; the first is the default.
    pub fn summaries(&self) -> Vec<Summary> {
        let pairs = self.shared.current.pairs();
        pairs.iter().map(|pair| pair.summary.clone()).collect()
    }

    /// Reads the folder again; handshakes that begin from now on use what it holds.
    ///
    /// # Errors
    ///
    /// Those of [`open`](Self::open), or the folder is empty now; what was served
    /// before goes on being served.
    pub fn reload(&self) -> Result<(), Error> {
        let mut stamp = self.stamp();
        // Before the files are read, so that what changes meanwhile is seen later.
        *stamp = files::stamp(&self.shared.folder);
        let pairs = pairs::read(&self.shared.folder, SystemTime::now())?;
        if pairs.is_empty() {
            return Err(Error::Nothing(self.shared.folder.clone()));
        }
        warn_of_expiry(&pairs);
        self.shared.current.replace(pairs);
        Ok(())
    }

    /// Reloads whenever files change, on a thread of its own, until the returned
    /// value is dropped. New files are taken up within 5 s, also where only the
    /// target of a symbolic link changes. `on_reload` hears of each change that was
    /// taken up and of each that could not be; both are logged too.
    ///
    /// # Errors
    ///
    /// There can be no more threads.
    pub fn watch(
        &self,
        on_reload: impl Fn(Result<(), &Error>) + Send + 'static,
    ) -> Result<Watching, Error> {
        Watching::start(self.clone(), on_reload)
    }

    fn stamp(&self) -> MutexGuard<'_, Stamp> {
        self.shared
            .stamp
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

fn server_config(current: Arc<Current>) -> Result<Arc<ServerConfig>, Error> {
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_cert_resolver(current);
    config.alpn_protocols = [H2, HTTP_11, HTTP_10].map(<[u8]>::to_vec).to_vec();
    config.ticketer = aws_lc_rs::Ticketer::new()?;
    Ok(Arc::new(config))
}

/// The cryptography of both sides; nothing relies on a process-wide one.
fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

fn warn_of_expiry(pairs: &[Pair]) {
    let soon = SystemTime::now() + SOON;
    for summary in pairs.iter().map(|pair| &pair.summary) {
        if summary.not_after < soon {
            let expires = humantime::format_rfc3339_seconds(summary.not_after);
            warn!(file = summary.certificate, %expires, "a certificate expires soon");
        }
    }
}
