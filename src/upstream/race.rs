//! Connections to several addresses, tried side by side: the first that comes
//! about counts, and one that swallows packets holds nobody up (RFC 8305).

use std::{future::ready, io, net::SocketAddr, time::Duration};

use tokio::{
    net::{TcpSocket, TcpStream},
    task::JoinSet,
    time::{Instant, timeout_at},
};

use super::error::Tried;
use crate::net::Descriptors;

/// The attempts for one connection. Dropped, it gives up those that are on their way.
pub(super) struct Race {
    descriptors: Descriptors,
    end: Instant,
    attempts: JoinSet<(SocketAddr, io::Result<TcpStream>)>,
    /// Those that are on their way, and since when.
    begun: Vec<(SocketAddr, Instant)>,
}

impl Race {
    /// Returns one that is over at `end`.
    pub(super) fn new(descriptors: Descriptors, end: Instant) -> Self {
        Self {
            descriptors,
            end,
            attempts: JoinSet::new(),
            begun: Vec::new(),
        }
    }

    /// Tries each of `addresses` once that is not on its way already, and returns the first
    /// connection. RFC 8305 5: the next one is begun when the one before has failed or has had
    /// [`DELAY`].
    ///
    /// # Errors
    ///
    /// All have failed. Where one was refused, and will be tried `again`, others are not waited
    /// for, but stay on their way for the next call.
    pub(super) async fn run(
        &mut self,
        addresses: &[SocketAddr],
        again: bool,
    ) -> Result<TcpStream, Tried> {
        if let ([address], true) = (addresses, self.begun.is_empty()) {
            let attempt = attempt(*address, &self.descriptors, self.end);
            return attempt.await.map_err(|error| Tried::one(address, error));
        }
        let mut tried = Tried::default();
        let mut left = addresses.iter();
        loop {
            let has_next = self.begin(&mut left);
            let goes_on = has_next || again && tried.has_refusal();
            let until = self.patience().filter(|_| goes_on).unwrap_or(self.end);
            match timeout_at(until, self.attempts.join_next()).await {
                Ok(Some(Ok((_, Ok(stream))))) => {
                    self.give_up();
                    return Ok(stream);
                }
                Ok(Some(Ok((address, Err(error))))) => {
                    self.begun.retain(|(begun, _)| *begun != address);
                    tried.add(address, error);
                }
                Ok(Some(Err(_))) => {}
                Ok(None) | Err(_) if has_next => {}
                Ok(None) => return Err(tried),
                Err(_) => return Err(self.unanswered(tried)),
            }
        }
    }

    /// Begins the next of `left` that is not on its way, and returns whether there are others.
    fn begin(&mut self, left: &mut std::slice::Iter<'_, SocketAddr>) -> bool {
        let is_new = |it: &&SocketAddr| !self.begun.iter().any(|(begun, _)| begun == *it);
        if let Some(address) = left.find(is_new).copied() {
            let (descriptors, end) = (self.descriptors.clone(), self.end);
            self.begun.push((address, Instant::now()));
            self.attempts
                .spawn(async move { (address, attempt(address, &descriptors, end).await) });
        }
        !left.as_slice().is_empty()
    }

    /// Closes what is on its way.
    fn give_up(&mut self) {
        self.attempts = JoinSet::new();
        self.begun.clear();
    }

    /// Until when those on their way keep others from being begun.
    fn patience(&self) -> Option<Instant> {
        let newest = self.begun.iter().map(|(_, since)| *since).max();
        newest.map(|since| self.end.min(since + DELAY))
    }

    /// Adds those that are on their way.
    fn unanswered(&self, mut tried: Tried) -> Tried {
        for (address, _) in &self.begun {
            tried.add(address, no_answer());
        }
        tried
    }
}

async fn attempt(
    address: SocketAddr,
    descriptors: &Descriptors,
    end: Instant,
) -> io::Result<TcpStream> {
    let open = || match address {
        SocketAddr::V4(_) => ready(TcpSocket::new_v4()),
        SocketAddr::V6(_) => ready(TcpSocket::new_v6()),
    };
    let socket = descriptors.open(end, open).await?;
    let connected = timeout_at(end, socket.connect(address)).await;
    let stream = connected.unwrap_or_else(|_| Err(no_answer()))?;
    // Small messages go out at once: server-sent events, WebSocket frames.
    stream.set_nodelay(true)?;
    Ok(stream)
}

