//! A server that runs, on a thread of its own.

use std::{
    net::{Ipv4Addr, SocketAddr, TcpStream},
    sync::{Arc, mpsc},
    thread,
    time::{Duration, Instant},
};

use rescope::{
    metrics::Metrics,
    net::{Descriptors, Shutdown},
    server::{Address, Inherited, Limits, Listener, Server, Stop, Timeouts, Worker},
};
use rustls::ServerConfig;
use tokio::{
    runtime::Builder,
    sync::{Notify, oneshot},
};

use crate::handler::Answers;
use crate::log::Log;
use crate::raw::{LIMIT, Wire};

/// What is to run: one plain TCP listener, where nothing else is said.
pub struct Setup {
    pub addresses: Vec<(Address, Option<Arc<ServerConfig>>)>,
    pub proxy_protocol: bool,
    pub limits: Limits,
    pub timeouts: Timeouts,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            addresses: vec![(any_port(), None)],
            proxy_protocol: false,
            limits: Limits::default(),
            timeouts: Timeouts::default(),
        }
    }
}

pub fn any_port() -> Address {
    Address::Tcp((Ipv4Addr::LOCALHOST, 0).into())
}

pub const SHORT: Duration = Duration::from_millis(300);

pub struct Running {
    /// One for each listener.
    pub addresses: Vec<Address>,
    pub metrics: Arc<Metrics>,
    pub go: Arc<Notify>,
    pub let_go: mpsc::Receiver<()>,
    log: Log,
    stop: Option<oneshot::Sender<Stop>>,
    stopped: mpsc::Receiver<()>,
}

impl Running {
    pub fn start() -> Self {
        Self::with(Setup::default())
    }

    /// Starts it with other time limits.
    pub fn timed(timeouts: Timeouts) -> Self {
        Self::with(Setup {
            timeouts,
            ..Setup::default()
        })
    }

    pub fn with(mut setup: Setup) -> Self {
        setup.timeouts = patient(setup.timeouts);
        let metrics = Arc::new(Metrics::default());
        let go = Arc::new(Notify::new());
        let (sender, let_go) = mpsc::channel();
        let answers = Answers {
            go: Arc::clone(&go),
            let_go: sender,
        };
        let (stop, asked) = oneshot::channel();
        let (bound, addresses) = mpsc::channel();
        let (done, stopped) = mpsc::channel();
        let counted = Arc::clone(&metrics);
        let log = Log::default();
        let logged = log.subscriber();
        thread::spawn(move || {
            // Of this server alone: all of it is on this thread.
            let _logged = tracing::subscriber::set_default(logged);
            let runtime = Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let server = bind(setup, counted);
                let addresses = server.listeners.iter().map(|it| it.local_addr().clone());
                bound.send(addresses.collect()).unwrap();
                let workers = [(Worker::here(), answers)];
                server
                    .run(&workers, async { asked.await.unwrap_or(Stop::Terminate) })
                    .await;
            });
            drop(runtime);
            let _ = done.send(());
        });
        Self {
            addresses: addresses.recv_timeout(LIMIT).expect("it did not start"),
            metrics,
            go,
            let_go,
            log,
            stop: Some(stop),
            stopped,
        }
    }

    /// The address of its first listener.
    pub fn address(&self) -> SocketAddr {
        self.addresses[0].tcp().unwrap()
    }

    pub fn client(&self) -> Wire {
        Wire::connect(self.address())
    }

    /// The lines that it has logged so far at info.
    pub fn log(&self) -> Vec<String> {
        self.log.lines()
    }

    /// Waits until it has logged a line with these words, and returns that.
    pub fn logged(&self, words: &str) -> String {
        let find = || self.log().into_iter().find(|line| line.contains(words));
        let start = Instant::now();
        loop {
            match find() {
                Some(line) => return line,
                None => assert!(start.elapsed() < LIMIT, "{words}: {:?}", self.log()),
            }
            thread::yield_now();
        }
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

    /// Asks it to end, and waits until it takes no connections.
    pub fn stop_and_wait(&mut self) {
        self.stop();
        let address = self.address();
        eventually(|| TcpStream::connect(address).is_err());
    }

    pub fn is_running(&self) -> bool {
        self.stopped.try_recv().is_err()
    }

    /// Whether another client is served; it may not be where the limit for heads is short.
    pub fn serves(&self) -> bool {
        let mut client = self.client();
        client.send_lossy("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        client.rest().ends_with("ok")
    }

    /// Another client is served.
    pub fn assert_serves(&self) {
        let mut client = self.client();
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        assert!(client.message().ends_with("ok"));
    }
}

/// Puts the limits that are the built-in ones far beyond [`LIMIT`], so that what one of them ends
/// is not taken for what should have ended by itself.
fn patient(mut limits: Timeouts) -> Timeouts {
    let usual = Timeouts::default();
    for (limit, usual) in [
        (&mut limits.header_read, usual.header_read),
        (&mut limits.tls_handshake, usual.tls_handshake),
        (&mut limits.idle, usual.idle),
        (&mut limits.write, usual.write),
        (&mut limits.drain, usual.drain),
    ] {
        if *limit == usual {
            *limit = 10 * LIMIT;
        }
    }
    limits
}

fn bind(setup: Setup, metrics: Arc<Metrics>) -> Server {
    let mut inherited = Inherited::from_environment();
    let listeners = setup.addresses.into_iter().map(|(address, tls)| {
        Listener::bind(&address, &mut inherited, tls, setup.proxy_protocol).unwrap()
    });
    Server {
        listeners: listeners.collect(),
        limits: setup.limits,
        timeouts: setup.timeouts,
        metrics,
        trust: "trust it".to_owned(),
        shutdown: Shutdown::default(),
        descriptors: Descriptors::default(),
    }
}

/// Fails unless it is so, or becomes so in time.
pub fn eventually(is_so: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < LIMIT, "it never comes to be");
        thread::yield_now();
    }
}
