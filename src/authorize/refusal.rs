//! Why a request is not answered as it wishes, said in plain text.

use std::time::Duration;

use http::{
    HeaderValue, StatusCode, Version,
    header::{ALLOW, REFERRER_POLICY},
    request::Parts,
};
use humantime::format_duration;
use thiserror::Error;

use super::Answer;
use crate::message::{Unfit, page};
use crate::notice::Notices;

/// Why not. The texts go to the client and hold nothing that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(super) enum Refusal {
    #[error(transparent)]
    Unfit(#[from] Unfit),
    #[error("there is an authorize endpoint on this address, and nothing else")]
    NotFound,
    #[error("only these methods are for this endpoint: {0}")]
    Method(&'static str),
    #[error("a POST to an authorize endpoint is a form, application/x-www-form-urlencoded")]
    NoForm,
    #[error("the form has more than {0} bytes")]
    LongForm(usize),
    #[error(
        "the form did not come in time: nothing for {} ([timeouts] body_idle)",
        format_duration(*.0)
    )]
    LateForm(Duration),
    #[error("the form is broken")]
    BrokenForm,
    #[error("the request holds what may not stand in a query; it is to be percent-encoded")]
    Query,
    #[error("only known clients are let through here, and the request has no client_id")]
    NoClient,
    #[error("only known clients are let through here, and the request has different client_ids")]
    ConflictingClients,
    #[error("only known clients are let through here, and this client_id has no entry")]
    UnknownClient,
    #[error("no policy is known to apply to what this endpoint leads to")]
    UnknownTarget,
    #[error("this server does not know its public name")]
    NoIssuer,
}

impl Refusal {
    /// Says what happened to a client that speaks `version`.
    pub(super) fn into_answer(self, version: Version) -> Answer {
        let mut answer = page(self.status(), &self, version);
        let headers = answer.headers_mut();
        headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        if let Self::Method(allowed) = self {
            headers.insert(ALLOW, HeaderValue::from_static(allowed));
        }
        answer
    }

    /// Says so in the log, but for a client that is refused, which is told already. The query
    /// stays out of it: state and PKCE values are secrets.
    pub(super) fn tell(self, parts: &Parts, notices: &Notices) {
        if self.status() == StatusCode::FORBIDDEN {
            return;
        }
        let (status, reason) = (self.status().as_u16(), self.to_string());
        notices.refused(&parts.method, parts.uri.path(), status, &reason);
    }

    fn status(self) -> StatusCode {
        match self {
            Self::Unfit(Unfit::Malformed(_)) | Self::BrokenForm | Self::Query => {
                StatusCode::BAD_REQUEST
            }
            Self::Unfit(Unfit::TransferCoding(_)) => StatusCode::NOT_IMPLEMENTED,
            Self::NotFound | Self::NoIssuer => StatusCode::NOT_FOUND,
            Self::Method(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::NoForm => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::LongForm(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::LateForm(_) => StatusCode::REQUEST_TIMEOUT,
            Self::NoClient | Self::ConflictingClients | Self::UnknownClient => {
                StatusCode::FORBIDDEN
            }
            Self::UnknownTarget => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}
