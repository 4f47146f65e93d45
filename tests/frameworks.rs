//! Ordinary apps, a Flask one with Authlib and an Express one with
//! passport-oauth2, sign in at the pretend Zoom: with rescope in front they
//! do, without it they meet "Invalid scope". The apps are in `frameworks/`; they
//! redirect to the real `https://zoom.us` and know nothing of rescope.

#[path = "common/installed.rs"]
mod installed;
mod process;

use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{ChildStdout, Command, Stdio},
    sync::OnceLock,
};

use process::Killed;
use rescope::demo::{Browser, Page, PretendZoom, Regime, RegisteredApp};

const CLASSIC: Regime = Regime::ClassicStrict;
const GRANULAR: Regime = Regime::Granular { separator: ',' };

const NORMALIZE: &str = r#"
[[client]]
id = "calendar"
scope = "normalize"
separator = "comma"
allow = ["user:read:user", "meeting:*"]
"#;

#[tokio::test]
async fn flask_meets_invalid_scope_without_rescope() {
    is_invalid_scope(&sign_in_directly(flask(), CLASSIC).await);
    is_invalid_scope(&sign_in_directly(flask(), GRANULAR).await);
}

#[tokio::test]
async fn flask_signs_in_through_rescope() {
    let page = sign_in_through_rescope(flask(), CLASSIC, "").await;
    is_signed_in(
        &page,
        "user:read:user meeting:read:meeting recording:read:recording",
    );
    is_stripped(&page);
}

#[tokio::test]
async fn flask_signs_in_with_a_normalized_scope() {
    let page = sign_in_through_rescope(flask(), GRANULAR, NORMALIZE).await;
    is_signed_in(&page, "user:read:user meeting:read:meeting");
    is_normalized(&page);
}

#[tokio::test]
async fn express_meets_invalid_scope_without_rescope() {
    is_invalid_scope(&sign_in_directly(express(), CLASSIC).await);
    is_invalid_scope(&sign_in_directly(express(), GRANULAR).await);
}

#[tokio::test]
async fn express_signs_in_through_rescope() {
    let page = sign_in_through_rescope(express(), CLASSIC, "").await;
    is_signed_in(
        &page,
        "user:read:user meeting:read:meeting recording:read:recording",
    );
    is_stripped(&page);
}

#[tokio::test]
async fn express_signs_in_with_a_normalized_scope() {
    let page = sign_in_through_rescope(express(), GRANULAR, NORMALIZE).await;
    is_signed_in(&page, "user:read:user meeting:read:meeting");
    is_normalized(&page);
}

#[track_caller]
fn is_invalid_scope(page: &Page) {
    assert_eq!(page.status, 400, "{page:?}");
    assert!(page.text.contains("Invalid scope (4,700)"), "{page:?}");
    assert_eq!(page.visited.last().unwrap().host_str(), Some("zoom.us"));
}

#[track_caller]
fn is_signed_in(page: &Page, granted: &str) {
    assert_eq!(page.status, 200, "{page:?}");
    assert_eq!(
        page.text,
        format!("Signed in as Ada, granted: {granted}"),
        "{page:?}"
    );
}

#[track_caller]
fn is_stripped(page: &Page) {
    assert_eq!(scope(page), None);
}

#[track_caller]
fn is_normalized(page: &Page) {
    assert_eq!(
        scope(page).as_deref(),
        Some("user:read:user,meeting:read:meeting")
    );
}

/// The `scope` of the authorize URL that the browser was sent to.
fn scope(page: &Page) -> Option<String> {
    let mut visited = page.visited.iter();
    let url = visited
        .find(|url| url.host_str() == Some("zoom.us"))
        .unwrap();
    let mut pairs = url.query_pairs();
    pairs
        .find(|(name, _)| name == "scope")
        .map(|(_, value)| value.into_owned())
}

async fn sign_in_directly(app: Command, regime: Regime) -> Page {
    let zoom = PretendZoom::bind().await.unwrap();
    let app = start_app(app, &zoom);
    sign_in(app.address, zoom, regime).await
}

