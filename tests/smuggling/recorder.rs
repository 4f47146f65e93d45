//! The app behind one proxy: it keeps every byte that it gets and answers each request
//! as a careless app would, so that nothing that a proxy lets through goes unseen.

use std::{
    io::{Read, Write},
    net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

/// An app that records.
pub struct Recorder {
    address: SocketAddr,
    connections: Arc<Mutex<Vec<Arc<Connection>>>>,
}

/// One connection of a proxy to the app.
struct Connection {
    stream: TcpStream,
    heard: Mutex<Heard>,
}

#[derive(Default)]
struct Heard {
    /// What came since it was last asked for.
    bytes: Vec<u8>,
    /// What of it is not answered yet.
    unanswered: Vec<u8>,
    /// Whether `100 Continue` was said for the request that is not complete.
    continued: bool,
    ended: bool,
}

impl Recorder {
    pub fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let recorder = Self {
            address: listener.local_addr().unwrap(),
            connections: Arc::default(),
        };
        let connections = Arc::clone(&recorder.connections);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let connection = Arc::new(Connection {
                    stream: stream.unwrap(),
                    heard: Mutex::default(),
                });
                connection.stream.set_nodelay(true).unwrap();
                connections.lock().unwrap().push(Arc::clone(&connection));
                thread::spawn(move || connection.serve());
            }
        });
        recorder
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns what each connection got since the last call. One that is within a
    /// request is closed, so that the next piece begins with a request of its own.
    pub fn take(&self) -> Vec<Vec<u8>> {
        let mut pieces = Vec::new();
        self.connections.lock().unwrap().retain(|connection| {
            let mut heard = connection.heard.lock().unwrap();
            let bytes = std::mem::take(&mut heard.bytes);
            pieces.extend((!bytes.is_empty()).then_some(bytes));
            let goes = heard.ended || !heard.unanswered.is_empty();
            if goes {
                let _ = connection.stream.shutdown(Shutdown::Both);
            }
            !goes
        });
        pieces
    }
}

impl Connection {
    fn serve(&self) {
        let mut chunk = [0; 16 * 1024];
        while let Ok(count @ 1..) = (&self.stream).read(&mut chunk) {
            let mut heard = self.heard.lock().unwrap();
            heard.bytes.extend_from_slice(&chunk[..count]);
            heard.unanswered.extend_from_slice(&chunk[..count]);
            if self.answer(&mut heard).is_none() {
                break;
            }
        }
        self.heard.lock().unwrap().ended = true;
        let _ = self.stream.shutdown(Shutdown::Both);
    }

    /// Answers what is complete; `None` once the connection is to be closed.
    fn answer(&self, heard: &mut Heard) -> Option<()> {
        while let Some(head) = Head::parse(&heard.unanswered) {
            let Ok(end) = head.end_of_body(&heard.unanswered) else {
                let _ =
                    (&self.stream).write_all(b"HTTP/1.1 400 Garbage\r\nConnection: close\r\n\r\n");
                return None;
            };
            let Some(end) = end else {
                if head.expects && !heard.continued {
                    heard.continued = true;
                    (&self.stream)
                        .write_all(b"HTTP/1.1 100 Continue\r\n\r\n")
                        .ok()?;
                }
                return Some(());
            };
            (&self.stream).write_all(head.answer().as_bytes()).ok()?;
            heard.continued = false;
            heard.unanswered.drain(..end);
            if head.closes {
                return None;
            }
        }
        Some(())
    }
}

/// What an answer depends on.
struct Head {
    length: usize,
    method: String,
    target: String,
    content_length: Option<String>,
    is_chunked: bool,
    expects: bool,
    closes: bool,
}

impl Head {
    /// `None` while there is no end of a head.
    fn parse(bytes: &[u8]) -> Option<Self> {
        let length = find(bytes, b"\r\n\r\n")? + 4;
        let text: String = bytes[..length].iter().map(|it| char::from(*it)).collect();
        let mut lines = text.lines();
        let mut words = lines.next().unwrap_or("").split(' ').map(str::to_owned);
        let mut head = Self {
            length,
            method: words.next().unwrap_or_default(),
            target: words.next().unwrap_or_default(),
            content_length: None,
            is_chunked: false,
            expects: false,
            closes: false,
        };
        for (name, value) in lines.filter_map(|line| line.split_once(':')) {
            let value = value.trim().to_ascii_lowercase();
            match name.trim().to_ascii_lowercase().as_str() {
                "content-length" => head.content_length = Some(value),
                "transfer-encoding" => head.is_chunked |= value.contains("chunked"),
                "expect" => head.expects = true,
                "connection" => head.closes |= value.contains("close"),
                _ => {}
            }
        }
        Some(head)
    }

    /// Returns where the request ends, if that has come.
    fn end_of_body(&self, bytes: &[u8]) -> Result<Option<usize>, Garbage> {
        if self.is_chunked {
            return end_of_chunks(bytes, self.length);
        }
        let length = match &self.content_length {
            Some(length) => length.parse().map_err(|_| Garbage)?,
            None => 0,
        };
        Ok(self
            .length
            .checked_add(length)
            .filter(|end| *end <= bytes.len()))
    }

    fn answer(&self) -> String {
        // A tunnel would hide what comes after.
        let status = match self.method.as_str() {
            "CONNECT" => "405 Method Not Allowed",
            _ => "200 OK",
        };
        let text = match self.target.as_str() {
            "/probe" | "/after" => &self.target[1..],
            _ => "case",
        };
        let close = if self.closes {
            "Connection: close\r\n"
        } else {
            ""
        };
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Length: {}\r\n{close}\r\n",
            text.len()
        );
        match self.method.as_str() {
            "HEAD" => head,
            _ => head + text,
        }
    }
}

/// What no app could read.
struct Garbage;

fn end_of_chunks(bytes: &[u8], start: usize) -> Result<Option<usize>, Garbage> {
    let mut place = start;
    loop {
        let Some(length) = find(&bytes[place..], b"\r\n") else {
            return Ok(None);
        };
        let line = String::from_utf8_lossy(&bytes[place..place + length]);
        let size = line.split(';').next().unwrap_or("").trim();
        let size = usize::from_str_radix(size, 16).map_err(|_| Garbage)?;
        place += length + 2;
        if size == 0 {
            break;
        }
        place = place.checked_add(size + 2).ok_or(Garbage)?;
        if place > bytes.len() {
            return Ok(None);
        }
    }
    // Trailers, and the empty line after them.
    loop {
        match find(&bytes[place..], b"\r\n") {
            None => return Ok(None),
            Some(0) => return Ok(Some(place + 2)),
            Some(length) => place += length + 2,
        }
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|it| it == wanted)
}
