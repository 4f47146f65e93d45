//! SIGHUP: the configuration is read again, and one that is no good changes nothing.

use std::{fs, fs::File, io::Write, process::Command};

use crate::program::{Fault, Program, eventually, total};
use crate::raw::field;
use crate::site::{self, Site};

/// What the app redirects to.
const LOCATION: &str = "https://zoom.us/oauth/authorize?client_id=abc&scope=one";

#[test]
fn new_policy_is_taken_up() {
    let program = start("scope = 'strip'");
    assert_eq!(location(&program), LOCATION.replace("&scope=one", ""));
    let kept = fs::read_to_string(program.configuration()).unwrap();
    fs::write(program.configuration(), kept.replace("'strip'", "'keep'")).unwrap();
    program.signal("HUP");
    eventually("the new policy counts", || location(&program) == LOCATION);
}

/// A pipe for a file is read for as long as nobody writes.
#[test]
fn requests_go_on_while_the_configuration_is_read() {
    let program = start("scope = 'keep'");
    let file = program.configuration();
    let kept = fs::read_to_string(&file).unwrap();
    fs::remove_file(&file).unwrap();
    assert!(
        Command::new("mkfifo")
            .arg(&file)
            .status()
            .unwrap()
            .success()
    );
    program.signal("HUP");
    // It opens when the other side is open too.
    let mut slow = File::options().write(true).open(&file).unwrap();
    assert_eq!(location(&program), LOCATION);
    // The next one counts, though the one before it comes to its end later.
    let renamed = "'normalize'\nrename = { one = 'two' }";
    let last = program.configuration().with_extension("new");
    fs::write(&last, kept.replace("'keep'", renamed)).unwrap();
    fs::rename(&last, &file).unwrap();
    program.signal("HUP");
    assert_eq!(location(&program), LOCATION);
    slow.write_all(kept.replace("'keep'", "'strip'").as_bytes())
        .unwrap();
    drop(slow);
    let expected = LOCATION.replace("=one", "=two");
    eventually("the last one counts", || location(&program) == expected);
    assert_eq!(total(&program.stop(), "config_reloads"), 2);
}

#[test]
fn new_extra_header_is_taken_up() {
    let answer = format!("HTTP/1.1 200 OK\r\nX-Go-To: {LOCATION}\r\nContent-Length: 0\r\n\r\n");
    assert_taken_up("extra_headers = ['X-Go-To']", answer);
}

#[test]
fn new_type_of_body_is_taken_up() {
    let body = format!("{{\"url\":\"{LOCATION}\"}}");
    let length = body.len();
    let fields = format!("Content-Type: application/json\r\nContent-Length: {length}");
    let answer = format!("HTTP/1.1 200 OK\r\n{fields}\r\n\r\n{body}");
    assert_taken_up("bodies.types = ['json']", answer);
}

/// Fails unless `line` lets the URL in `answer` change, without a restart.
fn assert_taken_up(line: &str, answer: String) {
    let site = Site::answering(move |_| answer.clone());
    let program = Program::start(site.address, "[default]\nscope = 'strip'");
    let sees = |url: &str| {
        let mut client = program.client();
        client.send(site::get("/login"));
        client.message().contains(url)
    };
    assert!(sees(LOCATION));
    let file = program.configuration();
    let known = fs::read_to_string(&file).unwrap();
    fs::write(&file, format!("{line}\n{known}")).unwrap();
    program.signal("HUP");
    eventually("the new line counts", || !sees(LOCATION));
    assert!(sees(&LOCATION.replace("&scope=one", "")));
    let log = program.stop();
    assert!(!log.contains("needs a restart"), "{log}");
}

#[test]
fn broken_configuration_changes_nothing_and_is_told() {
    let program = start("scope = 'keep'");
    let file = program.configuration();
    let good = fs::read_to_string(&file).unwrap();
    let half = good[..good.len() - 8].to_owned();
    let write = |text: &str| {
        let (file, text) = (file.clone(), text.to_owned());
        Box::new(move || fs::write(&file, &text).unwrap())
    };
    let faults: [Fault<'_>; 6] = [
        ("no TOML", write("scope = = 'strip'")),
        ("no such key", write(&format!("nonsense = 1\n{good}"))),
        ("half", write(&half)),
        ("0 bytes", write("")),
        ("gone", Box::new(|| fs::remove_file(&file).unwrap())),
        ("directory", Box::new(|| fs::create_dir(&file).unwrap())),
    ];
    let mut open = program.client();
    for (place, (fault, make)) in faults.iter().enumerate() {
        make();
        program.signal("HUP");
        eventually(fault, || warnings(&program.log()) > place);
        assert_eq!(location(&program), LOCATION, "{fault}");
        open.send(site::get("/login"));
        assert_eq!(
            field(&open.message(), "location"),
            Some(LOCATION),
            "{fault}"
        );
    }
    fs::remove_dir(&file).unwrap();
    fs::write(&file, good.replace("'keep'", "'strip'")).unwrap();
    program.signal("HUP");
    eventually("the new policy counts", || location(&program) != LOCATION);
    let log = program.stop();
    assert_eq!(total(&log, "config_reload_failures"), 6, "{log}");
}

/// One signal after the other under load drops no request and leaks no descriptor.
#[test]
fn no_request_fails_while_the_configuration_is_read_again() {
    let program = start("scope = 'keep'");
    assert_eq!(location(&program), LOCATION);
    let before = program.descriptors();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut client = program.client();
                for _ in 0..500 {
                    client.send(site::get("/login"));
                    assert_eq!(field(&client.message(), "location"), Some(LOCATION));
                }
            });
        }
        for _ in 0..50 {
            program.signal("HUP");
            assert_eq!(location(&program), LOCATION);
        }
    });
    eventually("the descriptors are back", || {
        program.descriptors() <= before + 4
    });
    assert_eq!(total(&program.stop(), "config_reload_failures"), 0);
}

fn start(policy: &str) -> Program {
    let site = Site::answering(|_| {
        format!("HTTP/1.1 302 Found\r\nLocation: {LOCATION}\r\nContent-Length: 0\r\n\r\n")
    });
    Program::start(site.address, &format!("[default]\n{policy}"))
}

/// Where a client is sent now.
fn location(program: &Program) -> String {
    let mut client = program.client();
    client.send(site::get("/login"));
    field(&client.message(), "location").unwrap().to_owned()
}

/// Lines that tell of a configuration that is no good.
fn warnings(log: &str) -> usize {
    let is_warning = |line: &&str| line.contains("WARN") && line.contains("configuration");
    log.lines().filter(is_warning).count()
}
