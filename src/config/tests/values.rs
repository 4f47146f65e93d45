use std::time::Duration;

use proptest::prelude::*;

use super::*;

/// The keys of `[timeouts]`, in the order of [`Timeouts`].
const TIMEOUTS: [&str; 10] = [
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
];

fn all(timeouts: &Timeouts) -> [Duration; 10] {
    [
        timeouts.header_read,
        timeouts.tls_handshake,
        timeouts.connect,
        timeouts.response_head,
        timeouts.idle,
        timeouts.upstream_idle,
        timeouts.body_idle,
        timeouts.upgrade_idle,
        timeouts.drain,
        timeouts.tunnel_drain,
    ]
}

#[test]
fn limits_and_timeouts_have_usual_ones() {
    for text in ["", "[limits]\n[timeouts]\n"] {
        let config = config(text);
        assert_eq!(config.limits, Limits::default());
        assert_eq!(config.timeouts, Timeouts::default());
    }
    let seconds = all(&Timeouts::default()).map(|it| it.as_secs());
    assert_eq!(seconds, [30, 10, 5, 60, 30, 4, 60, 3600, 30, 2]);
    let limits = Limits::default();
    let limits = [limits.connections, limits.header_size, limits.header_count];
    assert_eq!(limits, [10_000, 65_536, 100]);
}

#[test]
fn each_limit_is_read() {
    let limits =
        config("[limits]\nconnections = 0x10\nheader_size = \"1 MiB\"\nheader_count = 10_000\n")
            .limits;
    assert_eq!(
        limits,
        Limits {
            connections: 16,
            header_size: 1024 * 1024,
            header_count: 10_000,
        }
    );
    for (size, bytes) in [
        ("64KiB", 65_536),
        ("64KB", 64_000),
        ("8192B", 8192),
        ("16.5 kib", 16_896),
    ] {
        let limits = config(&format!("[limits]\nheader_size = \"{size}\"\n")).limits;
        assert_eq!(limits.header_size, bytes, "{size}");
    }
}

#[test]
fn each_timeout_is_read() {
    for (place, key) in TIMEOUTS.iter().enumerate() {
        let timeouts = config(&format!("[timeouts]\n{key} = \"1234ms\"\n")).timeouts;
        let mut expected = all(&Timeouts::default());
        expected[place] = Duration::from_millis(1234);
        assert_eq!(all(&timeouts), expected, "{key}");
    }
    for (text, seconds) in [
        ("5min", 300),
        ("1h 30m", 5400),
        ("24h", 86_400),
        ("1day", 86_400),
    ] {
        let timeouts = config(&format!("[timeouts]\nidle = \"{text}\"\n")).timeouts;
        assert_eq!(timeouts.idle, Duration::from_secs(seconds), "{text}");
    }
    let timeouts = config("[timeouts]\ndrain = \"0s\"\nupstream_idle = \"0s\"\n").timeouts;
    assert_eq!(timeouts.drain, Duration::ZERO);
    assert_eq!(timeouts.upstream_idle, Duration::ZERO);
}

#[test]
fn what_is_out_of_bounds_is_told_with_them() {
    assert_eq!(
        problems(
            "[limits]\nconnections = 0\nheader_size = \"4KiB\"\nheader_count = 10_001\n[timeouts]\nconnect = \"0s\"\nidle = \"25h\"\ndrain = \"1y\"\nbody_idle = \"1us\"\n"
        ),
        [
            "2:15 `connections` takes a number from 1 to 1000000, not the number 0",
            "3:15 `header_size` takes a size with its unit, from 8KiB to 1024KiB, not `4KiB`",
            "4:16 `header_count` takes a number from 1 to 10000, not the number 10001",
            "6:11 `connect` takes a duration with its unit, from 1ms to 24h, not `0s`",
            "7:8 `idle` takes a duration with its unit, from 1ms to 24h, not `25h`",
            "8:9 `drain` takes a duration with its unit, from 0s to 24h, not `1y`",
            "9:13 `body_idle` takes a duration with its unit, from 1ms to 24h, not `1us`",
        ]
    );
}

#[test]
fn a_number_without_its_unit_is_told_how_to_write_it() {
    let text =
        "[limits]\nheader_size = 65536\n[timeouts]\nidle = 1_0\nconnect = \"5\"\ndrain = 0\n";
    assert_eq!(
        problems(text),
        [
            "2:15 `header_size` takes a size with its unit, from 8KiB to 1024KiB, not the number 65536",
            "4:8 `idle` takes a duration with its unit, from 1ms to 24h, not the number 10",
            "5:11 `connect` takes a duration with its unit, from 1ms to 24h, not `5`",
            "6:9 `drain` takes a duration with its unit, from 0s to 24h, not the number 0",
        ]
    );
    assert_eq!(
        helps(&format!("{UPSTREAM}{text}")),
        [
            "write the unit, such as `\"65536KiB\"` or `\"65536B\"`",
            "write the unit, such as `\"10s\"` or `\"10ms\"`",
            "write the unit, such as `\"5s\"` or `\"5ms\"`",
            "write the unit, such as `\"0s\"` or `\"0ms\"`",
        ]
    );
}

