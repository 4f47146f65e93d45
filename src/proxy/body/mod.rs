//! Which bodies of answers may be looked into, and what becomes of the head of
//! one that is changed.
//!
//! A body is left alone unless all is known that reading it takes: its media
//! type, its charset, its content coding, and that nobody forbids it.

mod changed;
mod content_type;
mod look;
mod looked_at;
mod pieces;
mod rewriting;
mod room;
mod turn;

use std::sync::Arc;

use arc_swap::Guard;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode,
    header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE},
};
use http_body_util::Either;
use hyper::body::Body;

use crate::coding::{Bounds, Coding};
use crate::pattern::{MediaPattern, PathPattern};
use crate::rewrite::body::{Anchors, Syntax};

use super::{AnswerBody, Asked, Proxy, Rules};
use content_type::ContentType;
use rewriting::{Rewriting, Shared};

pub use looked_at::LookedAt;
pub use room::HeldBodies;

/// The bodies that are asked for, and how much work that may be.
#[derive(Debug, Clone)]
pub struct Bodies {
    /// The media types that are looked into; never `text/event-stream`.
    pub types: Vec<MediaPattern>,
    /// The request paths whose answers are; empty for all.
    pub paths: Vec<PathPattern>,
    /// The longest URL that is considered, in bytes of the body.
    pub longest_url: usize,
    /// Bodies of up to so many bytes are looked at whole before anything is sent.
    pub whole: usize,
    /// What a compressed body may open to.
    pub bounds: Bounds,
    /// Where the endpoints are found.
    pub anchors: Anchors,
}

/// How a body is to be looked into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// The content coding to take off first and to put on again; `None` for none.
    pub coding: Option<Coding>,
    /// What it is made of.
    pub syntax: Syntax,
    /// Its length as it comes, in bytes; `None` where it is not known before its end. Never 0.
    pub length: Option<u64>,
}

/// Returns `response`, the answer to the request that `asked` tells of, with the policies applied
/// to its body where it is one that is asked for.
pub(super) async fn rewrite(
    response: Response<AnswerBody>,
    asked: &Asked,
    rules: Guard<Arc<Rules>>,
    proxy: &Proxy,
) -> Response<Either<AnswerBody, Box<LookedAt>>> {
    let Some(bodies) = &rules.bodies else {
        return response.map(Either::Left);
    };
    if asked.forbids_changes || response.body().is_end_stream() {
        return response.map(Either::Left);
    }
    let path = asked.uri.path();
    let plan = bodies.plan(&asked.method, path, response.status(), response.headers());
    let Some(plan) = plan else {
        return response.map(Either::Left);
    };
    let shared = Shared {
        bodies: Arc::clone(bodies),
        rules: Guard::into_inner(rules),
        held: proxy.held.clone(),
        metrics: Arc::clone(&proxy.metrics),
    };
    if !shared.rules.rewriter.policies.may_change() {
        let watch = Rewriting::watch(&plan, shared);
        return response.map(|body| Either::Right(Box::new(LookedAt::watched(body, watch, plan))));
    }
    // Apart, so that other requests need no room for it.
    let response = Box::pin(look::look_at(response, plan, shared)).await;
    response.map(|body| Either::Right(Box::new(body)))
}

impl Bodies {
    /// Returns how to look into the body of an answer with this status and these fields to a
    /// request of `method` for `path`; `None` where it passes as it is.
    pub fn plan(
        &self,
        method: &Method,
        path: &str,
        status: StatusCode,
        headers: &HeaderMap,
    ) -> Option<Plan> {
        if !has_whole_body(method, status) || headers.contains_key(CONTENT_RANGE) {
            return None;
        }
        let content_type = ContentType::parse(only(headers, &CONTENT_TYPE)?.as_bytes());
        if !self.has_type(&content_type) || !self.has_path(path) || forbids_changes(headers) {
            return None;
        }
        let coding = match only(headers, &CONTENT_ENCODING) {
            Some(line) if is_identity(line) => None,
            Some(line) => Some(Coding::parse(line.as_bytes())?),
            None if headers.contains_key(CONTENT_ENCODING) => return None,
            None => None,
        };
        let length = match headers.get(CONTENT_LENGTH) {
            Some(line) => Some(line.to_str().ok()?.parse().ok()?),
            None => None,
        };
        (length != Some(0)).then_some(Plan {
            coding,
            syntax: content_type.syntax(),
            length,
        })
    }

    fn has_type(&self, content_type: &ContentType<'_>) -> bool {
        let name = content_type.media_type;
        // An event is for now: it must not wait for what comes behind it.
        !name.eq_ignore_ascii_case(b"text/event-stream")
            && self.types.iter().any(|pattern| pattern.matches(name))
            && content_type.is_ascii_compatible()
    }

    fn has_path(&self, path: &str) -> bool {
        self.paths.is_empty() || self.paths.iter().any(|pattern| pattern.matches(path))
    }
}

/// Whether such an answer has a body (RFC 9110 6.4.1), and all of it.
fn has_whole_body(method: &Method, status: StatusCode) -> bool {
    let has_none = *method == Method::HEAD
        || status.is_informational()
        || matches!(
            status,
            StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT | StatusCode::NOT_MODIFIED
        );
    // RFC 3229 10.4.1: a 226 may hold what has changed, and no more.
    !has_none && !matches!(status, StatusCode::PARTIAL_CONTENT | StatusCode::IM_USED)
}

/// Whether content is to stay as it is: `no-transform`, in a request (RFC 9111 5.2.1.6) or an answer
/// (5.2.2.6), is for intermediaries, whether they cache or not.
pub(super) fn forbids_changes(headers: &HeaderMap) -> bool {
    // Every request is asked, and few have such a line.
    if !headers.contains_key(CACHE_CONTROL) {
        return false;
    }
    let lines = headers.get_all(CACHE_CONTROL).iter();
    let mut directives = lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b','));
    // With an argument, which it does not take, it is meant all the same.
    directives.any(|directive| {
        let name = directive.split(|byte| *byte == b'=').next();
        let name = name.unwrap_or_default().trim_ascii();
        name.eq_ignore_ascii_case(b"no-transform")
    })
}

/// Whether a Content-Encoding line says that there is no coding.
fn is_identity(line: &HeaderValue) -> bool {
    let name = line.as_bytes().trim_ascii();
    name.is_empty() || name.eq_ignore_ascii_case(b"identity")
}

/// Returns the only line called `name`; `None` where there is none, or another one.
fn only<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h HeaderValue> {
    let mut lines = headers.get_all(name).iter();
    lines.next().filter(|_| lines.next().is_none())
}

#[cfg(test)]
mod tests;
