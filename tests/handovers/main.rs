//! Apps whose libraries hand the authorize URL to the browser by other ways than a plain
//! redirect, each asked as a browser or the library's own client asks it: directly, which shows
//! where the URL travels and how it is spelled there, and through the program, where every URL
//! that may be followed has the policy applied and all else is as the app wrote it. The
//! apps know nothing of rescope. Their packages are pinned and installed into the target
//! folder by `tests/install.sh`, where the app of Next.js (Node.js 20.9 or later) is built, too.

mod apps;
mod browser;
mod check;
mod nextjs;
#[path = "../common/installed.rs"]
mod packages;
#[path = "../process/mod.rs"]
mod process;
#[path = "../program/mod.rs"]
mod program;

use check::{BODIES, HEADERS, is_rewritten};

/// What Inertia's client sends from a page of inertia-django's usual version.
const INERTIA: &[(&str, &str)] = &[("x-inertia", "true"), ("x-inertia-version", "1.0")];
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

#[tokio::test]
async fn auth_core_answers_with_a_location_and_json() {
    is_rewritten(
        &apps::node("auth-core.mjs"),
        BODIES,
        &[
            "\nlocation: https://zoom.us/oauth/authorize?scope=user%3Aread%3Auser+",
            "\n{\"url\":\"https://zoom.us/oauth/authorize?scope=user%3Aread%3Auser+",
        ],
        async |browser| {
            let token = browser.get("/auth/csrf", &[]).await.json("/csrfToken");
            let form = format!("csrfToken={token}&callbackUrl=https%3A%2F%2Fapp.example.com%2F");
            let fields = [FORM, ("x-auth-return-redirect", "1")];
            browser.post("/auth/signin/zoom", &fields, &form).await
        },
        |answer| vec![answer.field("location").to_owned(), answer.json("/url")],
    )
    .await;
}

#[tokio::test]
async fn better_auth_answers_with_a_location_and_json() {
    is_rewritten(
        &apps::node("better-auth.mjs"),
        BODIES,
        &[
            "\nlocation: https://zoom.us/oauth/authorize?response_type=code&client_id=calendar&",
            "\n{\"url\":\"https://zoom.us/oauth/authorize?response_type=code&client_id=calendar&",
        ],
        async |browser| {
            let fields = [("content-type", "application/json")];
            let body = r#"{"provider":"zoom","callbackURL":"/"}"#;
            browser
                .post("/api/auth/sign-in/social", &fields, body)
                .await
        },
        |answer| vec![answer.field("location").to_owned(), answer.json("/url")],
    )
    .await;
}

#[tokio::test]
async fn fastapi_users_answers_with_json() {
    is_rewritten(
        &apps::python("fastapi_users_app.py"),
        BODIES,
        &["\n{\"authorization_url\":\"https://zoom.us/oauth/authorize?response_type=code&client_id="],
        async |browser| browser.get("/auth/zoom/authorize", &[]).await,
        |answer| vec![answer.json("/authorization_url")],
    )
    .await;
}

#[tokio::test]
async fn inertia_django_sends_a_visit_elsewhere() {
    is_rewritten(
        &apps::python("inertia_django_app.py"),
        HEADERS,
        &[
            "409\n",
            "\nx-inertia-location: https://zoom.us/oauth/authorize?response_type=code&",
        ],
        async |browser| browser.get("/login", INERTIA).await,
        |answer| vec![answer.field("x-inertia-location").to_owned()],
    )
    .await;
}

#[tokio::test]
async fn inertia_django_writes_a_page_into_a_script() {
    is_rewritten(
        &apps::python("inertia_django_app.py"),
        BODIES,
        &["\"https://zoom.us/oauth/authorize?response_type=code\\u0026client_id=calendar\\u0026"],
        async |browser| browser.get("/page", &[]).await,
        |answer| {
            let page = answer.between("<script data-page=\"app\" type=\"application/json\">", "</");
            vec![browser::string(page, "/props/authorize")]
        },
    )
    .await;
}

#[tokio::test]
async fn inertia_django_answers_a_visit_with_json() {
    is_rewritten(
        &apps::python("inertia_django_app.py"),
        BODIES,
        &["\"https://zoom.us/oauth/authorize?response_type=code\\u0026client_id=calendar\\u0026"],
        async |browser| browser.get("/page", INERTIA).await,
        |answer| vec![answer.json("/props/authorize")],
    )
    .await;
}

#[tokio::test]
async fn inertia_flask_sends_a_visit_elsewhere() {
    is_rewritten(
        &apps::python("inertia_flask_app.py"),
        HEADERS,
        &[
            "409\n",
            "\nx-inertia-location: https://zoom.us/oauth/authorize?response_type=code&",
        ],
        async |browser| {
            let page = browser.get("/page", &[]).await.attribute("data-page=\"");
            let version = browser::string(&page, "/version");
            let fields = [("x-inertia", "true"), ("x-inertia-version", &*version)];
            browser.get("/login", &fields).await
        },
        |answer| vec![answer.field("x-inertia-location").to_owned()],
    )
    .await;
}

#[tokio::test]
async fn inertia_flask_writes_a_page_into_an_attribute() {
    is_rewritten(
        &apps::python("inertia_flask_app.py"),
        BODIES,
        &["&#34;https://zoom.us/oauth/authorize?response_type=code&amp;client_id=calendar&amp;"],
        async |browser| browser.get("/page", &[]).await,
        |answer| {
            let page = answer.attribute("data-page=\"");
            vec![browser::string(&page, "/props/authorize")]
        },
    )
    .await;
}

#[tokio::test]
async fn symfony_redirects_with_a_page() {
    is_rewritten(
        &apps::php(),
        BODIES,
        &[
            "\nlocation: https://zoom.us/oauth/authorize?response_type=code&client_id=calendar&",
            "content=\"0;url='https://zoom.us/oauth/authorize?response_type=code&amp;client_id=",
            "<title>Redirecting to https://zoom.us/oauth/authorize?response_type=code&amp;",
            "<a href=\"https://zoom.us/oauth/authorize?response_type=code&amp;client_id=",
        ],
        async |browser| browser.get("/login", &[]).await,
        |answer| {
            let refresh = answer.attribute("http-equiv=\"refresh\" content=\"");
            let refresh = refresh.strip_prefix("0;url='").unwrap();
            vec![
                answer.field("location").to_owned(),
                refresh.strip_suffix('\'').unwrap().to_owned(),
                answer.attribute("<a href=\""),
            ]
        },
    )
    .await;
}

#[tokio::test]
async fn symfony_answers_with_json() {
    is_rewritten(
        &apps::php(),
        BODIES,
        &[r#"{"url":"https:\/\/zoom.us\/oauth\/authorize?response_type=code\u0026client_id="#],
        async |browser| browser.get("/login.json", &[]).await,
        |answer| vec![answer.json("/url")],
    )
    .await;
}

#[tokio::test]
async fn php_writes_json_into_an_attribute() {
    is_rewritten(
        &apps::php(),
        BODIES,
        &[r"&quot;https:\/\/zoom.us\/oauth\/authorize?response_type=code&amp;client_id=calendar"],
        async |browser| browser.get("/page", &[]).await,
        |answer| {
            let page = answer.attribute("data-page=\"");
            vec![browser::string(&page, "/props/authorize")]
        },
    )
    .await;
}
