//! An app that restarts, as apps under development do all day.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    runtime::Runtime,
};

use crate::raw::{LIMIT, Port, Wire};
use crate::running::Rescope;

const GET: &str = "GET / HTTP/1.1\r\nHost: app\r\n\r\n";
const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const CLIENTS: usize = 8;

#[test]
fn no_get_fails_while_the_app_restarts() {
    for _ in 0..TRIES {
        let (failures, is_quick) = restart_under_load();
        if is_quick || failures == 0 {
            assert_eq!(failures, 0);
            return;
        }
    }
    panic!("no app of {TRIES} was back in time");
}

/// Returns how many requests failed, and whether the app was back in time whenever it restarted.
fn restart_under_load() -> (usize, bool) {
    let port = Port::reserve();
    let mut app = BusyApp::start(&port);
    let rescope = Rescope::start(port.address());
    let load = Load::start(rescope.address);
    let mut is_quick = true;
    for pause in [0, 100, 250, 400, 0, 300, 400, 50] {
        load.wait_for_answers();
        let start = Instant::now();
        drop(app);
        is_quick &= start.elapsed() < DYING;
        // How long the app is away is the subject.
        thread::sleep(Duration::from_millis(pause));
        app = BusyApp::start(&port);
        is_quick &= start.elapsed() < AWAY;
    }
    load.wait_for_answers();
    (load.end(), is_quick)
}

#[test]
fn rescope_may_start_before_the_app() {
    let port = Port::reserve();
    let rescope = Rescope::start(port.address());
    let mut client = rescope.client();
    client.send(GET);
    assert!(client.message().starts_with("HTTP/1.1 502 "));
    let _app = BusyApp::start(&port);
    client.send(GET);
    assert_eq!(client.message(), OK);
}

#[test]
fn app_that_was_down_is_reached_at_once_when_it_is_up() {
    let port = Port::reserve();
    let rescope = Rescope::start(port.address());
    let mut client = rescope.client();
    for _ in 0..3 {
        let app = BusyApp::start(&port);
        for _ in 0..3 {
            client.send(GET);
            assert_eq!(client.message(), OK);
        }
        drop(app);
        client.send(GET);
        let answer = client.message();
        assert!(answer.starts_with("HTTP/1.1 502 "), "{answer}");
    }
}

/// Any method waits for an app that starts: nothing was sent yet.
#[test]
fn post_waits_for_the_app_to_start() {
    for _ in 0..TRIES {
        let port = Port::reserve();
        let rescope = Rescope::start(port.address());
        let mut client = rescope.client();
        let start = Instant::now();
        client.send("POST / HTTP/1.1\r\nHost: app\r\nContent-Length: 0\r\n\r\n");
        // The first connections are tried before the app listens, a later one meets it.
        thread::sleep(Duration::from_millis(200));
        let _app = BusyApp::start(&port);
        if start.elapsed() < AWAY {
            assert_eq!(client.message(), OK);
            return;
        }
    }
    panic!("no app of {TRIES} was up in time");
}

/// For less time than connections to an app that is down are tried again for.
const AWAY: Duration = Duration::from_millis(700);

/// In less time than a request that was lost is sent again after.
const DYING: Duration = Duration::from_millis(40);

/// More than any machine needs to be quick once.
const TRIES: usize = 50;

/// An app that answers every request, and dies with all of its sockets. As the
/// kernel does for a process that ends, it closes the listener last: who connects
/// meanwhile is reset.
struct BusyApp {
    runtime: Option<Runtime>,
    _listener: std::net::TcpListener,
}

impl BusyApp {
    fn start(port: &Port) -> Self {
        let listener = port.listen();
        listener.set_nonblocking(true).unwrap();
        let accepting = listener.try_clone().unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        runtime.spawn(async move {
            let listener = TcpListener::from_std(accepting).unwrap();
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer_all(stream));
            }
        });
        Self {
            runtime: Some(runtime),
            _listener: listener,
        }
    }
}

impl Drop for BusyApp {
    fn drop(&mut self) {
        // Returns when every task, and with it every connection, is gone.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(LIMIT);
        }
    }
}

async fn answer_all(mut stream: TcpStream) {
    let mut head = Vec::new();
    while matches!(stream.read_buf(&mut head).await, Ok(count) if count > 0) {
        if head.ends_with(b"\r\n\r\n") {
            head.clear();
            // A moment of work, so that some requests are in it when the app dies.
            tokio::time::sleep(Duration::from_millis(1)).await;
            if stream.write_all(OK.as_bytes()).await.is_err() {
                return;
            }
        }
    }
}

/// Clients that ask one thing after another.
struct Load {
    ended: Arc<AtomicBool>,
    answers: Arc<AtomicUsize>,
    failures: Arc<AtomicUsize>,
    threads: Vec<thread::JoinHandle<()>>,
}

impl Load {
    fn start(rescope: SocketAddr) -> Self {
        let ended = Arc::new(AtomicBool::new(false));
        let (answers, failures) = <(Arc<AtomicUsize>, Arc<AtomicUsize>)>::default();
        let client = || {
            let (answers, failures) = (Arc::clone(&answers), Arc::clone(&failures));
            let ended = Arc::clone(&ended);
            thread::spawn(move || {
                let mut wire = Wire::connect(rescope);
                while !ended.load(Ordering::Relaxed) {
                    wire.send(GET);
                    let answer = wire.message();
                    let is_failure = answer.starts_with("HTTP/1.1 502 ");
                    assert!(is_failure || answer == OK, "{answer}");
                    failures.fetch_add(is_failure.into(), Ordering::Relaxed);
                    answers.fetch_add(1, Ordering::Relaxed);
                }
            })
        };
        let threads = (0..CLIENTS).map(|_| client()).collect();
        Self {
            ended,
            answers,
            failures,
            threads,
        }
    }

    /// Returns when some more requests were answered; fails when a client got no answer.
    fn wait_for_answers(&self) {
        let enough = self.answers.load(Ordering::Relaxed) + 20 * CLIENTS;
        while self.answers.load(Ordering::Relaxed) < enough {
            assert!(
                !self.threads.iter().any(|it| it.is_finished()),
                "a client got none"
            );
            thread::yield_now();
        }
    }

    /// Ends it; returns how many requests the app did not answer.
    fn end(self) -> usize {
        self.ended.store(true, Ordering::Relaxed);
        for thread in self.threads {
            thread.join().expect("a client gets an answer");
        }
        self.failures.load(Ordering::Relaxed)
    }
}
