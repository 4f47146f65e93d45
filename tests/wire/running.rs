//! A running rescope: in this process, or as the program itself.

use std::{
    fs,
    io::{BufRead, BufReader},
    net::SocketAddr,
    process::{ChildStdout, Stdio},
    sync::mpsc,
    time::Duration,
};

use rescope::app::{App, Stop};
use rescope::config::{self, Config, Overrides};
use rescope::server::Inherited;
use tempfile::NamedTempFile;
use tokio::{runtime::Runtime, sync::oneshot};

use crate::own;
use crate::process::Killed;
use crate::raw::{self, LIMIT, Wire};

/// rescope in this process, on a runtime of its own.
pub struct Rescope {
    pub address: SocketAddr,
    runtime: Option<Runtime>,
    stop: Option<oneshot::Sender<Stop>>,
    stopped: mpsc::Receiver<()>,
}

impl Rescope {
    /// Starts it in front of `app` with the built-in defaults, but for limits of time.
    pub fn start(app: SocketAddr) -> Self {
        Self::configured(app, "")
    }

    /// Starts it with a configuration file of this text.
    pub fn configured(app: SocketAddr, text: &str) -> Self {
        let overrides = Overrides {
            listen: Some("127.0.0.1:0".to_owned()),
            upstream: Some(format!("http://{app}")),
            ..Overrides::default()
        };
        Self::of(config::parse(text, "proxy.toml", &overrides).unwrap())
    }

    /// Starts it as the configuration says; its address is the first listener's.
    pub fn of(config: Config) -> Self {
        let (running, ()) = Self::seen(config, |_| ());
        running
    }

    /// The same, and what `look` sees of it before it serves. What only a built-in limit of time
    /// would end is not ended.
    pub fn seen<T>(config: Config, look: impl FnOnce(&App) -> T) -> (Self, T) {
        let runtime = Runtime::new().unwrap();
        let entered = runtime.enter();
        let app = App::bind(patient(config), Inherited::none()).unwrap();
        drop(entered);
        let address = app.local_addr().unwrap();
        let seen = look(&app);
        let (stop, asked) = oneshot::channel();
        let (done, stopped) = mpsc::channel();
        runtime.spawn(async move {
            app.serve(async { asked.await.unwrap_or(Stop::Terminate) })
                .await;
            let _ = done.send(());
        });
        let running = Self {
            address,
            runtime: Some(runtime),
            stop: Some(stop),
            stopped,
        };
        (running, seen)
    }

    pub fn client(&self) -> Wire {
        Wire::connect(self.address)
    }

    /// Asks it to end, as SIGTERM does.
    pub fn stop(&mut self) {
        drop(self.stop.take());
    }

    /// Asks it to end, as SIGINT does.
    pub fn interrupt(&mut self) {
        let stop = self.stop.take();
        stop.expect("it was not asked yet")
            .send(Stop::Interrupt)
            .expect("it runs");
    }

    /// Fails unless it has ended, or does in time.
    pub fn join(&self) {
        self.stopped.recv_timeout(LIMIT).expect("it goes on");
    }

    pub fn is_running(&self) -> bool {
        self.stopped.try_recv().is_err()
    }
}

impl Drop for Rescope {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Puts the limits of time that are the built-in ones far beyond [`LIMIT`], so that what one of
/// them ends is not taken for what should have ended by itself.
fn patient(mut config: Config) -> Config {
    let usual = config::Timeouts::default();
    let limits = &mut config.timeouts;
    for (limit, usual) in [
        (&mut limits.header_read, usual.header_read),
        (&mut limits.connect, usual.connect),
        (&mut limits.response_head, usual.response_head),
        (&mut limits.idle, usual.idle),
        (&mut limits.body_idle, usual.body_idle),
        (&mut limits.drain, usual.drain),
    ] {
        if *limit == usual {
            *limit = 10 * LIMIT;
        }
    }
    config
}

/// One request and its answer: what the app got, and what the client got.
pub struct Exchange {
    pub request: String,
    pub response: String,
}

/// Sends one request through a fresh proxy, and `response` back; reads all of both.
pub fn exchange(request: impl AsRef<[u8]>, response: impl AsRef<[u8]>) -> Exchange {
    let app = raw::App::start();
    let rescope = Rescope::start(app.address());
    let mut client = rescope.client();
    client.send(request);
    let mut server = app.accept();
    let request = server.message();
    server.send(response);
    let response = client.message();
    Exchange { request, response }
}

/// The same in a file.
const PATIENT: &str = "timeouts = { header_read = '10m', connect = '10m', response_head = '10m', \
    idle = '10m', body_idle = '10m', drain = '10m' }\n";

/// The program, `rescope run`.
pub struct Program {
    pub process: Killed,
    pub address: SocketAddr,
    /// Held open, so that it can write on.
    _stdout: BufReader<ChildStdout>,
    _config: NamedTempFile,
}

impl Program {
    pub fn run(app: SocketAddr) -> Self {
        Self::configured(app, "")
    }

    /// Starts it with a configuration file of this text; as [`patient`] says, unless that sets
    /// limits of time.
    pub fn configured(app: SocketAddr, text: &str) -> Self {
        let config = NamedTempFile::new().unwrap();
        let limits = match text.contains("timeouts") {
            true => "",
            false => PATIENT,
        };
        fs::write(&config, format!("{limits}{text}")).unwrap();
        let mut process = own::rescope()
            .args(["run", "--listen", "127.0.0.1:0", "--upstream"])
            .arg(format!("http://{app}"))
            .arg("--config")
            .arg(config.path())
            .env("RESCOPE_LOG", "warn")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(process.stdout.take().unwrap());
        let process = Killed(process);
        let address = loop {
            let mut line = String::new();
            assert_ne!(
                stdout.read_line(&mut line).unwrap(),
                0,
                "it said no address"
            );
            if let Some((_, address)) = line.split_once("listening on http://") {
                break address.trim().parse().unwrap();
            }
        };
        Self {
            process,
            address,
            _stdout: stdout,
            _config: config,
        }
    }

    /// The most memory that it has had, in bytes; the kernel may say a little less later on.
    pub fn peak_memory(&self) -> usize {
        self.status("VmHWM:")
    }

    /// The memory that it has now, in bytes.
    pub fn memory(&self) -> usize {
        self.status("VmRSS:")
    }

    fn status(&self, name: &str) -> usize {
        let status = self.proc("status");
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let kilobytes = line.unwrap().trim().trim_end_matches(" kB");
        kilobytes.parse::<usize>().unwrap() << 10
    }

    /// How long it has been at work on any core.
    pub fn cpu_time(&self) -> Duration {
        let stat = self.proc("stat");
        let (_, fields) = stat.rsplit_once(')').unwrap();
        let ticks = fields.split_whitespace().skip(11).take(2);
        // Linux counts a hundred in a second for whoever reads them there.
        Duration::from_millis(ticks.map(|it| it.parse::<u64>().unwrap() * 10).sum())
    }

    fn proc(&self, file: &str) -> String {
        fs::read_to_string(format!("/proc/{}/{file}", self.process.0.id())).unwrap()
    }
}
