//! Frames where they may not be, which hide what a request holds.

use super::SMUGGLED;
use crate::{
    case::Case,
    http2::{
        CONTINUATION, DATA, END_HEADERS, END_STREAM, Fields, HEADERS, PADDED, PRIORITIZED,
        PRIORITY, PUSH_PROMISE, RST_STREAM, WINDOW_UPDATE, frame,
    },
};

/// A head without a body, in one frame.
const WHOLE: u8 = END_HEADERS | END_STREAM;

pub(super) fn cases() -> Vec<Case> {
    [heads_in_pieces(), on_wrong_streams(), blocks(), bodies()].concat()
}

fn forbidden(name: &str, frames: &[&[u8]]) -> Case {
    allowed(name, frames).must_refuse("RFC 9113 5.1, 6")
}

fn allowed(name: &str, frames: &[&[u8]]) -> Case {
    Case::http2(name, frames.concat())
}

fn heads_in_pieces() -> Vec<Case> {
    let block = Fields::of("GET").encoded();
    let (first, rest) = block.split_at(10);
    let begun = frame(HEADERS, END_STREAM, 1, first);
    let rest_of = |stream| frame(CONTINUATION, END_HEADERS, stream, rest);
    let other = Fields::of("GET").set(":path", "/smuggled").encoded();
    let other = frame(HEADERS, WHOLE, 3, &other);
    let data = frame(DATA, END_STREAM, 1, b"hello");
    vec![
        allowed("a head in two frames", &[&begun, &rest_of(1)]),
        forbidden("DATA within a head", &[&begun, &data, &rest_of(1)]),
        forbidden(
            "another stream within a head",
            &[&begun, &other, &rest_of(1)],
        ),
        forbidden("CONTINUATION of another stream", &[&begun, &rest_of(3)]),
        forbidden(
            "CONTINUATION first",
            &[&frame(CONTINUATION, END_HEADERS, 1, &block)],
        ),
    ]
}

fn on_wrong_streams() -> Vec<Case> {
    let block = Fields::of("GET").encoded();
    let promise = [&[0, 0, 0, 2], &block[..]].concat();
    let other = Fields::of("GET").set(":path", "/smuggled").encoded();
    let ended = Fields::of("GET").end();
    let data = |stream| frame(DATA, END_STREAM, stream, b"hello");
    vec![
        forbidden("HEADERS on stream 0", &[&frame(HEADERS, WHOLE, 0, &block)]),
        forbidden("HEADERS on stream 2", &[&frame(HEADERS, WHOLE, 2, &block)]),
        forbidden("DATA first", &[&data(1)]),
        forbidden("DATA on stream 0", &[&data(0)]),
        forbidden(
            "PUSH_PROMISE",
            &[&frame(PUSH_PROMISE, END_HEADERS, 1, &promise)],
        ),
        allowed("DATA after the end", &[&ended, &data(1)]),
        allowed(
            "HEADERS after the end",
            &[&ended, &frame(HEADERS, WHOLE, 1, &other)],
        ),
        allowed("HTTP/1.1 instead of frames", &[SMUGGLED]).alone(),
    ]
}

fn blocks() -> Vec<Case> {
    let block = Fields::of("GET").encoded();
    let head = |flags, before: &[u8], after: &[u8]| {
        frame(HEADERS, WHOLE | flags, 1, &[before, &block, after].concat())
    };
    let cut = frame(HEADERS, WHOLE, 1, &block[..block.len() - 2]);
    let overflow = [&[0, 127][..], &[255; 9], &[127]].concat();
    vec![
        forbidden(
            "padding longer than the frame",
            &[&head(PADDED, &[255], &[])],
        ),
        forbidden("a head that ends within a field", &[&cut]),
        forbidden(
            "an index that is none",
            &[&head(0, &[], &[0xff, 0x80, 0x01])],
        ),
        forbidden("index 0", &[&head(0, &[], &[0x80])]),
        forbidden("a length that overflows", &[&head(0, &[], &overflow)]),
        allowed("padding", &[&head(PADDED, &[4], &[0; 4])]),
        allowed("a priority", &[&head(PRIORITIZED, &[0, 0, 0, 0, 16], &[])]),
        allowed(
            "a priority on itself",
            &[&head(PRIORITIZED, &[0, 0, 0, 1, 16], &[])],
        ),
        allowed(
            "PRIORITY before",
            &[
                &frame(PRIORITY, 0, 1, &[0, 0, 0, 0, 16]),
                &head(0, &[], &[]),
            ],
        ),
    ]
}

fn bodies() -> Vec<Case> {
    let post = Fields::of("POST").open();
    let data = frame(DATA, END_STREAM, 1, b"hello");
    let begun = frame(DATA, 0, 1, b"hello");
    let reset = frame(RST_STREAM, 0, 1, &[0, 0, 0, 8]);
    let no_window = frame(WINDOW_UPDATE, 0, 1, &[0; 4]);
    vec![
        allowed("a WINDOW_UPDATE of zero", &[&post, &no_window, &data]).in_body(),
        allowed("a body that is reset", &[&post, &begun, &reset])
            .in_body()
            .waits(),
        allowed("a body that does not end", &[&post, &begun])
            .in_body()
            .waits(),
        allowed(
            "an unknown frame within the body",
            &[&post, &frame(0xee, 0, 1, SMUGGLED), &data],
        ),
    ]
}
