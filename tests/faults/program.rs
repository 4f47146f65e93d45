//! The program as a process: started with a configuration file, signalled,
//! measured by what the system says of it, and its log read.

use std::{
    fmt::Display,
    fs::{self, Permissions},
    io::{BufRead, BufReader, Read},
    net::SocketAddr,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex, PoisonError},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use tempfile::TempDir;

use crate::authority::Leaf;
use crate::process::Killed;
use crate::raw::{LIMIT, Wire};

/// `rescope run`, with a folder of its own.
pub struct Program {
    process: Killed,
    /// Where it listens, in the order of its own words.
    pub addresses: Vec<SocketAddr>,
    log: Arc<Mutex<String>>,
    /// Ends with the log.
    reading: Option<JoinHandle<()>>,
    folder: TempDir,
}

/// What is to be started.
pub struct Launch {
    folder: TempDir,
    command: Command,
    reads_log: bool,
}

impl Launch {
    /// The program in front of `upstream`, an URL or an address, with these lines of
    /// configuration. It listens wherever the system likes, unless they say where.
    pub fn new(upstream: impl Display, configuration: &str) -> Self {
        let upstream = upstream.to_string();
        let upstream = match upstream.contains(':') && !upstream.contains("//") {
            true => format!("http://{upstream}"),
            false => upstream,
        };
        let listen = match configuration.contains("listen") {
            true => "",
            false => "listen = '127.0.0.1:0'\n",
        };
        let folder = TempDir::new().unwrap();
        let text = format!("{listen}{}{configuration}\n", patience(configuration));
        fs::write(folder.path().join(FILE), text).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_rescope"));
        command.env("RESCOPE_UPSTREAM", upstream);
        Self {
            folder,
            command,
            reads_log: true,
        }
    }

    /// With so many descriptors and no more.
    pub fn with_descriptors(mut self, count: usize) -> Self {
        let script = format!("ulimit -n {count} && exec \"$0\" \"$@\"");
        let mut shell = Command::new("sh");
        shell.args(["-c", &script]).arg(self.command.get_program());
        let variables = self.command.get_envs();
        shell.envs(variables.filter_map(|(name, value)| Some((name, value?))));
        self.command = shell;
        self
    }

    /// With a pipe for the log that is full from its first lines on.
    pub fn with_unread_log(mut self) -> Self {
        self.reads_log = false;
        self
    }

    /// With a certificate and its key for its own listeners.
    pub fn with_certificate(self, leaf: &Leaf) -> Self {
        write_pair(&self.folder.path().join(CERTIFICATES), leaf);
        self
    }

    /// With a file beside the configuration file.
    pub fn with_file(self, name: &str, text: &str) -> Self {
        fs::write(self.folder.path().join(name), text).unwrap();
        self
    }

    pub fn start(mut self) -> Program {
        let mut child = self
            .command
            .args(["run", "--config"])
            .arg(self.folder.path().join(FILE))
            .env("RESCOPE_LOG", "info")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = Arc::default();
        let reading = self.reads_log.then(|| collect(&mut child, &log));
        let addresses = addresses(&mut child);
        Program {
            process: Killed(child),
            addresses,
            log,
            reading,
            folder: self.folder,
        }
    }
}

/// Puts the limits of time that `configuration` does not set far beyond [`LIMIT`], so that what
/// one of them ends is not taken for what should have ended by itself. One with a table of them
/// sets all that count.
fn patience(configuration: &str) -> String {
    let tables = ["[timeouts]", "timeouts = {"];
    if tables.iter().any(|it| configuration.contains(it)) {
        return String::new();
    }
    let limits = [
        "header_read",
        "connect",
        "response_head",
        "idle",
        "body_idle",
        "drain",
    ];
    let lines = limits.map(|name| format!("timeouts.{name} = "));
    let others = lines.iter().filter(|line| !configuration.contains(*line));
    others.map(|line| format!("{line}'10m'\n")).collect()
}

/// Keeps what the process logs.
fn collect(child: &mut Child, log: &Arc<Mutex<String>>) -> JoinHandle<()> {
    let (stderr, log) = (child.stderr.take().unwrap(), Arc::clone(log));
    thread::spawn(move || {
        for line in BufReader::new(stderr).lines() {
            let Ok(line) = line else { return };
            let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
            *log += &line;
            *log += "\n";
        }
    })
}

/// Reads where the process says that it listens. It says so all at once.
fn addresses(child: &mut Child) -> Vec<SocketAddr> {
    let mut stdout = child.stdout.take().unwrap();
    let mut said = Vec::new();
    let mut found = Vec::new();
    while found.is_empty() {
        let mut chunk = [0; 4096];
        let count = stdout.read(&mut chunk).unwrap();
        assert_ne!(count, 0, "it said no address");
        said.extend_from_slice(&chunk[..count]);
        let said = String::from_utf8_lossy(&said);
        let urls = said.split_inclusive('\n').filter(|it| it.ends_with('\n'));
        let urls = urls.filter_map(|line| line.trim_end().split_once("://"));
        found = urls.filter_map(|(_, it)| it.parse().ok()).collect();
    }
    // Held open, so that it can write on.
    child.stdout = Some(stdout);
    found
}

