//! The three proxies, each a process of its own in front of its own recorder.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use socket2::{Domain, SockAddr, Socket, Type};

use crate::{case::Protocol, process::Killed, recorder::Recorder};

/// What takes longer has failed.
pub const LIMIT: Duration = Duration::from_secs(60);

/// A running proxy.
pub struct Proxy {
    pub name: &'static str,
    pub recorder: Recorder,
    http1: SockAddr,
    http2: SockAddr,
    process: Killed,
    /// What it writes to standard error.
    log: PathBuf,
}

impl Proxy {
    /// The program of this project, with HTTP/1.1 and HTTP/2 on one listener.
    pub fn rescope(folder: &Path) -> Self {
        let recorder = Recorder::start();
        let mut command = Command::new(env!("CARGO_BIN_EXE_rescope"));
        command.args(["run", "--listen", "127.0.0.1:0", "--upstream"]);
        command.arg(format!("http://{}", recorder.address()));
        for (name, _) in std::env::vars().filter(|it| it.0.starts_with("RESCOPE_")) {
            command.env_remove(name);
        }
        command.env("RESCOPE_LOG", "warn");
        let log = folder.join("rescope.log");
        command.stderr(File::create(&log).unwrap());
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut process = Killed(command.spawn().unwrap());
        let stdout = process.0.stdout.take().unwrap();
        let lines = BufReader::new(stdout).lines().map_while(Result::ok);
        let address = lines.filter_map(|line| listening_on(&line)).next();
        let address = address.expect("rescope says where it listens");
        Self {
            name: "rescope",
            recorder,
            http1: address.into(),
            http2: address.into(),
            process,
            log,
        }
    }

    pub fn haproxy(folder: &Path) -> Self {
        Self::peer("haproxy", folder, include_str!("haproxy.cfg"), "-db -f")
    }

    pub fn nginx(folder: &Path) -> Self {
        Self::peer(
            "nginx",
            folder,
            include_str!("nginx.conf"),
            "-e /dev/null -c",
        )
    }

    /// Starts a Debian package's program, which listens on Unix sockets: they need no free port.
    fn peer(name: &'static str, folder: &Path, config: &str, arguments: &str) -> Self {
        let recorder = Recorder::start();
        let config = config
            .replace("@FOLDER@", folder.to_str().unwrap())
            .replace("@UPSTREAM@", &recorder.address().to_string());
        let path = folder.join(format!("{name}.conf"));
        fs::write(&path, config).unwrap();
        let log = folder.join(format!("{name}.log"));
        // Debian keeps both in /usr/sbin, which is not on everybody's path.
        let mut command = Command::new("sh");
        command.arg("-c");
        command.arg(format!(
            "PATH=$PATH:/usr/sbin exec {name} {arguments} \"$0\""
        ));
        command
            .arg(&path)
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        command.stderr(File::create(&log).unwrap());
        let socket = |version: u8| {
            let path = folder.join(format!("{name}-http{version}"));
            SockAddr::unix(path).unwrap()
        };
        let mut proxy = Self {
            name,
            recorder,
            http1: socket(1),
            http2: socket(2),
            process: Killed(command.spawn().unwrap()),
            log,
        };
        proxy.wait();
        proxy
    }

    fn wait(&mut self) {
        let start = Instant::now();
        while self.try_connect(Protocol::Http2).is_err()
            || self.try_connect(Protocol::Http1).is_err()
        {
            let waited = start.elapsed();
            assert!(
                self.is_alive() && waited < LIMIT,
                "{}: {}",
                self.name,
                self.log()
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    pub fn connect(&self, protocol: Protocol) -> Socket {
        self.try_connect(protocol)
            .unwrap_or_else(|error| panic!("{} does not accept: {error}", self.name))
    }

    fn try_connect(&self, protocol: Protocol) -> std::io::Result<Socket> {
        let address = match protocol {
            Protocol::Http1 => &self.http1,
            Protocol::Http2 => &self.http2,
        };
        let socket = Socket::new(
            Domain::from(i32::from(address.family())),
            Type::STREAM,
            None,
        )?;
        socket.connect(address)?;
        socket.set_write_timeout(Some(LIMIT))?;
        Ok(socket)
    }

    pub fn is_alive(&mut self) -> bool {
        self.process.0.try_wait().unwrap().is_none()
    }

    pub fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.log).unwrap()).into_owned()
    }
}

fn listening_on(line: &str) -> Option<SocketAddr> {
    let (_, rest) = line.split_once("listening on http://")?;
    rest.split_whitespace()
        .next()?
        .trim_end_matches(',')
        .parse()
        .ok()
}
