//! Where a browser would go: a reference resolved as the URL standard does it.
//!
//! References in their plainest spelling, nearly all there are, are compared
//! byte by byte without an allocation. Everything else goes through `url`.

use std::{
    borrow::Cow,
    fmt::{self, Write as _},
    net::{Ipv4Addr, Ipv6Addr},
};

use url::Url;

use super::{
    Mismatch,
    endpoint::{Endpoint, EndpointTable, Scheme},
    endpoint_path::decode_unreserved,
};

/// The URL of the request whose answer is looked at; what references are relative to.
#[derive(Debug, Clone, Copy)]
pub struct RequestUrl<'a> {
    /// How the request arrived.
    pub scheme: Scheme,
    /// Its `Host`, port included.
    pub authority: &'a [u8],
    /// Its path.
    pub path: &'a str,
}

impl RequestUrl<'_> {
    /// Nobody's request, for references that come without one.
    pub const UNKNOWN: RequestUrl<'static> = RequestUrl {
        scheme: Scheme::Http,
        authority: b"request.invalid",
        path: "/",
    };
}

/// Returns the row of `table` that `before`, a reference up to its query, leads to.
pub(super) fn endpoint<'t>(
    before: &[u8],
    own: &RequestUrl<'_>,
    table: &'t EndpointTable,
) -> Result<&'t Endpoint, Mismatch> {
    // The URL standard trims C0 controls and spaces at both ends.
    let start = before
        .iter()
        .position(|byte| *byte > b' ')
        .unwrap_or(before.len());
    let before = &before[start..];
    if let Some(plain) = Plain::read(before, own)? {
        if !table.iter().any(|endpoint| endpoint.has_host(plain.host)) {
            return Err(match plain.is_relative {
                true => Mismatch::OwnHost,
                false => Mismatch::Host,
            });
        }
        if let Some(target) = plain.target() {
            return target.find(table);
        }
    }
    Target::as_browser(before, own)?.find(table)
}

/// What of a resolved URL decides.
struct Target<'a> {
    /// `None` where the reference names none and so takes the page's: any is right then.
    scheme: Option<Scheme>,
    has_userinfo: bool,
    host: Cow<'a, [u8]>,
    /// `None` for the scheme's own.
    port: Option<u16>,
    path: Cow<'a, [u8]>,
}

impl Target<'_> {
    /// Resolves any reference at all. One difference is known: `url` lets no `..` take
    /// away a drive letter (`/C:/../x`), which browsers keep in file URLs only.
    fn as_browser(before: &[u8], own: &RequestUrl<'_>) -> Result<Target<'static>, Mismatch> {
        let mut text = before.to_vec();
        text.retain(|byte| !is_ignored(*byte));
        // White space before a query is part of the path, not trimmed as at the end.
        text.push(b'?');
        let text = String::from_utf8_lossy(&text);
        let slashes = text.bytes().take_while(|byte| is_slash(*byte)).count();
        if slashes > 1 {
            return Self::without_scheme(&text[slashes..]);
        }
        // What names its own host has no need of a base, which any client may garble.
        let base = own.as_base();
        let options = Url::options().base_url(base.as_ref());
        let url = options.parse(&text).map_err(|_| Mismatch::NotAUrl)?;
        let scheme = match (url.scheme(), split_scheme(text.as_bytes())) {
            (_, None) => None,
            ("https", _) => Some(Scheme::Https),
            ("http", _) => Some(Scheme::Http),
            _ => return Err(Mismatch::Scheme),
        };
        let port = url.port();
        Self::new(scheme, &url, port)
    }

    /// Resolves what stands behind the slashes of a reference that names a host but no
    /// scheme. It takes the page's, which TLS in front of this proxy may have made https:
    /// the default port is not ours to know.
    fn without_scheme(rest: &str) -> Result<Target<'static>, Mismatch> {
        let parse = |scheme: Scheme| Url::parse(&format!("{}://{rest}", scheme.as_str()));
        let url = parse(Scheme::Https).map_err(|_| Mismatch::NotAUrl)?;
        // `url` hides a port that is the scheme's own, though it is written.
        let hidden = || parse(Scheme::Http).ok()?.port();
        let port = url.port().or_else(hidden);
        Self::new(None, &url, port)
    }

    fn new(
        scheme: Option<Scheme>,
        url: &Url,
        port: Option<u16>,
    ) -> Result<Target<'static>, Mismatch> {
        let host = url.host_str().ok_or(Mismatch::NotAUrl)?.as_bytes().to_vec();
        Ok(Target {
            scheme,
            has_userinfo: !url.username().is_empty() || url.password().is_some(),
            host: Cow::Owned(host),
            port,
            path: Cow::Owned(decode_unreserved(url.path().as_bytes()).into_owned()),
        })
    }

    fn find<'t>(&self, table: &'t EndpointTable) -> Result<&'t Endpoint, Mismatch> {
        let mut nearest = Mismatch::Host;
        for endpoint in table
            .iter()
            .filter(|endpoint| endpoint.has_host(&self.host))
        {
            nearest = if self.has_userinfo {
                Mismatch::Userinfo
            } else if self.scheme.is_some_and(|scheme| scheme != endpoint.scheme) {
                Mismatch::Scheme
            } else if self.port.unwrap_or(endpoint.scheme.default_port()) != endpoint.port {
                Mismatch::Port
            } else if !endpoint.has_path(&self.path) {
                Mismatch::Path
            } else {
                return Ok(endpoint);
            };
        }
        Err(nearest)
    }
}

