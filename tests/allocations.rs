//! What is no authorization request, nearly every redirect there is, costs the
//! rewriter no allocation, nor does the head around it; and what a coding holds
//! is no more than it says.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
    io::Write,
};

use http::{HeaderMap, HeaderName, HeaderValue};
use rescope::coding::{Bounds, Coding, Decoder, Encoder, Form};
use rescope::metrics::Metrics;
use rescope::oauth::{EndpointTable, RequestUrl, Scheme};
use rescope::policy::{Policies, Policy};
use rescope::proxy::Rules;
use rescope::rewrite::Rewriter;

#[test]
fn what_leads_elsewhere_costs_no_allocation() {
    let rewriter = rewriter();
    for authority in [
        "app.example",
        "localhost:3000",
        "127.0.0.1:8080",
        "[::1]:8080",
    ] {
        let own = RequestUrl {
            scheme: Scheme::Http,
            authority: authority.as_bytes(),
            path: "/login",
        };
        for reference in ELSEWHERE {
            let count =
                allocations(|| assert!(rewriter.rewrite(reference.as_bytes(), &own).is_err()));
            assert_eq!(count, 0, "{reference:?} at {authority}");
        }
    }
}

#[test]
fn allocations_are_counted() {
    let rewriter = rewriter();
    let reference = b"https://zoom.us/oauth/authorize?scope=a";
    let rewrite = || assert!(rewriter.rewrite(reference, &RequestUrl::UNKNOWN).is_ok());
    assert!(allocations(rewrite) > 0);
}

#[test]
fn ordinary_heads_cost_no_allocation() {
    let rules = Rules {
        rewriter: rewriter(),
        extra_headers: vec![HeaderName::from_static("x-go-to")],
        bodies: None,
    };
    let metrics = Metrics::default();
    let mut page = head(PAGE);
    let mut elsewhere = head(&[PAGE, LEADS_ELSEWHERE].concat());
    let mut request = head(&[("x-go-to", "https://zoom.us/oauth/authorize?scope=a")]);
    let rewrite = |headers: &mut HeaderMap| {
        allocations(|| rules.rewrite_headers(headers, &RequestUrl::UNKNOWN, &metrics))
    };
    assert_eq!(rewrite(&mut page), 0);
    assert_eq!(rewrite(&mut elsewhere), 0);
    assert!(rewrite(&mut request) > 0, "they are counted");
    assert_eq!(page, head(PAGE));
    assert_eq!(elsewhere, head(&[PAGE, LEADS_ELSEWHERE].concat()));
    assert_eq!(request["x-go-to"], "https://zoom.us/oauth/authorize");
}

/// libzstd has its own allocations, which `src/coding/tests/memory.rs` looks at.
#[test]
fn decoders_hold_no_more_than_they_say() {
    let text = text(3 << 19);
    for coding in [Coding::Gzip, Coding::Deflate] {
        let held = held_by_decoder(coding, &encode(coding.into(), &text));
        assert!(held > 32 << 10, "they are counted");
    }
    let deflate = encode(Form::RawDeflate, &text);
    held_by_decoder(Coding::Deflate, &deflate);
    for bits in [10, 16, 20] {
        let held = held_by_decoder(Coding::Brotli, &brotli(&text, bits));
        assert!(held >= 1 << bits, "{bits}: the window is counted");
    }
    let blanks = vec![b' '; 17 << 20];
    held_by_decoder(Coding::Brotli, &brotli(&blanks, 24));
}

#[test]
fn encoders_hold_no_more_than_they_say() {
    let mut text = text(2 << 20);
    text.extend(vec![b' '; 1 << 20]);
    for (form, coding) in [
        (Form::Gzip, Coding::Gzip),
        (Form::Zlib, Coding::Deflate),
        (Form::RawDeflate, Coding::Deflate),
        (Form::Brotli, Coding::Brotli),
    ] {
        let mut out = Vec::with_capacity(text.len());
        let before = HELD.get();
        let mut encoder = Encoder::new(form).unwrap();
        for piece in text.chunks(64 << 10) {
            encoder.push(piece, &mut out).unwrap();
            assert_holds(form, before, coding.encoder_memory());
        }
    }
}

/// Fails if this decoder holds more than it says at any time; returns the most.
fn held_by_decoder(coding: Coding, coded: &[u8]) -> usize {
    let said = coding.decoder_memory(coded);
    let before = HELD.get();
    let bounds = Bounds {
        size: u64::MAX,
        ratio: u64::MAX,
    };
    let mut decoder = Decoder::new(coding, bounds);
    let (mut rest, mut most) = (coded, 0);
    while decoder.step(&mut rest).unwrap().is_some() {
        most = most.max(assert_holds(coding, before, said));
    }
    decoder.finish().unwrap();
    most
}

fn assert_holds(what: impl std::fmt::Debug, before: isize, said: usize) -> usize {
    let held = usize::try_from(HELD.get() - before).unwrap();
    assert!(held <= said, "{what:?}: {held} bytes, {said} were said");
    held
}

fn encode(form: Form, text: &[u8]) -> Vec<u8> {
    let (mut encoder, mut coded) = (Encoder::new(form).unwrap(), Vec::new());
    encoder.push(text, &mut coded).unwrap();
    encoder.finish(&mut coded).unwrap();
    coded
}

