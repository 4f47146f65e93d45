//! Where a URL ends, and which strings are URLs.

use super::{ZOOM, becomes, each, stays};

#[test]
fn all_else_stays() {
    let url = format!("{ZOOM}?client_id=A&scope=a");
    for around in [
        // A key, and parts of what a script joins.
        r#"{"@":1}"#,
        r#"{"a":1, "@" : 1}"#,
        r#"var u = "@" + x;"#,
        "u = '@'\n  + x",
        r#"u = "@".concat(x)"#,
        "u = `@${x}`",
        // Inside of another URL.
        "<a href='https://app.example/?next=@'>",
        "<a href='https://app.example/?a=1&amp;next=@'>",
        "https://web.archive.org/web/2020/@",
        r#"u = "@" /* here */ + x"#,
        r#"u = "Visit @" + x"#,
        r#"u = "@"?.concat(x)"#,
        // Text behind it, and lengths before it.
        r#"{"text":"@ is your link"}"#,
        "<p>'@</p><p>It's here</p>",
        r#"a:1:{s:3:"url";s:64:"@";}"#,
        "https://app.example/?a=1;next=@ ",
        r#"u = ("@") + x;"#,
        "u = \"@\"\n                                                                      + x;",
        r#"'<a href="@' + (a && b) + '&client_id=x">'"#,
        r#"`<a href="@${x}">`"#,
        // Rows of React's stream, which have a length.
        "self.__next_f.push([1,\"1a:T4ee,\"])</script><script>self.__next_f.push([1,\"@\"])",
        "1:[\"a\"]\n12:T4ee,@8:[\"$\",\"a\",null]\n",
        // No ending.
        r#"{"url":"@"#,
        "'@\n'",
    ] {
        stays(&around.replace('@', &url));
    }
    for text in [
        "https://zoom.us/j/123?scope=a",
        "https://zoom.us.example/oauth/authorize?scope=a",
        "https://notzoom.us/oauth/authorize?scope=a ",
        "ftp://zoom.us/oauth/authorize?scope=a ",
        "xhttps://zoom.us/oauth/authorize?scope=a ",
        "zoom.us/oauth/authorize?scope=a ",
        "https://user@zoom.us/oauth/authorize?scope=a ",
        "https://zoom.us:8443/oauth/authorize?scope=a ",
        "https://zoom.us/oauth/authorize#?scope=a ",
        "\"https://zoom.us/oauth/authorize?client_id=keep&scope=a\" ",
        "\"https://zoom.us/oauth/authorize?client_id=A&scopes=a\" ",
        "zoom.us zoom.us http zoom.us/ //zoom.us //",
    ] {
        stays(text);
    }
}

/// A statement may go on with what is not a whole request yet.
#[test]
fn parts_of_a_url_stay() {
    for url in ["?client_id=A&scope=", "?scope=a"] {
        for around in [
            r#"u = "@"; u += x;"#,
            r#"u = ["@", x].join("")"#,
            r#"f("@"); u += x"#,
        ] {
            stays(&around.replace('@', &format!("{ZOOM}{url}")));
        }
    }
    let (before, after) = ("?client_id=A&scope=a", "?client_id=A");
    for around in [
        r#"location = "@";"#,
        r#"window.open("@");"#,
        r#"{"a":"@","b":1}"#,
    ] {
        each(
            around,
            &format!("{ZOOM}{before}"),
            &format!("{ZOOM}{after}"),
        );
    }
    let (before, after) = ("?scope=&client_id=A&scope=", "?client_id=A");
    each(
        r#"{"url":"@"}"#,
        &format!("{ZOOM}{before}"),
        &format!("{ZOOM}{after}"),
    );
}

