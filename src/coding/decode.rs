//! A coded body to the bytes it stands for, piece by piece and within bounds.

use std::fmt;

use thiserror::Error;

use super::Coding;
use super::Form;
use super::codec::Codec;

/// What a coded body may open to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Decoded bytes.
    pub size: u64,
    /// Decoded bytes for each coded one, looked at from 1 MiB of decoded bytes on: a short page of
    /// blanks is dense as well, and harmless.
    pub ratio: u64,
}

/// Decodes a body that comes in chunks.
///
/// It holds the coding's window, of at most 32 KiB (gzip, deflate), 16 MiB (br) or 8 MiB (zstd), and
/// one piece: [`Coding::decoder_memory`]. An empty body is taken for an empty one whatever the coding
/// says, since servers send those. What stands behind a whole body and begins no other member or
/// frame is left out, as browsers do.
pub struct Decoder {
    coding: Coding,
    bounds: Bounds,
    /// Absent until the first byte shows the form.
    codec: Option<(Form, Codec)>,
    piece: Box<[u8]>,
    coded: u64,
    decoded: u64,
    /// Whether what was read so far may be all.
    complete: bool,
    /// Whether all that what was read stands for was given.
    is_drained: bool,
    /// The first bytes behind an end, until they show what they begin; `None` elsewhere.
    lead: Option<Vec<u8>>,
    /// Whether the rest is no part of the body.
    is_over: bool,
    failed: Option<DecodeError>,
}

impl Decoder {
    /// A decoder of a body from its first byte on.
    pub fn new(coding: Coding, bounds: Bounds) -> Self {
        Self {
            coding,
            bounds,
            codec: None,
            piece: vec![0; PIECE].into_boxed_slice(),
            coded: 0,
            decoded: 0,
            complete: true,
            is_drained: true,
            lead: None,
            is_over: false,
            failed: None,
        }
    }

    /// The form that the body has; before its first byte, the one that it should have.
    pub fn form(&self) -> Form {
        match self.codec {
            Some((form, _)) => form,
            None => self.coding.into(),
        }
    }

    /// Decodes the next bytes and gives `sink` all that can be told by then, in pieces of at most
    /// 64 KiB, never empty and never past a bound.
    ///
    /// # Errors
    ///
    /// The bytes are malformed, or a bound is met. The decoder is then of no more use and gives the
    /// same error again.
    pub fn push(
        &mut self,
        mut coded: &[u8],
        sink: &mut dyn FnMut(&[u8]),
    ) -> Result<(), DecodeError> {
        while let Some(piece) = self.step(&mut coded)? {
            if !piece.is_empty() {
                sink(piece);
            }
        }
        Ok(())
    }

    /// Decodes the front of `coded`, takes it off, and returns what it stands for: at most 64 KiB,
    /// which may be nothing, of at most as many. `None` if `coded` is empty and all was given.
    ///
    /// # Errors
    ///
    /// As for [`push`](Self::push).
    pub fn step(&mut self, coded: &mut &[u8]) -> Result<Option<&[u8]>, DecodeError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        if self.is_over || (coded.is_empty() && self.is_drained) {
            *coded = &[];
            return Ok(None);
        }
        if !self.goes_on(coded) {
            self.is_over = true;
            *coded = &[];
            return Ok(None);
        }
        match self.decode(coded) {
            Ok(length) => Ok(Some(&self.piece[..length])),
            Err(error) => {
                self.failed = Some(error);
                Err(error)
            }
        }
    }

    /// Ends the body, all of which was given by then, and returns the form that it had.
    ///
    /// # Errors
    ///
    /// The body is not complete, or failed before.
    pub fn finish(&self) -> Result<Form, DecodeError> {
        match self.failed {
            Some(error) => Err(error),
            None if self.complete || self.is_over => Ok(self.form()),
            None => Err(DecodeError::Truncated),
        }
    }

    /// Whether `coded` is part of the body. Behind an end it has to begin with what can begin a
    /// member: one that is damaged further on is not to go without a word.
    fn goes_on(&self, coded: &[u8]) -> bool {
        self.lead.as_ref().is_none_or(|lead| {
            let start = lead.iter().chain(coded).take(LEAD);
            self.form().goes_on_with(start)
        })
    }

    /// Fills the piece and returns how much of it.
    fn decode(&mut self, coded: &mut &[u8]) -> Result<usize, DecodeError> {
        let form = Form::of(self.coding, coded.first().copied().unwrap_or_default());
        let (_, codec) = self.codec.get_or_insert_with(|| {
            self.complete = false;
            (form, Codec::new(form, coded))
        });
        if self.complete {
            codec.begin_next();
        }
        let step = codec.step(&coded[..coded.len().min(PIECE)], &mut self.piece);
        let step = step.map_err(|_| DecodeError::Malformed)?;
        if step.ended {
            self.lead = Some(Vec::new());
        } else if let Some(lead) = &mut self.lead {
            lead.extend(coded[..step.read].iter().take(LEAD - lead.len()));
            self.lead.take_if(|lead| lead.len() == LEAD);
        }
        *coded = &coded[step.read..];
        self.complete = step.ended;
        self.is_drained = step.ended || step.written < self.piece.len();
        self.coded += step.read as u64;
        self.decoded += step.written as u64;
        self.bounds.check(self.coded, self.decoded)?;
        let is_stuck = step.read == 0 && step.written == 0 && !step.ended;
        match is_stuck && !coded.is_empty() {
            true => Err(DecodeError::Malformed),
            false => Ok(step.written),
        }
    }
}

impl fmt::Debug for Decoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decoder")
            .field("form", &self.form())
            .field("bounds", &self.bounds)
            .field("coded", &self.coded)
            .field("decoded", &self.decoded)
            .finish_non_exhaustive()
    }
}

impl Bounds {
    fn check(self, coded: u64, decoded: u64) -> Result<(), DecodeError> {
        if decoded > self.size {
            return Err(DecodeError::TooLarge(self.size));
        }
        if decoded > DENSE_FROM && decoded > coded.saturating_mul(self.ratio) {
            return Err(DecodeError::TooDense(self.ratio));
        }
        Ok(())
    }
}

/// Why a body was not decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// The bytes are not what the coding allows.
    #[error("the body is not of its content coding")]
    Malformed,
    /// The body ends before the coding does.
    #[error("the body ends before its content coding does")]
    Truncated,
    /// It opens to more than this many bytes.
    #[error("the body opens to more than the allowed {0} bytes")]
    TooLarge(u64),
    /// It opens to more than this many times its length.
    #[error("the body opens to more than the allowed {0} times its length")]
    TooDense(u64),
}

/// Bytes decoded before they are handed on.
const PIECE: usize = 64 << 10;

/// Bytes that show whether another member or frame begins.
const LEAD: usize = 4;

/// Decoded bytes from which on the ratio counts.
const DENSE_FROM: u64 = 1 << 20;
