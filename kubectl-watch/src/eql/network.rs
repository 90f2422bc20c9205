//! Ranges of addresses, for `cidrMatch`. No network is touched.

use std::fmt::{self, Display, Formatter};
use std::net::IpAddr;

use bstr::ByteSlice;

/// A range of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    first: IpAddr,
    bits: u8,
}

impl Network {
    /// Reads `10.0.0.0/8` or `fd00::/8`.
    pub(super) fn new(text: &str) -> Option<Self> {
        let (first, bits) = text.split_once('/')?;
        let first: IpAddr = first.parse().ok()?;
        let most = if first.is_ipv4() { 32 } else { 128 };
        let digits = bits.bytes().all(|byte| byte.is_ascii_digit());
        let bits: u8 = bits.parse().ok().filter(|bits| digits && *bits <= most)?;
        Some(Self { first, bits })
    }

    /// Whether an address, as text, is in the range. An IPv4 address written as IPv6 is IPv4.
    pub(super) fn contains(&self, address: &[u8]) -> bool {
        let address = address.to_str().ok().and_then(|text| text.parse::<IpAddr>().ok());
        match (self.first, address.map(|address| address.to_canonical())) {
            (IpAddr::V4(first), Some(IpAddr::V4(address))) => {
                let differing = u32::from(first) ^ u32::from(address);
                differing.leading_zeros() >= u32::from(self.bits)
            }
            (IpAddr::V6(first), Some(IpAddr::V6(address))) => {
                let differing = u128::from(first) ^ u128::from(address);
                differing.leading_zeros() >= u32::from(self.bits)
            }
            _ => false,
        }
    }
}

impl Display for Network {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.first, self.bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_contain_their_addresses() {
        for (network, address, expected) in [
            ("10.0.0.0/8", "10.1.2.3", true),
            ("10.0.0.0/8", "11.1.2.3", false),
            ("10.1.2.3/8", "10.9.9.9", true),
            ("0.0.0.0/0", "255.1.2.3", true),
            ("0.0.0.0/0", "::1", false),
            ("10.0.0.0/8", "::ffff:10.1.2.3", true),
            ("fd00::/8", "fd12::1", true),
            ("fd00::/8", "fe80::1", false),
            ("10.0.0.0/8", "10.1.2", false),
        ] {
            let network = Network::new(network).expect(network);
            assert_eq!(
                network.contains(address.as_bytes()),
                expected,
                "{network} {address}"
            );
        }
        for wrong in ["10.0.0.0", "10.0.0.0/33", "10.0.0.0/+8", "x/8", "::/129"] {
            assert_eq!(Network::new(wrong), None, "{wrong}");
        }
    }
}
