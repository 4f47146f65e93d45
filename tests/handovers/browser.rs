//! What a browser does with the apps: it asks, keeps cookies, and reads what it gets.

use std::{fmt::Write as _, io::Read as _, net::SocketAddr, time::Duration};

use flate2::read::GzDecoder;
use http_body_util::{BodyExt as _, Full};
use hyper::{
    Request,
    body::Bytes,
    client::conn::http1,
    header::{HeaderMap, HeaderName},
};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

/// What takes longer has failed.
const LIMIT: Duration = Duration::from_secs(60);

/// One visitor of `https://app.example.com`, which listens at an address of this machine.
pub struct Browser {
    address: SocketAddr,
    cookies: Vec<String>,
}

/// An answer of an app, whole and decoded.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub fields: HeaderMap,
    pub body: String,
}

impl Browser {
    pub fn new(address: SocketAddr) -> Self {
        Self {
            address,
            cookies: Vec::new(),
        }
    }

    pub async fn get(&mut self, target: &str, fields: &[(&str, &str)]) -> Answer {
        self.ask("GET", target, fields, "").await
    }

    pub async fn post(&mut self, target: &str, fields: &[(&str, &str)], body: &str) -> Answer {
        self.ask("POST", target, fields, body).await
    }

    async fn ask(
        &mut self,
        method: &str,
        target: &str,
        fields: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(target);
        request = request.header("host", "app.example.com");
        request = request.header("origin", "https://app.example.com");
        if !self.cookies.is_empty() {
            request = request.header("cookie", self.cookies.join("; "));
        }
        for (name, value) in fields {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(Bytes::copy_from_slice(body.as_bytes())));
        let answer = tokio::time::timeout(LIMIT, exchange(self.address, request.unwrap()));
        let answer = answer.await.expect("an answer in time");
        for cookie in answer.fields.get_all("set-cookie") {
            let cookie = cookie.to_str().unwrap().split(';').next().unwrap();
            self.cookies.push(cookie.to_owned());
        }
        answer
    }
}

/// Asks once, on a connection of its own. Fails on a body shorter than its head says.
async fn exchange(address: SocketAddr, request: Request<Full<Bytes>>) -> Answer {
    let stream = TcpStream::connect(address).await.unwrap();
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let (head, body) = sender.send_request(request).await.unwrap().into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let mut text = String::new();
    match head.headers.get("content-encoding") {
        None => text.push_str(str::from_utf8(&body).unwrap()),
        Some(coding) => {
            assert_eq!(coding, "gzip");
            GzDecoder::new(&body[..]).read_to_string(&mut text).unwrap();
        }
    }
    Answer {
        status: head.status.as_u16(),
        fields: head.headers,
        body: text,
    }
}

impl Answer {
    /// The one value of a header field.
    #[track_caller]
    pub fn field(&self, name: &str) -> &str {
        let mut values = self.fields.get_all(name).iter();
        let value = values.next().unwrap_or_else(|| panic!("no {name}"));
        assert_eq!(values.next(), None, "a second {name}");
        value.to_str().unwrap()
    }

    /// The string at `pointer` of the JSON that the body is.
    #[track_caller]
    pub fn json(&self, pointer: &str) -> String {
        string(&self.body, pointer)
    }

    /// The first attribute that begins with `start` and its quote, as a browser reads it.
    #[track_caller]
    pub fn attribute(&self, start: &str) -> String {
        attribute(&self.body, start)
    }

    /// The text between `start` and `end`.
    #[track_caller]
    pub fn between(&self, start: &str, end: &str) -> &str {
        between(&self.body, start, end)
    }

    /// All of it in a text to compare, but for what must differ from one connection to the
    /// next: framing, dates, values of cookies.
    pub fn comparable(&self) -> String {
        let mut lines: Vec<_> = self.fields.iter().filter_map(comparable_line).collect();
        lines.sort();
        let mut text = format!("{}\n", self.status);
        for line in lines {
            writeln!(text, "{line}").unwrap();
        }
        text + "\n" + &self.body
    }
}

fn comparable_line((name, value): (&HeaderName, &hyper::header::HeaderValue)) -> Option<String> {
    let value = value.to_str().unwrap();
    match name.as_str() {
        "connection" | "content-length" | "date" | "etag" | "keep-alive" | "transfer-encoding" => {
            None
        }
        "set-cookie" => Some(format!("{name}: {}", value.split('=').next().unwrap())),
        _ => Some(format!("{name}: {value}")),
    }
}

/// The string at `pointer` of `json`.
#[track_caller]
pub fn string(json: &str, pointer: &str) -> String {
    let json: Value = serde_json::from_str(json).unwrap();
    let found = json.pointer(pointer).and_then(Value::as_str);
    found.unwrap_or_else(|| panic!("no {pointer}")).to_owned()
}

#[track_caller]
fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let (_, rest) = text
        .split_once(start)
        .unwrap_or_else(|| panic!("no {start} in {text}"));
    let (found, _) = rest.split_once(end).unwrap();
    found
}

/// The value of an attribute that begins behind `start`, without its references.
#[track_caller]
pub fn attribute(text: &str, start: &str) -> String {
    unescape(between(text, start, "\""))
}

/// Replaces the character references that these apps write.
fn unescape(text: &str) -> String {
    let quoted = text.replace("&#34;", "\"").replace("&quot;", "\"");
    quoted.replace("&amp;", "&")
}
