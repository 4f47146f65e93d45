//! A client that does what matters of a browser in a sign-in: it follows
//! redirects, keeps cookies per origin and remembers where it went.
//!
//! It runs no script, honours no cookie attribute, and never connects to
//! anything but this machine.

use std::{
    collections::{BTreeMap, HashMap},
    net::SocketAddr,
};

use bytes::Bytes;
use http::{
    Request, Response, StatusCode,
    header::{COOKIE, HOST, LOCATION, SET_COOKIE},
};
use thiserror::Error;
use url::{Host, Origin, Url};

use super::wire::{Body, SendError, send};

/// As many redirects as Firefox and Chrome follow.
const REDIRECT_LIMIT: usize = 20;

/// A browser with an empty cookie jar.
#[derive(Debug, Default)]
pub struct Browser {
    cookies: HashMap<Origin, BTreeMap<String, String>>,
    stand_ins: HashMap<Origin, SocketAddr>,
}

/// What is shown after the last redirect.
#[derive(Debug)]
pub struct Page {
    /// Every URL on the way, the page's own last.
    pub visited: Vec<Url>,
    /// The page's status.
    pub status: StatusCode,
    /// The page's text.
    pub text: String,
}

impl Browser {
    /// Sends what goes to `origin`, as `https://zoom.us`, to `address` instead, without TLS.
    ///
    /// # Panics
    ///
    /// `origin` is not a URL.
    pub fn stand_in(&mut self, origin: &str, address: SocketAddr) {
        let url = Url::parse(origin).expect("an origin is a URL");
        self.stand_ins.insert(url.origin(), address);
    }

    /// Opens `url`, as if typed into the address bar, and follows where it leads.
    ///
    /// # Errors
    ///
    /// A URL on the way leads off this machine or to no answer.
    pub async fn open(&mut self, url: &str) -> Result<Page, BrowserError> {
        let mut url = Url::parse(url).map_err(|_| BrowserError::unfit(url))?;
        let mut visited = Vec::new();
        while visited.len() <= REDIRECT_LIMIT {
            let response = self.get(&url).await?;
            visited.push(url);
            let here = visited.last().expect("just pushed");
            match redirect(&response, here)? {
                Some(next) => url = next,
                None => {
                    return Ok(Page {
                        status: response.status(),
                        text: String::from_utf8_lossy(response.body()).into_owned(),
                        visited,
                    });
                }
            }
        }
        Err(BrowserError::Loop)
    }

    async fn get(&mut self, url: &Url) -> Result<Response<Bytes>, BrowserError> {
        let away = || BrowserError::Away(url.origin().ascii_serialization());
        let address = self.address(url).ok_or_else(away)?;
        let target = match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        };
        let authority = &url[url::Position::BeforeHost..url::Position::AfterPort];
        let mut request = Request::get(target).header(HOST, authority);
        if let Some(jar) = self.cookies.get(&url.origin()) {
            let pairs: Vec<_> = jar
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            request = request.header(COOKIE, pairs.join("; "));
        }
        let request = request.body(Body::default());
        let request = request.map_err(|_| BrowserError::unfit(url.as_str()))?;
        let response = send(address, request).await?;
        for line in response.headers().get_all(SET_COOKIE) {
            let line = String::from_utf8_lossy(line.as_bytes());
            let pair = line.split(';').next().unwrap_or_default();
            if let Some((name, value)) = pair.split_once('=') {
                let jar = self.cookies.entry(url.origin()).or_default();
                jar.insert(name.trim().to_owned(), value.trim().to_owned());
            }
        }
        Ok(response)
    }

    fn address(&self, url: &Url) -> Option<SocketAddr> {
        if let Some(address) = self.stand_ins.get(&url.origin()) {
            return Some(*address);
        }
        let address = match url.host()? {
            Host::Ipv4(address) => address.into(),
            Host::Ipv6(address) => address.into(),
            Host::Domain(_) => return None,
        };
        let address = SocketAddr::new(address, url.port_or_known_default()?);
        (url.scheme() == "http" && address.ip().is_loopback()).then_some(address)
    }
}

/// Returns where `response` sends the browser on to, if anywhere.
fn redirect(response: &Response<Bytes>, from: &Url) -> Result<Option<Url>, BrowserError> {
    match (response.status().as_u16(), response.headers().get(LOCATION)) {
        (301 | 302 | 303 | 307 | 308, Some(location)) => {
            let location = String::from_utf8_lossy(location.as_bytes());
            let next = from.join(&location);
            next.map(Some).map_err(|_| BrowserError::unfit(&location))
        }
        _ => Ok(None),
    }
}

/// Why no page is shown. URLs stand in it without their query, which may hold a code.
#[derive(Debug, Error)]
pub enum BrowserError {
    /// A URL is none.
    #[error("not a URL that can be opened: `{0}`")]
    Url(String),
    /// A URL leads off this machine.
    #[error("`{0}` is not on this machine")]
    Away(String),
    /// The redirects do not end.
    #[error("the redirects do not end")]
    Loop,
    /// No answer came.
    #[error(transparent)]
    Send(#[from] SendError),
}

impl BrowserError {
    fn unfit(url: &str) -> Self {
        Self::Url(url.split('?').next().unwrap_or_default().to_owned())
    }
}
