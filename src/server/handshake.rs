//! The TLS handshake of a client, and why one failed, in words that help.

use std::{io, sync::Arc, time::Duration};

use humantime::format_duration;
use rustls::{AlertDescription, InvalidMessage, ServerConfig};
use tokio::time::timeout;
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tracing::info;

use super::Settings;
use crate::net::{Client, Socket};

/// What a client speaks to a port for TLS.
pub(super) enum Spoken {
    Tls(Box<TlsStream<Socket>>),
    /// It began as HTTP does.
    Plain(Socket),
}

/// Does the handshake, unless what comes first is none.
///
/// # Errors
///
/// It failed, took longer than `limit`, or the client closed without a word.
pub(super) async fn shake_hands(
    socket: Socket,
    config: Arc<ServerConfig>,
    limit: Duration,
) -> io::Result<Spoken> {
    let handshake = async {
        // A reset is no more of a word than an end.
        match socket.peek().await.unwrap_or_default() {
            None => Err(io::Error::new(io::ErrorKind::ConnectionAborted, SILENT)),
            Some(byte) if begins_http(byte) => Ok(Spoken::Plain(socket)),
            Some(_) => {
                let stream = TlsAcceptor::from(config).accept(socket).await?;
                Ok(Spoken::Tls(Box::new(stream)))
            }
        }
    };
    let late = |_| {
        let limit = format_duration(limit);
        let message = format!("it took more than {limit} ([timeouts] tls_handshake)");
        io::Error::new(io::ErrorKind::TimedOut, message)
    };
    timeout(limit, handshake).await.map_err(late)?
}

/// Whether a request may begin with `byte`, which no record of TLS does: with its method, or
/// with empty lines, which servers pass over (RFC 9112 2.2).
fn begins_http(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || matches!(byte, b'\r' | b'\n')
}

/// Says at info why a handshake failed, or why a client went away right behind it: what it
/// thinks of the certificate may come as late as that. One that never said anything, as port
/// scans and health checks do, is passed over.
pub(super) fn tell(error: &io::Error, client: &Client, settings: &Settings) {
    let is_silent = error.kind() == io::ErrorKind::ConnectionAborted;
    if !is_silent && settings.metrics.handshake_notices.has_room() {
        let (peer, reason) = (client.address, reason(error, &settings.trust));
        info!(?peer, reason, "TLS handshake failed");
    }
}

/// Why it failed; what the library says is made of its own words.
fn reason(error: &io::Error, trust: &str) -> String {
    use rustls::Error;
    let found = error.get_ref().and_then(|it| it.downcast_ref::<Error>());
    match found {
        Some(Error::AlertReceived(alert)) => match objection(*alert) {
            Some(name) => format!("the client does not trust the certificate ({name}): {trust}"),
            None => format!("the client gave up ({alert:?})"),
        },
        Some(Error::PeerIncompatible(what)) => format!(
            "the client speaks no TLS that is spoken here, which is 1.2 and 1.3 with the ciphers \
             of today ({what:?})"
        ),
        Some(Error::NoApplicationProtocol) => {
            "the client speaks none of h2, http/1.1 and http/1.0".to_owned()
        }
        Some(Error::InvalidMessage(InvalidMessage::InvalidContentType)) => {
            "what the client sent is not TLS".to_owned()
        }
        // The one thing of which the library has but words.
        Some(Error::General(what)) if what == NO_CERTIFICATE => {
            "the client takes no kind of key (RSA, ECDSA) that a certificate here has".to_owned()
        }
        Some(error) => format!("what the client sent is not acceptable ({error})"),
        // Node looks at the certificate when the handshake is as good as done, and says nothing.
        None if is_hung_up(error) => format!(
            "the client hung up without a word, as some do that do not trust the certificate: \
             {trust}"
        ),
        None => error.to_string(),
    }
}

fn is_hung_up(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset
    )
}

/// The name of an alert by which clients refuse a certificate (RFC 8446 6.2).
fn objection(alert: AlertDescription) -> Option<&'static str> {
    Some(match alert {
        AlertDescription::UnknownCA => "unknown_ca",
        AlertDescription::BadCertificate => "bad_certificate",
        AlertDescription::CertificateUnknown => "certificate_unknown",
        AlertDescription::UnsupportedCertificate => "unsupported_certificate",
        AlertDescription::CertificateExpired => "certificate_expired",
        AlertDescription::CertificateRevoked => "certificate_revoked",
        _ => return None,
    })
}

const SILENT: &str = "the client closed the connection without a word";

const NO_CERTIFICATE: &str = "no server certificate chain resolved";
