//! Taking a field's value apart, byte by byte.

/// Cuts `bytes` at the first one that `ends` them, which belongs to the rest.
pub(super) fn split(bytes: &[u8], ends: impl Fn(u8) -> bool) -> (&[u8], &[u8]) {
    let end = bytes.iter().position(|byte| ends(*byte));
    bytes.split_at(end.unwrap_or(bytes.len()))
}

/// Returns `bytes` from the first one on that does not go.
pub(super) fn skip(bytes: &[u8], goes: impl Fn(u8) -> bool) -> &[u8] {
    split(bytes, |byte| !goes(byte)).1
}

/// `OWS` (RFC 9110 5.6.3): all white space that the value of a field may hold.
pub(super) fn is_white_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}
