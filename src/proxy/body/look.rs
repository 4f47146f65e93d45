//! How the body of an answer is gone through before its head goes out: whole
//! where it is short, so that one without a change keeps its framing.

use std::{ops::ControlFlow, time::Duration};

use http::{Response, response::Parts};
use http_body_util::BodyExt;
use hyper::body::Bytes;
use tokio::{
    task::yield_now,
    time::{Instant, timeout_at},
};
use tracing::debug;

use super::{
    Plan,
    changed::{change_head, depends_on_body},
    looked_at::{End, LookedAt},
    pieces::Pieces,
    rewriting::{CodingError, Rewriting, Search, Shared},
};
use crate::coding::Coding;
use crate::proxy::AnswerBody;

/// Returns `response` with the policies applied to the URLs in its body.
pub(super) async fn look_at(
    response: Response<AnswerBody>,
    plan: Plan,
    shared: Shared,
) -> Response<LookedAt> {
    let (mut head, source) = response.into_parts();
    let body = match plan.coding {
        None => plain(&mut head, source, &plan, shared).await,
        Some(coding) => coded(&mut head, source, &plan, coding, shared).await,
    };
    Response::from_parts(head, body)
}

async fn plain(head: &mut Parts, mut source: AnswerBody, plan: &Plan, shared: Shared) -> LookedAt {
    let whole = shared.bodies.whole;
    let mut rewriting = Rewriting::new(plan, shared);
    let mut pieces = Pieces::default();
    // In chunks, a head without an ETag or digest is right for any body.
    if plan.length.is_none() && !depends_on_body(&head.headers) {
        return LookedAt::coming(pieces, source, rewriting);
    }
    let mut size = 0;
    let stop = match plan.length {
        Some(length) if length > whole as u64 => Stop::Enough,
        length => {
            gather(&mut source, patience(length), |piece| {
                size += piece.len();
                let pushed = rewriting.push(piece, &mut pieces);
                proceed(pushed.is_ok() && size <= whole)
            })
            .await
        }
    };
    let Stop::End(end) = stop else {
        change_head(&mut head.headers, None);
        return LookedAt::coming(pieces, source, rewriting);
    };
    // A body that is not coded is never refused.
    let _ = rewriting.finish(&mut pieces);
    if rewriting.found().changes {
        let length = length_to_say(pieces.len(), plan, &end);
        change_head(&mut head.headers, length);
    }
    LookedAt::held(pieces, end, rewriting.found().changes)
}

async fn coded(
    head: &mut Parts,
    mut source: AnswerBody,
    plan: &Plan,
    coding: Coding,
    shared: Shared,
) -> LookedAt {
    let whole = shared.bodies.whole;
    let mut search = Search::new(plan, coding, shared.clone());
    let (mut pieces, mut refusal) = (Pieces::default(), None);
    let stop = gather(&mut source, patience(plan.length), |piece| {
        refusal = search.push(&piece).err();
        pieces.push(piece);
        proceed(refusal.is_none() && pieces.len() <= whole)
    })
    .await;
    let found = match (&stop, refusal) {
        (_, Some(error)) => Err(error),
        (Stop::End(End::None | End::Trailers(_)), None) => search.finish(),
        (Stop::End(End::Broken(_)), None) => Ok(Default::default()),
        (Stop::Enough, None) => {
            let pieces = pieces.into_vec();
            return recode_what_comes(head, pieces, source, plan, shared).await;
        }
    };
    if let Err(error) = &found {
        shared.metrics.unread_bodies.inc();
        debug!(%error, "a body passes unread");
    }
    let end = match stop {
        Stop::End(end) => end,
        Stop::Enough => return LookedAt::passing(pieces, source),
    };
    let pieces = pieces.into_vec();
    if found.is_ok_and(|found| found.any)
        && let Ok((recoded, true)) = recode(&pieces, plan, shared).await
    {
        change_head(&mut head.headers, Some(recoded.len() as u64));
        return LookedAt::held(recoded, end, true);
    }
    LookedAt::held(pieces.into(), end, false)
}

