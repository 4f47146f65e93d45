//! PROXY headers: what they say is believed, and they have to be there.

use std::net::SocketAddr;

use rescope::server::Timeouts;

use crate::raw::Wire;
use crate::running::{Running, SHORT, Setup};
use crate::tls;

const GET: &[u8] = b"GET /client HTTP/1.1\r\nHost: a\r\n\r\n";
const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";

#[test]
fn version_1_says_who_the_client_is() {
    let server = start();
    for (line, expected) in [
        (
            "PROXY TCP4 192.0.2.1 198.51.100.2 1234 443\r\n",
            "192.0.2.1:1234 198.51.100.2:443 tls=false",
        ),
        (
            "PROXY TCP6 2001:db8::1 2001:db8::2 1234 443\r\n",
            "[2001:db8::1]:1234 [2001:db8::2]:443 tls=false",
        ),
    ] {
        assert_eq!(answer(&server, &[line.as_bytes(), GET].concat()), expected);
    }
}

#[test]
fn version_2_says_who_the_client_is() {
    let server = start();
    let four = [&[192, 0, 2, 1, 198, 51, 100, 2], &[4, 210, 1, 187][..]].concat();
    let header = version_2(0x21, 0x11, &four);
    assert_eq!(
        answer(&server, &[&header[..], GET].concat()),
        "192.0.2.1:1234 198.51.100.2:443 tls=false"
    );
    let with_extras = version_2(0x21, 0x11, &[&four[..], &[4, 0, 1, 0]].concat());
    assert_eq!(
        answer(&server, &[&with_extras[..], GET].concat()),
        "192.0.2.1:1234 198.51.100.2:443 tls=false"
    );
    let mut six = [0; 36];
    (six[0], six[1], six[15]) = (0x20, 0x01, 1);
    (six[16], six[31]) = (0x20, 2);
    six[32..].copy_from_slice(&[4, 210, 1, 187]);
    assert_eq!(
        answer(&server, &[&version_2(0x21, 0x21, &six)[..], GET].concat()),
        "[2001::1]:1234 [2000::2]:443 tls=false"
    );
}

#[test]
fn header_without_addresses_leaves_those_of_the_socket() {
    let server = start();
    for header in [
        b"PROXY UNKNOWN\r\n".to_vec(),
        b"PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n".to_vec(),
        version_2(0x20, 0x00, &[]),
        version_2(0x21, 0x31, &[0; 216]),
    ] {
        let answer = answer(&server, &[&header, GET].concat());
        let (address, _) = answer.split_once(' ').unwrap();
        let address: SocketAddr = address.parse().unwrap();
        assert!(address.ip().is_loopback(), "{answer}");
        assert!(answer.contains(&server.address().to_string()), "{answer}");
    }
}

#[test]
fn header_may_come_in_pieces_and_with_http2_behind_it() {
    let server = start();
    let mut client = server.client();
    for byte in b"PROXY TCP4 192.0.2.1 198.51.100.2 1234 443\r\n" {
        client.send([*byte]);
    }
    client.send(GET);
    assert!(client.message().contains("192.0.2.1:1234"));
    let mut client = server.client();
    client.send(version_2(0x20, 0x00, &[]));
    client.send([crate::frames::hello(&[]), crate::frames::get(1, "/")].concat());
    let answer = crate::frames::until(&mut client, crate::frames::DATA);
    assert_eq!(answer.payload, b"ok");
}

#[test]
fn connection_without_a_header_is_closed() {
    let server = start();
    let long = format!("PROXY TCP4 {}", "1".repeat(200));
    for sent in [
        GET.to_vec(),
        b"PROXY nonsense\r\n".to_vec(),
        b"PROXY TCP4 192.0.2.1 198.51.100.2 1234 443\nGET".to_vec(),
        long.into_bytes(),
        version_2(0x11, 0x11, &[0; 12]),
        version_2(0x21, 0x11, &[0; 3]),
        version_2(0x21, 0x11, &[0; 60_000]),
    ] {
        let mut client = server.client();
        client.send_lossy(&sent);
        assert_eq!(client.rest(), "");
    }
}

#[test]
fn header_that_is_not_whole_in_time_closes() {
    let server = Running::with(Setup {
        proxy_protocol: true,
        timeouts: Timeouts {
            header_read: SHORT,
            ..Timeouts::default()
        },
        ..Setup::default()
    });
    for sent in ["", "PROXY TCP4 192", "\r\n\r\n\0\r\nQUIT\n"] {
        let mut client = server.client();
        client.send(sent);
        assert_eq!(client.rest(), "");
    }
}

#[tokio::test]
async fn header_comes_before_tls() {
    let tls = tls::Identity::new();
    let server = Running::with(Setup {
        addresses: vec![(crate::running::any_port(), Some(tls.server(&["http/1.1"])))],
        proxy_protocol: true,
        ..Setup::default()
    });
    let line = b"PROXY TCP4 192.0.2.1 198.51.100.2 1234 443\r\n";
    let mut client = tls.connect(server.address(), line, &["http/1.1"]).await;
    let answer = tls::exchange(&mut client, GET).await;
    assert!(answer.ends_with("192.0.2.1:1234 198.51.100.2:443 tls=true"));
}

fn start() -> Running {
    Running::with(Setup {
        proxy_protocol: true,
        ..Setup::default()
    })
}

/// The body of the answer.
fn answer(server: &Running, sent: &[u8]) -> String {
    let mut client: Wire = server.client();
    client.send(sent);
    let answer = client.message();
    answer.split_once("\r\n\r\n").unwrap().1.to_owned()
}

fn version_2(command: u8, family: u8, rest: &[u8]) -> Vec<u8> {
    let length = u16::try_from(rest.len()).unwrap().to_be_bytes();
    [SIGNATURE, &[command, family], &length, rest].concat()
}
