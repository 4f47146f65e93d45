//! Compressed bodies that open to gigabytes, through the program itself, whose memory and time
//! are told apart from the test's.

use std::{
    io::Write,
    iter, thread,
    time::{Duration, Instant},
};

use flate2::Crc;
use rescope::coding::{Bounds, Coding, Decoder, Encoder};

use super::exchange::{Receiver, Sender};
use super::{CONFIG, PATIENCE, STRIPPED, TRIES, URL, decode};
use crate::raw::App;
use crate::running::Program;

#[test]
fn bomb_passes_unharmed_and_costs_little() {
    for (name, coding) in CODINGS {
        // As the small one is a body, so is the large one.
        let small = bomb(coding, 3);
        assert!(decode(Some((name, coding)), &small) == vec![0; 3 << 20]);
        let bomb = bomb(coding, 10 << 10);
        let app = App::start();
        let program = Program::configured(app.address(), CONFIG);
        for framing in [
            format!("Content-Length: {}", bomb.len()),
            "Transfer-Encoding: chunked".to_owned(),
        ] {
            let head = head(name, &format!("ETag: \"a\"\r\n{framing}"));
            let mut tries = iter::repeat_with(|| passes(&app, &program, &head, &bomb));
            let is_in_time = tries.by_ref().take(TRIES).any(|is_in_time| is_in_time);
            assert!(
                is_in_time,
                "each of {TRIES} answers took longer than {PATIENCE:?}"
            );
        }
        assert_cheap(&program, name);
    }
}

/// Fails unless `bomb` passes as it is; `false` where so little of it may have come in time that
/// it was passed on as it came.
fn passes(app: &App, program: &Program, head: &str, bomb: &[u8]) -> bool {
    let start = Instant::now();
    let (mut sender, stream) = Sender::start(app, program, head);
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut chunks = bomb.chunks(64 << 10);
            let sent = chunks.try_for_each(|chunk| sender.send(chunk));
            sent.and_then(|()| sender.end())
        });
        let mut receiver = Receiver::start(stream);
        if start.elapsed() >= PATIENCE {
            return false;
        }
        assert_eq!(receiver.head, head.replace("Connection: close\r\n", ""));
        receiver.expect(bomb);
        receiver.expect_end();
        true
    })
}

/// When it goes off, a head for another body has left already.
#[test]
fn bomb_in_a_stream_breaks_it_off_and_costs_little() {
    for (name, coding) in CODINGS {
        let app = App::start();
        let program = Program::configured(app.address(), CONFIG);
        let head = head(name, "Transfer-Encoding: chunked");
        let (mut sender, stream) = Sender::start(&app, &program, &head);
        let page = format!("<a href=\"{URL}\"> ");
        let [start, first, next] = zeros(coding, page.as_bytes());
        sender.send(&start).unwrap();
        let mut receiver = Receiver::start(stream);
        let (mut decoder, mut text) = (Decoder::new(coding, ROOMY), Vec::new());
        let expected = format!("<a href=\"{STRIPPED}\"> ");
        while text.len() < expected.len() {
            read(&mut receiver, &mut decoder, &mut text).expect("the page breaks off");
        }
        assert_eq!(String::from_utf8_lossy(&text), expected);
        thread::scope(|scope| {
            scope.spawn(|| {
                let bomb = [first, next.repeat(1 << 10)].concat();
                // Until nobody takes it any more.
                while sender.send(&bomb).is_ok() {}
            });
            // Gone when this fails, so that the app's part ends.
            let mut receiver = receiver;
            while read(&mut receiver, &mut decoder, &mut text).is_some() {
                assert!(text.len() < 64 << 20, "{name}: it goes on");
            }
        });
        let mut rest = text[expected.len()..].iter();
        assert!(rest.all(|byte| *byte == 0));
        assert_cheap(&program, name);
    }
}

