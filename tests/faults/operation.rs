//! What befalls the process: a sudden end, a log that nobody reads, too few
//! descriptors, too little memory.

use std::{
    fs,
    path::{Path, PathBuf},
    process,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use crate::program::{Launch, Program, eventually};
use crate::raw::{Port, Wire, field};
use crate::site::{self, GET, OK, Site, assert_serves, next_head};

#[test]
fn killed_program_listens_again_at_once() {
    let site = Site::well();
    let port = Port::reserve();
    let listen = format!("listen = '{}'", port.address());
    for _ in 0..3 {
        let program = Program::start(site.address, &listen);
        let mut clients = Vec::new();
        for _ in 0..20 {
            let mut client = program.client();
            client.send(GET);
            assert_eq!(client.message(), OK);
            clients.push(client);
        }
        program.kill();
        // Some of its connections are closed by now, others are not.
        clients.truncate(10);
        let program = Program::start(site.address, &listen);
        assert_serves(program.address());
    }
}

/// Each of these requests is worth a line, and the pipe has room for some hundreds.
#[test]
fn requests_go_on_while_nobody_reads_the_log() {
    let site = Site::answering(|_| "nonsense\r\n\r\n");
    let mut program = Launch::new(site.address, "").with_unread_log().start();
    let ask = |program: &Program, count: usize| {
        let mut client = program.client();
        for _ in 0..count {
            client.send(GET);
            assert!(client.message().starts_with("HTTP/1.1 502 "));
        }
    };
    ask(&program, 3000);
    program.close_log();
    ask(&program, 500);
    assert!(program.is_running());
    program.stop();
}

#[test]
fn too_few_descriptors_leave_some_for_the_app() {
    // Every request needs a new connection to the app.
    let site = Site::start(|mut wire| {
        if next_head(&mut wire).is_some() {
            wire.send_lossy(OK);
        }
    });
    let mut program = Launch::new(site.address, "").with_descriptors(64).start();
    let mut canary = program.client();
    for _ in 0..3 {
        // Some get in, all others wait in the system's queue.
        let crowd: Vec<Wire> = (0..300).map(|_| program.client()).collect();
        for _ in 0..20 {
            canary.send(GET);
            assert_eq!(canary.message(), OK);
        }
        drop(crowd);
        assert_serves(program.address());
    }
    eventually("the descriptors are back", || program.descriptors() < 30);
    assert!(program.is_running());
}

/// Each takes one for its client and one for the app, and there are not as many.
#[test]
fn clients_at_once_wait_for_descriptors_to_the_app() {
    for (descriptors, count, host) in [
        (256, 150, "127.0.0.1"),
        (64, 36, "localhost"),
        (64, 36, "127.0.0.1"),
    ] {
        let is_open = Arc::new(AtomicBool::new(false));
        let gate = Arc::clone(&is_open);
        let site = Site::answering(move |_| {
            while !gate.load(Ordering::Relaxed) {
                thread::sleep(Duration::from_millis(1));
            }
            OK
        });
        let upstream = format!("http://{host}:{}", site.address.port());
        let program = Launch::new(upstream, "timeouts.connect = '20s'");
        let program = program.with_descriptors(descriptors).start();
        let mut clients: Vec<_> = (0..count).map(|_| program.client()).collect();
        for client in &mut clients {
            client.send(GET);
        }
        eventually("all are in use", || program.descriptors() >= descriptors);
        is_open.store(true, Ordering::Relaxed);
        for client in &mut clients {
            assert_eq!(client.message(), OK, "{descriptors}");
        }
        // What was free is not kept from others.
        for client in &mut clients {
            client.send(GET);
        }
        for client in &mut clients {
            assert_eq!(client.message(), OK, "{descriptors}");
        }
    }
}

#[test]
fn lack_of_descriptors_that_lasts_is_told_with_what_to_raise() {
    let site = Site::start(|mut wire| {
        let _ = wire.rest();
    });
    let configuration = "timeouts.connect = '300ms'";
    let program = Launch::new(site.address, configuration).with_descriptors(60);
    let program = program.start();
    let mut clients: Vec<_> = (0..32).map(|_| program.client()).collect();
    for client in &mut clients {
        client.send(GET);
    }
    let is_told = |client: &mut Wire| !client.is_silent();
    eventually("somebody is told", || clients.iter_mut().any(is_told));
    let told = clients.iter_mut().find_map(|it| is_told(it).then_some(it));
    let answer = told.unwrap().message();
    eventually("it is logged", || program.log().contains("503"));
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    let kind = "rescope; error=connection_limit_reached";
    assert_eq!(field(&answer, "proxy-status"), Some(kind));
    for text in [answer, program.log()] {
        assert!(text.contains("limit of open files"), "{text}");
        assert!(text.contains("`connections` in `[limits]`"), "{text}");
    }
}

/// Where the system lets us, a limit for its memory makes sure that nothing is forgotten.
#[test]
fn thousand_connections_fit_in_64_megabytes() {
    let site = Site::well();
    let group = Group::new(MEMORY);
    let mut program = Program::start(site.address, "");
    group.take_in(program.id());
    let mut clients = Vec::new();
    for place in 0..1000 {
        let mut client = program.client();
        match place % 4 {
            0 => {}
            1 => client.send("GET / HTTP/1.1\r\nHost: app\r\nA: "),
            2 => {
                client.send(site::get(&format!("/{}", "a".repeat(4000))));
                assert_eq!(client.message(), OK);
            }
            _ => client.send(crate::frames::hello(&[])),
        }
        clients.push(client);
    }
    assert_serves(program.address());
    assert!(program.descriptors() > 1000);
    let memory = program.memory();
    assert!(memory < MEMORY, "{memory} bytes");
    drop(clients);
    eventually("all are closed", || program.descriptors() < 100);
    assert!(program.is_running());
}

/// A control group with a limit for memory, where the system lets us make one.
struct Group(Option<PathBuf>);

impl Group {
    fn new(memory: usize) -> Self {
        let folders = ["/sys/fs/cgroup/memory", "/sys/fs/cgroup"];
        let limits = ["memory.limit_in_bytes", "memory.max"];
        let mut groups = folders.iter().zip(limits).filter_map(|(folder, limit)| {
            let folder = Path::new(folder).join(format!("rescope-test-{}", process::id()));
            fs::create_dir(&folder).ok()?;
            let file = folder.join(limit);
            let group = Self(Some(folder));
            fs::write(file, memory.to_string()).ok().map(|()| group)
        });
        groups.next().unwrap_or(Self(None))
    }

    fn take_in(&self, process: u32) {
        if let Some(folder) = &self.0 {
            fs::write(folder.join("cgroup.procs"), process.to_string()).unwrap();
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(folder) = &self.0 {
            let _ = fs::remove_dir(folder);
        }
    }
}

const MEMORY: usize = 64 << 20;
