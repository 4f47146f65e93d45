//! Problems of a configuration and how they are shown: the place, the line
//! with carets under it, the way out.
//!
//! What looks like a secret in the file is masked before a line is shown.

use std::{borrow::Cow, fmt, ops::Range};

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What was found, and what is allowed.
    pub message: String,
    /// Where it was found.
    pub place: Place,
    /// Another part of the file that has to do with it, and how.
    pub context: Option<(Range<usize>, &'static str)>,
    /// The way out.
    pub help: Option<String>,
}

/// Where a problem is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// At these bytes of the file.
    File(Range<usize>),
    /// In what a flag or variable says.
    Override(&'static str),
    /// Something is not written anywhere.
    Nowhere,
}

impl Problem {
    pub(super) fn new(message: impl Into<String>, place: Place) -> Self {
        Self {
            message: message.into(),
            place,
            context: None,
            help: None,
        }
    }

    pub(super) fn at(span: &Range<usize>, message: impl Into<String>) -> Self {
        Self::new(message, Place::File(span.clone()))
    }

    pub(super) fn with_context(mut self, span: &Range<usize>, label: &'static str) -> Self {
        self.context = Some((span.clone(), label));
        self
    }

    pub(super) fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    fn order(&self) -> (u8, usize) {
        match &self.place {
            Place::Override(_) => (0, 0),
            Place::File(span) => (1, span.start),
            Place::Nowhere => (2, 0),
        }
    }
}

/// All that is wrong with a configuration; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    name: String,
    text: String,
    problems: Vec<Problem>,
}

impl Report {
    /// Returns the report on `text`, the file called `name`; problems are put in order of place.
    pub(super) fn new(name: &str, text: &str, mut problems: Vec<Problem>) -> Self {
        problems.sort_by_key(Problem::order);
        Self {
            name: name.to_owned(),
            text: mask_secrets(text),
            problems,
        }
    }

    /// The problems: those of flags first, then in the order of the file.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Returns the report for people; with `styled`, in the colours of a terminal.
    pub fn render(&self, styled: bool) -> String {
        let renderer = match styled {
            true => Renderer::styled(),
            false => Renderer::plain(),
        };
        let mut shown = String::new();
        for problem in &self.problems {
            for group in self.groups(problem) {
                shown += &renderer.render(&[group]);
                shown += "\n";
            }
            shown += "\n";
        }
        let count = self.problems.len();
        let plural = if count == 1 { "" } else { "s" };
        shown + &format!("{count} problem{plural} in {}\n", self.name)
    }

    /// Returns the report for a log, in one line: places and messages, and no line of the file,
    /// which may hold anything.
    pub fn summary(&self) -> String {
        let told = self.problems.iter().map(|problem| match &problem.place {
            Place::File(span) => {
                let before = self.text.bytes().take(span.start);
                let line = before.filter(|byte| *byte == b'\n').count() + 1;
                format!("line {line}: {}", problem.message)
            }
            Place::Override(name) => format!("{name}: {}", problem.message),
            Place::Nowhere => problem.message.clone(),
        });
        told.collect::<Vec<_>>().join("; ")
    }

    fn groups<'a>(&'a self, problem: &'a Problem) -> Vec<Group<'a>> {
        let message: Cow<'a, str> = match problem.place {
            Place::Override(name) => format!("{name}: {}", problem.message).into(),
            _ => (&problem.message).into(),
        };
        let error = Group::with_title(Level::ERROR.primary_title(message));
        match (&problem.place, &problem.help) {
            (Place::File(span), help) => {
                let help = help.iter().map(|help| Level::HELP.message(help));
                let snippet = self.snippet(span, problem.context.as_ref());
                vec![error.element(snippet).elements(help)]
            }
            (_, Some(help)) => {
                let help = Group::with_title(Level::HELP.secondary_title(help));
                vec![error, help]
            }
            (_, None) => vec![error],
        }
    }

    fn snippet<'a>(
        &'a self,
        span: &Range<usize>,
        context: Option<&(Range<usize>, &'static str)>,
    ) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
        let context = context.map(|(span, label)| {
            let annotation = AnnotationKind::Context.span(span.clone());
            annotation.label(*label)
        });
        Snippet::source(&self.text)
            .path(&self.name)
            .annotation(AnnotationKind::Primary.span(span.clone()))
            .annotations(context)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Report {}

/// Whether a key's name, or one of those in `text`, says that its value is nobody's business.
pub(super) fn is_secret(text: &str) -> bool {
    let text = text.to_lowercase();
    let is_within = |c: char| c.is_alphanumeric() || c == '_';
    let mut names = text
        .split(|c| !is_within(c))
        .filter(|it| *it != "token_endpoint");
    names.any(|name| SECRETS.iter().any(|word| name.contains(word)))
}

/// In the names of secrets, as services and their libraries call them.
const SECRETS: [&str; 8] = [
    "secret",
    "token",
    "password",
    "passphrase",
    "credential",
    "authorization",
    "cookie",
    "key",
];

/// Returns `text`, as long in bytes, with what stands behind such a key masked to the line's end.
fn mask_secrets(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let secret = secret_part(line);
        masked += &line[..secret.start];
        masked += &"*".repeat(secret.len());
        masked += &line[secret.end..];
    }
    masked
}

/// The part of a line behind such a key, or before the `@` of a URL; empty where there is none.
fn secret_part(line: &str) -> Range<usize> {
    let end = line.find(['\r', '\n']).unwrap_or(line.len());
    let mut keys = line[..end].match_indices('=').map(|(at, _)| at);
    if let Some(at) = keys.find(|at| is_secret(&line[..*at])) {
        let value = line[at + 1..end].trim_start();
        return end - value.len()..end;
    }
    match (line.find("://"), line.rfind('@')) {
        (Some(start), Some(at)) if start + 3 < at => start + 3..at,
        _ => 0..0,
    }
}
