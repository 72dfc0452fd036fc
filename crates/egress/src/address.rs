//! Which addresses may be connected to: public ones, and those that the operator opened. All others are refused.
//!
//! For IPv6 only the part of the global unicast space that is handed out is public, so translation, tunnels and
//! whatever is invented next are refused without being known here.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use crate::error::{ErrorKind, Fault};

const fn v4(a: u8, b: u8, c: u8, d: u8, prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

const fn v6(a: u16, b: u16, prefix: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, 0, 0, 0, 0, 0, 0), prefix)
}

/// The IANA registry of special IPv4 addresses, and two addresses at which clouds answer their machines.
const SPECIAL_V4: [Ipv4Net; 17] = [
    v4(0, 0, 0, 0, 8),
    v4(10, 0, 0, 0, 8),
    v4(100, 64, 0, 0, 10),
    v4(127, 0, 0, 0, 8),
    v4(169, 254, 0, 0, 16),
    v4(172, 16, 0, 0, 12),
    v4(192, 0, 0, 0, 24),
    v4(192, 0, 2, 0, 24),
    v4(192, 88, 99, 0, 24),
    v4(192, 168, 0, 0, 16),
    v4(198, 18, 0, 0, 15),
    v4(198, 51, 100, 0, 24),
    v4(203, 0, 113, 0, 24),
    v4(224, 0, 0, 0, 4),
    v4(240, 0, 0, 0, 4),
    v4(168, 63, 129, 16, 32),
    v4(100, 100, 100, 200, 32),
];

/// The IPv6 addresses that are handed out to networks.
const GLOBAL_V6: Ipv6Net = v6(0x2000, 0, 3);

/// What is special within them: protocol assignments with Teredo, documentation, 6to4, documentation again.
const SPECIAL_V6: [Ipv6Net; 4] = [
    v6(0x2001, 0, 23),
    v6(0x2001, 0xdb8, 32),
    v6(0x2002, 0, 16),
    v6(0x3fff, 0, 20),
];

/// What is said of an address that the operator did not open, where the scheme is http.
pub(crate) const CLEAR: Fault = Fault(ErrorKind::AddressNotAllowed, "may only be reached by https");

/// Decides over addresses.
pub(crate) struct Guard {
    opened: Vec<IpNet>,
}

impl Guard {
    /// Refuses all but public addresses and those in `opened`.
    pub(crate) fn new(opened: Vec<IpNet>) -> Self {
        Self { opened }
    }

    /// Whether the operator opened any address at all.
    pub(crate) fn opens_any(&self) -> bool {
        !self.opened.is_empty()
    }

    /// Whether the operator opened this address.
    pub(crate) fn opens(&self, address: IpAddr) -> bool {
        self.opened.iter().any(|network| network.contains(&address))
    }

    /// The addresses in the form in which they are to be dialled, if every one of them may be.
    ///
    /// One bad address refuses them all: whoever mixes them controls the name, and would only have to try again.
    pub(crate) fn vet(&self, found: &[IpAddr], secure: bool) -> Result<Vec<IpAddr>, Fault> {
        let mut addresses: Vec<_> = found.iter().map(IpAddr::to_canonical).collect();
        if !addresses
            .iter()
            .all(|address| self.opens(*address) || is_public(*address))
        {
            let what = "is at an address that is not public, and the operator has not opened it";
            return Err(Fault(ErrorKind::AddressNotAllowed, what));
        }
        if !secure && !addresses.iter().all(|address| self.opens(*address)) {
            return Err(CLEAR);
        }
        // Many machines have no IPv6 route, and learn so only by waiting.
        addresses.sort_by_key(IpAddr::is_ipv6);
        Ok(addresses)
    }
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => !SPECIAL_V4.iter().any(|network| network.contains(&address)),
        IpAddr::V6(address) => {
            GLOBAL_V6.contains(&address)
                && !SPECIAL_V6.iter().any(|network| network.contains(&address))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vet(opened: &[&str], found: &[&str], secure: bool) -> Result<Vec<IpAddr>, Fault> {
        let guard = Guard::new(opened.iter().map(|text| text.parse().unwrap()).collect());
        let found: Vec<IpAddr> = found.iter().map(|text| text.parse().unwrap()).collect();
        guard.vet(&found, secure)
    }

    #[test]
    fn public_addresses_pass() {
        for address in [
            "1.1.1.1",
            "93.184.216.34",
            "100.128.0.1",
            "2606:4700::1111",
            "2a00::1",
        ] {
            assert!(vet(&[], &[address], true).is_ok(), "{address}");
        }
    }

    #[test]
    fn special_addresses_are_refused_in_every_spelling() {
        let refused = [
            "0.0.0.0",
            "10.0.0.1",
            "100.64.0.1",
            "100.100.100.200",
            "127.0.0.1",
            "127.255.255.254",
            "168.63.129.16",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.254",
            "192.0.0.1",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.0.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.255.255.250",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::7f00:1",
            "64:ff9b:1::a00:1",
            "100::1",
            "2001:0:4136:e378:8000:63bf:3fff:fdd2",
            "2001:10::1",
            "2001:20::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "febf::1",
            "fec0::1",
            "ff02::1",
        ];
        for address in refused {
            assert!(vet(&[], &[address], true).is_err(), "{address}");
        }
    }

    #[test]
    fn one_bad_address_refuses_the_whole_answer() {
        assert!(vet(&[], &["1.1.1.1", "10.0.0.1"], true).is_err());
        assert!(vet(&[], &["1.1.1.1", "fd00::1"], true).is_err());
    }

    #[test]
    fn http_wants_every_address_opened_by_the_operator() {
        assert!(vet(&["10.0.0.0/8"], &["10.0.0.1"], false).is_ok());
        assert!(vet(&["10.0.0.0/8"], &["10.0.0.1", "1.1.1.1"], false).is_err());
        assert!(vet(&["10.0.0.0/8"], &["10.0.0.1", "1.1.1.1"], true).is_ok());
    }

    #[test]
    fn a_mapped_address_is_dialled_as_what_it_is() {
        let vetted = vet(&["127.0.0.0/8"], &["::ffff:127.0.0.1"], true).unwrap();
        assert_eq!(vetted, ["127.0.0.1".parse::<IpAddr>().unwrap()]);
    }
}
