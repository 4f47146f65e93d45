//! Headless Chromium, which runs pages as their users' browsers do.

use std::{
    io::{BufRead, BufReader, Write},
    process::{ChildStdin, ChildStdout, Stdio},
};

use serde::Deserialize;
use serde_json::json;

use crate::installed::node;
use crate::process::Killed;

/// One Chromium, until it is dropped.
pub struct Chromium {
    /// Open as long as there may be another visit.
    visits: Option<ChildStdin>,
    pages: BufReader<ChildStdout>,
    process: Killed,
}

/// What is shown in the end.
#[derive(Debug, Deserialize)]
pub struct Page {
    pub url: String,
    pub text: String,
}

impl Chromium {
    pub fn start() -> Self {
        let mut command = node("chromium.js");
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = Killed(command.spawn().unwrap());
        Self {
            visits: process.0.stdin.take(),
            pages: BufReader::new(process.0.stdout.take().unwrap()),
            process,
        }
    }

    /// Types `urls` into the address bar, one after the other and without a cookie at first;
    /// returns the page where a text is shown that the pattern `until` meets, as it must within
    /// half a minute.
    #[track_caller]
    pub fn open(&mut self, urls: &[String], until: &str) -> Page {
        let mut visits = self.visits.as_ref().expect("open until it is dropped");
        writeln!(visits, "{}", json!({"urls": urls, "until": until})).unwrap();
        let mut line = String::new();
        self.pages.read_line(&mut line).unwrap();
        assert!(
            !line.is_empty(),
            "Chromium (Debian: chromium) failed on {urls:?}"
        );
        serde_json::from_str(&line).unwrap()
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // It ends then, and takes its profile's folder with it.
        self.visits = None;
        let _ = self.process.0.wait();
    }
}
