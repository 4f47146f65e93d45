//! React's stream.

use super::{Syntax, ZOOM, rewrite_as};

/// All that has been in a text before has to be there still, and the next row behind it.
#[test]
fn length_of_a_text_changes_with_it() {
    let url = format!("{ZOOM}?client_id=A&scope=a");
    let short = format!("{ZOOM}?client_id=A");
    let rows = |url: &str| {
        let texts = [
            url.to_owned(),
            format!("See \u{e9} <a href=\"{url}\">\u{1f4a9}</a>,\n1:\"{url}\""),
            "no URL".to_owned(),
        ];
        let texts = texts.map(|text| format!("2:T{:x},{text}", text.len()));
        format!(
            "1:\"{url}\"\n{}3:I[\"{url}\"]\n:HL[\"{url}\"]\n4:T0,6:{{\"d\":\"NEXT_REDIRECT;push;{url};307;\"}}\n7:Tx,\"{url}\"\n8:To",
            texts.concat()
        )
    };
    rewrites_rows(Syntax::Rows, &rows(&url), &rows(&short));
}

#[test]
fn length_of_a_text_in_scripts_changes_with_it() {
    let url = format!("{ZOOM}?client_id=A&amp;scope=a");
    let short = format!("{ZOOM}?client_id=A");
    let next = ["<script nonce=x>self.__next_f.push([1,", "])</script>"];
    let others = ["<script>(self.__FLIGHT_DATA||=[]).push(", ")</script>"];
    for [before, behind] in [next, others] {
        let script = |stream: &str| {
            let json = serde_json::to_string(stream).unwrap();
            let json = json.replace('<', "\\u003c").replace('&', "\\u0026");
            format!("{before}{}{behind}", json.replace('\u{e9}', "\\u00e9"))
        };
        let page = |url: &str| {
            let link = format!("\\ \u{e9} \u{1f4a9} \u{2028}\n\t<a href=\"{url}\">");
            let whole = format!("1:T{:x},{link}2:[\"{url}\"]\n", link.len());
            let (start, end) = whole.split_once(',').unwrap();
            let parts = [&format!("{start},"), end].map(script).concat();
            format!(
                "<p><a href=\"{url}\"></p>{}{parts}<a href='{url}'>",
                script(&whole)
            )
        };
        rewrites_rows(Syntax::Markup, &page(&url), &page(&short));
    }
}

#[test]
fn texts_that_cannot_be_changed_whole_stay() {
    let url = format!("{ZOOM}?client_id=A&scope=a");
    let short = format!("{ZOOM}?client_id=A");
    let text = format!("see {url} ");
    let length = text.len();
    let longer = "x".repeat(16 * 1024);
    let script = |content: &str| format!("<script>self.__next_f.push([1,\"{content}\"])</script>");
    let start = script(&format!("1:T{length:x},"));
    let (half, other) = text.split_at(10);
    for (syntax, page) in [
        // Longer than what is held back.
        (
            Syntax::Rows,
            format!("1:T{:x},{text}{longer}2:@", length + longer.len()),
        ),
        // Cut off.
        (Syntax::Rows, format!("1:T{:x},{text}", length + 1)),
        // Bytes.
        (Syntax::Rows, format!("1:b{length:x},{text}2:@")),
        // In two strings, or far from its length.
        (
            Syntax::Markup,
            format!(
                "{}{}",
                script(&format!("1:T{length:x},{half}")),
                script(&format!("{other}2:@"))
            ),
        ),
        (
            Syntax::Markup,
            format!(
                "{start}{}<a href=\"@\">{}",
                "<p>".repeat(100),
                script(&format!("{text}2:@"))
            ),
        ),
        // Behind something else than a string.
        (
            Syntax::Markup,
            format!(
                "{start}<script>self.__next_f.push([3,\"AAAA\"])</script><a href=\"@\">{}",
                script(&text)
            ),
        ),
    ] {
        let page = |url: &str| page.replace('@', &format!("\"{url}\" ").replace("\"\"", "\""));
        rewrites_rows(syntax, &page(&url), &page(&short));
    }
}

