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
    pieces::{Blocks, Pieces},
    rewriting::{CodingError, Found, Rewriting, Shared},
    room::{Kind, Room, SHORT},
    turn::Turn,
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
        Some(coding) => coded(&mut head, source, coding, &plan, shared).await,
    };
    Response::from_parts(head, body)
}

async fn plain(head: &mut Parts, source: AnswerBody, plan: &Plan, shared: Shared) -> LookedAt {
    let is_free = plan.length.is_none() && !depends_on_body(&head.headers);
    let is_long = (plan.length).is_some_and(|length| length > shared.bodies.whole as u64);
    // In chunks, a head without an ETag or digest is right for any body.
    if is_free || is_long {
        if is_long {
            change_head(&mut head.headers, None);
        }
        let none = Pieces::default;
        return LookedAt::coming(none(), none(), source, Rewriting::new(plan, shared));
    }
    let mut coming = match Coming::begin(source, plan, &shared).await {
        Ok(coming) => coming,
        Err(source) => return LookedAt::passing(Pieces::default(), source),
    };
    let mut rewriting = Rewriting::new(plan, shared);
    let mut pieces = Pieces::default();
    // A body that is not coded is never refused.
    let Ok(Stop::End(end)) = coming.gather(&mut rewriting, &mut pieces).await else {
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

async fn coded(
    head: &mut Parts,
    source: AnswerBody,
    coding: Coding,
    plan: &Plan,
    shared: Shared,
) -> LookedAt {
    let mut coming = match Coming::begin(source, plan, &shared).await {
        Ok(coming) => coming,
        Err(source) => return LookedAt::passing(Pieces::default(), source),
    };
    let (pieces, stop) = coming.hold(coding).await;
    let memory = coding.memory(pieces.first().map_or(&[], |first| first));
    let opened = match &stop {
        Stop::End(End::Broken(_)) => None,
        Stop::Enough if coming.is_refused => None,
        _ => {
            let memory = memory + coming.room.bytes();
            shared.open(Kind::of(plan.length), memory).await
        }
    };
    let found = match opened {
        Some(_) => search(&pieces, &stop, plan, &shared).await.ok(),
        None => None,
    };
    let end = match (stop, found) {
        (Stop::End(end), Some(found)) if found.any => {
            if let Some(recoded) = recode(&pieces, &mut coming, plan).await {
                let length = length_to_say(recoded.iter().map(Bytes::len).sum(), plan, &end);
                change_head(&mut head.headers, length);
                return coming.whole(recoded, end, true, plan);
            }
            end
        }
        (Stop::End(end), _) => end,
        (Stop::Enough, found) => {
            drop(opened);
            return match found {
                Some(_) => coming.stream_coded(head, pieces, plan, memory).await,
                None => coming.passing(pieces),
            };
        }
    };
    coming.whole(pieces, end, false, plan)
}

/// Returns what there is to change in `pieces`, all of a body where it stops with its end.
async fn search(
    pieces: &[Bytes],
    stop: &Stop,
    plan: &Plan,
    shared: &Shared,
) -> Result<Found, CodingError> {
    let mut search = Rewriting::search(plan, shared.clone());
    go_through(pieces, &mut search, |_| ()).await?;
    if matches!(stop, Stop::End(_)) {
        search.finish(&mut Pieces::default())?;
    }
    Ok(search.found())
}

/// Returns what `pieces`, all of a body, become; `None` if that is no other body, or there is no
/// room.
async fn recode(pieces: &[Bytes], coming: &mut Coming, plan: &Plan) -> Option<Vec<Bytes>> {
    let mut rewriting = Rewriting::new(plan, coming.shared.clone());
    let (mut recoded, mut rest) = (Blocks::default(), Pieces::default());
    let mut keep = |pieces: Pieces| pieces.into_vec().iter().for_each(|it| recoded.push(it));
    go_through(pieces, &mut rewriting, &mut keep).await.ok()?;
    rewriting.finish(&mut rest).ok()?;
    keep(rest);
    if !rewriting.found().changes {
        return None;
    }
    if recoded.len() > coming.room.bytes() {
        // The app has coded it far better than it can be here.
        let kind = Kind::of(plan.length);
        coming.room = coming.shared.take(kind, recoded.len()).await?;
    }
    Some(recoded.into_vec())
}

/// Goes through `pieces`, in turns with others, and gives what becomes of them to `keep`.
async fn go_through(
    pieces: &[Bytes],
    rewriting: &mut Rewriting,
    mut keep: impl FnMut(Pieces),
) -> Result<(), CodingError> {
    let mut turn = Turn::default();
    for piece in pieces {
        rewriting.push(piece.clone());
        loop {
            let mut out = Pieces::default();
            let Some(length) = rewriting.step(&mut out)? else {
                break;
            };
            keep(out);
            turn.spend(length);
            turn.pass().await;
        }
    }
    Ok(())
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
    /// What the room was taken as.
    kind: Kind,
    room: Room,
    /// How many bytes it is for.
    limit: usize,
    is_coded: bool,
    /// That of both sides of its coding, which is taken with that of what is held: bodies that
    /// have one and wait for the other would keep each other waiting.
    codecs: Option<Room>,
    /// Whether there was none for more.
    is_refused: bool,
    shared: Shared,
    /// Until when.
    deadline: Instant,
}

impl Coming {
    /// Waits for room for the body, as far as it may be held; gives it back where there is none.
    async fn begin(source: AnswerBody, plan: &Plan, shared: &Shared) -> Result<Self, AnswerBody> {
        let (whole, is_coded) = (shared.bodies.whole, plan.coding.is_some());
        let length = plan
            .length
            .map(|length| usize::try_from(length).unwrap_or(usize::MAX));
        let limit = match length {
            Some(length) if length <= whole => length,
            // What it takes to stream it shows itself before more has come.
            _ => SHORT.min(whole),
        };
        let (kind, charge) = (Kind::of(plan.length), charge(limit, is_coded));
        let Some(room) = shared.take(kind, charge).await else {
            return Err(source);
        };
        Ok(Self {
            source,
            kind,
            room,
            limit,
            is_coded,
            codecs: None,
            is_refused: false,
            shared: shared.clone(),
            deadline: Instant::now() + patience(plan.length),
        })
    }

    /// Makes room for more than a short body, and for `memory` bytes to stream it with; `false` if
    /// it is not to be held any longer.
    async fn grow(&mut self, memory: usize) -> bool {
        let whole = self.shared.bodies.whole;
        if self.limit >= whole {
            return false;
        }
        let charge = charge(whole, self.is_coded);
        let Some(mut room) = self.shared.take(Kind::Any, charge + memory).await else {
            self.is_refused = true;
            return false;
        };
        self.codecs = Some(room.split(memory));
        self.room = room;
        self.kind = Kind::Any;
        self.limit = whole;
        true
    }

    /// Holds what comes, as it came.
    async fn hold(&mut self, coding: Coding) -> (Vec<Bytes>, Stop) {
        let mut held = Blocks::default();
        let stop = loop {
            match next(&mut self.source, self.deadline).await {
                Ok(piece) => held.push(&piece),
                Err(stop) => break stop,
            }
            if held.len() > self.limit && !self.grow(coding.memory(held.start())).await {
                break Stop::Enough;
            }
        };
        if let Stop::End(_) = stop {
            self.codecs = None;
        }
        self.room.keep(charge(held.len(), self.is_coded));
        (held.into_vec(), stop)
    }

    /// Goes through what comes, and appends what becomes of it to `out`.
    async fn gather(
        &mut self,
        rewriting: &mut Rewriting,
        out: &mut Pieces,
    ) -> Result<Stop, CodingError> {
        let mut size = 0;
        let stop = loop {
            let piece = match next(&mut self.source, self.deadline).await {
                Ok(piece) => piece,
                Err(stop) => break stop,
            };
            size += piece.len();
            let keep = |pieces: Pieces| pieces.into_vec().into_iter().for_each(|it| out.push(it));
            go_through(&[piece], rewriting, keep).await?;
            if size > self.limit && !self.grow(0).await {
                break Stop::Enough;
            }
        };
        self.room.keep(charge(size, self.is_coded));
        Ok(stop)
    }

    /// Returns all of the body.
    fn whole(mut self, pieces: Vec<Bytes>, end: End, is_changed: bool, plan: &Plan) -> LookedAt {
        let pieces = Pieces::from(pieces);
        self.room.keep(pieces.len());
        LookedAt::whole(pieces, end, is_changed, plan).with(self.room)
    }

    /// Lets the body go as it came, first `pieces`.
    fn passing(mut self, pieces: Vec<Bytes>) -> LookedAt {
        self.leave_reserve();
        LookedAt::passing(pieces.into(), self.source).with(self.room)
    }

    /// Lets the body go, of which `pieces` came by now: as another one if there is room for what
    /// the coding takes, in `memory` bytes, for as long as the client does.
    async fn stream_coded(
        mut self,
        head: &mut Parts,
        pieces: Vec<Bytes>,
        plan: &Plan,
        memory: usize,
    ) -> LookedAt {
        let room = match self.codecs.take() {
            None if !self.is_refused => self.shared.take(Kind::Any, memory).await,
            codecs => codecs,
        };
        let Some(room) = room else {
            return self.passing(pieces);
        };
        // What was read so far can be decoded, and what follows shows itself.
        change_head(&mut head.headers, None);
        let rewriting = Rewriting::new(plan, self.shared.clone()).paid_by(room);
        self.stream(Pieces::default(), pieces.into(), rewriting)
    }

    /// Lets the body go: first `ready`, then what `rewriting` makes of `held` and the rest.
    fn stream(mut self, ready: Pieces, held: Pieces, rewriting: Rewriting) -> LookedAt {
        self.leave_reserve();
        LookedAt::coming(ready, held, self.source, rewriting).with(self.room)
    }

    /// Makes room for sign-ins, for what is let go before its end may stand still for long. Where
    /// there is no other room, nothing is charged: a short body's beginning is no more than any
    /// stream holds.
    fn leave_reserve(&mut self) {
        if self.kind == Kind::Any {
            return;
        }
        match self.shared.held.try_take(Kind::Any, self.room.bytes()) {
            Some(room) => self.room = room,
            None => self.room.keep(0),
        }
    }
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

/// How much room so many bytes take that are held: as they came, in buffers that may be twice as
/// long; of a coded body as they came and, a half longer, as they are to go, one after the other.
fn charge(bytes: usize, is_coded: bool) -> usize {
    match is_coded {
        false => bytes * 2,
        true => bytes + bytes / 2 + LEAST,
    }
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

/// What a body that is encoded again may be longer by, however short it is.
const LEAST: usize = 1024;
