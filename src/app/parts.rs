//! What the configuration says in the words of each part that acts on it.

use std::{path::Path, sync::Arc};

use crate::coding::Bounds;
use crate::config::{self, Config, ForwardedMode, ListenAddress, UpstreamProtocol, UpstreamUrl};
use crate::proxy::body::Bodies;
use crate::proxy::{AddedFields, Forwarding, Rules};
use crate::rewrite::Rewriter;
use crate::rewrite::body::Anchors;
use crate::server;
use crate::tls;
use crate::upstream;

/// Where to listen.
pub(super) fn address(written: &ListenAddress) -> server::Address {
    match written {
        ListenAddress::Tcp(address) => server::Address::Tcp(*address),
        ListenAddress::Unix(path) => server::Address::Unix(path.clone()),
        ListenAddress::Descriptor(number) => server::Address::Descriptor(*number),
    }
}

/// Where the app is and how it is spoken to.
///
/// # Errors
///
/// The certificates to verify it by cannot be read, or the system has none.
pub(super) fn target(config: &Config) -> Result<upstream::Target, tls::Error> {
    let tcp = |host: &String, port: &u16| upstream::Address::Tcp {
        host: host.clone(),
        port: *port,
    };
    let (address, is_tls) = match &config.upstream {
        UpstreamUrl::Http { host, port } => (tcp(host, port), false),
        UpstreamUrl::Https { host, port } => (tcp(host, port), true),
        UpstreamUrl::Unix(path) => (upstream::Address::Unix(path.clone()), false),
    };
    let tls = match is_tls {
        true => Some(tls::client_config(
            config.ca_file.as_deref(),
            &[tls::H2, tls::HTTP_11],
        )?),
        false => None,
    };
    let protocol = match config.upstream_protocol {
        Some(UpstreamProtocol::Http1) => upstream::Protocol::Http1,
        Some(UpstreamProtocol::H2c) => upstream::Protocol::Http2,
        None => upstream::Protocol::Negotiated,
    };
    Ok(upstream::Target {
        address,
        tls,
        protocol,
    })
}

/// What becomes of answers.
pub(super) fn rules(config: &Config) -> Rules {
    Rules {
        rewriter: Rewriter {
            endpoints: config.endpoints.clone(),
            policies: config.policies.clone(),
        },
        extra_headers: config.extra_headers.clone(),
        bodies: config
            .bodies
            .as_ref()
            .map(|it| Arc::new(bodies(it, config))),
    }
}

fn bodies(written: &config::Bodies, config: &Config) -> Bodies {
    Bodies {
        types: written.types.clone(),
        paths: written.paths.clone(),
        longest_url: written.longest_url,
        whole: written.whole,
        bounds: Bounds {
            size: written.decoded_size,
            ratio: written.ratio,
        },
        anchors: Anchors::new(&config.endpoints),
    }
}

/// How a client comes to trust the first of the certificates in `folder`.
pub(super) fn trust(folder: &Path, served: &[tls::Summary]) -> String {
    let file = served.first().map_or("", |it| it.certificate.as_str());
    let file = folder.join(file);
    let file = file.display();
    format!(
        "where it is self-signed, import `{file}` into the browser or system, or give it to the \
         client (`curl --cacert {file}`); one that mkcert makes is trusted by itself"
    )
}

/// Bounds of what clients may take.
pub(super) fn server_limits(limits: &config::Limits) -> server::Limits {
    server::Limits {
        connections: limits.connections,
        header_size: limits.header_size,
        header_count: limits.header_count,
    }
}

/// How long clients may take.
pub(super) fn server_timeouts(timeouts: &config::Timeouts) -> server::Timeouts {
    server::Timeouts {
        header_read: timeouts.header_read,
        tls_handshake: timeouts.tls_handshake,
        idle: timeouts.idle,
        write: timeouts.body_idle,
        drain: timeouts.drain,
        tunnel_drain: timeouts.tunnel_drain,
    }
}

/// Bounds of the head of an answer.
pub(super) fn upstream_limits(limits: &config::Limits) -> upstream::Limits {
    upstream::Limits {
        // The app is ours, and a redirect may carry whole tokens.
        header_size: limits.header_size * 2,
        header_count: limits.header_count,
    }
}

/// How long the app may take.
pub(super) fn upstream_timeouts(timeouts: &config::Timeouts) -> upstream::Timeouts {
    upstream::Timeouts {
        connect: timeouts.connect,
        response_head: timeouts.response_head,
        idle: timeouts.upstream_idle,
        body_idle: timeouts.body_idle,
        stream_idle: timeouts.upgrade_idle,
    }
}

/// What requests are given.
pub(super) fn added_fields(mode: Option<ForwardedMode>, via: Option<String>) -> AddedFields {
    let forwarding = mode.map(|mode| match mode {
        ForwardedMode::Off => Forwarding::Off,
        ForwardedMode::Append => Forwarding::Append,
        ForwardedMode::Replace => Forwarding::Replace,
    });
    AddedFields { forwarding, via }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Their own defaults are for whoever builds them without a configuration.
    #[test]
    fn usual_bounds_are_those_of_each_part() {
        let (limits, timeouts) = (config::Limits::default(), config::Timeouts::default());
        let shown = |value: &dyn std::fmt::Debug| format!("{value:?}");
        let server = server_limits(&limits);
        assert_eq!(shown(&server), shown(&server::Limits::default()));
        let server = server_timeouts(&timeouts);
        assert_eq!(shown(&server), shown(&server::Timeouts::default()));
        let upstream = upstream_timeouts(&timeouts);
        assert_eq!(shown(&upstream), shown(&upstream::Timeouts::default()));
    }
}
