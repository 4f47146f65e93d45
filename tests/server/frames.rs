//! HTTP/2 by the frame (RFC 9113 section 4.1).

use std::net::SocketAddr;

use crate::raw::Wire;

pub const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

pub const DATA: u8 = 0;
pub const HEADERS: u8 = 1;
pub const RST_STREAM: u8 = 3;
pub const SETTINGS: u8 = 4;
pub const PING: u8 = 6;
pub const GOAWAY: u8 = 7;
pub const WINDOW_UPDATE: u8 = 8;
pub const CONTINUATION: u8 = 9;

pub const END_STREAM: u8 = 1;
pub const ACK: u8 = 1;
pub const END_HEADERS: u8 = 4;

pub struct Frame {
    pub kind: u8,
    pub flags: u8,
    pub stream: u32,
    pub payload: Vec<u8>,
}

pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = length[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// A GET of `path`, without indexing or Huffman codes (RFC 7541).
pub fn get(stream: u32, path: &str) -> Vec<u8> {
    frame(HEADERS, END_HEADERS | END_STREAM, stream, &block(path))
}

/// :method GET, :scheme http, :path, :authority.
pub fn block(path: &str) -> Vec<u8> {
    let mut block = vec![0x82, 0x86, 0x04];
    block.push(u8::try_from(path.len()).unwrap());
    block.extend(path.bytes());
    block.extend([0x01, 1, b'a']);
    block
}

/// The preface and SETTINGS with these (identifier, value).
pub fn hello(settings: &[(u16, u32)]) -> Vec<u8> {
    let payload = settings.iter().flat_map(|(identifier, value)| {
        let identifier = identifier.to_be_bytes();
        identifier.into_iter().chain(value.to_be_bytes())
    });
    let payload: Vec<u8> = payload.collect();
    [PREFACE, &frame(SETTINGS, 0, 0, &payload)].concat()
}

pub const INITIAL_WINDOW_SIZE: u16 = 4;

/// A connection on which both have said their SETTINGS.
pub fn connect(address: SocketAddr, settings: &[(u16, u32)]) -> Wire {
    let mut wire = Wire::connect(address);
    wire.send(hello(settings));
    assert_eq!(next(&mut wire).kind, SETTINGS);
    wire.send(frame(SETTINGS, ACK, 0, &[]));
    wire
}

pub fn next(wire: &mut Wire) -> Frame {
    let head = wire.exactly(9);
    let number = |bytes: &[u8]| {
        bytes
            .iter()
            .fold(0, |sum, byte| sum << 8 | u32::from(*byte))
    };
    let length = usize::try_from(number(&head[..3])).unwrap();
    Frame {
        kind: head[3],
        flags: head[4],
        stream: number(&head[5..]) & 0x7fff_ffff,
        payload: wire.exactly(length),
    }
}

/// Reads up to the next frame of this kind that is no acknowledgement.
pub fn until(wire: &mut Wire, kind: u8) -> Frame {
    loop {
        let found = next(wire);
        // The bit means the end of the stream there.
        let is_answer = !matches!(kind, DATA | HEADERS) && found.flags & ACK != 0;
        if found.kind == kind && !is_answer {
            return found;
        }
    }
}
