//! oidc-client-ts in Chromium: a single-page app whose script leads the browser to the URL.

use crate::chromium::{Chromium, Page};
use crate::installed::{App, node};
use crate::program::Program;
use crate::zoom::{CLIENTS, Client, GRANULAR_COMMA, REFUSAL, Served, Zoom, origin};

#[test]
fn oidc_client_ts_signs_in_through_the_endpoint() {
    let mut site = Site::behind_rescope();
    for client in &CLIENTS {
        let endpoint = format!("{}/oauth/authorize", site.origin);
        let page = site.sign_in(client, "authorization_endpoint", &endpoint);
        is_signed_in(&page, client);
    }
}

#[test]
fn oidc_client_ts_discovers_the_endpoint() {
    let mut site = Site::behind_rescope();
    let authority = site.origin.clone();
    let page = site.sign_in(GRANULAR_COMMA, "authority", &authority);
    is_signed_in(&page, GRANULAR_COMMA);
}

#[test]
fn oidc_client_ts_meets_invalid_scope_without_rescope() {
    let mut site = Site::alone();
    for client in &CLIENTS {
        let endpoint = format!("{}/oauth/authorize", site.zoom.origin);
        let page = site.sign_in(client, "authorization_endpoint", &endpoint);
        match client.is_refused_directly() {
            true => site.zoom.has_refused(&page, client),
            false => is_signed_in(&page, client),
        }
    }
}

#[track_caller]
fn is_signed_in(page: &Page, client: &Client) {
    let expected = format!("Signed in as Ada, granted: {}", client.granted);
    assert_eq!(page.text, expected, "{}: {page:?}", client.id);
}

/// A single-page app where its users reach it.
struct Site {
    origin: String,
    zoom: Served,
    chromium: Chromium,
    _app: App,
    _rescope: Option<Program>,
}

impl Site {
    fn behind_rescope() -> Self {
        let zoom = Zoom::bind();
        let app = App::start(node("spa.js"), &zoom.origin());
        let rescope = Program::start(app.address, &zoom.keys());
        Self::new(zoom, app, Some(rescope))
    }

    fn alone() -> Self {
        let zoom = Zoom::bind();
        let app = App::start(node("spa.js"), &zoom.origin());
        Self::new(zoom, app, None)
    }

    fn new(zoom: Zoom, app: App, rescope: Option<Program>) -> Self {
        let origin = origin(rescope.as_ref().map_or(app.address, Program::address));
        Self {
            zoom: zoom.serve(&format!("{origin}/callback")),
            origin,
            chromium: Chromium::start(),
            _app: app,
            _rescope: rescope,
        }
    }

    /// Opens the app as `client`, which finds its endpoints by the setting `name`.
    #[track_caller]
    fn sign_in(&mut self, client: &Client, name: &str, value: &str) -> Page {
        let url = format!("{}/?client_id={}&{name}={value}", self.origin, client.id);
        let urls = self.zoom.signed_in_first(&url);
        let until = format!("Signed in as|Not signed in|{REFUSAL}");
        self.chromium.open(&urls, &until)
    }
}
