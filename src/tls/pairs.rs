//! Certificates and the keys that belong to them, found by their public keys.

use std::{path::Path, sync::Arc, time::SystemTime};

use rustls::{pki_types::CertificateDer, sign::CertifiedKey};

use super::{
    Error, Fault, Problem,
    certificate::{Certificate, Key},
    files::{self, Blocks},
};

/// Certificates sent at most; chains have two or three.
const LONGEST: usize = 8;

/// A certificate with its key, ready to be served.
#[derive(Debug)]
pub(super) struct Pair {
    pub(super) summary: Summary,
    /// Whether rescope made it; such a pair is the last choice.
    pub(super) is_self_made: bool,
    pub(super) certified: Arc<CertifiedKey>,
}

/// What may be said of a certificate that is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// The file of the certificate, relative to the folder.
    pub certificate: String,
    /// The file of its key, relative to the folder.
    pub key: String,
    /// The names and addresses that it is valid for, as it writes them.
    pub names: Vec<String>,
    /// When it expires.
    pub not_after: SystemTime,
    /// SHA-256 of the certificate: pairs of upper-case hexadecimal digits with colons between.
    pub fingerprint: String,
}

/// Returns the pairs of `folder` in the order of their files' names, one that
/// rescope made last; none if it holds no PEM file or does not exist.
///
/// # Errors
///
/// The folder cannot be read, or what is wrong with its files.
pub(super) fn read(folder: &Path, now: SystemTime) -> Result<Vec<Pair>, Error> {
    let files = files::read(folder)?;
    if files.is_empty() {
        return Ok(Vec::new());
    }
    let pairs = match_up(files, now).map_err(Error::Files)?;
    if pairs.is_empty() {
        return Err(Error::Nothing(folder.to_owned()));
    }
    Ok(pairs)
}

/// Returns a pair for each key of `files`.
///
/// # Errors
///
/// All that cannot be read; if everything can, all that does not belong together or to a
/// server; if all belongs together, what is not valid now.
pub(super) fn match_up(files: Vec<Blocks>, now: SystemTime) -> Result<Vec<Pair>, Vec<Problem>> {
    let (keys, certificates) = parse(files)?;
    let problems = misplaced(&keys, &certificates);
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut pairs = Vec::new();
    let mut problems = Vec::new();
    for key in &keys {
        match best(key, &certificates, now) {
            Ok(certificate) => pairs.push(pair(key, certificate, &certificates)),
            Err(problem) => problems.push(problem),
        }
    }
    // By name, so that the default stays the same when files are written anew.
    pairs.sort_by_key(|pair| (pair.is_self_made, pair.summary.certificate.clone()));
    none_or(problems, pairs)
}

fn parse(files: Vec<Blocks>) -> Result<(Vec<Key>, Vec<Certificate>), Vec<Problem>> {
    let mut keys: Vec<Key> = Vec::new();
    let mut certificates = Vec::new();
    let mut problems = Vec::new();
    for blocks in files {
        for key in blocks.keys {
            match Key::read(&blocks.file, key) {
                // A second copy, for instance in a file that holds the certificate too.
                Ok(key) if keys.iter().any(|known| known.public == key.public) => {}
                Ok(key) => keys.push(key),
                Err(fault) => problems.push(fault.of(&blocks.file)),
            }
        }
        match Certificate::read_all(&blocks.file, blocks.certificates) {
            Ok(read) => certificates.extend(read),
            Err(fault) => problems.push(fault.of(&blocks.file)),
        }
    }
    none_or(problems, (keys, certificates))
}

/// Complains of keys and certificates that are alone, and of an authority's key.
fn misplaced(keys: &[Key], certificates: &[Certificate]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for key in keys {
        let mut own = certificates
            .iter()
            .filter(|one| one.public == key.public)
            .peekable();
        if own.peek().is_none() {
            problems.push(Fault::KeyAlone.of(&key.file));
        } else if own.any(|one| one.is_authority) {
            problems.push(Fault::AuthorityKey.of(&key.file));
        }
    }
    for one in certificates.iter().filter(|one| !one.is_authority) {
        if !keys.iter().any(|key| key.public == one.public) {
            problems.push(Fault::CertificateAlone.of(&one.file));
        }
    }
    problems
}

/// Returns the certificate to serve with `key`: one that is valid, of these one with most
/// of its chain (certbot leaves it alone and with its chain), of these the last to expire.
fn best<'a>(
    key: &Key,
    certificates: &'a [Certificate],
    now: SystemTime,
) -> Result<&'a Certificate, Problem> {
    let own = certificates.iter().filter(|one| one.public == key.public);
    // The last of several that are equal is returned, so the first name needs the last place.
    let best = own
        .rev()
        .max_by_key(|one| (one.is_valid(now), one.chain.len(), one.not_after));
    let best = best.ok_or_else(|| Fault::KeyAlone.of(&key.file))?;
    if now < best.not_before {
        return Err(Fault::NotYetValid(best.not_before).of(&best.file));
    }
    if best.not_after < now {
        let fault = match best.is_self_made {
            true => Fault::SelfMadeExpired,
            false => Fault::Expired,
        };
        return Err(fault(best.not_after).of(&best.file));
    }
    Ok(best)
}

fn pair(key: &Key, certificate: &Certificate, all: &[Certificate]) -> Pair {
    let chain = complete(certificate, all);
    Pair {
        summary: Summary {
            certificate: certificate.file.clone(),
            key: key.file.clone(),
            names: certificate.names.clone(),
            not_after: certificate.not_after,
            fingerprint: certificate.fingerprint(),
        },
        is_self_made: certificate.is_self_made,
        certified: Arc::new(CertifiedKey::new(chain, key.signing.clone())),
    }
}

/// Returns the certificate's chain; if its file holds nothing else, with the
/// intermediate authorities that other files hold, as a client may not know them.
fn complete(certificate: &Certificate, all: &[Certificate]) -> Vec<CertificateDer<'static>> {
    let mut chain = certificate.chain.clone();
    if chain.len() > 1 {
        return chain;
    }
    let mut last = certificate;
    while let Some(issuer) = all.iter().find(|one| one.is_intermediate_above(last)) {
        if chain.len() == LONGEST {
            break;
        }
        chain.extend(issuer.chain.first().cloned());
        last = issuer;
    }
    chain
}

fn none_or<T>(problems: Vec<Problem>, value: T) -> Result<T, Vec<Problem>> {
    if problems.is_empty() {
        Ok(value)
    } else {
        Err(problems)
    }
}
