//! Bodies that other programs made: Python's `zlib` and `gzip`, and its packages `brotli` 1.2
//! (Google's encoder) and `zstandard` 0.25.

use super::*;

const TEXT: &[u8] =
    b"<a href=\"https://zoom.us/oauth/authorize?client_id=a&amp;scope=b\">Zoom</a>\n";

/// Raw DEFLATE of the text, which several of the others hold.
const DEFLATE: &[u8] = b"\xb3IT\xc8(JM\xb3U\xca())(\xb6\xd2\xd7\xaf\xca\xcf\xcf\xd5+-\xd6\xcfO,-\
    \xc9\xd0\x07\x11\xf9E\x99U\xa9\xf6\xc99\x99\xa9y%\xf1\x99)\xb6\x89j\x89\xb9\x05\xd6\xc5\xc9\
    \xf9\x05\xa9\xb6IJvQ@\x0d6\xfa\x89v\\\x00";

const GZIP_TRAILER: &[u8] = b"\xb2\xd5\xfbEK\0\0\0";

/// With an extra field, a file name, a comment and a checksum of all that.
const GZIP_FULL_HEADER: &[u8] =
    b"\x1f\x8b\x08\x1f\x01\x02\x03\x04\x02\x03\x04\0ABCDpage.html\0a comment\0\xedU";

const GZIP_STORED: &[u8] =
    b"\x1f\x8b\x08\0\0\0\0\0\x04\x03\x01K\0\xb4\xff<a href=\"https://zoom.us/oauth/authorize\
    ?client_id=a&amp;scope=b\">Zoom</a>\n\xb2\xd5\xfbEK\0\0\0";

const ZLIB_TRAILER: &[u8] = b"\x08\x95\x1a\xbb";

const ZLIB_WITH_DICTIONARY: &[u8] = b"x\xf9m\x1f\x096\xb3IT\xc8(JM\xb3U\xca())(\xb6\xd2\xd7\xaf\xc2\
    \xae\xce>9'35\xaf$>3\xc56Q-1\xb7\xc0\xba89\xbf \xd56I\xc9.\n\xa8\xc1F?\xd1\x8e\x0b\0\x08\x95\x1a\xbb";

const BROTLI: &[u8] = b"\x1bJ\0\xe0\x8d\x93%\x1e\x9fC\xd2\x93\xc5\xf8\x90L\x8a\xc6\x04\x82=\xa0E|\
    \xb4\xea\x80C\x0e\xd8\x9fF\x96XJ-\xf0\x90\xa5\xfedt\xa6\x03\xd3\x8a\xeb\x05\xfd\xafP\xce\xb0Z\
    \x8au\x8aK)\x93C\x02#\xe7\xad\0";

/// Of quality 1, with the largest window of RFC 7932.
const BROTLI_STORED: &[u8] =
    b"\x0f%\x80<a href=\"https://zoom.us/oauth/authorize?client_id=a&amp;scope=b\">Zoom</a>\n\x03";

/// With the length of the text and a checksum.
const ZSTD: &[u8] = b"(\xb5/\xfd$KY\x02\0<a href=\"https://zoom.us/oauth/authorize?client_id=a&amp;scope=b\">Zoom</a>\n\
    \xc0\x1a\xe5@";

/// The one block of a frame, behind a header of one's choice.
const ZSTD_BLOCK: &[u8] =
    b"Y\x02\0<a href=\"https://zoom.us/oauth/authorize?client_id=a&amp;scope=b\">Zoom</a>\n";

const ZSTD_SKIPPABLE: &[u8] = b"\x50\x2a\x4d\x18\x05\0\0\0extra";

#[track_caller]
fn assert_text(coding: Coding, coded: &[&[u8]], form: Form) {
    let expected = Ok((TEXT.to_vec(), form));
    assert_eq!(decode(coding, &coded.concat()), expected);
}

