//! Good and failing exchanges in HTTP/1.1, with secrets wherever one can be.

use crate::program::Stage;
use crate::raw::Wire;
use crate::{assert_no_secret, with_secrets};

/// Short limits, so that what runs into one does so soon; before [`SETTINGS`].
const IMPATIENT: &str =
    "timeouts = { header_read = '200ms', response_head = '200ms', body_idle = '200ms' }\n";

/// A client whose changes are only told, and a name for Via.
const SETTINGS: &str = "via = 'rescope'\n\
    limits = { header_size = '8KiB' }\n\
    [[client]]\nid = 'dry'\ndry_run = true\nscope = 'strip'\n\
    [[client]]\nid = 'fine'\nscope = 'normalize'\nrename = { 'a:b' = 'c:d' }\n";

/// What a browser and an identity provider send, and more.
const FIELDS: &str = "Host: app.example\r\nConnection: close\r\nAuthorization: Bearer $\r\n\
    Proxy-Authorization: Basic $\r\nCookie: session=$; other=$\r\n\
    Referer: http://app.example/callback?code=$&state=$\r\nX-Zm-Signature: v0=$\r\n\
    X-Zm-Request-Timestamp: $\r\nX-$: $\r\nForwarded: for=\"$\"\r\nX-Forwarded-For: $\r\n";

const QUERY: &str = "code=$&state=$&nonce=$&code_verifier=$&code_challenge=$&access_token=$\
    &refresh_token=$&id_token=$&client_secret=$&assertion=$&device_code=$";

/// A request with secrets in its query, fields, and perhaps a body.
fn request(method: &str, lines: &str, body: &str) -> String {
    with_secrets(&format!(
        "{method} /callback?{QUERY} HTTP/1.1\r\n{FIELDS}{lines}\r\n{body}"
    ))
}

fn get() -> String {
    request("GET", "", "")
}

