//! The pretend Zoom in each of its regimes, over raw sockets: the tests that
//! stand on it are worth no more than it is.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
};

use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD, Engine};
use rescope::demo::{PretendZoom, Regime, RegisteredApp};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio::runtime::Runtime;

const REDIRECT_URI: &str = "http://127.0.0.1:1/callback";
const REDIRECT: &str = "redirect_uri=http%3A%2F%2F127.0.0.1%3A1%2Fcallback";
const VERIFIER: &str = "a-verifier-of-at-least-forty-three-characters-";
const COMMA: Regime = Regime::Granular { separator: ',' };

#[test]
fn classic_strict_refuses_any_scope() {
    let zoom = Zoom::with(Regime::ClassicStrict);
    zoom.authorize("").is_granted();
    for scope in [
        "scope=user:read:user",
        "scope=",
        "scope",
        "%73cope=x",
        "a=b&scope=+",
    ] {
        zoom.authorize(scope).is_refused("Invalid scope (4,700)");
    }
    zoom.authorize("scopes=x&Scope=y").is_granted();
}

#[test]
fn classic_lenient_refuses_scope_only_when_signed_in() {
    let zoom = Zoom::with(Regime::ClassicLenient);
    let granted = zoom.authorize("scope=user:read:user");
    granted.is_granted();
    let cookie = granted.cookie();
    zoom.authorize_as(&cookie, "scope=user:read:user")
        .is_refused("Invalid scope (4,700)");
    zoom.authorize_as(&cookie, "").is_granted();
    let stranger = "zoom_session=made-up";
    zoom.authorize_as(stranger, "scope=user:read:user")
        .is_granted();
    let cookie = zoom.get("/signin", "").cookie();
    zoom.authorize_as(&cookie, "scope=")
        .is_refused("Invalid scope (4,700)");
}

#[test]
fn ignore_grants_what_is_saved() {
    let zoom = Zoom::with(Regime::Ignore);
    let code = zoom.authorize("scope=nonsense").code();
    assert_eq!(
        zoom.token(&code, "").json()["scope"],
        "user:read:user meeting:read:meeting"
    );
}

#[test]
fn granular_grants_a_subset_of_what_is_saved() {
    let zoom = Zoom::with(COMMA);
    let scope = |query: &str| zoom.token(&zoom.authorize(query).code(), "").json()["scope"].clone();
    let both = "user:read:user meeting:read:meeting";
    assert_eq!(scope(""), both);
    assert_eq!(scope("scope="), both);
    assert_eq!(scope("scope=meeting:read:meeting"), "meeting:read:meeting");
    assert_eq!(scope("scope=user:read:user,meeting:read:meeting"), both);
    assert_eq!(
        scope("scope=user%3Aread%3Auser%2Cmeeting%3Aread%3Ameeting"),
        both
    );
    assert_eq!(
        scope("scope=user:read:user&optional_scope=meeting:read:meeting"),
        both
    );
}

#[test]
fn granular_refuses_the_wrong_separator_and_unsaved_names() {
    let zoom = Zoom::with(COMMA);
    for query in [
        "scope=user:read:user+meeting:read:meeting",
        "scope=user:read:user%20meeting:read:meeting",
        "scope=user:write:user",
        "scope=user:read:user,user:write:user",
        "scope=user:read:user&optional_scope=user:write:user",
    ] {
        zoom.authorize(query).is_refused("Invalid scope (4,700)");
    }
    let zoom = Zoom::with(Regime::Granular { separator: ' ' });
    zoom.authorize("scope=user:read:user+meeting:read:meeting")
        .is_granted();
    zoom.authorize("scope=user:read:user,meeting:read:meeting")
        .is_refused("Invalid scope (4,700)");
}

#[test]
fn client_redirect_and_response_type_are_checked_first() {
    let zoom = Zoom::with(Regime::Ignore);
    let refused = |query: &str, text| {
        zoom.get(&format!("/oauth/authorize?{query}"), "")
            .is_refused(text);
    };
    refused("", "Invalid client_id");
    refused(
        &format!("client_id=other&response_type=code&{REDIRECT}"),
        "Invalid client_id",
    );
    refused(
        "client_id=app&response_type=code",
        "Invalid redirect (4,700)",
    );
    refused(
        &format!("client_id=app&response_type=code&{REDIRECT}%2F"),
        "Invalid redirect",
    );
    refused(
        &format!("client_id=app&{REDIRECT}"),
        "Invalid response_type",
    );
    refused(
        &format!("client_id=app&response_type=token&{REDIRECT}"),
        "Invalid response_type",
    );
    zoom.authorize("client_id=app")
        .is_refused("A parameter is there twice");
    zoom.authorize("code_challenge=x&code_challenge_method=S512")
        .is_refused("Invalid code_challenge");
}

