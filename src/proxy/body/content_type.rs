//! `Content-Type` (RFC 9110 8.3) as far as it says how to read a body.

use encoding_rs::Encoding;

use crate::pattern::HTML;
use crate::rewrite::body::Syntax;

/// What one line says.
#[derive(Debug, Clone, Copy)]
pub(super) struct ContentType<'v> {
    /// The type and subtype, in any case.
    pub(super) media_type: &'v [u8],
    /// What stands behind it.
    parameters: &'v [u8],
}

impl<'v> ContentType<'v> {
    pub(super) fn parse(line: &'v [u8]) -> Self {
        let end = line.iter().position(|byte| *byte == b';');
        let (media_type, parameters) = line.split_at(end.unwrap_or(line.len()));
        Self {
            media_type: media_type.trim_ascii(),
            parameters,
        }
    }

    /// What the body is made of.
    pub(super) fn syntax(&self) -> Syntax {
        let is = |name: &&str| self.media_type.eq_ignore_ascii_case(name.as_bytes());
        if is(&"text/x-component") {
            Syntax::Rows
        } else if HTML.iter().any(is) {
            Syntax::Markup
        } else {
            Syntax::Text
        }
    }

    /// Whether a byte of ASCII in the body is the character of that number, by all that is
    /// said of its charset. Where nothing is, it is taken to be.
    pub(super) fn is_ascii_compatible(&self) -> bool {
        let is_compatible = |label: &[u8]| {
            // ISO-2022-* and UTF-16 are not, and UTF-7 is not known.
            let encoding = Encoding::for_label(label);
            encoding.is_some_and(Encoding::is_ascii_compatible)
        };
        self.charsets().all(is_compatible)
    }

    /// The values of `charset`. A `;` in quotes cuts here too: what that leaves is no label.
    fn charsets(&self) -> impl Iterator<Item = &'v [u8]> {
        let parameters = self.parameters.split(|byte| *byte == b';');
        parameters.filter_map(|parameter| {
            let equals = parameter.iter().position(|byte| *byte == b'=')?;
            let (name, value) = (&parameter[..equals], &parameter[equals + 1..]);
            let is_charset = name.trim_ascii().eq_ignore_ascii_case(b"charset");
            is_charset.then(|| unquoted(value.trim_ascii()))
        })
    }
}

/// Takes the quotes off a quoted string. A label holds nothing that is escaped in one.
fn unquoted(value: &[u8]) -> &[u8] {
    let inner = value.strip_prefix(b"\"");
    inner.and_then(|it| it.strip_suffix(b"\"")).unwrap_or(value)
}
