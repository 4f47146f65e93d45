//! How large the head of a request is by the measure of HTTP/1.1, in which the
//! limits are written: HTTP/2 has a field for each cookie (RFC 9113 8.2.3), and
//! counts 32 bytes more for every field (RFC 9113 6.5.2).

use http::{
    HeaderMap, Request,
    header::{COOKIE, HOST},
};

/// Field lines, with the cookies in one.
pub(super) fn fields(headers: &HeaderMap) -> usize {
    headers.len() - joined(headers)
}

/// Bytes of the head, with the cookies in one line.
pub(super) fn size<B>(request: &Request<B>) -> usize {
    let (uri, headers) = (request.uri(), request.headers());
    let target = uri.path_and_query().map_or(1, |it| it.as_str().len());
    let start = request.method().as_str().len() + " ".len() + target + " HTTP/1.1\r\n".len();
    let host = uri.authority().filter(|_| !headers.contains_key(HOST));
    let host = host.map_or(0, |host| line("host", host.as_str().as_bytes()));
    let lines = headers.iter();
    let lines = lines.map(|(name, value)| line(name.as_str(), value.as_bytes()));
    let saved = joined(headers) * (line("cookie", b"") - "; ".len());
    start + host + lines.sum::<usize>() - saved + "\r\n".len()
}

/// How many lines fewer there are when the cookies are in one.
fn joined(headers: &HeaderMap) -> usize {
    let cookies = headers.get_all(COOKIE).iter().count();
    cookies.saturating_sub(1)
}

fn line(name: &str, value: &[u8]) -> usize {
    name.len() + ": ".len() + value.len() + "\r\n".len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn head_counts_as_in_http1_with_its_cookies_in_one_line() {
        let request = Request::post("https://a.example/b?c=d")
            .header("accept", "*/*")
            .header("cookie", "e=f")
            .header("cookie", "g=h")
            .header("cookie", "i=j")
            .body(())
            .unwrap();
        let joined = "POST /b?c=d HTTP/1.1\r\nhost: a.example\r\naccept: */*\r\n\
            cookie: e=f; g=h; i=j\r\n\r\n";
        assert_eq!(size(&request), joined.len());
        assert_eq!(fields(request.headers()), 2);
    }

    #[test]
    fn host_counts_once() {
        let request = Request::get("https://a/").header("host", "a");
        let written = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";
        assert_eq!(size(&request.body(()).unwrap()), written.len());
    }
}