/// It comes in few pieces, each of which stands for far more than is to be held. What it stands
/// for is no zeros, so that it stays as long when it is encoded again.
#[test]
fn stream_that_opens_to_much_is_recoded_in_little_memory() {
    let (noise, count) = (noise(4 << 20), 20);
    let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
    encoder.window_log(23).unwrap();
    encoder.long_distance_matching(true).unwrap();
    for _ in 0..count {
        encoder.write_all(&noise).unwrap();
    }
    let coded = encoder.finish().unwrap();
    assert!(coded.len() < 5 << 20, "{} bytes", coded.len());
    let app = App::start();
    let program = Program::configured(app.address(), CONFIG);
    let head = head("zstd", &format!("Content-Length: {}", coded.len()));
    let (mut sender, stream) = Sender::start(&app, &program, &head);
    thread::scope(|scope| {
        scope.spawn(|| sender.send(&coded).unwrap());
        let mut receiver = Receiver::start(stream);
        let (mut decoder, mut text) = (Decoder::new(Coding::Zstd, ROOMY), Vec::new());
        while text.len() < noise.len() * count {
            read(&mut receiver, &mut decoder, &mut text).expect("it breaks off");
        }
        assert!(text.chunks(noise.len()).all(|chunk| chunk == noise));
    });
    let peak = program.peak_memory();
    assert!(peak < 64 << 20, "{peak} bytes");
}

/// Bytes without a pattern that a coding would find.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 1_u64;
    let next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as u8
    };
    iter::repeat_with(next).take(length).collect()
}

/// Takes some of the body and appends what it stands for to `text`; `None` where it breaks off.
fn read(receiver: &mut Receiver, decoder: &mut Decoder, text: &mut Vec<u8>) -> Option<()> {
    let coded = receiver.read()?;
    assert!(!coded.is_empty(), "the body ends as if that were all of it");
    let length = coded.len();
    let decoded = decoder.push(coded, &mut |piece| text.extend_from_slice(piece));
    decoded.unwrap();
    receiver.take(length);
    Some(())
}

fn head(coding: &str, fields: &str) -> String {
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: {coding}\r\n\
         {fields}\r\nConnection: close\r\n\r\n"
    )
}

/// Fails if the program needed much for what it has done: what it did not open it cannot pay for.
fn assert_cheap(program: &Program, name: &str) {
    let (peak, time) = (program.peak_memory(), program.cpu_time());
    assert!(peak < 64 << 20, "{name}: {peak} bytes");
    assert!(time < Duration::from_secs(5), "{name}: {time:?}");
}

/// A body that opens to so many MiB of zeros.
fn bomb(coding: Coding, size: usize) -> Vec<u8> {
    let [start, first, next] = zeros(coding, b"");
    let end = match coding {
        // A last block with nothing in it, a checksum, and the length modulo 2^32.
        Coding::Gzip => {
            let length = (size << 20) as u32;
            let checksum = checksum_of_zeros(size).to_le_bytes();
            [&[3, 0], &checksum[..], &length.to_le_bytes()].concat()
        }
        Coding::Brotli => vec![3],
        _ => vec![1, 0, 0],
    };
    [start, first, next.repeat(size - 1), end].concat()
}

/// What begins a body with `start`, what adds a MiB of zeros to that, and what adds one more as
/// often as one likes.
fn zeros(coding: Coding, start: &[u8]) -> [Vec<u8>; 3] {
    let mut encoder = Encoder::new(coding.into()).unwrap();
    let zeros = vec![0; 1 << 20];
    [start, &zeros, &zeros].map(|bytes| {
        let mut coded = Vec::new();
        encoder.push(bytes, &mut coded).unwrap();
        encoder.flush(&mut coded).unwrap();
        coded
    })
}

/// The CRC-32 of so many MiB of zeros.
fn checksum_of_zeros(size: usize) -> u32 {
    let mut one = Crc::new();
    one.update(&vec![0; 1 << 20]);
    let mut all = Crc::new();
    (0..size).for_each(|_| all.combine(&one));
    all.sum()
}

const CODINGS: [(&str, Coding); 3] = [
    ("gzip", Coding::Gzip),
    ("br", Coding::Brotli),
    ("zstd", Coding::Zstd),
];

const ROOMY: Bounds = Bounds {
    size: u64::MAX,
    ratio: u64::MAX,
};
