//! Bodies that are too long to hold: they stream, and bombs pass unopened.

use std::io::Write;

use rescope::coding::{Bounds, Coding, DecodeError, Decoder, Encoder};

use super::{CODINGS, CONFIG, STRIPPED, Site, URL, chunk, decode, encode, line};
use crate::raw::field;

const ROOMY: Bounds = Bounds {
    size: u64::MAX,
    ratio: u64::MAX,
};

#[test]
fn long_body_streams_and_is_rewritten() {
    let text: String = (0..40_000)
        .map(|number| format!("<p>{number} {}</p>", number * 7919 % 10_007))
        .collect();
    let page = |url: &str| format!("{text}<a href=\"{url}\">{text}");
    let config = format!("{CONFIG}whole = \"1KiB\"\n");
    for coding in CODINGS {
        for is_chunked in [false, true] {
            let mut site = Site::new(&config);
            let body = encode(coding, page(URL).as_bytes());
            let (framing, sent) = match is_chunked {
                true => (
                    "Transfer-Encoding: chunked".to_owned(),
                    [chunk(&body), b"0\r\n\r\n".to_vec()].concat(),
                ),
                false => (format!("Content-Length: {}", body.len()), body),
            };
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nETag: \"a\"\r\n\
                 Accept-Ranges: bytes\r\nLast-Modified: x\r\n{}{framing}\r\n\r\n",
                line(coding)
            );
            let mut stream = site.server.stream().try_clone().unwrap();
            let writer = std::thread::spawn(move || {
                stream
                    .write_all(&[head.as_bytes(), &sent].concat())
                    .unwrap();
            });
            let got = site.receive();
            writer.join().unwrap();
            assert_eq!(field(&got.head, "etag"), Some("W/\"a\""));
            for name in ["content-length", "accept-ranges", "last-modified"] {
                assert_eq!(field(&got.head, name), None);
            }
            assert!(
                decode(coding, &got.body) == page(STRIPPED).as_bytes(),
                "{coding:?}"
            );
        }
    }
}

/// What was sent reaches the client while the app is still at work, URL and all.
#[test]
fn stream_is_passed_on_as_it_comes() {
    for coding in CODINGS {
        let mut site = Site::new(CONFIG);
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n{}Transfer-Encoding: chunked\r\n\r\n",
            line(coding)
        );
        let mut encoder = coding.map(|(_, coding)| Encoder::new(coding.into()).unwrap());
        let mut flushed = |text: &str| match &mut encoder {
            None => text.as_bytes().to_vec(),
            Some(encoder) => {
                let mut out = Vec::new();
                encoder.push(text.as_bytes(), &mut out).unwrap();
                encoder.flush(&mut out).unwrap();
                out
            }
        };
        site.server.send(head);
        site.server
            .send(chunk(&flushed(&format!("<p>first</p><a href=\"{URL}\"> "))));
        site.client.head();
        let mut coded = Vec::new();
        let mut decoder = coding.map(|(_, coding)| Decoder::new(coding, ROOMY));
        let mut text = Vec::new();
        while !text.ends_with(b"\"> ") {
            let size = String::from_utf8(site.client.until(b"\r\n")).unwrap();
            let size = usize::from_str_radix(size.trim(), 16).unwrap();
            coded = site.client.exactly(size);
            site.client.exactly(2);
            match &mut decoder {
                None => text.append(&mut coded),
                Some(decoder) => decoder
                    .push(&coded, &mut |piece| text.extend_from_slice(piece))
                    .unwrap(),
            }
        }
        drop(coded);
        assert_eq!(
            String::from_utf8(text).unwrap(),
            format!("<p>first</p><a href=\"{STRIPPED}\"> ")
        );
    }
}

/// Nothing of the body has come then, or only a part of it.
#[test]
fn head_does_not_wait_for_a_body_that_does_not_come() {
    for coding in CODINGS {
        let body = encode(coding, format!("<a href=\"{URL}\">").as_bytes());
        for framing in [
            format!("Content-Length: {}", body.len()),
            "Transfer-Encoding: chunked".to_owned(),
        ] {
            let mut site = Site::new(CONFIG);
            let is_chunked = framing.starts_with('T');
            let (sent, end, start) = match is_chunked {
                true => (chunk(&body), &b"0\r\n\r\n"[..], 0),
                false => (body.clone(), &b""[..], 1),
            };
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nETag: \"a\"\r\n{}{framing}\r\n\r\n",
                line(coding)
            );
            site.server.send([head.as_bytes(), &sent[..start]].concat());
            // Neither is its end sent before it came.
            assert_eq!(field(&site.client.head(), "etag"), Some("W/\"a\""));
            site.server.send([&sent[start..], end].concat());
            let got = decode(coding, &site.chunked());
            assert_eq!(got, format!("<a href=\"{STRIPPED}\">").as_bytes());
        }
    }
}

