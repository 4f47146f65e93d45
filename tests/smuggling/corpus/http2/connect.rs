//! CONNECT, and the extended one that carries WebSocket (RFC 8441).

use super::{HOP_BY_HOP, NAME, PSEUDO, SMUGGLED, case};
use crate::{
    case::Case,
    http2::{DATA, Fields, frame},
};

const CONNECT: &str = "RFC 9113 8.5";

pub(super) fn cases() -> Vec<Case> {
    [plain(), extended()].concat()
}

fn plain() -> Vec<Case> {
    let plain = || {
        let fields = Fields::of("CONNECT").without(":scheme").without(":path");
        fields.set(":authority", "a.example:80")
    };
    let split = plain().set(":authority", "a:80\r\nx: y");
    let no_port = plain().set(":authority", "a.example");
    vec![
        open("plain", &plain()),
        with_request("plain, then a request as DATA", &plain()),
        case("plain, no body", "", plain()),
        case("plain, no port", "", no_port),
        case(
            "plain, with :path and :scheme",
            CONNECT,
            Fields::of("CONNECT"),
        ),
        case(
            "plain, without :authority",
            CONNECT,
            plain().without(":authority"),
        ),
        case("plain, a line end in :authority", NAME, split),
    ]
}

fn extended() -> Vec<Case> {
    let extended = |protocol| Fields::of("CONNECT").with(":protocol", protocol);
    let socket = || extended("websocket");
    let version = socket().with("sec-websocket-version", "13");
    vec![
        open("extended, websocket", &version),
        with_request("extended, websocket, a request as DATA", &version),
        open("extended, foo", &extended("foo")),
        open("extended, h2c", &extended("h2c")),
        open("extended, empty", &extended("")),
        open("extended, a space", &extended("web socket")),
        open("extended, a line end", &extended("websocket\r\nx-z: y")).must_refuse(NAME),
        open("extended, twice", &socket().with(":protocol", "foo")).must_refuse(PSEUDO),
        open("extended, without :path", &socket().without(":path")).must_refuse("RFC 8441 4"),
        open(
            "extended, upgrade beside it",
            &socket().with("upgrade", "websocket"),
        )
        .must_refuse(HOP_BY_HOP),
    ]
}

/// A tunnel may stay open.
fn open(name: &str, fields: &Fields) -> Case {
    Case::http2(name, fields.open()).alone().waits()
}

/// The app refuses the tunnel, so what was meant for it must not arrive.
fn with_request(name: &str, fields: &Fields) -> Case {
    let frames = [fields.open(), frame(DATA, 0, 1, SMUGGLED)].concat();
    Case::http2(name, frames).alone().waits().lacks("/smuggled")
}
