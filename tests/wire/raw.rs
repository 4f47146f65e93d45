//! Bytes on sockets: connections, and an app that says what the test tells it to.

use std::{
    io::{self, ErrorKind, Read, Write},
    net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream},
    time::{Duration, Instant},
};

use socket2::{Domain, SockRef, Socket, Type};

/// What takes longer has failed, on a machine however busy.
pub const LIMIT: Duration = Duration::from_secs(60);

/// One end of a connection, read by the byte.
pub struct Wire {
    stream: TcpStream,
    /// What was read but not yet asked for.
    buffer: Vec<u8>,
}

impl Wire {
    pub fn connect(address: SocketAddr) -> Self {
        Self::new(TcpStream::connect(address).unwrap())
    }

    pub fn new(stream: TcpStream) -> Self {
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        stream.set_write_timeout(Some(LIMIT)).unwrap();
        Self {
            stream,
            buffer: Vec::new(),
        }
    }

    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).unwrap();
    }

    /// Sends what the other side may cut short by closing.
    pub fn send_lossy(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = self.try_send(bytes);
    }

    /// Sends, and says whether the other side still takes it.
    pub fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.stream.write_all(bytes.as_ref()).is_ok()
    }

    /// Reads through the next `end`.
    pub fn until(&mut self, end: &[u8]) -> Vec<u8> {
        loop {
            let found = self.buffer.windows(end.len()).position(|it| it == end);
            if let Some(start) = found {
                return self.buffer.drain(..start + end.len()).collect();
            }
            self.fill();
        }
    }

    pub fn exactly(&mut self, count: usize) -> Vec<u8> {
        while self.buffer.len() < count {
            self.fill();
        }
        self.buffer.drain(..count).collect()
    }

    /// Reads the head of a message, with the empty line that ends it.
    pub fn head(&mut self) -> String {
        latin1(&self.until(b"\r\n\r\n"))
    }

    /// Reads a message with its body, as it is framed.
    pub fn message(&mut self) -> String {
        let head = self.head();
        let body = match field(&head, "content-length") {
            _ if field(&head, "transfer-encoding").is_some() => self.chunks(),
            Some(length) => self.exactly(length.parse().unwrap()),
            None => Vec::new(),
        };
        head + &latin1(&body)
    }

    /// Reads a chunked body: its chunks, its last chunk, its trailers.
    fn chunks(&mut self) -> Vec<u8> {
        let mut body = Vec::new();
        loop {
            let line = self.until(b"\r\n");
            let size = String::from_utf8(line.trim_ascii().to_vec()).unwrap();
            let size = usize::from_str_radix(&size, 16).unwrap();
            body.extend(line);
            if size == 0 {
                break;
            }
            body.extend(self.exactly(size + 2));
        }
        loop {
            let line = self.until(b"\r\n");
            body.extend_from_slice(&line);
            if line == b"\r\n" {
                return body;
            }
        }
    }

    /// Reads to the end of the connection, whether it was closed or reset.
    pub fn rest(&mut self) -> String {
        let mut chunk = [0; 16 * 1024];
        loop {
            match patiently(|| self.stream.read(&mut chunk)) {
                Ok(0) => break,
                Ok(count) => self.buffer.extend_from_slice(&chunk[..count]),
                Err(error) if error.kind() == ErrorKind::ConnectionReset => break,
                Err(error) => panic!("the connection was not closed: {error}"),
            }
        }
        latin1(&std::mem::take(&mut self.buffer))
    }

    /// Reads to the end of the connection and returns whether it was reset.
    pub fn is_reset(&mut self) -> bool {
        let mut chunk = [0; 16 * 1024];
        loop {
            match patiently(|| self.stream.read(&mut chunk)) {
                Ok(0) => return false,
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::ConnectionReset => return true,
                Err(error) => panic!("the connection was not closed: {error}"),
            }
        }
    }

    /// Waits until there is something to read, and leaves it.
    pub fn wait(&mut self) {
        patiently(|| self.stream.peek(&mut [0])).unwrap();
    }

    /// Whether the other side has neither sent anything nor closed.
    pub fn is_silent(&mut self) -> bool {
        self.stream.set_nonblocking(true).unwrap();
        let silent = self.buffer.is_empty()
            && matches!(self.stream.peek(&mut [0]), Err(error) if error.kind() == ErrorKind::WouldBlock);
        self.stream.set_nonblocking(false).unwrap();
        silent
    }

    /// Says that nothing more will be sent.
    pub fn finish(&mut self) {
        self.stream.shutdown(Shutdown::Write).unwrap();
    }

    /// Closes with RST instead of FIN, as a process that dies may.
    pub fn reset(self) {
        SockRef::from(&self.stream)
            .set_linger(Some(Duration::ZERO))
            .unwrap();
    }

    /// The socket itself, for bulk.
    pub fn stream(&mut self) -> &mut TcpStream {
        assert!(self.buffer.is_empty(), "bytes were read ahead");
        &mut self.stream
    }

    /// The socket itself, for whoever reads it in another way.
    pub fn into_stream(self) -> TcpStream {
        assert!(self.buffer.is_empty(), "bytes were read ahead");
        self.stream
    }

    fn fill(&mut self) {
        let mut chunk = [0; 16 * 1024];
        match patiently(|| self.stream.read(&mut chunk)) {
            Ok(0) => panic!("closed after {:?}", latin1(&self.buffer)),
            Ok(count) => self.buffer.extend_from_slice(&chunk[..count]),
            Err(error) => panic!("{error} after {:?}", latin1(&self.buffer)),
        }
    }
}

