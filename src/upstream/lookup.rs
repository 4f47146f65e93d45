//! What the system's resolver says of a name: asked by one for all who want to know.

use std::{
    io,
    net::{SocketAddr, ToSocketAddrs as _, UdpSocket},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::watch,
    task::spawn_blocking,
    time::{Instant, timeout_at},
};

use crate::net::{Descriptors, is_lack, lack};

/// The lookup of one name and port.
pub(super) struct Lookup {
    resolve: Arc<Resolve>,
    /// The newest one, on its way or done.
    newest: Mutex<Option<Running>>,
}

type Resolve = dyn Fn() -> Found + Send + Sync;
type Found = io::Result<Vec<SocketAddr>>;

struct Running {
    /// `None` until it is done.
    found: watch::Receiver<Option<Found>>,
    since: Instant,
}

impl Lookup {
    /// Returns that of `host`.
    pub(super) fn of(host: &str, port: u16) -> Self {
        let host = host.to_owned();
        Self::by(move || Ok((host.as_str(), port).to_socket_addrs()?.collect()))
    }

    /// Returns one that asks `resolve`, which may block.
    pub(super) fn by(resolve: impl Fn() -> Found + Send + Sync + 'static) -> Self {
        Self {
            resolve: Arc::new(resolve),
            newest: Mutex::default(),
        }
    }

    /// Returns the addresses, at least one, in the resolver's order.
    ///
    /// # Errors
    ///
    /// There is none, or it is not known at `end`. A resolver that lacks a descriptor may say
    /// anything; that is told as what it is.
    pub(super) async fn run(&self, descriptors: &Descriptors, end: Instant) -> Found {
        let found = descriptors.open(end, || self.join());
        let found = timeout_at(end, found).await;
        let found = found.map_err(|_| {
            let message = "the resolver did not answer in time";
            io::Error::new(io::ErrorKind::TimedOut, message)
        })??;
        match found.is_empty() {
            false => Ok(found),
            true => Err(io::Error::new(
                io::ErrorKind::NotFound,
                "the name has no address",
            )),
        }
    }

    /// Waits for the lookup that is on its way, or for one that is begun.
    async fn join(&self) -> Found {
        let mut running = self.running();
        let found = running.wait_for(Option::is_some).await;
        match found.as_deref() {
            Ok(Some(Ok(found))) => Ok(found.clone()),
            Ok(Some(Err(error))) => Err(copy(error)),
            // Its runtime has ended.
            Ok(None) | Err(_) => Err(io::ErrorKind::Interrupted.into()),
        }
    }

    fn running(&self) -> watch::Receiver<Option<Found>> {
        let mut newest = self.lock();
        let joined = newest.as_ref().filter(|it| it.can_be_joined());
        if let Some(running) = joined {
            return running.found.clone();
        }
        let (tell, found) = watch::channel(None);
        let resolve = Arc::clone(&self.resolve);
        spawn_blocking(move || tell.send_replace(Some(told(resolve()))));
        *newest = Some(Running {
            found: found.clone(),
            since: Instant::now(),
        });
        found
    }

    fn lock(&self) -> MutexGuard<'_, Option<Running>> {
        // Every change is one assignment, so a panic elsewhere leaves it whole.
        self.newest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Running {
    /// What is done may be outdated, and what takes long may hang where another would not.
    fn can_be_joined(&self) -> bool {
        let is_done = self.found.borrow().is_some() || self.found.has_changed().is_err();
        !is_done && self.since.elapsed() < PATIENCE
    }
}

/// Returns `found`, a failure for lack of descriptors as such. The resolver opens files and
/// sockets one after the other, and says of a name that it does not exist if it cannot.
fn told(found: Found) -> Found {
    let any = (std::net::Ipv4Addr::UNSPECIFIED, 0);
    let is_lacking = || {
        let sockets = (0..RESOLVERS_DESCRIPTORS).map(|_| UdpSocket::bind(any));
        let sockets: io::Result<Vec<_>> = sockets.collect();
        sockets.is_err_and(|error| is_lack(&error))
    };
    found.map_err(|error| match is_lack(&error) || is_lacking() {
        true => lack(),
        false => error,
    })
}

/// For each who waited for the same lookup.
fn copy(error: &io::Error) -> io::Error {
    match error.raw_os_error() {
        Some(number) => io::Error::from_raw_os_error(number),
        None => io::Error::new(error.kind(), error.to_string()),
    }
}

/// How long a lookup is joined. One that takes longer is asked for by another thread.
const PATIENCE: Duration = Duration::from_secs(5);

/// As many as a resolver has open at a time: a file, and a socket for each family.
const RESOLVERS_DESCRIPTORS: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{
        atomic::{AtomicUsize, Ordering},
        mpsc,
    };

    fn address() -> SocketAddr {
        ([127, 0, 0, 1], 80).into()
    }

    fn end() -> Instant {
        Instant::now() + Duration::from_secs(20)
    }

    #[tokio::test]
    async fn requests_at_once_share_one_lookup() {
        let count = Arc::new(AtomicUsize::new(0));
        let (go, wait) = mpsc::channel();
        let (counted, wait) = (Arc::clone(&count), Mutex::new(wait));
        let lookup = Lookup::by(move || {
            counted.fetch_add(1, Ordering::SeqCst);
            wait.lock().unwrap().recv().unwrap();
            Ok(vec![address()])
        });
        let descriptors = Descriptors::default();
        let ask = || lookup.run(&descriptors, end());
        let answer = async { go.send(()).unwrap() };
        let (one, other, ()) = tokio::join!(biased; ask(), ask(), answer);
        assert_eq!(
            (one.unwrap(), other.unwrap()),
            (vec![address()], vec![address()])
        );
        assert_eq!(count.load(Ordering::SeqCst), 1);

        go.send(()).unwrap();
        ask().await.unwrap();
        assert_eq!(count.load(Ordering::SeqCst), 2, "nothing is kept");
    }

    #[tokio::test]
    async fn resolver_that_hangs_is_waited_for_until_the_end() {
        let (go, wait) = mpsc::channel::<()>();
        let wait = Mutex::new(wait);
        let lookup = Lookup::by(move || {
            let _ = wait.lock().unwrap().recv();
            Ok(vec![address()])
        });
        let soon = Instant::now() + Duration::from_millis(50);
        let error = lookup.run(&Descriptors::default(), soon).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        drop(go);
    }

    #[tokio::test]
    async fn lack_of_descriptors_is_waited_out() {
        let count = AtomicUsize::new(0);
        let lookup = Lookup::by(move || match count.fetch_add(1, Ordering::SeqCst) {
            0..3 => Err(lack()),
            _ => Ok(vec![address()]),
        });
        let found = lookup.run(&Descriptors::default(), end()).await;
        assert_eq!(found.unwrap(), [address()]);
    }

    #[tokio::test]
    async fn name_without_an_address_is_an_error() {
        let lookup = Lookup::by(|| Ok(Vec::new()));
        let error = lookup.run(&Descriptors::default(), end()).await;
        assert_eq!(error.unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
