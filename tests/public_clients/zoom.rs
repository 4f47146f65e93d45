//! The pretend Zoom with one app for each of its regimes, and rescope's policies for them.

use std::net::SocketAddr;

use rescope::demo::{PretendZoom, Regime, RegisteredApp};
use tokio::runtime::Runtime;

use crate::chromium::Page;

/// An app as it is registered, without a secret.
pub struct Client {
    pub id: &'static str,
    regime: Regime,
    /// What its `[[client]]` in rescope's file says.
    policy: &'static str,
    /// What it is granted then.
    pub granted: &'static str,
}

pub const CLIENTS: [Client; 5] = [
    Client {
        id: "classic-strict",
        regime: Regime::ClassicStrict,
        policy: r#"scope = "strip""#,
        granted: SAVED,
    },
    Client {
        id: "classic-lenient",
        regime: Regime::ClassicLenient,
        policy: r#"scope = "strip""#,
        granted: SAVED,
    },
    Client {
        id: "granular-comma",
        regime: Regime::Granular { separator: ',' },
        policy: r#"scope = "normalize"
separator = "comma"
allow = ["user:read:user", "meeting:*"]"#,
        granted: "user:read:user meeting:read:meeting",
    },
    Client {
        id: "granular-space",
        regime: Regime::Granular { separator: ' ' },
        policy: r#"scope = "normalize"
separator = "space"
allow = ["user:read:user", "meeting:*"]"#,
        granted: "user:read:user meeting:read:meeting",
    },
    Client {
        id: "ignore",
        regime: Regime::Ignore,
        policy: r#"scope = "keep""#,
        granted: SAVED,
    },
];

/// The one of [`CLIENTS`] to whom a policy does most.
pub const GRANULAR_COMMA: &Client = &CLIENTS[2];

/// The scopes that are saved on every app.
const SAVED: &str = "user:read:user meeting:read:meeting recording:read:recording";

impl Client {
    /// Whether Zoom refuses what the apps ask for, a name among it that is not saved.
    pub fn is_refused_directly(&self) -> bool {
        self.regime != Regime::Ignore
    }
}

/// The pretend Zoom, bound and not yet served: it is told last where its clients are.
pub struct Zoom {
    bound: PretendZoom,
    runtime: Runtime,
}

impl Zoom {
    pub fn bind() -> Self {
        let runtime = Runtime::new().unwrap();
        let bound = runtime.block_on(PretendZoom::bind()).unwrap();
        Self { bound, runtime }
    }

    pub fn origin(&self) -> String {
        origin(self.bound.local_addr())
    }

    /// The end of a configuration file: an authorize endpoint that leads here, with the policies
    /// of its clients.
    pub fn keys(&self) -> String {
        let zoom = self.origin();
        let mut keys = format!(
            r#"
[authorize]
path = "/oauth/authorize"
to = "{zoom}/oauth/authorize"
token_endpoint = "{zoom}/oauth/token"
"#
        );
        for Client { id, policy, .. } in &CLIENTS {
            keys += &format!("[[client]]\nid = \"{id}\"\n{policy}\n");
        }
        keys
    }

    /// Answers until the returned value is dropped; codes go to `redirect_uri` alone.
    pub fn serve(mut self, redirect_uri: &str) -> Served {
        for client in &CLIENTS {
            self.bound.register(RegisteredApp {
                client_id: client.id.to_owned(),
                client_secret: None,
                redirect_uris: vec![redirect_uri.to_owned()],
                scopes: SAVED.split(' ').map(str::to_owned).collect(),
                regime: client.regime,
            });
        }
        let origin = self.origin();
        self.runtime.spawn(self.bound.serve(std::future::pending()));
        Served {
            origin,
            _runtime: self.runtime,
        }
    }
}

/// The pretend Zoom while it answers.
pub struct Served {
    pub origin: String,
    _runtime: Runtime,
}

impl Served {
    /// Returns what to open to reach `url` as somebody who is signed in to Zoom: classic apps of
    /// the lenient kind show their fault to nobody else.
    pub fn signed_in_first(&self, url: &str) -> [String; 2] {
        [format!("{}/signin", self.origin), url.to_owned()]
    }

    #[track_caller]
    pub fn has_refused(&self, page: &Page, client: &Client) {
        let id = client.id;
        assert!(
            page.text.contains("Invalid scope (4,700)"),
            "{id}: {page:?}"
        );
        assert!(page.url.starts_with(&self.origin), "{id}: {page:?}");
    }
}

/// What a page of the pretend Zoom says that refuses.
pub const REFUSAL: &str = "You cannot authorize this app";

pub fn origin(address: SocketAddr) -> String {
    format!("http://{address}")
}