#[track_caller]
fn assert_malformed(coding: Coding, coded: &[&[u8]]) {
    let found = decode(coding, &coded.concat());
    assert_eq!(found, Err(DecodeError::Malformed));
}

#[test]
fn gzip_with_all_header_fields_is_decoded() {
    let coded = [GZIP_FULL_HEADER, DEFLATE, GZIP_TRAILER];
    assert_text(Coding::Gzip, &coded, Form::Gzip);
    assert_text(Coding::Gzip, &[GZIP_STORED], Form::Gzip);
}

#[test]
fn gzip_with_a_wrong_checksum_is_malformed() {
    let header = &b"\x1f\x8b\x08\0\0\0\0\0\x02\x03"[..];
    assert_text(Coding::Gzip, &[header, DEFLATE, GZIP_TRAILER], Form::Gzip);
    assert_malformed(Coding::Gzip, &[header, DEFLATE, b"\xb3\xd5\xfbEK\0\0\0"]);
    assert_malformed(Coding::Gzip, &[header, DEFLATE, b"\xb2\xd5\xfbEL\0\0\0"]);
}

#[test]
fn deflate_is_decoded_in_either_form() {
    assert_text(Coding::Deflate, &[DEFLATE], Form::RawDeflate);
    // The usual window, and one of 512 bytes.
    for header in [b"x\xda", b"\x18\xd3"] {
        assert_text(
            Coding::Deflate,
            &[header, DEFLATE, ZLIB_TRAILER],
            Form::Zlib,
        );
    }
}

#[test]
fn zlib_with_a_wrong_checksum_or_a_dictionary_is_malformed() {
    assert_malformed(Coding::Deflate, &[b"x\xda", DEFLATE, b"\x09\x95\x1a\xbb"]);
    assert_malformed(Coding::Deflate, &[b"x\xdb", DEFLATE, ZLIB_TRAILER]);
    assert_malformed(Coding::Deflate, &[ZLIB_WITH_DICTIONARY]);
}

#[test]
fn brotli_of_another_encoder_is_decoded() {
    assert_text(Coding::Brotli, &[BROTLI], Form::Brotli);
    assert_text(Coding::Brotli, &[BROTLI_STORED], Form::Brotli);
}

/// This one asks for 1 GiB, and is empty; RFC 7932 9.1 has no such header.
#[test]
fn brotli_with_a_large_window_is_malformed() {
    assert_malformed(Coding::Brotli, &[b"\x11\xde"]);
}

#[test]
fn zstd_frames_and_skippable_ones_are_decoded() {
    assert_text(Coding::Zstd, &[ZSTD], Form::Zstd);
    let around = [ZSTD_SKIPPABLE, ZSTD, ZSTD_SKIPPABLE, ZSTD_SKIPPABLE];
    assert_text(Coding::Zstd, &around, Form::Zstd);
}

#[test]
fn zstd_with_a_wrong_checksum_is_malformed() {
    let (frame, _) = ZSTD.split_at(ZSTD.len() - 1);
    assert_malformed(Coding::Zstd, &[frame, b"A"]);
}

#[test]
fn zstd_windows_of_more_than_8_mib_are_malformed() {
    let magic = &b"(\xb5/\xfd\0"[..];
    assert_text(Coding::Zstd, &[magic, b"\x68", ZSTD_BLOCK], Form::Zstd);
    assert_malformed(Coding::Zstd, &[magic, b"\x69", ZSTD_BLOCK]);
    assert_malformed(Coding::Zstd, &[magic, b"\x70", ZSTD_BLOCK]);
}

#[test]
fn another_coding_is_malformed() {
    for (coding, coded) in [
        (Coding::Gzip, ZSTD),
        (Coding::Gzip, TEXT),
        (Coding::Deflate, GZIP_STORED),
        (Coding::Brotli, GZIP_STORED),
        (Coding::Zstd, GZIP_STORED),
        (Coding::Zstd, TEXT),
    ] {
        assert_malformed(coding, &[coded]);
    }
}
