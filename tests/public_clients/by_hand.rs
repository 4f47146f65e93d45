//! An authorize URL that somebody types into the address bar of Chromium, with a code that is
//! then exchanged by curl.

use std::process::Command;

use serde_json::Value;

use crate::chromium::{Chromium, Page};
use crate::installed::{App, node};
use crate::program::Program;
use crate::zoom::{CLIENTS, Client, GRANULAR_COMMA, REFUSAL, Served, Zoom, origin};

/// The example of RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const S256: &str = "code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM\
                    &code_challenge_method=S256";
/// The same by the method `plain`, which is the one without a name.
const PLAIN: &str = "code_challenge=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

#[test]
fn typed_url_signs_in_through_the_endpoint() {
    let mut desk = Desk::new();
    for client in &CLIENTS {
        let page = desk.open(&desk.origin.clone(), client, S256);
        let answer = desk.exchange(&page, client, VERIFIER);
        assert_eq!(answer["scope"], client.granted, "{}", client.id);
    }
}

#[test]
fn typed_url_keeps_its_pkce() {
    let mut desk = Desk::new();
    for challenge in [S256, PLAIN] {
        let mut exchange = |verifier: &str| {
            let page = desk.open(&desk.origin.clone(), GRANULAR_COMMA, challenge);
            desk.exchange(&page, GRANULAR_COMMA, verifier)
        };
        assert_eq!(exchange(VERIFIER)["scope"], GRANULAR_COMMA.granted);
        let wrong = VERIFIER.to_lowercase();
        assert_eq!(exchange(&wrong)["reason"], "Invalid code_verifier");
    }
}

#[test]
fn typed_url_meets_invalid_scope_without_rescope() {
    let mut desk = Desk::new();
    for client in &CLIENTS {
        let page = desk.open(&desk.zoom.origin.clone(), client, S256);
        match client.is_refused_directly() {
            true => desk.zoom.has_refused(&page, client),
            false => assert_eq!(
                desk.exchange(&page, client, VERIFIER)["scope"],
                client.granted
            ),
        }
    }
}

/// Somebody's browser and terminal.
struct Desk {
    origin: String,
    zoom: Served,
    chromium: Chromium,
    _app: App,
    _rescope: Program,
}

impl Desk {
    fn new() -> Self {
        let zoom = Zoom::bind();
        let app = App::start(node("spa.js"), &zoom.origin());
        let rescope = Program::start(app.address, &zoom.keys());
        let origin = origin(rescope.address());
        Self {
            zoom: zoom.serve(&format!("{origin}/copy")),
            origin,
            chromium: Chromium::start(),
            _app: app,
            _rescope: rescope,
        }
    }

    /// Types the authorize URL at `origin` as people do: spaces are spaces, and nothing is
    /// escaped that need not be.
    #[track_caller]
    fn open(&mut self, origin: &str, client: &Client, challenge: &str) -> Page {
        let url = format!(
            "{origin}/oauth/authorize?response_type=code&client_id={}&redirect_uri={}/copy\
             &scope=user:read:user meeting:read:meeting, offline_access&state=1 2&{challenge}",
            client.id, self.origin
        );
        let urls = self.zoom.signed_in_first(&url);
        self.chromium
            .open(&urls, &format!("Copy the code|{REFUSAL}"))
    }

    /// Returns the answer of Zoom's token endpoint to the code in the address of `page`.
    #[track_caller]
    fn exchange(&self, page: &Page, client: &Client, verifier: &str) -> Value {
        let start = format!("{}/copy?code=", self.origin);
        let code = page
            .url
            .strip_prefix(&start)
            .and_then(|it| it.strip_suffix("&state=1%202"));
        let code = code.unwrap_or_else(|| panic!("{}: {page:?}", client.id));
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--show-error", "--noproxy", "*"]);
        for (name, value) in [
            ("grant_type", "authorization_code"),
            ("client_id", client.id),
            ("redirect_uri", &format!("{}/copy", self.origin)),
            ("code", code),
            ("code_verifier", verifier),
        ] {
            curl.arg("--data-urlencode").arg(format!("{name}={value}"));
        }
        let output = curl
            .arg(format!("{}/oauth/token", self.zoom.origin))
            .output();
        serde_json::from_slice(&output.unwrap().stdout).unwrap()
    }
}
