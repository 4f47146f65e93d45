use super::{Spelled, unit::read};

fn meant(raw: &str) -> String {
    String::from_utf8(Spelled::of(raw.as_bytes()).bytes().to_vec()).unwrap()
}

#[test]
fn escapes_of_every_producer_are_read() {
    for raw in [
        "a=1&b/",
        r"a=1\u0026b\/",
        r"a\u003d1\u0026b/",
        r"a\u003D1\x26b\x2f",
        "a=1&amp;b/",
        "a&#61;1&#38;b&#47;",
        "a&#x3d;1&#X26;b&#x2F;",
        "a&equals;1&amp;b&sol;",
        r"a=1\\u0026b\\\/",
        r"a=1\u0026amp;b\\/",
        "a=1&bsol;u0026b&#92;/",
        r"a\u{3d}1\u{000026}b/",
    ] {
        assert_eq!(meant(raw), "a=1&b/", "{raw}");
    }
}

#[test]
fn what_is_no_escape_stands_for_itself() {
    for raw in [
        "&",
        "&&",
        "&amp",
        "&a=b;",
        "&nosuch;",
        r"\",
        r"\u00g0",
        r"\xg",
        r"\zoom",
        "&#;",
        "&#xg;",
        "&#1114112;",
    ] {
        let expected = raw.replace("&#1114112;", "\u{fffd}");
        assert_eq!(meant(raw), expected, "{raw}");
    }
}

#[test]
fn unit_waits_for_the_bytes_that_may_belong_to_it() {
    for whole in [
        r"\u0026x",
        "&amp;",
        "&#x26;",
        r"\/",
        r"\\\u0026x",
        r"\x26",
        r"\u{26}",
        r"\u0026amp;",
    ] {
        let whole = format!("{whole}=1").into_bytes();
        let unit = read(&whole, false).unwrap();
        for end in 1..unit.length {
            assert_eq!(read(&whole[..end], false), None, "{:?}", &whole[..end]);
            assert!(read(&whole[..end], true).is_some());
        }
    }
}

#[test]
fn characters_outside_ascii_are_one_span() {
    let raw = r"\u00e9&#233;é=";
    let spelled = Spelled::of(raw.as_bytes());
    assert_eq!(spelled.bytes(), "ééé=".as_bytes());
    assert_eq!(spelled.raw_start(2), 6);
    assert_eq!(spelled.raw_start(4), 12);
    assert_eq!(spelled.raw_start(6), 14);
}
