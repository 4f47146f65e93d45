//! Ten thousand hostile requests: no answer leads anywhere but to the target.

use std::{
    collections::BTreeMap,
    io::{ErrorKind, Read, Write},
    net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream},
    thread,
    time::Duration,
};

use url::{Position, Url};

use crate::hostile::Random;
use crate::http2_client::Client;
use crate::program::Program;
use crate::raw::{LIMIT, latin1};
use crate::{ON_ITS_OWN, ON_THE_PROXYS, TO, requests};

/// Over HTTP/1.1, in as many threads as there are seeds; each on a connection of its own.
const REQUESTS: usize = 10_000;
const SEEDS: usize = 20;

/// On a listener with an app behind.
const PROXIED_REQUESTS: usize = 1_000;

/// Over HTTP/2.
const HTTP2_REQUESTS: usize = 1_000;

/// How many answers there were of each kind.
type Counts = BTreeMap<u16, usize>;

#[test]
fn ten_thousand_hostile_requests_lead_nowhere_but_to_the_target() {
    let program = start();
    let counts = attack_from_all_sides(program.addresses[1], REQUESTS, refuses);
    let count = |statuses: &[u16]| {
        statuses
            .iter()
            .filter_map(|it| counts.get(it))
            .sum::<usize>()
    };
    // Some are refused before anybody looks at them, but most have to reach what is tried.
    assert!(count(&[302, 303]) > 2_000, "{counts:?}");
    for status in [302, 303, 400, 404, 405, 413, 415, 431] {
        assert!(count(&[status]) >= 5, "{status}: {counts:?}");
    }
    assert!(count(&[200]) >= 5, "the documents too: {counts:?}");
    assert!(
        counts.values().sum::<usize>() > REQUESTS * 8 / 10,
        "{counts:?}"
    );
    assert_eq!(program.end().matches(" ERROR ").count(), 0);
}

/// What is not for the endpoint the app answers, which never redirects.
#[test]
fn hostile_requests_on_the_proxys_listener_lead_nowhere_but_to_the_target() {
    let app = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let upstream = app.local_addr().unwrap();
    let text = format!(
        "listen = '127.0.0.1:0'\nupstream = 'http://{upstream}'\ntimeouts.body_idle = '2s'\n{ON_THE_PROXYS}"
    );
    thread::spawn(move || {
        for stream in app.incoming().map_while(Result::ok) {
            thread::spawn(|| answer_once(stream));
        }
    });
    let program = Program::start("error", 1, &text);
    let counts = attack_from_all_sides(program.addresses[0], PROXIED_REQUESTS, |_| true);
    for status in [200, 302, 303, 400] {
        assert!(counts.get(&status) > Some(&20), "{status}: {counts:?}");
    }
}

#[test]
fn hostile_requests_over_http2_lead_nowhere_but_to_the_target() {
    let program = start();
    let mut random = Random::new(2);
    let mut counts = Counts::new();
    let mut client = Client::connect(program.addresses[1]);
    for number in 0..HTTP2_REQUESTS {
        let Some((request, form)) = requests::http2(&mut random) else {
            continue;
        };
        if number % 50 == 0 {
            // A connection ends when too many of its requests were malformed.
            client = Client::connect(program.addresses[1]);
        }
        let shown = format!("{request:?}");
        let mut sent = client.send(request, form.is_empty());
        if !form.is_empty() {
            // It may have been answered by now.
            let _ = sent.body.send_data(form.into(), true);
        }
        let Ok(answer) = client.block_on(sent.answer) else {
            continue;
        };
        let locations = answer.headers().get_all("location").iter();
        let locations: Vec<_> = locations.map(|it| it.to_str().unwrap()).collect();
        let status = answer.status().as_u16();
        check(status, &locations, &shown, refuses);
        *counts.entry(status).or_default() += 1;
    }
    let redirects = [302, 303]
        .iter()
        .filter_map(|it| counts.get(it))
        .sum::<usize>();
    assert!(redirects > HTTP2_REQUESTS / 10, "{counts:?}");
    assert!(
        counts.values().sum::<usize>() > HTTP2_REQUESTS / 3,
        "{counts:?}"
    );
}

/// What the other tests rely on.
#[test]
#[should_panic(expected = "leads elsewhere")]
fn redirect_elsewhere_is_found() {
    let location = "https://zoom.us/oauth/authorize.evil.example";
    check(302, &[location], "", refuses);
}

fn start() -> Program {
    let text = format!("listen = '127.0.0.1:0'\ntimeouts.body_idle = '2s'\n{ON_ITS_OWN}");
    Program::start("warn", 2, &text)
}

/// Sends so many requests; `is_fine` knows the other answers than redirects.
fn attack_from_all_sides(address: SocketAddr, count: usize, is_fine: fn(u16) -> bool) -> Counts {
    thread::scope(|scope| {
        let attack = |seed| move || attack(address, seed as u64, count / SEEDS, is_fine);
        let threads: Vec<_> = (0..SEEDS).map(|seed| scope.spawn(attack(seed))).collect();
        let mut all = Counts::new();
        for thread in threads {
            for (status, count) in thread.join().unwrap() {
                *all.entry(status).or_default() += count;
            }
        }
        all
    })
}

