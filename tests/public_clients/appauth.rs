//! AppAuth in Node.js: a native app (RFC 8252) that opens the URL in the user's browser.

use std::env;

use crate::chromium::{Chromium, Page};
use crate::installed::{App, path, tsx};
use crate::program::Program;
use crate::zoom::{CLIENTS, Client, GRANULAR_COMMA, REFUSAL, Served, Zoom, origin};

/// What AppAuth answers the browser that comes back.
const CLOSE: &str = "Close your browser to continue";

#[test]
fn appauth_signs_in_through_the_endpoint() {
    let mut chromium = Chromium::start();
    for client in &CLIENTS {
        let zoom = Zoom::bind();
        let rescope = Program::start(NO_APP, &zoom.keys());
        let endpoint = format!("{}/oauth/authorize", origin(rescope.address()));
        let attempt = Attempt::new(client, zoom, "AUTHORIZATION_ENDPOINT", &endpoint);
        attempt.succeeds(&mut chromium);
    }
}

#[test]
fn appauth_discovers_the_endpoint() {
    let zoom = Zoom::bind();
    let rescope = Program::start(NO_APP, &zoom.keys());
    let issuer = origin(rescope.address());
    let attempt = Attempt::new(GRANULAR_COMMA, zoom, "ISSUER", &issuer);
    attempt.succeeds(&mut Chromium::start());
}

#[test]
fn appauth_meets_invalid_scope_without_rescope() {
    let mut chromium = Chromium::start();
    for client in &CLIENTS {
        let zoom = Zoom::bind();
        let endpoint = format!("{}/oauth/authorize", zoom.origin());
        let attempt = Attempt::new(client, zoom, "AUTHORIZATION_ENDPOINT", &endpoint);
        match client.is_refused_directly() {
            true => attempt.fails(&mut chromium),
            false => attempt.succeeds(&mut chromium),
        }
    }
}

/// Nobody listens there: a native app has no server that rescope could stand before.
const NO_APP: &str = "127.0.0.1:1";

/// A sign-in that has begun.
struct Attempt {
    client: &'static Client,
    app: App,
    zoom: Served,
    url: String,
}

impl Attempt {
    /// Starts the app, which finds its endpoints by the environment variable `name`.
    #[track_caller]
    fn new(client: &'static Client, zoom: Zoom, name: &str, value: &str) -> Self {
        let mut command = tsx("appauth.js");
        let mut path = path().into_os_string();
        path.push(":");
        path.push(env::var_os("PATH").unwrap());
        command.env("PATH", path);
        command.env("CLIENT_ID", client.id).env(name, value);
        let app = App::start(command, &zoom.origin());
        let zoom = zoom.serve(&format!("{}/callback", origin(app.address)));
        let url = app.line("opens ");
        assert!(url.contains("&scope=user%3Aread%3Auser%20meeting"), "{url}");
        assert!(url.ends_with("&code_challenge_method=S256"), "{url}");
        Self {
            client,
            app,
            zoom,
            url,
        }
    }

    fn browse(&self, chromium: &mut Chromium) -> Page {
        let urls = self.zoom.signed_in_first(&self.url);
        chromium.open(&urls, &format!("{CLOSE}|{REFUSAL}"))
    }

    #[track_caller]
    fn succeeds(self, chromium: &mut Chromium) {
        let page = self.browse(chromium);
        assert_eq!(page.text, CLOSE, "{}: {page:?}", self.client.id);
        let granted = self.app.line("Signed in as Ada, granted: ");
        assert_eq!(granted, self.client.granted, "{}", self.client.id);
    }

    #[track_caller]
    fn fails(self, chromium: &mut Chromium) {
        self.zoom.has_refused(&self.browse(chromium), self.client);
    }
}
