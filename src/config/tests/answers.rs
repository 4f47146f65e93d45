use super::*;

fn extra_headers(names: &str) -> Vec<HeaderName> {
    config(&format!("extra_headers = [{names}]\n")).extra_headers
}

#[test]
fn extra_headers_are_read_in_any_case_and_once_each() {
    assert_eq!(config("").extra_headers, [""; 0]);
    assert_eq!(extra_headers(""), [""; 0]);
    assert_eq!(
        extra_headers("'X-Go-To', 'ajax-location', 'x-GO-to'"),
        ["x-go-to", "ajax-location"]
    );
}

#[test]
fn extra_header_that_is_known_does_no_harm() {
    assert_eq!(extra_headers("'Location', 'Link'"), ["location", "link"]);
}

#[test]
fn extra_header_that_holds_no_url_is_refused() {
    assert_eq!(
        problems(
            "extra_headers = ['', 'X-A:', 'é', 'x y', 'X-Fine', 1, 'Connection', 'Content-Location', 'SET-cookie', 'Content-Length']\n"
        ),
        [
            "1:18 `` is no name of a header field",
            "1:22 `X-A:` is no name of a header field",
            "1:30 `é` is no name of a header field",
            "1:35 `x y` is no name of a header field",
            "1:52 `extra_headers` takes strings, not the number 1",
            "1:55 `Connection` is about a connection and is not passed on",
            "1:69 `Content-Location` says what the answer is; it takes nobody anywhere, so it stays as it is",
            "1:89 `SET-cookie` holds no URL",
            "1:103 `Content-Length` holds no URL",
        ]
    );
    assert!(parse_rules("extra_headers = ['TE']", "t.toml").is_err());
}
