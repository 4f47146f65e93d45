//! HTTP/2 by the byte: frames as no library would send them, and as much of the
//! answers as tells what became of each stream (RFC 9113, RFC 7541).

use std::collections::BTreeMap;

/// What a connection begins with: the preface and SETTINGS without a setting.
pub const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

pub const DATA: u8 = 0;
pub const HEADERS: u8 = 1;
pub const PRIORITY: u8 = 2;
pub const RST_STREAM: u8 = 3;
pub const SETTINGS: u8 = 4;
pub const PUSH_PROMISE: u8 = 5;
pub const GOAWAY: u8 = 7;
pub const WINDOW_UPDATE: u8 = 8;
pub const CONTINUATION: u8 = 9;

pub const ACK: u8 = 1;
pub const END_STREAM: u8 = 1;
pub const END_HEADERS: u8 = 4;
pub const PADDED: u8 = 8;
pub const PRIORITIZED: u8 = 0x20;

pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = length[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// A field section: `Literal Header Field without Indexing` for each, nothing compressed.
#[derive(Clone, Default)]
pub struct Fields(Vec<(Vec<u8>, Vec<u8>)>);

impl Fields {
    /// The pseudo-header fields of an ordinary request.
    pub fn of(method: &str) -> Self {
        Self::default()
            .with(":method", method)
            .with(":scheme", "http")
            .with(":authority", "a.example")
            .with(":path", "/case")
    }

    pub fn with(mut self, name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Self {
        let field = (name.as_ref().to_vec(), value.as_ref().to_vec());
        self.0.push(field);
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.0.retain(|field| field.0 != name.as_bytes());
        self
    }

    /// Sets a field in its place.
    pub fn set(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        for field in self.0.iter_mut().filter(|it| it.0 == name.as_bytes()) {
            field.1 = value.as_ref().to_vec();
        }
        self
    }

    pub fn encoded(&self) -> Vec<u8> {
        let mut block = Vec::new();
        for (name, value) in &self.0 {
            block.push(0);
            for text in [name, value] {
                push_length(&mut block, text.len());
                block.extend(text);
            }
        }
        block
    }

    /// As one HEADERS frame of stream 1, whose body follows.
    pub fn open(&self) -> Vec<u8> {
        frame(HEADERS, END_HEADERS, 1, &self.encoded())
    }

    /// As one HEADERS frame of stream 1, without a body.
    pub fn end(&self) -> Vec<u8> {
        frame(HEADERS, END_HEADERS | END_STREAM, 1, &self.encoded())
    }
}

/// RFC 7541 5.1, with a prefix of seven bits.
fn push_length(block: &mut Vec<u8>, length: usize) {
    let Some(mut rest) = length.checked_sub(127) else {
        block.push(u8::try_from(length).unwrap());
        return;
    };
    block.push(127);
    while rest >= 128 {
        block.push(u8::try_from(rest % 128).unwrap() | 128);
        rest /= 128;
    }
    block.push(u8::try_from(rest).unwrap());
}

/// The request after a case, on stream 3.
pub fn probe() -> Vec<u8> {
    let fields = Fields::of("GET").set(":path", "/probe").encoded();
    frame(HEADERS, END_HEADERS | END_STREAM, 3, &fields)
}

/// What came back.
#[derive(Default)]
pub struct Answers {
    unread: Vec<u8>,
    words: BTreeMap<u32, String>,
    ended: Vec<u32>,
}

impl Answers {
    /// Reads `bytes` and returns what is to be replied to them.
    pub fn read(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.unread.extend(bytes);
        let mut reply = Vec::new();
        while self.unread.len() >= 9 {
            let number = |range: std::ops::Range<usize>| {
                self.unread[range]
                    .iter()
                    .fold(0, |sum, it| sum << 8 | u32::from(*it))
            };
            let (length, stream) = (number(0..3) as usize, number(5..9));
            let (kind, flags) = (self.unread[3], self.unread[4]);
            if self.unread.len() < 9 + length {
                break;
            }
            let payload: Vec<u8> = self.unread.drain(..9 + length).skip(9).collect();
            match kind {
                HEADERS => self.say(stream, &status(&payload)),
                RST_STREAM => self.say(stream, &format!("RST({})", payload[3])),
                GOAWAY => self.say(0, &format!("GOAWAY({})", payload[7])),
                SETTINGS if flags & ACK == 0 => reply.extend(frame(SETTINGS, ACK, 0, b"")),
                _ => {}
            }
            let is_end = matches!(kind, HEADERS | DATA) && flags & END_STREAM != 0;
            if is_end || kind == RST_STREAM {
                self.ended.push(stream);
            }
        }
        reply
    }

    pub fn has_ended(&self, stream: u32) -> bool {
        self.ended.contains(&stream)
    }

    /// What was said of streams 1 and 3, then of the connection.
    pub fn words(&self) -> Vec<String> {
        [1, 3, 0]
            .iter()
            .filter_map(|it| self.words.get(it))
            .cloned()
            .collect()
    }

    fn say(&mut self, stream: u32, word: &str) {
        let words = self.words.entry(stream).or_default();
        if !words.is_empty() {
            words.push('+');
        }
        words.push_str(word);
    }
}

/// The `:status` that a field section begins with.
fn status(block: &[u8]) -> String {
    // A change of the dynamic table's size comes first, if at all.
    let place = block.iter().position(|it| it & 0xe0 != 0x20).unwrap_or(0);
    let block = &block[place..];
    const INDEXED: [&str; 7] = ["200", "204", "206", "304", "400", "404", "500"];
    match *block {
        [first @ 0x88..=0x8e, ..] => INDEXED[usize::from(first - 0x88)].to_owned(),
        // The name by its index, and three digits, plain or by Huffman's code.
        [0x08 | 0x18 | 0x48, 3, a, b, c, ..] => String::from_utf8_lossy(&[a, b, c]).into_owned(),
        [0x08 | 0x18 | 0x48, length, ref rest @ ..] if length > 0x80 => huffman_digits(rest),
        _ => "?".to_owned(),
    }
}

/// RFC 7541 appendix B: 0, 1 and 2 have five bits, the other digits six.
fn huffman_digits(bytes: &[u8]) -> String {
    let bits: Vec<u8> = bytes
        .iter()
        .take(3)
        .flat_map(|it| (0..8).rev().map(move |bit| it >> bit & 1))
        .collect();
    let mut place = 0;
    let mut digits = String::new();
    for _ in 0..3 {
        let read = |count| {
            bits.iter()
                .skip(place)
                .take(count)
                .fold(0, |sum, it| sum << 1 | it)
        };
        let (digit, length) = match (read(5), read(6)) {
            (short @ 0..=2, _) => (short, 5),
            (_, long @ 0x19..=0x1f) => (long - 0x19 + 3, 6),
            _ => return "?".to_owned(),
        };
        digits.push(char::from(b'0' + digit));
        place += length;
    }
    digits
}