#[test]
fn string_ends_where_its_own_quote_stands() {
    let url = format!("{ZOOM}?client_id=A&scope=a");
    let short = format!("{ZOOM}?client_id=A");
    for around in [
        r#"{"message":"@\n\nOpen this link"}"#,
        r#"{"message":"@\nOpen \"this\" link","b":"@"}"#,
        r#"{"a":"{\"b\":\"@\",\"c\":\"@\"}","d":"@"}"#,
        r#"{"a":"{\"b\":\"{\\\"c\\\":\\\"@\\\"}\"}"}"#,
        r#"<a title='&quot;@&quot;' href="@">"#,
        "<script>{&q;url&q;:&q;@&q;}</script>",
        r#"f("{\u0022url\u0022:\u0022@\u0022}", "@")"#,
    ] {
        each(around, &url, &short);
    }
    // One that ends with a backslash of its own is left alone, and nothing behind it is touched.
    stays(&format!(r#"{{"url":"{url}\\","next":"x"}}"#));
}

#[test]
fn refresh_ends_with_its_attribute() {
    let (before, after) = ("?client_id=A&scope=a b&state=S", "?client_id=A&state=S");
    for around in [
        r#"<meta content="0; url=@">"#,
        "<meta content='1.5,URL = @'>",
        r#"{"d":"NEXT_REDIRECT;push;@;307;"}"#,
    ] {
        each(
            around,
            &format!("{ZOOM}{before}"),
            &format!("{ZOOM}{after}"),
        );
    }
    each(
        "<a href=\" @ \">",
        &format!("{ZOOM}{before}"),
        &format!("{ZOOM}{after}"),
    );
    stays(&format!("a,{ZOOM}?client_id=A&scope=a,b"));
    each(
        "<a href=@>",
        &format!("{ZOOM}?client_id=A&scope=meeting:*"),
        &format!("{ZOOM}?client_id=A"),
    );
}

#[test]
fn value_in_a_conditional_is_no_key() {
    each(
        r#"u = x ? "@" : "/login";"#,
        &format!("{ZOOM}?client_id=A&scope=a"),
        &format!("{ZOOM}?client_id=A"),
    );
}

#[test]
fn raw_spaces_in_a_string_belong_to_the_url() {
    each(
        r#"{"url":"@"}"#,
        &format!("{ZOOM}?client_id=A&scope=a b&state=it's"),
        &format!("{ZOOM}?client_id=A&state=it's"),
    );
}

#[test]
fn string_of_an_attribute_is_a_url_to_its_end() {
    let url = |query: &str| format!("<a href=\"{ZOOM}?client_id=A&amp;{query}state=S\">");
    for scope in [
        "scope=openid email&amp;",
        "scope=user:read\n&amp;",
        "scope=user:\n\tread&amp;",
    ] {
        becomes(&url(scope), &url(""));
    }
    becomes(&url("scope=a&amp;\n  "), &url("\n  "));
    let last = |query: &str| format!("<a href='{ZOOM}?client_id=A{query}'>");
    becomes(&last("&amp;scope=openid email"), &last(""));
}

/// Of a string that goes on behind its URL nothing else may go.
#[test]
fn text_behind_a_url_in_its_string_stays() {
    let (before, after) = (
        format!("{ZOOM}?client_id=A&scope=a:b&state=S"),
        format!("{ZOOM}?client_id=A&state=S"),
    );
    for text in [
        " https://docs.example.com/",
        " is the link",
        " - expires 12:30",
        " (expires)",
        " Code:123",
        " and AT&T",
    ] {
        let around = format!(r#"{{"text":"@{text}"}}"#);
        each(&around, &before, &after);
        // Where the list stands last, the text may be part of it.
        stays(&around.replace('@', &format!("{ZOOM}?client_id=A&scope=a:b")));
    }
    each(r#"{"text":"@ or @ "}"#, &before, &after);
    each(r#"{"text":"https://zoom.us/j/123 or @"}"#, &before, &after);
    for list in ["a:b c:d", "openid profile&x=y", "openid email a:b&x=y z"] {
        let rest = list
            .split_once('&')
            .map_or(String::new(), |(_, rest)| format!("&{rest}"));
        each(
            r#"{"url":"@"}"#,
            &format!("{ZOOM}?client_id=A&scope={list}"),
            &format!("{ZOOM}?client_id=A{rest}"),
        );
    }
}

#[test]
fn link_in_a_text_ends_where_its_words_begin() {
    let (before, after) = (
        format!("{ZOOM}?client_id=A&scope=a"),
        format!("{ZOOM}?client_id=A"),
    );
    for around in [
        r#"{"text":"<@|Connect Zoom>"}"#,
        r#"{"text":"\u003c@|Connect\u003e"}"#,
        "[Connect](@)",
        "see @[Connect] ",
        "<p>&raquo;@ - connect here</p>",
    ] {
        each(around, &before, &after);
    }
}

#[test]
fn html_inside_html_is_read_through_both() {
    let url =
        |query: &str| format!("<iframe srcdoc=\"&lt;a href=&quot;{ZOOM}?{query}&quot;&gt;\">");
    stays(&url("scope=a&amp;amp;client_id=keep&amp;amp;state=S"));
    stays(&url("scope=a&amp;#038;client_id=keep"));
    becomes(
        &url("scope=a&amp;amp;response_type=code&amp;amp;client_id=A"),
        &url("response_type=code&amp;amp;client_id=A"),
    );
    becomes(&url("client_id=A&amp;amp;scope=a"), &url("client_id=A"));
}

/// What a method is called of that a call has returned, no string is joined by.
#[test]
fn argument_of_a_call_is_a_value() {
    let (before, after) = (
        format!("{ZOOM}?client_id=A&scope=a"),
        format!("{ZOOM}?client_id=A"),
    );
    for around in [
        "window.open('@').focus();",
        "window.open('@')?.focus();",
        "$('#z').attr('href', '@').show()",
        "location = new URL('@').href;",
        "f(g('@')).then(x)",
        "a = {url: '@' // zoom\n}",
        "a = {url: '@' /* zoom */ }",
        "location.href = '@' // go",
    ] {
        each(around, &before, &after);
    }
    for around in [
        "u = ('@').concat(x)",
        "u = '@' // zoom\n + x",
        "u = '@' /* a */ /* b */ + x",
    ] {
        stays(&around.replace('@', &before));
    }
}

#[test]
fn url_with_a_placeholder_stays() {
    for query in [
        "client_id=A&scope=${scope}",
        "client_id={{ id }}&scope=a",
        "client_id=%s&scope=%s&state=%s",
    ] {
        stays(&format!("url: '{ZOOM}?{query}',"));
    }
}

/// A string that began further out goes on in the next part of a page's stream.
#[test]
fn quote_of_a_string_further_in_ends_no_url() {
    stays(&format!(
        r#"push([1,"{ZOOM}?client_id=A\u0026scope=user:read\",\"children\":\"Connect\"}}]\n6:null\n"])"#
    ));
}
