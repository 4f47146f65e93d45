//! `rescope demo`: a sample app, a pretend Zoom and rescope between them, in one
//! process and without a network.
//!
//! The parts are for the demo and the tests. Nothing here talks to Zoom, and the
//! proxy uses none of it.

mod browser;
mod sample_app;
mod scene;
mod wire;
mod zoom;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};

pub use browser::{Browser, BrowserError, Page};
pub use sample_app::{Redirects, SampleApp};
pub use scene::{DemoError, run};
pub use wire::SendError;
pub use zoom::{InvalidScope, PretendZoom, Regime, RegisteredApp};

/// Returns 256 random bits in base64url: a code, a token, a state or a code_verifier.
fn random_token() -> String {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).expect("the system has random bytes");
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}
