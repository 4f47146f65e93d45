//! The decoders of the libraries behind one step: some coded bytes in, some
//! decoded bytes out. None of them grows its output by itself.

use brotli::{BrotliDecompressStream, BrotliResult, BrotliState, enc::StandardAlloc};
use flate2::{Decompress, FlushDecompress, Status};
use zstd::stream::raw::{DParameter, Decoder as Unzstd, Operation};

use super::Form;
use super::memory::zstd_window_bits;

type Unbrotli = BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>;

/// The decoder of one form.
pub(super) enum Codec {
    Gzip(Decompress),
    Deflate(Decompress),
    Brotli(Box<Unbrotli>),
    Zstd(Unzstd<'static>),
}

/// What one step did.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    /// Coded bytes taken.
    pub(super) read: usize,
    /// Decoded bytes given.
    pub(super) written: usize,
    /// Whether a stream, member or frame is over, all of it given.
    pub(super) ended: bool,
}

/// The bytes are not of the form.
#[derive(Debug)]
pub(super) struct Malformed;

impl Codec {
    /// A decoder of a body that begins with `start`; no member of it gets a larger window than
    /// what that says.
    pub(super) fn new(form: Form, start: &[u8]) -> Self {
        match form {
            Form::Gzip => Self::Gzip(Decompress::new_gzip(DEFLATE_WINDOW_BITS)),
            Form::Zlib => Self::Deflate(Decompress::new(true)),
            Form::RawDeflate => Self::Deflate(Decompress::new(false)),
            // Not `new`, which also takes the large windows that RFC 7932 does not have, up to 1 GiB.
            Form::Brotli => {
                let [bytes, words, codes] = [(); 3].map(|()| StandardAlloc::default());
                Self::Brotli(Box::new(Unbrotli::new_strict(bytes, words, codes)))
            }
            Form::Zstd => Self::Zstd(unzstd(zstd_window_bits(start))),
        }
    }

    /// Gets ready for another member of the body.
    pub(super) fn begin_next(&mut self) {
        // libzstd begins frames by itself, and the others have but one.
        if let Self::Gzip(inflate) = self {
            *inflate = Decompress::new_gzip(DEFLATE_WINDOW_BITS);
        }
    }

    /// Decodes from `coded` to `piece` until either is used up or an end is reached.
    pub(super) fn step(&mut self, coded: &[u8], piece: &mut [u8]) -> Result<Step, Malformed> {
        match self {
            Self::Gzip(inflate) | Self::Deflate(inflate) => step_deflate(inflate, coded, piece),
            Self::Brotli(state) => step_brotli(state, coded, piece),
            Self::Zstd(decoder) => step_zstd(decoder, coded, piece),
        }
    }
}

/// The largest window of DEFLATE, 32 KiB.
const DEFLATE_WINDOW_BITS: u8 = 15;

fn unzstd(window_bits: u32) -> Unzstd<'static> {
    let mut decoder = Unzstd::new().expect("libzstd makes a context as long as there is memory");
    decoder
        .set_parameter(DParameter::WindowLogMax(window_bits))
        .expect("libzstd knows windows of 2 to the 10 up to 2 to the 30");
    decoder
}

fn step_deflate(
    inflate: &mut Decompress,
    coded: &[u8],
    piece: &mut [u8],
) -> Result<Step, Malformed> {
    let (read, written) = (inflate.total_in(), inflate.total_out());
    let status = inflate.decompress(coded, piece, FlushDecompress::None);
    let status = status.map_err(|_| Malformed)?;
    Ok(Step {
        read: (inflate.total_in() - read) as usize,
        written: (inflate.total_out() - written) as usize,
        ended: status == Status::StreamEnd,
    })
}

fn step_brotli(state: &mut Unbrotli, coded: &[u8], piece: &mut [u8]) -> Result<Step, Malformed> {
    let (mut unread, mut read) = (coded.len(), 0);
    let (mut free, mut written, mut total) = (piece.len(), 0, 0);
    let result = BrotliDecompressStream(
        &mut unread,
        &mut read,
        coded,
        &mut free,
        &mut written,
        piece,
        &mut total,
        state,
    );
    match result {
        BrotliResult::ResultFailure => Err(Malformed),
        BrotliResult::ResultSuccess
        | BrotliResult::NeedsMoreInput
        | BrotliResult::NeedsMoreOutput => Ok(Step {
            read,
            written,
            ended: matches!(result, BrotliResult::ResultSuccess),
        }),
    }
}

fn step_zstd(
    decoder: &mut Unzstd<'static>,
    coded: &[u8],
    piece: &mut [u8],
) -> Result<Step, Malformed> {
    let status = decoder.run_on_buffers(coded, piece);
    let status = status.map_err(|_| Malformed)?;
    Ok(Step {
        read: status.bytes_read,
        written: status.bytes_written,
        ended: status.remaining == 0,
    })
}
