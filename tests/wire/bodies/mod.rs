//! Bodies that are looked into, on the wire.

mod bombs;
mod corpus;
mod endless;
mod exchange;
mod long;
mod room;
mod unchanged;

use std::time::{Duration, Instant};

use rescope::coding::{Bounds, Coding, Decoder, Encoder};

use crate::raw::{App, Wire, field};
use crate::running::Rescope;

pub const GET: &str = "GET /login HTTP/1.1\r\nHost: app.example\r\n\r\n";
pub const CONFIG: &str = "[bodies]\ntypes = [\"json\", \"html\", \"text\"]\n";
pub const URL: &str = "https://zoom.us/oauth/authorize?client_id=a&scope=x%20y&state=s";
pub const STRIPPED: &str = "https://zoom.us/oauth/authorize?client_id=a&state=s";

/// Every coding, and none.
pub const CODINGS: [Option<(&str, Coding)>; 5] = [
    None,
    Some(("gzip", Coding::Gzip)),
    Some(("deflate", Coding::Deflate)),
    Some(("br", Coding::Brotli)),
    Some(("zstd", Coding::Zstd)),
];

/// How long a body is waited for at least before it is passed on as it comes.
pub const PATIENCE: Duration = Duration::from_millis(250);

/// More than any machine needs to be faster once.
pub const TRIES: usize = 200;

/// A client and an app with rescope between them, its configuration this text.
pub struct Site {
    pub client: Wire,
    pub server: Wire,
    _rescope: Rescope,
}

/// One answer of the app, as the client got it.
pub struct Got {
    pub head: String,
    pub body: Vec<u8>,
}

impl Site {
    pub fn new(config: &str) -> Self {
        let app = App::start();
        let rescope = Rescope::configured(app.address(), config);
        let mut client = rescope.client();
        client.send(GET);
        let mut server = app.accept();
        server.head();
        Self {
            client,
            server,
            _rescope: rescope,
        }
    }

    /// Sends an answer in `writes` and returns what the client gets, byte for byte. It is sent
    /// again where a busy machine took so long that the body may have been waited for in vain.
    pub fn answer(&mut self, writes: &[&[u8]]) -> Got {
        for _ in 0..TRIES {
            let start = Instant::now();
            for write in writes {
                self.server.send(write);
            }
            let got = self.receive();
            let is_in_time = start.elapsed() < PATIENCE;
            self.client.send(GET);
            self.server.head();
            if is_in_time {
                return got;
            }
        }
        panic!("each of {TRIES} answers took longer than {PATIENCE:?}");
    }

    pub fn receive(&mut self) -> Got {
        let head = self.client.head();
        let body = match field(&head, "content-length") {
            Some(length) => self.client.exactly(length.parse().unwrap()),
            None => self.chunked(),
        };
        Got { head, body }
    }

    fn chunked(&mut self) -> Vec<u8> {
        let mut body = Vec::new();
        loop {
            let line = String::from_utf8(self.client.until(b"\r\n")).unwrap();
            let size = usize::from_str_radix(line.trim(), 16).unwrap();
            if size == 0 {
                while self.client.until(b"\r\n") != b"\r\n" {}
                return body;
            }
            body.extend(self.client.exactly(size));
            self.client.exactly(2);
        }
    }
}

/// The bytes as a peer sends them in this coding.
pub fn encode(coding: Option<(&str, Coding)>, bytes: &[u8]) -> Vec<u8> {
    let Some((_, coding)) = coding else {
        return bytes.to_vec();
    };
    let mut encoder = Encoder::new(coding.into()).unwrap();
    let mut encoded = Vec::new();
    encoder.push(bytes, &mut encoded).unwrap();
    encoder.finish(&mut encoded).unwrap();
    encoded
}

pub fn decode(coding: Option<(&str, Coding)>, bytes: &[u8]) -> Vec<u8> {
    let Some((_, coding)) = coding else {
        return bytes.to_vec();
    };
    let bounds = Bounds {
        size: u64::MAX,
        ratio: u64::MAX,
    };
    let mut decoder = Decoder::new(coding, bounds);
    let mut decoded = Vec::new();
    let push = |piece: &[u8]| decoded.extend_from_slice(piece);
    decoder.push(bytes, &mut { push }).unwrap();
    decoder.finish().unwrap();
    decoded
}

/// The `Content-Encoding` line of a coding.
pub fn line(coding: Option<(&str, Coding)>) -> String {
    coding.map_or(String::new(), |(name, _)| {
        format!("Content-Encoding: {name}\r\n")
    })
}

/// `bytes` as one chunk; nothing for none.
pub fn chunk(bytes: &[u8]) -> Vec<u8> {
    if bytes.is_empty() {
        return Vec::new();
    }
    [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat()
}
