//! The files of a folder of certificates: which there are, what PEM blocks they
//! hold, and whether they changed.
//!
//! Names that begin with a dot are passed over, so that the folders behind a Kubernetes
//! volume's links are not read twice. One level of folders is read too, as in certbot's `live`.

use std::{
    ffi::OsStr,
    fs::{self, File},
    io::{self, Read},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use rustls::pki_types::{
    CertificateDer, PrivateKeyDer,
    pem::{PemObject, SectionKind},
};

use super::{Error, Fault, Problem};

/// Endings of files that should hold PEM; others may.
const ENDINGS: &[&str] = &["pem", "crt", "cer", "cert", "key", "der", "pfx", "p12"];
/// Larger files are cut; the largest chains are some tens of kilobytes.
const LARGEST: u64 = 1 << 20;

/// The blocks of one file that are of use.
#[derive(Default)]
pub(super) struct Blocks {
    /// Relative to the folder.
    pub(super) file: String,
    pub(super) certificates: Vec<CertificateDer<'static>>,
    pub(super) keys: Vec<PrivateKeyDer<'static>>,
}

/// What can be seen of every file without reading it, following symbolic links.
pub(super) type Stamp = Vec<(PathBuf, [i64; 7])>;

/// Reads every file, in the order of their names, that holds a PEM block.
///
/// # Errors
///
/// The folder cannot be read, or what is wrong with its files.
pub(super) fn read(folder: &Path) -> Result<Vec<Blocks>, Error> {
    let unreadable = |error| Error::Folder(folder.to_owned(), error);
    let paths = match list(folder) {
        Ok(paths) => paths,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            return Err(Error::NotAFolder(folder.to_owned()));
        }
        Err(error) => return Err(unreadable(error)),
    };
    let mut files = Vec::new();
    let mut problems = Vec::new();
    for path in paths {
        let file = path
            .strip_prefix(folder)
            .unwrap_or(&path)
            .display()
            .to_string();
        match blocks(&path) {
            Ok(None) => {}
            Ok(Some(blocks)) => files.push(Blocks { file, ..blocks }),
            Err(fault) => problems.push(Problem { file, fault }),
        }
    }
    if problems.is_empty() {
        Ok(files)
    } else {
        Err(Error::Files(problems))
    }
}

/// Returns what tells whether the files changed; nothing if the folder cannot be read.
pub(super) fn stamp(folder: &Path) -> Stamp {
    let paths = list(folder).unwrap_or_default();
    let stamps = paths.into_iter().map(|path| {
        let seen = fs::metadata(&path).map_or([0; 7], |file| {
            let (device, inode) = (file.dev().cast_signed(), file.ino().cast_signed());
            [
                device,
                inode,
                file.mode().into(),
                file.mtime(),
                file.mtime_nsec(),
                file.ctime(),
                file.ctime_nsec(),
            ]
        });
        (path, seen)
    });
    stamps.collect()
}

fn list(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for path in entries(folder)? {
        match entries(&path) {
            Ok(inner) if !is_named_as_pem(&path) => paths.extend(inner),
            // A file, or a folder that is complained of when it is to be read.
            _ => paths.push(path),
        }
    }
    Ok(paths)
}

fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        if !name.as_encoded_bytes().starts_with(b".") && name != "lost+found" {
            paths.push(entry.path());
        }
    }
    paths.sort();
    Ok(paths)
}

/// Returns the blocks of a file; `None` if it is not about certificates.
fn blocks(path: &Path) -> Result<Option<Blocks>, Fault> {
    let about = fs::metadata(path).map_err(Fault::Unreadable)?;
    if about.is_dir() {
        fs::read_dir(path).map_err(Fault::Unreadable)?;
        return if is_named_as_pem(path) {
            Err(Fault::Folder)
        } else {
            Ok(None)
        };
    }
    // Opening a pipe could wait for ever, and a socket fails.
    if !about.is_file() {
        return Ok(None);
    }
    let file = File::open(path).map_err(Fault::Unreadable)?;
    let mode = file.metadata().map_err(Fault::Unreadable)?.mode();
    let mut text = Vec::new();
    file.take(LARGEST)
        .read_to_end(&mut text)
        .map_err(Fault::Unreadable)?;
    if !contains(&text, b"-----BEGIN ") {
        return if is_named_as_pem(path) {
            Err(Fault::NoPem)
        } else {
            Ok(None)
        };
    }
    let blocks = parse(&text)?;
    if !blocks.keys.is_empty() && mode & 0o077 != 0 && !is_kubernetes_volume(path) {
        return Err(Fault::OpenKey(mode & 0o777));
    }
    Ok(Some(blocks))
}

fn parse(text: &[u8]) -> Result<Blocks, Fault> {
    // Of PKCS#8 in the label, of OpenSSL's older form in a line after it.
    if contains(text, b"-----BEGIN ENCRYPTED PRIVATE KEY-----") || contains(text, b"4,ENCRYPTED") {
        return Err(Fault::EncryptedKey);
    }
    let mut blocks = Blocks::default();
    for block in <(SectionKind, Vec<u8>)>::pem_slice_iter(text) {
        let (kind, der) = block.map_err(|_| Fault::BrokenPem)?;
        if kind == SectionKind::Certificate {
            blocks.certificates.push(der.into());
        } else if let Some(key) = PrivateKeyDer::from_pem(kind, der) {
            blocks.keys.push(key);
        }
    }
    Ok(blocks)
}

fn is_named_as_pem(path: &Path) -> bool {
    let ending = path.extension().and_then(OsStr::to_str).unwrap_or_default();
    ENDINGS
        .iter()
        .any(|known| known.eq_ignore_ascii_case(ending))
}

/// Kubernetes mounts a secret with mode 0644 as root unless told otherwise; only the
/// container's processes see it. Its volumes have a link `..data` next to the files.
fn is_kubernetes_volume(path: &Path) -> bool {
    path.with_file_name("..data").is_symlink()
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    memchr::memmem::find(text, part).is_some()
}