impl Program {
    /// As [`Launch::new`], started.
    pub fn start(upstream: impl Display, configuration: &str) -> Self {
        Launch::new(upstream, configuration).start()
    }

    pub fn address(&self) -> SocketAddr {
        self.addresses[0]
    }

    pub fn client(&self) -> Wire {
        Wire::connect(self.address())
    }

    pub fn configuration(&self) -> PathBuf {
        self.folder.path().join(FILE)
    }

    /// The folder of its certificates.
    pub fn certificates(&self) -> PathBuf {
        self.folder.path().join(CERTIFICATES)
    }

    pub fn signal(&self, name: &str) {
        send_signal(self.process.0.id(), name);
    }

    /// Closes its log's pipe at our end.
    pub fn close_log(&mut self) {
        drop(self.process.0.stderr.take());
    }

    /// Ends it as a crash would.
    pub fn kill(mut self) {
        self.process.0.kill().unwrap();
        self.process.0.wait().unwrap();
    }

    /// Asks it to end, waits for that, and returns all that it logged.
    pub fn stop(mut self) -> String {
        self.signal("TERM");
        let mut status = None;
        eventually("the end of the program", || {
            status = self.process.0.try_wait().unwrap();
            status.is_some()
        });
        assert_eq!(status.as_ref().and_then(ExitStatus::code), Some(0));
        if let Some(reading) = self.reading.take() {
            reading.join().unwrap();
        }
        self.log()
    }

    pub fn log(&self) -> String {
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.clone()
    }

    pub fn is_running(&mut self) -> bool {
        self.process.0.try_wait().unwrap().is_none()
    }

    pub fn id(&self) -> u32 {
        self.process.0.id()
    }

    /// Memory in use, in bytes.
    pub fn memory(&self) -> usize {
        let status = fs::read_to_string(format!("/proc/{}/status", self.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes = line.unwrap().trim().trim_end_matches(" kB");
        kilobytes.parse::<usize>().unwrap() << 10
    }

    /// Files and sockets that it has open.
    pub fn descriptors(&self) -> usize {
        let open = fs::read_dir(format!("/proc/{}/fd", self.id())).unwrap();
        open.count()
    }

    /// Processor time that it has used.
    pub fn processor_time(&self) -> Duration {
        processor_time(&format!("/proc/{}/stat", self.id()))
    }
}

/// What may be wrong with files, and how that is brought about.
pub type Fault<'f> = (&'static str, Box<dyn Fn() + 'f>);

/// What a number in the line of totals, logged at the end, says.
pub fn total(log: &str, name: &str) -> u64 {
    let found = log.split([' ', '"']).find_map(|word| {
        let (found, value) = word.trim().split_once('=')?;
        (found == name).then(|| value.parse().ok())?
    });
    found.unwrap_or_else(|| panic!("no {name} in {log}"))
}

/// Processor time of what a `stat` file of the system is about.
pub fn processor_time(stat: &str) -> Duration {
    let stat = fs::read_to_string(stat).unwrap();
    // The name, in brackets, may hold spaces.
    let (_, fields) = stat.rsplit_once(')').unwrap();
    let fields: Vec<_> = fields.split_whitespace().collect();
    let ticks = |field: usize| fields[field].parse::<u64>().unwrap();
    // Both fields count hundredths of a second, on every Linux.
    Duration::from_millis(10 * (ticks(11) + ticks(12)))
}

pub fn send_signal(process: u32, name: &str) {
    let process = process.to_string();
    let sent = Command::new("kill").args(["-s", name, &process]).status();
    assert!(sent.unwrap().success());
}

/// Returns when `is_so`, which nothing tells of by itself.
#[track_caller]
pub fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < LIMIT, "not so in time: {what}");
        // The two cores are others' too.
        thread::park_timeout(Duration::from_millis(10));
    }
}

/// Writes a certificate and its key, that alone its owner can read.
pub fn write_pair(folder: &Path, leaf: &Leaf) {
    fs::create_dir_all(folder).unwrap();
    for (name, text) in [("key.pem", &leaf.key), ("cert.pem", &leaf.certificate)] {
        let file = folder.join(name);
        fs::write(&file, text).unwrap();
        fs::set_permissions(file, Permissions::from_mode(0o600)).unwrap();
    }
}

/// Where certificates are looked for if nothing is configured.
const CERTIFICATES: &str = "certs";
const FILE: &str = "proxy.toml";
