//! The program of this project.

use std::{env, process::Command};

/// The program, without what the environment of the tests may say to it.
pub fn rescope() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rescope"));
    for (name, _) in env::vars_os() {
        if name.to_string_lossy().starts_with("RESCOPE_") {
            command.env_remove(name);
        }
    }
    command
}
