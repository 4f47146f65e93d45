//! Certificates that are renewed, broken, or somebody else's.

use std::{
    fs,
    io::{self, Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    os::unix::fs::PermissionsExt,
    process::Command,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

use rustls::{
    ClientConfig, ClientConnection, ServerConfig, ServerConnection, StreamOwned,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject},
};

use crate::handshake;
use crate::program::{Fault, Launch, Program, eventually, total, write_pair};
use crate::raw::{LIMIT, field, latin1};
use crate::site::{GET, OK, Site};
use crate::{Authority, Leaf};

/// A client's connection with TLS.
pub struct Secure {
    pub stream: StreamOwned<ClientConnection, TcpStream>,
}

impl Secure {
    /// Connects and shakes hands with whoever is `localhost`.
    pub fn connect(address: SocketAddr, config: Arc<ClientConfig>) -> io::Result<Self> {
        let name = ServerName::try_from("localhost").unwrap();
        let mut client = ClientConnection::new(config, name).unwrap();
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(LIMIT))?;
        while client.is_handshaking() {
            client.complete_io(&mut stream)?;
        }
        let stream = StreamOwned::new(client, stream);
        Ok(Self { stream })
    }

    pub fn fingerprint(&self) -> String {
        handshake::fingerprint(&self.stream.conn.peer_certificates().unwrap()[0])
    }

    #[track_caller]
    pub fn assert_serves(&mut self) {
        self.stream.write_all(GET.as_bytes()).unwrap();
        let mut answer = vec![0; OK.len()];
        self.stream.read_exact(&mut answer).unwrap();
        assert_eq!(latin1(&answer), OK);
    }

    /// Reads to the end of the connection, however it comes.
    pub fn rest(&mut self) {
        let mut all = Vec::new();
        if let Err(error) = self.stream.read_to_end(&mut all) {
            assert_ne!(error.kind(), io::ErrorKind::WouldBlock, "it was not closed");
        }
    }
}

/// The program with a certificate, and a client that trusts its authority.
struct Served {
    program: Program,
    authority: Authority,
    client: Arc<ClientConfig>,
}

impl Served {
    fn start(leaf: impl FnOnce(&Authority) -> Leaf) -> Self {
        let authority = Authority::new("root");
        let mut client = ClientConfig::clone(&handshake::client(&authority.certificate));
        client.alpn_protocols = vec![b"http/1.1".to_vec()];
        // Each handshake is a whole one.
        client.resumption = rustls::client::Resumption::disabled();
        let program = Launch::new(Site::well().address, "listen_tls = '127.0.0.1:0'")
            .with_certificate(&leaf(&authority))
            .start();
        let client = Arc::new(client);
        Self {
            program,
            authority,
            client,
        }
    }

    fn connect(&self) -> io::Result<Secure> {
        Secure::connect(self.program.address(), Arc::clone(&self.client))
    }

    fn fingerprint(&self) -> String {
        self.connect().unwrap().fingerprint()
    }
}

#[test]
fn certificates_are_renewed_without_a_failed_handshake() {
    let names = &["localhost"];
    let mut current = None;
    let served = Served::start(|authority| current.insert(authority.leaf(names)).clone());
    let mut old = served.connect().unwrap();
    let seen = Mutex::new(vec![current.unwrap().fingerprint()]);
    let (shaken, is_over) = (AtomicUsize::new(0), AtomicBool::new(false));
    thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) || shaken.load(Ordering::Relaxed) < 1000 {
                let mut secure = served.connect().expect("a handshake failed");
                let found = secure.fingerprint();
                assert!(
                    seen.lock().unwrap().contains(&found),
                    "a foreign certificate"
                );
                secure.assert_serves();
                shaken.fetch_add(1, Ordering::Relaxed);
            }
        });
        for _ in 0..3 {
            let leaf = served.authority.leaf(names);
            seen.lock().unwrap().push(leaf.fingerprint());
            write_pair(&served.program.certificates(), &leaf);
            eventually("the new certificate is served", || {
                served.fingerprint() == leaf.fingerprint()
            });
        }
        is_over.store(true, Ordering::Relaxed);
    });
    old.assert_serves();
    let log = served.program.stop();
    assert_eq!(total(&log, "certificate_reloads"), 3, "{log}");
    assert_eq!(total(&log, "tls_handshake_failures"), 0);
}

