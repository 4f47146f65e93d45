//! The program as a user meets it: its arguments, what it prints, its exit codes.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    os::{fd::OwnedFd, unix::net::UnixStream},
    process::{Child, Command, Output, Stdio},
};

use tempfile::TempDir;

const UPSTREAM: &str = "http://127.0.0.1:3000";

/// The program, without what the environment of the tests may say.
fn rescope(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rescope"));
    command.args(arguments);
    for name in ["CONFIG", "LISTEN", "UPSTREAM", "LOG", "LOG_FORMAT"] {
        command.env_remove(format!("RESCOPE_{name}"));
    }
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
        command.env_remove(name);
    }
    command
}

fn folder_with(name: &str, text: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(name), text).unwrap();
    folder
}

fn output_of(arguments: &[&str]) -> Output {
    rescope(arguments).output().unwrap()
}

fn stdout(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// What is said on standard error, where the exit code is `code` and nothing is printed.
fn complaint(output: &Output, code: i32) -> String {
    assert_eq!(output.status.code(), Some(code), "{output:?}");
    assert_eq!(output.stdout, b"", "{output:?}");
    String::from_utf8(output.stderr.clone()).unwrap()
}

const SIX_MISTAKES: &str = r#"listen = "127.0.0.1:8080"
upstream = "http://localhost:8080"
dryrun = true

[default]
scope = "stripp"

[[client]]
id = ["AbC123", "DevAbC123"]
scope = "strip"
allow = ["user:read:user"]

[[client]]
id = "AbC123"
scope = "normalize"
separator = "coma"
"#;

#[test]
fn six_mistakes_make_six_precise_complaints() {
    let folder = folder_with("proxy.toml", SIX_MISTAKES);
    let complaints = [
        "error: the upstream `http://localhost:8080` is rescope's own address, `127.0.0.1:8080`
 --> proxy.toml:2:12
  |
1 | listen = \"127.0.0.1:8080\"
  |          ---------------- rescope listens here
2 | upstream = \"http://localhost:8080\"
  |            ^^^^^^^^^^^^^^^^^^^^^^^
  |
  = help: the app and rescope need a port each",
        "error: unknown key `dryrun`
 --> proxy.toml:3:1
  |
3 | dryrun = true
  | ^^^^^^
  |
  = help: did you mean `dry_run`?",
        "error: `scope` is `strip`, `keep` or `normalize`, not `stripp`
 --> proxy.toml:6:9
  |
6 | scope = \"stripp\"
  |         ^^^^^^^^
  |
  = help: did you mean `strip`?",
        "error: `allow` belongs to `scope = \"normalize\"`, not to `strip`
  --> proxy.toml:11:1
   |
10 | scope = \"strip\"
   |         ------- the policy here
11 | allow = [\"user:read:user\"]
   | ^^^^^",
        "error: client id `AbC123` has an entry already
  --> proxy.toml:14:6
   |
 9 | id = [\"AbC123\", \"DevAbC123\"]
   |       -------- first entry
...
14 | id = \"AbC123\"
   |      ^^^^^^^^",
        "error: `separator` is `space` or `comma`, not `coma`
  --> proxy.toml:16:13
   |
16 | separator = \"coma\"
   |             ^^^^^^
   |
   = help: did you mean `comma`?",
        "6 problems in proxy.toml\n",
    ];
    for command in ["check", "run", "explain"] {
        let mut program = rescope(&[command, "--config", "proxy.toml"]);
        if command == "explain" {
            program.arg("https://zoom.us/oauth/authorize");
        }
        let output = program.current_dir(folder.path()).output().unwrap();
        assert_eq!(complaint(&output, 2), complaints.join("\n\n"), "{command}");
    }
}

#[test]
fn a_valid_file_is_said_to_be_valid_and_summed_up() {
    let folder = folder_with("a.toml", &format!("upstream = \"{UPSTREAM}\"\n"));
    let output = rescope(&["check", "--config", "a.toml"])
        .current_dir(folder.path())
        .output();
    let shown = stdout(&output.unwrap());
    assert!(shown.starts_with("a.toml is valid\n"), "{shown}");
    for line in [
        "listen     127.0.0.1:8080",
        "upstream   http://127.0.0.1:3000",
        "default    strip",
    ] {
        assert!(shown.lines().any(|it| it == line), "{shown}");
    }
}

#[test]
fn the_example_file_is_valid() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/proxy.example.toml");
    let shown = stdout(&output_of(&["check", "--config", path]));
    assert!(
        shown.contains("client     calendar: normalize (AbC123, DevAbC123)\n"),
        "{shown}"
    );
    assert!(
        shown.contains("endpoint   login.example.com/oauth2/authorize\n"),
        "{shown}"
    );
}

#[test]
fn check_without_a_file_says_what_to_write() {
    let said = complaint(&output_of(&["check"]), 2);
    assert!(said.contains("`rescope check --config FILE`"), "{said}");
}

#[test]
fn a_file_that_is_not_there_is_named() {
    for arguments in [
        &["check", "--config", "no.toml"][..],
        &["run", "--config", "no.toml"],
        &["explain", "--config", "no.toml", "x"],
    ] {
        let said = complaint(&output_of(arguments), 2);
        assert!(said.contains("`no.toml` cannot be read: No such"), "{said}");
    }
}

#[test]
fn a_file_that_is_not_utf8_is_told_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.toml"), b"dry_run = true\n# caf\xe9\n").unwrap();
    let output = rescope(&["check", "--config", "a.toml"])
        .current_dir(folder.path())
        .output();
    let said = complaint(&output.unwrap(), 2);
    assert!(said.contains("a.toml:2:6"), "{said}");
}

#[test]
fn wrong_usage_exits_with_2() {
    for arguments in [
        &[][..],
        &["walk"],
        &["run", "--port", "1"],
        &["explain"],
        &["check", "--config"],
    ] {
        let said = complaint(&output_of(arguments), 2);
        assert!(said.contains("--help"), "{said}");
    }
}

#[test]
fn help_and_version_are_printed() {
    let shown = stdout(&output_of(&["--version"]));
    assert_eq!(shown, format!("rescope {}\n", env!("CARGO_PKG_VERSION")));
    let shown = stdout(&output_of(&["run", "--help"]));
    for word in [
        "--config <FILE>",
        "--listen <ADDR>",
        "--upstream <URL>",
        "RESCOPE_CONFIG",
        "RESCOPE_LISTEN",
        "RESCOPE_UPSTREAM",
        "RESCOPE_LOG",
        "RESCOPE_LOG_FORMAT",
    ] {
        assert!(shown.contains(word), "{word}: {shown}");
    }
}

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
    let said = complaint(&output_of(&["run", "--upstream", "https://a"]), 2);
    assert!(
        said.starts_with("error: --upstream or RESCOPE_UPSTREAM: TLS"),
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
fn the_flag_for_the_file_beats_its_variable() {
    let folder = folder_with("a.toml", &format!("upstream = \"{UPSTREAM}\"\n"));
    let output = rescope(&["check", "--config", "a.toml"])
        .env("RESCOPE_CONFIG", "other.toml")
        .current_dir(folder.path())
        .output();
    assert!(stdout(&output.unwrap()).starts_with("a.toml is valid"));
}

#[test]
fn check_takes_the_environment_into_account() {
    let folder = folder_with("a.toml", "");
    let output = rescope(&["check"])
        .env("RESCOPE_CONFIG", folder.path().join("a.toml"))
        .env("RESCOPE_UPSTREAM", "http://variable:1")
        .output();
    assert!(stdout(&output.unwrap()).contains("upstream   http://variable:1\n"));
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

const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/proxy.example.toml");

#[test]
fn explain_shows_what_happens_and_why() {
    let url = "https://zoom.us/oauth/authorize?client_id=AbC123&scope=meeting:write%20x+user:read:user,recording:read:recording&state=s";
    let output = output_of(&["explain", "--config", EXAMPLE, url, "https://zoom.us/other"]);
    let before = format!("before    {url}");
    assert_eq!(
        stdout(&output).lines().collect::<Vec<_>>(),
        [
            "endpoint  zoom.us/oauth/authorize",
            "client    AbC123 (calendar)",
            "policy    normalize",
            "removed   x",
            "renamed   meeting:write -> meeting:write:meeting",
            "optional  recording:read:recording",
            "kept      meeting:write:meeting, user:read:user",
            "reason    client `calendar`: normalize, the scope list is written anew",
            &before,
            "after     https://zoom.us/oauth/authorize?client_id=AbC123&scope=meeting:write:meeting,user:read:user&optional_scope=recording:read:recording&state=s",
            "",
            "endpoint  none: the path is not an authorization endpoint's",
            "before    https://zoom.us/other",
            "after     unchanged",
            "",
        ]
    );
}

#[test]
fn explain_marks_what_differs_where_colours_are_asked_for() {
    let url = "https://zoom.us/oauth/authorize?scope=a&client_id=x&scope=a";
    let output = rescope(&["explain", url])
        .env("CLICOLOR_FORCE", "1")
        .output();
    let shown = stdout(&output.unwrap());
    let marked =
        "?\u{1b}[1m\u{1b}[31mscope=a\u{1b}[0m&client_id=x&\u{1b}[1m\u{1b}[31mscope=a\u{1b}[0m\n";
    assert!(shown.contains(marked), "{shown:?}");
}

#[test]
fn explain_shows_no_control_characters() {
    let shown = stdout(&output_of(&["explain", "/\u{1b}[31m\u{9b}x"]));
    assert!(
        shown.contains("before    /\\u{1b}[31m\\u{9b}x\n"),
        "{shown:?}"
    );
}

#[test]
fn explain_prints_json_with_the_keys_in_order() {
    let url = "https://zoom.us/oauth/authorize?client_id=AbC123&scope=meeting:write+x,recording:read:recording";
    let output = output_of(&["explain", "--json", "--config", EXAMPLE, url, "/x"]);
    let matched = concat!(
        r#"{"input":"https://zoom.us/oauth/authorize?client_id=AbC123&scope=meeting:write+x,recording:read:recording","#,
        r#""output":"https://zoom.us/oauth/authorize?client_id=AbC123&scope=meeting:write:meeting&optional_scope=recording:read:recording","#,
        r#""changed":true,"endpoint":"zoom.us/oauth/authorize","client_id":"AbC123","policy":"normalize","dry_run":false,"#,
        r#""removed":["x"],"renamed":{"meeting:write":"meeting:write:meeting"},"optional":["recording:read:recording"],"#,
        r#""kept":["meeting:write:meeting"],"reason":"client `calendar`: normalize, the scope list is written anew"}"#,
    );
    let not_matched = concat!(
        r#"{"input":"/x","output":"/x","changed":false,"endpoint":null,"client_id":null,"policy":null,"#,
        r#""dry_run":false,"removed":[],"renamed":{},"optional":[],"kept":[],"#,
        r#""reason":"it names no host, so it leads to the app's own, which is no endpoint's"}"#,
    );
    assert_eq!(stdout(&output), format!("{matched}\n{not_matched}\n"));
}

/// What `explain --json -` prints for these lines.
fn explain_lines(input: &[u8]) -> Vec<serde_json::Value> {
    let mut child = rescope(&["explain", "--json", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    let line = |line| serde_json::from_str(line).unwrap();
    stdout(&output).lines().map(line).collect()
}

#[test]
fn explain_reads_raw_lines_from_standard_input() {
    let lines =
        b"https://zoom.us/oauth/authorize?scope=a&state=\xff \r\n\nhttps://zoom.us/oauth/authorize";
    let answers = explain_lines(lines);
    let outputs: Vec<_> = answers
        .iter()
        .map(|it| it["output"].as_str().unwrap())
        .collect();
    assert_eq!(
        outputs,
        [
            "https://zoom.us/oauth/authorize?state=\u{fffd} ",
            "",
            "https://zoom.us/oauth/authorize"
        ]
    );
    assert_eq!(answers[0]["removed"], serde_json::json!(["a"]));
    assert_eq!(answers[0]["client_id"], serde_json::Value::Null);
}

#[test]
fn explain_answers_each_line_before_the_next_is_written() {
    let mut child = rescope(&["explain", "--json", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut answers = BufReader::new(child.stdout.take().unwrap());
    for url in ["/a\n", "/b\n"] {
        stdin.write_all(url.as_bytes()).unwrap();
        let mut answer = String::new();
        answers.read_line(&mut answer).unwrap();
        assert!(answer.contains(url.trim_end()), "{answer}");
    }
    drop(stdin);
    assert!(child.wait().unwrap().success());
}

#[test]
fn explain_ends_quietly_where_nobody_reads_on() {
    let mut child = rescope(&["explain", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    // It may have ended before it has read all of this.
    let _ = child
        .stdin
        .take()
        .unwrap()
        .write_all(&b"/a\n".repeat(10_000));
    let mut said = String::new();
    let mut stderr = child.stderr.take().unwrap();
    stderr.read_to_string(&mut said).unwrap();
    assert_eq!((child.wait().unwrap().code(), &*said), (Some(0), ""));
}
