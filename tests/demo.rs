//! `rescope demo`, run as a person would.

mod process;

use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

use process::Killed;
use rescope::demo::Browser;

#[test]
fn demo_shows_the_failing_and_the_working_sign_in() {
    let output = demo().output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    let (direct, through) = text.split_once("2. Through rescope").unwrap();
    assert!(direct.contains("&scope=user%3Aread%3Aadmin"), "{text}");
    assert!(direct.contains("400: \"You cannot authorize this app. Invalid scope (4,700)\""));
    let (before, after) = through.split_once("After: ").unwrap();
    assert!(before.contains("&scope=user%3Aread%3Aadmin"), "{text}");
    assert!(!after.contains("scope="), "{text}");
    assert!(after.contains("comes back with a code"), "{text}");
    assert!(
        after.contains("200: \"Signed in as Ada Example\""),
        "{text}"
    );
}

#[tokio::test]
async fn served_demo_stays_up_until_it_is_interrupted() {
    let mut demo = Killed(
        demo()
            .arg("--serve")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap(),
    );
    let mut lines = BufReader::new(demo.0.stdout.take().unwrap())
        .lines()
        .map(Result::unwrap);
    let mut address = |about: &str| {
        let line = lines.find(|line| line.contains(about)).unwrap();
        line.split_whitespace().next().unwrap().to_owned()
    };
    let (app, rescope) = (
        address("the app itself"),
        address("the app through rescope"),
    );
    for (address, expected) in [
        (app, "Invalid scope"),
        (rescope, "Signed in as Ada Example"),
    ] {
        let mut browser = Browser::default();
        let page = browser.open(&address).await.unwrap();
        assert!(page.text.contains("href=\"/login\""), "{page:?}");
        let page = browser.open(&format!("{address}login")).await.unwrap();
        assert!(page.text.contains(expected), "{page:?}");
    }
    let interrupt = Command::new("kill")
        .arg("-INT")
        .arg(demo.0.id().to_string())
        .status();
    assert!(interrupt.unwrap().success());
    assert!(demo.0.wait().unwrap().success());
}

fn demo() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rescope"));
    command.arg("demo").env("RESCOPE_LOG", "warn");
    command
}