#[test]
fn state_comes_back_byte_for_byte() {
    let zoom = Zoom::with(Regime::Ignore);
    for state in [
        "abc",
        "",
        "a+b%20c",
        "%7e~%2F/=:@!$'()*,;?",
        "%zz%",
        "%ff%00",
    ] {
        let location = zoom.authorize(&format!("state={state}")).location();
        let (start, end) = location.split_once("&state=").unwrap();
        assert!(
            start.starts_with(&format!("{REDIRECT_URI}?code=")),
            "{location}"
        );
        assert_eq!(end, state);
    }
    assert!(!zoom.authorize("").location().contains("state"));
}

#[test]
fn code_works_once() {
    let zoom = Zoom::with(Regime::Ignore);
    let code = zoom.authorize("").code();
    let answer = zoom.token(&code, "").json();
    assert_eq!(answer["token_type"], "bearer");
    assert_eq!(answer["expires_in"], 3599);
    assert!(answer["refresh_token"].is_string());
    zoom.token(&code, "").is_fault("400", "invalid_grant");
    zoom.token("made-up", "").is_fault("400", "invalid_grant");
}

#[test]
fn pkce_verifier_must_match() {
    let zoom = Zoom::with(Regime::Ignore);
    let digest = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
    let s256 = format!("code_challenge={digest}&code_challenge_method=S256");
    let plain = format!("code_challenge={VERIFIER}&code_challenge_method=plain");
    let default = format!("code_challenge={VERIFIER}");
    for challenge in [&s256, &plain, &default] {
        let code = || zoom.authorize(challenge).code();
        let right = format!("&code_verifier={VERIFIER}");
        assert!(zoom.token(&code(), &right).json()["access_token"].is_string());
        zoom.token(&code(), "&code_verifier=wrong")
            .is_fault("400", "invalid_grant");
        zoom.token(&code(), "").is_fault("400", "invalid_grant");
    }
}

#[test]
fn public_client_needs_pkce() {
    let mut app = app(Regime::Ignore);
    app.client_secret = None;
    let zoom = Zoom::serving(app);
    let exchange = |code: &str, more: &str| {
        let form =
            format!("grant_type=authorization_code&client_id=app&code={code}&{REDIRECT}{more}");
        zoom.post("/oauth/token", "", &form)
    };
    let code = zoom.authorize(&format!("code_challenge={VERIFIER}")).code();
    let answer = exchange(&code, &format!("&code_verifier={VERIFIER}"));
    assert!(answer.json()["access_token"].is_string());
    exchange(&zoom.authorize("").code(), "").is_fault("400", "invalid_grant");
}

#[test]
fn token_takes_credentials_from_body_or_basic_and_parameters_from_query() {
    let zoom = Zoom::with(Regime::Ignore);
    let form = |code: &str| format!("grant_type=authorization_code&code={code}&{REDIRECT}");
    let code = || zoom.authorize("").code();
    let in_query = format!("/oauth/token?{}", form(&code()));
    assert!(zoom.post(&in_query, &basic("app:secret"), "").json()["access_token"].is_string());
    let in_body = format!("{}&client_id=app&client_secret=secret", form(&code()));
    assert!(zoom.post("/oauth/token", "", &in_body).json()["access_token"].is_string());
    let wrong = zoom.post("/oauth/token", &basic("app:wrong"), &form(&code()));
    wrong.is_fault("401", "invalid_client");
    let none = zoom.post("/oauth/token", "", &form(&code()));
    none.is_fault("401", "invalid_client");
    let elsewhere = form(&code()).replace("callback", "other");
    zoom.post("/oauth/token", &basic("app:secret"), &elsewhere)
        .is_fault("400", "invalid_grant");
    let refresh = zoom.post(
        "/oauth/token",
        &basic("app:secret"),
        "grant_type=client_credentials",
    );
    refresh.is_fault("400", "unsupported_grant_type");
}

#[test]
fn access_token_opens_the_api() {
    let zoom = Zoom::with(Regime::Ignore);
    let token = zoom.token(&zoom.authorize("").code(), "").json()["access_token"].clone();
    let token = format!("Authorization: Bearer {}\r\n", token.as_str().unwrap());
    assert_eq!(zoom.get("/v2/users/me", &token).json()["first_name"], "Ada");
    assert!(zoom.get("/v2/users/me", "").0.starts_with("HTTP/1.1 401 "));
}

