//! What is logged of certificates.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
};

use rescope::tls::Certificates;
use tracing::{Level, subscriber::with_default};

use super::{Authority, Folder, handshake::shake};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Everything that is logged on this thread while `body` runs.
fn log_of(body: impl FnOnce()) -> String {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(Level::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    with_default(subscriber, body);
    let bytes = log.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn certificate_that_expires_within_two_weeks_is_warned_of() {
    let authority = Authority::new("root");
    for (days, warned) in [(13, true), (15, false)] {
        let folder = Folder::new();
        let leaf = authority.leaf_valid(&["app.example.com"], -1, days);
        folder.write_pair("cert.pem", "key.pem", &leaf);
        for what in ["open", "reload"] {
            let certificates = folder.open();
            let log = log_of(|| match what {
                "open" => drop(folder.open()),
                _ => certificates.reload().unwrap(),
            });
            let found = log.contains("a certificate expires soon") && log.contains("cert.pem");
            assert_eq!(found, warned, "{days} days: {log}");
        }
    }
}

#[test]
fn no_log_holds_a_byte_of_a_key() {
    let authority = Authority::new("root");
    let leaf = authority.leaf(&["app.example.com"]);
    let folder = Folder::new();
    folder.write_pair("cert.pem", "key.pem", &leaf);
    let empty = Folder::new();

    let log = log_of(|| {
        shake(&folder.open(), &authority, "app.example.com");
        folder.write("key.pem", &leaf.key[..120]);
        Certificates::open(folder.path()).unwrap_err();
        Certificates::open(empty.path()).unwrap();
    });

    let made = std::fs::read_to_string(empty.file("localhost-key.pem")).unwrap();
    for key in [&leaf.key, &made] {
        for line in key.lines().filter(|line| !line.contains("-----")) {
            assert!(!log.contains(&line[..16]), "{log}");
        }
    }
}