#[test]
fn values_of_other_types_and_words_are_told() {
    assert_eq!(
        problems(
            "listen_tls = 8443\nupstream_protocol = \"h2\"\nca_file = \"\"\nproxy_protocol = \"v2\"\nforwarded = \"on\"\nvia = \"a b\"\ntls = \"certs\"\nlimits = 3\n[timeouts]\nidle = 1.5\nconnect = true\ndrain = \"soon\"\n"
        ),
        [
            "1:14 `listen_tls` takes a string, not the number 8443",
            "2:21 `upstream_protocol` is `http1` or `h2c`, not `h2`",
            "3:11 `ca_file` takes a path, not ``",
            "4:18 `proxy_protocol` takes true or false, not a value of type string",
            "5:13 `forwarded` is `off`, `append` or `replace`, not `on`",
            "6:7 `via` takes a token, such as `rescope`, with `:PORT` behind it or without, not `a b`",
            "7:7 `tls` takes a table, written `[tls]`, not a value of type string",
            "8:10 `limits` takes a table, written `[limits]`, not the number 3",
            "10:8 `idle` takes a duration with its unit, from 1ms to 24h, not a value of type float",
            "11:11 `connect` takes a duration with its unit, from 1ms to 24h, not a value of type boolean",
            "12:9 `drain` takes a duration with its unit, from 0s to 24h, not `soon`",
        ]
    );
    assert_eq!(
        problems(
            "listen_tls = \"127.0.0.1:0\"\n[tls]\ncerts = 1\n[limits]\nconnections = \"9\"\nheader_count = -1\nheader_size = -1\n"
        ),
        [
            "3:9 `certs` takes a path, not the number 1",
            "5:15 `connections` takes a number from 1 to 1000000, not a value of type string",
            "6:16 `header_count` takes a number from 1 to 10000, not the number -1",
            "7:15 `header_size` takes a size with its unit, from 8KiB to 1024KiB, not the number -1",
        ]
    );
}

#[test]
fn via_is_a_token_that_a_port_may_follow() {
    for name in ["rescope", "a.b-c_d", "proxy:8080", "!#$%&'*+-.^_`|~"] {
        let text = format!("via = \"{name}\"\n");
        assert_eq!(config(&text).via.as_deref(), Some(name));
    }
    for name in [
        "", ":80", "a:", "a:0", "a:65536", "a:+1", "a:b", "[::1]", "a/b", "a,b", "\u{e9}", "off",
    ] {
        let text = format!("{UPSTREAM}via = \"{name}\"\n");
        assert_eq!(
            helps(&text),
            ["leave it out to leave `Via` as it is"],
            "{name}"
        );
    }
}

#[test]
fn a_key_in_the_wrong_table_is_sent_home() {
    assert_eq!(
        helps(
            r#"
            upstream = "http://127.0.0.1:3000"
            listen_tls = "127.0.0.1:0"
            header_size = "64KiB"
            idle = "1s"
            certs = "certs"
            [tls]
            cert = "certs"
            ca_file = "a.pem"
            [limits]
            conections = 1
            drain = "1s"
            [timeouts]
            conect = "1s"
            header_count = 1
            listen = "127.0.0.1:1"
            colour = "red"
            "#
        ),
        [
            "`header_size` belongs to `[limits]`",
            "`idle` belongs to `[timeouts]`",
            "`certs` belongs to `[tls]`",
            "did you mean `certs`?",
            "`ca_file` belongs to the top of the file, before the first `[table]`",
            "did you mean `connections`?",
            "`drain` belongs to `[timeouts]`",
            "did you mean `connect`?",
            "`header_count` belongs to `[limits]`",
            "`listen` belongs to the top of the file, before the first `[table]`",
            "known here: `header_read`, `tls_handshake`, `connect`, `response_head`, `idle`, \
             `upstream_idle`, `body_idle`, `upgrade_idle`, `drain` and `tunnel_drain`",
        ]
    );
}

#[test]
fn a_key_is_unknown_in_the_table_that_it_is_in() {
    assert_eq!(
        problems("[limits]\nidle = 1\n[timeouts]\ncerts = 1\n"),
        [
            "2:1 unknown key `idle` in `[limits]`",
            "4:1 unknown key `certs` in `[timeouts]`",
        ]
    );
}

/// Every key that takes a string, with its table.
const STRINGS: [(&str, &str); 9] = [
    ("", "listen"),
    ("", "listen_tls"),
    ("", "upstream_protocol"),
    ("", "ca_file"),
    ("", "forwarded"),
    ("", "via"),
    ("tls", "certs"),
    ("limits", "header_size"),
    ("timeouts", "idle"),
];

proptest! {
    #[test]
    fn no_value_makes_it_panic(
        value in prop_oneof![
            any::<String>(),
            "[0-9.]{0,30} ?([KMGTPE]i?B|s|ms|min|h|y)?",
            "(unix:|fd:|https?://|localhost:)[ -~]{0,20}",
        ]
    ) {
        let quoted = toml::Value::String(value).to_string();
        for (table, key) in STRINGS {
            let table = if table.is_empty() { String::new() } else { format!("[{table}]\n") };
            let text = format!("{UPSTREAM}{table}{key} = {quoted}\n");
            match parse(&text, "t.toml", &Overrides::default()) {
                Ok(config) => {
                    prop_assert!((8192..=1_048_576).contains(&config.limits.header_size));
                    prop_assert!(config.timeouts.idle >= Duration::from_millis(1));
                    prop_assert!(config.timeouts.idle <= Duration::from_secs(86_400));
                }
                Err(report) => prop_assert!(report.render(true).contains("t.toml")),
            }
        }
    }
}