impl RequestUrl<'_> {
    /// Returns `None` where a client sent a `Host` that is none.
    fn as_base(&self) -> Option<Url> {
        let authority = std::str::from_utf8(self.authority).ok()?;
        if authority.is_empty() || authority.contains(['/', '\\', '?', '#']) {
            return None;
        }
        // `OPTIONS *` and `CONNECT` have none.
        let path = Some(self.path).filter(|path| path.starts_with('/'));
        let path = path.unwrap_or("/");
        Url::parse(&format!("{}://{authority}{path}", self.scheme.as_str())).ok()
    }
}

/// A reference whose host needs no decoding to be compared.
struct Plain<'a> {
    scheme: Option<Scheme>,
    /// Whether the host is the page's own.
    is_relative: bool,
    host: &'a [u8],
    port: Option<u16>,
    /// Undecoded; `None` where it has to be put together from two.
    path: Option<&'a [u8]>,
}

impl<'a> Plain<'a> {
    /// Returns `None` for a spelling that only a URL parser understands.
    fn read(before: &'a [u8], own: &RequestUrl<'a>) -> Result<Option<Self>, Mismatch> {
        if before.iter().any(|byte| is_ignored(*byte)) {
            return Ok(None);
        }
        let (scheme, rest) = match split_scheme(before) {
            Some((name, rest)) if name.eq_ignore_ascii_case(b"https") => {
                (Some(Scheme::Https), rest)
            }
            Some((name, rest)) if name.eq_ignore_ascii_case(b"http") => (Some(Scheme::Http), rest),
            Some(_) => return Err(Mismatch::Scheme),
            None => (None, before),
        };
        let slashes = rest.iter().take_while(|byte| is_slash(**byte)).count();
        Ok(match (scheme, slashes) {
            (_, 2..) => Self::with_authority(scheme, &rest[slashes..]),
            (None, _) => Self::relative(rest, own),
            // `https:zoom.us/...`: a browser's reading depends on the page's scheme.
            (Some(_), _) => None,
        })
    }

    fn with_authority(scheme: Option<Scheme>, rest: &'a [u8]) -> Option<Self> {
        let end = rest
            .iter()
            .position(|byte| is_slash(*byte))
            .unwrap_or(rest.len());
        let (host, port) = plain_authority(&rest[..end])?;
        let path = if end == rest.len() {
            b"/"
        } else {
            &rest[end..]
        };
        Some(Self {
            scheme,
            is_relative: false,
            host,
            port,
            path: Some(path),
        })
    }

    fn relative(rest: &'a [u8], own: &RequestUrl<'a>) -> Option<Self> {
        let (host, port) = plain_authority(own.authority)?;
        let port = port.filter(|port| *port != own.scheme.default_port());
        let path = rest.starts_with(b"/").then_some(rest);
        Some(Self {
            scheme: None,
            is_relative: true,
            host,
            port,
            path,
        })
    }

