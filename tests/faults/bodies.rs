//! Bodies that break off, drip, never end, or that nobody wants to have.

use std::{
    io::{Read, Write},
    net::Shutdown,
    sync::{Mutex, mpsc},
    thread,
    time::{Duration, Instant},
};

use socket2::SockRef;

use crate::limits::lasts;
use crate::program::{Program, eventually, total};
use crate::raw::{App, LIMIT, Wire, field, latin1};
use crate::site::{self, CHUNKED, GET, Site, assert_serves, next_head, path};

/// Between two bytes there is less than the limit, from first to last more.
#[test]
fn dripping_body_arrives_whole() {
    let site = Site::start(|mut wire| {
        next_head(&mut wire);
        wire.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n");
        for _ in 0..9 {
            // The pace is the fault.
            thread::sleep(PACE);
            wire.send_lossy("x");
        }
        wire.rest();
    });
    let program = Program::start(site.address, SLOW);
    let mut client = program.client();
    client.send(GET);
    assert!(client.message().ends_with(&"x".repeat(9)));
}

#[test]
fn app_that_breaks_off_in_the_middle_of_a_body_is_seen_as_broken() {
    let (arrived, has_arrived) = mpsc::channel();
    let has_arrived = Mutex::new(has_arrived);
    let site = Site::start(move |mut wire| {
        let Some(head) = next_head(&mut wire) else {
            return;
        };
        let framing = match &path(&head)[..4] {
            "/len" => "Content-Length: 100\r\n\r\npart",
            "/chu" => "Transfer-Encoding: chunked\r\n\r\n4\r\npart\r\n",
            _ => "\r\npart",
        };
        wire.send_lossy(format!("HTTP/1.1 200 OK\r\n{framing}"));
        if path(&head).ends_with("reset") {
            // It may overtake what nobody has read yet.
            let waited = has_arrived.lock().unwrap().recv_timeout(LIMIT);
            waited.unwrap();
            wire.reset();
        }
    });
    let program = Program::start(site.address, "");
    let paths = ["/len", "/chu", "/len-reset", "/chu-reset", "/end-reset"];
    for path in paths.repeat(10) {
        let mut client = program.client();
        client.send(site::get(path));
        let head = client.head();
        assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
        let body = latin1(&client.until(b"part"));
        if path.ends_with("reset") {
            arrived.send(()).unwrap();
        }
        let body = body + &client.rest();
        match field(&head, "content-length") {
            Some(length) => assert_eq!((length, &*body), ("100", "part"), "{path}"),
            None => assert_eq!(body, "4\r\npart\r\n", "{path}"),
        }
    }
    let log = program.stop();
    let is_told = |line: &&str| line.contains("the upstream's answer broke off");
    assert_eq!(log.lines().filter(is_told).count(), 50);
    assert_eq!(total(&log, "broken_bodies"), 50);
}

#[test]
fn endless_body_takes_constant_memory() {
    let site = Site::start(|mut wire| {
        next_head(&mut wire);
        wire.send_lossy(CHUNKED);
        let piece = format!("10000\r\n{}\r\n", "x".repeat(1 << 16));
        while wire.try_send(&piece) {}
    });
    let program = Program::start(site.address, "");
    let mut client = program.client();
    client.send(GET);
    client.head();
    let mut memory_after = |megabytes: usize| {
        for _ in 0..16 * megabytes {
            client.exactly(1 << 16);
        }
        program.memory()
    };
    let before = memory_after(32);
    let after = memory_after(400);
    assert!(after < before + (2 << 20), "from {before} to {after} bytes");
    assert_serves_while_open(&program);
    drop(client);
    eventually("the app is told", || site.open() == 0);
}

/// The head of the answer is there, so nothing but the connection's end says that it failed.
fn assert_serves_while_open(program: &Program) {
    let mut client = program.client();
    client.send(GET);
    assert!(client.head().starts_with("HTTP/1.1 200 "));
}

