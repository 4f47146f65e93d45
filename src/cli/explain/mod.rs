//! `rescope explain`: what would become of a URL, and why.
//!
//! No network. Nothing is hidden: it is the user's own URL.

mod text;

use std::{
    ffi::OsString,
    io::{self, BufRead, BufReader, BufWriter, Write},
    os::unix::ffi::OsStrExt,
    process::ExitCode,
};

use anstream::{AutoStream, ColorChoice};
use clap::Args;
use serde::{Serialize, Serializer};

use super::{Failure, FileArgument};
use crate::config::{self, Rules};
use crate::oauth::{ClientId, Mismatch, RequestUrl};
use crate::policy::Account;
use crate::rewrite::{Rewriter, Rewritten};

/// Show what would become of a URL, and why
///
/// Takes values as an app's `Location` header holds them. Shows the endpoint
/// that matched or why none did, the client, its policy, the scopes removed,
/// renamed, moved and kept, and the URL before and after. No network is used
/// and nothing is hidden: the URL is your own. Without a configuration file
/// scope is stripped for every client.
#[derive(Debug, Args)]
pub(super) struct ExplainArguments {
    #[command(flatten)]
    file: FileArgument,
    /// Print one JSON object a line: input, output, changed, endpoint, client_id, policy,
    /// dry_run, removed, renamed, optional, kept, reason; bytes that are not UTF-8 are replaced
    #[arg(long)]
    json: bool,
    /// URLs; `-` reads them from standard input, one a line
    #[arg(value_name = "URL", required = true)]
    urls: Vec<OsString>,
}

/// Explains every URL, in order.
pub(super) fn run(arguments: &ExplainArguments) -> Result<ExitCode, Failure> {
    let Rules {
        endpoints,
        policies,
    } = config::load_rules(arguments.file.path().as_deref())?;
    let stdout = io::stdout().lock();
    let form = match arguments.json {
        true => Form::Json,
        false => Form::Text(text::Colours::new(
            AutoStream::choice(&stdout) != ColorChoice::Never,
        )),
    };
    let mut explainer = Explainer {
        rewriter: Rewriter {
            endpoints,
            policies,
        },
        form,
        output: BufWriter::with_capacity(BUFFER, stdout),
    };
    match explainer.explain_all(&arguments.urls) {
        // Whoever reads has seen enough, as `head` has.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
        Err(error) => Err(Failure::Outside(error.into())),
        Ok(()) => Ok(ExitCode::SUCCESS),
    }
}

const BUFFER: usize = 64 * 1024;

enum Form {
    Json,
    Text(text::Colours),
}

struct Explainer<W: Write> {
    rewriter: Rewriter,
    form: Form,
    output: W,
}

impl<W: Write> Explainer<W> {
    fn explain_all(&mut self, urls: &[OsString]) -> io::Result<()> {
        for url in urls {
            match url.as_bytes() {
                b"-" => self.explain_lines(BufReader::with_capacity(BUFFER, io::stdin().lock()))?,
                url => self.explain(url)?,
            }
        }
        self.output.flush()
    }

    fn explain_lines<R: io::Read>(&mut self, mut input: BufReader<R>) -> io::Result<()> {
        let mut line = Vec::new();
        loop {
            if input.buffer().is_empty() {
                // The next read may wait for someone who waits for these answers.
                self.output.flush()?;
            }
            line.clear();
            if input.read_until(b'\n', &mut line)? == 0 {
                return Ok(());
            }
            let url = line.strip_suffix(b"\n").unwrap_or(&line);
            self.explain(url.strip_suffix(b"\r").unwrap_or(url))?;
        }
    }

    fn explain(&mut self, url: &[u8]) -> io::Result<()> {
        let result = self.rewriter.rewrite(url, &RequestUrl::UNKNOWN);
        match &self.form {
            Form::Text(colours) => text::write(&mut self.output, colours, url, &result),
            Form::Json => {
                let explanation = match &result {
                    Ok(found) => Explanation::of_match(url, found),
                    Err(why) => Explanation::of_mismatch(url, *why),
                };
                serde_json::to_writer(&mut self.output, &explanation)?;
                self.output.write_all(b"\n")
            }
        }
    }
}

/// A line of `--json`. The names and their order are a promise.
#[derive(Serialize)]
struct Explanation<'a> {
    #[serde(serialize_with = "lossy")]
    input: &'a [u8],
    #[serde(serialize_with = "lossy")]
    output: &'a [u8],
    changed: bool,
    endpoint: Option<String>,
    client_id: Option<String>,
    policy: Option<&'static str>,
    dry_run: bool,
    removed: Vec<String>,
    #[serde(serialize_with = "object")]
    renamed: Vec<(String, String)>,
    optional: Vec<String>,
    kept: Vec<String>,
    reason: String,
}

impl<'a> Explanation<'a> {
    fn of_match(input: &'a [u8], found: &'a Rewritten<'_>) -> Self {
        let decision = &found.decision;
        let Account {
            removed,
            renamed,
            optional,
            kept,
        } = decision.account();
        let output = found.output.as_deref().unwrap_or(input);
        let text = |token: &[u8]| String::from_utf8_lossy(token).into_owned();
        Self {
            input,
            output,
            changed: output != input,
            endpoint: Some(decision.request.endpoint.to_string()),
            client_id: match &decision.request.client_id {
                ClientId::One(id) => Some(text(id)),
                ClientId::Missing | ClientId::Conflicting => None,
            },
            policy: Some(decision.policy.name()),
            dry_run: decision.dry_run,
            removed: removed.iter().map(|it| text(it.as_bytes())).collect(),
            renamed: renamed
                .iter()
                .map(|(old, new)| (text(old.as_bytes()), text(new.as_bytes())))
                .collect(),
            optional: optional.iter().map(|it| text(it.as_bytes())).collect(),
            kept: kept.iter().map(|it| text(it.as_bytes())).collect(),
            reason: decision.reason(),
        }
    }

    fn of_mismatch(input: &'a [u8], why: Mismatch) -> Self {
        Self {
            input,
            output: input,
            changed: false,
            endpoint: None,
            client_id: None,
            policy: None,
            dry_run: false,
            removed: Vec::new(),
            renamed: Vec::new(),
            optional: Vec::new(),
            kept: Vec::new(),
            reason: why.to_string(),
        }
    }
}

/// JSON holds text only, so bytes that are not UTF-8 are replaced.
fn lossy<S: Serializer>(bytes: &&[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&String::from_utf8_lossy(bytes))
}

fn object<S: Serializer>(pairs: &[(String, String)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(pairs.iter().map(|(old, new)| (old, new)))
}
