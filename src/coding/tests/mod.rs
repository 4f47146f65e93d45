mod bounds;
mod foreign;
mod memory;
mod properties;

use super::*;

const FORMS: [Form; 5] = [
    Form::Gzip,
    Form::Zlib,
    Form::RawDeflate,
    Form::Brotli,
    Form::Zstd,
];

const ROOMY: Bounds = Bounds {
    size: 1 << 30,
    ratio: u64::MAX,
};

const PAGE: &[u8] = b"<a href=\"https://zoom.us/oauth/authorize?client_id=a\">Sign in</a>\n";

fn coding_of(form: Form) -> Coding {
    match form {
        Form::Gzip => Coding::Gzip,
        Form::Zlib | Form::RawDeflate => Coding::Deflate,
        Form::Brotli => Coding::Brotli,
        Form::Zstd => Coding::Zstd,
    }
}

fn encode(form: Form, bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = Encoder::new(form).unwrap();
    encoder.push(bytes, &mut out).unwrap();
    encoder.finish(&mut out).unwrap();
    out
}

/// Decodes `coded`, pushed in chunks of this many bytes.
fn decode_in(chunk: usize, coding: Coding, coded: &[u8]) -> Result<(Vec<u8>, Form), DecodeError> {
    let mut decoded = Vec::new();
    let mut decoder = Decoder::new(coding, ROOMY);
    for chunk in coded.chunks(chunk) {
        decoder.push(chunk, &mut |piece| decoded.extend_from_slice(piece))?;
    }
    let form = decoder.finish()?;
    Ok((decoded, form))
}

/// Decodes `coded` in one push and byte by byte, which must come to the same.
#[track_caller]
fn decode(coding: Coding, coded: &[u8]) -> Result<(Vec<u8>, Form), DecodeError> {
    let whole = decode_in(usize::MAX, coding, coded);
    assert_eq!(decode_in(1, coding, coded), whole, "byte by byte");
    whole
}

fn is_send<T: Send>(_: &T) {}

#[test]
fn both_sides_go_to_other_threads() {
    for form in FORMS {
        is_send(&Encoder::new(form).unwrap());
        is_send(&Decoder::new(coding_of(form), ROOMY));
    }
}

#[test]
fn content_encoding_names_one_known_coding() {
    for (value, coding) in [
        ("gzip", Some(Coding::Gzip)),
        ("x-gzip", Some(Coding::Gzip)),
        (" GZip\t", Some(Coding::Gzip)),
        ("deflate", Some(Coding::Deflate)),
        ("BR", Some(Coding::Brotli)),
        ("zstd", Some(Coding::Zstd)),
        ("", None),
        ("identity", None),
        ("gzip, br", None),
        ("gzip,", None),
        ("gzip;q=1", None),
        ("x-zstd", None),
        ("dcb", None),
        ("compress", None),
    ] {
        assert_eq!(Coding::parse(value.as_bytes()), coding, "{value:?}");
    }
}

#[test]
fn what_was_encoded_decodes_to_the_same_form_and_bytes() {
    let page = PAGE.repeat(5000);
    for form in FORMS {
        for bytes in [&b""[..], b"x", PAGE, &page] {
            let coded = encode(form, bytes);
            let decoded = decode(coding_of(form), &coded);
            assert_eq!(decoded, Ok((bytes.to_vec(), form)), "{form:?}");
        }
        assert!(encode(form, &page).len() < page.len() / 20, "{form:?}");
    }
}

#[test]
fn encoding_is_the_same_each_time() {
    let page = PAGE.repeat(3000);
    for form in FORMS {
        let [first, second] = [(); 2].map(|()| {
            let mut coded = Vec::new();
            let mut encoder = Encoder::new(form).unwrap();
            for chunk in page.chunks(10_000) {
                encoder.push(chunk, &mut coded).unwrap();
                encoder.flush(&mut coded).unwrap();
            }
            encoder.finish(&mut coded).unwrap();
            coded
        });
        assert!(first == second, "{form:?}");
    }
}

