//! What is between the client and the app alone: credentials, conditions, ranges,
//! codings, caching. None of it changes, and none of it is made up here.

use crate::raw::{App, field};
use crate::running::{Rescope, exchange};

const GET: &str = "GET / HTTP/1.1\r\nHost: app\r\n\r\n";
const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

#[test]
fn credentials_and_challenges_pass() {
    let request = "GET / HTTP/1.1\r\nHost: app\r\nAuthorization: Digest a=\"b, c\"\r\n\
        Authorization: Basic x\r\nProxy-Authorization: Basic y\r\nCookie: a=1\r\nCookie: b=2\r\n\r\n";
    let response = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"a, b\", Negotiate\r\n\
        WWW-Authenticate: Bearer\r\nProxy-Authenticate: Basic\r\nAuthentication-Info: a=b\r\n\
        Content-Length: 0\r\n\r\n";
    let seen = exchange(request, response);
    assert_eq!((&*seen.request, &*seen.response), (request, response));
}

#[test]
fn conditions_and_ranges_pass() {
    let request = "GET / HTTP/1.1\r\nHost: app\r\nIf-Match: \"a\", W/\"b\"\r\nIf-None-Match: *\r\n\
        If-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT\r\nIf-Unmodified-Since: nonsense\r\n\
        If-Range: \"a\"\r\nRange: bytes=0-1,-2\r\nCache-Control: no-cache\r\nPragma: no-cache\r\n\r\n";
    for response in [
        "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-1/9\r\nContent-Length: 2\r\nETag: \"a\"\r\n\r\nok",
        "HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\nCache-Control: max-age=1\r\nVary: *\r\n\r\n",
        "HTTP/1.1 412 Precondition Failed\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 416 Range Not Satisfiable\r\nContent-Range: bytes */9\r\nContent-Length: 0\r\n\r\n",
    ] {
        let seen = exchange(request, response);
        assert_eq!((&*seen.request, &*seen.response), (request, response));
    }
}

/// Nothing here changes content, with `no-transform` (RFC 9110 7.7) or without.
#[test]
fn content_is_never_transformed() {
    let request = "GET / HTTP/1.1\r\nHost: app\r\nAccept-Encoding: gzip, br;q=0\r\nAccept: */*\r\n\
        Cache-Control: no-transform\r\n\r\n";
    let response = "HTTP/1.1 200 OK\r\nCache-Control: no-transform\r\nContent-Encoding: gzip\r\n\
        Content-Type: text/html; charset=latin1\r\nContent-Length: 75\r\nETag: \"a\"\r\n\
        Digest: sha-256=x\r\n\r\n\
        <a href=\"https://zoom.us/oauth/authorize?client_id=a&scope=b&state=c\">\0\u{1}</a";
    let seen = exchange(request, response);
    assert_eq!((&*seen.request, &*seen.response), (request, response));
}

#[test]
fn what_the_app_says_of_itself_passes() {
    for response in [
        "HTTP/1.1 405 Method Not Allowed\r\nAllow: \r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 405 Method Not Allowed\r\nAllow: GET, HEAD\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 421 Misdirected Request\r\nVary: *\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nProxy-Status: other\r\n\
         Content-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nReferrer-Policy: no-referrer\r\nStrict-Transport-Security: max-age=1\r\n\
         Alt-Svc: h2=\":443\"\r\nContent-Security-Policy: default-src 'none'\r\nContent-Length: 0\r\n\r\n",
    ] {
        assert_eq!(exchange(GET, response).response, response);
    }
}

/// RFC 9700 4.12: another status would make a browser send a form again, elsewhere.
#[test]
fn status_of_a_rewritten_redirect_stays() {
    for status in ["301 Moved", "302 Found", "303 See Other", "307 T", "308 P"] {
        let answer = |location: &str| {
            format!(
                "HTTP/1.1 {status}\r\nLocation: {location}\r\nCache-Control: no-transform\r\n\
                 Referrer-Policy: origin\r\nContent-Length: 0\r\n\r\n"
            )
        };
        let seen = exchange(
            GET,
            answer("https://zoom.us/oauth/authorize?client_id=a&scope=b&state=c"),
        );
        let expected = answer("https://zoom.us/oauth/authorize?client_id=a&state=c");
        assert_eq!(seen.response, expected);
    }
}

/// Nothing is made of what the client sent: who has no redirect gets none.
#[test]
fn no_redirect_comes_from_a_request() {
    let location = "https://zoom.us/oauth/authorize?client_id=a&scope=b";
    let request = format!(
        "GET /?next={location} HTTP/1.1\r\nHost: app\r\nLocation: {location}\r\nReferer: {location}\r\n\r\n"
    );
    let seen = exchange(&request, OK);
    assert_eq!((&*seen.request, &*seen.response), (&*request, OK));
    let malformed = format!("GET {location} HTTP/1.1\r\nHost: a\r\nHost: {location}\r\n\r\n");
    let app = App::start();
    let mut client = Rescope::start(app.address()).client();
    client.send(malformed);
    let answer = client.rest();
    assert_eq!(field(&answer, "location"), None, "{answer}");
    assert!(!answer.contains("zoom"), "{answer}");
}
