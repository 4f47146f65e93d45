//! Opens the configuration file; the only part that does.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use thiserror::Error;

use super::report::{Problem, Report};
use super::{Config, Overrides, Rules, parse, parse_rules};

/// Returns the configuration in the file at `path`, or the default one for `None`, with
/// `overrides` above it.
///
/// `certs` and `ca_file` are relative to the file's folder, or to the current one for `None`.
///
/// # Errors
///
/// The file cannot be read, or there is something wrong with what is written.
pub fn load(path: Option<&Path>, overrides: &Overrides) -> Result<Config, ConfigError> {
    let config = read(path, |text, name| Ok(parse(text, name, overrides)?))?;
    Ok(relative_to(path, config))
}

/// As [`load`], for a proxy that runs with what the file said before.
///
/// # Errors
///
/// As [`load`]; and the file is empty, as one is that is being written: every client would
/// get the default policy.
pub fn reload(path: Option<&Path>, overrides: &Overrides) -> Result<Config, ConfigError> {
    let config = read(path, |text, name| match path {
        Some(path) if text.trim_ascii().is_empty() => Err(ConfigError::Empty(path.to_owned())),
        _ => Ok(parse(text, name, overrides)?),
    })?;
    Ok(relative_to(path, config))
}

/// As [`load`], for whoever connects nowhere: an upstream need not be written.
///
/// # Errors
///
/// The file cannot be read, or there is something wrong with what is written.
pub fn load_rules(path: Option<&Path>) -> Result<Rules, ConfigError> {
    read(path, |text, name| Ok(parse_rules(text, name)?))
}

/// Why there is no configuration.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("the configuration file `{path}` cannot be read", path = path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file of a running proxy has become empty.
    #[error("the configuration file `{path}` is empty", path = .0.display())]
    Empty(PathBuf),
    /// Something is wrong with what is written.
    #[error(transparent)]
    Invalid(#[from] Report),
}

/// Returns `config` with its files where they are, seen from the folder of its own.
fn relative_to(path: Option<&Path>, mut config: Config) -> Config {
    if let Some(folder) = path.and_then(Path::parent) {
        config.certs = folder.join(config.certs);
        config.ca_file = config.ca_file.map(|file| folder.join(file));
    }
    config
}

fn read<T>(
    path: Option<&Path>,
    parse: impl FnOnce(&str, &str) -> Result<T, ConfigError>,
) -> Result<T, ConfigError> {
    let Some(path) = path else {
        return parse("", "the command line and the environment");
    };
    let bytes = fs::read(path).map_err(|source| ConfigError::Read {
        path: path.to_owned(),
        source,
    })?;
    let name = path.display().to_string();
    match String::from_utf8(bytes) {
        Ok(text) => parse(&text, &name),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let text = String::from_utf8_lossy(error.as_bytes());
            let problem = Problem::at(&(at..at), "the file is not UTF-8 here");
            Err(Report::new(&name, &text, vec![problem]).into())
        }
    }
}
