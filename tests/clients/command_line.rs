//! curl and openssl: every version of HTTP and TLS that they can be told to speak.

use std::{
    io::{BufRead, BufReader, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::Command,
    thread,
    time::Duration,
};

use crate::program::Program;
use crate::program::tool::{self, Run};

#[test]
fn curl_gets_the_rewritten_redirect_over_plain_ports() {
    let rescope = Program::start(app(), "");
    let url = format!("http://{}/login", rescope.address());
    let any = Path::new("/dev/null");
    redirected(&url, any, "--http1.0", "HTTP/1.0 302");
    redirected(&url, any, "--http1.1", "HTTP/1.1 302");
    // It offers h2c by Upgrade, which RFC 9113 has no more, and takes no for an answer.
    redirected(&url, any, "--http2", "HTTP/1.1 302");
    redirected(&url, any, "--http2-prior-knowledge", "HTTP/2 302");
}

#[test]
fn curl_gets_the_rewritten_redirect_over_tls() {
    let rescope = Program::start_with_tls(app(), "");
    let url = format!("https://localhost:{}/login", rescope.tls_address().port());
    let authority = rescope.authority();
    redirected(&url, &authority, "--http1.0", "HTTP/1.0 302");
    redirected(&url, &authority, "--http1.1", "HTTP/1.1 302");
    redirected(&url, &authority, "--http2", "HTTP/2 302");
    redirected(&url, &authority, "--http2-prior-knowledge", "HTTP/2 302");
}

#[test]
fn openssl_agrees_on_tls_1_2_and_1_3_and_on_a_protocol() {
    let rescope = Program::start_with_tls(app(), "");
    for (version, name) in [("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")] {
        for (offer, agreed) in [
            ("h2,http/1.1", "ALPN protocol: h2"),
            ("http/1.1", "ALPN protocol: http/1.1"),
        ] {
            let run = handshake(&rescope, &[version, "-alpn", offer]);
            let output = &run.output;
            assert!(run.status.success(), "{output}");
            assert!(output.contains(&format!("New, {name}, ")), "{output}");
            assert!(output.contains(agreed), "{output}");
            assert!(output.contains("Verification: OK"), "{output}");
        }
    }
}

#[test]
fn openssl_agrees_on_nothing_older() {
    let rescope = Program::start_with_tls(app(), "");
    let run = handshake(&rescope, &["-tls1_1", "-cipher", "DEFAULT:@SECLEVEL=0"]);
    assert!(!run.status.success(), "{}", run.output);
    assert!(run.output.contains("SSL alert number"), "{}", run.output);
}

/// Runs curl with `flag`; fails unless it gets `status` and the redirect without its scope.
#[track_caller]
fn redirected(url: &str, authority: &Path, flag: &str, status: &str) {
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--show-error", "--include", "--max-time", "60"]);
    curl.args(["--noproxy", "*", flag, url]);
    curl.arg("--cacert").arg(authority);
    let Run {
        status: end,
        output,
    } = tool::run(&mut curl, "curl", LIMIT);
    assert!(end.success(), "{flag}: {output}");
    assert!(output.starts_with(status), "{flag}: {output}");
    let lines = output.lines().filter_map(|line| line.split_once(": "));
    let mut locations = lines.filter(|(name, _)| name.eq_ignore_ascii_case("location"));
    let location = locations.next().map(|(_, value)| value);
    let expected = "https://zoom.us/oauth/authorize?client_id=a&state=%7Ex";
    assert_eq!(location, Some(expected), "{flag}: {output}");
    assert!(output.ends_with("\r\n\r\nmoved"), "{flag}: {output}");
}

/// Has openssl shake hands, and end when it has.
fn handshake(rescope: &Program, arguments: &[&str]) -> Run {
    let mut openssl = Command::new("openssl");
    openssl.args(["s_client", "-servername", "localhost", "-connect"]);
    openssl.arg(rescope.tls_address().to_string());
    openssl.args(["-verify_return_error", "-verify_hostname", "localhost"]);
    openssl.arg("-CAfile").arg(rescope.authority());
    tool::run(openssl.args(arguments), "openssl", LIMIT)
}

const LIMIT: Duration = Duration::from_secs(90);

/// An app that redirects to Zoom, whatever it is asked.
fn app() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            thread::spawn(move || redirect(stream));
        }
    });
    address
}

/// Answers one request; `None` if there was none.
fn redirect(mut stream: TcpStream) -> Option<()> {
    let reader = BufReader::new(stream.try_clone().ok()?);
    reader
        .lines()
        .find(|line| matches!(line.as_deref(), Ok("")))?
        .ok()?;
    let answer = "HTTP/1.1 302 Found\r\nLocation: https://zoom.us/oauth/authorize\
        ?client_id=a&scope=user:read&state=%7Ex\r\nConnection: close\r\n\
        Content-Length: 5\r\n\r\nmoved";
    stream.write_all(answer.as_bytes()).ok()
}
