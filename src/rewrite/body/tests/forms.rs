//! Forms whose hidden inputs are the parameters.

use super::{ZOOM, becomes, rewrite, stays};

/// Whatever is cut off inside.
#[test]
fn form_without_an_end_passes() {
    for rest in [
        "<input value=\"",
        "<input value=\"</form>",
        "<input ",
        "<input",
        "<",
        "<!--",
        "<input a=",
        "<a b",
    ] {
        stays(&format!("<form action=\"{ZOOM}\">{rest}"));
    }
}

#[test]
fn links_in_a_form_are_rewritten_too() {
    let page = |url: &str| {
        format!("<form action=\"{ZOOM}\"><a href=\"{url}\">x</a></form><a href='{url}'>")
    };
    let (before, after) = ("?client_id=A&scope=a", "?client_id=A");
    becomes(
        &page(&format!("{ZOOM}{before}")),
        &page(&format!("{ZOOM}{after}")),
    );
}

#[test]
fn hidden_scope_of_a_form_follows_the_policy() {
    let form = |inputs: &str| {
        format!(
            "<form id=f method=\"get\" action=\"{ZOOM}\">\n{inputs}<button>Go</button></FORM><p>"
        )
    };
    for (before, after) in [
        (
            r#"<input type="hidden" name="client_id" value="A"><input type=hidden name=scope value='a b' />"#,
            r#"<input type="hidden" name="client_id" value="A">"#,
        ),
        (
            r#"<input value="x recording:a old" name="scope" type="hidden"><input type="hidden" name="client_id" value="normal">"#,
            r#"<input value="user:read" name="scope" type="hidden"><input type="hidden" name="optional_scope" value="recording:a"><input type="hidden" name="client_id" value="normal">"#,
        ),
        (
            r#"<INPUT TYPE=HIDDEN NAME=client_id VALUE=normal><INPUT TYPE=HIDDEN NAME=scope VALUE=old>"#,
            r#"<INPUT TYPE=HIDDEN NAME=client_id VALUE=normal><INPUT TYPE=HIDDEN NAME=scope VALUE=user:read>"#,
        ),
        (
            r#"<input type="hidden" name="client_id" value="keep"><input type="hidden" name="scope" value="a">"#,
            r#"<input type="hidden" name="client_id" value="keep"><input type="hidden" name="scope" value="a">"#,
        ),
        (
            r#"<!-- <input type="hidden" name="scope" value="a"> --><input type="text" name="scope">"#,
            r#"<!-- <input type="hidden" name="scope" value="a"> --><input type="text" name="scope">"#,
        ),
        (r#"<input type="hidden" name="sco&#112;e" value="a">"#, ""),
        (r#"<input hidden name="scope" value="a">"#, ""),
        (
            "<input type=hidden name=client_id value=normal><input type=hidden name=scope value='recording:a o&#39;neil meeting:a'>",
            "<input type=hidden name=client_id value=normal><input type=hidden name=scope value='o&#39;neil,meeting:a'><input type=hidden name=optional_scope value=recording:a>",
        ),
        (
            "<input type=hidden name=client_id value=normal><input type=hidden name=scope value=a&amp;b,x>",
            "<input type=hidden name=client_id value=normal><input type=hidden name=scope value=a&#38;b>",
        ),
        (
            r#"<script>t = '<input type="hidden" name="scope" value="a">'</SCRIPT>"#,
            r#"<script>t = '<input type="hidden" name="scope" value="a">'</SCRIPT>"#,
        ),
        (
            r#"<input type="hidden" name="client_id" value="normal" /><input type="hidden" name="scope" value="recording:a old" />"#,
            r#"<input type="hidden" name="client_id" value="normal" /><input type="hidden" name="scope" value="user:read" /><input type="hidden" name="optional_scope" value="recording:a" />"#,
        ),
    ] {
        becomes(&form(before), &form(after));
    }
}

#[test]
fn inputs_that_are_not_sent_as_they_are_stay() {
    for input in [
        r#"<input type="hidden" name="scope" form="other" value="a">"#,
        r#"<input type="hidden" name="scope" value="a" disabled>"#,
        r#"<input type="hidden" name="scope" value="' + scope + '">"#,
        r#"<input type="hidden" name="scope" value="${scope}">"#,
        r#"<input type="hidden" name="scope" :value="scopes">"#,
        r#"<input type="hidden" name="scope" id="s">"#,
        r#"<input type="hidden" name="scope" value="a"><input type="hidden" name="client_id" value="{{ id }}">"#,
    ] {
        stays(&format!("<form action=\"{ZOOM}\">{input}</form>"));
    }
}

#[test]
fn forms_that_lead_elsewhere_stay() {
    let input = r#"<input type="hidden" name="scope" value="a">"#;
    stays(&format!(
        "<form method=post action=\"{ZOOM}\">{input}</form>"
    ));
    stays(&format!(
        "<form action=\"https://zoom.us/search\">{input}</form>"
    ));
    stays(&format!("<form action=\"/here\">{input}</form>{ZOOM}"));
    becomes(
        &format!("<form action={ZOOM}>{input}</form>"),
        &format!("<form action={ZOOM}></form>"),
    );
    becomes(
        &format!("<form action='{ZOOM}'>{input}"),
        &format!("<form action='{ZOOM}'>"),
    );
}

#[test]
fn form_longer_than_the_bound_passes() {
    let input = r#"<input type="hidden" name="scope" value="a">"#;
    let long = format!(
        "<form action=\"{ZOOM}\">{}{input}</form>",
        "<p>".repeat(6000)
    );
    assert_eq!(rewrite([long.as_bytes()]).bytes, long.as_bytes());
}

#[test]
fn links_in_a_form_longer_than_the_bound_are_rewritten_too() {
    let form = |query: &str| {
        let rest = "<p>".repeat(6000);
        format!("<form action=\"{ZOOM}\"><a href=\"{ZOOM}?client_id=A{query}\">a</a>{rest}")
    };
    let output = rewrite([form("&scope=a").as_bytes()]);
    assert!(output.bytes == form("").as_bytes());
}

/// What ends the action is known with its last byte alone.
#[test]
fn form_begins_at_the_same_place_in_any_chunks() {
    for length in 16 * 1024 - 80..16 * 1024 {
        let filling = "x".repeat(length);
        let form = format!(
            "<form action={ZOOM}?&quot;>{filling}<input type=hidden name=scope value=a></form>"
        );
        let whole = rewrite([form.as_bytes()]);
        assert!(rewrite(form.as_bytes().chunks(1)) == whole, "{length}");
    }
}
