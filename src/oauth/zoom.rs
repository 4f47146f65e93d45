//! The endpoints of Zoom, in each of its clouds.

/// One of Zoom's clouds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cloud {
    /// All of its hosts are this one or below it.
    domain: &'static str,
    /// The hosts and paths of its authorization endpoints.
    pub(super) authorize: [(&'static str, &'static str); 4],
    /// Its token endpoint.
    pub token_endpoint: &'static str,
    /// Its revocation endpoint.
    pub revocation_endpoint: &'static str,
}

impl Cloud {
    /// Returns the cloud that `host`, in lower case, belongs to; `None` where that is not Zoom's.
    pub fn of(host: &str) -> Option<&'static Self> {
        let host = host.strip_suffix('.').unwrap_or(host);
        CLOUDS.iter().find(|cloud| {
            let rest = host.strip_suffix(cloud.domain);
            rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        })
    }
}

/// The commercial one and that of the US government.
pub(super) static CLOUDS: [Cloud; 2] = [
    Cloud {
        domain: "zoom.us",
        authorize: [
            ("zoom.us", "/oauth/authorize"),
            ("*.zoom.us", "/oauth/authorize"),
            ("marketplace.zoom.us", "/authorize"),
            ("marketplace.zoom.us", "/v2/authorize"),
        ],
        token_endpoint: "https://zoom.us/oauth/token",
        revocation_endpoint: "https://zoom.us/oauth/revoke",
    },
    Cloud {
        domain: "zoomgov.com",
        authorize: [
            ("zoomgov.com", "/oauth/authorize"),
            ("*.zoomgov.com", "/oauth/authorize"),
            ("marketplace.zoomgov.com", "/authorize"),
            ("marketplace.zoomgov.com", "/v2/authorize"),
        ],
        token_endpoint: "https://zoomgov.com/oauth/token",
        revocation_endpoint: "https://zoomgov.com/oauth/revoke",
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_belongs_to_the_cloud_that_it_is_below() {
        let domain = |host| Cloud::of(host).map(|cloud| cloud.domain);
        for host in ["zoom.us", "zoom.us.", "marketplace.zoom.us", "a.b.zoom.us"] {
            assert_eq!(domain(host), Some("zoom.us"), "{host}");
        }
        for host in ["zoomgov.com", "x.zoomgov.com"] {
            assert_eq!(domain(host), Some("zoomgov.com"), "{host}");
        }
        for host in ["notzoom.us", "zoom.us.example", "us", "", "zoom.us.."] {
            assert_eq!(domain(host), None, "{host}");
        }
    }
}
