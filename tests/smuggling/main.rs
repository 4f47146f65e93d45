//! Request smuggling and splitting: hostile requests go to rescope, HAProxy and nginx,
//! each in front of an app that records every byte, and h11 reads what arrived.
//!
//! rescope fails where it passes on what both others refuse or what an RFC forbids to
//! pass on, where an app could read another number of requests than the client sent, and
//! where it dies or never answers. It is a program and no `#[test]`, since its table is
//! to be seen when all is well.

#[path = "../common/installed.rs"]
mod installed;
#[path = "../process/mod.rs"]
mod process;

mod case;
mod client;
mod corpus;
mod http2;
mod judge;
mod proxies;
mod recorder;
mod report;

use std::{process::ExitCode, thread, time::Instant};

use case::Case;
use client::{LONG, Patience, SHORT, Seen};
use judge::Verdict;
use proxies::Proxy;
use report::Outcome;

/// The only test of this program, for those who list or filter.
const NAME: &str = "smuggling";

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    if arguments.iter().any(|it| it == "--list") {
        println!("{NAME}: test");
        return ExitCode::SUCCESS;
    }
    let mut filters = arguments
        .iter()
        .filter(|it| !it.starts_with('-'))
        .peekable();
    if filters.peek().is_some() && !filters.any(|it| NAME.contains(it.as_str())) {
        return ExitCode::SUCCESS;
    }
    run()
}

fn run() -> ExitCode {
    let start = Instant::now();
    let folder = tempfile::tempdir().unwrap();
    let mut rescope = Proxy::rescope(folder.path());
    let peers = [Proxy::haproxy(folder.path()), Proxy::nginx(folder.path())];
    let cases = corpus::cases();
    report::check_exceptions(&cases);
    let mut outcomes = send_all(cases, &rescope, &peers, SHORT);
    // What an earlier connection left may come late on a busy machine, and be taken for a
    // part of the next case, and an answer that is late for none: only what happens again,
    // with patience, is a failure.
    for outcome in &mut outcomes {
        for _ in 0..2 {
            if report::failure(outcome).is_none() {
                break;
            }
            let again = send_all(vec![outcome.case.clone()], &rescope, &peers, LONG);
            *outcome = again
                .into_iter()
                .next()
                .expect("there is one for each case");
        }
    }
    report::print(&outcomes);
    let mut failures: Vec<_> = outcomes.iter().filter_map(report::failure).collect();
    let log = rescope.log();
    if !rescope.is_alive() || log.contains("panicked") {
        failures.push(format!("rescope died or panicked:\n{log}"));
    }
    for failure in &failures {
        println!("\nFAILED {failure}");
    }
    println!(
        "\n{} cases in {:.1} s, {} failures",
        outcomes.len(),
        start.elapsed().as_secs_f32(),
        failures.len()
    );
    ExitCode::from(u8::from(!failures.is_empty()))
}

/// Sends every case to every proxy.
fn send_all(
    cases: Vec<Case>,
    rescope: &Proxy,
    peers: &[Proxy; 2],
    patience: Patience,
) -> Vec<Outcome> {
    let seen = thread::scope(|scope| {
        let proxies = [rescope, &peers[0], &peers[1]];
        let threads = proxies.map(|proxy| {
            scope.spawn(|| -> Vec<_> {
                let send = |case| client::send(case, proxy, patience);
                cases.iter().map(send).collect()
            })
        });
        threads.map(|it| it.join().expect("a proxy does not accept connections"))
    });
    let [ours, haproxy, nginx] = seen.map(with_verdicts);
    let rest = ours.into_iter().zip(haproxy).zip(nginx);
    let all = cases.into_iter().zip(rest);
    all.map(|(case, ((rescope, haproxy), nginx))| Outcome {
        case,
        rescope,
        peers: [haproxy, nginx],
    })
    .collect()
}

fn with_verdicts(seen: Vec<Seen>) -> Vec<(Seen, Verdict)> {
    let pieces: Vec<_> = seen.iter().map(|it| it.upstream.clone()).collect();
    seen.into_iter().zip(judge::judge(&pieces)).collect()
}
