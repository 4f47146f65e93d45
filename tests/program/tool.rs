//! A program of another project, run to its end.

use std::{
    io::{ErrorKind, Read, Seek},
    process::{Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::process::Killed;

/// What a tool printed, and how it ended.
#[derive(Debug)]
pub struct Run {
    pub status: ExitStatus,
    pub output: String,
}

/// Runs a command that is in Debian's `package`, and fails if it goes on for longer than `limit`.
pub fn run(command: &mut Command, package: &str, limit: Duration) -> Run {
    let mut output = tempfile::tempfile().unwrap();
    command.stdin(Stdio::null());
    command.stdout(output.try_clone().unwrap());
    command.stderr(output.try_clone().unwrap());
    let child = command.spawn();
    let name = command.get_program().to_string_lossy();
    let mut child = match child {
        Ok(child) => Killed(child),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            panic!("`{name}` is missing: install Debian's package `{package}`")
        }
        Err(error) => panic!("`{name}`: {error}"),
    };
    let deadline = Instant::now() + limit;
    let status = loop {
        match child.0.try_wait().unwrap() {
            Some(status) => break Some(status),
            None if Instant::now() > deadline => break None,
            None => thread::sleep(Duration::from_millis(20)),
        }
    };
    let mut text = Vec::new();
    output.rewind().unwrap();
    output.read_to_end(&mut text).unwrap();
    let output = String::from_utf8_lossy(&text).into_owned();
    let status = status.unwrap_or_else(|| panic!("`{name}` goes on after {limit:?}: {output}"));
    Run { status, output }
}
