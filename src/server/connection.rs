//! The life of one connection, top down: [`serve`].

use std::{
    future::{Future, poll_fn},
    io,
    pin::{Pin, pin},
    sync::Arc,
    task::{Poll, ready},
};

use bytes::BytesMut;
use tokio::{
    io::{AsyncRead, AsyncWriteExt, ReadBuf},
    time::{Instant, error::Elapsed, sleep_until, timeout},
};
use tokio_rustls::{TlsStream, server};
use tracing::debug;

use super::{
    Handler, LAST_WORDS, Place, Settings,
    activity::{Activity, Clock},
    answer::Shared,
    handshake::{self, Spoken, shake_hands},
    http1, http2,
    listener::Accepted,
    proxy_protocol,
    rewound::Rewound,
};
use crate::net::{Client, Deadlines, Ending, Interim, Socket, Stream};

/// A connection of hyper's.
pub(super) trait Drive: Future<Output = hyper::Result<()>> {
    /// Takes no request after those in flight.
    fn drain(self: Pin<&mut Self>);

    /// Ends what nobody asks for anything.
    fn expire(self: Pin<&mut Self>);
}

/// Serves one connection to its end. When that of the process is asked for, it takes no request
/// after those that it is on.
pub(super) async fn serve<H: Handler>(
    accepted: Accepted,
    handler: H,
    settings: Arc<Settings>,
    place: Place,
    mut ending: Ending,
) {
    let peer = accepted.client.address;
    let opened = tokio::select! {
        biased;
        // Nothing was asked for yet.
        _ = ending.asked() => return,
        opened = open(accepted, &settings) => opened,
    };
    let ended = match opened {
        Ok(opened) => opened.serve(handler, settings, place, ending).await,
        Err(error) => Err(error),
    };
    if let Err(error) = ended {
        debug!(?peer, %error, "connection ended early");
    }
}

