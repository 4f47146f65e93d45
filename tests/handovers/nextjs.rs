//! An app of Next.js: next-auth 4, a server action, and pages that hold the URL.

use serde_json::Value;

use crate::FORM;
use crate::apps::{self, App};
use crate::browser::{self, Answer, Browser};
use crate::check::{BODIES, HEADERS, Policy, is_rewritten, scope_of};

fn app() -> App {
    apps::node("next/server.mjs")
}

#[tokio::test]
async fn next_auth_answers_with_json() {
    is_rewritten(
        &app(),
        BODIES,
        &["\n{\"url\":\"https://zoom.us/oauth/authorize?client_id=calendar&scope=user%3Aread"],
        async |browser| {
            let token = browser.get("/api/auth/csrf", &[]).await.json("/csrfToken");
            let form = format!("csrfToken={token}&callbackUrl=%2F&json=true");
            browser.post("/api/auth/signin/zoom", &[FORM], &form).await
        },
        |answer| vec![answer.json("/url")],
    )
    .await;
}

#[tokio::test]
async fn next_redirects_from_an_action() {
    is_rewritten(
        &app(),
        HEADERS,
        &[
            "\nx-action-redirect: https://zoom.us/oauth/authorize?response_type=code&client_id=",
            "offline_access;push\n",
        ],
        async |browser| {
            let action = action(browser).await;
            let fields = [
                ("accept", "text/x-component"),
                ("content-type", "text/plain;charset=UTF-8"),
                ("next-action", action.as_str()),
            ];
            browser.post("/", &fields, "[]").await
        },
        |answer| {
            let field = answer.field("x-action-redirect");
            vec![field.strip_suffix(";push").unwrap().to_owned()]
        },
    )
    .await;
}

#[tokio::test]
async fn next_redirects_from_an_action_without_scripts() {
    is_rewritten(
        &app(),
        HEADERS,
        &[
            "303\n",
            "\nlocation: https://zoom.us/oauth/authorize?response_type=code&client_id=",
        ],
        async |browser| {
            let name = format!("$ACTION_ID_{}", action(browser).await);
            let body = format!(
                "--b\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n\r\n--b--\r\n"
            );
            let fields = [("content-type", "multipart/form-data; boundary=b")];
            browser.post("/", &fields, &body).await
        },
        |answer| vec![answer.field("location").to_owned()],
    )
    .await;
}

/// The router of the older kind of pages asks for data, of which a middleware must not redirect
/// a script to another host: it names the URL in a field of its own, and there alone.
#[tokio::test]
async fn next_redirects_from_a_middleware() {
    is_rewritten(
        &app(),
        HEADERS,
        &["\nx-nextjs-redirect: https://zoom.us/oauth/authorize?response_type=code&client_id="],
        async |browser| {
            let fields = [("x-nextjs-data", "1")];
            browser.get("/_next/data/build/away.json", &fields).await
        },
        |answer| {
            assert!(!answer.fields.contains_key("location"), "{answer:?}");
            vec![answer.field("x-nextjs-redirect").to_owned()]
        },
    )
    .await;
}

/// The number of the action that the form on the page names.
async fn action(browser: &mut Browser) -> String {
    let page = browser.get("/", &[]).await;
    page.between("name=\"$ACTION_ID_", "\"").to_owned()
}

#[tokio::test]
async fn next_writes_a_link_into_a_page_and_its_script() {
    is_rewritten(
        &app(),
        BODIES,
        &[
            "<a href=\"https://zoom.us/oauth/authorize?response_type=code&amp;client_id=",
            r#"\"href\":\"https://zoom.us/oauth/authorize?response_type=code\u0026client_id="#,
        ],
        async |browser| browser.get("/link", &[]).await,
        |answer| {
            vec![
                answer.attribute("<a href=\""),
                link(&flight_in_scripts(answer)),
            ]
        },
    )
    .await;
}

#[tokio::test]
async fn next_compresses_a_page() {
    is_rewritten(
        &app(),
        BODIES,
        &["\ncontent-encoding: gzip\n"],
        async |browser| browser.get("/link", &[("accept-encoding", "gzip")]).await,
        |answer| vec![answer.attribute("<a href=\"")],
    )
    .await;
}

#[tokio::test]
async fn next_sends_a_link_without_markup() {
    is_rewritten(
        &app(),
        BODIES,
        &["\"href\":\"https://zoom.us/oauth/authorize?response_type=code&client_id="],
        async |browser| without_markup(browser, "/link?_rsc").await,
        |answer| vec![link(&answer.body)],
    )
    .await;
}

