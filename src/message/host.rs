//! Host and `:authority`: what they may look like, and when two are the same.

// Addresses without sockets.
use core::net::Ipv6Addr;

use http::{HeaderValue, uri::Authority};

/// Whether both name the same place: case does not count, nor a port that is the default one.
pub(super) fn is_same_host(authority: &Authority, host: &HeaderValue) -> bool {
    let Ok(host) = Authority::try_from(host.as_bytes()) else {
        return false;
    };
    let port = |it: &Authority| it.port_u16().filter(|port| !matches!(port, 80 | 443));
    authority.host().eq_ignore_ascii_case(host.host()) && port(authority) == port(&host)
}

/// Whether `host` is `uri-host [ ":" port ]` (RFC 9110 7.2, RFC 3986 3.2.2), and not empty.
pub fn is_host(host: &[u8]) -> bool {
    let Ok(host) = str::from_utf8(host) else {
        return false;
    };
    let (is_host, rest) = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, rest)) => (address.parse::<Ipv6Addr>().is_ok(), rest),
        None => {
            let (name, rest) = host.split_at(host.find(':').unwrap_or(host.len()));
            (is_name(name), rest)
        }
    };
    is_host && (rest.is_empty() || rest.strip_prefix(':').is_some_and(is_port))
}

/// RFC 3986 3.2.3; it may be empty, but has to be one that exists.
fn is_port(port: &str) -> bool {
    let is_number = port.bytes().all(|byte| byte.is_ascii_digit());
    is_number && (port.is_empty() || port.parse::<u16>().is_ok())
}

/// Whether `name` is a registered name or an IPv4 address, and not empty.
fn is_name(name: &str) -> bool {
    let is_fine = |byte: u8| NAME[usize::from(byte)];
    let is_escape = |rest: &str| {
        let digits = rest.as_bytes().get(..2);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    };
    // Every request has one, and next to none an escape.
    !name.is_empty()
        && name.bytes().all(is_fine)
        && (!name.contains('%') || name.split('%').skip(1).all(is_escape))
}

/// The bytes of a registered name, `%` with them (RFC 3986 3.2.2).
const NAME: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = matches!(
            byte as u8,
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'.' | b'_' | b'~' | b'%'
                | b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'='
        );
        byte += 1;
    }
    table
};
