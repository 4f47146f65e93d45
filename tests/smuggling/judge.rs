//! The strict parser, asked for what an app reads from the bytes that reached it.

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
};

use serde_json::Value;

use crate::installed::installed;

/// What the bytes of one case mean to an app.
#[derive(Debug, Default)]
pub struct Verdict {
    /// Complete requests, without the probes.
    pub requests: usize,
    /// Whether a request was begun and not ended.
    pub is_unfinished: bool,
    /// Why another app could read something else.
    pub fault: Option<String>,
}

impl Verdict {
    /// How many requests an app has to do with.
    pub fn reached(&self) -> usize {
        self.requests + usize::from(self.is_unfinished || self.fault.is_some())
    }
}

/// Judges what reached the app in each case: the pieces of its connections.
pub fn judge(cases: &[Vec<Vec<u8>>]) -> Vec<Verdict> {
    let mut lines = String::new();
    for piece in cases.iter().flatten() {
        lines.extend(piece.iter().map(|byte| format!("{byte:02x}")));
        lines.push('\n');
    }
    let output = run(lines);
    let mut answers = output
        .lines()
        .map(|it| serde_json::from_str::<Value>(it).unwrap());
    let verdicts = cases.iter().map(|pieces| {
        let mut verdict = Verdict::default();
        for answer in answers.by_ref().take(pieces.len()) {
            let targets = answer["requests"].as_array().unwrap().iter();
            let of_case = targets.filter(|it| *it != "/probe" && *it != "/after");
            verdict.requests += of_case.count();
            verdict.is_unfinished |= answer["unfinished"] == true;
            let fault = answer["fault"].as_str().map(str::to_owned);
            verdict.fault = verdict.fault.or(fault);
        }
        verdict
    });
    verdicts.collect()
}

fn run(lines: String) -> String {
    let mut command = Command::new(installed("smuggling").join("venv/bin/python"));
    command.arg("-B").arg(source().join("judge.py"));
    let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut child = child.unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let writer = thread::spawn(move || stdin.write_all(lines.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success(), "judge.py failed");
    String::from_utf8(output.stdout).unwrap()
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/smuggling")
}
