//! The README, and the pages that it leads to, as their reader uses them: every
//! command is run or known to be there, every configuration is valid, and what is
//! shown is what is printed.

mod process;

use std::{
    fs,
    io::{BufRead, BufReader},
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Stdio},
};

use process::Killed;
use tempfile::TempDir;

const README: &str = include_str!("../README.md");
const CARRIERS: &str = include_str!("../docs/carriers.md");
const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// A fenced block.
struct Block {
    language: &'static str,
    text: String,
}

impl Block {
    fn commands(&self) -> impl Iterator<Item = &str> {
        let lines = self.text.lines();
        lines.map(|line| line.split(" #").next().unwrap().trim())
    }
}

fn blocks(page: &'static str, language: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for line in page.lines() {
        match (line.strip_prefix("```"), &mut open) {
            (Some(language), None) => {
                let text = String::new();
                open = Some(Block { language, text });
            }
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (None, Some(block)) => block.text += &format!("{line}\n"),
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a block is not closed");
    let known = ["sh", "console", "toml"];
    for block in &blocks {
        let language = block.language;
        assert!(known.contains(&language), "no test knows `{language}`");
    }
    blocks.retain(|block| block.language == language);
    assert!(!blocks.is_empty(), "there is no {language} block");
    blocks
}

/// A folder that holds the README's configuration as `rescope.toml`.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(
        folder.path().join("rescope.toml"),
        &blocks(README, "toml")[0].text,
    )
    .unwrap();
    folder
}

/// Makes `command` one of a reader who stands in `folder` and has installed rescope.
fn prepare(command: &mut Command, folder: &TempDir) {
    let binary = Path::new(env!("CARGO_BIN_EXE_rescope"));
    let mut path = binary.parent().unwrap().as_os_str().to_owned();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap());
    command.current_dir(folder.path()).env("PATH", path);
    for name in ["CONFIG", "LISTEN_TLS", "UPSTREAM", "LOG", "LOG_FORMAT"] {
        command.env_remove(format!("RESCOPE_{name}"));
    }
    // The page's own address may be taken on this machine.
    command.env("RESCOPE_LISTEN", "127.0.0.1:0");
    command.env_remove("CLICOLOR_FORCE").env("NO_COLOR", "1");
    command.stdin(Stdio::null());
}

#[test]
fn every_configuration_is_valid() {
    for block in [README, CARRIERS]
        .map(|it| blocks(it, "toml"))
        .into_iter()
        .flatten()
    {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.toml"), &block.text).unwrap();
        let mut check = Command::new(env!("CARGO_BIN_EXE_rescope"));
        prepare(&mut check, &folder);
        // All but the first are parts of a file.
        check.env("RESCOPE_UPSTREAM", "http://127.0.0.1:3000");
        let output = check.args(["check", "--config", "a.toml"]).output();
        let output = output.unwrap();
        assert!(output.status.success(), "{output:?}");
    }
}

#[test]
fn consoles_show_what_is_printed() {
    let folder = folder();
    for block in blocks(README, "console") {
        let mut text = String::new();
        for line in block.text.lines() {
            text += &match line.strip_prefix("$ ") {
                Some(command) => format!("{line}\n{}", printed(command, &folder)),
                None => String::new(),
            };
        }
        assert_eq!(block.text.trim_end(), text.trim_end());
    }
}

/// What a shell prints for `command`, on both streams.
fn printed(command: &str, folder: &TempDir) -> String {
    let (mut reader, writer) = std::io::pipe().unwrap();
    let mut shell = Command::new("sh");
    prepare(&mut shell, folder);
    shell.args(["-c", command]);
    shell.stdout(writer.try_clone().unwrap()).stderr(writer);
    shell.status().unwrap();
    // Closes its ends of the pipe, so that the reader comes to an end.
    drop(shell);
    std::io::read_to_string(&mut reader).unwrap()
}

#[test]
fn every_command_works_or_is_there() {
    let folder = folder();
    for block in blocks(README, "sh") {
        for command in block.commands() {
            let own = command
                .strip_prefix("rescope ")
                .or_else(|| command.strip_prefix("cargo run --release -- "));
            match own {
                Some(arguments) if arguments.starts_with("run ") => starts(arguments, &folder),
                Some(arguments) => succeeds(arguments, &folder),
                None => is_there(command),
            }
        }
    }
}

/// Runs the program to its end.
fn succeeds(arguments: &str, folder: &TempDir) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rescope"));
    prepare(&mut command, folder);
    let output = command.args(arguments.split_whitespace()).output().unwrap();
    assert!(output.status.success(), "{arguments}: {output:?}");
}

/// Runs the proxy until it listens, and ends it as a service manager would.
fn starts(arguments: &str, folder: &TempDir) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rescope"));
    prepare(&mut command, folder);
    // As for the other listener, above.
    let arguments = arguments.replace("127.0.0.1:8443", "127.0.0.1:0");
    command.args(arguments.split_whitespace());
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    let mut process = Killed(command.spawn().unwrap());
    let mut line = String::new();
    let mut stdout = BufReader::new(process.0.stdout.take().unwrap());
    stdout.read_line(&mut line).unwrap();
    let is_listening = line.starts_with("listening on http://127.0.0.1:");
    assert!(is_listening, "{arguments}: {line:?}");
    let kill = format!("kill -TERM {}", process.0.id());
    let sent = Command::new("sh").args(["-c", &kill]).status();
    assert!(sent.unwrap().success());
    assert_eq!(process.0.wait().unwrap().code(), Some(0), "{arguments}");
}

/// Looks at a command that takes too long to run here.
fn is_there(command: &str) {
    let words: Vec<_> = command.split_whitespace().collect();
    let file = |path: String| Path::new(ROOT).join(path);
    match words[..] {
        ["cargo", "install", "--locked", "--path", "."]
        | ["cargo", "clippy", "--all-targets", "--", "-D", "warnings"] => {}
        ["cargo", "test", "--test", name] => {
            assert!(file(format!("tests/{name}.rs")).is_file(), "{command}");
        }
        ["cargo", "bench"] => {}
        [script, ..] if script.contains('/') => {
            let script = fs::metadata(file(script.to_owned()));
            let mode = script.expect(command).permissions().mode();
            assert_eq!(mode & 0o111, 0o111, "{command}: not executable");
        }
        _ => panic!("no test knows `{command}`"),
    }
}

#[test]
fn links_lead_to_files() {
    let links = README.split("](").skip(1);
    let targets = links.map(|rest| rest.split(')').next().unwrap());
    for target in targets.filter(|target| !target.starts_with("https://")) {
        assert!(Path::new(ROOT).join(target).exists(), "{target}");
    }
}

#[test]
fn every_module_is_in_the_layout() {
    let (_, layout) = README.split_once("\n## Work on it\n").unwrap();
    for line in include_str!("../src/lib.rs").lines() {
        if let Some(module) = line.strip_prefix("pub mod ") {
            let module = module.trim_end_matches(';');
            assert!(layout.contains(&format!("`{module}`")), "{module}");
        }
    }
}

/// The page is for a developer in a hurry.
#[test]
fn page_is_short() {
    // Every second part is a block.
    let prose = README.split("```").step_by(2);
    let words: usize = prose.map(|part| part.split_whitespace().count()).sum();
    assert!(words <= 1000, "{words} words outside blocks");
}
