//! Content codings (RFC 9110 8.4.1): gzip, deflate, br and zstd, decoded within
//! bounds and encoded again. Chunks in, chunks out: neither side ever holds a
//! body, only the coding's window, and no input makes either of them panic. Pure.

mod codec;
mod decode;
mod encode;
mod memory;
#[cfg(test)]
mod tests;

pub use self::decode::{Bounds, DecodeError, Decoder};
pub use self::encode::Encoder;

/// A content coding that can be decoded and encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    /// `gzip` or `x-gzip` (RFC 9110 8.4.1.3, RFC 1952).
    Gzip,
    /// `deflate` (RFC 9110 8.4.1.2), with or without the zlib format around it.
    Deflate,
    /// `br` (RFC 7932).
    Brotli,
    /// `zstd` (RFC 8878, its window bounded by RFC 9659).
    Zstd,
}

impl Coding {
    /// The one coding that a `Content-Encoding` value names; `None` for an unknown one, for
    /// `identity`, for several, and for none.
    pub fn parse(content_encoding: &[u8]) -> Option<Self> {
        let name = content_encoding.trim_ascii().to_ascii_lowercase();
        match name.as_slice() {
            b"gzip" | b"x-gzip" => Some(Self::Gzip),
            b"deflate" => Some(Self::Deflate),
            b"br" => Some(Self::Brotli),
            b"zstd" => Some(Self::Zstd),
            _ => None,
        }
    }
}

/// How the bytes of a coding are laid out, where one name stands for two layouts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Members of RFC 1952.
    Gzip,
    /// `deflate` as RFC 9110 8.4.1.2 has it: the zlib format (RFC 1950).
    Zlib,
    /// `deflate` as some servers send it: DEFLATE (RFC 1951) with nothing around it.
    RawDeflate,
    /// A stream of RFC 7932.
    Brotli,
    /// Frames of RFC 8878.
    Zstd,
}

impl Form {
    /// The form of a body of this coding that begins with `first`.
    ///
    /// In the zlib format the low four bits are 8, its number for DEFLATE. Raw DEFLATE could only
    /// begin so with an uncompressed block whose padding is not zero, which no encoder writes.
    pub fn of(coding: Coding, first: u8) -> Self {
        match coding {
            Coding::Gzip => Self::Gzip,
            Coding::Deflate if first & 0x0f == 8 => Self::Zlib,
            Coding::Deflate => Self::RawDeflate,
            Coding::Brotli => Self::Brotli,
            Coding::Zstd => Self::Zstd,
        }
    }

    /// Whether a body may go on, behind what could be its end, with something that begins with
    /// `start`.
    fn goes_on_with<'s>(self, start: impl Iterator<Item = &'s u8>) -> bool {
        let is = |(byte, expected): (&u8, &u8)| byte == expected;
        let mut start = start.peekable();
        match self {
            // RFC 1952 2.2: members follow one another.
            Self::Gzip => start.zip(b"\x1f\x8b").all(is),
            // RFC 8878 3.1: so do frames, of which 3.1.2 has some that are skipped.
            Self::Zstd => match start.next_if(|first| **first & 0xf0 == 0x50) {
                Some(_) => start.zip(b"\x2a\x4d\x18").all(is),
                None => start.zip(b"\x28\xb5\x2f\xfd").all(is),
            },
            Self::Zlib | Self::RawDeflate | Self::Brotli => start.next().is_none(),
        }
    }
}

impl From<Coding> for Form {
    /// The form that the RFCs give the coding.
    fn from(coding: Coding) -> Self {
        match coding {
            Coding::Gzip => Self::Gzip,
            Coding::Deflate => Self::Zlib,
            Coding::Brotli => Self::Brotli,
            Coding::Zstd => Self::Zstd,
        }
    }
}
