//! A typed look at parsed TOML that goes on after a problem.
//!
//! Each question for a key answers its value or `None`; where the value is of
//! the wrong type the problem is noted down and the answer is `None` too, so
//! that all of a file's problems are found in one go.

mod values;

use std::ops::Range;

use strsim::damerau_levenshtein;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::report::{Problem, is_secret};

/// A value and where it and its key are written, in bytes of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Field<T> {
    pub(super) key: Range<usize>,
    pub(super) span: Range<usize>,
    pub(super) value: T,
    /// Whether a part of the value was no good and is left out of it.
    pub(super) has_faults: bool,
}

/// A list of strings, each with its place.
pub(super) type Strings = Vec<Spanned<String>>;

/// A table from strings to strings, each with its place.
pub(super) type Pairs = Vec<(Spanned<String>, Spanned<String>)>;

/// A kind of table: how it is written, also behind the name of a key in it, and the keys it may hold.
pub(super) struct Shape {
    pub(super) title: &'static str,
    pub(super) within: &'static str,
    pub(super) keys: &'static [&'static str],
}

/// One table of the file.
pub(super) struct Section<'t> {
    table: &'t DeTable<'t>,
    /// Its header, or all of it where it is written in braces.
    pub(super) span: Range<usize>,
}

impl<'t> Section<'t> {
    /// Opens a table and notes down the keys that `shape` does not have; one of `shapes`
    /// is where such a key may have been meant to stand.
    pub(super) fn open(
        table: &'t DeTable<'t>,
        span: Range<usize>,
        shape: &Shape,
        shapes: &[&Shape],
        problems: &mut Vec<Problem>,
    ) -> Self {
        for key in table.keys() {
            let (name, span): (&str, _) = (key.get_ref(), key.span());
            if !shape.keys.contains(&name) {
                problems.push(unknown_key(name, &span, shape, shapes));
            }
        }
        Self { table, span }
    }

    /// Whether `key` is written, with a good value or not.
    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// Notes down those of `keys` that are not written.
    pub(super) fn require(&self, keys: &[&str], title: &str, problems: &mut Vec<Problem>) {
        for key in keys.iter().filter(|key| !self.has(key)) {
            problems.push(Problem::at(&self.span, format!("{title} needs `{key}`")));
        }
    }

    pub(super) fn string(&self, key: &str, problems: &mut Vec<Problem>) -> Option<Field<String>> {
        self.read(key, "a string", problems, |value| {
            value.as_str().map(str::to_owned)
        })
    }

    pub(super) fn boolean(&self, key: &str, problems: &mut Vec<Problem>) -> Option<Field<bool>> {
        self.read(key, "true or false", problems, |value| value.as_bool())
    }

    /// A port; 0 is none.
    pub(super) fn port(&self, key: &str, problems: &mut Vec<Problem>) -> Option<Field<u16>> {
        self.read(key, "a number from 1 to 65535", problems, |value| {
            let number = value.as_integer()?;
            let port = u16::from_str_radix(number.as_str(), number.radix()).ok()?;
            (port != 0).then_some(port)
        })
    }

