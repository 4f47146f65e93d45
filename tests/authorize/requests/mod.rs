//! Requests as nobody should send them, each made from a seed: what means something to an
//! authorize endpoint, put together in ways that have fooled others.

#[rustfmt::skip]
mod parts;

use http::Request;
use parts::{
    ATTACKS, AUTHORITIES, DAMAGE, FIELDS, HOSTS, METHODS, ORIGINS, PAIRS, PATHS, SMUGGLED, TYPES,
    UNFIT, VERSIONS,
};

use crate::hostile::{self, Random, parts::PIECES_OF_QUERY};

/// A request over HTTP/1.1, as bytes. Most end the connection; few are cut short.
pub fn http1(random: &mut Random) -> Vec<u8> {
    let method = match random.below(100) {
        0..60 => "GET",
        60..85 => "POST",
        85..90 => "HEAD",
        _ => random.one(METHODS),
    };
    let mut request = format!("{method} ").into_bytes();
    target(random, &mut request);
    let version = match random.percent(96) {
        true => " HTTP/1.1\r\n",
        false => random.one(VERSIONS),
    };
    let host = match random.percent(90) {
        true => "Host: app.example\r\n",
        false => random.one(HOSTS),
    };
    request.extend(version.bytes().chain(host.bytes()));
    for _ in 0..random.below(4) {
        request.extend(random.one(FIELDS).as_bytes());
    }
    if random.percent(97) {
        request.extend(b"Connection: close\r\n");
    }
    match method {
        "POST" => body(random, &mut request),
        _ => request.extend(b"\r\n"),
    }
    if random.percent(10) {
        damage(random, &mut request);
    }
    request
}

/// A request over HTTP/2 and its body; `None` where what was made is no URI at all.
pub fn http2(random: &mut Random) -> Option<(Request<()>, Vec<u8>)> {
    let authority = random.one(AUTHORITIES);
    let mut path = Vec::new();
    origin_form(random, &mut path);
    let path = String::from_utf8(path).ok()?;
    let method = random.one(&["GET", "GET", "POST", "POST", "HEAD", "OPTIONS", "PUT", "X"]);
    let request = Request::builder().method(method);
    let mut request = request.uri(format!(
        "{}://{authority}{path}",
        random.one(&["http", "https"])
    ));
    for _ in 0..random.below(4) {
        let (name, value) = random.one(FIELDS).trim_end().split_once(": ")?;
        request = request.header(name.to_lowercase(), value);
    }
    let mut form = Vec::new();
    if method == "POST" {
        request = request.header("content-type", random.one(TYPES));
        query(random, &mut form);
    }
    Some((request.body(()).ok()?, form))
}

fn target(random: &mut Random, out: &mut Vec<u8>) {
    match random.below(100) {
        0..70 => origin_form(random, out),
        70..90 => {
            out.extend(random.one(ORIGINS).as_bytes());
            origin_form(random, out);
        }
        _ => out.extend(hostile::reference(random)),
    }
}

fn origin_form(random: &mut Random, out: &mut Vec<u8>) {
    out.extend(match random.percent(70) {
        true => b"/oauth/authorize",
        false => random.one(PATHS).as_bytes(),
    });
    if random.percent(90) {
        out.push(b'?');
        query(random, out);
    }
}

fn query(random: &mut Random, out: &mut Vec<u8>) {
    for piece in 0..random.below(8) {
        if piece > 0 {
            out.push(b'&');
        }
        out.extend(match random.below(100) {
            0..50 => random.one(PAIRS).as_bytes(),
            50..85 => random.one(ATTACKS).as_bytes(),
            85..91 => random.one(UNFIT),
            _ => random.one(PIECES_OF_QUERY),
        });
    }
    match random.below(100) {
        // More than a head may hold, and than a form may.
        0 => out.extend(format!("&state={}", "x".repeat(70_000)).bytes()),
        1 => out.extend("&client_id=a&scope=b".repeat(500).bytes()),
        _ => {}
    }
}

fn body(random: &mut Random, request: &mut Vec<u8>) {
    let mut form = Vec::new();
    query(random, &mut form);
    let media_type = match random.percent(85) {
        true => TYPES[0],
        false => random.one(TYPES),
    };
    request.extend(format!("Content-Type: {media_type}\r\n").bytes());
    let length = form.len();
    match random.below(20) {
        0 => {
            request.extend(b"Transfer-Encoding: gzip, chunked\r\n\r\n");
            request.extend(form);
        }
        1 => {
            // What is left of it looks like another request.
            request.extend(b"Content-Length: 3\r\n\r\n");
            request.extend(form);
            request.extend(SMUGGLED);
        }
        2..6 => {
            let beside = random.one(&["", "", "Content-Length: 5\r\n"]);
            request.extend(
                format!("{beside}Transfer-Encoding: chunked\r\n\r\n{length:x}\r\n").bytes(),
            );
            request.extend(form);
            request.extend(b"\r\n0\r\n\r\n");
        }
        _ => {
            request.extend(format!("Content-Length: {length}\r\n\r\n").bytes());
            request.extend(form);
        }
    }
}

fn damage(random: &mut Random, request: &mut Vec<u8>) {
    for _ in 0..=random.below(3) {
        let at = random.below(request.len());
        match random.below(3) {
            0 => request[at] = random.next() as u8,
            1 => request.insert(at, random.next() as u8),
            _ => _ = request.splice(at..at, random.one(DAMAGE).bytes()),
        }
    }
}
