//! Packages that tests run, out of the registries of Python and Node.js.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// Returns the folder with the packages that `tests/NAME` pins: a Python environment in `venv`,
/// Node.js packages in `node`. They are installed where they are missing.
pub fn installed(name: &str) -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name(name);
    let status = Command::new("sh")
        .arg(tests.join("install.sh"))
        .arg(tests.join(name))
        .arg(&folder)
        .status();
    assert!(
        status.unwrap().success(),
        "the packages of tests/{name} could not be installed"
    );
    folder
}
