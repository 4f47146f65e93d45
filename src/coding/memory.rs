//! What the two sides of a coding hold, before they are made.

use super::Coding;

impl Coding {
    /// Returns how many bytes both sides hold at most: one decodes a body that begins with
    /// `start`, and the other encodes it again.
    pub fn memory(self, start: &[u8]) -> usize {
        self.decoder_memory(start) + self.encoder_memory()
    }

    /// Returns how many bytes the [`Decoder`](super::Decoder) of a body that begins with `start`
    /// holds at most between two steps: the window that the body asks for, which the first 18
    /// bytes show, and all that stands around it. Where they do not show it, that is the largest.
    pub fn decoder_memory(self, start: &[u8]) -> usize {
        match self {
            Self::Gzip | Self::Deflate => INFLATE,
            Self::Brotli => brotli_window(start) + UNBROTLI,
            Self::Zstd => (1 << zstd_window_bits(start)) + UNZSTD,
        }
    }

    /// Returns how many bytes the [`Encoder`](super::Encoder) holds at most between two pushes.
    pub fn encoder_memory(self) -> usize {
        match self {
            Self::Gzip | Self::Deflate => DEFLATE,
            Self::Brotli => BROTLI,
            Self::Zstd => ZSTD,
        }
    }
}

/// The window of a `br` body: `1 << WBITS`, as RFC 7932 9.1 writes it.
fn brotli_window(start: &[u8]) -> usize {
    let bits = match start.first() {
        None => BROTLI_WINDOW_BITS,
        Some(first) if first & 1 == 0 => 16,
        Some(first) => match (first >> 1 & 7, first >> 4 & 7) {
            (0, 0) => 17,
            // The large windows that RFC 7932 does not have, which the decoder refuses.
            (0, 1) => 10,
            (0, bits) => 8 + bits,
            (bits, _) => 17 + bits,
        },
    };
    1 << bits
}

/// The bits of the window of a `zstd` body, up: 21 to 23. Its frame header is that of
/// RFC 8878 3.1.1.1. A body may be many frames, each with a window of its own, and a short one
/// first, as where each part of a page is encoded by itself.
pub(super) fn zstd_window_bits(start: &[u8]) -> u32 {
    let window = match start {
        [0x28, 0xb5, 0x2f, 0xfd, descriptor, rest @ ..] if descriptor & SINGLE_SEGMENT != 0 => {
            content_size(*descriptor, rest)
        }
        [0x28, 0xb5, 0x2f, 0xfd, _, window, ..] => {
            let base = 1 << (10 + u32::from(window >> 3));
            Some(base + base / 8 * u64::from(window & 7))
        }
        _ => None,
    };
    let bits = window.map_or(ZSTD_WINDOW_BITS, |window| {
        u64::BITS - window.saturating_sub(1).leading_zeros()
    });
    bits.clamp(ZSTD_USUAL_BITS, ZSTD_WINDOW_BITS)
}

/// The size of the content, behind the descriptor that says there is one and the number of a
/// dictionary; `None` if it has not come.
fn content_size(descriptor: u8, rest: &[u8]) -> Option<u64> {
    let dictionary = [0, 1, 2, 4][usize::from(descriptor & 3)];
    let length = 1 << (descriptor >> 6);
    let field = rest.get(dictionary..dictionary + length)?;
    let mut size = [0; 8];
    size[..length].copy_from_slice(field);
    // RFC 8878 3.1.1.1.4: "When Field_Size is 2, the offset of 256 is added."
    let offset = if length == 2 { 256 } else { 0 };
    Some(u64::from_le_bytes(size).saturating_add(offset))
}

/// `Single_Segment_Flag`: the window is the content.
const SINGLE_SEGMENT: u8 = 1 << 5;

/// RFC 7932 9.1 has no larger window, of 16 MiB.
const BROTLI_WINDOW_BITS: u8 = 24;

/// RFC 9659 3: a decoder need not take a larger window than 8 MiB, and an encoder must not use one.
pub(super) const ZSTD_WINDOW_BITS: u32 = 23;

/// 2 MiB: what libzstd's usual level asks for, and all below it.
const ZSTD_USUAL_BITS: u32 = 21;

// What was measured, rounded up; a test compares with what is allocated.

/// Window, state and piece of any DEFLATE decoder.
const INFLATE: usize = 128 << 10;

/// The piece, and the tables of as many codes as encoders make of a page.
const UNBROTLI: usize = 640 << 10;

/// The piece, the state, and of the window's buffer what is larger than that: three blocks.
const UNZSTD: usize = 704 << 10;

const DEFLATE: usize = 512 << 10;
const BROTLI: usize = 2304 << 10;
const ZSTD: usize = 2048 << 10;
