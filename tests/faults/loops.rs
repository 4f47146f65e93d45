//! A proxy whose app is itself.

use std::process::Command;

use tempfile::TempDir;

use crate::program::Program;
use crate::raw::{Port, field};
use crate::site::{GET, Site};

#[test]
fn upstream_that_is_the_own_address_is_refused_at_the_start() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("proxy.toml");
    let address = Port::reserve().address();
    for upstream in [
        format!("http://{address}"),
        format!("http://localhost:{}", address.port()),
    ] {
        let text = format!("listen = '{address}'\nupstream = '{upstream}'\n");
        std::fs::write(&file, text).unwrap();
        let mut run = Command::new(env!("CARGO_BIN_EXE_rescope"));
        let output = run.args(["run", "--config"]).arg(&file).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains("own address"), "{said}");
    }
}

/// Two proxies in front of each other know the request again by their names.
#[test]
fn proxies_that_lead_to_each_other_break_the_loop() {
    let port = Port::reserve();
    let first = Program::start(port.address(), "via = 'one'");
    let listen = format!("listen = '{}'\nvia = 'two'", port.address());
    let second = Program::start(first.address(), &listen);
    for program in [&first, &second] {
        let mut client = program.client();
        client.send(GET);
        let answer = client.message();
        assert!(answer.starts_with("HTTP/1.1 508 "), "{answer}");
        let named = Some("rescope; error=proxy_loop_detected");
        assert_eq!(field(&answer, "proxy-status"), named);
    }
    let log = first.stop();
    assert_eq!(crate::program::total(&log, "requests"), 3, "{log}");
}

/// The address to go to is the configuration's, whatever a request says.
#[test]
fn host_of_a_request_leads_nowhere() {
    let program = Program::start(Site::well().address, "");
    let own = program.address();
    for request in [
        format!("GET / HTTP/1.1\r\nHost: {own}\r\n\r\n"),
        format!("GET http://{own}/ HTTP/1.1\r\nHost: {own}\r\n\r\n"),
    ] {
        let mut client = program.client();
        client.send(request);
        assert_eq!(client.message(), crate::site::OK);
    }
    assert_eq!(crate::program::total(&program.stop(), "requests"), 2);
}
