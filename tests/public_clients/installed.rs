//! The scripts in `node/`, with the packages that they run on.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
    sync::{OnceLock, mpsc},
    time::Duration,
};

use crate::packages;
use crate::process::Killed;
use crate::program::printing;

/// What takes longer has failed.
const LIMIT: Duration = Duration::from_secs(60);

/// A script in `node/`.
pub fn node(script: &str) -> Command {
    let mut command = Command::new("node");
    command.arg(source().join("node").join(script));
    command.env("NODE_PATH", installed().join("node/node_modules"));
    command
}

/// [`node`] for AppAuth, whose modules name each other without `.js`: Node.js alone does not find
/// them, and AppAuth's own sample is run by tsx, too.
pub fn tsx(script: &str) -> Command {
    let mut command = node(script);
    command.env("NODE_OPTIONS", "--require tsx/cjs");
    command
}

/// An app that has told where it listens.
pub struct App {
    pub address: SocketAddr,
    lines: mpsc::Receiver<String>,
    _process: Killed,
}

impl App {
    /// Starts `script`, whose own calls to Zoom go to `zoom`.
    pub fn start(mut script: Command, zoom: &str) -> Self {
        script.env("ZOOM_API", zoom);
        let (process, lines) = printing::start(&mut script);
        let address = line(&lines, "listening on http://").parse().unwrap();
        Self {
            address,
            lines,
            _process: process,
        }
    }

    /// Returns the rest of the next line, which begins with `start`.
    #[track_caller]
    pub fn line(&self, start: &str) -> String {
        line(&self.lines, start)
    }
}

#[track_caller]
fn line(lines: &mpsc::Receiver<String>, start: &str) -> String {
    let line = lines.recv_timeout(LIMIT);
    let line = line.unwrap_or_else(|_| panic!("the app did not print `{start}..`"));
    let rest = line.strip_prefix(start);
    rest.unwrap_or_else(|| panic!("not `{start}..`: {line}"))
        .to_owned()
}

/// The folder with commands that stand before those of the same name elsewhere.
pub fn path() -> PathBuf {
    source().join("path")
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/public_clients")
}

/// Returns the folder that holds the packages, which are installed at the first call.
fn installed() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| packages::installed("public_clients"))
}
