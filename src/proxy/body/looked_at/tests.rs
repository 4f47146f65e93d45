use std::{
    io::{Read, Seek},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    task::{Wake, Waker},
};

use http::HeaderValue;
use http_body_util::Full;

use super::super::{Bodies, HeldBodies, Plan, rewriting::Shared};
use super::*;
use crate::coding::{Bounds, Coding, Decoder, Encoder};
use crate::oauth::EndpointTable;
use crate::policy::{Policies, Policy};
use crate::proxy::Rules;
use crate::rewrite::Rewriter;
use crate::rewrite::body::{Anchors, Syntax};

const ROOMY: Bounds = Bounds {
    size: u64::MAX,
    ratio: u64::MAX,
};

fn shared(rules: Rules) -> Shared {
    let bodies = Bodies {
        types: Vec::new(),
        paths: Vec::new(),
        longest_url: 1024,
        whole: 1024,
        bounds: ROOMY,
        anchors: Anchors::new(&EndpointTable::builtin()),
    };
    Shared {
        rules: Arc::new(rules),
        bodies: Arc::new(bodies),
        held: HeldBodies::default(),
        metrics: Arc::default(),
    }
}

fn plan(coding: Option<Coding>) -> Plan {
    Plan {
        coding,
        syntax: Syntax::Text,
        length: None,
    }
}

fn encode(coding: Option<Coding>, text: &[u8]) -> Vec<u8> {
    let Some(coding) = coding else {
        return text.to_vec();
    };
    let (mut encoder, mut coded) = (Encoder::new(coding.into()).unwrap(), Vec::new());
    encoder.push(text, &mut coded).unwrap();
    encoder.finish(&mut coded).unwrap();
    coded
}

/// What comes of a body, one look after the other.
struct Looks {
    body: LookedAt<Full<Bytes>>,
    woken: Arc<Woken>,
}

#[derive(Default)]
struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Relaxed);
    }
}

impl Looks {
    fn next(&mut self) -> Poll<Option<Bytes>> {
        let waker = Waker::from(Arc::clone(&self.woken));
        let frame = Pin::new(&mut self.body).poll_frame(&mut Context::from_waker(&waker));
        frame.map(|frame| frame.map(|frame| frame.unwrap().into_data().unwrap()))
    }
}

/// All in one piece, as it may come from the app, or be held.
#[test]
fn long_piece_is_gone_through_in_turns() {
    let text = b"a line of some text\n".repeat(200_000);
    for coding in [None, Some(Coding::Gzip), Some(Coding::Zstd)] {
        let piece = Bytes::from(encode(coding, &text));
        for (held, source) in [(vec![piece.clone()], Bytes::new()), (Vec::new(), piece)] {
            let rewriting = Rewriting::new(&plan(coding), shared(Rules::default()));
            let source = Full::new(source);
            let mut looks = Looks {
                body: LookedAt::coming(Pieces::default(), held.into(), source, rewriting),
                woken: Arc::default(),
            };
            let mut decoder = coding.map(|coding| Decoder::new(coding, ROOMY));
            let (mut pauses, mut given) = (0, Vec::new());
            loop {
                match looks.next() {
                    Poll::Ready(None) => break,
                    Poll::Ready(Some(piece)) => match &mut decoder {
                        None => given.extend_from_slice(&piece),
                        Some(decoder) => decoder
                            .push(&piece, &mut |text| given.extend_from_slice(text))
                            .unwrap(),
                    },
                    Poll::Pending => pauses += 1,
                }
                assert_eq!(looks.woken.0.load(Relaxed), pauses, "it would not go on");
            }
            assert!(given == text, "{coding:?}");
            assert_eq!(pauses, text.len() / (64 << 10), "{coding:?}");
        }
    }
}

#[test]
fn nothing_is_made_ahead_of_the_client() {
    let rewriting = Rewriting::new(&plan(None), shared(Rules::default()));
    let source = Full::new(Bytes::from(vec![b'a'; 1 << 20]));
    let none = Pieces::default;
    let mut body = LookedAt::coming(none(), none(), source, rewriting);
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..20 {
        let _ = Pin::new(&mut body).poll_frame(&mut context);
        let ready: usize = body.ready.iter().map(Bytes::len).sum();
        assert!(ready <= 64 << 10, "{ready} bytes are ready");
    }
}