/// An answer with secrets in its fields and body.
fn answer(status: &str, lines: &str) -> String {
    let body = with_secrets("{\"access_token\":\"$\",\"refresh_token\":\"$\"}");
    let length = body.len();
    with_secrets(&format!(
        "HTTP/1.1 {status}\r\nSet-Cookie: session=$; HttpOnly\r\nX-$: $\r\n{lines}Connection: close\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    ))
}

#[test]
fn redirects_leave_no_secret_in_the_log() {
    for format in ["text", "json"] {
        let mut stage = Stage::start(format, SETTINGS);
        let query = "redirect_uri=https%3A%2F%2Fapp%2F%24%3Fx%3D$&response_type=code&state=$&nonce=$\
            &code_challenge=$&code_challenge_method=S256&login_hint=$";
        for (status, location) in [
            (
                "302 Found",
                "https://zoom.us/oauth/authorize?client_id=a&scope=b+c&",
            ),
            (
                "307 T",
                "//zoom.us/oauth/authorize?client_id=fine&scope=a:b%20c&",
            ),
            (
                "302 Found",
                "https://zoom.us/oauth/authorize?client_id=dry&scope=b&",
            ),
            ("302 Found", "https://zoom.us/oauth/authorize?scope=b&"),
            (
                "302 Found",
                "https://zoom.us/oauth/authorize?client_id=a&client_id=b&scope=b&",
            ),
            (
                "302 Found",
                "https://zoom.us/oauth/authorize?client_id=a&scope=b&request=$&",
            ),
            (
                "302 Found",
                "https://zoom.us/oauth/authorize?client_id=a&request_uri=$&",
            ),
            (
                "302 Found",
                "https://ZOOM.us:443/oauth/./authorize?client_id=a&sc%6fpe=b&%zz=$&",
            ),
            (
                "302 Found",
                "https://zoom.us@$.example/oauth/authorize?client_id=a&scope=b&",
            ),
            ("302 Found", "/$?client_id=a&scope=$&"),
            (
                "201 Created",
                "https://zoom.us/oauth/authorize?client_id=a&scope=b&",
            ),
        ] {
            let lines = format!("Location: {location}{query}#$\r\n");
            stage.passing(&get(), &answer(status, &lines));
        }
        let said = stage.program.end();
        assert!(
            said.contains("scope rewritten") && said.contains("dry run"),
            "{said}"
        );
        assert!(
            said.contains("not one client_id") && said.contains("request object"),
            "{said}"
        );
        assert_no_secret(&said);
    }
}

#[test]
fn good_exchanges_leave_no_secret_in_the_log() {
    for format in ["text", "json"] {
        let mut stage = Stage::start(format, SETTINGS);
        for status in [
            "200 OK",
            "401 Unauthorized",
            "404 Not Found",
            "500 Oh $",
            "503 $",
        ] {
            let lines = "WWW-Authenticate: Bearer error=\"$\"\r\nRefresh: 0; url=/?code=$\r\n";
            stage.passing(&get(), &answer(&with_secrets(status), lines));
        }
        let form = with_secrets("grant_type=authorization_code&code=$&client_secret=$");
        let lines = format!("Content-Length: {}\r\n", form.len());
        let post = request("POST", &lines, &form);
        stage.exchange(&post, |server| {
            server.exactly(form.len());
            server.send(answer("200 OK", ""));
        });
        let trailers = "Trailer: X-Sum\r\nTransfer-Encoding: chunked\r\n";
        let chunks =
            with_secrets("4;$=$\r\n$\r\n0\r\nX-Sum: $\r\nX-$: $\r\n\r\n").replacen('4', "b", 1);
        let post = request("POST", &format!("{trailers}TE: trailers\r\n"), &chunks);
        let head = with_secrets(&format!(
            "HTTP/1.1 200 OK\r\nConnection: close\r\n{trailers}\r\n"
        ));
        stage.exchange(&post, |server| {
            server.until(b"0\r\n");
            server.send(format!("{head}{chunks}"));
        });
        let early = with_secrets("HTTP/1.1 103 Early Hints\r\nLink: </$>\r\nX-$: $\r\n\r\n");
        stage.passing(&get(), &(early + &answer("200 OK", "")));
        let expects = request("POST", "Expect: 100-continue\r\nContent-Length: 6\r\n", "");
        stage.passing(&expects, &answer("417 $", ""));
        tunnels(&mut stage);
        let said = stage.program.end();
        assert!(
            said.contains("status=417") || said.contains("\"status\":417"),
            "{said}"
        );
        assert!(said.contains("tunnel"), "{said}");
        assert_no_secret(&said);
    }
}

/// WebSockets that end well, and that are reset in the middle.
fn tunnels(stage: &mut Stage) {
    let lines = "Upgrade: websocket, $\r\nSec-WebSocket-Key: $\r\nSec-WebSocket-Protocol: $\r\n";
    let ask = request("GET", lines, "").replace("Connection: close", "Connection: upgrade");
    for is_reset in [false, true] {
        let mut client = stage.client();
        client.send(&ask);
        let mut server = stage.app.accept();
        server.head();
        server.send(with_secrets(
            "HTTP/1.1 101 $\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\
             Sec-WebSocket-Accept: $\r\nSet-Cookie: $\r\n\r\n",
        ));
        client.head();
        let frame = with_secrets("\u{1}\u{b}$");
        client.send(&frame);
        server.exactly(frame.len());
        server.send(&frame);
        client.exactly(frame.len());
        match is_reset {
            true => server.reset(),
            false => drop(server),
        }
        client.rest();
    }
}

#[test]
fn refused_requests_leave_no_secret_anywhere() {
    for format in ["text", "json"] {
        let mut stage = Stage::start(format, &[IMPATIENT, SETTINGS].concat());
        for (old, new) in [
            ("Host: app.example\r\n", ""),
            ("Host: app.example\r\n", "Host: $\r\nHost: $\r\n"),
            ("Host: app.example\r\n", "Host: $@app.example\r\n"),
            ("Host: app.example\r\n", "Host: $/?$ $\r\n"),
            ("Connection: close\r\n", "$\r\n"),
            ("Connection: close\r\n", "X-$ : $\r\n"),
            ("Connection: close\r\n", "X: $\0\r\n"),
            ("Connection: close\r\n", "X: a\r\n $\r\n"),
            ("Connection: close\r\n", "Transfer-Encoding: $, chunked\r\n"),
            ("Connection: close\r\n", "Transfer-Encoding: $\r\n"),
            ("Connection: close\r\n", "Content-Length: $\r\n"),
            (
                "Connection: close\r\n",
                "Content-Length: 1\r\nContent-Length: 2\r\nX: $\r\n",
            ),
            (
                "Connection: close\r\n",
                "Connection: close\r\nVia: 1.1 $, 1.1 rescope ($)\r\n",
            ),
            ("HTTP/1.1", "HTTP/$"),
            ("HTTP/1.1", "$ HTTP/1.1"),
            ("GET /callback", "CONNECT $:443 HTTP/1.1\r\nX: "),
            ("GET /callback", "TRACE /callback"),
            ("GET /callback", "GET http://$@app/callback"),
            ("GET /callback", "GET $<"),
        ] {
            let changed = get().replacen(old, &with_secrets(new), 1);
            let changed = changed.replacen("\r\n\r\n", "\r\nMax-Forwards: 0\r\n\r\n", 1);
            stage.refused(changed);
        }
        stage.refused(with_secrets("$ $ $\r\n$\r\n\r\n"));
        stage.refused(with_secrets("PRI * HTTP/2.0\r\n\r\n$$$$$$"));
        stage.refused(request("GET", &format!("X: {}\r\n", "$".repeat(2000)), ""));
        stage.refused(format!(
            "GET /{} HTTP/1.1\r\n\r\n",
            with_secrets("$").repeat(7000)
        ));
        // A head that is never whole.
        let whole = get();
        stage.refused(&whole[..whole.len() - 2]);
        assert!(stage.answers.contains(" 408 ") && stage.answers.contains(" 508 "));
        assert!(stage.answers.contains(" 405 ") && stage.answers.contains(" 501 "));
        assert_no_secret(&stage.answers);
        let said = stage.program.end();
        assert!(said.contains("request refused"), "{said}");
        assert_no_secret(&said);
    }
}

#[test]
fn failing_apps_leave_no_secret_anywhere() {
    for format in ["text", "json"] {
        let mut stage = Stage::start(format, &[IMPATIENT, SETTINGS].concat());
        for answer in [
            "",
            "$\r\n$\r\n\r\n",
            "HTTP/1.1 $ $\r\n\r\n",
            "HTTP/1.1 200 OK\r\n$\r\n\r\n",
            "HTTP/1.1 200 OK\r\nX: $\0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nX: a\r\n $\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: $\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: $\r\n\r\n$",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: $, chunked\r\n\r\n0\r\n\r\n",
            "HTTP/1.1 101 $\r\nUpgrade: $\r\nConnection: upgrade\r\nSet-Cookie: $\r\n\r\n$",
            "HTTP/1.1 200 OK\r\nSet-Cookie: $",
        ] {
            let answer = with_secrets(answer);
            stage.failing(&request("POST", "Content-Length: 0\r\n", ""), |server| {
                server.send_lossy(answer);
                server.finish();
            });
        }
        let large = format!(
            "HTTP/1.1 200 OK\r\nX: {}\r\n\r\n",
            with_secrets("$").repeat(2000)
        );
        stage.failing(&get(), |server| server.send_lossy(large));
        let endless = with_secrets("HTTP/1.1 103 $\r\nLink: $\r\n\r\n").repeat(2000);
        stage.exchange(&get(), |server| server.send_lossy(endless));
        stage.failing(&get(), |server| drop(server.rest()));
        for rest in [
            "Content-Length: 99\r\n\r\n$",
            "Transfer-Encoding: chunked\r\n\r\nb\r\n$\r\n",
            "Transfer-Encoding: chunked\r\n\r\nb\r\n$\r\n$\r\n",
            "Transfer-Encoding: chunked\r\n\r\nb\r\n$\r\n0\r\n$\r\n\r\n",
        ] {
            let head = with_secrets(&format!("HTTP/1.1 200 OK\r\nSet-Cookie: $\r\n{rest}"));
            stage.exchange(&get(), |server| server.send(&head));
            // And the same, but the app is silent until its time is over.
            stage.exchange(&get(), |server| {
                server.send(&head);
                server.rest();
            });
        }
        broken_uploads(&mut stage);
        assert!(stage.answers.contains(" 502 ") && stage.answers.contains(" 504 "));
        assert_no_secret(&stage.answers);
        let said = stage.program.end();
        assert!(said.contains("no answer from the upstream"), "{said}");
        assert!(said.contains("broke off"), "{said}");
        assert_no_secret(&said);
    }
}

/// Bodies that are malformed, that end too soon, and that do not go on.
fn broken_uploads(stage: &mut Stage) {
    let read = |server: &mut Wire| drop(server.rest());
    let chunked = "Transfer-Encoding: chunked\r\n";
    stage.failing(&request("POST", chunked, "b\r\n$\r\n$\r\n"), read);
    stage.failing(&request("POST", chunked, "b\r\n$\r\n"), read);
    stage.failing(&request("POST", "Content-Length: 99\r\n", "$"), read);
    let mut client = stage.client();
    client.send(request("POST", "Content-Length: 99\r\n", "$"));
    let mut server = stage.app.accept();
    server.until(b"\r\n\r\n");
    client.reset();
    server.rest();
}
