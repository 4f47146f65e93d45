//! The program, and all that it says.

use std::{
    io::{BufRead, BufReader, Read},
    net::SocketAddr,
    process::{Command, Stdio},
    sync::{Arc, Condvar, Mutex, mpsc},
    thread::{self, JoinHandle},
};

use tempfile::TempDir;

use crate::process::Killed;
use crate::raw::{App, LIMIT, Wire};

/// `rescope run` at trace.
pub struct Program {
    process: Killed,
    said: Said,
    readers: Vec<JoinHandle<()>>,
    pub address: SocketAddr,
    folder: TempDir,
}

/// What was printed and logged so far.
type Said = Arc<(Mutex<String>, Condvar)>;

impl Program {
    /// Starts it with a configuration file of this text, which opens one listener.
    pub fn start(format: &str, configuration: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("proxy.toml");
        std::fs::write(&file, configuration).unwrap();
        let process = Command::new(env!("CARGO_BIN_EXE_rescope"))
            .args(["run", "--config"])
            .arg(file)
            .env("RESCOPE_LOG", "trace")
            .env("RESCOPE_LOG_FORMAT", format)
            .env("NO_COLOR", "1")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        let mut process = Killed(process.unwrap());
        let (send, address) = mpsc::channel();
        let said = Said::default();
        let readers = vec![
            collect(process.0.stderr.take().unwrap(), &said, |_| {}),
            collect(process.0.stdout.take().unwrap(), &said, move |line| {
                if let Some((_, address)) = line.split_once("://") {
                    let _ = send.send(address.trim().to_owned());
                }
            }),
        ];
        let address = address.recv_timeout(LIMIT).expect("it says no address");
        Self {
            process,
            said,
            readers,
            address: address.parse().unwrap(),
            folder,
        }
    }

    /// Writes another configuration file in the place of its own, and says so to it.
    pub fn reconfigure(&self, configuration: &str) {
        let file = self.folder.path().join("proxy.toml");
        std::fs::write(file, configuration).unwrap();
        self.signal("HUP");
    }

    /// Waits until it has logged these words so many times.
    pub fn wait_for(&self, words: &str, count: usize) {
        let (said, changed) = &*self.said;
        let is_missing = |said: &mut String| said.matches(words).count() < count;
        let waited = changed.wait_timeout_while(said.lock().unwrap(), LIMIT, is_missing);
        assert!(!waited.unwrap().1.timed_out(), "it never said `{words}`");
    }

    fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.process.0.id());
        let sent = Command::new("sh").args(["-c", &kill]).status();
        assert!(sent.unwrap().success());
    }

    /// Ends it as a service manager would, and returns all that it printed and logged.
    pub fn end(mut self) -> String {
        self.signal("TERM");
        self.process.0.wait().unwrap();
        for reader in self.readers.drain(..) {
            reader.join().unwrap();
        }
        self.said.0.lock().unwrap().clone()
    }
}

/// Adds the lines of `stream` to `said`, each after `look` has seen it.
fn collect(
    stream: impl Read + Send + 'static,
    said: &Said,
    look: impl Fn(&str) + Send + 'static,
) -> JoinHandle<()> {
    let said = Arc::clone(said);
    thread::spawn(move || {
        let mut stream = BufReader::new(stream);
        let mut line = Vec::new();
        while stream.read_until(b'\n', &mut line).unwrap() > 0 {
            let text = String::from_utf8_lossy(&line);
            look(&text);
            *said.0.lock().unwrap() += &text;
            said.1.notify_all();
            line.clear();
        }
    })
}

/// The program in front of an app that the test plays, and the answers that were its own.
pub struct Stage {
    pub program: Program,
    pub app: App,
    pub answers: String,
}

impl Stage {
    /// Starts it with these lines beside the addresses.
    pub fn start(format: &str, lines: &str) -> Self {
        let app = App::start();
        let addresses = format!(
            "listen = '127.0.0.1:0'\nupstream = 'http://{}'\n",
            app.address()
        );
        Self {
            program: Program::start(format, &(addresses + lines)),
            app,
            answers: String::new(),
        }
    }

    pub fn client(&self) -> Wire {
        Wire::connect(self.program.address)
    }

    /// Sends a request that gets no further than here.
    pub fn refused(&mut self, request: impl AsRef<[u8]>) {
        let mut client = self.client();
        client.send_lossy(request);
        self.hear(&client.rest());
    }

    /// Sends a request that asks for a close, and lets `answer` play the app; what the
    /// client then gets is an answer of the program's.
    pub fn failing(&mut self, request: &str, answer: impl FnOnce(&mut Wire)) {
        let got = self.exchange(request, answer);
        self.hear(&got);
    }

    /// The same where the answer is the app's; it must come whole.
    pub fn passing(&mut self, request: &str, answer: &str) {
        let got = self.exchange(request, |server| server.send(answer));
        assert!(!got.contains("proxy-status"), "{got}");
        assert!(!got.is_empty(), "{request}");
    }

    /// The same where something breaks after the head.
    pub fn exchange(&mut self, request: &str, answer: impl FnOnce(&mut Wire)) -> String {
        let mut client = self.client();
        client.send(request);
        let mut server = self.app.accept();
        server.head();
        answer(&mut server);
        drop(server);
        client.rest()
    }

    fn hear(&mut self, answer: &str) {
        let is_ours = answer.is_empty()
            || answer.starts_with("HTTP/1.1 4")
            || answer.starts_with("HTTP/1.1 5");
        assert!(is_ours, "{answer}");
        self.answers += answer;
    }
}
