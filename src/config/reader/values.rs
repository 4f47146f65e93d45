//! Values with a form of their own: numbers, sizes, durations, paths and names.

use std::{ops::RangeInclusive, path::PathBuf, time::Duration};

use bytesize::ByteSize;
use toml::de::DeValue;

use super::{Field, Section, wrong_type};
use crate::config::report::Problem;
use crate::message::is_token;

impl Section<'_> {
    /// A whole number within `bounds`.
    pub(in crate::config) fn number(
        &self,
        key: &str,
        bounds: RangeInclusive<usize>,
        problems: &mut Vec<Problem>,
    ) -> Option<usize> {
        let wanted = format!("a number from {} to {}", bounds.start(), bounds.end());
        let field = self.read(key, &wanted, problems, |value| {
            let number = value.as_integer()?;
            let number = usize::from_str_radix(number.as_str(), number.radix()).ok()?;
            bounds.contains(&number).then_some(number)
        });
        field.map(|it| it.value)
    }

    /// A number of bytes within `bounds`, which are whole KiB; written with its unit.
    pub(in crate::config) fn size(
        &self,
        key: &str,
        bounds: RangeInclusive<usize>,
        problems: &mut Vec<Problem>,
    ) -> Option<usize> {
        let (least, most) = (shown(*bounds.start()), shown(*bounds.end()));
        let wanted = format!("a size with its unit, from {least} to {most}");
        let parse = |text: &str| {
            let size: ByteSize = text.parse().ok()?;
            let size = usize::try_from(size.as_u64()).ok()?;
            bounds.contains(&size).then_some(size)
        };
        self.quantity(key, &wanted, ["KiB", "B"], parse, problems)
    }

    /// A time from `least` to 24 h; written with its unit.
    pub(in crate::config) fn duration(
        &self,
        key: &str,
        least: Duration,
        problems: &mut Vec<Problem>,
    ) -> Option<Duration> {
        let shown = humantime::format_duration(least);
        let wanted = format!("a duration with its unit, from {shown} to 24h");
        let parse = |text: &str| {
            let duration = humantime::parse_duration(text).ok()?;
            (least..=DAY).contains(&duration).then_some(duration)
        };
        self.quantity(key, &wanted, ["s", "ms"], parse, problems)
    }

    /// What the unit belongs to; a number without one gets help that writes it with each of `units`.
    fn quantity<T>(
        &self,
        key: &str,
        wanted: &str,
        units: [&str; 2],
        parse: impl Fn(&str) -> Option<T>,
        problems: &mut Vec<Problem>,
    ) -> Option<T> {
        let number = self.table.get(key).and_then(|it| bare(it.get_ref()));
        let is_bare = number.is_some();
        let help = number.map(|number| {
            let [one, other] = units.map(|unit| format!("`\"{number}{unit}\"`"));
            format!("write the unit, such as {one} or {other}")
        });
        let parse = |text: &str| parse(text).filter(|_| !is_bare);
        let field = self.parsed(key, wanted, help, parse, problems);
        field.map(|it| it.value)
    }

    /// The path of a file or folder, as it is written.
    pub(in crate::config) fn path(
        &self,
        key: &str,
        problems: &mut Vec<Problem>,
    ) -> Option<Field<PathBuf>> {
        let is_path = |text: &str| !text.is_empty() && !text.contains(char::is_control);
        let parse = |text: &str| is_path(text).then(|| PathBuf::from(text));
        self.parsed(key, "a path", None, parse, problems)
    }

    /// What `Via` may call a proxy: `received-by = pseudonym [ ":" port ]`, the pseudonym
    /// being a token (RFC 9110 7.6.3).
    pub(in crate::config) fn received_by(
        &self,
        key: &str,
        problems: &mut Vec<Problem>,
    ) -> Option<Field<String>> {
        let wanted = "a token, such as `rescope`, with `:PORT` behind it or without";
        let help = "leave it out to leave `Via` as it is".to_owned();
        // The word of another key; as a name it would stand in every message.
        let is_name = |text: &str| text != "off" && is_received_by(text);
        let parse = |text: &str| is_name(text).then(|| text.to_owned());
        self.parsed(key, wanted, Some(help), parse, problems)
    }

    /// A string that `parse` takes; `help` is for one that it does not.
    fn parsed<T>(
        &self,
        key: &str,
        wanted: &str,
        help: Option<String>,
        parse: impl Fn(&str) -> Option<T>,
        problems: &mut Vec<Problem>,
    ) -> Option<Field<T>> {
        let (name, value) = self.table.get_key_value(key)?;
        let span = value.span();
        let text = value.get_ref().as_str();
        let mut problem = match text.map(|text| parse(text).ok_or(text)) {
            Some(Ok(value)) => {
                return Some(Field {
                    key: name.span(),
                    span,
                    value,
                    has_faults: false,
                });
            }
            Some(Err(text)) => {
                let found = text.escape_debug();
                Problem::at(&span, format!("`{key}` takes {wanted}, not `{found}`"))
            }
            None => wrong_type(key, wanted, value.get_ref(), span),
        };
        problem.help = help;
        problems.push(problem);
        None
    }
}

/// Returns a bound as it may be written.
fn shown(bytes: usize) -> String {
    match bytes / 1024 {
        size if size > 1024 && size % 1024 == 0 => format!("{}MiB", size / 1024),
        size => format!("{size}KiB"),
    }
}

/// Returns the digits of a value that is a number and no more, in quotes or not.
fn bare(value: &DeValue<'_>) -> Option<String> {
    let text = match value {
        DeValue::Integer(number) if number.radix() == 10 => number.as_str(),
        DeValue::String(text) => text.trim(),
        _ => return None,
    };
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.to_owned())
}

fn is_received_by(text: &str) -> bool {
    let (pseudonym, port) = match text.split_once(':') {
        Some((pseudonym, port)) => (pseudonym, Some(port)),
        None => (text, None),
    };
    let is_port = |text: &str| {
        let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
        is_number && text.parse::<u16>().is_ok_and(|port| port != 0)
    };
    is_token(pseudonym) && port.is_none_or(is_port)
}

/// Nothing waits longer.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
