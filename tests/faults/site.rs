//! An app with a thread for each connection, which does what a test says.

use std::{
    io::Read,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use crate::raw::{Wire, latin1, patiently};

/// An app that runs for as long as the tests do.
pub struct Site {
    pub address: SocketAddr,
    open: Arc<AtomicUsize>,
}

impl Site {
    /// Has `talk` on each connection.
    pub fn start(talk: impl Fn(Wire) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let open = Arc::new(AtomicUsize::new(0));
        let (talk, counted) = (Arc::new(talk), Arc::clone(&open));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let talk = Arc::clone(&talk);
                let one = One::more(&counted);
                thread::spawn(move || {
                    talk(Wire::new(stream));
                    drop(one);
                });
            }
        });
        Self { address, open }
    }

    /// Answers each request, all without a body, with what `answer` makes of its head.
    pub fn answering<A: AsRef<[u8]>>(answer: impl Fn(&str) -> A + Send + Sync + 'static) -> Self {
        Self::start(move |mut wire| {
            while let Some(head) = next_head(&mut wire) {
                if !wire.try_send(answer(&head)) {
                    return;
                }
            }
        })
    }

    /// Answers every request with [`OK`].
    pub fn well() -> Self {
        Self::answering(|_| OK)
    }

    /// How many connections it has.
    pub fn open(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }
}

/// One of what is counted.
struct One(Arc<AtomicUsize>);

impl One {
    fn more(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(count))
    }
}

impl Drop for One {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Reads the next head, and nothing after it; `None` when the other side has closed, or
/// says nothing for too long.
pub fn next_head(wire: &mut Wire) -> Option<String> {
    let stream = wire.stream();
    let (mut head, mut chunk) = (Vec::new(), [0; 16 * 1024]);
    loop {
        let seen = patiently(|| stream.peek(&mut chunk)).ok();
        let seen = seen.filter(|count| *count > 0)?;
        let before = head.len();
        head.extend_from_slice(&chunk[..seen]);
        let end = head.windows(4).position(|it| it == b"\r\n\r\n");
        let length = end.map_or(head.len(), |end| end + 4);
        stream.read_exact(&mut chunk[..length - before]).ok()?;
        head.truncate(length);
        if end.is_some() {
            return Some(latin1(&head));
        }
    }
}

/// The path of a request.
pub fn path(head: &str) -> &str {
    head.split(' ').nth(1).unwrap_or_default()
}

/// A GET of `path`.
pub fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: app\r\n\r\n")
}

/// An answer with this body.
pub fn answer(body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{body}")
}

/// Fails unless a request on a connection of its own is answered with [`OK`].
#[track_caller]
pub fn assert_serves(address: SocketAddr) {
    let mut client = Wire::connect(address);
    client.send(GET);
    assert_eq!(client.message(), OK);
}

pub const GET: &str = "GET / HTTP/1.1\r\nHost: app\r\n\r\n";
pub const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
/// The start of an answer in chunks.
pub const CHUNKED: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
