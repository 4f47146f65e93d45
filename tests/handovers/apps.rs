//! The apps, each on a port of its own.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
    time::Duration,
};

use crate::packages;
use crate::process::Killed;
use crate::program::printing;

/// What takes longer has failed.
const LIMIT: Duration = Duration::from_secs(60);

/// An app that has told where it listens.
pub struct App {
    pub address: SocketAddr,
    _process: Killed,
}

/// A script in `node/`, which lies beside its packages.
pub fn node(script: &str) -> App {
    let mut command = Command::new("node");
    command.arg(installed().join("node").join(script));
    command.env("NODE_ENV", "production");
    command.env("NEXT_TELEMETRY_DISABLED", "1");
    command.env("NEXTAUTH_URL", "https://app.example.com");
    command.env("NEXTAUTH_SECRET", "a secret of these tests");
    App::start(command, "nodejs")
}

/// A script in `python/`.
pub fn python(script: &str) -> App {
    let mut command = Command::new(installed().join("venv/bin/python"));
    // Leaves no compiled files in the source tree.
    command.arg("-B").arg(source().join("python").join(script));
    App::start(command, "python3")
}

/// The script in `php/`, behind PHP's own server, which logs where it listens.
pub fn php() -> App {
    let mut command = Command::new("sh");
    command.args(["-c", "exec php -S 127.0.0.1:0 \"$0\" 2>&1"]);
    command.arg(source().join("php/index.php"));
    App::start(command, "php-cli, and php-symfony-http-foundation")
}

impl App {
    /// Starts what Debian's `package` has.
    fn start(mut command: Command, package: &str) -> Self {
        let (process, printed) = printing::start(&mut command);
        let mut seen = String::new();
        loop {
            let Ok(line) = printed.recv_timeout(LIMIT) else {
                panic!("{command:?} does not listen; is `{package}` installed? {seen}");
            };
            if let Some((_, rest)) = line.split_once("http://") {
                let end = rest.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | ':')));
                return Self {
                    address: rest[..end.unwrap_or(rest.len())].parse().unwrap(),
                    _process: process,
                };
            }
            seen = seen + "\n" + &line;
        }
    }
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/handovers")
}

/// Returns the folder that holds the packages and the built app of Next.js; both are made at
/// the first call.
fn installed() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| packages::installed("handovers"))
}
