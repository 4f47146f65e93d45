//! What a client and its app can tell from a proxy between them: a table, one row a
//! check, with rescope beside what other proxies do (`peers.md`). Raw sockets on both sides.
//!
//! It prints the table, leaves it in the target folder as `transparency.md`, and fails
//! where rescope does not do what the row expects.

#[path = "../process/mod.rs"]
mod process;
#[path = "../program/mod.rs"]
mod program;
#[expect(dead_code, reason = "those of the wire tests, of which some are used")]
#[path = "../wire/raw.rs"]
mod raw;

mod fields;
mod streams;
mod targets;

use std::{fmt::Write, fs, panic, path::Path, process::ExitCode};

/// One row: how the check is called, what it makes of rescope, what it should.
struct Check {
    name: &'static str,
    run: fn() -> String,
    expected: &'static str,
    /// Why `expected` is not what a proxy that changes nothing would show.
    because: &'static str,
}

const CHECKS: &[Check] = &[
    check("case of request field names", fields::request_case, "yes"),
    check("order of request fields", fields::request_order, "yes"),
    check("request fields lost", fields::request_lost, "-"),
    check("repeated request fields", fields::request_repeats, "kept"),
    check("request fields added", fields::request_added, "-"),
    check("Host as sent", fields::host, "yes"),
    check("version towards the app", fields::version, "HTTP/1.1"),
    check("case of response field names", fields::response_case, "yes"),
    check("order of response fields", fields::response_order, "yes"),
    check("repeated response fields", fields::response_repeats, "kept"),
    check("reason phrase", fields::reason, "yes"),
    check("response fields added", fields::response_added, "-"),
    check("the app's Date / Server", fields::origin, "yes / yes"),
    check("103 Early Hints passed on", streams::early_hints, "yes"),
    check("response trailers", streams::response_trailers, "yes"),
    check("request trailers", streams::request_trailers, "yes"),
    check("first event of a stream after (s)", streams::event, "0.0"),
    check("upload streamed", streams::upload, "yes"),
    check("WebSocket", streams::websocket, "yes"),
    check("HTTP/1.0 client", streams::old_client, "ok"),
    check("gzip body untouched, unasked", streams::gzip, "yes"),
    check("Expect: the app's 403 comes first", streams::expect, "yes"),
    Check {
        name: r#"target with `[` `]` `\|` `"`"#,
        run: targets::odd,
        expected: "[]| same, \" 400",
        because: "a raw quote may stand in no URI, and `http::Uri` refuses it; browsers send %22",
    },
    Check {
        name: "target with raw UTF-8 and Latin-1",
        run: targets::eight_bit,
        expected: "UTF-8 same, Latin-1 400",
        because: "bytes that are no UTF-8 may stand in no URI, and `http::Uri` refuses them",
    },
    check("target with `//` `./` `%2F` `%41`", targets::dots, "same"),
    check("method FOO", targets::method, "ok"),
    check(
        "8K, 30K, 60K of response fields, one of 16K",
        fields::large_responses,
        "ok ok ok ok",
    ),
    check("30K of request fields", fields::large_request, "ok"),
    Check {
        name: "lines of one name with others between",
        run: fields::scattered,
        expected: "grouped",
        because: "`http::HeaderMap` keeps the lines of a name together, in their order",
    },
];

const fn check(name: &'static str, run: fn() -> String, expected: &'static str) -> Check {
    Check {
        name,
        run,
        expected,
        because: "",
    }
}

fn main() -> ExitCode {
    // A check that panics is a row that says so.
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let results: Vec<_> = CHECKS.iter().map(result).collect();
    panic::set_hook(hook);
    let table = table(&results);
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("transparency.md");
    fs::write(path, &table).unwrap();
    println!("{table}");
    let mut code = ExitCode::SUCCESS;
    for (check, found) in CHECKS.iter().zip(&results) {
        if found != check.expected {
            let Check { name, expected, .. } = check;
            println!("FAILED {name}: `{found}`, where `{expected}` was expected");
            code = ExitCode::FAILURE;
        }
    }
    code
}

fn result(check: &Check) -> String {
    panic::catch_unwind(check.run).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or(panic.downcast_ref::<&str>().copied());
        let line = text.unwrap_or("?").lines().next().unwrap_or_default();
        format!("no: {}", line.chars().take(80).collect::<String>())
    })
}

/// The peers' table with a column for rescope, and the reasons for what differs.
fn table(results: &[String]) -> String {
    let peers = include_str!("peers.md").lines();
    let peers: Vec<_> = peers.filter(|line| line.starts_with("| ")).collect();
    let (first, others) = cells(peers[0]);
    let columns = others.matches('|').count();
    let mut table = format!("| {first} | rescope |{others}\n");
    writeln!(table, "|{}", "---|".repeat(columns + 2)).unwrap();
    let mut reasons = String::new();
    for (check, found) in CHECKS.iter().zip(results) {
        let row = peers.iter().map(|row| cells(row));
        let row = row.clone().find(|(name, _)| *name == check.name);
        let unknown = " |".repeat(columns);
        let others = row.map_or(unknown.as_str(), |(_, others)| others);
        let cell = found.replace('|', "\\|");
        writeln!(table, "| {} | {cell} |{others}", check.name).unwrap();
        if !check.because.is_empty() {
            writeln!(reasons, "- {}: {}", check.name, check.because).unwrap();
        }
    }
    format!("{table}\nNot as sent, because:\n\n{reasons}")
}

/// The first cell of a row, and the others as they stand.
fn cells(row: &str) -> (&str, &str) {
    let (first, others) = row[2..].split_once(" |").unwrap();
    (first, others)
}
