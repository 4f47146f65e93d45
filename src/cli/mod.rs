//! The commands. What people and scripts see is written here: results on
//! standard output, problems on standard error, an exit code at the end.
//!
//! Exit codes: 0 done, 1 something outside went wrong, 2 what was written is
//! wrong. A standard output that was closed is no fault.

mod check;
mod demo;
mod explain;
mod log;
mod run;
mod signals;

use std::{
    env,
    error::Error,
    ffi::OsString,
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

use anstream::{AutoStream, ColorChoice};
use clap::{Args, Parser, Subcommand};

use crate::config::{ConfigError, Overrides};
use crate::policy::Policy;

/// Runs the command that the program's arguments name and returns its exit code.
pub fn run() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help that nobody reads any more is no fault.
            let _ = error.print();
            return code(error.exit_code());
        }
    };
    let done = match arguments.command {
        Command::Run(arguments) => run::run(&arguments),
        Command::Check(arguments) => check::run(&arguments),
        Command::Explain(arguments) => explain::run(&arguments),
        Command::Demo(arguments) => demo::run(&arguments),
    };
    match done {
        Ok(code) => code,
        Err(failure) => failure.tell(),
    }
}

/// Stands in front of a web app and rewrites the scope of its OAuth redirects.
///
/// When the app redirects a browser to Zoom's authorize endpoint, the `scope`
/// parameter is stripped or normalized by the policy of its client_id. All
/// else passes untouched.
#[derive(Debug, Parser)]
#[command(name = "rescope", version, arg_required_else_help = true)]
#[command(
    after_help = "Exit codes: 0 done, 1 something outside went wrong, 2 what was written is wrong"
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Run(ProxyArguments),
    Check(CheckArguments),
    Explain(explain::ExplainArguments),
    Demo(demo::DemoArguments),
}

/// Forward requests to the app and rewrite what it answers
///
/// Listens, forwards every request to the app and rewrites the redirects to
/// an authorize endpoint among its answers. Prints the address listened on.
/// SIGTERM or SIGINT ends it when what is in flight is done, a second one at
/// once.
///
/// The environment also takes RESCOPE_LOG, which lines are logged (default
/// `info`; such as `warn` or `info,rescope=debug`), and RESCOPE_LOG_FORMAT,
/// `text` or `json`.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
#[command(after_help = "Flags beat the environment, which beats the file.")]
struct ProxyArguments {
    #[command(flatten)]
    file: FileArgument,
    /// Address to listen on, IP:PORT, unix:/PATH or fd:N; port 0 for any free one [env: RESCOPE_LISTEN] [default: 127.0.0.1:8080, unless there is one with TLS]
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// Address to listen on with TLS, in the same forms [env: RESCOPE_LISTEN_TLS]
    #[arg(long, value_name = "ADDR")]
    listen_tls: Option<String>,
    /// Where the app is, http://HOST:PORT, https://HOST:PORT or unix:/PATH [env: RESCOPE_UPSTREAM]
    #[arg(long, value_name = "URL")]
    upstream: Option<String>,
}

/// Check a configuration file and show everything that is wrong with it
///
/// Says what `rescope run` would do with the file in this environment, or
/// shows each problem with its file, line and column, and exits with 2.
#[derive(Debug, Args)]
struct CheckArguments {
    #[command(flatten)]
    file: FileArgument,
}

#[derive(Debug, Args)]
struct FileArgument {
    /// Configuration file [env: RESCOPE_CONFIG]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl FileArgument {
    fn path(&self) -> Option<PathBuf> {
        let named = self.config.clone();
        named.or_else(|| variable("RESCOPE_CONFIG").map(PathBuf::from))
    }
}

impl ProxyArguments {
    fn overrides(&self) -> Overrides {
        with_environment(Overrides {
            listen: self.listen.clone(),
            listen_tls: self.listen_tls.clone(),
            upstream: self.upstream.clone(),
        })
    }
}

/// Returns what `flags` say or, where they say nothing, the environment.
fn with_environment(flags: Overrides) -> Overrides {
    let text = |name| variable(name).map(|value| value.to_string_lossy().into_owned());
    Overrides {
        listen: flags.listen.or_else(|| text("RESCOPE_LISTEN")),
        listen_tls: flags.listen_tls.or_else(|| text("RESCOPE_LISTEN_TLS")),
        upstream: flags.upstream.or_else(|| text("RESCOPE_UPSTREAM")),
    }
}

/// Returns an environment variable's value; one that is empty counts as not there.
fn variable(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}

/// Why a command ends before its time.
#[derive(Debug)]
enum Failure {
    /// The configuration is no good.
    Config(ConfigError),
    /// Something else that was written is no good.
    Usage(String),
    /// Something outside went wrong.
    Outside(Box<dyn Error>),
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::Config(error)
    }
}

impl Failure {
    /// Says so on standard error and returns the exit code.
    fn tell(&self) -> ExitCode {
        let stderr = io::stderr().lock();
        let styled = AutoStream::choice(&stderr) != ColorChoice::Never;
        let mut stderr = AutoStream::auto(stderr);
        let (code, text) = match self {
            Self::Config(ConfigError::Invalid(report)) => (2, report.render(styled)),
            Self::Config(error) => (2, format!("error: {}\n", with_causes(error))),
            Self::Usage(message) => (2, format!("error: {message}\n")),
            Self::Outside(error) => (1, format!("error: {}\n", with_causes(&**error))),
        };
        // Where nobody listens the exit code has to do.
        let _ = stderr.write_all(text.as_bytes());
        ExitCode::from(code)
    }
}

fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text += &format!(": {error}");
        cause = error.source();
    }
    text
}

/// What a policy does, for people.
fn describe(policy: &Policy) -> &'static str {
    match policy {
        Policy::Strip => "scope is stripped (the grant is then what is saved on the app)",
        Policy::Keep => "scope is kept as it is",
        Policy::Normalize(_) => "scope is normalized",
    }
}

fn code(code: i32) -> ExitCode {
    ExitCode::from(u8::try_from(code).unwrap_or(1))
}