fn no_answer() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "no answer")
}

/// The Connection Attempt Delay of RFC 8305 8, as it recommends it.
const DELAY: Duration = Duration::from_millis(250);

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{Ipv4Addr, TcpListener, TcpStream as StdStream};

    use socket2::{Domain, Socket, Type};

    use crate::upstream::Error;

    fn race() -> Race {
        let end = Instant::now() + Duration::from_secs(20);
        Race::new(Descriptors::default(), end)
    }

    fn listening() -> TcpListener {
        TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap()
    }

    /// Returns a port where nobody listens until `listen` is called.
    fn reserved() -> (Socket, SocketAddr) {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        socket.bind(&any.into()).unwrap();
        let address = socket.local_addr().unwrap().as_socket().unwrap();
        (socket, address)
    }

    /// Returns a listener whose queue is full: it swallows connections, as a firewall does.
    fn swallowing() -> (Socket, SocketAddr, Vec<StdStream>) {
        let (socket, address) = reserved();
        socket.listen(0).unwrap();
        let patience = Duration::from_millis(200);
        let mut filling = Vec::new();
        while let Ok(stream) = StdStream::connect_timeout(&address, patience) {
            filling.push(stream);
        }
        (socket, address, filling)
    }

    #[tokio::test]
    async fn address_that_swallows_packets_holds_nobody_up() {
        let (_socket, silent, _filling) = swallowing();
        let app = listening();
        let address = app.local_addr().unwrap();
        let mut race = race();
        let stream = race.run(&[silent, address], false).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), address);
        assert!(Instant::now() < race.end);
    }

    #[tokio::test]
    async fn refused_address_is_followed_by_the_next() {
        let (_socket, dead) = reserved();
        let app = listening();
        let address = app.local_addr().unwrap();
        let stream = race().run(&[dead, address], true).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), address);
    }

    /// As where TLS finds that an app has just died.
    #[tokio::test]
    async fn address_that_answered_is_tried_another_time() {
        let (_socket, dead) = reserved();
        let app = listening();
        let address = app.local_addr().unwrap();
        let mut race = race();
        for _ in 0..2 {
            let stream = race.run(&[dead, address], true).await.unwrap();
            assert_eq!(stream.peer_addr().unwrap(), address);
        }
    }

    #[tokio::test]
    async fn first_of_several_that_answer_counts() {
        let apps = [listening(), listening()];
        let addresses = apps.each_ref().map(|app| app.local_addr().unwrap());
        let stream = race().run(&addresses, false).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), addresses[0]);
        apps[1].set_nonblocking(true).unwrap();
        assert!(apps[1].accept().is_err(), "the other one was tried");
    }

    #[tokio::test]
    async fn each_failure_is_told() {
        let ((_one, one), (_other, other)) = (reserved(), reserved());
        let tried = race().run(&[one, other], false).await.unwrap_err();
        let text = tried.to_string();
        let (first, second) = text.split_once("; ").unwrap();
        for (text, address) in [(first, one), (second, other)] {
            assert!(
                text.starts_with(&format!("{address}: Connection refused")),
                "{text}"
            );
        }
        assert!(matches!(Error::from(tried), Error::Refused(_)));
    }

    #[tokio::test]
    async fn silent_address_does_not_keep_a_refused_one_from_another_try() {
        let (_socket, silent, filling) = swallowing();
        let (socket, address) = reserved();
        let mut race = race();
        let tried = race.run(&[silent, address], true).await.unwrap_err();
        assert!(tried.to_string().contains("no answer"), "{tried}");
        assert!(tried.has_refusal());
        socket.listen(1).unwrap();
        let stream = race.run(&[silent, address], true).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), address);
        drop(filling);
    }

    #[tokio::test]
    async fn silence_is_told_at_the_end() {
        let (_one, one, _filling) = swallowing();
        let (_other, other, _filling_other) = swallowing();
        for addresses in [&[one][..], &[one, other]] {
            let mut race = race();
            race.end = Instant::now() + Duration::from_millis(300);
            let tried = race.run(addresses, true).await.unwrap_err();
            for address in addresses {
                let told = format!("{address}: no answer");
                assert!(tried.to_string().contains(&told), "{tried}");
            }
            assert!(matches!(Error::from(tried), Error::ConnectTimeout(_)));
        }
    }
}
