//! The demo's sample app and its browser against the pretend Zoom, with nothing between.

use std::net::SocketAddr;

use rescope::demo::{Browser, BrowserError, Page, PretendZoom, Redirects, Regime, SampleApp};

#[tokio::test]
async fn sign_in_fails_where_scope_is_refused() {
    let (app, _) = start(Regime::ClassicStrict).await;
    let page = open(app, "/login").await;
    assert_eq!(page.status, 400);
    assert!(page.text.contains("Invalid scope"), "{}", page.text);
    assert_eq!(page.visited.len(), 2);
}

#[tokio::test]
async fn sign_in_works_where_scope_is_ignored() {
    let (app, redirects) = start(Regime::Ignore).await;
    let page = open(app, "/login").await;
    assert!(
        page.text.contains("Signed in as Ada Example"),
        "{}",
        page.text
    );
    assert_eq!(page.visited.len(), 3);
    assert_eq!(redirects.last().unwrap(), page.visited[1].as_str());
}

#[tokio::test]
async fn callback_without_a_sign_in_is_refused() {
    let (app, _) = start(Regime::Ignore).await;
    let page = open(app, "/callback?code=x&state=y").await;
    assert_eq!(page.status, 400);
    assert!(page.text.contains("has begun no sign-in"), "{}", page.text);
}

#[tokio::test]
async fn browser_never_leaves_this_machine() {
    let mut browser = Browser::default();
    for url in [
        "https://zoom.us/oauth/authorize?state=s",
        "http://192.0.2.1/",
        "https://127.0.0.1/",
    ] {
        let error = browser.open(url).await.unwrap_err();
        assert!(matches!(error, BrowserError::Away(_)), "{error}");
        assert!(!error.to_string().contains("state"), "{error}");
    }
}

#[tokio::test]
async fn browser_sends_what_a_url_may_hold() {
    let (app, _) = start(Regime::Ignore).await;
    let page = open(app, "/callback?a=b c&{|}^`'<>&d=%zz&e=\u{e9}").await;
    assert_eq!(page.status, 400);
}

/// Starts the app and its Zoom; the test's runtime ends them.
async fn start(regime: Regime) -> (SocketAddr, Redirects) {
    let mut zoom = PretendZoom::bind().await.unwrap();
    let app = SampleApp::bind(zoom.local_addr()).await.unwrap();
    let address = app.local_addr();
    zoom.register(SampleApp::registration(&[address], regime));
    let redirects = app.redirects();
    tokio::spawn(zoom.serve(std::future::pending()));
    tokio::spawn(app.serve(std::future::pending()));
    (address, redirects)
}

async fn open(app: SocketAddr, path: &str) -> Page {
    let url = format!("http://{app}{path}");
    Browser::default().open(&url).await.unwrap()
}
