//! Bodies that open to far more than they weigh.

use super::*;

const MIB: u64 = 1 << 20;

/// A body of 10 MiB that opens to 10 GiB of zeros and more.
fn bomb(form: Form) -> Vec<u8> {
    let (head, part) = match form {
        Form::Zstd => zstd_zeros(),
        _ => flushed_zeros(form),
    };
    let count = (10 << 20) / part.len();
    [head, part.repeat(count)].concat()
}

/// A beginning, and what encodes one more MiB of zeros behind it as often as one likes.
fn flushed_zeros(form: Form) -> (Vec<u8>, Vec<u8>) {
    let mut encoder = Encoder::new(form).unwrap();
    let zeros = vec![0; 1 << 20];
    let [mut head, mut part] = [Vec::new(), Vec::new()];
    for out in [&mut head, &mut part] {
        encoder.push(&zeros, out).unwrap();
        encoder.flush(out).unwrap();
    }
    (head, part)
}

/// The header of a frame with a window of 128 KiB, and a block of one zero 128 Ki times.
fn zstd_zeros() -> (Vec<u8>, Vec<u8>) {
    let block = ((128_u32 << 10) << 3) | (1 << 1);
    let part = [&block.to_le_bytes()[..3], &[0]].concat();
    (b"(\xb5/\xfd\0\x38".to_vec(), part)
}

/// What a decoder gives of `coded`, pushed in chunks of this length, and how it ends.
fn open(form: Form, coded: &[u8], chunk: usize, bounds: Bounds) -> (u64, Option<DecodeError>) {
    let mut given = 0;
    let mut decoder = Decoder::new(coding_of(form), bounds);
    for chunk in coded.chunks(chunk) {
        let result = decoder.push(chunk, &mut |piece| {
            assert!(piece.len() <= 64 << 10 && piece.iter().all(|byte| *byte == 0));
            given += piece.len() as u64;
        });
        if let Err(error) = result {
            return (given, Some(error));
        }
    }
    (given, decoder.finish().err())
}

#[test]
fn bomb_is_stopped_at_the_ratio() {
    let bounds = Bounds {
        size: 16 * MIB,
        ratio: 200,
    };
    for form in FORMS {
        let bomb = bomb(form);
        for chunk in [usize::MAX, 64 << 10, 1000] {
            let (given, error) = open(form, &bomb, chunk, bounds);
            assert_eq!(error, Some(DecodeError::TooDense(200)), "{form:?}");
            assert!(given <= 2 * MIB, "{form:?}: {given}");
        }
    }
}

#[test]
fn bomb_is_stopped_at_the_size() {
    let bounds = Bounds {
        size: 3 * MIB + 5,
        ratio: u64::MAX,
    };
    for form in FORMS {
        let bomb = bomb(form);
        for chunk in [usize::MAX, 1000] {
            let (given, error) = open(form, &bomb, chunk, bounds);
            assert_eq!(error, Some(DecodeError::TooLarge(bounds.size)), "{form:?}");
            assert!(given <= bounds.size && given > 2 * MIB, "{form:?}: {given}");
        }
    }
}

#[test]
fn size_may_be_met_to_the_byte() {
    for form in FORMS {
        let coded = encode(form, &[0; 1000]);
        for (size, error) in [(1000, None), (999, Some(DecodeError::TooLarge(999)))] {
            let bounds = Bounds { size, ..ROOMY };
            assert_eq!(open(form, &coded, usize::MAX, bounds).1, error, "{form:?}");
        }
    }
}

#[test]
fn ratio_counts_from_one_mib_on() {
    let bounds = Bounds { ratio: 1, ..ROOMY };
    for form in FORMS {
        let coded = encode(form, &[0; 1 << 20]);
        assert_eq!(
            open(form, &coded, usize::MAX, bounds),
            (MIB, None),
            "{form:?}"
        );
        let coded = encode(form, &[0; (1 << 20) + 1]);
        let (_, error) = open(form, &coded, usize::MAX, bounds);
        assert_eq!(error, Some(DecodeError::TooDense(1)), "{form:?}");
    }
}

#[test]
fn step_is_bounded_on_either_side() {
    for form in FORMS {
        // Of each, what opens to much and what is hardly coded at all.
        for coded in [bomb(form), encode(form, &noise(1 << 20))] {
            let mut decoder = Decoder::new(coding_of(form), ROOMY);
            let mut rest = &coded[..];
            for _ in 0..100 {
                let before = rest.len();
                let Some(piece) = decoder.step(&mut rest).unwrap() else {
                    break;
                };
                assert!(piece.len() <= 64 << 10, "{form:?}");
                assert!(before - rest.len() <= 64 << 10, "{form:?}");
            }
        }
    }
}

/// Bytes without a pattern that a coding would find.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 1_u64;
    let next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 33) as u8
    };
    std::iter::repeat_with(next).take(length).collect()
}
