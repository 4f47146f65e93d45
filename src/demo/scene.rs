//! What `rescope demo` shows: one sign-in straight at the app, which fails, and
//! one through rescope, which works.
//!
//! All URLs are shown whole: they belong to the pretend Zoom and die with it.

use std::{
    fmt::Write as _,
    future::pending,
    io::{self, Write as _},
    net::SocketAddr,
};

use thiserror::Error;
use tokio::task::JoinSet;

use super::{Browser, BrowserError, Page, PretendZoom, Redirects, Regime, SampleApp};
use crate::app::{App, BindError, Inherited};
use crate::config::{self, Overrides, Report};

/// Shows both sign-ins on standard output and, where `serve` is set, leaves the servers
/// up until Ctrl-C for a browser to try.
///
/// # Errors
///
/// The direct sign-in did not meet "Invalid scope", the one through rescope did not work,
/// or something around them failed.
pub async fn run(serve: bool) -> Result<(), DemoError> {
    let mut zoom = PretendZoom::bind().await.map_err(DemoError::Bind)?;
    let app = SampleApp::bind(zoom.local_addr())
        .await
        .map_err(DemoError::Bind)?;
    let config = configuration(zoom.local_addr(), app.local_addr());
    let config = config::parse(&config, "demo", &Overrides::default())?;
    let rescope = App::bind(config, Inherited::none())?;
    let scene = Scene {
        app: app.local_addr(),
        rescope: rescope
            .local_addr()
            .expect("its configuration names a TCP address"),
        redirects: app.redirects(),
    };
    let addresses = [scene.app, scene.rescope];
    zoom.register(SampleApp::registration(&addresses, Regime::ClassicStrict));

    // Dropped at the end, and all tasks with it: there is nothing to finish.
    let mut servers = JoinSet::new();
    servers.spawn(zoom.serve(pending()));
    servers.spawn(app.serve(pending()));
    servers.spawn(rescope.serve(pending()));
    scene.show().await?;
    if serve {
        // Ctrl-C is waited for before it is offered, so that none is missed.
        tokio::try_join!(
            biased;
            async { tokio::signal::ctrl_c().await.map_err(DemoError::Signal) },
            async { print(&scene.invitation()) },
        )?;
    }
    Ok(())
}

/// Returns rescope's configuration: the sample app behind it, the pretend Zoom for its
/// endpoint, and `strip` for everyone, as where nothing is written.
fn configuration(zoom: SocketAddr, app: SocketAddr) -> String {
    format!(
        "listen = \"127.0.0.1:0\"\n\
         upstream = \"http://{app}\"\n\
         [[endpoint]]\n\
         scheme = \"http\"\n\
         host = \"{}\"\n\
         port = {}\n\
         path = \"/oauth/authorize\"\n",
        zoom.ip(),
        zoom.port(),
    )
}

/// Where everything is.
struct Scene {
    app: SocketAddr,
    rescope: SocketAddr,
    redirects: Redirects,
}

impl Scene {
    async fn show(&self) -> Result<(), DemoError> {
        self.show_direct().await?;
        self.show_through_rescope().await
    }

    async fn show_direct(&self) -> Result<(), DemoError> {
        let page = sign_in(self.app).await?;
        print(&format!(
            "1. Straight at the app, http://{}/login\n\n   \
             The app sends the browser to\n{}\n   \
             {}\n\n",
            self.app,
            listing(&self.redirects.last().unwrap_or_default()),
            ending(&page),
        ))?;
        match !page.status.is_success() && page.text.contains("Invalid scope") {
            true => Ok(()),
            false => Err(DemoError::DirectWorked),
        }
    }

    async fn show_through_rescope(&self) -> Result<(), DemoError> {
        let page = sign_in(self.rescope).await?;
        let received = page.visited.get(1).map_or("", |url| url.as_str());
        print(&format!(
            "2. Through rescope, http://{}/login\n\n   \
             Before: the app sends the browser to\n{}\n   \
             After: rescope hands the browser\n{}\n   \
             {}\n",
            self.rescope,
            listing(&self.redirects.last().unwrap_or_default()),
            listing(received),
            ending(&page),
        ))?;
        match has_code(&page) && page.text.contains("Signed in as") {
            true => Ok(()),
            false => Err(DemoError::ThroughFailed),
        }
    }

    fn invitation(&self) -> String {
        format!(
            "\nTo try it in a browser, until Ctrl-C:\n  \
             http://{}/  the app itself: Invalid scope\n  \
             http://{}/  the app through rescope: signed in\n",
            self.app, self.rescope,
        )
    }
}

/// Opens the app's login page in a new browser.
async fn sign_in(address: SocketAddr) -> Result<Page, BrowserError> {
    Browser::default()
        .open(&format!("http://{address}/login"))
        .await
}

/// Returns `url` with each parameter on a line of its own.
fn listing(url: &str) -> String {
    let (start, query) = url.split_once('?').unwrap_or((url, ""));
    let mut listing = format!("     {start}\n");
    for (place, pair) in query.split('&').enumerate() {
        let mark = if place == 0 { '?' } else { '&' };
        writeln!(listing, "       {mark}{pair}").expect("a String takes everything");
    }
    listing
}

/// Returns how the sign-in ended: the page's status and what it says, without its markup.
fn ending(page: &Page) -> String {
    let pieces = page.text.split('<');
    let pieces = pieces.filter_map(|piece| piece.split_once('>').map(|(_, text)| text.trim()));
    let words: Vec<_> = pieces.filter(|text| !text.is_empty()).collect();
    let start = match has_code(page) {
        true => "The browser comes back with a code, and it ends with",
        false => "There it ends with",
    };
    format!("{start} {}: \"{}\"", page.status.as_u16(), words.join(". "))
}

/// Whether the browser was sent back with a code.
fn has_code(page: &Page) -> bool {
    let mut pairs = page.visited.iter().flat_map(|url| url.query_pairs());
    pairs.any(|(name, _)| name == "code")
}

fn print(text: &str) -> Result<(), DemoError> {
    let mut stdout = io::stdout().lock();
    let written = stdout.write_all(text.as_bytes());
    written
        .and_then(|()| stdout.flush())
        .map_err(DemoError::Output)
}

/// Why the demo did not show what it is to show.
#[derive(Debug, Error)]
pub enum DemoError {
    /// No port for the app or the pretend Zoom.
    #[error("no port of 127.0.0.1 can be bound")]
    Bind(#[source] io::Error),
    /// The configuration for rescope is wrong.
    #[error("the demo's own configuration is wrong")]
    Config(#[from] Report),
    /// No port for rescope.
    #[error(transparent)]
    App(#[from] BindError),
    /// No page came.
    #[error("a sign-in came to no page")]
    Browser(#[from] BrowserError),
    /// Nothing was refused.
    #[error("the sign-in straight at the app did not end with `Invalid scope`")]
    DirectWorked,
    /// What rescope is for did not happen.
    #[error("the sign-in through rescope did not work")]
    ThroughFailed,
    /// Standard output is gone.
    #[error("standard output cannot be written")]
    Output(#[source] io::Error),
    /// Ctrl-C cannot be waited for.
    #[error("signals cannot be received")]
    Signal(#[source] io::Error),
}
