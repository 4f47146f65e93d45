//! Request lines: targets and methods that are seldom seen.

use crate::fields::{exchange, ok};
use crate::raw::latin1;

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

pub fn odd() -> String {
    let brackets = passed(b"/odd/[a]|b?q=[1]|2");
    let quote = passed(b"/odd/\"a\"?q=\"1\"");
    both("[]|", &brackets, "\"", &quote)
}

pub fn eight_bit() -> String {
    let utf8 = passed("/caf\u{e9}?q=1".as_bytes());
    let latin1 = passed(b"/cafe?q=caf\xe9");
    both("UTF-8", &utf8, "Latin-1", &latin1)
}

pub fn dots() -> String {
    passed(b"/dots//a/./b/../c/%2F%41%e9?q=1&&z=%7e+b%20c")
}

pub fn method() -> String {
    let (request, response) = exchange("FOO /x HTTP/1.1\r\nHost: app\r\n\r\n", OK);
    ok(request.starts_with("FOO /x HTTP/1.1\r\n"), &response)
}

/// `same` if the app gets the target byte by byte; else the status, or what it got.
fn passed(target: &[u8]) -> String {
    let request = [b"GET ", target, b" HTTP/1.1\r\nHost: app\r\n\r\n"].concat();
    let (found, response) = exchange(request, OK);
    let found = found.split(' ').nth(1);
    match found {
        Some(found) if found == latin1(target) => "same".to_owned(),
        Some(found) => found.to_owned(),
        None => ok(false, &response),
    }
}

fn both(first: &str, found: &str, second: &str, other: &str) -> String {
    if found == other {
        found.to_owned()
    } else {
        format!("{first} {found}, {second} {other}")
    }
}