/// Whoever knows the length asks for nothing behind it.
#[test]
fn watched_body_is_told_of_by_its_last_byte() {
    let rules = Rules {
        rewriter: Rewriter {
            endpoints: EndpointTable::builtin(),
            policies: Policies::new(Policy::Strip, true),
        },
        ..Rules::default()
    };
    let shared = shared(rules);
    let text = b"https://zoom.us/oauth/authorize?client_id=a&scope=x";
    for (count, coding) in [None, Some(Coding::Gzip), Some(Coding::Brotli)]
        .into_iter()
        .enumerate()
    {
        let sent = encode(coding, text);
        let watch = Rewriting::watch(&plan(coding), shared.clone());
        let source = Full::new(Bytes::from(sent.clone()));
        let mut looks = Looks {
            body: LookedAt::watched(source, watch, plan(coding)),
            woken: Arc::default(),
        };
        assert_eq!(looks.body.size_hint().exact(), Some(sent.len() as u64));
        assert_eq!(looks.next(), Poll::Ready(Some(Bytes::from(sent))));
        assert_eq!(shared.metrics.dry_runs.get(), count as u64 + 1);
    }
    assert_eq!(shared.metrics.unread_bodies.get(), 0);
}

#[test]
fn watched_body_that_cannot_be_read_passes() {
    let shared = shared(Rules::default());
    let watch = Rewriting::watch(&plan(Some(Coding::Gzip)), shared.clone());
    let source = Full::new(Bytes::from_static(b"plain"));
    let mut looks = Looks {
        body: LookedAt::watched(source, watch, plan(Some(Coding::Gzip))),
        woken: Arc::default(),
    };
    let piece = Bytes::from_static(b"plain");
    assert_eq!(looks.next(), Poll::Ready(Some(piece)));
    assert_eq!(looks.next(), Poll::Ready(None));
    assert_eq!(shared.metrics.unread_bodies.get(), 1);
}

#[test]
fn length_that_was_not_said_is_not_known() {
    let whole = |length, end| {
        let plan = Plan {
            length,
            ..plan(None)
        };
        let pieces = Pieces::from(vec![Bytes::from_static(b"abc")]);
        LookedAt::<Full<Bytes>>::whole(pieces, end, true, &plan)
    };
    assert_eq!(whole(Some(9), End::None).size_hint().exact(), Some(3));
    assert_eq!(whole(None, End::None).size_hint().exact(), None);
    let broken = whole(Some(9), End::Broken("x".into()));
    assert_eq!(broken.size_hint().exact(), None);
    // Its trailers need that.
    let mut trailers = HeaderMap::new();
    trailers.insert("x-sum", HeaderValue::from_static("1"));
    trailers.insert("digest", HeaderValue::from_static("d"));
    let mut body = whole(None, End::Trailers(trailers));
    assert_eq!(body.size_hint().exact(), None);
    let mut context = Context::from_waker(Waker::noop());
    let mut next = || match Pin::new(&mut body).poll_frame(&mut context) {
        Poll::Ready(Some(Ok(frame))) => frame,
        _ => panic!("no frame"),
    };
    assert!(next().is_data());
    let trailers = next().into_trailers().unwrap();
    assert!(trailers.contains_key("x-sum") && !trailers.contains_key("digest"));
}

/// Whoever takes it for empty from the start says so in its head.
#[test]
fn empty_body_is_none_only_where_the_app_said_so() {
    let plan = plan(None);
    let body = LookedAt::<Full<Bytes>>::whole(Pieces::default(), End::None, false, &plan);
    assert!(!body.is_end_stream());
}

/// What is logged while `action` runs.
fn logged(action: impl FnOnce()) -> String {
    let file = tempfile::tempfile().unwrap();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(Mutex::new(file.try_clone().unwrap()))
        .finish();
    tracing::subscriber::with_default(subscriber, action);
    let (mut file, mut text) = (file, String::new());
    file.rewind().unwrap();
    file.read_to_string(&mut text).unwrap();
    text
}

#[test]
fn body_that_is_made_of_urls_does_not_fill_the_log() {
    let rules = Rules {
        rewriter: Rewriter {
            endpoints: EndpointTable::builtin(),
            policies: Policies::default(),
        },
        ..Rules::default()
    };
    for (count, lines, rest) in [
        (16, 16, None),
        (17, 16, Some("more=1")),
        (500, 16, Some("more=484")),
    ] {
        let shared = shared(rules.clone());
        let text = b"https://zoom.us/oauth/authorize?client_id=a&scope=x\n".repeat(count);
        let log = logged(|| {
            let rewriting = Rewriting::new(&plan(None), shared.clone());
            let source = Full::new(Bytes::from(text));
            let mut looks = Looks {
                body: LookedAt::coming(Pieces::default(), Pieces::default(), source, rewriting),
                woken: Arc::default(),
            };
            while !matches!(looks.next(), Poll::Ready(None)) {}
        });
        assert_eq!(log.matches("scope rewritten").count(), lines);
        assert_eq!(log.lines().count(), lines + rest.iter().len(), "{log}");
        assert!(log.contains(rest.unwrap_or("")), "{log}");
        assert_eq!(shared.metrics.authorization_requests.get(), count as u64);
        assert_eq!(shared.metrics.rewrites.get(), count as u64);
    }
}