#[test]
fn bomb_passes_unopened() {
    let zeros = vec![0; 1 << 20];
    for (name, coding) in [
        ("gzip", Coding::Gzip),
        ("br", Coding::Brotli),
        ("zstd", Coding::Zstd),
    ] {
        let mut encoder = Encoder::new(coding.into()).unwrap();
        let mut bomb = Vec::new();
        for _ in 0..64 {
            encoder.push(&zeros, &mut bomb).unwrap();
        }
        encoder
            .push(format!("<a href=\"{URL}\">").as_bytes(), &mut bomb)
            .unwrap();
        encoder.finish(&mut bomb).unwrap();
        let mut site = Site::new(CONFIG);
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: {name}\r\nETag: \"a\"\r\nContent-Length: {}\r\n\r\n",
            bomb.len()
        );
        let got = site.answer(&[head.as_bytes(), &bomb]);
        assert_eq!(got.head, head);
        assert!(got.body == bomb, "{name}");
    }
}

#[test]
fn compressed_bodies_that_are_none_pass() {
    let mut site = Site::new(CONFIG);
    for coding in CODINGS.into_iter().flatten() {
        let whole = encode(Some(coding), format!("<a href=\"{URL}\">").as_bytes());
        for body in [&whole[..whole.len() - 1], b"plain", b"\x1f"] {
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n{}Content-Length: {}\r\n\r\n",
                line(Some(coding)),
                body.len()
            );
            let got = site.answer(&[head.as_bytes(), body]);
            assert_eq!(got.head, head);
            assert_eq!(got.body, body);
        }
    }
}

/// As of an app that flushes and closes, which browsers take.
#[test]
fn compressed_stream_without_its_end_loses_nothing() {
    for coding in CODINGS.into_iter().flatten() {
        let flushed = |url: &str| {
            let (mut encoder, mut coded) = (Encoder::new(coding.1.into()).unwrap(), Vec::new());
            let text = format!("<p>{url}");
            encoder.push(text.as_bytes(), &mut coded).unwrap();
            encoder.flush(&mut coded).unwrap();
            coded
        };
        let mut site = Site::new(&format!("{CONFIG}whole = \"0B\"\n"));
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n{}Transfer-Encoding: chunked\r\n\r\n",
            line(Some(coding))
        );
        let got = site.answer(&[head.as_bytes(), &chunk(&flushed(URL)), b"0\r\n\r\n"]);
        let mut text = Vec::new();
        let mut decoder = Decoder::new(coding.1, ROOMY);
        decoder
            .push(&got.body, &mut |piece| text.extend_from_slice(piece))
            .unwrap();
        assert_eq!(String::from_utf8_lossy(&text), format!("<p>{STRIPPED}"));
        assert_eq!(decoder.finish(), Err(DecodeError::Truncated));
    }
}

/// Browsers do not mind them, and neither does whoever recodes the body, long or short.
#[test]
fn bytes_behind_a_compressed_body_go() {
    let text: String = (0..4000u32)
        .map(|number| format!("{} ", number.wrapping_mul(2_654_435_761)))
        .collect();
    let page = |url: &str| format!("{text}<a href=\"{url}\">");
    let coding = Some(("gzip", Coding::Gzip));
    let body = [encode(coding, page(URL).as_bytes()), vec![0; 4]].concat();
    for whole in ["1KiB", "1MiB"] {
        let mut site = Site::new(&format!("{CONFIG}whole = \"{whole}\"\n"));
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        let got = site.answer(&[head.as_bytes(), &body]);
        assert!(decode(coding, &got.body) == page(STRIPPED).as_bytes());
    }
}

#[test]
fn digests_of_a_recoded_body_go_though_nothing_changed() {
    let text: String = (0..4000u32)
        .map(|number| format!("{} ", number.wrapping_mul(2_654_435_761)))
        .collect();
    let body = encode(Some(("gzip", Coding::Gzip)), text.as_bytes());
    let mut site = Site::new(&format!("{CONFIG}whole = \"1KiB\"\n"));
    site.server.send("HTTP/1.1 204 No Content\r\n\r\n");
    site.client.head();
    site.client
        .send("GET / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nConnection: te\r\n\r\n");
    site.server.head();
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\nTrailer: Content-Digest, X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n";
    site.server.send(
        [
            head.as_bytes(),
            &chunk(&body),
            b"0\r\nContent-Digest: d\r\nX-Sum: 1\r\n\r\n",
        ]
        .concat(),
    );
    let message = site.client.message();
    assert!(
        message.ends_with("\r\n0\r\nx-sum: 1\r\n\r\n"),
        "{}",
        &message[message.len() - 80..]
    );
}
