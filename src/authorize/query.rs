//! What was asked, as the query of the real endpoint. Pure.

use super::refusal::Refusal;

/// Returns the query of the URL and the form behind it, joined with `&`, byte for byte.
///
/// # Errors
///
/// Something may not stand in a query: it would end it, or the field it is sent in.
pub(super) fn join(query: Option<&str>, form: Option<&[u8]>) -> Result<Option<Vec<u8>>, Refusal> {
    let query = query.map(str::as_bytes);
    let joined = match (query, form) {
        (Some(query), Some(form)) if !query.is_empty() && !form.is_empty() => {
            [query, b"&", form].concat()
        }
        (Some(query), Some([]) | None) => query.to_vec(),
        (_, Some(form)) => form.to_vec(),
        (None, None) => return Ok(None),
    };
    match joined.iter().all(|byte| may_stand_in_query(*byte)) {
        true => Ok(Some(joined)),
        false => Err(Refusal::Query),
    }
}

/// Printable ASCII but for what browsers always escape in a query (URL standard, query
/// percent-encode set). Raw bytes beyond ASCII are not escaped for whoever sends them: which
/// characters they are nobody says.
fn may_stand_in_query(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'"' | b'#' | b'<' | b'>')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(query: Option<&str>, form: Option<&str>) -> Option<String> {
        let joined = join(query, form.map(str::as_bytes)).ok().unwrap();
        joined.map(|query| String::from_utf8(query).unwrap())
    }

    #[test]
    fn form_stands_behind_the_query() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(joined(None, None), None);
        assert_eq!(joined(Some(""), None), some(""));
        assert_eq!(joined(Some("a=%zz&&b"), None), some("a=%zz&&b"));
        assert_eq!(joined(None, Some("a=b+c%20d")), some("a=b+c%20d"));
        assert_eq!(joined(None, Some("")), some(""));
        assert_eq!(joined(Some("a=1"), Some("a=2&b")), some("a=1&a=2&b"));
        assert_eq!(joined(Some("a=1"), Some("")), some("a=1"));
        assert_eq!(joined(Some(""), Some("b")), some("b"));
    }

    #[test]
    fn what_would_end_a_query_or_a_field_is_refused() {
        for byte in 0..=u8::MAX {
            let is_fine = join(None, Some(&[b'a', byte, b'b'])).is_ok();
            let is_printable = (b'!'..=b'~').contains(&byte);
            assert_eq!(is_fine, is_printable && !b"\"#<>".contains(&byte), "{byte}");
        }
    }
}
