//! The authorize endpoints of its own: `[authorize]`, or several `[[authorize]]`.

use super::ListenAddress;
use crate::oauth::{EndpointPath, EndpointUrl, Issuer};

/// One authorize endpoint: what is asked for there is sent on to [`AuthorizeEndpoint::to`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorizeEndpoint {
    /// Where it is; no other on the same listener is there.
    pub path: EndpointPath,
    /// Where requests are sent on to.
    pub to: EndpointUrl,
    /// The token endpoint of the same server, where one is written.
    pub token_endpoint: Option<EndpointUrl>,
    /// Its revocation endpoint, where one is written.
    pub revocation_endpoint: Option<EndpointUrl>,
    /// What clients know it by; `None` for whichever of `localhost`,
    /// loopback and the listener's address they ask for.
    pub issuer: Option<Issuer>,
    /// A listener for such endpoints alone, without TLS; never where another listener is.
    /// `None` for those of the proxy.
    pub listen: Option<ListenAddress>,
    /// Whether clients without an entry are refused.
    pub known_clients_only: bool,
    /// Whether the listener's discovery documents (RFC 8414) are about it; they are about one.
    pub discovery: bool,
}