/// A pretend Zoom with one app, `app`, that has saved two scopes.
struct Zoom {
    address: SocketAddr,
    /// Serves until it is dropped.
    _runtime: Runtime,
}

fn app(regime: Regime) -> RegisteredApp {
    RegisteredApp {
        client_id: "app".to_owned(),
        client_secret: Some("secret".to_owned()),
        redirect_uris: vec![REDIRECT_URI.to_owned()],
        scopes: vec![
            "user:read:user".to_owned(),
            "meeting:read:meeting".to_owned(),
        ],
        regime,
    }
}

fn basic(credentials: &str) -> String {
    format!(
        "Authorization: Basic {}\r\n",
        BASE64_STANDARD.encode(credentials)
    )
}

impl Zoom {
    fn with(regime: Regime) -> Self {
        Self::serving(app(regime))
    }

    fn serving(app: RegisteredApp) -> Self {
        let runtime = Runtime::new().unwrap();
        let mut zoom = runtime.block_on(PretendZoom::bind()).unwrap();
        zoom.register(app);
        let address = zoom.local_addr();
        runtime.spawn(zoom.serve(std::future::pending()));
        Self {
            address,
            _runtime: runtime,
        }
    }

    /// Asks for a code with `more` parameters.
    fn authorize(&self, more: &str) -> Answer {
        self.authorize_as("", more)
    }

    fn authorize_as(&self, cookie: &str, more: &str) -> Answer {
        let target = format!("/oauth/authorize?response_type=code&client_id=app&{REDIRECT}&{more}");
        self.get(&target, &format!("Cookie: other=1; {cookie}\r\n"))
    }

    fn token(&self, code: &str, more: &str) -> Answer {
        let form = format!("grant_type=authorization_code&code={code}&{REDIRECT}{more}");
        self.post("/oauth/token", &basic("app:secret"), &form)
    }

    fn get(&self, target: &str, lines: &str) -> Answer {
        self.send(&format!("GET {target} HTTP/1.1\r\n{lines}"), "")
    }

    fn post(&self, target: &str, lines: &str, form: &str) -> Answer {
        let kind = "Content-Type: application/x-www-form-urlencoded\r\n";
        self.send(&format!("POST {target} HTTP/1.1\r\n{kind}{lines}"), form)
    }

    fn send(&self, head: &str, body: &str) -> Answer {
        let mut stream = TcpStream::connect(self.address).unwrap();
        let rest = format!(
            "Host: zoom\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        stream
            .write_all(format!("{head}{rest}{body}").as_bytes())
            .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        Answer(answer)
    }
}

/// A whole response, head and body.
struct Answer(String);

impl Answer {
    fn is_granted(&self) {
        self.code();
    }

    fn is_refused(&self, text: &str) {
        assert!(self.0.starts_with("HTTP/1.1 400 "), "{}", self.0);
        assert!(self.0.contains(text), "{text}: {}", self.0);
        assert_eq!(self.field("location"), None);
    }

    fn is_fault(&self, status: &str, error: &str) {
        assert!(
            self.0.starts_with(&format!("HTTP/1.1 {status} ")),
            "{}",
            self.0
        );
        assert_eq!(self.json()["error"], error);
        assert!(self.json()["reason"].is_string());
    }

    fn location(&self) -> String {
        assert!(self.0.starts_with("HTTP/1.1 302 "), "{}", self.0);
        self.field("location").unwrap()
    }

    fn code(&self) -> String {
        let location = self.location();
        let (_, rest) = location.split_once("?code=").unwrap();
        rest.split('&').next().unwrap().to_owned()
    }

    fn cookie(&self) -> String {
        let line = self.field("set-cookie").unwrap();
        line.split(';').next().unwrap().to_owned()
    }

    fn field(&self, name: &str) -> Option<String> {
        let (head, _) = self.0.split_once("\r\n\r\n").unwrap();
        let fields = head.lines().filter_map(|line| line.split_once(": "));
        let mut values = fields.filter(|(known, _)| known.eq_ignore_ascii_case(name));
        values.next().map(|(_, value)| value.to_owned())
    }

    fn json(&self) -> Value {
        let (_, body) = self.0.split_once("\r\n\r\n").unwrap();
        serde_json::from_str(body).unwrap_or_else(|_| panic!("{}", self.0))
    }
}
