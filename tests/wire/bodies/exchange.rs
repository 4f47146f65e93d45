//! One answer on its way through the program, both ends of it in bulk.

use std::io::{self, BufRead, BufReader, ErrorKind, Write};
use std::net::TcpStream;

use super::GET;
use crate::raw::{App, Wire, field, patiently};
use crate::running::Program;

/// The app's end of an answer.
pub struct Sender {
    stream: TcpStream,
    is_chunked: bool,
}

/// The client's end of it.
pub struct Receiver {
    pub head: String,
    stream: BufReader<TcpStream>,
    /// What is still to come of a chunk, or of all.
    left: usize,
    is_chunked: bool,
}

impl Sender {
    /// Asks for an answer, of which the app sends this head and nothing else yet. It goes on a
    /// connection of its own, and says so.
    pub fn start(app: &App, program: &Program, head: &str) -> (Self, TcpStream) {
        let mut client = Wire::connect(program.address);
        client.send(GET);
        let mut server = app.accept();
        server.head();
        server.send(head);
        // Each side waits for the other, however long that takes.
        for stream in [client.stream(), server.stream()] {
            stream.set_read_timeout(None).unwrap();
            stream.set_write_timeout(None).unwrap();
        }
        let sender = Self {
            stream: server.stream().try_clone().unwrap(),
            is_chunked: field(head, "transfer-encoding").is_some(),
        };
        (sender, client.stream().try_clone().unwrap())
    }

    /// Sends `bytes`, as a chunk where the body has some.
    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        if !self.is_chunked {
            return self.stream.write_all(bytes);
        }
        write!(self.stream, "{:x}\r\n", bytes.len())?;
        self.stream.write_all(bytes)?;
        self.stream.write_all(b"\r\n")
    }

    /// Ends the body.
    pub fn end(mut self) -> io::Result<()> {
        match self.is_chunked {
            true => self.stream.write_all(b"0\r\n\r\n"),
            false => Ok(()),
        }
    }
}

impl Receiver {
    /// Reads the head of the answer.
    pub fn start(stream: TcpStream) -> Self {
        let mut stream = BufReader::with_capacity(256 << 10, stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert_ne!(stream.read_line(&mut head).unwrap(), 0, "no head");
        }
        let length = field(&head, "content-length");
        Self {
            left: length.map_or(0, |length| length.parse().unwrap()),
            is_chunked: length.is_none(),
            stream,
            head,
        }
    }

    /// Reads this much of the body, and fails unless it is the same.
    pub fn expect(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let came = self.read().expect("the body breaks off");
            let length = came.len().min(bytes.len());
            // Not as an equation, which would show megabytes.
            assert!(came[..length] == bytes[..length], "other bytes");
            bytes = &bytes[length..];
            self.take(length);
        }
    }

    /// Fails unless the body ends here.
    pub fn expect_end(&mut self) {
        assert_eq!(self.read(), Some(&[][..]), "more than was sent");
    }

    /// What came and was not taken; empty at the end of the body, `None` where it breaks off.
    pub fn read(&mut self) -> Option<&[u8]> {
        if self.left == 0 && self.is_chunked {
            let mut line = String::new();
            self.stream.read_line(&mut line).ok()?;
            self.left = usize::from_str_radix(line.trim_end(), 16).ok()?;
            if self.left == 0 {
                self.stream
                    .read_line(&mut line)
                    .ok()
                    .filter(|length| *length == 2)?;
            }
        }
        if self.left == 0 {
            return Some(&[]);
        }
        let filled = patiently(|| self.stream.fill_buf().map(drop));
        let is_late = |error: &io::Error| error.kind() == ErrorKind::WouldBlock;
        assert!(!filled.as_ref().is_err_and(is_late), "nothing comes");
        filled.ok()?;
        let came = self.stream.buffer();
        (!came.is_empty()).then_some(&came[..came.len().min(self.left)])
    }

    /// Takes so many of the bytes that [`Self::read`] returned.
    pub fn take(&mut self, length: usize) {
        self.stream.consume(length);
        self.left -= length;
        if self.left == 0 && self.is_chunked {
            let mut end = String::new();
            self.stream.read_line(&mut end).unwrap();
        }
    }
}
