use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::*;

/// Text with repeats, which all codings like, and bytes, which none does.
fn bodies() -> impl Strategy<Value = Vec<u8>> {
    let words = select(vec![
        "<a href=\"",
        "https://zoom.us/oauth/authorize?",
        "scope",
        " ",
        "\0",
    ]);
    let text = vec(words, 0..2000).prop_map(|words| words.concat().into_bytes());
    prop_oneof![text, vec(any::<u8>(), 0..5000)]
}

/// Splits `bytes` at these places.
fn chunks<'b>(bytes: &'b [u8], places: &[Index]) -> Vec<&'b [u8]> {
    let mut ends: Vec<usize> = places.iter().map(|it| it.index(bytes.len() + 1)).collect();
    ends.sort_unstable();
    ends.push(bytes.len());
    let mut start = 0;
    let cut = ends.iter().map(|end| {
        let chunk = &bytes[start..*end];
        start = *end;
        chunk
    });
    cut.collect()
}

/// Decodes these chunks within bounds that it checks.
fn decode_chunks(
    coding: Coding,
    coded: &[&[u8]],
    bounds: Bounds,
) -> Result<(Vec<u8>, Form), DecodeError> {
    let mut decoded = Vec::new();
    let mut decoder = Decoder::new(coding, bounds);
    for chunk in coded {
        let result = decoder.push(chunk, &mut |piece| {
            assert!(!piece.is_empty() && piece.len() <= 64 << 10);
            decoded.extend_from_slice(piece);
        });
        assert!(decoded.len() as u64 <= bounds.size);
        result?;
    }
    let form = decoder.finish()?;
    Ok((decoded, form))
}

proptest! {
    #[test]
    fn bodies_survive_any_chunks_and_flushes(
        body in bodies(),
        form in select(FORMS.to_vec()),
        pushes in vec(any::<Index>(), 0..6),
        flush in vec(any::<bool>(), 7),
        cuts in vec(any::<Index>(), 0..20),
    ) {
        let mut encoder = Encoder::new(form).unwrap();
        let mut coded = Vec::new();
        for (chunk, flush) in chunks(&body, &pushes).into_iter().zip(flush) {
            encoder.push(chunk, &mut coded).unwrap();
            if flush {
                encoder.flush(&mut coded).unwrap();
            }
        }
        encoder.finish(&mut coded).unwrap();
        let decoded = decode_chunks(coding_of(form), &chunks(&coded, &cuts), ROOMY);
        prop_assert_eq!(decoded, Ok((body, form)));
    }

    #[test]
    fn damaged_bodies_never_panic_nor_pass_a_bound(
        body in bodies(),
        form in select(FORMS.to_vec()),
        damage in vec((any::<Index>(), any::<u8>()), 1..4),
        end in any::<Index>(),
        cuts in vec(any::<Index>(), 0..20),
        size in 0_u64..100_000,
    ) {
        let mut coded = encode(form, &body);
        for (place, byte) in damage {
            *place.get_mut(&mut coded) = byte;
        }
        coded.truncate(end.index(coded.len() + 1).max(coded.len() / 2));
        let bounds = Bounds { size, ratio: 20 };
        let whole = decode_chunks(coding_of(form), &[&coded], bounds);
        let split = decode_chunks(coding_of(form), &chunks(&coded, &cuts), bounds);
        prop_assert_eq!(whole.is_ok(), split.is_ok());
        if whole.is_ok() {
            prop_assert_eq!(whole, split);
        }
    }

    #[test]
    fn garbage_never_panics_nor_passes_a_bound(
        garbage in vec(any::<u8>(), 0..3000),
        form in select(FORMS.to_vec()),
        cuts in vec(any::<Index>(), 0..20),
    ) {
        let bounds = Bounds { size: 10_000, ratio: 20 };
        let starts: [&[u8]; 6] = [b"", b"\x1f\x8b\x08\0\0\0\0\0\0\x03", b"x\x9c", b"(\xb5/\xfd\0\x58", b"\x0b", b"\x1b"];
        for start in starts {
            let coded = [start, &garbage].concat();
            let whole = decode_chunks(coding_of(form), &[&coded], bounds);
            let split = decode_chunks(coding_of(form), &chunks(&coded, &cuts), bounds);
            prop_assert_eq!(whole.is_ok(), split.is_ok());
        }
    }
}
