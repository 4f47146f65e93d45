//! What may be written in the file: its tables, their keys and types.
//!
//! Nothing is judged here beyond that; every value keeps its place. Pure.

use std::ops::Range;

use toml::de::DeTable;

use super::reader::{Field, Pairs, Section, Shape, Strings};
use super::report::Problem;
use crate::oauth::Scheme;
use crate::scope::Separator;

/// The whole file.
#[derive(Debug, Default)]
pub(super) struct File {
    pub(super) listen: Option<Field<String>>,
    pub(super) upstream: Option<Field<String>>,
    /// Whether an upstream is written, with a good value or not; true where the file
    /// could not be read through to its end.
    pub(super) has_upstream: bool,
    pub(super) dry_run: Option<Field<bool>>,
    pub(super) builtin_endpoints: Option<Field<bool>>,
    pub(super) default: PolicyEntry,
    pub(super) clients: Vec<ClientEntry>,
    pub(super) endpoints: Vec<EndpointEntry>,
}

/// The keys that say a policy, in `[default]` and in `[[client]]`.
#[derive(Debug, Default)]
pub(super) struct PolicyEntry {
    /// The word that names the policy; `None` where none or no good one is written.
    pub(super) scope: Option<Field<PolicyName>>,
    /// Whether a word is written at all.
    pub(super) is_named: bool,
    pub(super) separator: Option<Field<Separator>>,
    pub(super) allow: Option<Field<Strings>>,
    pub(super) rename: Option<Field<Pairs>>,
    pub(super) optional: Option<Field<Strings>>,
}

/// A policy as it is written, without its options.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PolicyName {
    Strip,
    Keep,
    Normalize,
}

/// One `[[client]]`.
#[derive(Debug)]
pub(super) struct ClientEntry {
    pub(super) ids: Option<Field<Strings>>,
    pub(super) name: Option<Field<String>>,
    pub(super) dry_run: Option<Field<bool>>,
    pub(super) policy: PolicyEntry,
}

/// One `[[endpoint]]`.
#[derive(Debug)]
pub(super) struct EndpointEntry {
    pub(super) scheme: Option<Field<Scheme>>,
    pub(super) host: Option<Field<String>>,
    pub(super) port: Option<Field<u16>>,
    pub(super) path: Option<Field<String>>,
}

impl File {
    /// Returns what is in `table`; what is no good is left out and noted down.
    pub(super) fn read(table: &DeTable<'_>, problems: &mut Vec<Problem>) -> Self {
        let shapes = [&TOP, &DEFAULT, &CLIENT, &ENDPOINT];
        let top = Section::open(table, 0..0, shapes, problems);
        Self {
            listen: top.string("listen", problems),
            upstream: top.string("upstream", problems),
            has_upstream: top.has("upstream"),
            dry_run: top.boolean("dry_run", problems),
            builtin_endpoints: top.boolean("builtin_endpoints", problems),
            default: match top.table("default", problems) {
                Some((table, span)) => PolicyEntry::read_default(table, span, problems),
                None => PolicyEntry::default(),
            },
            clients: top
                .tables("client", problems)
                .into_iter()
                .map(|(table, span)| ClientEntry::read(table, span, problems))
                .collect(),
            endpoints: top
                .tables("endpoint", problems)
                .into_iter()
                .map(|(table, span)| EndpointEntry::read(table, span, problems))
                .collect(),
        }
    }
}

impl PolicyEntry {
    fn read_default(table: &DeTable<'_>, span: Range<usize>, problems: &mut Vec<Problem>) -> Self {
        let shapes = [&DEFAULT, &TOP, &CLIENT, &ENDPOINT];
        Self::read(&Section::open(table, span, shapes, problems), problems)
    }

    fn read(section: &Section<'_>, problems: &mut Vec<Problem>) -> Self {
        Self {
            scope: section.word("scope", POLICY_NAMES, problems),
            is_named: section.has("scope"),
            separator: section.word("separator", SEPARATORS, problems),
            allow: section.strings("allow", false, problems),
            rename: section.string_map("rename", problems),
            optional: section.strings("optional", false, problems),
        }
    }
}

impl ClientEntry {
    fn read(table: &DeTable<'_>, span: Range<usize>, problems: &mut Vec<Problem>) -> Self {
        let shapes = [&CLIENT, &TOP, &DEFAULT, &ENDPOINT];
        let section = Section::open(table, span, shapes, problems);
        section.require(&["id", "scope"], "a client", problems);
        Self {
            ids: section.strings("id", true, problems),
            name: section.string("name", problems),
            dry_run: section.boolean("dry_run", problems),
            policy: PolicyEntry::read(&section, problems),
        }
    }
}

impl EndpointEntry {
    fn read(table: &DeTable<'_>, span: Range<usize>, problems: &mut Vec<Problem>) -> Self {
        let shapes = [&ENDPOINT, &TOP, &DEFAULT, &CLIENT];
        let section = Section::open(table, span, shapes, problems);
        section.require(&["host", "path"], "an endpoint", problems);
        Self {
            scheme: section.word("scheme", SCHEMES, problems),
            host: section.string("host", problems),
            port: section.port("port", problems),
            path: section.string("path", problems),
        }
    }
}

const TOP: Shape = Shape {
    title: "the top of the file, before the first `[table]`",
    within: "",
    keys: &[
        "listen",
        "upstream",
        "dry_run",
        "builtin_endpoints",
        "default",
        "client",
        "endpoint",
    ],
};

const DEFAULT: Shape = Shape {
    title: "`[default]`",
    within: " in `[default]`",
    keys: &["scope", "separator", "allow", "rename", "optional"],
};

const CLIENT: Shape = Shape {
    title: "`[[client]]`",
    within: " in `[[client]]`",
    keys: &[
        "id",
        "name",
        "scope",
        "dry_run",
        "separator",
        "allow",
        "rename",
        "optional",
    ],
};

const ENDPOINT: Shape = Shape {
    title: "`[[endpoint]]`",
    within: " in `[[endpoint]]`",
    keys: &["host", "path", "port", "scheme"],
};

const POLICY_NAMES: &[(&str, PolicyName)] = &[
    ("strip", PolicyName::Strip),
    ("keep", PolicyName::Keep),
    ("normalize", PolicyName::Normalize),
];

const SEPARATORS: &[(&str, Separator)] =
    &[("space", Separator::Space), ("comma", Separator::Comma)];

const SCHEMES: &[(&str, Scheme)] = &[("https", Scheme::Https), ("http", Scheme::Http)];
