//! Whether a message is about the identity of a whole connection: schemes such as NTLM and
//! Negotiate let an app authenticate the TCP connection, not the request (RFC 4559 section 6,
//! against RFC 9110 sections 3.3 and 11).

use http::{
    HeaderMap, HeaderName, Response, StatusCode,
    header::{AUTHORIZATION, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, WWW_AUTHENTICATE},
};

/// Whether a request with these fields may authenticate the connection that it goes on.
pub(super) fn is_given(headers: &HeaderMap) -> bool {
    names_scheme(headers, &AUTHORIZATION) || names_scheme(headers, &PROXY_AUTHORIZATION)
}

/// Whether `response` asks for a request that would.
pub(super) fn is_asked_for<B>(response: &Response<B>) -> bool {
    let asks = matches!(
        response.status(),
        StatusCode::UNAUTHORIZED | StatusCode::PROXY_AUTHENTICATION_REQUIRED
    );
    let headers = response.headers();
    asks && (names_scheme(headers, &WWW_AUTHENTICATE) || names_scheme(headers, &PROXY_AUTHENTICATE))
}

fn names_scheme(headers: &HeaderMap, name: &HeaderName) -> bool {
    // Most messages have none, which is the cheaper question.
    headers.contains_key(name) && {
        let mut lines = headers.get_all(name).iter();
        lines.any(|line| has_scheme(line.as_bytes()))
    }
}

/// Whether an element of the list begins with such a scheme. One too many only costs a
/// connection, one too few is another client's identity: where an escape, or a quote without
/// an end, leaves open what is quoted, nothing counts as quoted.
fn has_scheme(list: &[u8]) -> bool {
    if !list.contains(&b',') {
        return begins_with_scheme(list);
    }
    let quotes = list.iter().filter(|byte| **byte == b'"').count();
    let is_clear = quotes % 2 == 0 && !list.contains(&b'\\');
    let mut is_quoted = false;
    let mut elements = list.split(|byte| {
        is_quoted ^= *byte == b'"' && is_clear;
        *byte == b',' && !is_quoted
    });
    elements.any(begins_with_scheme)
}

fn begins_with_scheme(element: &[u8]) -> bool {
    let element = element.trim_ascii_start();
    let end = element
        .iter()
        .position(|byte| !byte.is_ascii_alphanumeric());
    let word = &element[..end.unwrap_or(element.len())];
    SCHEMES
        .iter()
        .any(|scheme| word.eq_ignore_ascii_case(scheme))
}

/// Those that authenticate a connection. Negotiate's relatives are not registered, but some
/// servers of Windows know them.
const SCHEMES: [&[u8]; 4] = [b"ntlm", b"negotiate", b"nego2", b"kerberos"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemes_of_connections_are_found_wherever_a_list_names_them() {
        for list in [
            "NTLM",
            "ntlm TlRMTVNTUAABAAAA==",
            "Negotiate YII=",
            "negotiate\toXQ=",
            " \tNTLM",
            "Kerberos",
            "Nego2 a",
            "Basic realm=\"a\", NTLM",
            "Basic realm=\"a, b\",Negotiate,Bearer",
            "Digest realm=\"a\", nonce=\"b\", NTLM TlRM==",
            ",, NTLM",
            "NTLM, Basic realm=\"a\"",
            "NTLM;",
            "NTLM=",
        ] {
            assert!(has_scheme(list.as_bytes()), "{list}");
        }
    }

    #[test]
    fn other_schemes_and_what_is_quoted_are_not_taken_for_one() {
        for list in [
            "",
            "Basic bnRsbTpudGxt",
            "Bearer NTLM",
            "Basic realm=\"NTLM\"",
            "Digest realm=\"a, NTLM, Negotiate b\", nonce=\"NTLM\"",
            "Digest username=NTLM, realm=\"a\"",
            "Basic realm=\"say \\\"NTLM\\\"\"",
            "NTLMv9000",
            "XNTLM",
            "Basic, Bearer, DPoP",
        ] {
            assert!(!has_scheme(list.as_bytes()), "{list}");
        }
    }

    #[test]
    fn quotes_that_may_be_read_in_two_ways_hide_nothing() {
        for list in [
            "Basic realm=\"a, NTLM",
            "Basic realm=\"a\\\", NTLM",
            "Basic realm=\"a\\\", NTLM, x=\"b\"",
            "Basic realm=\"\\\"\", NTLM, x=\"b\"",
        ] {
            assert!(has_scheme(list.as_bytes()), "{list}");
        }
    }

    #[test]
    fn every_line_counts_and_a_challenge_only_with_its_status() {
        let answer = |status, name: &HeaderName| {
            let answer = Response::builder().status(status);
            let answer = answer.header(name, "Basic realm=\"a\"");
            answer.header(name, "NTLM").body(()).unwrap()
        };
        for (status, name, asks) in [
            (401, WWW_AUTHENTICATE, true),
            (401, PROXY_AUTHENTICATE, true),
            (407, PROXY_AUTHENTICATE, true),
            (407, WWW_AUTHENTICATE, true),
            (200, WWW_AUTHENTICATE, false),
            (403, WWW_AUTHENTICATE, false),
            (401, AUTHORIZATION, false),
        ] {
            let answer = answer(status, &name);
            assert_eq!(is_asked_for(&answer), asks, "{status} {name}");
        }
        for name in [AUTHORIZATION, PROXY_AUTHORIZATION] {
            assert!(is_given(answer(200, &name).headers()), "{name}");
        }
        assert!(!is_given(answer(200, &WWW_AUTHENTICATE).headers()));
    }
}