/// A connection on which it is known what is spoken.
struct Opened {
    stream: Stream,
    client: Client,
    protocol: Protocol,
    /// What was read to find that out.
    ahead: BytesMut,
    /// From when on the first head is waited for, the handshake not counted.
    start: Instant,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Protocol {
    Http1,
    Http2,
}

/// Reads a PROXY header where there has to be one, does the TLS handshake where clients
/// speak that, and finds out which HTTP it is.
async fn open(accepted: Accepted, settings: &Settings) -> io::Result<Opened> {
    let start = Instant::now();
    let Accepted {
        mut socket,
        mut client,
        tls,
        proxy_protocol,
    } = accepted;
    let timeouts = &settings.timeouts;
    if proxy_protocol {
        let header = proxy_protocol::read_header(&mut socket);
        let header = timeout(timeouts.header_read, header).await;
        if let Some((address, local)) = header.map_err(late("a PROXY header"))?? {
            client.address = Some(address);
            client.local = Some(local);
        }
    }
    let greeted = Instant::now();
    let (socket, limit) = match tls {
        None => (socket, timeouts.header_read),
        Some(config) => match shake_hands(socket, config, timeouts.tls_handshake).await {
            Ok(Spoken::Tls(stream)) => {
                // The handshake has a limit of its own, the PROXY header has not.
                let start = start + greeted.elapsed();
                return open_tls(*stream, client, start, settings).await;
            }
            Ok(Spoken::Plain(socket)) => {
                settings.metrics.tls_handshake_failures.inc();
                client.lacks_tls = true;
                (socket, timeouts.tls_handshake)
            }
            Err(error) => {
                settings.metrics.tls_handshake_failures.inc();
                handshake::tell(&error, &client, settings);
                return Err(error);
            }
        },
    };
    let mut stream = Stream::plain(socket, timeouts.write);
    let limit = limit.saturating_sub(start.elapsed());
    let found = timeout(limit, sniff(&mut stream));
    let (protocol, ahead) = found.await.map_err(late("a request"))??;
    Ok(Opened {
        stream,
        client,
        protocol,
        ahead,
        start,
    })
}

/// Waits for what comes behind the handshake: hyper would keep to itself what a client says
/// that breaks off there.
async fn open_tls(
    stream: server::TlsStream<Socket>,
    client: Client,
    start: Instant,
    settings: &Settings,
) -> io::Result<Opened> {
    let timeouts = &settings.timeouts;
    let mut stream = Stream::tls(TlsStream::Server(stream), timeouts.write);
    // RFC 9113 3.2: over TLS it is HTTP/2 if that was agreed on, and only then.
    let protocol = match stream.application_protocol() {
        Some(b"h2") => Protocol::Http2,
        _ => Protocol::Http1,
    };
    let mut ahead = BytesMut::new();
    let limit = timeouts.header_read.saturating_sub(start.elapsed());
    match timeout(limit, read_some(&mut stream, &mut ahead)).await {
        Ok(read) => read.inspect_err(|error| handshake::tell(error, &client, settings))?,
        Err(elapsed) => {
            // With `close_notify`; a client that takes nothing gets none.
            let _ = timeout(timeouts.write, stream.shutdown()).await;
            return Err(late("a request")(elapsed));
        }
    }
    Ok(Opened {
        stream,
        client,
        protocol,
        ahead,
        start,
    })
}

/// Reads until it is clear whether the client starts with the preface of HTTP/2 (RFC 9113
/// section 3.4), and returns that with all that was read. One that closes without a word
/// speaks HTTP/1.1.
async fn sniff(stream: &mut Stream) -> io::Result<(Protocol, BytesMut)> {
    let mut read = BytesMut::new();
    loop {
        let before = read.len();
        read_some(stream, &mut read).await?;
        if read.starts_with(PREFACE) {
            return Ok((Protocol::Http2, read));
        }
        if read.len() == before || !PREFACE.starts_with(&read) {
            return Ok((Protocol::Http1, read));
        }
    }
}

/// Reads once; nothing more at the end.
async fn read_some(stream: &mut Stream, read: &mut BytesMut) -> io::Result<()> {
    poll_fn(|cx| {
        // As much as hyper would read at first; it is not kept while nothing comes.
        let mut chunk = [0; 8 * 1024];
        let mut chunk = ReadBuf::new(&mut chunk);
        ready!(Pin::new(&mut *stream).poll_read(cx, &mut chunk))?;
        read.extend_from_slice(chunk.filled());
        Poll::Ready(Ok(()))
    })
    .await
}

impl Opened {
    async fn serve<H: Handler>(
        self,
        handler: H,
        settings: Arc<Settings>,
        place: Place,
        ending: Ending,
    ) -> io::Result<()> {
        let activity = Arc::<Activity>::default();
        let mut client = self.client;
        if self.protocol == Protocol::Http1 {
            client.interim = Interim::new();
        }
        let mut clock = Clock::new(Arc::clone(&activity), &settings.timeouts, self.start);
        if client.lacks_tls {
            // There is nothing for it here.
            clock.hurry(LAST_WORDS);
        }
        let stream = Rewound::new(self.stream, self.ahead, place);
        let shared = Shared {
            handler,
            client: Arc::new(client),
            settings,
        };
        let ended = match self.protocol {
            Protocol::Http1 => {
                let connection = http1::connect(stream, &activity, shared);
                drive(connection, clock, &activity, ending).await
            }
            Protocol::Http2 => {
                shared.settings.metrics.http2_connections.inc();
                let connection = http2::connect(stream, &activity, shared);
                drive(connection, clock, &activity, ending).await
            }
        };
        ended.map_err(io::Error::other)
    }
}

/// Drives a connection until it ends, the server drains or a limit is over; of the last two
/// it is told, and goes on for a while.
async fn drive(
    connection: impl Drive,
    mut clock: Clock,
    activity: &Activity,
    mut ending: Ending,
) -> hyper::Result<()> {
    let mut connection = pin!(connection);
    let deadlines = tokio::select! {
        biased;
        ended = connection.as_mut() => return ended,
        deadlines = ending.asked() => Some(deadlines),
        () = clock.run_out() => None,
    };
    if let Some(deadlines) = deadlines {
        connection.as_mut().drain();
        clock.hurry(deadlines.goodbye);
        tokio::select! {
            biased;
            ended = connection.as_mut() => return ended,
            () = cut(activity, deadlines) => {
                debug!("connection cut: the drain time is over for what it is on");
                return Ok(());
            }
            () = clock.run_out() => {}
        }
    }
    debug!("connection closed: a limit for heads or idle connections is over");
    connection.as_mut().expire();
    let ended = timeout(clock.last_words(), connection).await;
    ended.unwrap_or(Ok(()))
}

/// Waits until a connection has to end, whatever it is on.
async fn cut(activity: &Activity, deadlines: Deadlines) {
    let event_stream = async {
        sleep_until(deadlines.event_streams).await;
        // One task looks at the connection and then at this.
        poll_fn(|_| match activity.is_event_stream() {
            true => Poll::Ready(()),
            false => Poll::Pending,
        })
        .await;
    };
    let request = async {
        sleep_until(deadlines.requests).await;
        if activity.has_tunnel() {
            sleep_until(deadlines.tunnels).await;
        }
    };
    tokio::select! {
        () = event_stream => {}
        () = request => {}
    }
}

fn late(what: &'static str) -> impl Fn(Elapsed) -> io::Error {
    move |_| io::Error::new(io::ErrorKind::TimedOut, format!("{what} took too long"))
}

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
