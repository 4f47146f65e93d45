//! How a connection to the app is opened.

use std::{
    io::Read as _,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, TcpListener, TcpStream},
    os::unix::net::UnixListener,
    time::Duration,
};

use rescope::net::Ends;
use rescope::upstream::{Address, Error, Limits, Protocol, Target, Timeouts};
use socket2::{Domain, Socket, Type};

use crate::{
    caller::{Caller, unix},
    raw::{App, Port},
};

#[test]
fn app_on_a_unix_socket_is_reached() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.sock");
    let listener = UnixListener::bind(&path).unwrap();
    let caller = Caller::new(unix(&path), Limits::default(), Timeouts::default());
    assert_eq!(caller.upstream.host(), "localhost");
    let sent = caller.get();
    let (mut stream, _) = listener.accept().unwrap();
    let mut head = [0; 16];
    stream.read_exact(&mut head).unwrap();
    assert_eq!(&head, b"GET /path?query ");
    std::io::Write::write_all(
        &mut stream,
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    )
    .unwrap();
    assert_eq!(caller.whole(sent).bytes, b"ok");
}

#[test]
fn app_without_its_socket_refuses() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.sock");
    let caller = Caller::new(unix(&path), Limits::default(), Timeouts::default());
    assert!(matches!(caller.failure(caller.get()), Error::Refused(_)));
}

#[test]
fn app_that_is_down_refuses() {
    let port = Port::reserve();
    let caller = Caller::of(port.address());
    assert!(matches!(caller.failure(caller.get()), Error::Refused(_)));
}

/// A queue that is full swallows connections, as a firewall does.
#[test]
fn swallowed_connection_ends_at_the_connect_limit() {
    let listener = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    let any = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
    listener.bind(&any.into()).unwrap();
    listener.listen(0).unwrap();
    let address = listener.local_addr().unwrap().as_socket().unwrap();
    let timeouts = Timeouts {
        connect: Duration::from_millis(300),
        ..Timeouts::default()
    };
    let patience = Duration::from_millis(200);
    let mut filling = Vec::new();
    while let Ok(stream) = TcpStream::connect_timeout(&address, patience) {
        filling.push(stream);
    }
    let caller = Caller::timed(address, timeouts);
    assert!(matches!(
        caller.failure(caller.get()),
        Error::ConnectTimeout(_)
    ));
}

#[test]
fn name_without_an_address_is_an_error() {
    let target = Target {
        address: Address::Tcp {
            host: "nowhere.invalid".to_owned(),
            port: 80,
        },
        tls: None,
        protocol: Protocol::Http1,
    };
    let timeouts = Timeouts {
        connect: Duration::from_secs(15),
        ..Timeouts::default()
    };
    let caller = Caller::new(target, Limits::default(), timeouts);
    assert_eq!(caller.upstream.host(), "nowhere.invalid:80");
    assert!(matches!(caller.failure(caller.get()), Error::Resolve(_)));
}

/// RFC 6761 6.3: whatever the system's own files say of such names.
#[test]
fn app_on_either_loopback_is_reached_as_localhost() {
    let loopbacks = [
        IpAddr::from(Ipv4Addr::LOCALHOST),
        Ipv6Addr::LOCALHOST.into(),
    ];
    // A machine may have no IPv6.
    let listeners = loopbacks
        .iter()
        .filter_map(|ip| TcpListener::bind((*ip, 0)).ok());
    for app in listeners.map(App::at) {
        for host in ["localhost", "LOCALHOST.", "app.localhost"] {
            let target = Target {
                address: Address::Tcp {
                    host: host.to_owned(),
                    port: app.address().port(),
                },
                tls: None,
                protocol: Protocol::Http1,
            };
            let caller = Caller::new(target, Limits::default(), Timeouts::default());
            let sent = caller.get();
            let mut server = app.accept();
            server.head();
            server.send("HTTP/1.1 204 No Content\r\n\r\n");
            assert_eq!(caller.whole(sent).bytes, b"", "{host}");
        }
    }
}

#[test]
fn app_is_named_as_a_host_line_names_it() {
    let port = Port::reserve().address().port();
    let address = std::net::SocketAddr::from((Ipv6Addr::LOCALHOST, port));
    let caller = Caller::of(address);
    assert_eq!(caller.upstream.host(), address.to_string());
    assert_eq!(caller.upstream.to_string(), address.to_string());
}

#[test]
fn connection_is_known_as_ours_while_it_is_open() {
    let app = App::start();
    let caller = Caller::of(app.address());
    let sent = caller.get();
    let mut server = app.accept();
    server.head();
    let from = server.stream().peer_addr().unwrap();
    let ends = Ends::new(from, app.address());
    assert!(caller.own.contains(&ends));
    server.send("HTTP/1.1 204 No Content\r\n\r\n");
    caller.whole(sent);
    assert!(caller.own.contains(&ends), "it is free, and open");
    drop(server);
    // The next request finds the end, and takes another connection.
    let sent = caller.get();
    let mut server = app.accept();
    server.head();
    assert!(!caller.own.contains(&ends));
    drop(sent);
}