/// React cuts its stream anywhere, and Next.js writes each part into a script.
#[test]
fn url_in_two_parts_of_a_row_is_one() {
    let stream = |query: &str| {
        let url = format!("{ZOOM}?{query}&state=S").replace('&', "\\u0026");
        format!("5:[\"$\",\"a\",null,{{\"href\":\"{url}\",\"title\":\"See {url} now\"}}]\n6:null\n")
    };
    let row = stream("client_id=A&scope=user:read");
    let mut changed = 0;
    for place in 1..row.len() {
        let (first, second) = row.split_at(place);
        let page = [script(first), script(second)].concat();
        let whole = rewrite_as(Syntax::Markup, [page.as_bytes()]);
        for size in [1, 7, 64] {
            let pieces = rewrite_as(Syntax::Markup, page.as_bytes().chunks(size));
            assert_eq!(pieces, whole, "cut at {place}, in pieces of {size}");
        }
        let after = String::from_utf8(whole.bytes).unwrap();
        let parts = after
            .split("</script>")
            .filter_map(|script| script.split_once("[1,"));
        let read = |(_, json): (&str, &str)| -> String {
            serde_json::from_str(json.strip_suffix("])").unwrap()).unwrap()
        };
        let together: String = parts.map(read).collect();
        // One that is cut in its host, or in an escape, is left as it is.
        let both = stream("client_id=A");
        let one = [row.replacen("\\u0026scope=user:read", "", 1), {
            let (before, behind) = row.rsplit_once("\\u0026scope=user:read").unwrap();
            [before, behind].concat()
        }];
        changed += usize::from(together == both);
        assert!(
            together == both || one.contains(&together),
            "cut at {place}: {together}"
        );
        assert_eq!(after.matches("</script>").count(), 2, "cut at {place}");
    }
    assert!(changed > row.len() * 2 / 3, "{changed} of {}", row.len());
    // What stands between may be a part of the page, with URLs of its own.
    let (first, second) = row.split_at(70);
    let between = format!(
        "<p>{}<a href=\"{ZOOM}?client_id=A&amp;scope=a\">",
        "x".repeat(600)
    );
    let page = [&script(first), &between, &script(second)]
        .map(String::as_str)
        .concat();
    let after = page.replace("&amp;scope=a\"", "\"");
    let (start, end) = after.rsplit_once("\\\\u0026scope=user:read").unwrap();
    rewrites_rows(Syntax::Markup, &page, &[start, end].concat());
}

fn script(content: &str) -> String {
    let json = serde_json::to_string(content).unwrap();
    format!("<script>self.__next_f.push([1,{json}])</script>")
}

/// JSON writes none, but what reads it may come in any pieces.
#[test]
fn raw_line_end_in_a_script_ends_a_row_in_any_chunks() {
    let page = format!(
        "self.__next_f.push([1,\"a\n4:Tc0,{ZOOM}?client_id=A&scope=a\"]) \"{ZOOM}?client_id=A&scope=a\""
    );
    let whole = rewrite_as(Syntax::Markup, [page.as_bytes()]);
    for length in 1..20 {
        let pieces = rewrite_as(Syntax::Markup, page.as_bytes().chunks(length));
        assert_eq!(pieces, whole, "in pieces of {length}");
    }
}

/// Fails unless `before` becomes `after`, in chunks of any lengths.
#[track_caller]
fn rewrites_rows(syntax: Syntax, before: &str, after: &str) {
    for size in [before.len(), 1, 2, 3, 7, 64] {
        let output = rewrite_as(syntax, before.as_bytes().chunks(size));
        assert_eq!(String::from_utf8_lossy(&output.bytes), after, "{size}");
    }
}
