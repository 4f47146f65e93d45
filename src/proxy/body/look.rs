//! How the body of an answer is gone through before its head goes out: whole
//! where it is short, so that one without a change keeps its framing.

use std::time::Duration;

use http::{Response, response::Parts};
use http_body_util::BodyExt;
use hyper::body::Bytes;
use tokio::time::{Instant, timeout_at};

use super::{
    Plan,
    changed::{change_head, depends_on_body},
    looked_at::{End, LookedAt},
    pieces::Pieces,
    rewriting::{CodingError, Found, Rewriting, Shared},
    room::Room,
    turn::Turn,
};
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
        Some(_) => coded(&mut head, source, &plan, shared).await,
    };
    Response::from_parts(head, body)
}

async fn plain(head: &mut Parts, source: AnswerBody, plan: &Plan, shared: Shared) -> LookedAt {
    let mut coming = Coming::new(source, plan, &shared);
    let mut rewriting = Rewriting::new(plan, shared);
    let mut pieces = Pieces::default();
    // In chunks, a head without an ETag or digest is right for any body.
    if plan.length.is_none() && !depends_on_body(&head.headers) {
        return coming.stream(pieces, Pieces::default(), rewriting);
    }
    let gathered = match plan.length {
        Some(length) if length > coming.whole as u64 => Ok(Stop::Enough),
        _ => gather(&mut coming, &mut rewriting, &mut pieces, drop).await,
    };
    // A body that is not coded is never refused.
    let Ok(Stop::End(end)) = gathered else {
        change_head(&mut head.headers, None);
        return coming.stream(pieces, Pieces::default(), rewriting);
    };
    let _ = rewriting.finish(&mut pieces);
    if rewriting.found().changes {
        let length = length_to_say(pieces.len(), plan, &end);
        change_head(&mut head.headers, length);
    }
    LookedAt::whole(pieces, end, rewriting.found().changes, plan).with(coming.room)
}

async fn coded(head: &mut Parts, source: AnswerBody, plan: &Plan, shared: Shared) -> LookedAt {
    let mut coming = Coming::new(source, plan, &shared);
    let mut search = Rewriting::search(plan, shared.clone());
    let (mut pieces, mut nothing) = (Pieces::default(), Pieces::default());
    let keep = |piece| pieces.push(piece);
    let gathered = gather(&mut coming, &mut search, &mut nothing, keep).await;
    let (end, found) = match gathered {
        Ok(Stop::Enough) => {
            // What was read so far can be decoded, and what follows shows itself.
            change_head(&mut head.headers, None);
            return coming.stream(nothing, pieces, Rewriting::new(plan, shared));
        }
        Ok(Stop::End(end @ End::Broken(_))) => (end, Ok(Found::default())),
        Ok(Stop::End(end)) => (end, search.finish(&mut nothing).map(|()| search.found())),
        Err(_) => return LookedAt::passing(pieces, coming.source).with(coming.room),
    };
    let pieces = pieces.into_vec();
    if found.is_ok_and(|found| found.any)
        && let Ok((recoded, true)) = recode(&pieces, plan, shared).await
    {
        let length = length_to_say(recoded.len(), plan, &end);
        change_head(&mut head.headers, length);
        return LookedAt::whole(recoded, end, true, plan).with(coming.room);
    }
    LookedAt::whole(pieces.into(), end, false, plan).with(coming.room)
}

/// Returns what `pieces`, a whole body, become, and whether that is another body.
async fn recode(
    pieces: &[Bytes],
    plan: &Plan,
    shared: Shared,
) -> Result<(Pieces, bool), CodingError> {
    let (mut rewriting, mut recoded) = (Rewriting::new(plan, shared), Pieces::default());
    let mut turn = Turn::default();
    for piece in pieces {
        rewriting.push(piece.clone());
        while let Some(length) = rewriting.step(&mut recoded)? {
            turn.spend(length);
            turn.pass().await;
        }
    }
    rewriting.finish(&mut recoded)?;
    Ok((recoded, rewriting.found().changes))
}

/// Why no more of a body was taken.
enum Stop {
    /// There is no more.
    End(End),
    /// It is not to be held any longer.
    Enough,
}

/// A body that is waited for and held.
struct Coming {
    source: AnswerBody,
    /// How many bytes at most.
    whole: usize,
    room: Room,
    /// Until when.
    deadline: Instant,
}

impl Coming {
    fn new(source: AnswerBody, plan: &Plan, shared: &Shared) -> Self {
        Self {
            source,
            whole: shared.bodies.whole,
            room: shared.held.room(),
            deadline: Instant::now() + patience(plan.length),
        }
    }

    /// Lets the body go: first `ready`, then what `rewriting` makes of `held` and the rest.
    fn stream(self, ready: Pieces, held: Pieces, rewriting: Rewriting) -> LookedAt {
        LookedAt::coming(ready, held, self.source, rewriting).with(self.room)
    }
}

/// Goes through what comes until that is all, or no more of it is to be held. Gives each piece to
/// `keep`, and what becomes of it to `out`.
async fn gather(
    coming: &mut Coming,
    rewriting: &mut Rewriting,
    out: &mut Pieces,
    mut keep: impl FnMut(Bytes),
) -> Result<Stop, CodingError> {
    let mut turn = Turn::default();
    let (mut size, mut has_room) = (0, true);
    while size <= coming.whole && has_room {
        let piece = match next(&mut coming.source, coming.deadline).await {
            Ok(piece) => piece,
            Err(stop) => return Ok(stop),
        };
        size += piece.len();
        has_room = coming.room.take(piece.len());
        keep(piece.clone());
        rewriting.push(piece);
        while let Some(length) = rewriting.step(out)? {
            turn.spend(length);
            turn.pass().await;
        }
    }
    Ok(Stop::Enough)
}

/// Returns the next piece of `source`, or why there is none by `deadline`.
async fn next(source: &mut AnswerBody, deadline: Instant) -> Result<Bytes, Stop> {
    let frame = timeout_at(deadline, source.frame()).await;
    let frame = match frame.map_err(|_| Stop::Enough)? {
        None => return Err(Stop::End(End::None)),
        Some(Err(error)) => return Err(Stop::End(End::Broken(error.into()))),
        Some(Ok(frame)) => frame,
    };
    frame.into_data().map_err(|frame| {
        let trailers = frame.into_trailers().unwrap_or_default();
        Stop::End(End::Trailers(trailers))
    })
}

/// How long a body is waited for, from its head on: one of a known length is most likely there, a
/// page that is still being made is not to be kept from the client.
fn patience(length: Option<u64>) -> Duration {
    match length {
        Some(_) => PATIENCE_WITH_LENGTH,
        None => PATIENCE,
    }
}

/// The length to say of a body that is `length` bytes long by now; `None` where the app said none,
/// for trailers need a body without. One that breaks off stays shorter than is said, or a client of
/// HTTP/1.0 would take it for a whole one.
fn length_to_say(length: usize, plan: &Plan, end: &End) -> Option<u64> {
    let length = length as u64;
    plan.length.map(|said| match end {
        End::Broken(_) => said.max(length + 1),
        End::None | End::Trailers(_) => length,
    })
}

/// Long for an app that has its answer ready, short for whoever waits for a page.
const PATIENCE: Duration = Duration::from_millis(250);

/// Longer, since one that streams loses its length.
const PATIENCE_WITH_LENGTH: Duration = Duration::from_secs(1);
