//! `rescope run`: what it takes, prints and logs, and how it ends.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    os::{fd::OwnedFd, unix::net::UnixStream},
    process::{Child, Command, Stdio},
};

use super::{UPSTREAM, complaint, folder_with, output_of, rescope};

#[test]
fn run_without_an_upstream_says_how_to_give_one() {
    let said = complaint(&output_of(&["run"]), 2);
    for way in [
        "`upstream = \"http://127.0.0.1:3000\"`",
        "`--upstream`",
        "RESCOPE_UPSTREAM",
    ] {
        assert!(said.contains(way), "{said}");
    }
}

#[test]
fn what_flags_and_variables_say_wrong_is_told_by_their_name() {
    let said = complaint(&output_of(&["run", "--upstream", "ftp://a"]), 2);
    assert!(
        said.starts_with("error: --upstream or RESCOPE_UPSTREAM: an upstream is"),
        "{said}"
    );
    for (name, value) in [("RESCOPE_LOG", "a=b=c"), ("RESCOPE_LOG_FORMAT", "xml")] {
        let output = rescope(&["run", "--upstream", UPSTREAM])
            .env(name, value)
            .output();
        let said = complaint(&output.unwrap(), 2);
        assert!(said.starts_with(&format!("error: {name} takes")), "{said}");
    }
}

/// A proxy that runs; ended at the latest when it is dropped.
struct Running(Child);

impl Running {
    fn start(command: &mut Command) -> Self {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        Self(command.spawn().unwrap())
    }

    /// The first line of standard output.
    fn address(&mut self) -> String {
        let mut line = String::new();
        let stdout = self.0.stdout.as_mut().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        line
    }

    /// The lines of standard error up to the one that holds `words`.
    fn log_until(&mut self, words: &str) -> String {
        let mut log = BufReader::new(self.0.stderr.as_mut().unwrap());
        let mut lines = String::new();
        while !lines.contains(words) {
            assert_ne!(log.read_line(&mut lines).unwrap(), 0, "{lines}");
        }
        lines
    }

    /// Asks the process to end and returns its exit code.
    fn stop(&mut self, signal: &str) -> Option<i32> {
        let kill = format!("kill -{signal} {}", self.0.id());
        let sent = Command::new("sh").args(["-c", &kill]).status().unwrap();
        assert!(sent.success());
        self.0.wait().unwrap().code()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn run_prints_the_port_it_got_and_ends_well_with_a_signal() {
    for signal in ["TERM", "INT"] {
        let mut proxy = Running::start(&mut rescope(&[
            "run",
            "--upstream",
            UPSTREAM,
            "--listen",
            "127.0.0.1:0",
        ]));
        let line = proxy.address();
        let port = line
            .trim_end()
            .strip_prefix("listening on http://127.0.0.1:");
        assert_ne!(port.unwrap().parse::<u16>().unwrap(), 0, "{line}");
        let log = proxy.log_until("forwarding");
        assert!(log.contains("scope is stripped"), "{log}");
        assert!(log.contains(UPSTREAM), "{log}");
        assert_eq!(proxy.stop(signal), Some(0));
    }
}

#[test]
fn flags_beat_the_environment_which_beats_the_file() {
    let file = "listen = \"127.0.0.4:0\"\nupstream = \"http://file:1\"\n";
    let folder = folder_with("a.toml", file);
    let path = folder.path().join("a.toml");
    let run = |arguments: &[&str], variables: &[(&str, &str)]| {
        let mut command = rescope(&["run"]);
        command.args(arguments).envs(variables.iter().copied());
        let mut proxy = Running::start(command.env("RESCOPE_CONFIG", &path));
        let address = proxy.address();
        let log = proxy.log_until("forwarding");
        let upstream = log
            .split("upstream=")
            .nth(1)
            .unwrap()
            .split_whitespace()
            .next();
        let (host, _) = address.rsplit_once(':').unwrap();
        format!("{host} {}", upstream.unwrap())
    };
    let variables = [
        ("RESCOPE_LISTEN", "127.0.0.3:0"),
        ("RESCOPE_UPSTREAM", "http://variable:1"),
    ];
    let flags = ["--listen", "127.0.0.2:0", "--upstream", "http://flag:1"];
    let shown = |ip, host| format!("listening on http://127.0.0.{ip} http://{host}:1");
    assert_eq!(run(&[], &[]), shown(4, "file"));
    assert_eq!(run(&[], &[("RESCOPE_LISTEN", "")]), shown(4, "file"));
    assert_eq!(run(&[], &variables), shown(3, "variable"));
    assert_eq!(run(&flags, &variables), shown(2, "flag"));
}

#[test]
fn an_address_that_is_taken_is_told_and_exits_with_1() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = output_of(&["run", "--upstream", "http://a", "--listen", &address]);
    let said = complaint(&output, 1);
    assert!(said.contains(&address), "{said}");
    assert!(said.contains("in use"), "{said}");
}

#[test]
fn a_dry_run_is_warned_of_in_json_too() {
    let folder = folder_with("a.toml", "dry_run = true\n");
    let mut command = rescope(&["run", "--listen", "127.0.0.1:0", "--upstream", UPSTREAM]);
    let mut proxy = Running::start(
        command
            .env("RESCOPE_CONFIG", folder.path().join("a.toml"))
            .env("RESCOPE_LOG_FORMAT", "json"),
    );
    let log = proxy.log_until("dry run");
    for line in log.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(line["message"].is_string(), "{line}");
    }
    assert!(log.contains("\"level\":\"WARN\""), "{log}");
}

#[test]
fn run_does_not_mind_closed_pipes() {
    let arguments = ["run", "--listen", "127.0.0.1:0", "--upstream", UPSTREAM];
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut proxy = Running(
        rescope(&arguments)
            .stdout(writer)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap(),
    );
    proxy.log_until("forwarding");
    assert_eq!(proxy.stop("TERM"), Some(0));

    let mut proxy = Running::start(&mut rescope(&arguments));
    drop(proxy.0.stderr.take());
    proxy.address();
    assert_eq!(proxy.stop("TERM"), Some(0));
}

#[test]
fn run_does_not_wait_for_a_log_that_nobody_reads() {
    let (_reader, mut writer) = UnixStream::pair().unwrap();
    writer.set_nonblocking(true).unwrap();
    while writer.write(&[b'x'; 4096]).is_ok() {}
    writer.set_nonblocking(false).unwrap();
    let mut proxy = Running(
        rescope(&["run", "--listen", "127.0.0.1:0", "--upstream", UPSTREAM])
            .stdout(Stdio::piped())
            .stderr(OwnedFd::from(writer))
            .spawn()
            .unwrap(),
    );
    proxy.address();
    assert_eq!(proxy.stop("TERM"), Some(0));
}
