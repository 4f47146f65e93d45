//! The addresses that the app's host stands for, in the order in which they are tried.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::time::Instant;

use super::lookup::Lookup;
use crate::net::Descriptors;

/// The addresses of one host and port.
pub(super) struct Addresses {
    source: Source,
    /// The one that answered where one before it did not.
    answered: Mutex<Option<SocketAddr>>,
}

enum Source {
    Known(Vec<SocketAddr>),
    Name(Lookup),
}

impl Addresses {
    /// Returns those of `host`, a name or an address without brackets.
    pub(super) fn of(host: &str, port: u16) -> Self {
        let at = |ip| SocketAddr::new(ip, port);
        let source = match host.parse() {
            Ok(ip) => Source::Known(vec![at(ip)]),
            // As browsers have them, and as RFC 6724 sorts them.
            Err(_) if is_localhost(host) => Source::Known(vec![
                at(IpAddr::V6(Ipv6Addr::LOCALHOST)),
                at(IpAddr::V4(Ipv4Addr::LOCALHOST)),
            ]),
            Err(_) => Source::Name(Lookup::of(host, port)),
        };
        Self::from(source)
    }

    /// Returns them, the one that is known to answer first; a name is looked up each time.
    ///
    /// # Errors
    ///
    /// The name leads to no address; or `end` has come.
    pub(super) async fn find(
        &self,
        descriptors: &Descriptors,
        end: Instant,
    ) -> io::Result<Vec<SocketAddr>> {
        let mut found = match &self.source {
            Source::Known(addresses) => addresses.clone(),
            Source::Name(lookup) => interleaved(lookup.run(descriptors, end).await?),
        };
        let answered = *self.lock();
        let place = found.iter().position(|it| Some(*it) == answered);
        if let Some(place) = place {
            found[..=place].rotate_right(1);
        }
        Ok(found)
    }

    /// Notes down which of those that were found has answered.
    pub(super) fn note_answer(&self, address: SocketAddr, found: &[SocketAddr]) {
        // Where the first one does, a name server may go on to spread the load.
        if found.first() != Some(&address) {
            *self.lock() = Some(address);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<SocketAddr>> {
        // Every change is one assignment, so a panic elsewhere leaves it whole.
        self.answered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl From<Source> for Addresses {
    fn from(source: Source) -> Self {
        let answered = Mutex::default();
        Self { source, answered }
    }
}

/// RFC 6761 6.3: such names mean the loopback addresses, and are asked of nobody.
fn is_localhost(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    let last = name.rsplit('.').next().unwrap_or(name);
    last.eq_ignore_ascii_case("localhost")
}

/// Returns `sorted` with the two families taking turns (RFC 8305 4): one of them may lead nowhere.
fn interleaved(sorted: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let first = sorted.first().map(SocketAddr::is_ipv6);
    let is_first = |address: &SocketAddr| Some(address.is_ipv6()) == first;
    let (ones, others): (Vec<_>, Vec<_>) = sorted.into_iter().partition(is_first);
    let mut others = others.into_iter();
    let mut taken: Vec<_> = ones
        .into_iter()
        .flat_map(|one| [Some(one), others.next()])
        .flatten()
        .collect();
    taken.extend(others);
    taken
}

#[cfg(test)]
impl Addresses {
    /// Returns those that `resolve` finds.
    pub(super) fn found_by(
        resolve: impl Fn() -> io::Result<Vec<SocketAddr>> + Send + Sync + 'static,
    ) -> Self {
        Self::from(Source::Name(Lookup::by(resolve)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn parsed(addresses: &[&str]) -> Vec<SocketAddr> {
        addresses.iter().map(|it| it.parse().unwrap()).collect()
    }

    async fn find(addresses: &Addresses) -> Vec<SocketAddr> {
        let end = Instant::now() + Duration::from_secs(20);
        let found = addresses.find(&Descriptors::default(), end).await;
        found.unwrap()
    }

    #[tokio::test]
    async fn localhost_is_both_loopbacks_however_it_is_written() {
        for name in [
            "localhost",
            "LOCALHOST",
            "localhost.",
            "app.localhost",
            "a.b.LocalHost.",
        ] {
            let found = find(&Addresses::of(name, 80)).await;
            assert_eq!(found, parsed(&["[::1]:80", "127.0.0.1:80"]), "{name}");
        }
    }

    #[test]
    fn names_that_are_like_localhost_are_looked_up() {
        for name in ["localhost.example", "mylocalhost", "localhost.."] {
            let source = Addresses::of(name, 80).source;
            assert!(matches!(source, Source::Name(_)), "{name}");
        }
    }

    #[tokio::test]
    async fn address_is_itself() {
        for (host, address) in [("::1", "[::1]:80"), ("127.0.0.9", "127.0.0.9:80")] {
            assert_eq!(find(&Addresses::of(host, 80)).await, parsed(&[address]));
        }
    }

    #[tokio::test]
    async fn families_take_turns_from_the_first_on() {
        let sorted = ["[::1]:1", "[::2]:1", "[::3]:1", "1.0.0.1:1", "1.0.0.2:1"];
        let turns = ["[::1]:1", "1.0.0.1:1", "[::2]:1", "1.0.0.2:1", "[::3]:1"];
        let addresses = Addresses::found_by(move || Ok(parsed(&sorted)));
        assert_eq!(find(&addresses).await, parsed(&turns));
        let few = ["1.0.0.1:1", "[::1]:1", "[::2]:1"];
        assert_eq!(interleaved(parsed(&few)), parsed(&few));
    }

    #[tokio::test]
    async fn address_that_answered_comes_first_for_as_long_as_it_is_found() {
        let addresses = Addresses::of("localhost", 80);
        let usual = find(&addresses).await;
        addresses.note_answer(usual[0], &usual);
        assert_eq!(find(&addresses).await, usual);
        addresses.note_answer(usual[1], &usual);
        let turned = find(&addresses).await;
        assert_eq!(turned, [usual[1], usual[0]]);
        addresses.note_answer(usual[0], &turned);
        assert_eq!(find(&addresses).await, usual);

        let other = Addresses::found_by(|| Ok(parsed(&["1.0.0.1:1", "1.0.0.2:1"])));
        other.note_answer("1.0.0.3:1".parse().unwrap(), &[]);
        assert_eq!(
            find(&other).await,
            parsed(&["1.0.0.1:1", "1.0.0.2:1"]),
            "it is gone"
        );
    }
}
