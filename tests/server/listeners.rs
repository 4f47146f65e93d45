//! Where clients connect: TCP, Unix sockets and descriptors, several at once.

use std::{
    env, fs,
    io::{Read, Write},
    net::TcpListener,
    os::{
        fd::OwnedFd,
        unix::{
            fs::PermissionsExt,
            net::{UnixListener, UnixStream},
        },
    },
    path::Path,
    process::{Command, Stdio},
    thread,
};

use rescope::server::{Address, Inherited, Listener};

use crate::process::Killed;
use crate::raw::{LIMIT, Wire};
use crate::running::{Running, Setup, any_port};

const GET: &str = "GET /client HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

#[test]
fn unix_socket_serves_and_is_removed_at_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let mut server = at(&path);
    assert_eq!(mode(&path), 0o660);
    assert!(ask(&path).ends_with("none none tls=false"));
    server.stop();
    server.join();
    assert!(!path.exists());
}

#[test]
fn unix_socket_that_nobody_listens_on_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    drop(UnixListener::bind(&path).unwrap());
    assert!(path.exists());
    let _server = at(&path);
    assert!(ask(&path).ends_with("none none tls=false"));
}

#[tokio::test]
async fn unix_socket_in_use_and_other_files_are_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let _live = UnixListener::bind(&path).unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "text").unwrap();
    for path in [path, file] {
        let address = Address::Unix(path.clone());
        assert!(Listener::bind(&address, &mut Inherited::none(), None, false).is_err());
        assert!(path.exists());
    }
}

#[test]
fn unix_socket_of_a_successor_is_not_removed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let mut server = at(&path);
    fs::remove_file(&path).unwrap();
    let _successor = UnixListener::bind(&path).unwrap();
    server.stop();
    server.join();
    assert!(path.exists());
}

#[test]
fn several_listeners_serve_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let server = Running::with(Setup {
        addresses: vec![
            (any_port(), None),
            (Address::Unix(path.clone()), None),
            (any_port(), None),
        ],
        ..Setup::default()
    });
    for _ in 0..3 {
        for place in [0, 2] {
            let mut client = Wire::connect(server.addresses[place].tcp().unwrap());
            client.send(GET);
            assert!(client.message().ends_with("tls=false"));
        }
        assert!(ask(&path).ends_with("tls=false"));
    }
}

#[tokio::test]
async fn descriptor_that_was_not_handed_over_is_an_error() {
    for number in [0, 3, 7] {
        let address = Address::Descriptor(number);
        let bound = Listener::bind(&address, &mut Inherited::none(), None, false);
        let error = bound.err().expect("there is none").to_string();
        assert_eq!(error, "not handed over: LISTEN_FDS names 0, from 3 on");
    }
}

#[test]
fn descriptors_that_were_handed_over_are_served() {
    let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = tcp.local_addr().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let unix = UnixListener::bind(&path).unwrap();
    // The shell puts them where they belong.
    let child = Command::new("sh")
        .args(["-c", r#"exec "$0" "$@" 3<&0 4<&1 </dev/null >/dev/null"#])
        .arg(env::current_exe().unwrap())
        .args(["--exact", "listeners::other_process", "--ignored"])
        .env("LISTEN_FDS", "2")
        .stdin(Stdio::from(OwnedFd::from(tcp)))
        .stdout(Stdio::from(OwnedFd::from(unix)))
        .spawn();
    let _child = Killed(child.unwrap());
    let mut client = Wire::connect(address);
    client.send(GET);
    assert!(client.message().ends_with("tls=false"));
    assert!(ask(&path).ends_with("none none tls=false"));
}

#[test]
#[ignore = "the other process of the test before"]
fn other_process() {
    let _server = Running::with(Setup {
        addresses: vec![
            (Address::Descriptor(3), None),
            (Address::Descriptor(4), None),
        ],
        ..Setup::default()
    });
    thread::sleep(LIMIT);
}

#[test]
fn process_with_few_descriptors_serves_as_many_clients_as_it_can() {
    let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = tcp.local_addr().unwrap();
    let _child = serve_elsewhere(tcp, "ulimit -n 40");
    let clients = (0..60).map(|_| Wire::connect(address));
    let mut clients: Vec<_> = clients.collect();
    for client in &mut clients {
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    }
    // Two fifths of 40: each may need a connection to the app.
    for mut client in clients.drain(..16) {
        assert!(client.message().ends_with("ok"));
    }
    for mut client in clients {
        assert!(client.message().ends_with("ok"));
    }
}

/// Serves in a process of its own, started by a shell that ran `first`.
pub fn serve_elsewhere(listener: TcpListener, first: &str) -> Killed {
    let script = format!(r#"{first}; exec "$0" "$@" 3<&0 </dev/null"#);
    let child = Command::new("sh")
        .args(["-c", &script])
        .arg(env::current_exe().unwrap())
        .args(["--exact", "listeners::other_process_with_one", "--ignored"])
        .env("LISTEN_FDS", "1")
        .stdin(Stdio::from(OwnedFd::from(listener)))
        .stdout(Stdio::null())
        .spawn();
    Killed(child.unwrap())
}

#[test]
#[ignore = "the other process of the function before"]
fn other_process_with_one() {
    let _server = Running::with(Setup {
        addresses: vec![(Address::Descriptor(3), None)],
        ..Setup::default()
    });
    thread::sleep(LIMIT);
}

fn at(path: &Path) -> Running {
    Running::with(Setup {
        addresses: vec![(Address::Unix(path.to_owned()), None)],
        ..Setup::default()
    })
}

fn ask(path: &Path) -> String {
    let mut stream = UnixStream::connect(path).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    stream.write_all(GET.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}
