//! `rescope explain`: what it shows for people and for scripts.

use std::{
    io::{BufRead, BufReader, Read, Write},
    process::Stdio,
};

use super::{EXAMPLE, output_of, rescope, stdout};

#[test]
fn explain_shows_what_happens_and_why() {
    let url = "https://zoom.us/oauth/authorize?client_id=AbC123&scope=meeting:write%20x+user:read:user,recording:read:recording&state=s";
    let output = output_of(&["explain", "--config", EXAMPLE, url, "https://zoom.us/other"]);
    let before = format!("before    {url}");
    assert_eq!(
        stdout(&output).lines().collect::<Vec<_>>(),
        [
            "endpoint  zoom.us/oauth/authorize",
            "client    AbC123 (calendar)",
            "policy    normalize",
            "removed   x",
            "renamed   meeting:write -> meeting:write:meeting",
            "optional  recording:read:recording",
            "kept      meeting:write:meeting, user:read:user",
            "reason    client `calendar`: normalize, the scope list is written anew",
            &before,
            "after     https://zoom.us/oauth/authorize?client_id=AbC123&scope=meeting:write:meeting,user:read:user&optional_scope=recording:read:recording&state=s",
            "",
            "endpoint  none: the path is not an authorization endpoint's",
            "before    https://zoom.us/other",
            "after     unchanged",
            "",
        ]
    );
}

#[test]
fn explain_marks_what_differs_where_colours_are_asked_for() {
    let url = "https://zoom.us/oauth/authorize?scope=a&client_id=x&scope=a";
    let output = rescope(&["explain", url])
        .env("CLICOLOR_FORCE", "1")
        .output();
    let shown = stdout(&output.unwrap());
    let marked =
        "?\u{1b}[1m\u{1b}[31mscope=a\u{1b}[0m&client_id=x&\u{1b}[1m\u{1b}[31mscope=a\u{1b}[0m\n";
    assert!(shown.contains(marked), "{shown:?}");
}

#[test]
fn explain_shows_no_control_characters() {
    let shown = stdout(&output_of(&["explain", "/\u{1b}[31m\u{9b}x"]));
    assert!(
        shown.contains("before    /\\u{1b}[31m\\u{9b}x\n"),
        "{shown:?}"
    );
}

#[test]
fn explain_prints_json_with_the_keys_in_order() {
    let url = "https://zoom.us/oauth/authorize?client_id=AbC123&scope=meeting:write+x,recording:read:recording";
    let output = output_of(&["explain", "--json", "--config", EXAMPLE, url, "/x"]);
    let matched = concat!(
        r#"{"input":"https://zoom.us/oauth/authorize?client_id=AbC123&scope=meeting:write+x,recording:read:recording","#,
        r#""output":"https://zoom.us/oauth/authorize?client_id=AbC123&scope=meeting:write:meeting&optional_scope=recording:read:recording","#,
        r#""changed":true,"endpoint":"zoom.us/oauth/authorize","client_id":"AbC123","policy":"normalize","dry_run":false,"#,
        r#""removed":["x"],"renamed":{"meeting:write":"meeting:write:meeting"},"optional":["recording:read:recording"],"#,
        r#""kept":["meeting:write:meeting"],"reason":"client `calendar`: normalize, the scope list is written anew"}"#,
    );
    let not_matched = concat!(
        r#"{"input":"/x","output":"/x","changed":false,"endpoint":null,"client_id":null,"policy":null,"#,
        r#""dry_run":false,"removed":[],"renamed":{},"optional":[],"kept":[],"#,
        r#""reason":"it names no host, so it leads to the app's own, which is no endpoint's"}"#,
    );
    assert_eq!(stdout(&output), format!("{matched}\n{not_matched}\n"));
}

/// What `explain --json -` prints for these lines.
fn explain_lines(input: &[u8]) -> Vec<serde_json::Value> {
    let mut child = rescope(&["explain", "--json", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    let line = |line| serde_json::from_str(line).unwrap();
    stdout(&output).lines().map(line).collect()
}

#[test]
fn explain_reads_raw_lines_from_standard_input() {
    let lines =
        b"https://zoom.us/oauth/authorize?scope=a&state=\xff \r\n\nhttps://zoom.us/oauth/authorize";
    let answers = explain_lines(lines);
    let outputs: Vec<_> = answers
        .iter()
        .map(|it| it["output"].as_str().unwrap())
        .collect();
    assert_eq!(
        outputs,
        [
            "https://zoom.us/oauth/authorize?state=\u{fffd} ",
            "",
            "https://zoom.us/oauth/authorize"
        ]
    );
    assert_eq!(answers[0]["removed"], serde_json::json!(["a"]));
    assert_eq!(answers[0]["client_id"], serde_json::Value::Null);
}

#[test]
fn explain_answers_each_line_before_the_next_is_written() {
    let mut child = rescope(&["explain", "--json", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut answers = BufReader::new(child.stdout.take().unwrap());
    for url in ["/a\n", "/b\n"] {
        stdin.write_all(url.as_bytes()).unwrap();
        let mut answer = String::new();
        answers.read_line(&mut answer).unwrap();
        assert!(answer.contains(url.trim_end()), "{answer}");
    }
    drop(stdin);
    assert!(child.wait().unwrap().success());
}

#[test]
fn explain_ends_quietly_where_nobody_reads_on() {
    let mut child = rescope(&["explain", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    // It may have ended before it has read all of this.
    let _ = child
        .stdin
        .take()
        .unwrap()
        .write_all(&b"/a\n".repeat(10_000));
    let mut said = String::new();
    let mut stderr = child.stderr.take().unwrap();
    stderr.read_to_string(&mut said).unwrap();
    assert_eq!((child.wait().unwrap().code(), &*said), (Some(0), ""));
}
