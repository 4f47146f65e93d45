//! The scripts in `vtc/`, each with a client and an app of its own on both sides of rescope.

use std::{fs, path::Path, process::Command, time::Duration};

use crate::program::Program;
use crate::program::tool;
use crate::raw::Port;

#[test]
fn every_script_passes() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tools/vtc");
    let files = fs::read_dir(folder).unwrap();
    let mut scripts: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    scripts.sort();
    assert!(!scripts.is_empty());
    let failures: Vec<_> = scripts
        .iter()
        .filter_map(|script| failure(script))
        .collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Runs a script; returns its log if it failed.
fn failure(script: &Path) -> Option<String> {
    // The script listens here while it has an app.
    let port = Port::reserve();
    let app = port.address();
    let rescope = Program::start(app, "");
    let app = format!("app={app}");
    let address = format!("rescope={}", rescope.address());
    let path = script.to_str().unwrap();
    let arguments = ["-v", "-t", "60", "-D", &address, "-D", &app, path];
    let limit = Duration::from_secs(90);
    let run = tool::run(
        Command::new("varnishtest").args(arguments),
        "varnish",
        limit,
    );
    let name = script.file_name().unwrap().to_string_lossy();
    println!("{name}: {}", run.status);
    if run.status.success() {
        return None;
    }
    let log = run.output.lines().filter(|line| line.starts_with("----"));
    let log: Vec<_> = log.collect();
    Some(format!("{name}:\n{}\n{}", log.join("\n"), run.output))
}