#[test]
fn what_was_flushed_can_be_decoded_at_once() {
    for form in FORMS {
        let mut encoder = Encoder::new(form).unwrap();
        let mut decoder = Decoder::new(coding_of(form), ROOMY);
        let mut decoded = Vec::new();
        for count in 1..20 {
            let mut coded = Vec::new();
            encoder.push(PAGE, &mut coded).unwrap();
            encoder.flush(&mut coded).unwrap();
            let mut sink = |piece: &[u8]| decoded.extend_from_slice(piece);
            decoder.push(&coded, &mut sink).unwrap();
            assert_eq!(decoded, PAGE.repeat(count), "{form:?}");
        }
        let mut coded = Vec::new();
        encoder.finish(&mut coded).unwrap();
        decoder
            .push(&coded, &mut |_| panic!("nothing was pushed since"))
            .unwrap();
        assert_eq!(decoder.finish(), Ok(form));
    }
}

#[test]
fn form_is_told_by_the_first_byte() {
    for form in FORMS {
        let mut decoder = Decoder::new(coding_of(form), ROOMY);
        assert_eq!(decoder.form(), coding_of(form).into());
        decoder.push(&encode(form, PAGE)[..1], &mut |_| ()).unwrap();
        assert_eq!(decoder.form(), form);
    }
}

#[test]
fn empty_body_is_empty() {
    for coding in FORMS.map(coding_of) {
        assert_eq!(decode(coding, b""), Ok((Vec::new(), coding.into())));
        let mut decoder = Decoder::new(coding, ROOMY);
        decoder.push(b"", &mut |_| ()).unwrap();
        assert_eq!(decoder.finish(), Ok(coding.into()));
    }
}

#[test]
fn every_shorter_body_is_truncated() {
    for form in FORMS {
        let coded = encode(form, PAGE);
        for end in 1..coded.len() {
            let found = decode(coding_of(form), &coded[..end]);
            assert_eq!(
                found,
                Err(DecodeError::Truncated),
                "{form:?} of {end} bytes"
            );
        }
    }
}

#[test]
fn bytes_behind_the_end_are_left_out() {
    for form in FORMS {
        for garbage in [
            &b"zoom.us"[..],
            &[0; 18],
            &[0xff; 64],
            b"\x1f\0",
            b"\x28\xb5\0",
        ] {
            let coded = [&encode(form, PAGE), garbage].concat();
            let found = decode(coding_of(form), &coded);
            assert_eq!(found, Ok((PAGE.to_vec(), form)), "{garbage:?}");
        }
    }
}

/// One that begins has to be sound, or all of it would be missing and nobody would know.
#[test]
fn damaged_member_behind_an_end_is_malformed() {
    for form in [Form::Gzip, Form::Zstd] {
        let mut second = encode(form, PAGE);
        second[4..].fill(0xff);
        for first in [encode(form, PAGE), encode(form, b"")] {
            let coded = [&first[..], &second].concat();
            let found = decode(coding_of(form), &coded);
            assert_eq!(found, Err(DecodeError::Malformed), "{form:?}");
        }
    }
}

#[test]
fn member_that_breaks_off_in_its_header_is_truncated() {
    for (form, starts) in [
        (Form::Gzip, [&b"\x1f"[..], b"\x1f\x8b\x08\0"]),
        (Form::Zstd, [&b"\x28\xb5"[..], b"\x5a\x2a\x4d\x18\x05"]),
    ] {
        for start in starts {
            let coded = [&encode(form, PAGE), start].concat();
            let found = decode(coding_of(form), &coded);
            assert_eq!(found, Err(DecodeError::Truncated), "{start:?}");
        }
    }
}

#[test]
fn only_members_and_frames_follow_one_another() {
    for form in FORMS {
        let coded = [encode(form, PAGE), encode(form, b""), encode(form, b"end")].concat();
        let found = decode(coding_of(form), &coded);
        match form {
            Form::Gzip | Form::Zstd => assert_eq!(found, Ok(([PAGE, b"end"].concat(), form))),
            _ => assert_eq!(found, Ok((PAGE.to_vec(), form))),
        }
    }
}

#[test]
fn failed_decoder_stays_failed() {
    for form in FORMS {
        let bounds = Bounds { size: 5, ..ROOMY };
        let mut decoder = Decoder::new(coding_of(form), bounds);
        let error = decoder.push(&encode(form, PAGE), &mut |_| panic!("gave too much"));
        assert_eq!(error, Err(DecodeError::TooLarge(5)));
        let again = decoder.push(&encode(form, b"x"), &mut |_| panic!("gave more"));
        assert_eq!(again, error);
        assert_eq!(decoder.finish(), Err(DecodeError::TooLarge(5)));
    }
}
