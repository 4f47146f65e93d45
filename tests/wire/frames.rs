//! HTTP/2 by the frame, for what no library would send (RFC 9113 sections 4 and 8).

use std::net::SocketAddr;

use crate::raw::Wire;

pub const DATA: u8 = 0;
pub const HEADERS: u8 = 1;
pub const RST_STREAM: u8 = 3;
pub const SETTINGS: u8 = 4;
pub const GOAWAY: u8 = 7;

pub const END_STREAM: u8 = 1;
pub const END_HEADERS: u8 = 4;

pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = length[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// Fields without an index or Huffman codes (RFC 7541 6.2.2), whatever they hold.
pub fn block(fields: &[(&str, &str)]) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in fields {
        block.push(0);
        for text in [name, value] {
            block.push(u8::try_from(text.len()).unwrap());
            block.extend(text.bytes());
        }
    }
    block
}

/// A connection on which both have said their SETTINGS.
pub fn connect(address: SocketAddr) -> Wire {
    let mut wire = Wire::connect(address);
    wire.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    wire.send(frame(SETTINGS, 0, 0, &[]));
    assert_eq!(next(&mut wire).0, SETTINGS);
    wire.send(frame(SETTINGS, 1, 0, &[]));
    wire
}

/// The kind and the payload of the next frame.
pub fn next(wire: &mut Wire) -> (u8, Vec<u8>) {
    let head = wire.exactly(9);
    let length = head[..3]
        .iter()
        .fold(0, |sum, byte| sum << 8 | usize::from(*byte));
    (head[3], wire.exactly(length))
}

/// The next frame that says what became of a request.
pub fn outcome(wire: &mut Wire) -> (u8, Vec<u8>) {
    loop {
        let (kind, payload) = next(wire);
        if matches!(kind, HEADERS | RST_STREAM | GOAWAY) {
            return (kind, payload);
        }
    }
}

/// `:status 400` in the static table.
pub const BAD_REQUEST: u8 = 0x8c;
