//! Secrets in every place where they travel, and not one of them in what the
//! program says: its log at the finest level in both forms, what it prints, and the
//! answers that are its own.
//!
//! Every secret has the same word in it. It is looked for as it is, and as the
//! numbers that bytes are shown as.

mod configurations;
#[path = "../wire/frames.rs"]
#[expect(dead_code, reason = "not all of it is of use here")]
mod frames;
mod http1;
mod http2;
#[path = "../wire/http2_client.rs"]
mod http2_client;
#[path = "../wire/identity.rs"]
#[expect(dead_code, reason = "not all of it is of use here")]
mod identity;
mod outside;
#[path = "../process/mod.rs"]
mod process;
mod program;
#[path = "../wire/raw.rs"]
#[expect(dead_code, reason = "not all of it is of use here")]
mod raw;

/// The word.
const CANARY: &str = "CANARY";

/// Replaces `$` by a secret, in what is sent.
fn with_secrets(text: &str) -> String {
    text.replace('$', "CANARY-7f3a")
}

/// Fails if `said` holds a secret.
#[track_caller]
fn assert_no_secret(said: &str) {
    let bytes: Vec<_> = CANARY.bytes().map(|byte| byte.to_string()).collect();
    let hex: String = CANARY.bytes().map(|byte| format!("{byte:02x}")).collect();
    let forms = [
        CANARY.to_lowercase(),
        bytes.join(", "),
        bytes.join(","),
        hex,
    ];
    for line in said.lines() {
        let lower = line.to_lowercase();
        let found = forms.iter().find(|form| lower.contains(form.as_str()));
        assert_eq!(found, None, "{line}");
    }
}

#[test]
#[should_panic(expected = "CANARY")]
fn secret_is_found() {
    assert_no_secret("a\nstate=CANARY-7f3a");
}

#[test]
#[should_panic(expected = "67, 65")]
fn secret_shown_as_numbers_is_found() {
    assert_no_secret(&format!("{:?}", with_secrets("a$").as_bytes()));
}
