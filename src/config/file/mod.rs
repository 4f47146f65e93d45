//! What may be written in the file: its tables, their keys and types.
//!
//! Nothing is judged here beyond that; every value keeps its place. Pure.

mod authorize;
mod bodies;

use std::{
    ops::{Range, RangeInclusive},
    path::PathBuf,
    time::Duration,
};

use toml::de::DeTable;

use super::reader::{Field, Pairs, Section, Shape, Strings};
use super::report::Problem;
use super::{ForwardedMode, Limits, Timeouts, UpstreamProtocol};
use crate::oauth::Scheme;
use crate::scope::Separator;

use authorize::AUTHORIZE;
use bodies::BODIES;

pub(super) use authorize::AuthorizeEntry;
pub(super) use bodies::BodiesEntry;

/// The whole file.
#[derive(Debug, Default)]
pub(super) struct File {
    pub(super) listen: Option<Field<String>>,
    pub(super) listen_tls: Option<Field<String>>,
    pub(super) upstream: Option<Field<String>>,
    /// What is written, with a good value or not.
    pub(super) has: Written,
    pub(super) upstream_protocol: Option<Field<UpstreamProtocol>>,
    pub(super) ca_file: Option<Field<PathBuf>>,
    pub(super) proxy_protocol: Option<Field<bool>>,
    pub(super) forwarded: Option<Field<ForwardedMode>>,
    pub(super) via: Option<Field<String>>,
    pub(super) tls: Option<TlsEntry>,
    pub(super) limits: Limits,
    pub(super) timeouts: Timeouts,
    pub(super) dry_run: Option<Field<bool>>,
    pub(super) builtin_endpoints: Option<Field<bool>>,
    pub(super) extra_headers: Option<Field<Strings>>,
    pub(super) bodies: Option<BodiesEntry>,
    pub(super) default: PolicyEntry,
    pub(super) clients: Vec<ClientEntry>,
    pub(super) endpoints: Vec<EndpointEntry>,
    pub(super) authorize: Vec<AuthorizeEntry>,
}

/// Which addresses are written, with good values or not; all where the file could not
/// be read through to its end.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Written {
    pub(super) listen: bool,
    pub(super) listen_tls: bool,
    pub(super) upstream: bool,
}

/// `[tls]`.
#[derive(Debug)]
pub(super) struct TlsEntry {
    pub(super) span: Range<usize>,
    pub(super) certs: Option<Field<PathBuf>>,
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
        let top = Section::open(table, 0..0, &TOP, SHAPES, problems);
        Self {
            listen: top.string("listen", problems),
            listen_tls: top.string("listen_tls", problems),
            upstream: top.string("upstream", problems),
            has: Written {
                listen: top.has("listen"),
                listen_tls: top.has("listen_tls"),
                upstream: top.has("upstream"),
            },
            upstream_protocol: top.word("upstream_protocol", PROTOCOLS, problems),
            ca_file: top.path("ca_file", problems),
            proxy_protocol: top.boolean("proxy_protocol", problems),
            forwarded: top.word("forwarded", FORWARDED_MODES, problems),
            via: top.received_by("via", problems),
            tls: top
                .table("tls", problems)
                .map(|(table, span)| TlsEntry::read(table, span, problems)),
            limits: match top.table("limits", problems) {
                Some((table, span)) => limits(table, span, problems),
                None => Limits::default(),
            },
            timeouts: match top.table("timeouts", problems) {
                Some((table, span)) => timeouts(table, span, problems),
                None => Timeouts::default(),
            },
            dry_run: top.boolean("dry_run", problems),
            builtin_endpoints: top.boolean("builtin_endpoints", problems),
            extra_headers: top.strings("extra_headers", false, problems),
            bodies: top
                .table("bodies", problems)
                .map(|(table, span)| BodiesEntry::read(table, span, problems)),
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
            authorize: top
                .one_or_more_tables("authorize", problems)
                .into_iter()
                .map(|(table, span)| AuthorizeEntry::read(table, span, problems))
                .collect(),
        }
    }
}

impl TlsEntry {
    fn read(table: &DeTable<'_>, span: Range<usize>, problems: &mut Vec<Problem>) -> Self {
        let section = Section::open(table, span.clone(), &TLS, SHAPES, problems);
        let certs = section.path("certs", problems);
        Self { span, certs }
    }
}

