//! The PROXY protocol, versions 1 and 2: a load balancer in front says who the
//! client is. Only its header is read, to the byte, so what follows is for
//! whoever reads next.

use std::{io, net::SocketAddr};

use ppp::{v1, v2};
use tokio::io::{AsyncRead, AsyncReadExt};

/// The client and what it connected to.
pub(super) type Addresses = (SocketAddr, SocketAddr);

/// Reads one header; `None` where it leaves the addresses to the socket: `UNKNOWN`,
/// `LOCAL`, or a family that is not IP.
///
/// # Errors
///
/// There is no such header, it is too long, or the stream ended in it.
pub(super) async fn read_header(
    stream: &mut (impl AsyncRead + Unpin),
) -> io::Result<Option<Addresses>> {
    let mut header = vec![0; v2::PROTOCOL_PREFIX.len()];
    stream.read_exact(&mut header).await?;
    if header == v2::PROTOCOL_PREFIX {
        read_v2(stream, header).await
    } else if header.starts_with(V1_PREFIX) {
        read_v1(stream, header).await
    } else {
        Err(invalid("no PROXY header"))
    }
}

async fn read_v1(
    stream: &mut (impl AsyncRead + Unpin),
    mut header: Vec<u8>,
) -> io::Result<Option<Addresses>> {
    // One byte at a time: a line does not say how long it is.
    while header.last() != Some(&b'\n') {
        if header.len() == V1_LONGEST {
            return Err(invalid("the PROXY line is longer than 107 bytes"));
        }
        header.push(stream.read_u8().await?);
    }
    let parsed = v1::Header::try_from(&header[..]);
    match parsed
        .map_err(|_| invalid("malformed PROXY line"))?
        .addresses
    {
        v1::Addresses::Unknown => Ok(None),
        v1::Addresses::Tcp4(found) => Ok(Some((
            (found.source_address, found.source_port).into(),
            (found.destination_address, found.destination_port).into(),
        ))),
        v1::Addresses::Tcp6(found) => Ok(Some((
            (found.source_address, found.source_port).into(),
            (found.destination_address, found.destination_port).into(),
        ))),
    }
}

async fn read_v2(
    stream: &mut (impl AsyncRead + Unpin),
    mut header: Vec<u8>,
) -> io::Result<Option<Addresses>> {
    header.resize(V2_START, 0);
    stream
        .read_exact(&mut header[v2::PROTOCOL_PREFIX.len()..])
        .await?;
    let length = usize::from(u16::from_be_bytes([header[14], header[15]]));
    if length > V2_LONGEST {
        return Err(invalid("the PROXY header is longer than 4 KiB"));
    }
    header.resize(V2_START + length, 0);
    stream.read_exact(&mut header[V2_START..]).await?;
    let parsed = v2::Header::try_from(&header[..]);
    let header = parsed.map_err(|_| invalid("malformed PROXY header"))?;
    match (header.command, header.addresses) {
        (v2::Command::Proxy, v2::Addresses::IPv4(found)) => Ok(Some((
            (found.source_address, found.source_port).into(),
            (found.destination_address, found.destination_port).into(),
        ))),
        (v2::Command::Proxy, v2::Addresses::IPv6(found)) => Ok(Some((
            (found.source_address, found.source_port).into(),
            (found.destination_address, found.destination_port).into(),
        ))),
        _ => Ok(None),
    }
}

fn invalid(message: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message)
}

const V1_PREFIX: &[u8] = b"PROXY ";

/// With its end of line; the specification's number (section 2.1).
const V1_LONGEST: usize = 107;

/// Signature, version and command, family, length.
const V2_START: usize = 16;

/// Addresses, and what load balancers add to them: names, identifiers, the client's
/// certificate in a few words.
const V2_LONGEST: usize = 4096;
