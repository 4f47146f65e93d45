//! The response header fields that hold a URL by this configuration's word.

use http::{
    HeaderName,
    header::{
        ACCEPT_RANGES, AGE, ALLOW, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_ENCODING,
        CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_LOCATION, CONTENT_RANGE, CONTENT_TYPE, DATE,
        ETAG, EXPIRES, LAST_MODIFIED, PROXY_AUTHENTICATE, RETRY_AFTER, SERVER, SET_COOKIE, TRAILER,
        VARY, VIA, WWW_AUTHENTICATE,
    },
};
use toml::Spanned;

use super::Check;
use crate::config::file::File;
use crate::config::report::Problem;
use crate::hop;

impl Check {
    /// Returns the fields in `extra_headers`, each once; those that are no good are left out.
    pub(super) fn extra_headers(&mut self, file: &File) -> Vec<HeaderName> {
        let mut names = Vec::new();
        for text in file.extra_headers.iter().flat_map(|field| &field.value) {
            match extra_header(text) {
                // One that is there already, or is known anyway, does no harm.
                Ok(name) if names.contains(&name) => {}
                Ok(name) => names.push(name),
                Err(problem) => self.problems.push(problem),
            }
        }
        names
    }
}

fn extra_header(text: &Spanned<String>) -> Result<HeaderName, Problem> {
    let shown = text.get_ref().escape_debug();
    let problem = |message: String| Err(Problem::at(&text.span(), message));
    let Ok(name) = HeaderName::from_bytes(text.get_ref().as_bytes()) else {
        return problem(format!("`{shown}` is no name of a header field"));
    };
    if hop::is_hop_by_hop(&name) {
        return problem(format!(
            "`{shown}` is about a connection and is not passed on"
        ));
    }
    if name == CONTENT_LOCATION {
        return problem(format!(
            "`{shown}` says what the answer is; it takes nobody anywhere, so it stays as it is"
        ));
    }
    match WITHOUT_URL.contains(&name) {
        true => problem(format!("`{shown}` holds no URL")),
        false => Ok(name),
    }
}

/// Fields of RFC 9110, 9111 and 6265 that hold something else, of which an answer depends on
/// each byte.
const WITHOUT_URL: [HeaderName; 22] = [
    ACCEPT_RANGES,
    AGE,
    ALLOW,
    CACHE_CONTROL,
    CONTENT_DISPOSITION,
    CONTENT_ENCODING,
    CONTENT_LANGUAGE,
    CONTENT_LENGTH,
    CONTENT_RANGE,
    CONTENT_TYPE,
    DATE,
    ETAG,
    EXPIRES,
    LAST_MODIFIED,
    PROXY_AUTHENTICATE,
    RETRY_AFTER,
    SERVER,
    SET_COOKIE,
    TRAILER,
    VARY,
    VIA,
    WWW_AUTHENTICATE,
];
