//! Every case of the corpus, to the byte: through the library and through `explain`.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use common::corpus::{self, Case};
use rescope::config;
use rescope::oauth::RequestUrl;
use rescope::rewrite::Rewriter;
use serde_json::Value;

mod common;

#[test]
fn library_answers_the_corpus_to_the_byte() {
    for suite in corpus::suites() {
        let rewriter = rewriter(suite.config);
        for case in &suite.cases {
            let answer = |line: &Vec<u8>| rewrite(&rewriter, line);
            let answers: Vec<_> = case.locations.iter().map(answer).collect();
            assert_answer(case, &answers);
            let again: Vec<_> = answers.iter().map(answer).collect();
            assert_eq!(again, answers, "twice: {}", case.name);
        }
    }
}

#[test]
fn explain_answers_the_corpus_to_the_byte() {
    for suite in corpus::suites() {
        let lines = suite.cases.iter().flat_map(|case| &case.locations);
        let mut answers = explain(suite.config, lines.cloned()).into_iter();
        for case in &suite.cases {
            let answers: Vec<_> = answers.by_ref().take(case.locations.len()).collect();
            for (line, answer) in case.locations.iter().zip(&answers) {
                assert_eq!(answer["input"], shown(line), "{}", case.name);
                let changed = answer["input"] != answer["output"];
                assert_eq!(answer["changed"], changed, "{}", case.name);
            }
            let outputs: Vec<_> = answers.iter().map(|it| it["output"].clone()).collect();
            let expected: Vec<_> = case.expected.iter().map(|line| shown(line)).collect();
            assert_eq!(outputs, expected, "{}", case.name);
        }
        assert_eq!(answers.next(), None);
    }
}

#[test]
fn corpus_is_whole() {
    let [by_client, strip] = corpus::suites();
    assert_eq!((by_client.cases.len(), strip.cases.len()), (66, 44 + 2));
    let several = by_client.cases.iter().filter(|it| it.locations.len() > 1);
    assert_eq!(several.count(), 1);
    let alternatives = by_client.cases.iter().filter(|it| !it.also_ok.is_empty());
    assert_eq!(alternatives.count(), 8);
    let statuses = by_client.cases.iter().filter(|it| it.status != 302);
    assert_eq!(statuses.count(), 3);
}

/// Fails unless `answers` is the answer this project promises, and says whether
/// another right one was given.
fn assert_answer(case: &Case, answers: &[Vec<u8>]) {
    let shown = |lines: &[Vec<u8>]| -> Vec<_> { lines.iter().map(|it| shown(it)).collect() };
    assert!(
        answers == case.expected,
        "{}: {:?} instead of {:?}, {}",
        case.name,
        shown(answers),
        shown(&case.expected),
        match case.also_ok.iter().any(|it| it == answers) {
            true => "which is right too, but not this project's spelling",
            false => "which is wrong",
        }
    );
}

fn rewrite(rewriter: &Rewriter, line: &[u8]) -> Vec<u8> {
    let rewritten = rewriter.rewrite(line, &RequestUrl::UNKNOWN);
    let output = rewritten.ok().and_then(|found| found.output);
    output.unwrap_or_else(|| line.to_vec())
}

/// Runs the command once for all `lines`, and returns its answer to each.
fn explain(config: &str, lines: impl Iterator<Item = Vec<u8>>) -> Vec<Value> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("proxy.toml");
    std::fs::write(&file, config).unwrap();
    let input = lines.collect::<Vec<_>>().join(&b'\n');
    let mut child = Command::new(env!("CARGO_BIN_EXE_rescope"))
        .args(["explain", "--json", "--config"])
        .args([file.as_os_str(), "-".as_ref()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let feeder = std::thread::spawn(move || stdin.write_all(&input).unwrap());
    let output = child.wait_with_output().unwrap();
    feeder.join().unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    let parse = |line| serde_json::from_str(line).unwrap();
    text.lines().map(parse).collect()
}

/// A line as JSON can hold it.
fn shown(line: &[u8]) -> String {
    String::from_utf8_lossy(line).into_owned()
}

fn rewriter(config: &str) -> Rewriter {
    let rules = config::parse_rules(config, "proxy.toml").unwrap();
    Rewriter {
        endpoints: rules.endpoints,
        policies: rules.policies,
    }
}