/// Returns what `pieces`, a whole body, become, and whether that is another body.
async fn recode(
    pieces: &[Bytes],
    plan: &Plan,
    shared: Shared,
) -> Result<(Pieces, bool), CodingError> {
    let (mut recoded, mut rewriting) = begin_to_recode(pieces, plan, shared).await?;
    rewriting.finish(&mut recoded)?;
    Ok((recoded, rewriting.found().changes))
}

/// Lets go of `pieces`, the beginning of a longer body, and of what follows them, as they are
/// recoded.
async fn recode_what_comes(
    head: &mut Parts,
    pieces: Vec<Bytes>,
    source: AnswerBody,
    plan: &Plan,
    shared: Shared,
) -> LookedAt {
    let Ok((recoded, rewriting)) = begin_to_recode(&pieces, plan, shared).await else {
        return LookedAt::passing(pieces.into(), source);
    };
    change_head(&mut head.headers, None);
    LookedAt::coming(recoded, source, rewriting)
}

/// Returns what `pieces` become, and what goes on with what follows them.
async fn begin_to_recode(
    pieces: &[Bytes],
    plan: &Plan,
    shared: Shared,
) -> Result<(Pieces, Rewriting), CodingError> {
    let mut rewriting = Rewriting::new(plan, shared);
    let mut recoded = Pieces::default();
    for piece in pieces {
        rewriting.push(piece.clone(), &mut recoded)?;
        // To encode takes long, and others are served on this thread too.
        yield_now().await;
    }
    Ok((recoded, rewriting))
}

/// Why no more of a body was taken.
enum Stop {
    /// There is no more.
    End(End),
    /// It is not to be held any longer, or not to be read.
    Enough,
}

/// Gives the pieces of `source` to `take` until it breaks, all are taken, or `patience` is over,
/// which begins with the first of them.
async fn gather(
    source: &mut AnswerBody,
    patience: Option<Duration>,
    mut take: impl FnMut(Bytes) -> ControlFlow<()>,
) -> Stop {
    let (mut deadline, mut taken) = (None, 0);
    loop {
        let frame = match deadline {
            None => source.frame().await,
            Some(end) => match timeout_at(end, source.frame()).await {
                Ok(frame) => frame,
                Err(_) => return Stop::Enough,
            },
        };
        let frame = match frame {
            None => return Stop::End(End::None),
            Some(Err(error)) => return Stop::End(End::Broken(error.into())),
            Some(Ok(frame)) => frame,
        };
        let piece = match frame.into_data() {
            Ok(piece) => piece,
            Err(frame) => {
                let trailers = frame.into_trailers().unwrap_or_default();
                return Stop::End(End::Trailers(trailers));
            }
        };
        taken += piece.len();
        if take(piece).is_break() {
            return Stop::Enough;
        }
        deadline = deadline.or_else(|| patience.map(|patience| Instant::now() + patience));
        if taken > TURN {
            // Others are served on this thread too.
            taken = 0;
            yield_now().await;
        }
    }
}

fn proceed(does: bool) -> ControlFlow<()> {
    match does {
        true => ControlFlow::Continue(()),
        false => ControlFlow::Break(()),
    }
}

/// How long a body is waited for: one of a known length is there already, a page that is
/// still being made is not to be kept from the client.
fn patience(length: Option<u64>) -> Option<Duration> {
    length.is_none().then_some(PATIENCE)
}

/// The length to say of a body that is `length` bytes long by now. One that breaks off stays
/// shorter than is said, or a client of HTTP/1.0 would take it for a whole one.
fn length_to_say(length: usize, plan: &Plan, end: &End) -> Option<u64> {
    let length = length as u64;
    match end {
        End::Broken(_) => plan.length.map(|said| said.max(length + 1)),
        End::None | End::Trailers(_) => Some(length),
    }
}

/// Long for an app that has its answer ready, short for whoever waits for a page.
const PATIENCE: Duration = Duration::from_millis(250);

/// How much is taken before others have their turn.
const TURN: usize = 128 * 1024;
