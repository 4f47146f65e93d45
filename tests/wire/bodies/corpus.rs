//! `escaped.tsv`, to the byte, however the app's writes cut it.

use super::{CODINGS, CONFIG, Site, chunk, decode, encode, line};
use crate::corpus;
use crate::raw::field;

#[test]
fn corpus_is_answered_to_the_byte_at_every_split() {
    for coding in CODINGS {
        let mut site = Site::new(CONFIG);
        for case in corpus::bodies() {
            let sent = encode(coding, case.before.as_bytes());
            for place in 0..=sent.len() {
                let (first, second) = sent.split_at(place);
                let coded = line(coding);
                let head = format!(
                    "HTTP/1.1 200 OK\r\nContent-Type: {}\r\n{coded}",
                    case.media_type
                );
                let sized = format!("{head}Content-Length: {}\r\n\r\n", sent.len());
                let chunked = format!("{head}Transfer-Encoding: chunked\r\n\r\n");
                let (chunk, end) = (
                    chunk(first),
                    [chunk(second), b"0\r\n\r\n".to_vec()].concat(),
                );
                for writes in [
                    [sized.as_bytes(), first, second],
                    [chunked.as_bytes(), &chunk, &end],
                ] {
                    let got = site.answer(&writes);
                    let body = decode(coding, &got.body);
                    let note = || format!("{} {coding:?}, cut at {place}", case.name);
                    assert_eq!(String::from_utf8_lossy(&body), case.after, "{}", note());
                    let length = got.body.len().to_string();
                    let written = field(&got.head, "content-length");
                    assert!(written.is_none_or(|it| it == length), "{}", note());
                }
            }
        }
    }
}

/// What is right already stays to the byte, framing and all.
#[test]
fn answers_to_the_corpus_stay() {
    for coding in CODINGS {
        let mut site = Site::new(CONFIG);
        for case in corpus::bodies() {
            let sent = encode(coding, case.after.as_bytes());
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: {}\r\n{}ETag: \"a\"\r\nContent-Length: {}\r\n\r\n",
                case.media_type,
                line(coding),
                sent.len()
            );
            let got = site.answer(&[head.as_bytes(), &sent]);
            assert_eq!(got.head, head, "{}", case.name);
            assert_eq!(got.body, sent, "{}", case.name);
        }
    }
}
