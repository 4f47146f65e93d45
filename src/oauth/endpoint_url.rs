//! One endpoint of an authorization server as a whole URL, where it is not to
//! be recognised but gone to.

use std::str::FromStr;

use thiserror::Error;
use url::{Host, Url};

use super::{
    endpoint::{Endpoint, EndpointTable, InvalidEndpoint, Scheme},
    resolve::{self, RequestUrl},
};

/// The URL of an endpoint: `https`, or `http` for this machine; no user information, no
/// query, no fragment (RFC 6749 3.1 and 3.2), in its plainest spelling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointUrl {
    url: Url,
    /// The row of a table that recognises it.
    endpoint: Endpoint,
}

impl EndpointUrl {
    /// The URL; a query may be put behind it with a `?`.
    pub fn as_str(&self) -> &str {
        self.url.as_str()
    }

    /// The host in its plainest spelling; IPv6 without brackets.
    pub fn host(&self) -> String {
        match self.url.host() {
            Some(Host::Ipv6(ip)) => ip.to_string(),
            host => host.map(|host| host.to_string()).unwrap_or_default(),
        }
    }

    /// The port, written or the scheme's own.
    pub fn port(&self) -> u16 {
        self.endpoint.port
    }

    /// The path; it begins with `/`.
    pub fn path(&self) -> &str {
        self.url.path()
    }
}

impl EndpointTable {
    /// Adds the endpoint at `url`, unless one that is there recognises it.
    pub fn ensure(&mut self, url: &EndpointUrl) {
        if resolve::endpoint(url.as_str().as_bytes(), &RequestUrl::UNKNOWN, self).is_err() {
            self.push(url.endpoint.clone());
        }
    }
}

impl FromStr for EndpointUrl {
    type Err = InvalidEndpointUrl;

    fn from_str(text: &str) -> Result<Self, InvalidEndpointUrl> {
        let url = Url::parse(text).map_err(|_| InvalidEndpointUrl::Malformed)?;
        let scheme = match url.scheme() {
            "https" => Scheme::Https,
            "http" => Scheme::Http,
            _ => return Err(InvalidEndpointUrl::Malformed),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(InvalidEndpointUrl::Userinfo);
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(InvalidEndpointUrl::Query);
        }
        if url.as_str() != text {
            return Err(InvalidEndpointUrl::Spelling(url.into()));
        }
        let host = url.host_str().ok_or(InvalidEndpointUrl::Malformed)?;
        // A table's row may stand for many hosts, a URL is for one.
        if host.contains('*') || url.port() == Some(0) {
            return Err(InvalidEndpointUrl::Malformed);
        }
        let endpoint = Endpoint::new(scheme, host, url.port(), url.path())?;
        Ok(Self { url, endpoint })
    }
}

/// Why a text is no URL of an endpoint. What was found is not shown: it may be a secret.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidEndpointUrl {
    /// None of the forms.
    #[error("an endpoint's URL is `https://HOST/PATH`, such as `https://zoom.us/oauth/authorize`")]
    Malformed,
    /// Plain http to another machine.
    #[error(
        "an endpoint's URL is `https://HOST/PATH`; `http` is for `localhost`, 127.0.0.0/8 and \
         `[::1]` only (RFC 6749 3.1)"
    )]
    PlainHttp,
    /// Something stands before the host.
    #[error("an endpoint's URL holds no user name or password")]
    Userinfo,
    /// Something stands behind the path.
    #[error("an endpoint's URL holds no query or fragment")]
    Query,
    /// A browser would send another path, or an equivalent one is shorter.
    #[error("the path of an endpoint's URL holds no needless escape")]
    Path,
    /// The same URL has a plainer spelling, which is shown.
    #[error("an endpoint's URL is written in its plainest spelling, `{0}`")]
    Spelling(String),
}

impl From<InvalidEndpoint> for InvalidEndpointUrl {
    fn from(error: InvalidEndpoint) -> Self {
        match error {
            InvalidEndpoint::Host(_) => Self::Malformed,
            InvalidEndpoint::Path(_) => Self::Path,
            InvalidEndpoint::PlainHttp(_) => Self::PlainHttp,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn url_is_https_or_this_machines_and_no_more_than_a_path() {
        for (text, host, port, path) in [
            (
                "https://zoom.us/oauth/authorize",
                "zoom.us",
                443,
                "/oauth/authorize",
            ),
            ("https://a.example:8443/", "a.example", 8443, "/"),
            ("http://localhost:9/a", "localhost", 9, "/a"),
            ("http://127.0.0.2/a%2Fb", "127.0.0.2", 80, "/a%2Fb"),
            ("http://[::1]:9/a/@b", "::1", 9, "/a/@b"),
        ] {
            let url: EndpointUrl = text.parse().unwrap();
            assert_eq!(url.as_str(), text);
            assert_eq!((&*url.host(), url.port(), url.path()), (host, port, path));
        }
    }

    #[test]
    fn whatever_else_is_no_url_of_an_endpoint() {
        use InvalidEndpointUrl as Invalid;
        let spelling = |text: &str| Invalid::Spelling(text.to_owned());
        for (text, expected) in [
            ("", Invalid::Malformed),
            ("zoom.us/oauth/authorize", Invalid::Malformed),
            ("//zoom.us/oauth/authorize", Invalid::Malformed),
            ("ftp://zoom.us/", Invalid::Malformed),
            ("javascript:alert(1)", Invalid::Malformed),
            ("https://*.zoom.us/a", Invalid::Malformed),
            ("https://a.b:0/", Invalid::Malformed),
            ("http://zoom.us/oauth/authorize", Invalid::PlainHttp),
            ("https://u@zoom.us/", Invalid::Userinfo),
            ("https://:p@zoom.us/", Invalid::Userinfo),
            ("https://zoom.us/?", Invalid::Query),
            ("https://zoom.us/a?b=c", Invalid::Query),
            ("https://zoom.us/a#", Invalid::Query),
            ("https://zoom.us/%6Fauth", Invalid::Path),
            ("https://zoom.us", spelling("https://zoom.us/")),
            ("https://@zoom.us/", spelling("https://zoom.us/")),
            ("HTTPS://Zoom.US/a", spelling("https://zoom.us/a")),
            ("https://zoom.us:443/a", spelling("https://zoom.us/a")),
            ("https://zoom.us/b/../a", spelling("https://zoom.us/a")),
            ("https:\\\\zoom.us\\a", spelling("https://zoom.us/a")),
            (" https://zoom.us/a\r\n", spelling("https://zoom.us/a")),
            ("https://zoom.us/a b", spelling("https://zoom.us/a%20b")),
            ("https://zoom.us/\u{e9}", spelling("https://zoom.us/%C3%A9")),
        ] {
            assert_eq!(text.parse::<EndpointUrl>(), Err(expected), "{text:?}");
        }
    }
}
