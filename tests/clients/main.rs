//! Clients that people use, through the program to apps that people use: curl, openssl,
//! WebSocket libraries, gRPC. The Python and Node packages are pinned and installed
//! into the target folder by `tests/install.sh`.

#[path = "../common/installed.rs"]
mod packages;
#[path = "../process/mod.rs"]
mod process;
#[path = "../program/mod.rs"]
mod program;

mod command_line;
mod compressed;
mod grpc;
mod installed;
mod websocket;
