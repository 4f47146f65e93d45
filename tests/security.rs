//! SECURITY.md: every test that it names exists, and every guarantee names one.

use std::{fs, path::Path};

const PAGE: &str = include_str!("../SECURITY.md");

/// What is written as `path::name`.
fn named_tests(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let quoted = text.split('`').skip(1).step_by(2);
    quoted.filter_map(|it| it.split_once("::"))
}

#[test]
fn every_test_that_is_named_exists() {
    let mut count = 0;
    for (path, name) in named_tests(PAGE) {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
        let source = fs::read_to_string(file).unwrap_or_else(|error| panic!("{path}: {error}"));
        let lines: Vec<_> = source.lines().map(str::trim).collect();
        let place = lines.iter().position(|line| {
            let line = line.strip_prefix("async ").unwrap_or(line);
            let rest = line
                .strip_prefix("fn ")
                .and_then(|it| it.strip_prefix(name));
            rest.is_some_and(|rest| rest.starts_with('('))
        });
        let place = place.unwrap_or_else(|| panic!("{path} has no `{name}`"));
        let attributes = lines[..place].iter().rev();
        let mut attributes = attributes.take_while(|line| line.starts_with("#["));
        let is_test = |line: &&str| matches!(*line, "#[test]" | "#[tokio::test]");
        assert!(attributes.any(is_test), "{path}: `{name}` is no test");
        count += 1;
    }
    assert!(count > 30, "only {count} tests are named");
}

#[test]
fn every_guarantee_names_its_test() {
    let (_, rest) = PAGE.split_once("\n## What is guaranteed\n").unwrap();
    let (section, _) = rest.split_once("\n## ").unwrap();
    for number in 1..=9 {
        let (_, rest) = section.split_once(&format!("\n{number}. ")).unwrap();
        let end = rest.find(&format!("\n{}. ", number + 1));
        let guarantee = &rest[..end.unwrap_or(rest.len())];
        assert_ne!(named_tests(guarantee).count(), 0, "{guarantee}");
    }
}
