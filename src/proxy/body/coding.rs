//! Placeholder for `crate::coding::Coding`, name for name.

/// A content coding (RFC 9110 8.4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    /// `gzip` or `x-gzip`.
    Gzip,
    /// `deflate`.
    Deflate,
    /// `br`.
    Brotli,
    /// `zstd`.
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
