//! An explanation for people, with what differs in colour where there is any.

use std::{
    collections::HashMap,
    fmt::{self, Display, Write as _},
    io::{self, Write},
};

use anstyle::{AnsiColor, Style};

use crate::oauth::{Mismatch, Reference};
use crate::policy::{Account, Decision};
use crate::rewrite::Rewritten;

/// The colours of an explanation.
pub(super) struct Colours {
    label: Style,
    gone: Style,
    new: Style,
}

impl Colours {
    /// Returns the colours of a terminal, or none.
    pub(super) fn new(styled: bool) -> Self {
        let [label, gone, new] = match styled {
            true => [
                Style::new().dimmed(),
                AnsiColor::Red.on_default().bold(),
                AnsiColor::Green.on_default().bold(),
            ],
            false => [Style::new(); 3],
        };
        Self { label, gone, new }
    }
}

/// Writes what became of `url`, and an empty line.
pub(super) fn write(
    output: &mut impl Write,
    colours: &Colours,
    url: &[u8],
    result: &Result<Rewritten<'_>, Mismatch>,
) -> io::Result<()> {
    let mut line = |label: &str, value: &dyn Display| {
        let style = colours.label;
        writeln!(output, "{style}{label:<10}{style:#}{value}")
    };
    match result {
        Ok(found) => {
            line("endpoint", &found.decision.request.endpoint)?;
            lists(&mut line, &found.decision)?;
            line("reason", &found.decision.reason())?;
        }
        Err(why) => line("endpoint", &format_args!("none: {why}"))?,
    }
    let after = match result {
        Ok(found) => found.output.as_deref(),
        Err(_) => None,
    };
    match after {
        Some(after) => {
            line("before", &Marked::new(url, after, colours.gone))?;
            line("after", &Marked::new(after, url, colours.new))?;
        }
        None => {
            line("before", &Readable(url))?;
            line("after", &"unchanged")?;
        }
    }
    output.write_all(b"\n")
}

/// Writes the lines about the client and its scopes; empty lists are left out.
fn lists(
    line: &mut dyn FnMut(&str, &dyn Display) -> io::Result<()>,
    decision: &Decision<'_>,
) -> io::Result<()> {
    match decision.client.and_then(|client| client.name.as_deref()) {
        Some(name) => {
            let name = name.escape_debug();
            line(
                "client",
                &format_args!("{} ({name})", decision.request.client_id),
            )?;
        }
        None => line("client", &decision.request.client_id)?,
    }
    let dry_run = if decision.dry_run { ", dry run" } else { "" };
    line(
        "policy",
        &format_args!("{}{dry_run}", decision.policy.name()),
    )?;
    let Account {
        removed,
        renamed,
        optional,
        kept,
    } = decision.account();
    let renamed = renamed.iter().map(|(old, new)| format!("{old} -> {new}"));
    for (label, list) in [
        ("removed", join(removed)),
        ("renamed", join(renamed)),
        ("optional", join(optional)),
        ("kept", join(kept)),
    ] {
        if !list.is_empty() {
            line(label, &list)?;
        }
    }
    Ok(())
}

fn join(items: impl IntoIterator<Item: Display>) -> String {
    let mut list = String::new();
    for item in items {
        let comma = if list.is_empty() { "" } else { ", " };
        // Writing to a string does not fail.
        let _ = write!(list, "{comma}{item}");
    }
    list
}

/// A URL in which the pieces of the query that `other` does not have are marked.
///
/// The rewriter drops or replaces whole pieces, so a piece that both have is one that stayed.
struct Marked<'a> {
    url: Reference<'a>,
    other: Reference<'a>,
    style: Style,
}

impl<'a> Marked<'a> {
    fn new(url: &'a [u8], other: &'a [u8], style: Style) -> Self {
        Self {
            url: Reference::new(url),
            other: Reference::new(other),
            style,
        }
    }
}

impl Display for Marked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut common: HashMap<&[u8], usize> = HashMap::new();
        for piece in pieces(&self.other) {
            *common.entry(piece).or_default() += 1;
        }
        write!(f, "{}", Readable(self.url.before))?;
        for (place, piece) in pieces(&self.url).enumerate() {
            f.write_char(if place == 0 { '?' } else { '&' })?;
            let style = match common.get_mut(piece) {
                Some(count) if *count > 0 => {
                    *count -= 1;
                    Style::new()
                }
                _ => self.style,
            };
            write!(f, "{style}{}{style:#}", Readable(piece))?;
        }
        write!(f, "{}", Readable(self.url.after))
    }
}

fn pieces<'a>(url: &Reference<'a>) -> impl Iterator<Item = &'a [u8]> + use<'a> {
    let query = url.query.into_iter();
    query.flat_map(|query| query.split(|byte| *byte == b'&'))
}

/// Bytes as a terminal may show them: what is not UTF-8 is replaced, control characters are escaped.
struct Readable<'a>(&'a [u8]);

impl Display for Readable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_plain = self.0.iter().all(|byte| matches!(byte, b' '..=b'~'));
        let text = String::from_utf8_lossy(self.0);
        if is_plain {
            return f.write_str(&text);
        }
        let mut rest = &*text;
        while let Some(at) = rest.find(char::is_control) {
            let (before, behind) = rest.split_at(at);
            let mut behind = behind.chars();
            let control = behind.next().into_iter().flat_map(char::escape_default);
            f.write_str(before)?;
            control.into_iter().try_for_each(|c| f.write_char(c))?;
            rest = behind.as_str();
        }
        f.write_str(rest)
    }
}
