//! The authorize endpoint on the wire: what a client that builds the URL itself gets
//! for it, and what nobody gets, whatever they send.
//!
//! The app behind is played by the test; most of the time nobody may ask it anything.

#[path = "../common/hostile/mod.rs"]
#[expect(dead_code, reason = "not all of it is of use here")]
mod hostile;
#[path = "../wire/http2_client.rs"]
mod http2_client;
#[path = "../wire/identity.rs"]
#[expect(dead_code, reason = "not all of it is of use here")]
mod identity;
#[path = "../common/own.rs"]
mod own;
#[path = "../common/printing.rs"]
mod printing;
#[path = "../process/mod.rs"]
mod process;
#[path = "../wire/raw.rs"]
#[expect(dead_code, reason = "not all of it is of use here")]
mod raw;
#[path = "../wire/running.rs"]
#[expect(dead_code, reason = "not all of it is of use here")]
mod wire;

mod attacks;
mod clients;
mod discovery;
mod forms;
mod listeners;
mod program;
mod redirects;
mod requests;
mod running;

/// Where requests are sent on to.
const TO: &str = "https://zoom.us/oauth/authorize";

/// Where they are answered.
const PATH: &str = "/oauth/authorize";

/// A configuration with one endpoint, on the proxy's own listener.
const ON_THE_PROXYS: &str = "[authorize]\npath = '/oauth/authorize'\n";

/// The same on a listener of its own.
const ON_ITS_OWN: &str = "[authorize]\npath = '/oauth/authorize'\nlisten = '127.0.0.1:0'\n";

/// A policy for everyone that changes nothing.
const KEEP: &str = "[default]\nscope = 'keep'\n";
