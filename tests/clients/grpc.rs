//! gRPC with grpcio on both sides: calls, streams both ways at once, trailers, errors.

use crate::installed::{App, python, succeeds};
use crate::program::Program;

const KEYS: &str = "upstream_protocol = \"h2c\"\n";

#[test]
fn grpc_passes_over_http2_without_tls() {
    let app = App::start(python("grpc_app.py"));
    let rescope = Program::start(&app, KEYS);
    let target = rescope.address().to_string();
    succeeds(python("grpc_client.py").arg(target));
}

#[test]
fn grpc_passes_over_tls() {
    let app = App::start(python("grpc_app.py"));
    let rescope = Program::start_with_tls(&app, KEYS);
    let target = format!("localhost:{}", rescope.tls_address().port());
    let mut client = python("grpc_client.py");
    succeeds(client.arg(target).arg(rescope.authority()));
}