fn attack(address: SocketAddr, seed: u64, count: usize, is_fine: fn(u16) -> bool) -> Counts {
    let mut random = Random::new(seed);
    let mut counts = Counts::new();
    for number in 0..count {
        let mut request = requests::http1(&mut random);
        if number % 2 == 0 {
            // Else nobody is told where the endpoint is.
            name_itself(&mut request, address);
        }
        let answers = ask(address, &request);
        let what = format!("seed {seed}, request {number}: {}", request.escape_ascii());
        for answer in answers
            .split("HTTP/1.1 ")
            .flat_map(|it| it.split("HTTP/1.0 "))
            .skip(1)
        {
            if answer.is_empty() {
                continue;
            }
            let status = answer[..3].parse().unwrap();
            let fields = answer.lines().filter_map(|line| line.split_once(": "));
            let locations = fields.filter(|it| it.0.eq_ignore_ascii_case("location"));
            let locations: Vec<_> = locations.map(|it| it.1).collect();
            check(status, &locations, &what, is_fine);
            if answer.contains("application/json") {
                check_document(answer, address, &what);
            }
            *counts.entry(status).or_default() += 1;
        }
    }
    counts
}

/// Has an honest Host name the address that is asked.
fn name_itself(request: &mut Vec<u8>, address: SocketAddr) {
    let host = b"\r\nHost: app.example\r\n";
    if let Some(at) = request.windows(host.len()).position(|it| it == host) {
        let own = format!("\r\nHost: {address}\r\n");
        request.splice(at..at + host.len(), own.bytes());
    }
}

/// Sends a request and returns all that comes for it, to the end of the connection.
fn ask(address: SocketAddr, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_nodelay(true).unwrap();
    // It may be refused before it is read.
    let _ = stream.write_all(request);
    let mut answers = Vec::new();
    // One that is cut short waits for more: where another that came later has its answer, and
    // this one has none, it is told that there is no more.
    if !read_for(PATIENCE, &mut stream, &mut answers) {
        let mut later = TcpStream::connect(address).unwrap();
        let whole = b"GET / HTTP/1.1\r\nHost: app.example\r\nConnection: close\r\n\r\n";
        later.write_all(whole).unwrap();
        assert!(read_for(LIMIT, &mut later, &mut Vec::new()), "all hang");
        if !read_for(PATIENCE, &mut stream, &mut answers) {
            let _ = stream.shutdown(Shutdown::Write);
            let has_ended = read_for(LIMIT, &mut stream, &mut answers);
            assert!(has_ended, "it hangs: {}", request.escape_ascii());
        }
    }
    latin1(&answers)
}

/// Reads to the end, however it comes; `false` if nothing came for so long.
fn read_for(wait: Duration, stream: &mut TcpStream, answers: &mut Vec<u8>) -> bool {
    stream.set_read_timeout(Some(wait)).unwrap();
    let read = stream.read_to_end(answers);
    !read.is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
}

/// Whether a listener with nothing but the endpoint may answer with this: a refusal, the
/// documents, or that it waits for a form.
fn refuses(status: u16) -> bool {
    matches!(status, 100 | 200 | 400..=499 | 501)
}

/// The app's part: one answer, whatever it is asked.
fn answer_once(mut stream: TcpStream) {
    let mut head = Vec::new();
    let mut chunk = [0; 4096];
    while !head.windows(4).any(|it| it == b"\r\n\r\n") {
        match stream.read(&mut chunk) {
            Ok(count) if count > 0 => head.extend_from_slice(&chunk[..count]),
            _ => return,
        }
    }
    let answer = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 3\r\n\r\napp";
    let _ = stream.write_all(answer.as_bytes());
}

/// Fails unless an answer is a redirect to the target or none at all.
#[track_caller]
fn check(status: u16, locations: &[&str], what: &str, is_fine: fn(u16) -> bool) {
    if !(300..400).contains(&status) {
        assert_eq!(locations, [""; 0], "{status} with a location: {what}");
        assert!(is_fine(status), "{status}: {what}");
        return;
    }
    assert!(matches!(status, 302 | 303), "{status}: {what}");
    let [location] = locations else {
        panic!("{} locations: {what}", locations.len());
    };
    let rest = location.strip_prefix(TO);
    let is_target = rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('?'));
    assert!(is_target, "{location} leads elsewhere: {what}");
    assert!(
        location.bytes().all(|byte| byte.is_ascii_graphic()),
        "{location}: {what}"
    );
    let url = Url::parse(location).unwrap();
    assert_eq!(&url[..Position::AfterPath], TO, "{what}");
    assert_eq!(url.fragment(), None, "{what}");
    // Everybody's policy is to strip.
    let is_stripped = url.query_pairs().all(|(name, _)| name != "scope");
    assert!(is_stripped, "{location} has a scope: {what}");
}

/// Fails unless a document is about this machine, whatever was asked.
#[track_caller]
fn check_document(answer: &str, own: SocketAddr, what: &str) {
    let (_, text) = answer.split_once("\r\n\r\n").unwrap();
    if text.is_empty() {
        // That for a HEAD.
        return;
    }
    let document: serde_json::Value = serde_json::from_str(text).unwrap();
    let port = own.port();
    let issuers = ["127.0.0.1", "localhost", "[::1]"].map(|host| format!("http://{host}:{port}"));
    let issuer = document["issuer"].as_str().unwrap();
    assert!(issuers.iter().any(|it| it == issuer), "{issuer}: {what}");
    assert!(!text.contains("evil"), "{what}");
}

/// Long enough for nearly every answer; one that takes longer is only slower to test.
const PATIENCE: Duration = Duration::from_millis(125);
