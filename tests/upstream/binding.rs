//! Connections that are bound to one client's, for the app authenticates them.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
};

use h2::{Reason, server::SendResponse};
use http::{Request, Response};
use hyper::body::Bytes;
use rescope::net::Interim;
use rescope::upstream::{Binding, Error, RequestBody};
use tracing::instrument::WithSubscriber as _;

use crate::{
    caller::{Caller, Sent, request},
    http2::{Http2App, drive, next},
    raw::App,
};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const CHALLENGE: &str =
    "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: NTLM\r\nContent-Length: 2\r\n\r\nno";

#[test]
fn connection_that_the_app_has_closed_is_replaced_by_one_that_is_bound_too() {
    let app = App::start();
    let caller = Caller::of(app.address());
    let binding = Binding::default();
    let sent = send(&caller, credentials(), &binding);
    let mut server = app.accept();
    server.head();
    server.send(OK);
    caller.whole(sent);
    for next in [credentials(), plain()] {
        drop(server);
        caller.look();
        let sent = send(&caller, next, &binding);
        server = app.accept();
        server.head();
        server.send(OK);
        caller.whole(sent);
        // Nobody else gets it.
        let sent = caller.get();
        let mut other = app.accept();
        other.head();
        other.send(CHALLENGE);
        caller.whole(sent);
        other.rest();
        assert!(server.is_silent());
    }
    drop(binding);
    server.rest();
}

#[test]
fn nothing_is_bound_in_http2_which_is_told_once() {
    let app = Http2App::start();
    let caller = app.caller();
    let binding = Binding::default();
    let log = Log::default();
    let mut sent = Vec::new();
    caller.runtime.block_on(async {
        sent.push(log.send(&caller, plain(), &binding));
        let mut first = app.accept().await;
        let (_, respond) = next(&mut first).await;
        challenge(respond);
        // A challenge authenticates nobody.
        sent.push(log.send(&caller, credentials(), &binding));
        let (_, respond) = next(&mut first).await;
        challenge(respond);
        let _first = drive(first);
        // Credentials may: the connection is left to them.
        sent.push(log.send(&caller, plain(), &binding));
        let mut second = app.accept().await;
        let (_, respond) = next(&mut second).await;
        challenge(respond);
        let _second = drive(second);
    });
    for sent in sent {
        let answer = caller.answer(sent).unwrap();
        assert_eq!(answer.response.status(), 401);
        assert_eq!(answer.response.headers()["www-authenticate"], "Negotiate");
    }
    let log = log.text();
    assert_eq!(log.matches(" WARN ").count(), 1, "{log}");
    assert!(log.contains("upstream_protocol"), "{log}");
    assert!(!log.contains("YII="), "{log}");
}

#[test]
fn credentials_are_not_sent_again_in_http2_though_the_app_did_nothing_with_them() {
    let app = Http2App::start();
    let caller = app.caller();
    let sent = send(&caller, credentials(), &Binding::default());
    caller.runtime.block_on(async {
        let mut connection = app.accept().await;
        let (_, mut respond) = next(&mut connection).await;
        respond.send_reset(Reason::REFUSED_STREAM);
        let _connection = drive(connection);
    });
    assert!(matches!(caller.failure(sent), Error::Reset(_)));
    assert!(!app.has_caller());
}

fn plain() -> Request<RequestBody> {
    request().body(RequestBody::none()).unwrap()
}

fn credentials() -> Request<RequestBody> {
    let request = request().header("Authorization", "Negotiate YII=");
    request.body(RequestBody::none()).unwrap()
}

fn challenge(mut respond: SendResponse<Bytes>) {
    let answer = Response::builder().status(401);
    let answer = answer.header("www-authenticate", "Negotiate").body(());
    respond.send_response(answer.unwrap(), true).unwrap();
}

fn send(caller: &Caller, request: Request<RequestBody>, binding: &Binding) -> Sent {
    Log::default().send(caller, request, binding)
}

/// What is logged while requests are sent.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn send(&self, caller: &Caller, request: Request<RequestBody>, binding: &Binding) -> Sent {
        let (upstream, binding) = (Arc::clone(&caller.upstream), binding.clone());
        let log = self.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_ansi(false)
            .with_writer(move || log.clone())
            .finish();
        let sent = async move {
            let interim = Interim::default();
            upstream.send(request, &interim, Some(&binding)).await
        };
        caller.runtime.spawn(sent.with_subscriber(subscriber))
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
