//! Bodies: that of a request, which tells whether it is still on its way, and
//! that of an answer, which drives its connection while it is read and gives
//! it back when it has ended. Neither waits for ever, and what broke off
//! never looks complete.

mod request;
mod response;

pub use request::{BrokenRequest, RequestBody};
pub use response::{BrokenResponse, ResponseBody};

pub(super) use {request::Upload, response::Carrier};
