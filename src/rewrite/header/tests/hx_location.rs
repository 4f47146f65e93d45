//! Every way in which `HX-Location` holds its URL.

use super::*;

#[test]
fn hx_location_is_a_url_or_an_object() {
    assert_found(
        Carrier::HxLocation,
        &[
            "@",
            "{\"path\":\"@\"}",
            "{ \"target\" : \"#a\", \"path\" :\t\"@\" , \"values\":{\"path\":\"/x\"} }",
            "{\"path\":\"/first\",\"path\":\"@\"}",
            "{\"p\\u0061th\":\"@\"}",
        ],
    );
    assert_passed(
        Carrier::HxLocation,
        &[
            "{",
            "{}",
            "[\"@\"]",
            "\"@\"",
            "{\"path\":1}",
            "{\"path\":[\"@\"]}",
            "{\"path\":\"@\"",
            "{\"path\":\"@\"} x",
            "{\"values\":{\"path\":\"@\"}}",
            "{\"Path\":\"@\"}",
            "{\"url\":\"@\"}",
            "{\"path\":\"@\",\"path\":\"/last\"}",
            "{path:'@'}",
        ],
    );
}

#[test]
fn hx_location_is_read_as_htmx_4_does() {
    assert_found(
        Carrier::HxLocation,
        &[
            "path:@",
            "path:@ target:#a",
            "path:@, target:#a",
            "path:@,push",
            "path : \"@\", target:\"#a\"",
            "path:'@' target:#a",
            "path:\" @ \"",
            "\"path\":@",
            "'path' : '@'",
            " target:\"#a, path:/b\",,push,\tpath:@",
            "path:/first path:@",
            "path:// path:@",
            "config:https://a.example/ path:@",
            "path:@ config:https://a.example/",
        ],
    );
    assert_passed(
        Carrier::HxLocation,
        &[
            "path",
            "path:",
            "path @",
            "path::@",
            "path:\"@",
            "path:'@\"",
            "path:'@'x",
            "path:,@",
            "Path:@",
            "x.path:@",
            "xpath:@",
            "path:@ path:/last",
            "target:'path:@'",
            "target:path:@",
            "https://a.example/?a,path:@",
            ":",
            ",",
        ],
    );
}

#[test]
fn url_of_htmx_2_is_one_whatever_is_in_it() {
    assert_found(Carrier::HxLocation, &["@,path:/a", "@ path:/a"]);
    let line = "//zoom.us/oauth/authorize?scope=a&client_id=b,path:/a";
    let (output, count) = treated(Carrier::HxLocation, line.as_bytes());
    assert_eq!(output, line.replace("scope=a&", "").as_bytes());
    assert_eq!(count, 1);
}

/// `path:a,b` is a path of `a`, and an object with a `b` in it.
#[test]
fn new_text_does_not_end_a_path_of_hx_location() {
    let line = |quote: &str, query: &str| {
        let url = format!("{quote}https://zoom.us/oauth/authorize?{query}&state=s{quote}");
        format!("target:#a path:{url}, push")
    };
    for (quote, before, after) in [
        ("", "client_id=n&scope=old+b", "client_id=n&scope=it's%20b"),
        ("", "client_id=c&scope=a+b", "client_id=c&scope=a%2Cb"),
        ("\"", "client_id=c&scope=a+b", "client_id=c&scope=a,b"),
        (
            "\"",
            "client_id=n&scope=old,b",
            "client_id=n&scope=it's%20b",
        ),
        (
            "'",
            "client_id=n&scope=old,b",
            "client_id=n&scope=it%27s%20b",
        ),
    ] {
        let (output, count) = treated(Carrier::HxLocation, line(quote, before).as_bytes());
        assert_eq!(String::from_utf8(output).unwrap(), line(quote, after));
        let (again, _) = treated(Carrier::HxLocation, line(quote, after).as_bytes());
        assert_eq!(String::from_utf8(again).unwrap(), line(quote, after));
        assert_eq!(count, 1);
    }
}

#[test]
fn escapes_of_hx_location_stay() {
    let line = |scope: &str| {
        format!(
            "{{\"path\":\"https:\\/\\/zoom.us\\/oauth\\/authorize?client_id=n\\u0026scope={scope}\\u0026state=a\\u002Bb\",\"values\":{{\"a\":\"\\/\"}}}}"
        )
    };
    let (output, count) = treated(Carrier::HxLocation, line("old\\u002cb").as_bytes());
    assert_eq!(String::from_utf8(output).unwrap(), line("it%27s%20b"));
    assert_eq!(count, 1);
    let strip = line("x").replace("client_id=n", "client_id=a");
    let (output, _) = treated(Carrier::HxLocation, strip.as_bytes());
    let expected = strip.replace("\\u0026scope=x", "");
    assert_eq!(String::from_utf8(output).unwrap(), expected);
}

/// A browser reads a field as Latin-1, in which every byte is a letter, and JSON's strings hold
/// halves of surrogate pairs.
#[test]
fn hx_location_need_not_be_utf8() {
    let line = |url: &str| {
        let parts: [&[u8]; 3] = [
            b"{\"n\":\"\xe9\",\"\xff\\ud800\":\"\\udfff\",\"path\":\"",
            url.as_bytes(),
            b"#\xe9\",\"\\udc00\":1}",
        ];
        parts.concat()
    };
    let output = treated(Carrier::HxLocation, &line(URL));
    assert_eq!(output, (line(STRIPPED), 1));
    let elsewhere = [b"{\"path\":\"", URL.as_bytes(), b"\"\xa0}"].concat();
    let output = treated(Carrier::HxLocation, &elsewhere);
    assert_eq!(output, (elsewhere, 0));
}

/// `&amp;` is HTML's; in JSON it is an `&` and a name that begins with `amp;`.
#[test]
fn html_references_count_for_nothing_in_hx_location() {
    let line = format!("{{\"path\":\"{}\"}}", URL.replace('&', "&amp;"));
    assert_eq!(
        treated(Carrier::HxLocation, line.as_bytes()),
        (line.into_bytes(), 1)
    );
}