#[test]
fn broken_certificates_leave_the_old_ones_in_place() {
    let names = &["localhost"];
    let mut old = None;
    let served = Served::start(|authority| old.insert(authority.leaf(names)).clone());
    let old = old.unwrap();
    let folder = served.program.certificates();
    let (certificate, key) = (folder.join("cert.pem"), folder.join("key.pem"));
    let other = served.authority.leaf(names);
    let expired = served.authority.leaf_valid(names, -90, -1);
    let faults: [Fault<'_>; 6] = [
        (
            "another key",
            Box::new(|| fs::write(&key, &other.key).unwrap()),
        ),
        ("nothing", Box::new(|| fs::write(&certificate, "").unwrap())),
        (
            "half",
            Box::new(|| fs::write(&certificate, &old.certificate[..300]).unwrap()),
        ),
        ("expired", Box::new(|| write_pair(&folder, &expired))),
        (
            "readable by all",
            Box::new(|| {
                fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
            }),
        ),
        ("gone", Box::new(|| fs::remove_dir_all(&folder).unwrap())),
    ];
    assert!(is_fine(&served.program));
    for (place, (fault, make)) in faults.iter().enumerate() {
        make();
        eventually(fault, || {
            let log = served.program.log();
            log.matches("new certificates cannot be used").count() > place
        });
        assert_eq!(served.fingerprint(), old.fingerprint(), "{fault}");
        served.connect().unwrap().assert_serves();
        // Without a folder a new one would be made.
        if *fault != "gone" {
            assert!(!is_fine(&served.program), "{fault}");
        }
    }
    write_pair(&folder, &other);
    eventually("the new certificate is served", || {
        served.fingerprint() == other.fingerprint()
    });
    let log = served.program.stop();
    // Files of which only some were written are seen when the machine is busy.
    assert!(total(&log, "certificate_reload_failures") >= 6, "{log}");
    assert!(total(&log, "certificate_reloads") >= 1, "{log}");
}

/// Whether `rescope check` has nothing against the configuration as it is now.
fn is_fine(program: &Program) -> bool {
    let mut check = Command::new(env!("CARGO_BIN_EXE_rescope"));
    check
        .args(["check", "--config"])
        .arg(program.configuration());
    let output = check.env("RESCOPE_UPSTREAM", "http://app").output();
    output.unwrap().status.success()
}

#[test]
fn upstream_with_a_certificate_that_is_not_its_own_gets_no_request() {
    let authority = Authority::new("root");
    let another = Authority::new("root");
    let cases = [
        ("expired", authority.leaf_valid(&["localhost"], -90, -1)),
        ("not valid yet", authority.leaf_valid(&["localhost"], 1, 90)),
        ("name", authority.leaf(&["other.example"])),
        ("authority", another.leaf(&["localhost"])),
    ];
    for (case, leaf) in cases {
        let (port, heads) = secure_app(&leaf);
        let program = Launch::new(format!("https://localhost:{port}"), "ca_file = 'root.pem'")
            .with_file("root.pem", &authority.certificate)
            .start();
        let mut client = program.client();
        client.send(GET);
        let answer = client.message();
        assert!(answer.starts_with("HTTP/1.1 502 "), "{case}: {answer}");
        let named = Some("rescope; error=tls_protocol_error");
        assert_eq!(field(&answer, "proxy-status"), named, "{case}");
        // Why is for the log alone.
        assert!(!answer.contains("certificate"), "{case}: {answer}");
        let log = program.stop();
        let line = log.lines().find(|line| line.contains("no answer"));
        assert!(line.unwrap().contains("certificate"), "{case}: {log}");
        assert_eq!(heads.load(Ordering::Relaxed), 0, "{case}");
    }
    let (port, heads) = secure_app(&authority.leaf(&["localhost"]));
    let program = Launch::new(format!("https://localhost:{port}"), "ca_file = 'root.pem'")
        .with_file("root.pem", &authority.certificate)
        .start();
    crate::site::assert_serves(program.address());
    assert_eq!(heads.load(Ordering::Relaxed), 1);
}

/// An app with TLS; returns its port and how many connections brought it a byte of a request.
fn secure_app(leaf: &Leaf) -> (u16, Arc<AtomicUsize>) {
    let chain = CertificateDer::from_pem_slice(leaf.certificate.as_bytes()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(leaf.key.as_bytes()).unwrap();
    let config = ServerConfig::builder_with_provider(aws_lc_rs::default_provider().into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![chain], key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let heads = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&heads);
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let server = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = StreamOwned::new(server, stream);
            if matches!(stream.read(&mut [0; 4096]), Ok(1..)) {
                counted.fetch_add(1, Ordering::Relaxed);
                let _ = stream.write_all(OK.as_bytes());
            }
        }
    });
    (port, heads)
}
