//! Where an API server is, as a command line names it: what a connection is compared with.
//!
//! Names are not resolved, because whoever runs kubectl may have another idea of them; so a name is never said to be an
//! address, and never not to be one.

use std::net::IpAddr;

/// A host and its port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    host: Host,
    /// None where nothing says it: then it is 443, or 80 without TLS.
    port: Option<u16>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Host {
    Address(IpAddr),
    /// Every loopback address.
    Local,
    Name,
}

impl Endpoint {
    /// Reads the value of `--server`: a URL, or a host with or without a port. None where it is neither.
    #[must_use]
    pub fn of(server: &[u8]) -> Option<Self> {
        let server = std::str::from_utf8(server).ok()?;
        let (scheme, rest) = server.split_once("://").unwrap_or(("", server));
        let authority = rest.split(['/', '?', '#']).next()?;
        let host = authority.rsplit('@').next()?;
        let (host, port) = match host.strip_prefix('[') {
            Some(rest) => {
                let (host, rest) = rest.split_once(']')?;
                (host, rest.strip_prefix(':'))
            }
            None => match host.rsplit_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (host, None),
            },
        };
        let port = match (port, scheme.to_ascii_lowercase().as_str()) {
            (Some(port), _) => Some(port.parse().ok()?),
            (None, "https") => Some(443),
            (None, "http") => Some(80),
            (None, _) => None,
        };
        let host = match host.parse::<IpAddr>() {
            Ok(address) => Host::Address(address.to_canonical()),
            Err(_) if host.eq_ignore_ascii_case("localhost") => Host::Local,
            Err(_) if host.is_empty() => return None,
            Err(_) => Host::Name,
        };
        Some(Self { host, port })
    }

    /// Whether a connection goes there. None where only a name says where that is, and the port is right.
    #[must_use]
    pub fn is_at(&self, address: IpAddr, port: u16) -> Option<bool> {
        let is_port = self.port.map_or(matches!(port, 80 | 443), |own| own == port);
        match &self.host {
            _ if !is_port => Some(false),
            Host::Address(own) => Some(*own == address),
            Host::Local => Some(address.is_loopback()),
            Host::Name => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_is_compared_with_what_was_named() {
        for (server, address, port, expected) in [
            ("https://10.0.0.1:6443", "10.0.0.1", 6443, Some(true)),
            ("https://10.0.0.1:6443/path?x", "10.0.0.1", 443, Some(false)),
            ("https://10.0.0.1", "10.0.0.1", 443, Some(true)),
            ("HTTP://10.0.0.1", "10.0.0.1", 80, Some(true)),
            ("10.0.0.1:6443", "10.0.0.1", 6443, Some(true)),
            ("10.0.0.1", "10.0.0.1", 443, Some(true)),
            ("10.0.0.1:6443", "10.0.0.2", 6443, Some(false)),
            ("https://[::1]:6443", "::1", 6443, Some(true)),
            ("https://[::ffff:10.0.0.1]", "10.0.0.1", 443, Some(true)),
            ("https://localhost:6443", "127.0.0.1", 6443, Some(true)),
            ("https://localhost:6443", "::1", 6443, Some(true)),
            ("https://localhost:6443", "10.0.0.1", 6443, Some(false)),
            ("https://user:word@10.0.0.1:6443", "10.0.0.1", 6443, Some(true)),
            ("https://api.example:6443", "10.0.0.1", 6443, None),
            ("https://api.example:6443", "10.0.0.1", 53, Some(false)),
        ] {
            let endpoint = Endpoint::of(server.as_bytes()).expect(server);
            let address = address.parse().expect("an address");
            assert_eq!(endpoint.is_at(address, port), expected, "{server} {address}");
        }
        for server in ["", "https://", "https://10.0.0.1:x", "https://[::1", "http://:80"] {
            assert_eq!(Endpoint::of(server.as_bytes()), None, "{server}");
        }
        assert_eq!(Endpoint::of(b"\xff"), None);
    }
}