/// As an app may send it: with many codes, and a window of this many bits.
fn brotli(text: &[u8], bits: u32) -> Vec<u8> {
    let mut writer = brotli::CompressorWriter::new(Vec::new(), 4096, 5, bits);
    writer.write_all(text).unwrap();
    writer.into_inner()
}

/// A text that is coded to a quarter, with parts that differ.
fn text(length: usize) -> Vec<u8> {
    let (mut state, mut text) = (1_u64, Vec::new());
    while text.len() < length {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let (class, word) = (state >> 60, state >> 40);
        match text.len() >> 16 & 1 {
            0 => writeln!(text, "<p class=\"{class}\">{word:x}</p>").unwrap(),
            _ => writeln!(text, "{{\"{class}\": {word}}},").unwrap(),
        }
    }
    text
}

fn head(lines: &[(&'static str, &'static str)]) -> HeaderMap {
    let line = |(name, value): &(&'static str, &'static str)| {
        (
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        )
    };
    lines.iter().map(line).collect()
}

/// The head of a page.
const PAGE: &[(&str, &str)] = &[
    ("date", "Tue, 24 Nov 2026 01:00:00 GMT"),
    ("content-type", "text/html; charset=utf-8"),
    ("content-length", "1234"),
    ("cache-control", "private, max-age=0"),
    ("etag", "W/\"4d2-abc\""),
    ("x-powered-by", "Express"),
    ("x-request-id", "5c1d"),
    ("set-cookie", "session=a; Path=/; HttpOnly"),
    ("vary", "Accept-Encoding"),
    (
        "content-location",
        "https://zoom.us/oauth/authorize?scope=a",
    ),
];

const LEADS_ELSEWHERE: &[(&str, &str)] = &[
    ("location", "/login"),
    ("refresh", "5; url='/here?scope=a'"),
    (
        "link",
        "</a.css>; rel=preload; as=style, <https://a.example/?page=2>; rel=\"next\"; title=\"a, b\"",
    ),
    (
        "link",
        "<https://zoom.us/oauth/authorize?scope=a>; rel=preload",
    ),
    ("x-inertia-location", "https://app.example/"),
    ("hx-redirect", "/login"),
    ("hx-location", "/login"),
    ("x-remix-redirect", "/login"),
    ("x-action-redirect", "/login;push"),
    ("turbolinks-location", "/login"),
    ("x-go-to", "/login"),
];

const ELSEWHERE: &[&str] = &[
    "",
    "/",
    "/login",
    "/login?next=%2Foauth%2Fauthorize&scope=a",
    "/oauth/authorize?client_id=a&scope=b",
    "/caf\u{e9}/./%2e%2e/x y?a#b",
    "login",
    "../login?a",
    "./",
    "?a=b&scope=c",
    "#fragment",
    "http://127.0.0.1:3000/x",
    "http://127.0.0.1:3000/oauth/authorize?scope=a",
    "http://localhost:3000/",
    "http://[::1]:3000/x?scope=a",
    "http://[2001:db8::1]/oauth/authorize",
    "https://app.example.com",
    "https://app.example.com/cb?code=a&state=b",
    "https://app.example.com:8443/a/../b/%7Ec?scope=d#e",
    "https://sso.example/login?next=https://zoom.us/oauth/authorize?scope=a",
    "HTTPS://LOGIN.EXAMPLE.COM./oauth/authorize?scope=a",
    "//cdn.example/x",
    "\\\\cdn.example\\x",
    "https://zoom.us.evil.example/oauth/authorize?client_id=a&scope=b",
    "https://evil-zoom.us/oauth/authorize?scope=a",
    "https://zoom.us/oauth/token?scope=a",
    "https://zoom.us/signin",
    "https://us02web.zoom.us/j/123?pwd=a",
    "http://zoom.us/oauth/authorize?scope=a",
    "https://zoom.us:8443/oauth/authorize?scope=a",
    "myapp:/callback?code=a",
    "com.example.app://callback?code=a&scope=b",
    "mailto:a@b.example",
    "javascript:void(0)",
    "about:blank",
];

fn rewriter() -> Rewriter {
    Rewriter {
        endpoints: EndpointTable::builtin(),
        policies: Policies::new(Policy::Strip, false),
    }
}

/// Returns how often this thread allocates while `work` runs.
fn allocations(work: impl FnOnce()) -> u64 {
    let before = COUNT.get();
    work();
    COUNT.get() - before
}

thread_local! {
    static COUNT: Cell<u64> = const { Cell::new(0) };
    /// How many bytes this thread holds, less those that it freed for others.
    static HELD: Cell<isize> = const { Cell::new(0) };
}

/// The system's allocator, counting what each thread asks of it and holds.
struct Counting;

fn count(more: usize, less: usize) {
    // A thread that is ending has no counter any more.
    _ = COUNT.try_with(|count| count.set(count.get() + u64::from(more > 0)));
    let more = more as isize - less as isize;
    _ = HELD.try_with(|held| held.set(held.get() + more));
}

// SAFETY: every call is handed on to the system's allocator as it came; the counters have
// neither an initializer nor a destructor that could allocate.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 0);
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 0);
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size, layout.size());
        unsafe { System.realloc(pointer, layout, size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(0, layout.size());
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;