    /// One of a few words.
    pub(super) fn word<T: Copy>(
        &self,
        key: &str,
        words: &[(&str, T)],
        problems: &mut Vec<Problem>,
    ) -> Option<Field<T>> {
        let field = self.string(key, problems)?;
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == field.value) {
            return Some(Field {
                key: field.key,
                span: field.span,
                value: *value,
                has_faults: false,
            });
        }
        let names: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let found = field.value.escape_debug();
        let message = format!("`{key}` is {}, not `{found}`", alternatives(&names, "or"));
        let problem = Problem::at(&field.span, message);
        problems.push(match nearest(&field.value, &names) {
            Some(word) => problem.with_help(format!("did you mean `{word}`?")),
            None => problem,
        });
        None
    }

    /// A list of strings; with `or_one`, a string alone is a list of one.
    pub(super) fn strings(
        &self,
        key: &str,
        or_one: bool,
        problems: &mut Vec<Problem>,
    ) -> Option<Field<Strings>> {
        let wanted = match or_one {
            true => "a string or a list of strings",
            false => "a list of strings",
        };
        let (name, value) = self.table.get_key_value(key)?;
        let before = problems.len();
        let list = match value.get_ref() {
            DeValue::String(text) if or_one => vec![Spanned::new(value.span(), text.to_string())],
            DeValue::Array(items) => items
                .iter()
                .filter_map(|item| string_of(key, item, problems))
                .collect(),
            other => {
                problems.push(wrong_type(key, wanted, other, value.span()));
                return None;
            }
        };
        Some(Field {
            key: name.span(),
            span: value.span(),
            value: list,
            has_faults: problems.len() > before,
        })
    }

    /// A table from strings to strings.
    pub(super) fn string_map(
        &self,
        key: &str,
        problems: &mut Vec<Problem>,
    ) -> Option<Field<Pairs>> {
        let wanted = "a table of strings, such as `{ \"old\" = \"new\" }`";
        let (name, value) = self.table.get_key_value(key)?;
        let Some(table) = value.get_ref().as_table() else {
            problems.push(wrong_type(key, wanted, value.get_ref(), value.span()));
            return None;
        };
        let before = problems.len();
        let mut pairs = Vec::new();
        for (old, new) in table {
            if let Some(new) = string_of(key, new, problems) {
                pairs.push((Spanned::new(old.span(), old.get_ref().to_string()), new));
            }
        }
        Some(Field {
            key: name.span(),
            span: value.span(),
            value: pairs,
            has_faults: problems.len() > before,
        })
    }

    /// The table under a key, and its span.
    pub(super) fn table(
        &self,
        key: &str,
        problems: &mut Vec<Problem>,
    ) -> Option<(&'t DeTable<'t>, Range<usize>)> {
        let value = self.table.get(key)?;
        let table = value.get_ref().as_table();
        if table.is_none() {
            let wanted = format!("a table, written `[{key}]`");
            problems.push(wrong_type(key, &wanted, value.get_ref(), value.span()));
        }
        table.map(|table| (table, value.span()))
    }

    /// The table under a key, or the tables, and their spans.
    pub(super) fn one_or_more_tables(
        &self,
        key: &str,
        problems: &mut Vec<Problem>,
    ) -> Vec<(&'t DeTable<'t>, Range<usize>)> {
        match self.table.get(key).map(Spanned::get_ref) {
            Some(DeValue::Array(_)) => self.tables(key, problems),
            _ => self.table(key, problems).into_iter().collect(),
        }
    }

    /// The tables under a key, and their spans.
    pub(super) fn tables(
        &self,
        key: &str,
        problems: &mut Vec<Problem>,
    ) -> Vec<(&'t DeTable<'t>, Range<usize>)> {
        let Some(value) = self.table.get(key) else {
            return Vec::new();
        };
        let wanted = format!("a list of tables, each written `[[{key}]]`");
        let mut tables = Vec::new();
        match value.get_ref() {
            DeValue::Array(items) => {
                for item in items.iter() {
                    match item.get_ref() {
                        DeValue::Table(table) => tables.push((table, item.span())),
                        other => problems.push(wrong_type(key, &wanted, other, item.span())),
                    }
                }
            }
            other => {
                problems.push(wrong_type(key, &wanted, other, value.span()));
                // Its keys are looked at all the same: they may be wrong too.
                tables.extend(other.as_table().map(|table| (table, value.span())));
            }
        }
        tables
    }

    fn read<T>(
        &self,
        key: &str,
        wanted: &str,
        problems: &mut Vec<Problem>,
        take: impl Fn(&DeValue<'_>) -> Option<T>,
    ) -> Option<Field<T>> {
        let (name, value) = self.table.get_key_value(key)?;
        match take(value.get_ref()) {
            Some(taken) => Some(Field {
                key: name.span(),
                span: value.span(),
                value: taken,
                has_faults: false,
            }),
            None => {
                problems.push(wrong_type(key, wanted, value.get_ref(), value.span()));
                None
            }
        }
    }
}

fn string_of(
    key: &str,
    item: &Spanned<DeValue<'_>>,
    problems: &mut Vec<Problem>,
) -> Option<Spanned<String>> {
    match item.get_ref() {
        DeValue::String(text) => Some(Spanned::new(item.span(), text.to_string())),
        DeValue::Table(_) => {
            let problem = wrong_type(key, "strings", item.get_ref(), item.span());
            problems.push(problem.with_help("a name that holds dots is written in quotes"));
            None
        }
        other => {
            problems.push(wrong_type(key, "strings", other, item.span()));
            None
        }
    }
}

fn wrong_type(key: &str, wanted: &str, found: &DeValue<'_>, span: Range<usize>) -> Problem {
    let found = match found {
        DeValue::Integer(number) => format!("the number {}", number.as_str()),
        other => format!("a value of type {}", other.type_str()),
    };
    Problem::at(&span, format!("`{key}` takes {wanted}, not {found}"))
}

fn unknown_key(key: &str, span: &Range<usize>, here: &Shape, shapes: &[&Shape]) -> Problem {
    let shown = key.escape_debug();
    let message = format!("unknown key `{shown}`{}", here.within);
    let near = nearest(key, here.keys);
    // What is one letter off here beats a home elsewhere, and what sounds like a secret.
    let slip = near.filter(|near| damerau_levenshtein(key, near) <= 1);
    let help = if let Some(near) = slip {
        format!("did you mean `{near}`?")
    } else if is_secret(key) {
        "rescope needs no secret and no token; take it out of this file".to_owned()
    } else if let Some(home) = shapes.iter().find(|shape| shape.keys.contains(&key)) {
        format!("`{shown}` belongs to {}", home.title)
    } else if let Some(near) = near {
        format!("did you mean `{near}`?")
    } else {
        format!("known here: {}", alternatives(here.keys, "and"))
    };
    Problem::at(span, message).with_help(help)
}

/// Returns the one of `words` that `text` may have been meant to be.
pub(super) fn nearest<'w>(text: &str, words: &[&'w str]) -> Option<&'w str> {
    let text = text.to_lowercase();
    let distance = |word: &str| damerau_levenshtein(&text, word);
    let near = |word: &&str| distance(word) <= 1.max(word.len() / 3);
    let words = words.iter().copied().filter(near);
    words.min_by_key(|word| distance(word))
}

/// Returns "`a`, `b` or `c`".
fn alternatives(words: &[&str], last: &str) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match &quoted[..] {
        [rest @ .., end] if !rest.is_empty() => format!("{} {last} {end}", rest.join(", ")),
        _ => quoted.concat(),
    }
}
