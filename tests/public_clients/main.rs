//! Public clients (RFC 6749 2.1) build the authorize URL where no response carries it: a native
//! app on AppAuth, a single-page app on oidc-client-ts in Chromium, and whoever types the URL.
//! Pointed at rescope's authorize endpoint they sign in at the pretend Zoom, whatever it does
//! with a scope, and prove themselves with PKCE alone; pointed at Zoom they are refused.

#[path = "../common/installed.rs"]
mod packages;
#[path = "../process/mod.rs"]
mod process;
#[path = "../program/mod.rs"]
mod program;

mod appauth;
mod by_hand;
mod chromium;
mod installed;
mod oidc_client_ts;
mod zoom;
