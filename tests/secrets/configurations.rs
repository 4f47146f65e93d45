//! Configurations that hold secrets, which they should not, and are wrong: a report
//! shows the lines in question, and never those.

use std::process::Command;

use crate::program::Stage;
use crate::{assert_no_secret, with_secrets};

/// Everything that `rescope` says of these arguments and environment.
fn said(arguments: &[&str], environment: &[(&str, &str)]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rescope"));
    command.args(arguments).env("RESCOPE_LOG", "trace");
    for (name, value) in environment {
        command.env(name, value);
    }
    let output = command.output().unwrap();
    assert!(!output.status.success(), "{output:?}");
    [output.stdout, output.stderr]
        .map(|said| String::from_utf8_lossy(&said).into_owned())
        .concat()
}

#[test]
fn mistakes_in_a_file_are_told_without_its_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("proxy.toml");
    let path = file.to_str().unwrap();
    for line in [
        "client_secret = '$'",
        "client_secret = $",
        "secret_token = \"$\"",
        "[client]\nsecret = '$'",
        "[[client]]\nid = 'a'\nclient_secret = '$'",
        "[[client]]\nid = 'a'\naccess_token = \"$\"\nscope = 'strip'",
        "upstream = 'http://user:$@127.0.0.1:3000'",
        "upstream = 'http://127.0.0.1:3000/?token=$'",
        "upstream = 'https://$@app.example'",
        "password = '''\n$\n'''",
        "authorization = 'Bearer $'\ncookie = 'a=$'",
        "tls.key = '-----BEGIN PRIVATE KEY-----$'",
        "api_key = ['$', '$']",
    ] {
        std::fs::write(&file, with_secrets(line)).unwrap();
        for command in ["check", "run"] {
            assert_no_secret(&said(&[command, "--config", path], &[]));
        }
    }
}

#[test]
fn mistakes_in_flags_and_variables_are_told_without_their_secrets() {
    for value in [
        "http://user:$@127.0.0.1:3000",
        "http://127.0.0.1:3000/?token=$",
        "https://$@app.example/",
        "ftp://user:$@app.example",
    ] {
        let value = with_secrets(value);
        assert_no_secret(&said(&["run", "--upstream", &value], &[]));
        assert_no_secret(&said(&["run"], &[("RESCOPE_UPSTREAM", &value)]));
    }
}

/// A file that is wrong changes nothing, not even for what is in flight, and is told of
/// without what is in it.
#[test]
fn new_file_that_is_wrong_changes_nothing_and_shows_no_secret() {
    let stage = Stage::start("text", "");
    let mut client = stage.client();
    client.send(with_secrets("GET /?code=$ HTTP/1.1\r\nHost: a\r\n\r\n"));
    let mut server = stage.app.accept();
    server.head();
    let start = format!("upstream = 'http://{}'\n", stage.app.address());
    let wrong = [
        "client_secret = '$'",
        "[[client]]\nid = 'a'\ncookie = \"$",
        "zoom_pass = '$'",
        "$",
    ];
    for (place, wrong) in wrong.iter().enumerate() {
        let wrong = with_secrets(&format!("{start}{wrong}"));
        stage.program.reconfigure(&wrong);
        let words = "the new configuration is no good";
        stage.program.wait_for(words, place + 1);
    }
    let answer = |location: &str| {
        format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n")
    };
    server.send(answer(
        "https://zoom.us/oauth/authorize?client_id=a&scope=b",
    ));
    let expected = "https://zoom.us/oauth/authorize?client_id=a";
    assert_eq!(client.message(), answer(expected));
    let said = stage.program.end();
    assert!(said.contains("line 2: unknown key `zoom_pass`"), "{said}");
    assert_no_secret(&said);
}
