//! The scripts of this folder, with what they run on.

use std::{
    fmt::Display,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
    time::Duration,
};

use crate::packages;
use crate::process::Killed;
use crate::program::printing;
use crate::program::tool;

/// A script in `python/`.
pub fn python(script: &str) -> Command {
    let mut command = Command::new(installed().join("venv/bin/python"));
    // Leaves no compiled files in the source tree.
    command.arg("-B").arg(source().join("python").join(script));
    command
}

/// A script in `node/`.
pub fn node(script: &str) -> Command {
    let mut command = Command::new("node");
    command.arg(source().join("node").join(script));
    command.env("NODE_PATH", installed().join("node/node_modules"));
    command
}

/// Runs a client to its end; fails unless it succeeds, and within three minutes.
#[track_caller]
pub fn succeeds(client: &mut Command) -> String {
    let run = tool::run(client, "python3 or nodejs", Duration::from_secs(180));
    assert!(run.status.success(), "{client:?}: {}", run.output);
    run.output
}

/// An app that has told where it listens.
pub struct App {
    address: SocketAddr,
    _process: Killed,
}

impl App {
    pub fn start(mut command: Command) -> Self {
        let (process, printed) = printing::start(&mut command);
        let line = printed.recv_timeout(Duration::from_secs(90));
        let line = line.unwrap_or_else(|_| panic!("{command:?} did not say where it listens"));
        let address = line.strip_prefix("listening on http://").unwrap();
        Self {
            address: address.parse().unwrap(),
            _process: process,
        }
    }
}

impl Display for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.address.fmt(f)
    }
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients")
}

/// Returns the folder that holds the packages, which are installed at the first call.
fn installed() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| packages::installed("clients"))
}
