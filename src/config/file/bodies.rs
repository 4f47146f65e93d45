//! `[bodies]` as it may be written.

use std::ops::{Range, RangeInclusive};

use toml::de::DeTable;

use super::SHAPES;
use crate::config::reader::{Field, Section, Shape, Strings};
use crate::config::report::Problem;

/// `[bodies]`.
#[derive(Debug)]
pub(in crate::config) struct BodiesEntry {
    pub(in crate::config) types: Option<Field<Strings>>,
    pub(in crate::config) paths: Option<Field<Strings>>,
    pub(in crate::config) longest_url: Option<usize>,
    pub(in crate::config) whole: Option<usize>,
    pub(in crate::config) decoded_size: Option<usize>,
    pub(in crate::config) ratio: Option<usize>,
}

impl BodiesEntry {
    pub(super) fn read(
        table: &DeTable<'_>,
        span: Range<usize>,
        problems: &mut Vec<Problem>,
    ) -> Self {
        let section = Section::open(table, span, &BODIES, SHAPES, problems);
        section.require(&["types"], "`[bodies]`", problems);
        Self {
            types: section.strings("types", true, problems),
            paths: section.strings("paths", true, problems),
            longest_url: section.size("longest_url", LONGEST_URL, problems),
            whole: section.size("whole", WHOLE, problems),
            decoded_size: section.size("decoded_size", DECODED_SIZE, problems),
            ratio: section.number("ratio", RATIO, problems),
        }
    }
}

pub(super) const BODIES: Shape = Shape {
    title: "`[bodies]`",
    within: " in `[bodies]`",
    keys: &[
        "types",
        "paths",
        "longest_url",
        "whole",
        "decoded_size",
        "ratio",
    ],
};

/// Chromium goes to URLs of up to 2 MiB; servers take far less.
const LONGEST_URL: RangeInclusive<usize> = 1024..=1024 * 1024;

/// So much is held for each answer that is looked at whole.
const WHOLE: RangeInclusive<usize> = 0..=16 * 1024 * 1024;

const DECODED_SIZE: RangeInclusive<usize> = 1024..=1024 * 1024 * 1024;

/// DEFLATE comes to 1032 at most; other codings know no end.
const RATIO: RangeInclusive<usize> = 1..=1_000_000;
