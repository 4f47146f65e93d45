//! The program as a user meets it: its arguments, what it prints, its exit codes.

mod check;
mod explain;
mod run;

use std::{
    fs,
    process::{Command, Output},
};

use tempfile::TempDir;

const UPSTREAM: &str = "http://127.0.0.1:3000";

/// The program, without what the environment of the tests may say.
fn rescope(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rescope"));
    command.args(arguments);
    for name in [
        "CONFIG",
        "LISTEN",
        "LISTEN_TLS",
        "UPSTREAM",
        "LOG",
        "LOG_FORMAT",
    ] {
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
        "--listen-tls <ADDR>",
        "--upstream <URL>",
        "RESCOPE_CONFIG",
        "RESCOPE_LISTEN",
        "RESCOPE_LISTEN_TLS",
        "RESCOPE_UPSTREAM",
        "RESCOPE_LOG",
        "RESCOPE_LOG_FORMAT",
    ] {
        assert!(shown.contains(word), "{word}: {shown}");
    }
}

const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/proxy.example.toml");
