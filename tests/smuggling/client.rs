//! The client: it sends a case and the probes after it, and says what it got.

use std::{
    fmt,
    io::{ErrorKind, Read, Write},
    time::Duration,
};

use socket2::Socket;

use crate::{
    case::{Case, Protocol},
    http2::{self, Answers},
    proxies::{LIMIT, Proxy},
};

/// The request after a case, on the same connection; its answer is the connection's end.
const PROBE: &[u8] = b"GET /probe HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n";

/// The request after a case, on a connection of its own.
const AFTER: &[u8] = b"GET /after HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n";

/// How long to wait for answers.
#[derive(Clone, Copy)]
pub struct Patience {
    /// For one that a server need not give.
    pub waiting: Duration,
    /// For any other.
    pub usual: Duration,
}

/// Tells nearly all answers from none, on a machine that is not busy.
pub const SHORT: Patience = Patience {
    waiting: Duration::from_millis(250),
    usual: Duration::from_secs(4),
};

/// Tells them on any machine.
pub const LONG: Patience = Patience {
    waiting: Duration::from_secs(5),
    usual: LIMIT,
};

/// What the client and the app saw of one case.
pub struct Seen {
    pub statuses: Vec<String>,
    /// Whether the connection had an end, or everything asked for an answer.
    pub has_ended: bool,
    /// Whether another client got the answer to its own request afterwards.
    pub is_well_after: bool,
    /// What each of the app's connections got.
    pub upstream: Vec<Vec<u8>>,
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = if self.has_ended { "" } else { "open" };
        let words = self.statuses.iter().map(String::as_str).chain([end]);
        let words: Vec<_> = words.filter(|it| !it.is_empty()).collect();
        f.write_str(if words.is_empty() { "closed" } else { "" })?;
        f.write_str(&words.join(" "))
    }
}

/// Sends `case` to `proxy`.
pub fn send(case: &Case, proxy: &Proxy, patience: Patience) -> Seen {
    let mut socket = proxy.connect(case.protocol);
    let patience = if case.waits {
        patience.waiting
    } else {
        patience.usual
    };
    socket.set_read_timeout(Some(patience)).unwrap();
    let (statuses, has_ended) = match case.protocol {
        Protocol::Http1 => http1(case, &mut socket),
        Protocol::Http2 => over_http2(case, &mut socket),
    };
    drop(socket);
    let is_well_after = is_well(proxy);
    Seen {
        statuses,
        has_ended,
        is_well_after,
        upstream: proxy.recorder.take(),
    }
}

fn http1(case: &Case, socket: &mut Socket) -> (Vec<String>, bool) {
    let probe = if case.is_alone { b"" } else { PROBE };
    // The other side may close before it has read all.
    let _ = socket.write_all(&[&case.bytes, probe].concat());
    let mut answer = Vec::new();
    let has_ended = read_to_end(socket, &mut answer);
    (statuses(&answer), has_ended)
}

fn over_http2(case: &Case, socket: &mut Socket) -> (Vec<String>, bool) {
    let probe = if case.is_alone {
        Vec::new()
    } else {
        http2::probe()
    };
    let _ = socket.write_all(&[http2::PREFACE, &case.bytes, &probe].concat());
    let mut answers = Answers::default();
    let mut chunk = [0; 16 * 1024];
    let is_complete = |it: &Answers| it.has_ended(1) && (case.is_alone || it.has_ended(3));
    while !is_complete(&answers) {
        match socket.read(&mut chunk) {
            Ok(count @ 1..) => {
                let reply = answers.read(&chunk[..count]);
                let _ = socket.write_all(&reply);
            }
            Err(error) if is_timeout(&error) => return (answers.words(), false),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Ok(0) | Err(_) => break,
        }
    }
    (answers.words(), true)
}

/// Whether a client that asks after a case gets what it asks for.
fn is_well(proxy: &Proxy) -> bool {
    let mut socket = proxy.connect(Protocol::Http1);
    socket.set_read_timeout(Some(LIMIT)).unwrap();
    let mut answer = Vec::new();
    let _ = socket.write_all(AFTER);
    read_to_end(&mut socket, &mut answer)
        && answer.starts_with(b"HTTP/1.1 200")
        && answer.ends_with(b"\r\n\r\nafter")
}

/// Reads to the end; false if that does not come in time.
fn read_to_end(socket: &mut Socket, answer: &mut Vec<u8>) -> bool {
    match socket.read_to_end(answer) {
        Err(error) => !is_timeout(&error),
        Ok(_) => true,
    }
}

fn is_timeout(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

/// The statuses of HTTP/1 answers; their bodies here hold none.
fn statuses(answer: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(answer);
    let after = text.split("HTTP/1.").skip(1);
    after
        .filter_map(|it| it.get(2..5).filter(|_| it.as_bytes()[1] == b' '))
        .map(str::to_owned)
        .collect()
}