/// Puts `rescope run` in front, configured by `config`, or not at all where it is empty.
async fn sign_in_through_rescope(app: Command, regime: Regime, config: &str) -> Page {
    let zoom = PretendZoom::bind().await.unwrap();
    let app = start_app(app, &zoom);
    let mut rescope = Command::new(env!("CARGO_BIN_EXE_rescope"));
    rescope.args(["run", "--listen", "127.0.0.1:0", "--upstream"]);
    rescope.arg(format!("http://{}", app.address));
    for name in ["CONFIG", "LISTEN", "UPSTREAM", "LOG_FORMAT"] {
        rescope.env_remove(format!("RESCOPE_{name}"));
    }
    rescope.env("RESCOPE_LOG", "warn");
    let folder = tempfile::tempdir().unwrap();
    if !config.is_empty() {
        let path = folder.path().join("rescope.toml");
        std::fs::write(&path, config).unwrap();
        rescope.arg("--config").arg(path);
    }
    let rescope = Server::start(rescope);
    sign_in(rescope.address, zoom, regime).await
}

/// Opens the login page of what listens at `address`.
async fn sign_in(address: SocketAddr, mut zoom: PretendZoom, regime: Regime) -> Page {
    let scopes = [
        "user:read:user",
        "meeting:read:meeting",
        "recording:read:recording",
    ];
    zoom.register(RegisteredApp {
        client_id: "calendar".to_owned(),
        client_secret: Some("calendar-secret".to_owned()),
        redirect_uris: vec![format!("http://{address}/callback")],
        scopes: scopes.map(str::to_owned).into(),
        regime,
    });
    let mut browser = Browser::default();
    // Stands for DNS and TLS alone: the browser asks for `https://zoom.us/..`, as it would
    // anywhere, and the bytes go to the pretend Zoom.
    browser.stand_in("https://zoom.us", zoom.local_addr());
    tokio::spawn(zoom.serve(std::future::pending()));
    browser
        .open(&format!("http://{address}/login"))
        .await
        .unwrap()
}

fn flask() -> Command {
    let mut command = Command::new(installed().join("venv/bin/python"));
    command.arg(source().join("flask/app.py"));
    command
}

fn express() -> Command {
    let mut command = Command::new("node");
    command.arg(source().join("express/app.js"));
    command.env("NODE_PATH", installed().join("node/node_modules"));
    command
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/frameworks")
}

/// Returns the folder that holds the frameworks, which are installed at the first call.
fn installed() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| installed::installed("frameworks"))
}

/// Starts an app whose own calls to Zoom go to `zoom`, past any proxy of this machine.
fn start_app(mut app: Command, zoom: &PretendZoom) -> Server {
    app.env("ZOOM_API", format!("http://{}", zoom.local_addr()));
    app.env("NO_PROXY", "127.0.0.1")
        .env("no_proxy", "127.0.0.1");
    // Authlib refuses plain http to any host but `localhost` otherwise.
    app.env("AUTHLIB_INSECURE_TRANSPORT", "1");
    Server::start(app)
}

/// A process that has printed the address where it listens.
struct Server {
    address: SocketAddr,
    /// Open as long as the process may print.
    _stdout: BufReader<ChildStdout>,
    _process: Killed,
}

impl Server {
    fn start(mut command: Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut process = Killed(command.spawn().unwrap());
        let mut stdout = BufReader::new(process.0.stdout.take().unwrap());
        let mut line = String::new();
        loop {
            line.clear();
            let count = stdout.read_line(&mut line).unwrap();
            assert!(count > 0, "{command:?} ended before it listened");
            if let Some((_, rest)) = line.split_once("listening on http://") {
                let end = rest.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | ':')));
                let address = rest[..end.unwrap_or(rest.len())].parse().unwrap();
                return Self {
                    address,
                    _stdout: stdout,
                    _process: process,
                };
            }
        }
    }
}
