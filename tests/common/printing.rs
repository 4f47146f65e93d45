//! A process that prints, read to its end.

use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
    sync::mpsc,
    thread,
};

use crate::process::Killed;

/// Starts `command` and returns its lines as they come; it can always print on.
pub fn start(command: &mut Command) -> (Killed, mpsc::Receiver<String>) {
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    let mut process = Killed(command.spawn().unwrap());
    let stdout = process.0.stdout.take().unwrap();
    let (sender, lines) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            let _ = sender.send(line);
        }
    });
    (process, lines)
}
