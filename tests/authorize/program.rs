//! The program, `rescope run`, and all that it says.

use std::{
    fs::{self, File},
    net::SocketAddr,
    path::PathBuf,
    process::Command,
};

use tempfile::TempDir;

use crate::process::Killed;
use crate::raw::LIMIT;
use crate::{own, printing};

pub struct Program {
    process: Killed,
    /// Where it listens, the proxy's listeners first.
    pub addresses: Vec<SocketAddr>,
    said: Vec<String>,
    folder: TempDir,
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
        let mut command = own::rescope();
        command.args(["run", "--config"]).arg(file);
        command.env("RESCOPE_LOG", level).env("NO_COLOR", "1");
        command.stderr(File::create(log(&folder)).unwrap());
        let (process, printed) = printing::start(&mut command);
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
            folder,
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
        fs::read_to_string(log(&self.folder)).unwrap()
    }
}

fn log(folder: &TempDir) -> PathBuf {
    folder.path().join("log")
}