#[tokio::test]
async fn next_redirects_from_a_page_that_has_begun() {
    is_rewritten(
        &app(),
        BODIES,
        &[
            "content=\"1;url=https://zoom.us/oauth/authorize?response_type=code&amp;client_id=",
            r"NEXT_REDIRECT;replace;https://zoom.us/oauth/authorize?response_type=code\u0026",
            "NEXT_REDIRECT;replace;https://zoom.us/oauth/authorize?response_type=code&client_id=",
            r#"offline_access;307;\"}"#,
            r#"offline_access;307;")"#,
        ],
        async |browser| browser.get("/late", &[]).await,
        |answer| {
            let refresh = answer.attribute("http-equiv=\"refresh\" content=\"");
            let called = format!("[\"B:0\",{}]", answer.between("$RX(\"B:0\",", ")"));
            vec![
                refresh.strip_prefix("1;url=").unwrap().to_owned(),
                redirect(&digest(&flight_in_scripts(answer))),
                redirect(&browser::string(&called, "/1")),
            ]
        },
    )
    .await;
}

#[tokio::test]
async fn next_redirects_from_a_page_without_markup() {
    is_rewritten(
        &app(),
        BODIES,
        &["offline_access;307;\"}"],
        async |browser| without_markup(browser, "/late?_rsc").await,
        |answer| vec![redirect(&digest(&answer.body))],
    )
    .await;
}

/// Long strings have their length in bytes in front and nothing behind.
#[tokio::test]
async fn next_writes_long_strings_with_their_length() {
    let app = app();
    for policy in [Policy::Strip, Policy::Normalize] {
        let rescope = policy.program(&app, BODIES);
        let mut browser = Browser::new(rescope.address());
        let page = browser.get("/long", &[]).await;
        let mut urls = vec![page.attribute("<a href=\"")];
        let without_markup = without_markup(&mut browser, "/long?_rsc").await;
        for flight in [flight_in_scripts(&page), without_markup.body] {
            let (url, html) = texts(&flight);
            urls.push(url.to_owned());
            assert!(html.starts_with("<p>\u{e9}") && html.ends_with(" \u{1f4a9}</p>"));
            urls.push(browser::attribute(html, "<a href=\""));
        }
        for url in urls {
            assert_eq!(scope_of(&url).as_deref(), policy.scope());
        }
    }
}

/// The two long strings of a page, the URL first, read as React reads them.
#[track_caller]
fn texts(mut flight: &str) -> (&str, &str) {
    let mut texts = Vec::new();
    while let Some((number, row)) = flight.split_once(':') {
        assert!(
            number.bytes().all(|digit| digit.is_ascii_hexdigit()),
            "{number}"
        );
        let counted = row.strip_prefix('T').map(|it| it.split_once(',').unwrap());
        let (row, rest) = match counted {
            Some((length, rest)) => rest.split_at(usize::from_str_radix(length, 16).unwrap()),
            None => row.split_once('\n').unwrap(),
        };
        if counted.is_some() {
            texts.push(row);
        }
        flight = rest;
    }
    texts.sort_unstable_by_key(|text| text.starts_with('<'));
    let [url, html] = texts.as_slice() else {
        panic!("{texts:?}");
    };
    (url, html)
}

/// Asks for a page as the router in the browser does. Its answer holds a number of the request.
async fn without_markup(browser: &mut Browser, target: &str) -> Answer {
    let mut answer = browser.get(target, &[("rsc", "1")]).await;
    let start = "[\"$\",\"$1\",\"h\",{\"children\":[null,[\"$\",\"$Ld\",\"";
    let number = answer.between(start, "v\",").to_owned();
    assert_eq!(number.len(), 21, "{number}");
    answer.body = answer.body.replace(&number, "the number");
    answer
}

/// What the scripts of a page push, which is what the router asks for later pages.
#[track_caller]
fn flight_in_scripts(answer: &Answer) -> String {
    let pushed = answer.body.split("<script>self.__next_f.push(").skip(1);
    let pushed = pushed.map(|rest| {
        let (json, _) = rest.split_once(")</script>").unwrap();
        let json: Value = serde_json::from_str(json).unwrap();
        json[1].as_str().unwrap().to_owned()
    });
    pushed.collect()
}

/// Where the one link leads that is in a row of its own.
#[track_caller]
fn link(flight: &str) -> String {
    let row = flight.lines().find(|row| row.contains("Connect Zoom"));
    let (_, json) = row.unwrap().split_once(':').unwrap();
    browser::string(json, "/3/href")
}

/// What the one error says of itself.
#[track_caller]
fn digest(flight: &str) -> String {
    let row = flight.lines().find_map(|row| row.split_once(":E"));
    let (_, json) = row.unwrap();
    browser::string(json, "/digest")
}

/// The URL of a digest, read as Next.js reads it.
#[track_caller]
fn redirect(digest: &str) -> String {
    let parts: Vec<_> = digest.split(';').collect();
    let [kind, "replace", url @ .., status, ""] = parts.as_slice() else {
        panic!("{digest}");
    };
    assert_eq!((*kind, *status), ("NEXT_REDIRECT", "307"));
    url.join(";")
}
