//! What fails the test, and the table that shows it all.

use crate::{case::Case, client::Seen, judge::Verdict};

/// What became of one case behind each proxy.
pub struct Outcome {
    pub case: Case,
    pub rescope: (Seen, Verdict),
    /// HAProxy and nginx.
    pub peers: [(Seen, Verdict); 2],
}

/// Cases that rescope may pass on though both others refuse them: group, name, and what
/// lets or makes it.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    (
        "absolute target against Host",
        "absolute target, empty Host",
        "RFC 9112 3.2.2: a proxy ignores the Host that came with an absolute target",
    ),
    ("h2: trailers", "host: evil.example", DISCARDED),
    ("h2: trailers", "host: evil.example, announced", DISCARDED),
    ("h2: trailers", "content-length: 50", DISCARDED),
    ("h2: trailers", "content-length: 50, announced", DISCARDED),
    (
        "h2: CONNECT",
        "extended, websocket, a request as DATA",
        "RFC 8441 5: a WebSocket, whose bytes the app gets only after its 101",
    ),
];

/// Cases that are not refused as they should be, since the libraries beneath show nothing of
/// the fault; what is wrong with them is gone when they reach the app.
const NOT_SEEN: &[(&str, &str, &str)] = &[
    (
        "both framings",
        "GET, Content-Length after, no number",
        UNREAD,
    ),
    (
        "both framings",
        "GET, Content-Length after, two that differ",
        UNREAD,
    ),
    (
        "both framings",
        "POST, Content-Length after, no number",
        UNREAD,
    ),
    (
        "both framings",
        "POST, Content-Length after, two that differ",
        UNREAD,
    ),
    (
        "line ends of chunks",
        "bare LF at the end",
        "hyper takes the LF for the start of trailers and waits for their end, up to a limit",
    ),
    ("h2: trailers", ":path: /smuggled", DROPPED),
    ("h2: trailers", ":method: GET", DROPPED),
    ("h2: trailers", ":authority: evil.example", DROPPED),
    ("h2: trailers", ":status: 200", DROPPED),
    ("h2: trailers", ":path: /smuggled, announced", DROPPED),
    ("h2: trailers", ":method: GET, announced", DROPPED),
    (
        "h2: trailers",
        ":authority: evil.example, announced",
        DROPPED,
    ),
    ("h2: trailers", ":status: 200, announced", DROPPED),
];

const UNREAD: &str =
    "hyper drops a Content-Length behind a Transfer-Encoding unread (RFC 9112 6.3)";
const DROPPED: &str = "h2 drops pseudo-header fields from trailers without a word";

/// The rest of the request is an ordinary one; nginx refuses any trailer.
const DISCARDED: &str = "RFC 9110 6.5.1: trailers may be discarded, as these are";

/// Makes sure that each exception is one of a case.
pub fn check_exceptions(cases: &[Case]) {
    for (group, name, _) in EXCEPTIONS.iter().chain(NOT_SEEN) {
        let is_known = |it: &Case| it.group == *group && it.name == *name;
        assert!(cases.iter().any(is_known), "no case {group}: {name}");
    }
}

/// Returns the rules that are broken, with the bytes that broke them.
pub fn failure(outcome: &Outcome) -> Option<String> {
    let rules = broken_rules(outcome);
    (!rules.is_empty()).then(|| describe(outcome, &rules))
}

fn broken_rules(outcome: &Outcome) -> Vec<String> {
    let case = &outcome.case;
    let (seen, verdict) = &outcome.rescope;
    let reached = counted(case, verdict);
    let mut broken = Vec::new();
    let by_peers = outcome.peers.iter().map(|it| counted(case, &it.1)).max();
    let is_unseen = is_in(NOT_SEEN, case);
    if Some(reached) > by_peers && !is_in(EXCEPTIONS, case) && !is_unseen {
        broken.push("passes on what haproxy and nginx refuse".to_owned());
    }
    if !case.must_refuse.is_empty() && reached > 0 && !is_unseen {
        broken.push(format!("passes on what {} forbids", case.must_refuse));
    }
    if verdict.requests > case.requests {
        let (got, sent) = (verdict.requests, case.requests);
        broken.push(format!("makes {got} requests of {sent}"));
    }
    if let Some(fault) = &verdict.fault {
        broken.push(format!("sends the app what it may misread: {fault}"));
    }
    let upstream = seen.upstream.concat().to_ascii_lowercase();
    let holds = |text: &str| upstream.windows(text.len()).any(|it| it == text.as_bytes());
    if !case.lacks.is_empty() && holds(case.lacks) {
        broken.push(format!("sends the app {:?}", case.lacks));
    }
    if !case.has.is_empty() && verdict.reached() > 0 && !holds(case.has) {
        broken.push(format!("does not send the app {:?}", case.has));
    }
    if !seen.has_ended && !case.waits && !is_unseen {
        broken.push("neither answers nor closes".to_owned());
    }
    if !seen.is_well_after {
        broken.push("gives the next client another answer than its own".to_owned());
    }
    broken
}

