//! Bytes to a coded body, piece by piece.

use std::fmt;
use std::io::{Result, Write};

use brotli::CompressorWriter;
use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use zstd::stream::write::Encoder as ZstdEncoder;

use super::Form;

/// Encodes a body that comes in chunks.
///
/// What comes out depends on the bytes and how they were pushed and flushed, on nothing else. It
/// holds [`Coding::encoder_memory`](super::Coding::encoder_memory), and that until the body ends,
/// since it is one member or frame: browsers leave out what stands behind the first of gzip
/// (Chromium's `GzipSourceStream`), and many clients what stands behind the first of zstd.
pub struct Encoder {
    writer: Writer,
    /// How many bytes were pushed since what was pushed was last written.
    pushed: usize,
}

enum Writer {
    Gzip(GzEncoder<Vec<u8>>),
    Zlib(ZlibEncoder<Vec<u8>>),
    RawDeflate(DeflateEncoder<Vec<u8>>),
    Brotli(Box<CompressorWriter<Vec<u8>>>),
    Zstd(ZstdEncoder<'static, Vec<u8>>),
}

impl Encoder {
    /// An encoder of a body from its first byte on.
    ///
    /// # Errors
    ///
    /// The library cannot set itself up.
    pub fn new(form: Form) -> Result<Self> {
        let out = Vec::new();
        let writer = match form {
            Form::Gzip => Writer::Gzip(GzEncoder::new(out, DEFLATE)),
            Form::Zlib => Writer::Zlib(ZlibEncoder::new(out, DEFLATE)),
            Form::RawDeflate => Writer::RawDeflate(DeflateEncoder::new(out, DEFLATE)),
            Form::Brotli => {
                let writer = CompressorWriter::new(out, BUFFER, BROTLI, WINDOW_BITS);
                Writer::Brotli(Box::new(writer))
            }
            Form::Zstd => {
                let mut writer = ZstdEncoder::new(out, ZSTD)?;
                writer.window_log(WINDOW_BITS)?;
                Writer::Zstd(writer)
            }
        };
        Ok(Self { writer, pushed: 0 })
    }

    /// Encodes the next bytes and appends to `out` what is ready, which may be nothing.
    ///
    /// # Errors
    ///
    /// The library gives up, as it may for want of memory.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<()> {
        for block in bytes.chunks(BLOCK) {
            self.writer().write_all(block)?;
            self.pushed += block.len();
            // Else brotli collects as much as its window holds, with four times as much beside it.
            if self.pushed >= BLOCK && matches!(self.writer, Writer::Brotli(_)) {
                self.writer().flush()?;
                self.pushed = 0;
            }
        }
        self.take(out);
        Ok(())
    }

    /// Appends to `out` whatever the peer needs to decode all that was pushed. Some bytes each time:
    /// not to be done for every few.
    ///
    /// # Errors
    ///
    /// As for [`push`](Self::push).
    pub fn flush(&mut self, out: &mut Vec<u8>) -> Result<()> {
        self.writer().flush()?;
        self.pushed = 0;
        self.take(out);
        Ok(())
    }

    /// Ends the body and appends the rest to `out`.
    ///
    /// # Errors
    ///
    /// As for [`push`](Self::push).
    pub fn finish(self, out: &mut Vec<u8>) -> Result<()> {
        let mut rest = match self.writer {
            Writer::Gzip(writer) => writer.finish()?,
            Writer::Zlib(writer) => writer.finish()?,
            Writer::RawDeflate(writer) => writer.finish()?,
            Writer::Brotli(writer) => writer.into_inner(),
            Writer::Zstd(writer) => writer.finish()?,
        };
        out.append(&mut rest);
        Ok(())
    }

    fn writer(&mut self) -> &mut dyn Write {
        match &mut self.writer {
            Writer::Gzip(writer) => writer,
            Writer::Zlib(writer) => writer,
            Writer::RawDeflate(writer) => writer,
            Writer::Brotli(writer) => writer,
            Writer::Zstd(writer) => writer,
        }
    }

    fn take(&mut self, out: &mut Vec<u8>) {
        out.append(match &mut self.writer {
            Writer::Gzip(writer) => writer.get_mut(),
            Writer::Zlib(writer) => writer.get_mut(),
            Writer::RawDeflate(writer) => writer.get_mut(),
            Writer::Brotli(writer) => writer.get_mut(),
            Writer::Zstd(writer) => writer.get_mut(),
        });
    }
}

impl fmt::Debug for Encoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.writer {
            Writer::Gzip(_) => "Encoder(gzip)",
            Writer::Zlib(_) => "Encoder(zlib)",
            Writer::RawDeflate(_) => "Encoder(deflate)",
            Writer::Brotli(_) => "Encoder(br)",
            Writer::Zstd(_) => "Encoder(zstd)",
        })
    }
}

// Of each level MiB/s on one core and the ratio, measured on an HTML page of 146 KiB. Those are
// taken after which more time buys little. Decoding the page ran at 890 MiB/s (br) to 1520 (zstd).

/// 1: 496, 2.95; 4: 125, 4.25; 5: 111, 4.33; 6: 87, 4.35; 9: 51, 4.40.
const DEFLATE: Compression = Compression::new(5);

/// 2: 118, 4.18; 4: 68, 4.51; 5: 44, 4.81; 6: 36, 4.86.
const BROTLI: u32 = 4;

/// 1: 562, 3.99; 3: 269, 4.27; 4: 255, 4.28; 5: 115, 4.51.
pub(super) const ZSTD: i32 = 3;

/// 256 KiB, for many bodies may be on their way at a time: br then holds 2.0 MiB and zstd 1.8. With
/// twice as much, and half a MiB or a quarter more, a page of 1.8 MiB is 2 in 100 smaller; with half
/// as much zstd's is 7 in 100 larger.
pub(super) const WINDOW_BITS: u32 = 18;

/// Bytes after which brotli is flushed, which costs 4 in 1000 of the size.
const BLOCK: usize = 64 << 10;

/// Coded bytes that brotli collects before it writes them.
const BUFFER: usize = 16 << 10;
