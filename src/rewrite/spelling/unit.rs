//! One character as a document spells it.

/// One character and how many bytes spell it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::rewrite) struct Unit {
    pub(in crate::rewrite) symbol: Symbol,
    pub(in crate::rewrite) length: usize,
    /// How many backslashes it is spelled with.
    pub(in crate::rewrite) backslashes: usize,
    pub(in crate::rewrite) style: Style,
}

/// What stands behind those backslashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::rewrite) enum Style {
    /// The character itself, or the letter that an escape has for it.
    Itself,
    /// A character reference of HTML.
    Reference,
    /// Its number.
    Number,
}

/// What a unit means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::rewrite) enum Symbol {
    /// A byte, in ASCII or a part of a character as it stands.
    Byte(u8),
    /// An escaped character outside of ASCII.
    Char(char),
}

impl Unit {
    /// The ASCII character that it is.
    pub(in crate::rewrite) fn ascii(self) -> Option<u8> {
        match self.symbol {
            Symbol::Byte(byte) if byte.is_ascii() => Some(byte),
            _ => None,
        }
    }

    /// Whether the character stands for itself.
    pub(in crate::rewrite) fn is_plain(self) -> bool {
        self.length == 1
    }

    fn new(character: char, length: usize, style: Style) -> Self {
        let symbol = match u8::try_from(character) {
            Ok(byte) if byte.is_ascii() => Symbol::Byte(byte),
            _ => Symbol::Char(character),
        };
        Self {
            symbol,
            length,
            backslashes: 0,
            style,
        }
    }

    /// A byte as it stands.
    fn itself(byte: u8) -> Self {
        Self {
            symbol: Symbol::Byte(byte),
            length: 1,
            backslashes: 0,
            style: Style::Itself,
        }
    }

    fn backslash(length: usize) -> Self {
        Self::new('\\', length, Style::Itself)
    }
}

/// Reads the first unit of `raw`, which is not empty; `None` where more bytes may belong to
/// it. Nothing follows `raw` where `is_all` is set.
pub(in crate::rewrite) fn read(raw: &[u8], is_all: bool) -> Option<Unit> {
    match raw[0] {
        b'\\' => escape(raw, is_all),
        b'&' => {
            let reference = reference(raw, is_all)?;
            match reference.ascii() {
                // A backslash that HTML spells, of JSON in an attribute.
                Some(b'\\') => escape(raw, is_all),
                _ => Some(reference),
            }
        }
        byte => Some(Unit::itself(byte)),
    }
}

/// Reads a backslash escape, written by JSON or JavaScript once or several times over.
fn escape(raw: &[u8], is_all: bool) -> Option<Unit> {
    let (mut at, mut first, mut backslashes) = (0, 0, 0);
    let escaped = loop {
        let rest = &raw[at..];
        if rest.is_empty() && !is_all {
            return None;
        }
        if rest.is_empty() || at > LONGEST_RUN {
            return Some(Unit::backslash(first));
        }
        let unit = plain_or_reference(rest, is_all)?;
        if unit.ascii() != Some(b'\\') {
            break unit;
        }
        at += unit.length;
        backslashes += 1;
        if backslashes == 1 {
            first = at;
        }
    };
    let behind = &raw[at + escaped.length..];
    let (character, digits) = match escaped.ascii() {
        Some(b'u') if behind.first() == Some(&b'{') => match braced(behind, is_all)? {
            Some(found) => found,
            None => return Some(Unit::backslash(first)),
        },
        Some(letter @ (b'u' | b'x')) => {
            let count = if letter == b'u' { 4 } else { 2 };
            match hex(behind, count, is_all)? {
                Some(code) => (character(code), count),
                None => return Some(Unit::backslash(first)),
            }
        }
        Some(b'n' | b'r' | b'f' | b'v' | b'b') => ('\n', 0),
        Some(b't') => ('\t', 0),
        // Such a character stands for itself behind a backslash.
        Some(byte) if byte.is_ascii_punctuation() => (char::from(byte), 0),
        _ => return Some(Unit::backslash(first)),
    };
    let length = at + escaped.length + digits;
    let style = if digits > 0 {
        Style::Number
    } else {
        escaped.style
    };
    let unit = match character {
        // HTML inside a JSON string: `\u0026amp;` is `&amp;` there.
        '&' => match reference_tails(&raw[length..], is_all)? {
            Some((character, tail)) => Unit::new(character, length + tail, Style::Reference),
            None => Unit::new('&', length, style),
        },
        character => Unit::new(character, length, style),
    };
    Some(Unit {
        backslashes,
        ..unit
    })
}

fn plain_or_reference(raw: &[u8], is_all: bool) -> Option<Unit> {
    match raw[0] {
        b'&' => reference(raw, is_all),
        byte => Some(Unit::itself(byte)),
    }
}

