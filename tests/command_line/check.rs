//! `rescope check`, and how problems of a file are shown.

use std::{fs, os::unix::fs::PermissionsExt};

use tempfile::TempDir;

use super::{EXAMPLE, UPSTREAM, complaint, folder_with, output_of, rescope, stdout};

const SIX_MISTAKES: &str = r#"listen = "127.0.0.1:8080"
upstream = "http://localhost:8080"
dryrun = true

[default]
scope = "stripp"

[[client]]
id = ["AbC123", "DevAbC123"]
scope = "strip"
allow = ["user:read:user"]

[[client]]
id = "AbC123"
scope = "normalize"
separator = "coma"
"#;

#[test]
fn six_mistakes_make_six_precise_complaints() {
    let folder = folder_with("proxy.toml", SIX_MISTAKES);
    let complaints = [
        "error: the upstream `http://localhost:8080` is rescope's own address, `127.0.0.1:8080`
 --> proxy.toml:2:12
  |
1 | listen = \"127.0.0.1:8080\"
  |          ---------------- rescope listens here
2 | upstream = \"http://localhost:8080\"
  |            ^^^^^^^^^^^^^^^^^^^^^^^
  |
  = help: the app and rescope need an address each",
        "error: unknown key `dryrun`
 --> proxy.toml:3:1
  |
3 | dryrun = true
  | ^^^^^^
  |
  = help: did you mean `dry_run`?",
        "error: `scope` is `strip`, `keep` or `normalize`, not `stripp`
 --> proxy.toml:6:9
  |
6 | scope = \"stripp\"
  |         ^^^^^^^^
  |
  = help: did you mean `strip`?",
        "error: `allow` belongs to `scope = \"normalize\"`, not to `strip`
  --> proxy.toml:11:1
   |
10 | scope = \"strip\"
   |         ------- the policy here
11 | allow = [\"user:read:user\"]
   | ^^^^^",
        "error: client id `AbC123` has an entry already
  --> proxy.toml:14:6
   |
 9 | id = [\"AbC123\", \"DevAbC123\"]
   |       -------- first entry
...
14 | id = \"AbC123\"
   |      ^^^^^^^^",
        "error: `separator` is `space` or `comma`, not `coma`
  --> proxy.toml:16:13
   |
16 | separator = \"coma\"
   |             ^^^^^^
   |
   = help: did you mean `comma`?",
        "6 problems in proxy.toml\n",
    ];
    for command in ["check", "run", "explain"] {
        let mut program = rescope(&[command, "--config", "proxy.toml"]);
        if command == "explain" {
            program.arg("https://zoom.us/oauth/authorize");
        }
        let output = program.current_dir(folder.path()).output().unwrap();
        assert_eq!(complaint(&output, 2), complaints.join("\n\n"), "{command}");
    }
}

#[test]
fn a_valid_file_is_said_to_be_valid_and_summed_up() {
    let folder = folder_with("a.toml", &format!("upstream = \"{UPSTREAM}\"\n"));
    let output = rescope(&["check", "--config", "a.toml"])
        .current_dir(folder.path())
        .output();
    let shown = stdout(&output.unwrap());
    assert!(shown.starts_with("a.toml is valid\n"), "{shown}");
    for line in [
        "listen     127.0.0.1:8080",
        "upstream   http://127.0.0.1:3000",
        "default    strip",
    ] {
        assert!(shown.lines().any(|it| it == line), "{shown}");
    }
}

/// Connections, limits and timeouts, each wrong in a way of its own.
const EIGHT_MISTAKES: &str = r#"listen = "unix:run/rescope.sock"
listen_tls = "fd:2"
upstream = "https://app.example"
upstream_protocol = "h2c"
header_size = "64KiB"

[limits]
header_size = 65536

[timeouts]
idle = "10"
upgrade_idel = "1h"
connect = "2days"
"#;

#[test]
fn eight_mistakes_about_connections_make_as_many_complaints() {
    let folder = folder_with("proxy.toml", EIGHT_MISTAKES);
    let complaints = [
        "error: a Unix socket is `unix:` and an absolute path, such as `unix:/run/app.sock`, not `unix:run/rescope.sock`
 --> proxy.toml:1:10
  |
1 | listen = \"unix:run/rescope.sock\"
  |          ^^^^^^^^^^^^^^^^^^^^^^^",
        "error: an inherited socket is `fd:N` with N from 3, such as `fd:3`, not `fd:2`
 --> proxy.toml:2:14
  |
2 | listen_tls = \"fd:2\"
  |              ^^^^^^",
        "error: `h2c` is HTTP/2 without TLS, and `https://app.example:443` is with TLS
 --> proxy.toml:4:21
  |
4 | upstream_protocol = \"h2c\"
  |                     ^^^^^
  |
  = help: leave `upstream_protocol` out: TLS agrees on HTTP/2 by itself (ALPN)",
        "error: unknown key `header_size`
 --> proxy.toml:5:1
  |
5 | header_size = \"64KiB\"
  | ^^^^^^^^^^^
  |
  = help: `header_size` belongs to `[limits]`",
        "error: `header_size` takes a size with its unit, from 8KiB to 1024KiB, not the number 65536
 --> proxy.toml:8:15
  |
8 | header_size = 65536
  |               ^^^^^
  |
  = help: write the unit, such as `\"65536KiB\"` or `\"65536B\"`",
        "error: `idle` takes a duration with its unit, from 1ms to 24h, not `10`
  --> proxy.toml:11:8
   |
11 | idle = \"10\"
   |        ^^^^
   |
   = help: write the unit, such as `\"10s\"` or `\"10ms\"`",
        "error: unknown key `upgrade_idel` in `[timeouts]`
  --> proxy.toml:12:1
   |
12 | upgrade_idel = \"1h\"
   | ^^^^^^^^^^^^
   |
   = help: did you mean `upgrade_idle`?",
        "error: `connect` takes a duration with its unit, from 1ms to 24h, not `2days`
  --> proxy.toml:13:11
   |
13 | connect = \"2days\"
   |           ^^^^^^^",
        "8 problems in proxy.toml\n",
    ];
    let mut check = rescope(&["check", "--config", "proxy.toml"]);
    let output = check.current_dir(folder.path()).output().unwrap();
    assert_eq!(complaint(&output, 2), complaints.join("\n\n"));
}

#[test]
fn tables_and_addresses_that_do_not_go_together_are_told() {
    let text = "listen = \"127.0.0.1:8080\"\nlisten_tls = \"127.0.0.1:8080\"\n";
    let folder = folder_with("a.toml", text);
    let mut check = rescope(&["check", "--config", "a.toml"]);
    check.env("RESCOPE_UPSTREAM", UPSTREAM);
    let output = check.current_dir(folder.path()).output().unwrap();
    assert_eq!(
        complaint(&output, 2),
        "error: TLS on `127.0.0.1:8080` is asked for, where `listen` is `127.0.0.1:8080`
 --> a.toml:2:14
  |
1 | listen = \"127.0.0.1:8080\"
  |          ---------------- rescope listens here
2 | listen_tls = \"127.0.0.1:8080\"
  |              ^^^^^^^^^^^^^^^^
  |
  = help: a listener with TLS and one without need an address each

1 problem in a.toml
"
    );
    let text = format!("upstream = \"{UPSTREAM}\"\n\n[tls]\ncerts = \"certs\"\n");
    let folder = folder_with("a.toml", &text);
    let mut check = rescope(&["check", "--config", "a.toml"]);
    check.current_dir(folder.path());
    assert_eq!(
        complaint(&check.output().unwrap(), 2),
        "error: `[tls]` is written, but nothing listens with TLS
 --> a.toml:3:1
  |
3 | [tls]
  | ^^^^^
  |
  = help: write `listen_tls = \"127.0.0.1:8443\"` above the first `[table]`, or give it with `--listen-tls` or RESCOPE_LISTEN_TLS

1 problem in a.toml
"
    );
    check.env("RESCOPE_LISTEN_TLS", "127.0.0.1:8443");
    let shown = stdout(&check.output().unwrap());
    assert!(shown.contains("listen_tls 127.0.0.1:8443\n"), "{shown}");
}

#[test]
fn check_shows_what_is_not_as_usual() {
    let text = r#"
        listen = "unix:/run/rescope.sock"
        listen_tls = "localhost:8443"
        upstream = "https://app.example"
        upstream_protocol = "http1"
        ca_file = "rootCA.pem"
        proxy_protocol = true
        forwarded = "append"
        via = "rescope"
        [tls]
        certs = "pairs"
        [limits]
        connections = 10_000
        header_size = "32KiB"
        [timeouts]
        idle = "90s"
        drain = "0s"
        "#;
    let folder = folder_with("a.toml", text);
    write_certificate(&folder, "rootCA.pem");
    let path = folder.path().join("a.toml");
    let shown = stdout(&output_of(&["check", "--config", path.to_str().unwrap()]));
    let folder = folder.path().display();
    assert_eq!(
        shown.lines().skip(1).take(11).collect::<Vec<_>>(),
        [
            "listen     unix:/run/rescope.sock, PROXY protocol",
            "listen_tls 127.0.0.1:8443, PROXY protocol",
            &format!("certs      {folder}/pairs"),
            "upstream   https://app.example:443, http1",
            &format!("ca_file    {folder}/rootCA.pem"),
            "forwarded  append",
            "via        rescope",
            "limits     header_size 32KiB",
            "timeouts   idle 1m 30s, drain 0s",
            "cert       none yet: `rescope run` makes one for localhost",
            "default    strip",
        ]
    );
}

#[test]
fn what_the_example_file_leaves_out_is_valid_too() {
    let text = fs::read_to_string(EXAMPLE).unwrap();
    let mut whole = String::new();
    for line in text
        .replace("http://127.0.0.1:3000", "https://127.0.0.1:3000")
        .lines()
    {
        let code = line.strip_prefix("# ").unwrap_or_default();
        let key = code.split(" = ").next().unwrap();
        let is_key = key.len() < code.len() && key.chars().all(|c| c == '_' || c.is_lowercase());
        whole += if is_key || ["[tls]", "[bodies]", "[authorize]"].contains(&code) {
            code
        } else {
            line
        };
        whole += "\n";
    }
    for line in [
        "listen_tls = ",
        "ca_file = ",
        "via = ",
        "extra_headers = ",
        "[bodies]",
        "types = ",
        "ratio = ",
        "[tls]",
        "certs = ",
        "dry_run = ",
        "[authorize]",
        "to = ",
        "discovery = ",
        "token_endpoint = ",
    ] {
        let is_there = whole.lines().any(|it| it.starts_with(line));
        assert!(is_there, "{line} {whole}");
    }
    let folder = folder_with("a.toml", &whole);
    write_certificate(&folder, "rootCA.pem");
    let path = folder.path().join("a.toml");
    let shown = stdout(&output_of(&["check", "--config", path.to_str().unwrap()]));
    assert!(
        shown.contains("listen_tls 127.0.0.1:8443, PROXY protocol\n"),
        "{shown}"
    );
    let endpoint = "/oauth/authorize -> https://zoom.us/oauth/authorize, on 127.0.0.1:8090";
    let line = format!("authorize  {endpoint}, PROXY protocol, known clients only\n");
    assert!(shown.contains(&line), "{shown}");
}

#[test]
fn the_example_file_is_valid_and_shows_the_usual_bounds() {
    let shown = stdout(&output_of(&["check", "--config", EXAMPLE]));
    // Who copies it gives away no path of the app, and has no body looked into.
    for label in ["limits", "timeouts", "authorize", "bodies"] {
        assert!(
            !shown.lines().any(|line| line.starts_with(label)),
            "{shown}"
        );
    }
    assert!(
        shown.contains("client     calendar: normalize (AbC123, DevAbC123)\n"),
        "{shown}"
    );
    assert!(
        shown.contains("endpoint   login.example.com/oauth2/authorize\n"),
        "{shown}"
    );
}

#[test]
fn check_shows_where_authorize_endpoints_are_and_lead() {
    let text = r#"
        upstream = "http://127.0.0.1:3000"
        proxy_protocol = true
        [[client]]
        id = "a"
        scope = "keep"
        [[authorize]]
        path = "/oauth/authorize"
        [[authorize]]
        path = "/a"
        to = "https://login.example.com/authorize"
        discovery = false
        listen = "localhost:8090"
        known_clients_only = true
        "#;
    let folder = folder_with("a.toml", text);
    let path = folder.path().join("a.toml");
    let shown = stdout(&output_of(&["check", "--config", path.to_str().unwrap()]));
    for line in [
        "endpoint   login.example.com/authorize",
        "authorize  /oauth/authorize -> https://zoom.us/oauth/authorize",
        "authorize  /a -> https://login.example.com/authorize, on 127.0.0.1:8090, PROXY protocol, known clients only, no discovery",
    ] {
        assert!(shown.lines().any(|it| it == line), "{line}: {shown}");
    }
    let url = "https://login.example.com/authorize?scope=a";
    let explained = output_of(&["explain", "--config", path.to_str().unwrap(), url]);
    assert!(stdout(&explained).contains("endpoint  login.example.com/authorize\n"));
}

#[test]
fn check_shows_where_urls_are_looked_for() {
    let lines = |text: &str| {
        let folder = folder_with("a.toml", &format!("upstream = \"{UPSTREAM}\"\n{text}"));
        let path = folder.path().join("a.toml");
        let shown = stdout(&output_of(&["check", "--config", path.to_str().unwrap()]));
        let is_meant = |line: &&str| line.starts_with("headers") || line.starts_with("bodies");
        shown
            .lines()
            .filter(is_meant)
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(lines(""), [""; 0]);
    assert_eq!(
        lines("extra_headers = ['X-Go-To', 'X-Next']\n[bodies]\ntypes = ['text', 'text/*']\n"),
        [
            "headers    x-go-to, x-next",
            "bodies     text/plain, text/x-component, text/*",
        ]
    );
    assert_eq!(
        lines(
            "[bodies]\ntypes = 'application/json'\npaths = ['/api/*', '/b']\n\
             whole = '0KiB'\ndecoded_size = '1MiB'\nratio = 9\n"
        ),
        ["bodies     application/json; of /api/*, /b; whole 0KiB; decoded_size 1024KiB; ratio 9"]
    );
}

#[test]
fn check_without_a_file_says_what_to_write() {
    let said = complaint(&output_of(&["check"]), 2);
    assert!(said.contains("`rescope check --config FILE`"), "{said}");
}

#[test]
fn a_file_that_is_not_utf8_is_told_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.toml"), b"dry_run = true\n# caf\xe9\n").unwrap();
    let output = rescope(&["check", "--config", "a.toml"])
        .current_dir(folder.path())
        .output();
    let said = complaint(&output.unwrap(), 2);
    assert!(said.contains("a.toml:2:6"), "{said}");
}

#[test]
fn the_flag_for_the_file_beats_its_variable() {
    let folder = folder_with("a.toml", &format!("upstream = \"{UPSTREAM}\"\n"));
    let output = rescope(&["check", "--config", "a.toml"])
        .env("RESCOPE_CONFIG", "other.toml")
        .current_dir(folder.path())
        .output();
    assert!(stdout(&output.unwrap()).starts_with("a.toml is valid"));
}

#[test]
fn check_takes_the_environment_into_account() {
    let folder = folder_with("a.toml", "");
    let output = rescope(&["check"])
        .env("RESCOPE_CONFIG", folder.path().join("a.toml"))
        .env("RESCOPE_UPSTREAM", "http://variable:1")
        .output();
    assert!(stdout(&output.unwrap()).contains("upstream   http://variable:1\n"));
}

#[test]
fn check_reads_the_certificates() {
    let text = r#"
        listen_tls = "localhost:8443"
        upstream = "http://127.0.0.1:3000"
        [tls]
        certs = "."
        "#;
    let folder = folder_with("a.toml", text);
    let path = folder.path().join("a.toml");
    let arguments = ["check", "--config", path.to_str().unwrap()];
    // Nothing is made for a folder without any.
    stdout(&output_of(&arguments));
    let key = write_certificate(&folder, "a.pem");
    let text = complaint(&output_of(&arguments), 1);
    assert!(text.contains("`a.pem`"), "{text}");
    let place = folder.path().join("b.pem");
    fs::write(&place, key).unwrap();
    fs::set_permissions(&place, fs::Permissions::from_mode(0o600)).unwrap();
    let shown = stdout(&output_of(&arguments));
    assert!(
        shown.contains("cert       a.pem: app.example; until "),
        "{shown}"
    );
    fs::set_permissions(&place, fs::Permissions::from_mode(0o644)).unwrap();
    let text = complaint(&output_of(&arguments), 1);
    assert!(
        text.contains("`b.pem`") && text.contains("chmod 600"),
        "{text}"
    );
}

/// Writes a certificate for app.example, and returns its key.
fn write_certificate(folder: &TempDir, name: &str) -> String {
    let made = rcgen::generate_simple_self_signed(["app.example".to_owned()]).unwrap();
    fs::write(folder.path().join(name), made.cert.pem()).unwrap();
    made.signing_key.serialize_pem()
}