/// How many requests the app got: with a fault in the body, those that came to their end.
fn counted(case: &Case, verdict: &Verdict) -> usize {
    match case.is_in_body {
        true => verdict.requests,
        false => verdict.reached(),
    }
}

fn is_in(list: &[(&str, &str, &str)], case: &Case) -> bool {
    let is_it = |(group, name, _): &(&str, &str, &str)| case.group == *group && case.name == *name;
    list.iter().any(is_it)
}

fn describe(outcome: &Outcome, rules: &[String]) -> String {
    let case = &outcome.case;
    let mut text = format!("{}: {}", case.group, case.name);
    for rule in rules {
        text += &format!("\n  {rule}");
    }
    text += &format!("\n  sent      {}", escaped(&case.bytes));
    for piece in &outcome.rescope.0.upstream {
        text += &format!("\n  app got   {}", escaped(piece));
    }
    for (name, (seen, verdict)) in columns(outcome) {
        text += &format!("\n  {name:9} {}", words(seen, verdict));
    }
    text
}

fn columns(outcome: &Outcome) -> [(&'static str, &(Seen, Verdict)); 3] {
    let [haproxy, nginx] = &outcome.peers;
    [
        ("rescope", &outcome.rescope),
        ("haproxy", haproxy),
        ("nginx", nginx),
    ]
}

/// What an app made of a case.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// A request or more arrived.
    Passed,
    /// One was begun and broken off, which no app takes for a request.
    CutOff,
    Refused,
}

fn fate(verdict: &Verdict) -> Fate {
    match verdict {
        Verdict { requests: 1.., .. } | Verdict { fault: Some(_), .. } => Fate::Passed,
        Verdict {
            is_unfinished: true,
            ..
        } => Fate::CutOff,
        _ => Fate::Refused,
    }
}

fn words(seen: &Seen, verdict: &Verdict) -> String {
    let fate = match fate(verdict) {
        Fate::Passed if verdict.requests == 1 => "passed".to_owned(),
        Fate::Passed => format!("passed as {}", verdict.requests),
        Fate::CutOff => "cut off".to_owned(),
        Fate::Refused => "refused".to_owned(),
    };
    let fault = if verdict.fault.is_some() {
        ", faulty"
    } else {
        ""
    };
    format!("{fate}{fault} ({seen})")
}

/// Prints the table: the groups, then each case in which the three are not of one mind.
pub fn print(outcomes: &[Outcome]) {
    println!("\nHostile requests: passed on / cut off / refused\n");
    println!("| group | cases | rescope | haproxy | nginx |");
    println!("|---|--:|--:|--:|--:|");
    for group in outcomes.chunk_by(|a, b| a.case.group == b.case.group) {
        print_row(group[0].case.group, group);
    }
    print_row("**all**", outcomes);
    println!("\nWhere they differ, with what the client got (status, then that of the probe)\n");
    println!("| group: case | rescope | haproxy | nginx |");
    println!("|---|---|---|---|");
    for outcome in outcomes {
        let columns = columns(outcome).map(|(_, it)| it);
        let fates = columns.map(|(_, verdict)| (fate(verdict), verdict.requests));
        if fates[0] != fates[1] || fates[0] != fates[2] {
            let [a, b, c] = columns.map(|(seen, verdict)| words(seen, verdict));
            let case = &outcome.case;
            println!("| {}: {} | {a} | {b} | {c} |", case.group, case.name);
        }
    }
    print_exceptions();
}

fn print_exceptions() {
    println!("\nAccepted though both others refuse:\n");
    for (group, name, reason) in EXCEPTIONS {
        println!("- {group}: {name}: {reason}");
    }
}

fn print_row(name: &str, outcomes: &[Outcome]) {
    let column = |place: usize| {
        let fates = outcomes.iter().map(|it| fate(&columns(it)[place].1.1));
        let fates: Vec<_> = fates.collect();
        let count = |wanted| fates.iter().filter(|it| **it == wanted).count();
        let [a, b, c] = [Fate::Passed, Fate::CutOff, Fate::Refused].map(count);
        format!("{a} / {b} / {c}")
    };
    let [a, b, c] = [0, 1, 2].map(column);
    println!("| {name} | {} | {a} | {b} | {c} |", outcomes.len());
}

/// The bytes as one line of ASCII, the middle of long ones left out.
fn escaped(bytes: &[u8]) -> String {
    const ENDS: usize = 300;
    match bytes.len() {
        0..=700 => bytes.escape_ascii().to_string(),
        length => format!(
            "{} [{} bytes] {}",
            bytes[..ENDS].escape_ascii(),
            length - 2 * ENDS,
            bytes[length - ENDS..].escape_ascii()
        ),
    }
}
