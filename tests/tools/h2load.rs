//! Many requests at once over every protocol in front: each is answered, in full.

use std::{process::Command, time::Duration};

use crate::app;
use crate::program::Program;
use crate::program::tool;

const LENGTH: usize = 3000;

#[test]
fn http1_load_is_answered() {
    let rescope = Program::start(app::start(LENGTH), "");
    load(&format!("http://{}/", rescope.address()), &["--h1"]);
}

#[test]
fn http2_load_by_prior_knowledge_is_answered() {
    let rescope = Program::start(app::start(LENGTH), "");
    load(&format!("http://{}/", rescope.address()), &["-m", "20"]);
}

#[test]
fn http2_load_over_tls_is_answered() {
    let rescope = Program::start_with_tls(app::start(LENGTH), "");
    let url = format!("https://{}/", rescope.tls_address());
    let output = load(&url, &["-m", "20"]);
    assert!(output.contains("Application protocol: h2\n"), "{output}");
}

#[test]
fn http1_load_over_tls_is_answered() {
    let rescope = Program::start_with_tls(app::start(LENGTH), "");
    let url = format!("https://{}/", rescope.tls_address());
    let output = load(&url, &["--h1"]);
    let protocol = "Application protocol: http/1.1\n";
    assert!(output.contains(protocol), "{output}");
}

#[test]
fn http2_uploads_are_answered() {
    let rescope = Program::start(app::start(LENGTH), "");
    let body = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.lock");
    let url = format!("http://{}/", rescope.address());
    load(&url, &["-m", "20", "-d", body]);
}

/// Sends 2,000 requests on 20 connections; returns what the tool said.
fn load(url: &str, arguments: &[&str]) -> String {
    let common = ["-n", "2000", "-c", "20", "-t", "1", "-N", "60"];
    let arguments = [&common, arguments, &[url]].concat();
    let limit = Duration::from_secs(120);
    let run = tool::run(
        Command::new("h2load").args(arguments),
        "nghttp2-client",
        limit,
    );
    let output = run.output;
    assert!(run.status.success(), "{output}");
    let done = "2000 done, 2000 succeeded, 0 failed, 0 errored, 0 timeout";
    assert!(output.contains(done), "{output}");
    let statuses = "status codes: 2000 2xx";
    assert!(output.contains(statuses), "{output}");
    let bytes = format!("({}) data", 2000 * LENGTH);
    assert!(output.contains(&bytes), "{output}");
    output
}
