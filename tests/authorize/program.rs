//! The program, `rescope run`, and all that it says.

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    net::SocketAddr,
    process::{Command, Stdio},
    sync::mpsc,
    thread::{self, JoinHandle},
};

use tempfile::TempDir;

use crate::process::Killed;
use crate::raw::LIMIT;

pub struct Program {
    process: Killed,
    /// Where it listens, the proxy's listeners first.
    pub addresses: Vec<SocketAddr>,
    said: Vec<String>,
    log: Option<JoinHandle<String>>,
    _folder: TempDir,
}

impl Program {
    /// Starts it with a configuration file of this text, which opens so many listeners; an
    /// upstream that nobody is to ask is added.
    pub fn start(level: &str, listeners: usize, text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("rescope.toml");
        let upstream = match text.contains("upstream = ") {
            true => "",
            false => "upstream = 'http://127.0.0.1:1'\n",
        };
        fs::write(&file, format!("{upstream}{text}")).unwrap();
        let mut process = Command::new(env!("CARGO_BIN_EXE_rescope"))
            .args(["run", "--config"])
            .arg(file)
            .env("RESCOPE_LOG", level)
            .env("NO_COLOR", "1")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (lines, printed) = mpsc::channel();
        let stdout = BufReader::new(process.stdout.take().unwrap());
        // Reads on to the end, so that it can always print.
        thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                let _ = lines.send(line);
            }
        });
        let mut stderr = process.stderr.take().unwrap();
        let log = thread::spawn(move || {
            let mut log = Vec::new();
            stderr.read_to_end(&mut log).unwrap();
            String::from_utf8_lossy(&log).into_owned()
        });
        let process = Killed(process);
        let mut said = Vec::new();
        for _ in 0..listeners {
            said.push(printed.recv_timeout(LIMIT).expect("it says no address"));
        }
        let address = |line: &String| {
            let (_, rest) = line.split_once("listening on http://").unwrap();
            rest.split(' ').next().unwrap().parse().unwrap()
        };
        Self {
            process,
            addresses: said.iter().map(address).collect(),
            said,
            log: Some(log),
            _folder: folder,
        }
    }

    /// What it printed of its listeners.
    pub fn listening(&self) -> &[String] {
        &self.said
    }

    /// Ends it as a service manager would, and returns all that it logged.
    pub fn end(mut self) -> String {
        let kill = format!("kill -TERM {}", self.process.0.id());
        let sent = Command::new("sh").args(["-c", &kill]).status();
        assert!(sent.unwrap().success());
        self.process.0.wait().unwrap();
        self.log.take().unwrap().join().unwrap()
    }
}
