//! Compressed pages: encoded by Python's libraries, rewritten on the way, decoded by curl.

use std::{process::Command, time::Duration};

use crate::installed::{App, python};
use crate::program::{Program, tool};

const SCOPE: &str = "&amp;scope=user%3Aread";

#[test]
fn curl_decodes_what_was_rewritten_in_every_coding() {
    // Short pages are looked at whole, long ones are rewritten as they stream.
    for (keys, lines) in [("", 10), ("whole = \"1KiB\"\n", 5000)] {
        let app = App::start(python("compressed_app.py"));
        let rescope = Program::start(&app, &format!("[bodies]\ntypes = [\"html\"]\n{keys}"));
        for coding in ["gzip", "deflate", "raw", "br", "zstd"] {
            let path = format!("/{coding}/{lines}");
            let before = page(&format!("http://{app}{path}"));
            let after = page(&format!("http://{}{path}", rescope.address()));
            assert_eq!(before.matches(SCOPE).count(), 1, "{path}");
            // Not as an equation, which would show the whole page.
            assert!(after == before.replace(SCOPE, ""), "{path}");
        }
    }
}

/// What curl makes of the page, which it asks for in every coding that it knows.
fn page(url: &str) -> String {
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--show-error", "--fail", "--compressed"]);
    curl.args(["--max-time", "60", "--noproxy", "*", url]);
    let run = tool::run(&mut curl, "curl", Duration::from_secs(90));
    assert!(run.status.success(), "{url}: {}", run.output);
    run.output
}
