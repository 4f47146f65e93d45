//! An app's answer, directly and through the program.

use url::Url;

use crate::apps::App;
use crate::browser::{Answer, Browser};
use crate::program::Program;

/// A configuration as it is without more: URLs in headers are rewritten.
pub const HEADERS: &str = "";

/// A configuration that looks for URLs in bodies.
pub const BODIES: &str = "[bodies]\ntypes = [\"json\", \"html\", \"text\"]\n";

const NORMALIZE: &str = r#"
[[client]]
id = "calendar"
scope = "normalize"
separator = "comma"
allow = ["user:read:user", "meeting:*"]
"#;

/// The parameter as the libraries spell it: none escapes any of this further.
const SCOPES: [&str; 2] = [
    "scope=user%3Aread%3Auser+meeting%3Aread%3Ameeting+offline_access",
    "scope=user%3Aread%3Auser%20meeting%3Aread%3Ameeting%20offline_access",
];

const WHOLE_SCOPE: &str = "user:read:user meeting:read:meeting offline_access";

/// Parts of a streamed page change places when its app is slow, with no proxy near.
const ATTEMPTS: usize = 5;

/// What becomes of the scope.
#[derive(Clone, Copy, Debug)]
pub enum Policy {
    Strip,
    Normalize,
}

/// Fails unless `app`, asked directly, answers with all of `emits`, and unless the same request
/// through a program configured by `config` differs in the scope of the authorize URLs alone,
/// wherever they stand, and `urls`, those that a browser would follow, are one and the same.
pub async fn is_rewritten(
    app: &App,
    config: &str,
    emits: &[&str],
    ask: impl AsyncFn(&mut Browser) -> Answer,
    urls: impl Fn(&Answer) -> Vec<String>,
) {
    for policy in [Policy::Strip, Policy::Normalize] {
        let rescope = policy.program(app, config);
        for left in (0..ATTEMPTS).rev() {
            let direct = ask(&mut Browser::new(app.address)).await;
            for &text in emits {
                let found = direct.comparable().contains(text);
                assert!(found, "no {text} in {}", direct.comparable());
            }
            let answer = ask(&mut Browser::new(rescope.address())).await;
            let expected = policy.applied(&leading_to(&direct, &urls(&direct), Some(WHOLE_SCOPE)));
            let found = leading_to(&answer, &urls(&answer), policy.scope());
            if found == expected || left == 0 {
                is_same(&found, &expected);
                goes_with_its_body(&answer, &direct);
                break;
            }
        }
    }
}

impl Policy {
    /// Starts the program in front of `app`.
    pub fn program(self, app: &App, config: &str) -> Program {
        let clients = match self {
            Self::Strip => "",
            Self::Normalize => NORMALIZE,
        };
        Program::start(app.address, &(config.to_owned() + clients))
    }

    /// The decoded parameter of a rewritten URL.
    pub fn scope(self) -> Option<&'static str> {
        match self {
            Self::Strip => None,
            Self::Normalize => Some("user:read:user,meeting:read:meeting"),
        }
    }

    /// What becomes of a text with spelled URLs in it.
    fn applied(self, text: &str) -> String {
        let mut text = text.to_owned();
        for scope in SCOPES {
            match self {
                Self::Normalize => {
                    text = text.replace(scope, "scope=user:read:user,meeting:read:meeting");
                }
                Self::Strip => {
                    for and in ["&amp;", r"\u0026", "&"] {
                        text = text.replace(&format!("{and}{scope}"), "");
                        text = text.replace(&format!("{scope}{and}"), "");
                    }
                }
            }
        }
        text
    }
}

/// Fails at the first difference, and shows what is around it.
#[track_caller]
fn is_same(found: &str, expected: &str) {
    if found != expected {
        let mut pairs = found.bytes().zip(expected.bytes());
        let place = pairs.position(|(one, other)| one != other);
        let place = place.unwrap_or_else(|| found.len().min(expected.len()));
        let near = |text: &str| {
            let bytes = text.bytes().skip(place.saturating_sub(150)).take(400);
            String::from_utf8_lossy(&bytes.collect::<Vec<_>>()).into_owned()
        };
        panic!("{}\n\nexpected:\n{}", near(found), near(expected));
    }
}

/// The fields that speak of a body are those of the changed one.
#[track_caller]
fn goes_with_its_body(answer: &Answer, direct: &Answer) {
    let has = |answer: &Answer, name| answer.fields.contains_key(name);
    // A short body keeps its framing; that the length is right is seen by whoever reads it.
    if has(direct, "content-length") {
        assert!(has(answer, "content-length"), "{answer:?}");
    }
    assert_eq!(has(answer, "etag"), has(direct, "etag"), "{answer:?}");
    if has(answer, "etag") && SCOPES.iter().any(|scope| direct.body.contains(scope)) {
        assert!(answer.field("etag").starts_with("W/\""), "{answer:?}");
    }
}

/// The answer with names in place of what the app made up for this request; fails unless all
/// of `urls` are the same and have `scope`.
#[track_caller]
fn leading_to(answer: &Answer, urls: &[String], scope: Option<&str>) -> String {
    for url in urls {
        assert_eq!(url, &urls[0]);
        assert_eq!(scope_of(url).as_deref(), scope, "{url}");
    }
    let mut text = answer.comparable();
    let (_, query) = urls[0].split_once('?').unwrap();
    for pair in query.split('&') {
        let (name, value) = pair.split_once('=').unwrap();
        if matches!(name, "state" | "code_challenge") {
            assert!(value.len() > 20, "{pair}");
            text = text.replace(value, &format!("the {name}"));
        }
    }
    text
}

/// The `scope` of an authorize URL.
#[track_caller]
pub fn scope_of(url: &str) -> Option<String> {
    let url = Url::parse(url).unwrap();
    assert_eq!(url.host_str(), Some("zoom.us"), "{url}");
    assert_eq!(url.path(), "/oauth/authorize", "{url}");
    let mut pairs = url.query_pairs();
    assert!(pairs.any(|pair| pair == ("client_id".into(), "calendar".into())));
    let scope = url.query_pairs().find(|(name, _)| name == "scope");
    scope.map(|(_, value)| value.into_owned())
}