/// A port of our own at which nobody listens: a connection is refused.
pub struct Port(Socket);

impl Port {
    pub fn reserve() -> Self {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        // Lets a listener of ours, and its successors, have the port beside this socket.
        socket.set_reuse_address(true).unwrap();
        socket
            .bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())
            .unwrap();
        Self(socket)
    }

    pub fn address(&self) -> SocketAddr {
        self.0.local_addr().unwrap().as_socket().unwrap()
    }

    pub fn listen(&self) -> TcpListener {
        let start = Instant::now();
        loop {
            match TcpListener::bind(self.address()) {
                Ok(listener) => return listener,
                // A child process of another test holds a copy of what was closed here
                // until it becomes its program.
                Err(error) => assert!(start.elapsed() < LIMIT, "{error}"),
            }
            std::thread::yield_now();
        }
    }
}

/// The web app, played by the test.
pub struct App {
    listener: TcpListener,
}

impl App {
    pub fn start() -> Self {
        Self::at(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap())
    }

    pub fn at(listener: TcpListener) -> Self {
        // On Linux the limit for reads is one for `accept` too.
        SockRef::from(&listener)
            .set_read_timeout(Some(LIMIT))
            .unwrap();
        Self { listener }
    }

    pub fn address(&self) -> SocketAddr {
        self.listener.local_addr().unwrap()
    }

    pub fn accept(&self) -> Wire {
        let (stream, _) = patiently(|| self.listener.accept()).expect("nobody connected");
        Wire::new(stream)
    }

    /// Whether a connection is waiting.
    pub fn has_caller(&self) -> bool {
        self.try_accept().is_some()
    }

    /// Returns a connection that is waiting.
    pub fn try_accept(&self) -> Option<Wire> {
        self.listener.set_nonblocking(true).unwrap();
        let found = self.listener.accept();
        self.listener.set_nonblocking(false).unwrap();
        found.ok().map(|(stream, _)| Wire::new(stream))
    }
}

/// Does it again where it was interrupted: a wait with a limit is, when the process was stopped
/// and goes on (signal(7)).
pub fn patiently<T>(mut wait: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match wait() {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

/// The value of the first field called `name`, in lower case, in a head.
pub fn field<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    head.lines().skip(1).find_map(|line| {
        let (found, value) = line.split_once(':')?;
        found.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

/// Every byte as the character of that number.
pub fn latin1(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}