#[test]
fn early_refusal_of_an_upload_arrives_every_time() {
    let site = refusing();
    let program = Program::start(site.address, "");
    for turn in 0..REFUSALS {
        let mut client = program.client();
        let path = ["/reset", "/close"][turn % 2];
        client.send(format!(
            "POST {path} HTTP/1.1\r\nHost: app\r\nContent-Length: {UPLOAD}\r\n\r\n"
        ));
        let mut upload = client.stream().try_clone().unwrap();
        // It reads the answer only when it has sent all, as simple clients do; it may fail.
        let uploading = thread::spawn(move || {
            let block = vec![b'x'; 1 << 16];
            for _ in 0..UPLOAD >> 16 {
                if upload.write_all(&block).is_err() {
                    return;
                }
            }
        });
        uploading.join().unwrap();
        let answer = client.message();
        assert_eq!(answer, REFUSAL, "upload {turn}");
    }
    assert_ends(&site);
}

#[test]
fn early_refusal_of_an_upload_arrives_over_http2_every_time() {
    let site = refusing();
    let program = Program::start(site.address, "");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        for connection in 0..4 {
            let stream = tokio::net::TcpStream::connect(program.address())
                .await
                .unwrap();
            let (sender, driver) = h2::client::handshake(stream).await.unwrap();
            let driver = tokio::spawn(driver);
            for turn in 0..REFUSALS / 4 {
                let path = ["/reset", "/close"][turn % 2];
                let answer = tokio::time::timeout(LIMIT, upload_http2(&sender, path));
                let answer = answer.await.expect("no answer").unwrap();
                assert_eq!(answer, 413, "upload {turn} of connection {connection}");
            }
            driver.abort();
        }
    });
    assert_ends(&site);
}

/// Sends until the answer is there or the upload is; returns the status.
async fn upload_http2(
    sender: &h2::client::SendRequest<bytes::Bytes>,
    path: &str,
) -> Result<u16, h2::Error> {
    let request = http::Request::post(format!("http://app{path}"))
        .body(())
        .unwrap();
    let mut sender = sender.clone().ready().await?;
    let (answer, mut body) = sender.send_request(request, false)?;
    let block = bytes::Bytes::from(vec![b'x'; 1 << 16]);
    let sending = async {
        let mut left = UPLOAD;
        while left > 0 {
            body.reserve_capacity(block.len().min(left));
            match std::future::poll_fn(|cx| body.poll_capacity(cx)).await {
                Some(Ok(room)) if room > 0 => {
                    let count = room.min(left).min(block.len());
                    left -= count;
                    if body.send_data(block.slice(..count), left == 0).is_err() {
                        break;
                    }
                }
                _ => break,
            }
        }
        // The answer decides, not the upload.
        std::future::pending::<()>().await;
    };
    tokio::select! {
        answer = answer => {
            let answer = answer?;
            let status = answer.status().as_u16();
            let mut rest = answer.into_body();
            while let Some(part) = rest.data().await {
                part?;
            }
            Ok(status)
        }
        () = sending => unreachable!(),
    }
}

/// An app that refuses uploads by their head, and does not read them: it resets the
/// connection, or says that it is done and lets the client run into its end.
fn refusing() -> Site {
    Site::start(|mut wire| {
        let Some(head) = next_head(&mut wire) else {
            return;
        };
        wire.send_lossy(REFUSAL);
        if path(&head) == "/close" {
            wire.finish();
            wire.rest();
        }
    })
}

fn assert_ends(site: &Site) {
    eventually("the app's connections are closed", || site.open() == 0);
}

