//! Where a browser would go: a reference resolved as the URL standard does it.
//!
//! References in their plainest spelling, nearly all there are, are compared
//! byte by byte without an allocation. Everything else goes through `url`.

use std::{borrow::Cow, net::Ipv4Addr};

use url::Url;

use super::{
    Mismatch,
    endpoint::{Endpoint, EndpointTable, Scheme, decode_unreserved},
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
            return Err(Mismatch::Host);
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
    /// Resolves any reference at all.
    fn as_browser(before: &[u8], own: &RequestUrl<'_>) -> Result<Target<'static>, Mismatch> {
        let text: Vec<u8> = before
            .iter()
            .copied()
            .filter(|byte| !is_ignored(*byte))
            .collect();
        let scheme = split_scheme(&text);
        let slashes = text.iter().take_while(|byte| is_slash(**byte)).count();
        // A reference that names a host but no scheme takes the page's, which TLS in
        // front of this proxy may have made https: its default port is not ours to know.
        let base_scheme = if slashes > 1 {
            Scheme::Https
        } else {
            own.scheme
        };
        let base = own.as_base(base_scheme).ok_or(Mismatch::NotAUrl)?;
        let mut text = String::from_utf8_lossy(&text).into_owned();
        if slashes > 1 {
            // `url` refuses three and more, which the URL standard passes over.
            text.replace_range(..slashes, "//");
        }
        let options = Url::options().base_url(Some(&base));
        let url = options.parse(&text).map_err(|_| Mismatch::NotAUrl)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Mismatch::Scheme);
        }
        let host = url.host_str().ok_or(Mismatch::NotAUrl)?.as_bytes().to_vec();
        Ok(Target {
            scheme: scheme.map(|_| match url.scheme() {
                "http" => Scheme::Http,
                _ => Scheme::Https,
            }),
            has_userinfo: !url.username().is_empty() || url.password().is_some(),
            host: Cow::Owned(host),
            port: url.port(),
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
    fn as_base(&self, scheme: Scheme) -> Option<Url> {
        let authority = std::str::from_utf8(self.authority).ok()?;
        Url::parse(&format!("{}://{authority}{}", scheme.as_str(), self.path)).ok()
    }
}

/// A reference whose host needs no decoding to be compared.
struct Plain<'a> {
    scheme: Option<Scheme>,
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

/// Splits `host:port`; `None` for userinfo, escapes, addresses in brackets or
/// in an unusual spelling, names outside ASCII and all that may be no host.
fn plain_authority(authority: &[u8]) -> Option<(&[u8], Option<u16>)> {
    let (host, port) = match authority.iter().position(|byte| *byte == b':') {
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