    /// Returns `None` where the path needs decoding or has dot segments.
    fn target(&self) -> Option<Target<'a>> {
        let path = self.path?;
        let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(byte);
        let dotted = path.windows(2).any(|two| two == b"/.");
        (path.iter().all(plain) && !dotted).then_some(Target {
            scheme: self.scheme,
            has_userinfo: false,
            host: Cow::Borrowed(self.host),
            port: self.port,
            path: Cow::Borrowed(path),
        })
    }
}

/// Splits `host:port`; `None` for userinfo, escapes, addresses in an unusual
/// spelling, names outside ASCII and all that may be no host.
fn plain_authority(authority: &[u8]) -> Option<(&[u8], Option<u16>)> {
    let bracket = authority.iter().position(|byte| *byte == b']');
    let start = bracket.unwrap_or_default();
    let colon = authority[start..].iter().position(|byte| *byte == b':');
    let (host, port) = match colon.map(|at| start + at) {
        Some(at) if at + 1 == authority.len() => (&authority[..at], None),
        Some(at) => {
            let digits = std::str::from_utf8(&authority[at + 1..]).ok()?;
            let all_digits = digits.bytes().all(|byte| byte.is_ascii_digit());
            (
                &authority[..at],
                Some(digits.parse().ok().filter(|_| all_digits)?),
            )
        }
        None => (authority, None),
    };
    if bracket.is_some() {
        return is_plain_ipv6(host).then_some((host, port));
    }
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._".contains(byte);
    if host.is_empty() || !host.iter().all(plain) {
        return None;
    }
    let mut labels = host
        .strip_suffix(b".")
        .unwrap_or(host)
        .split(|byte| *byte == b'.');
    if labels
        .clone()
        .any(|label| label.len() >= 4 && label[..4].eq_ignore_ascii_case(b"xn--"))
    {
        return None;
    }
    // The URL standard reads a host whose last label begins with a digit as IPv4, `127.1` too.
    let numeric = labels
        .next_back()
        .is_none_or(|label| label.first().is_none_or(u8::is_ascii_digit));
    let ipv4 = |host| std::str::from_utf8(host).is_ok_and(|text| text.parse::<Ipv4Addr>().is_ok());
    (!numeric || ipv4(host)).then_some((host, port))
}

/// Whether `host` is an IPv6 address in brackets, spelled as the URL standard writes it.
fn is_plain_ipv6(host: &[u8]) -> bool {
    let inner = host.strip_prefix(b"[").and_then(|it| it.strip_suffix(b"]"));
    let Some(text) = inner.and_then(|inner| std::str::from_utf8(inner).ok()) else {
        return false;
    };
    let Ok(address) = text.parse::<Ipv6Addr>() else {
        return false;
    };
    // A dotted end is written in hexadecimal there, unlike here.
    let mut rest = Rest(text);
    !text.contains('.') && write!(rest, "{address}").is_ok() && rest.0.is_empty()
}

/// What is left of a text when that which is written has been taken off its front;
/// compares without an allocation.
struct Rest<'t>(&'t str);

impl fmt::Write for Rest<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 = self.0.strip_prefix(text).ok_or(fmt::Error)?;
        Ok(())
    }
}

/// RFC 3986 3.1: scheme = ALPHA *( ALPHA / DIGIT / "+" / "-" / "." ), then `:`.
fn split_scheme(reference: &[u8]) -> Option<(&[u8], &[u8])> {
    let legal = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-.".contains(byte);
    let end = reference.iter().position(|byte| !legal(byte))?;
    (reference[end] == b':' && reference.first()?.is_ascii_alphabetic())
        .then(|| (&reference[..end], &reference[end + 1..]))
}

/// The URL standard takes a backslash for a slash in http and https URLs.
fn is_slash(byte: u8) -> bool {
    matches!(byte, b'/' | b'\\')
}

/// The URL standard removes tabs and newlines before it parses.
fn is_ignored(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\n' | b'\r')
}