fn limits(table: &DeTable<'_>, span: Range<usize>, problems: &mut Vec<Problem>) -> Limits {
    let section = Section::open(table, span, &LIMITS, SHAPES, problems);
    let mut limits = Limits::default();
    let connections = section.number("connections", CONNECTIONS, problems);
    let header_size = section.size("header_size", HEADER_SIZE, problems);
    let header_count = section.number("header_count", HEADER_COUNT, problems);
    limits.connections = connections.unwrap_or(limits.connections);
    limits.header_size = header_size.unwrap_or(limits.header_size);
    limits.header_count = header_count.unwrap_or(limits.header_count);
    limits
}

fn timeouts(table: &DeTable<'_>, span: Range<usize>, problems: &mut Vec<Problem>) -> Timeouts {
    let section = Section::open(table, span, &TIMEOUTS, SHAPES, problems);
    let usual = Timeouts::default();
    let mut read = |key: &str, least: Duration, usual: Duration| {
        let duration = section.duration(key, least, problems);
        duration.unwrap_or(usual)
    };
    Timeouts {
        header_read: read("header_read", SHORTEST, usual.header_read),
        tls_handshake: read("tls_handshake", SHORTEST, usual.tls_handshake),
        connect: read("connect", SHORTEST, usual.connect),
        response_head: read("response_head", SHORTEST, usual.response_head),
        idle: read("idle", SHORTEST, usual.idle),
        upstream_idle: read("upstream_idle", Duration::ZERO, usual.upstream_idle),
        body_idle: read("body_idle", SHORTEST, usual.body_idle),
        upgrade_idle: read("upgrade_idle", SHORTEST, usual.upgrade_idle),
        drain: read("drain", Duration::ZERO, usual.drain),
        tunnel_drain: read("tunnel_drain", Duration::ZERO, usual.tunnel_drain),
    }
}

impl PolicyEntry {
    fn read_default(table: &DeTable<'_>, span: Range<usize>, problems: &mut Vec<Problem>) -> Self {
        let section = Section::open(table, span, &DEFAULT, SHAPES, problems);
        Self::read(&section, problems)
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
        let section = Section::open(table, span, &CLIENT, SHAPES, problems);
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
        let section = Section::open(table, span, &ENDPOINT, SHAPES, problems);
        section.require(&["host", "path"], "an endpoint", problems);
        Self {
            scheme: section.word("scheme", SCHEMES, problems),
            host: section.string("host", problems),
            port: section.port("port", problems),
            path: section.string("path", problems),
        }
    }
}

/// In the order in which a key's home is looked for.
const SHAPES: &[&Shape] = &[
    &TOP, &TLS, &LIMITS, &TIMEOUTS, &BODIES, &DEFAULT, &CLIENT, &ENDPOINT, &AUTHORIZE,
];

const TOP: Shape = Shape {
    title: "the top of the file, before the first `[table]`",
    within: "",
    keys: &[
        "listen",
        "listen_tls",
        "upstream",
        "upstream_protocol",
        "ca_file",
        "proxy_protocol",
        "forwarded",
        "via",
        "dry_run",
        "builtin_endpoints",
        "extra_headers",
        "bodies",
        "tls",
        "limits",
        "timeouts",
        "default",
        "client",
        "endpoint",
        "authorize",
    ],
};

const TLS: Shape = Shape {
    title: "`[tls]`",
    within: " in `[tls]`",
    keys: &["certs"],
};

const LIMITS: Shape = Shape {
    title: "`[limits]`",
    within: " in `[limits]`",
    keys: &["connections", "header_size", "header_count"],
};

const TIMEOUTS: Shape = Shape {
    title: "`[timeouts]`",
    within: " in `[timeouts]`",
    keys: &[
        "header_read",
        "tls_handshake",
        "connect",
        "response_head",
        "idle",
        "upstream_idle",
        "body_idle",
        "upgrade_idle",
        "drain",
        "tunnel_drain",
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

const PROTOCOLS: &[(&str, UpstreamProtocol)] = &[
    ("http1", UpstreamProtocol::Http1),
    ("h2c", UpstreamProtocol::H2c),
];

const FORWARDED_MODES: &[(&str, ForwardedMode)] = &[
    ("off", ForwardedMode::Off),
    ("append", ForwardedMode::Append),
    ("replace", ForwardedMode::Replace),
];

/// Far above what a system's descriptors allow.
const CONNECTIONS: RangeInclusive<usize> = 1..=1_000_000;

/// 8 KiB is the least that hyper reads into; 1 MiB for each connection is plenty.
const HEADER_SIZE: RangeInclusive<usize> = 8 * 1024..=1024 * 1024;

const HEADER_COUNT: RangeInclusive<usize> = 1..=10_000;

/// What the timers can tell apart.
const SHORTEST: Duration = Duration::from_millis(1);
