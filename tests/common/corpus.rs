//! The corpus: redirects as real libraries and hostile hands write them, with
//! the answer to the byte. The library, `explain` and a running proxy are all
//! held to it, so nothing here knows which of them is asked.

use std::{fs, path::Path};

use serde_json::Value;

/// Cases that share one configuration.
pub struct Suite {
    /// The configuration's text, without `listen` and `upstream`.
    pub config: &'static str,
    /// What is asked under it.
    pub cases: Vec<Case>,
}

/// One response of an app and what the browser must receive.
#[derive(Clone)]
pub struct Case {
    /// The case's name in the corpus, its file in front.
    pub name: String,
    /// The status of the response.
    pub status: u16,
    /// The value of every `Location` line, in order.
    pub locations: Vec<Vec<u8>>,
    /// What this project answers, line by line.
    pub expected: Vec<Vec<u8>>,
    /// Other answers that are right.
    pub also_ok: Vec<Vec<Vec<u8>>>,
}

/// Returns every suite of the corpus.
pub fn suites() -> [Suite; 2] {
    [
        Suite {
            config: BY_CLIENT,
            cases: locations(),
        },
        Suite {
            config: STRIP,
            cases: [libraries(), headers()].concat(),
        },
    ]
}

/// `clientA` is stripped, `clientB` normalized, everyone else kept.
const BY_CLIENT: &str = r#"
[default]
scope = "keep"

[[client]]
id = "clientA"
scope = "strip"

[[client]]
id = "clientB"
scope = "normalize"
separator = "space"
allow = ["user:read", "meeting:read", "meeting:write"]
"#;

/// Everyone is stripped.
const STRIP: &str = r#"
[default]
scope = "strip"
"#;

/// `location.json`: a character above U+007F stands for the one byte of that number.
fn locations() -> Vec<Case> {
    let cases: Vec<Value> = serde_json::from_str(&read("location.json")).unwrap();
    let also_ok = |case: &Value| case["also_ok"].as_array().cloned().unwrap_or_default();
    let case = |case: &Value| Case {
        name: format!("location.json {}", case["name"].as_str().unwrap()),
        status: case["status"].as_u64().unwrap_or(302).try_into().unwrap(),
        locations: lines(&case["location"]),
        expected: lines(&case["expected"]),
        also_ok: also_ok(case).iter().map(lines).collect(),
    };
    cases.iter().map(case).collect()
}

/// A string is one line, a list several.
fn lines(value: &Value) -> Vec<Vec<u8>> {
    match value {
        Value::Array(values) => values.iter().flat_map(lines).collect(),
        _ => vec![latin1(value.as_str().unwrap())],
    }
}

fn latin1(text: &str) -> Vec<u8> {
    text.chars()
        .map(|c| u8::try_from(c).expect("the corpus writes bytes as U+0000 to U+00FF"))
        .collect()
}

/// `libraries.tsv`: number, source, URL as it is emitted, URL after `strip`.
fn libraries() -> Vec<Case> {
    let case = |[number, source, before, after]: [&str; 4]| {
        redirect(format!("libraries.tsv {number} {source}"), before, after)
    };
    rows(&read("libraries.tsv")).map(case).collect()
}

/// The rows of `escaped.tsv` that are header lines, as `Location` lines.
fn headers() -> Vec<Case> {
    let case = |line: HeaderLine| redirect(line.name, &line.before, &line.after);
    header_lines().into_iter().map(case).collect()
}

/// A header line of an app, and what the browser must receive.
pub struct HeaderLine {
    /// The case's name in the corpus, its file in front.
    pub name: String,
    /// The field's name.
    pub field: String,
    /// Its value as it comes.
    pub before: String,
    /// Its value as it must be where everyone is stripped.
    pub after: String,
}

/// Returns the rows of `escaped.tsv` that are header lines; the others are bodies.
pub fn header_lines() -> Vec<HeaderLine> {
    let line = |[form, before, after]: [&str; 3]| {
        let (field, before) = before.split_once(": ")?;
        let after = after.strip_prefix(field)?.strip_prefix(": ")?;
        let is_header = field.bytes().all(|b| b.is_ascii_alphabetic() || b == b'-');
        is_header.then(|| HeaderLine {
            name: format!("escaped.tsv {form}"),
            field: field.to_owned(),
            before: before.to_owned(),
            after: after.to_owned(),
        })
    };
    rows(&read("escaped.tsv")).filter_map(line).collect()
}

/// A body of an app, and what the browser must receive.
pub struct EscapedBody {
    /// The case's name in the corpus, its file in front.
    pub name: String,
    /// What it is.
    pub media_type: &'static str,
    /// As it comes.
    pub before: String,
    /// As it must be where everyone is stripped.
    pub after: String,
}

/// Returns the rows of `escaped.tsv` that are bodies.
pub fn bodies() -> Vec<EscapedBody> {
    let is_header = |form: &str| header_lines().iter().any(|line| line.name.ends_with(form));
    let body = |[form, before, after]: [&str; 3]| EscapedBody {
        name: format!("escaped.tsv {form}"),
        media_type: match before.starts_with('<') {
            true => "text/html",
            false => "application/json",
        },
        before: before.to_owned(),
        after: after.to_owned(),
    };
    let rows = rows(&read("escaped.tsv")).map(body).collect::<Vec<_>>();
    rows.into_iter().filter(|it| !is_header(&it.name)).collect()
}

fn redirect(name: String, before: &str, after: &str) -> Case {
    Case {
        name,
        status: 302,
        locations: vec![before.into()],
        expected: vec![after.into()],
        also_ok: Vec::new(),
    }
}

/// The rows below the heading of a table with `N` columns.
fn rows<const N: usize>(text: &str) -> impl Iterator<Item = [&str; N]> {
    text.lines().skip(1).map(|line| {
        let columns: Vec<&str> = line.split('\t').collect();
        columns.try_into().expect("every row has all columns")
    })
}

fn read(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    fs::read_to_string(folder.join(name)).unwrap()
}
