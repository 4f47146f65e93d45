//! The certificates that are served now, and which of them a client gets.

use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::{
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};

use super::pairs::Pair;

/// The pairs that are served now; handshakes read them without a lock.
#[derive(Debug)]
pub(super) struct Current(ArcSwap<Vec<Pair>>);

impl Current {
    pub(super) fn new(pairs: Vec<Pair>) -> Self {
        Self(ArcSwap::from_pointee(pairs))
    }

    pub(super) fn replace(&self, pairs: Vec<Pair>) {
        self.0.store(Arc::new(pairs));
    }

    pub(super) fn pairs(&self) -> Arc<Vec<Pair>> {
        self.0.load_full()
    }
}

impl ResolvesServerCert for Current {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let pairs = self.0.load();
        let schemes = hello.signature_schemes();
        let pair = choose(&pairs, hello.server_name(), |pair| {
            pair.certified.key.choose_scheme(schemes).is_some()
        });
        pair.map(|pair| pair.certified.clone())
    }
}

/// Returns the first pair that has exactly `name`, else one whose wildcard covers it, else
/// any; passing over those that are not `usable` with this client.
pub(super) fn choose<'a>(
    pairs: &'a [Pair],
    name: Option<&str>,
    usable: impl Fn(&Pair) -> bool,
) -> Option<&'a Pair> {
    let covered = |matches: fn(&str, &str) -> bool| {
        pairs.iter().filter(move |pair| {
            let mut names = pair.summary.names.iter();
            name.is_some_and(|name| names.any(|known| matches(known, name)))
        })
    };
    covered(str::eq_ignore_ascii_case)
        .chain(covered(wildcard_covers))
        .chain(pairs)
        .find(|pair| usable(pair))
}

/// RFC 9525, section 6.3: the wildcard is the whole left-most label and stands for one label.
fn wildcard_covers(known: &str, name: &str) -> bool {
    match (known.strip_prefix("*."), name.split_once('.')) {
        (Some(parent), Some((label, rest))) => {
            !label.is_empty() && parent.eq_ignore_ascii_case(rest)
        }
        _ => false,
    }
}
