//! Fields beside `Location` that take a browser somewhere, to the byte.

use crate::corpus;
use crate::http2_client::{Client, request};
use crate::raw::{App, Wire};
use crate::running::Rescope;

const GET: &str = "GET /login HTTP/1.1\r\nHost: app.example\r\n\r\n";
const BEFORE: &str = "https://zoom.us/oauth/authorize?client_id=a&scope=x%20y&state=s";
const AFTER: &str = "https://zoom.us/oauth/authorize?client_id=a&state=s";

/// A line of each field, spelled as some app may; `@` stands for the URL.
const LINES: [&str; 18] = [
    "Location: @",
    "Refresh: 0; url=@",
    "refresh: 5;URL='@'",
    "Link: </a.css>; rel=preload; as=style, <@>; rel=\"next\"; title=\"a, b\" , </b>;rel=prev",
    "LINK: <@>;rel=prefetch,<@>;rel=last",
    "X-Inertia-Location: @",
    "X-Inertia-Redirect: @",
    "HX-Redirect: @",
    "HX-Location: @",
    "hx-LOCATION: {\"target\":\"#a\", \"path\" : \"@\"}",
    "HX-Location: path:@ target:#a",
    "X-Remix-Redirect: @",
    "x-action-redirect: @;push",
    "x-action-redirect: @;replace",
    "x-nextjs-redirect: @",
    "Turbolinks-Location: @",
    "X-Turbo-Location: @",
    "x-turbo-location: @#f",
];

/// Lines that stay, though the URL is in them.
const OTHERS: [&str; 9] = [
    "Content-Location: @",
    "Link: <@>; rel=preload, <@>; rel=canonical; title=\"; rel=next\"",
    "Refresh: soon; url=@",
    "HX-Push-Url: @",
    "HX-Location: {\"path\":\"/a\",\"values\":{\"path\":\"@\"}}",
    "X-Location: @",
    "X-Go-To: @",
    "Set-Cookie: next=@",
    "x-action-revalidated: @;push",
];

#[test]
fn each_field_is_rewritten_whatever_the_status() {
    let (mut client, mut server, _running) = connected("");
    for status in ["200 OK", "204 No Content", "303 See Other", "409 Conflict"] {
        for line in LINES {
            let answer = |url: &str| answer(status, &[&line.replace('@', url)]);
            assert_eq!(server.head(), GET);
            server.send(answer(BEFORE));
            assert_eq!(client.head(), answer(AFTER), "{status} {line}");
            client.send(GET);
        }
    }
}

#[test]
fn other_fields_stay() {
    let (mut client, mut server, _running) = connected("");
    for line in OTHERS {
        let answer = answer("200 OK", &[&line.replace('@', BEFORE)]);
        assert_eq!(server.head(), GET);
        server.send(&answer);
        assert_eq!(client.head(), answer);
        client.send(GET);
    }
}

#[test]
fn each_line_of_each_field_is_treated_by_itself() {
    let (mut client, mut server, _running) = connected("");
    let answer = |url: &str| {
        let written = |line: &str| line.replace('@', url);
        let lines = [
            "Link: </a>; rel=next".to_owned(),
            written("link: <@>; rel=next"),
            "Link: not a link at all".to_owned(),
            written("LINK: <@>; rel=prev"),
            "Refresh: 5".to_owned(),
            written("Refresh: 0; url=@"),
            "HX-Location: {".to_owned(),
            written("hx-location: @"),
        ];
        answer("200 OK", &lines.each_ref().map(String::as_str))
    };
    server.head();
    server.send(answer(BEFORE));
    assert_eq!(client.head(), answer(AFTER));
}

#[test]
fn corpus_is_answered_in_its_own_fields() {
    let (mut client, mut server, _running) = connected("");
    let lines = corpus::header_lines();
    assert_eq!(lines.len(), 2);
    for line in lines {
        let answer = |value: &str| answer("200 OK", &[&format!("{}: {value}", line.field)]);
        assert_eq!(server.head(), GET);
        server.send(answer(&line.before));
        assert_eq!(client.head(), answer(&line.after), "{}", line.name);
        client.send(GET);
    }
}

#[test]
fn twice_is_once() {
    let app = App::start();
    let inner = Rescope::start(app.address());
    let outer = Rescope::start(inner.address);
    let mut client = outer.client();
    client.send(GET);
    let mut server = app.accept();
    for line in LINES {
        let answer = |url: &str| answer("200 OK", &[&line.replace('@', url)]);
        server.head();
        server.send(answer(BEFORE));
        assert_eq!(client.head(), answer(AFTER), "{line}");
        client.send(GET);
    }
}

#[test]
fn dry_run_changes_no_field() {
    let (mut client, mut server, _running) = connected("dry_run = true");
    for line in LINES {
        let answer = answer("200 OK", &[&line.replace('@', BEFORE)]);
        server.head();
        server.send(&answer);
        assert_eq!(client.head(), answer);
        client.send(GET);
    }
}

#[test]
fn extra_headers_hold_a_url_and_no_more() {
    let (mut client, mut server, _running) =
        connected("extra_headers = ['X-GO-to', 'Ajax-Location', 'Refresh']");
    let answer = |url: &str| {
        let lines = ["x-go-to: @", "Ajax-Location: @#f", "Refresh: 0;url=@"];
        let lines = lines.map(|line| line.replace('@', url));
        let stays = format!("X-Go-To: 0;url={BEFORE}");
        let mut lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        lines.insert(1, &stays);
        answer("200 OK", &lines)
    };
    server.head();
    server.send(answer(BEFORE));
    assert_eq!(client.head(), answer(AFTER));
}

#[test]
fn fields_are_rewritten_for_clients_of_http2() {
    let app = App::start();
    let rescope = Rescope::start(app.address());
    let mut client = Client::connect(rescope.address);
    for line in LINES {
        let sent = client.send(request("/login"), true);
        let mut server = app.accept();
        server.head();
        // One connection for each, so that nothing waits for the next.
        let lines = [&*line.replace('@', BEFORE), "Connection: close"];
        server.send(answer("200 OK", &lines));
        let response = client.block_on(sent.answer).unwrap();
        let (name, value) = line.split_once(':').unwrap();
        let expected = value.trim_start().replace('@', AFTER);
        assert_eq!(response.headers()[name.to_lowercase()], expected, "{line}");
    }
}

fn connected(configuration: &str) -> (Wire, Wire, Rescope) {
    let app = App::start();
    let rescope = Rescope::configured(app.address(), configuration);
    let mut client = rescope.client();
    client.send(GET);
    (client, app.accept(), rescope)
}

/// An answer without a body that holds `lines` among others.
fn answer(status: &str, lines: &[&str]) -> String {
    let lines = lines.join("\r\n");
    let length = match status.starts_with("204") {
        true => "",
        false => "Content-Length: 0\r\n",
    };
    format!(
        "HTTP/1.1 {status}\r\nServer: app\r\n{lines}\r\nSet-Cookie: a=1\r\n{length}B: 2\r\n\r\n"
    )
}
