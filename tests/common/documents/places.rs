//! Where documents have a URL, at the `@`, and how it is spelled there.

use super::super::hostile::Random;

#[derive(Debug, Clone, Copy)]
pub struct Place {
    pub text: &'static str,
    pub spellings: &'static [Spelling],
    /// Whether a URL there is all of a value, so that it may change.
    pub is_value: bool,
    /// Whether it is looked at: what begins there is no part of another word or URL.
    pub is_seen: bool,
}

#[derive(Debug, Clone, Copy)]
pub enum Spelling {
    Plain,
    /// JSON of PHP: `\/`.
    Slashes,
    /// JSON of Go, Rails, Flask, System.Text.Json, Gson.
    Json,
    /// JavaScript.
    Script,
    /// References, in an attribute or in text.
    Html,
    /// JSON in an attribute.
    JsonInHtml,
    /// HTML in JSON.
    HtmlInJson,
    /// JSON in a string of JSON.
    JsonInJson,
}

use Spelling::{Html, HtmlInJson, Json, JsonInHtml, JsonInJson, Plain, Script, Slashes};

const JSON: &[Spelling] = &[Plain, Slashes, Json, HtmlInJson];
const HTML: &[Spelling] = &[Plain, Html];
const SCRIPT: &[Spelling] = &[Plain, Slashes, Json, Script];

const fn value(text: &'static str, spellings: &'static [Spelling]) -> Place {
    Place { text, spellings, is_value: true, is_seen: true }
}

const fn part(text: &'static str, spellings: &'static [Spelling], is_seen: bool) -> Place {
    Place { text, spellings, is_value: false, is_seen }
}

pub const PLACES: &[Place] = &[
    value("{\"url\":\"@\"}", JSON),
    value("{\"url\" : \"@\" , \"b\":[1]}", JSON),
    value("{\"a\":[\"/\", \"@\"]}", JSON),
    value("{\"a\":\"{\\\"b\\\":\\\"@\\\"}\"}", &[Plain, JsonInJson]),
    value("<a href=\"@\">a</a>", HTML),
    value("<a class=x href = '@'>a</a>", HTML),
    value("<a href=@>a</a>", HTML),
    value("<a href=@ class=x>a</a>", HTML),
    value("<div data-page=\"{&quot;url&quot;:&quot;@&quot;}\">", &[Plain, Slashes, Json, JsonInHtml]),
    value("<meta http-equiv=\"refresh\" content=\"0;url='@'\">", HTML),
    value("<meta http-equiv=refresh content=\"1; URL=@\">", HTML),
    value("<script>location = \"@\";</script>", SCRIPT),
    value("location.assign('@')\n;", SCRIPT),
    value("open(`@`)\n;", SCRIPT),
    value("u = x ? \"@\" : '/';", SCRIPT),
    value("<script>self.__next_f.push([1,\"{\\\"href\\\":\\\"@\\\"}\"])</script>", &[Plain, JsonInJson]),
    value("See @.\n", HTML),
    value("(@)", HTML),
    value("<@>", HTML),
    value("[a](@)", HTML),
    value(" @\n", HTML),
    value("{\"digest\":\"NEXT_REDIRECT;push;@;307;\"}", &[Plain, Json]),
];

pub const NO_PLACES: &[Place] = &[
    part("{\"@\":1}", JSON, true),
    part("{\"a\":1,\"@\" : 2}", JSON, true),
    part("u = \"@\" + x;", SCRIPT, true),
    part("u = '@'\n  + x;", SCRIPT, true),
    part("u = \"@\".concat(x);", SCRIPT, true),
    part("<a href='https://app.example/?next=@'>", HTML, false),
    part("<a href=\"https://app.example/?a=1&amp;next=@\">", HTML, false),
    part("https://web.archive.org/web/2020/@ ", &[Plain], false),
    part("x@ ", &[Plain], false),
];

pub const JUNK: &[&str] = &[
    "zoom.u", "ZOOM", "https://", "//", "\\", "\\\\", "\\u00", "\\u002", "&#x2", "&#", "&amp", "&amp;", "&quot;",
    "\"", "'", "`", "<form action", "<form method=get ", "</form>", "<!--", "-->", "<input ", "a=b", "scope=a",
    "?scope=a&", "{", "}", ":", ",", "+", ".", "/oauth/authorize?", "\u{e9}", "\u{1f4a9}", "\0", "\n", " ",
    "https:\\/\\/app.example\\/", "<p>text</p>", "${", "12:T4,", "zoom.example",
];

impl Spelling {
    /// How `byte`, a character of a URL, is spelled this time.
    pub fn of(self, random: &mut Random, byte: u8) -> Vec<u8> {
        if byte.is_ascii_alphanumeric() || b".-".contains(&byte) {
            return vec![byte];
        }
        let (mut hex, mut upper) = (format!("{byte:04x}"), format!("{byte:04X}"));
        let two = hex.split_off(2);
        let two_upper = upper.split_off(2);
        let spellings = match (self, byte) {
            _ if random.percent(40) => vec![],
            (Self::Plain, _) => vec![],
            (Self::Slashes, b'/') => vec!["\\/".to_owned()],
            (Self::Json, b'/') => vec!["\\/".to_owned(), "\\u002f".to_owned()],
            (Self::Json, _) => vec![format!("\\u00{two}"), format!("\\u00{two_upper}")],
            (Self::Script, _) => vec![format!("\\x{two}"), format!("\\x{two_upper}"), format!("\\u{{{two}}}")],
            (Self::Html, b'&') => ["&amp;", "&AMP;", "&#38;", "&#x26;", "&#X26;", "&#038;"].map(String::from).into(),
            (Self::Html, b'=') => ["&equals;", "&#61;"].map(String::from).into(),
            (Self::Html, b'/') => ["&sol;", "&#x2F;", "&#x2f;"].map(String::from).into(),
            (Self::Html, _) => vec![format!("&#x{two};"), format!("&#{byte};")],
            (Self::JsonInHtml, b'/') => ["\\/", "\\&#x2F;", "\\\\/"].map(String::from).into(),
            (Self::JsonInHtml, b'&') => ["&amp;", "\\u0026", "\\u0026amp;", "&#38;"].map(String::from).into(),
            (Self::HtmlInJson, b'&') => ["\\u0026amp;", "&amp;", "\\u0026#38;"].map(String::from).into(),
            (Self::HtmlInJson, b'/') => vec!["\\/".to_owned()],
            (Self::JsonInJson, b'/') => ["\\\\/", "\\/", "\\\\\\/"].map(String::from).into(),
            (Self::JsonInJson, _) => vec![format!("\\\\u00{two}"), format!("\\u00{two_upper}")],
            _ => vec![],
        };
        match spellings.len() {
            0 => vec![byte],
            count => spellings[random.below(count)].clone().into_bytes(),
        }
    }
}