#[test]
fn upload_that_stalls_is_a_408_and_the_app_sees_a_break() {
    for framing in ["Content-Length: 100", "Transfer-Encoding: chunked"] {
        let app = App::start();
        let program = Program::start(app.address(), "timeouts.body_idle = '2s'");
        let mut client = program.client();
        let answer = lasts(|| {
            client.send(format!("POST / HTTP/1.1\r\nHost: app\r\n{framing}\r\n\r\n"));
            client.send("4\r\npart\r\n");
            client.rest()
        });
        assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
        assert_eq!(field(&answer, "connection"), Some("close"), "{answer}");
        let why = "body did not come in time: nothing for 2s ([timeouts] body_idle)\n";
        assert!(answer.ends_with(why), "{answer}");
        let mut server = app.accept();
        server.head();
        assert_eq!(server.rest(), "4\r\npart\r\n");
    }
}

/// One byte now and then is progress, whatever the whole takes.
#[test]
fn upload_that_drips_arrives_whole() {
    let app = App::start();
    let program = Program::start(app.address(), SLOW);
    let mut client = program.client();
    client.send("POST / HTTP/1.1\r\nHost: app\r\nContent-Length: 9\r\n\r\n");
    let mut server = app.accept();
    server.head();
    for _ in 0..9 {
        thread::sleep(PACE);
        client.send("x");
    }
    assert_eq!(server.exactly(9), b"x".repeat(9));
    server.send(site::OK);
    assert_eq!(client.message(), site::OK);
}

#[test]
fn readers_of_nothing_hold_the_app_up_and_are_closed() {
    let site = Site::start(|mut wire| {
        let Some(head) = next_head(&mut wire) else {
            return;
        };
        if path(&head) == "/" {
            wire.send_lossy(site::OK);
            return;
        }
        wire.send_lossy("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n");
        let block = [b'x'; 1 << 16];
        while wire.try_send(block) {}
    });
    let program = Program::start(site.address, "timeouts.body_idle = '4s'");
    assert_serves(program.address());
    let before = program.memory();
    let start = Instant::now();
    let mut clients = Vec::new();
    for _ in 0..READERS {
        let mut client = program.client();
        // What the system holds for them would be more than what the program does.
        let small = SockRef::from(&*client.stream()).set_recv_buffer_size(1 << 14);
        small.unwrap();
        client.send(site::get("/large"));
        client.wait();
        clients.push(client);
    }
    assert_serves(program.address());
    let mut most = 0;
    eventually("the app's connections are closed", || {
        most = most.max(program.memory());
        site.open() == 0
    });
    let each = (most - before) / READERS;
    assert!(each < 3 << 19, "{each} bytes for each");
    assert!(start.elapsed() > Duration::from_secs(2));
    for client in &mut clients {
        // What was on the way may be read still; the end comes before all of it.
        let mut taken = 0;
        let mut block = vec![0; 1 << 20];
        while let Ok(count @ 1..) = client.stream().read(&mut block) {
            taken += count;
        }
        assert!(taken < 100_000_000, "all of it arrived");
    }
    assert_serves(program.address());
    drop(clients);
}

/// What it takes arrives, though it takes it slowly.
#[test]
fn slow_reader_is_not_closed() {
    let site = Site::start(|mut wire| {
        next_head(&mut wire);
        wire.send_lossy(format!(
            "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n",
            8 << 20
        ));
        wire.send_lossy(vec![b'x'; 8 << 20]);
        let _ = wire.stream().shutdown(Shutdown::Write);
        wire.rest();
    });
    let program = Program::start(site.address, "timeouts.body_idle = '3s'");
    let mut client: Wire = program.client();
    client.send(GET);
    client.head();
    for _ in 0..64 {
        // The pace is the subject: all of it takes longer than the limit.
        thread::sleep(Duration::from_millis(55));
        client.exactly(1 << 17);
    }
}

const UPLOAD: usize = 25 << 20;
const REFUSALS: usize = 100;
const REFUSAL: &str = "HTTP/1.1 413 Too Much\r\nContent-Length: 3\r\n\r\nbig";
const READERS: usize = 200;

/// Nine pieces at this pace take longer than each of these limits, which is far from one pause.
const PACE: Duration = Duration::from_millis(250);
const SLOW: &str = "timeouts.body_idle = '2s'\ntimeouts.response_head = '2s'\ntimeouts.idle = '2s'";
