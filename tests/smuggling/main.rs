//! Request smuggling and splitting: hostile requests go to rescope, HAProxy and nginx,
//! each in front of an app that records every byte, and h11 reads what arrived.
//!
//! rescope fails where it passes on what both others refuse or what an RFC forbids to
//! pass on, where an app could read another number of requests than the client sent, and
//! where it dies or never answers. It is a program and no `#[test]`, since its table is
//! to be seen when all is well.

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

use case::{Case, Protocol};
use client::Seen;
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
    judge::install();
    run()
}

fn run() -> ExitCode {
    let start = Instant::now();
    let folder = tempfile::tempdir().unwrap();
    let mut rescope = Proxy::rescope(folder.path());
    let peers = [Proxy::haproxy(folder.path()), Proxy::nginx(folder.path())];
    let mut cases = corpus::cases();
    report::check_exceptions(&cases);
    let all = cases.len();
    if !client::speaks_http2(&rescope) {
        cases.retain(|case| case.protocol == Protocol::Http1);
    }
    let seen = thread::scope(|scope| {
        let proxies = [&rescope, &peers[0], &peers[1]];
        let threads = proxies.map(|proxy| scope.spawn(|| send_all(&cases, proxy)));
        threads.map(|it| it.join().expect("a proxy does not accept connections"))
    });
    let judged = seen.map(with_verdicts);
    let [ours, haproxy, nginx] = judged;
    let rest = ours.into_iter().zip(haproxy).zip(nginx);
    let outcomes: Vec<_> = cases
        .into_iter()
        .zip(rest)
        .map(|(case, ((rescope, haproxy), nginx))| Outcome {
            case,
            rescope,
            peers: [haproxy, nginx],
        })
        .collect();
    report::print(&outcomes);
    let mut failures = report::failures(&outcomes);
    let log = rescope.log();
    if !rescope.is_alive() || log.contains("panicked") {
        failures.push(format!("rescope died or panicked:\n{log}"));
    }
    if outcomes.len() < all {
        println!(
            "\n{} cases were left out: rescope does not speak HTTP/2 here",
            all - outcomes.len()
        );
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

fn send_all(cases: &[Case], proxy: &Proxy) -> Vec<Seen> {
    cases.iter().map(|case| client::send(case, proxy)).collect()
}

fn with_verdicts(seen: Vec<Seen>) -> Vec<(Seen, Verdict)> {
    let pieces: Vec<_> = seen.iter().map(|it| it.upstream.clone()).collect();
    seen.into_iter().zip(judge::judge(&pieces)).collect()
}
