//! What bodies say of their windows, and what libzstd makes of that, whose allocations no
//! allocator of ours sees. What the others hold is in `tests/allocations.rs`.

use std::io::Write;

use zstd::zstd_safe::{CCtx, CParameter, DCtx, DParameter, InBuffer, OutBuffer};

use super::super::encode::{WINDOW_BITS, ZSTD};
use super::super::memory::zstd_window_bits;
use super::*;

#[test]
fn window_of_brotli_is_told_by_its_first_byte() {
    let around = Coding::Brotli.decoder_memory(&encode_brotli(10)) - (1 << 10);
    for bits in 10..=24 {
        let memory = Coding::Brotli.decoder_memory(&encode_brotli(bits));
        assert_eq!(memory, (1 << bits) + around, "{bits}");
    }
    let unknown = Coding::Brotli.decoder_memory(b"");
    assert_eq!(unknown, (1 << 24) + around);
}

#[test]
fn window_of_zstd_is_told_by_its_header() {
    for (start, bits) in [
        // Windows of 1 KiB, 2 MiB, an eighth more, 8 MiB, and one that is refused.
        (&b"(\xb5/\xfd\0\0"[..], 21),
        (b"(\xb5/\xfd\0\x58", 21),
        (b"(\xb5/\xfd\0\x59", 22),
        (b"(\xb5/\xfd\0\x68", 23),
        (b"(\xb5/\xfd\0\xff", 23),
        // No window but the content, in one, two, four and eight bytes, or behind a dictionary's.
        (b"(\xb5/\xfd\x20\xff", 21),
        (b"(\xb5/\xfd\x60\0\xff", 21),
        (b"(\xb5/\xfd\xa0\x01\0\x20\0", 22),
        (b"(\xb5/\xfd\xe0\0\0\x40\0\0\0\0\0", 22),
        (b"(\xb5/\xfd\xe0\xff\xff\xff\xff\xff\xff\xff\xff", 23),
        (b"(\xb5/\xfd\xa1\x07\0\0\x40\0", 22),
        // Not all of it, a frame that is skipped, and none.
        (b"(\xb5/\xfd\0", 23),
        (b"(\xb5/\xfd\xa0\x01\0\x10", 23),
        (b"\x50\x2a\x4d\x18\0\0\0\0", 23),
        (b"", 23),
        (b"zoom.us", 23),
    ] {
        assert_eq!(zstd_window_bits(start), bits, "{start:?}");
    }
}

#[test]
fn later_frame_gets_a_usual_window_or_what_the_first_has_said() {
    let frame = |bits| {
        let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
        encoder.window_log(bits).unwrap();
        encoder.write_all(&PAGE.repeat(2000)).unwrap();
        encoder.finish().unwrap()
    };
    let [small, usual, large] = [frame(17), frame(21), frame(22)];
    let open = |frames: [&[u8]; 2]| {
        let mut decoder = Decoder::new(Coding::Zstd, ROOMY);
        decoder.push(&frames.concat(), &mut |_| ())
    };
    assert_eq!(open([&large, &small]), Ok(()));
    assert_eq!(open([&small, &usual]), Ok(()));
    assert_eq!(open([&small, &large]), Err(DecodeError::Malformed));
}

#[test]
fn libzstd_holds_no_more_than_is_said() {
    let page = PAGE.repeat(100_000);
    let mut out = vec![0; 1 << 20];
    let mut context = CCtx::create();
    let set = |context: &mut CCtx<'_>, bits| {
        let level = CParameter::CompressionLevel(ZSTD);
        context.set_parameter(level).unwrap();
        context.set_parameter(CParameter::WindowLog(bits)).unwrap();
    };
    set(&mut context, WINDOW_BITS);
    code(&mut context, &page, &mut out);
    // Beside it is what is written and not taken.
    let buffers = 256 << 10;
    assert!(context.sizeof() + buffers <= Coding::Zstd.encoder_memory());

    for bits in [10, 17, 20, 23] {
        let mut context = CCtx::create();
        set(&mut context, bits);
        let coded = code(&mut context, &page, &mut out);
        let mut decoder = DCtx::create();
        decoder.set_parameter(DParameter::WindowLogMax(23)).unwrap();
        let (mut input, mut piece) = (InBuffer::around(coded), vec![0; 64 << 10]);
        while input.pos() < coded.len() {
            let mut output = OutBuffer::around(&mut piece[..]);
            decoder.decompress_stream(&mut output, &mut input).unwrap();
        }
        let said = Coding::Zstd.decoder_memory(coded);
        let held = decoder.sizeof() + 3 * piece.len();
        assert!(held <= said, "{bits}: {held} bytes, {said} were said");
    }
}

fn code<'o>(context: &mut CCtx<'_>, text: &[u8], out: &'o mut [u8]) -> &'o [u8] {
    let mut output = OutBuffer::around(out);
    let mut input = InBuffer::around(text);
    while input.pos() < text.len() {
        context.compress_stream(&mut output, &mut input).unwrap();
    }
    while context.end_stream(&mut output).unwrap() > 0 {}
    let length = output.pos();
    &out[..length]
}

fn encode_brotli(bits: u32) -> Vec<u8> {
    let mut writer = brotli::CompressorWriter::new(Vec::new(), 4096, 5, bits);
    writer.write_all(PAGE).unwrap();
    writer.into_inner()
}