/// Reads `&...;`; an ampersand that begins no known reference is one.
fn reference(raw: &[u8], is_all: bool) -> Option<Unit> {
    let tail = reference_tails(&raw[1..], is_all)?;
    Some(match tail {
        Some((character, tail)) => Unit::new(character, 1 + tail, Style::Reference),
        None => Unit::itself(b'&'),
    })
}

/// Reads what stands behind the `&` of a character reference as [`reference_tail`] does, and what
/// that is a reference of: HTML inside HTML has `&amp;amp;`.
fn reference_tails(raw: &[u8], is_all: bool) -> Option<Option<(char, usize)>> {
    let mut found = None;
    let mut length = 0;
    while length < LONGEST_RUN
        && let Some((character, tail)) = reference_tail(&raw[length..], is_all)?
    {
        length += tail;
        found = Some((character, length));
        if character != '&' {
            break;
        }
    }
    Some(found)
}

/// Reads what stands behind the `&` of a character reference, up to its `;`, and returns the
/// character and the length; `Some(None)` where it is none.
fn reference_tail(raw: &[u8], is_all: bool) -> Option<Option<(char, usize)>> {
    let window = &raw[..raw.len().min(LONGEST_REFERENCE)];
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'#';
    let Some(end) = window.iter().position(|byte| !is_part(byte)) else {
        let is_beginning = |(name, _): &(&str, _)| name.as_bytes().starts_with(window);
        let may_go_on = window.starts_with(b"#") || NAMES.iter().any(is_beginning);
        let is_complete = is_all || !may_go_on || window.len() == LONGEST_REFERENCE;
        return is_complete.then_some(None);
    };
    if window[end] != b';' {
        return Some(None);
    }
    let name = &window[..end];
    let found = match name {
        [b'#', b'x' | b'X', digits @ ..] => number(digits, 16),
        [b'#', digits @ ..] => number(digits, 10),
        name => NAMES
            .iter()
            .find(|(known, _)| known.as_bytes() == name)
            .map(|(_, character)| *character),
    };
    Some(found.map(|character| (character, end + 1)))
}

/// Reads exactly `count` hexadecimal digits; `Some(None)` where they are none.
fn hex(raw: &[u8], count: usize, is_all: bool) -> Option<Option<u32>> {
    let digits = &raw[..raw.len().min(count)];
    if !digits.iter().all(u8::is_ascii_hexdigit) {
        return Some(None);
    }
    if digits.len() < count {
        return is_all.then_some(None);
    }
    Some(parse(digits, 16))
}

/// Reads `{...}` of `\u{...}`.
fn braced(raw: &[u8], is_all: bool) -> Option<Option<(char, usize)>> {
    let window = &raw[..raw.len().min(LONGEST_REFERENCE)];
    let Some(end) = window.iter().position(|byte| *byte == b'}') else {
        let is_complete = is_all || window.len() == LONGEST_REFERENCE;
        return is_complete.then_some(None);
    };
    let code = number(&window[1..end], 16);
    Some(code.map(|character| (character, end + 1)))
}

fn number(digits: &[u8], radix: u32) -> Option<char> {
    let is_digit = |byte: &u8| char::from(*byte).is_digit(radix);
    let are_digits = !digits.is_empty() && digits.iter().all(is_digit);
    are_digits
        .then(|| parse(digits, radix))
        .flatten()
        .map(character)
}

fn parse(digits: &[u8], radix: u32) -> Option<u32> {
    u32::from_str_radix(std::str::from_utf8(digits).ok()?, radix).ok()
}

/// Half of a pair of surrogates is no character; no URL that is looked for has one.
fn character(code: u32) -> char {
    char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// More backslashes before one character, or bytes of references inside another, are not
/// anybody's.
const LONGEST_RUN: usize = 64;

/// More bytes than any reference that is read here has behind its `&`.
const LONGEST_REFERENCE: usize = 10;

/// The named references (HTML, section 13.5) of characters that URLs and what surrounds them
/// are made of.
const NAMES: &[(&str, char)] = &[
    ("amp", '&'),
    ("AMP", '&'),
    ("quot", '"'),
    ("QUOT", '"'),
    ("apos", '\''),
    ("lt", '<'),
    ("LT", '<'),
    ("gt", '>'),
    ("GT", '>'),
    ("sol", '/'),
    ("bsol", '\\'),
    ("colon", ':'),
    ("quest", '?'),
    ("equals", '='),
    ("num", '#'),
    ("percnt", '%'),
    ("plus", '+'),
    ("comma", ','),
    ("semi", ';'),
    ("period", '.'),
    ("lowbar", '_'),
    ("commat", '@'),
    ("excl", '!'),
    ("lpar", '('),
    ("rpar", ')'),
    ("ast", '*'),
    ("grave", '`'),
    ("Tab", '\t'),
    ("NewLine", '\n'),
    ("nbsp", '\u{a0}'),
    // Those of Angular's transferred state.
    ("a", '&'),
    ("q", '"'),
];
