//! An app that answers every request alike, on as many connections as there are.

use std::{
    io::{BufRead, BufReader, Read, Write, copy, sink},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    thread,
};

/// Starts one that sends a body of `length` bytes. It lives as long as the tests.
pub fn start(length: usize) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            thread::spawn(move || serve(stream, length));
        }
    });
    address
}

/// Answers until the connection ends; `None` is that end.
fn serve(mut stream: TcpStream, length: usize) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n").into_bytes();
    answer.resize(answer.len() + length, b'.');
    loop {
        let mut body = 0;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).ok()? == 0 {
                return None;
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                body = value.trim().parse().ok()?;
            }
            if line == "\r\n" {
                break;
            }
        }
        copy(&mut reader.by_ref().take(body), &mut sink()).ok()?;
        stream.write_all(&answer).ok()?;
    }
}
