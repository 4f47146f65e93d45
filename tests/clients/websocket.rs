//! WebSocket: messages from 0 bytes to 16 MiB and back, with and without permessage-deflate,
//! over HTTP/1.1, TLS, and HTTP/2 (RFC 8441), to apps on two libraries.

use std::process::Command;

use crate::installed::{App, node, python, succeeds};
use crate::program::Program;

const COMPRESSIONS: [&str; 2] = ["deflate", "plain"];

#[test]
fn websockets_client_reaches_a_ws_app() {
    let client = || python("websocket_client.py");
    exchange(node("websocket_app.js"), ["ws", "wss"], client);
}

#[test]
fn websockets_client_reaches_a_websockets_app() {
    let client = || python("websocket_client.py");
    exchange(python("websocket_app.py"), ["ws", "wss"], client);
}

#[test]
fn ws_client_reaches_a_websockets_app() {
    let client = || node("websocket_client.js");
    exchange(python("websocket_app.py"), ["ws", "wss"], client);
}

#[test]
fn ws_client_reaches_a_ws_app() {
    let client = || node("websocket_client.js");
    exchange(node("websocket_app.js"), ["ws", "wss"], client);
}

#[test]
fn http2_client_reaches_a_ws_app() {
    let client = || python("http2_websocket_client.py");
    exchange(node("websocket_app.js"), ["http", "https"], client);
}

#[test]
fn http2_client_reaches_a_websockets_app() {
    let client = || python("http2_websocket_client.py");
    exchange(python("websocket_app.py"), ["http", "https"], client);
}

/// Runs the client over a plain port and one with TLS, each with and without compression.
#[track_caller]
fn exchange(app: Command, schemes: [&str; 2], client: impl Fn() -> Command) {
    let app = App::start(app);
    let rescope = Program::start_with_tls(&app, "");
    let [plain, tls] = schemes;
    for compression in COMPRESSIONS {
        let url = format!("{plain}://{}/echo", rescope.address());
        succeeds(client().arg(url).arg(compression));
        let url = format!("{tls}://localhost:{}/echo", rescope.tls_address().port());
        succeeds(client().arg(url).arg(compression).arg(rescope.authority()));
    }
}
