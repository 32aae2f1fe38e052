//! Client addresses, as far as they are counted.

use std::net::IpAddr;

/// Whom an address stands for in a limit: an IPv4 address for itself, an IPv6 address for its
/// /64, which one subscriber has whole. Text that is no address stands for itself, cut short.
pub fn subscriber(address: &str) -> String {
    match address.trim().parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) => address.to_string(),
        Ok(IpAddr::V6(address)) => match address.to_ipv4_mapped() {
            Some(address) => address.to_string(),
            None => {
                let [a, b, c, d, ..] = address.segments();
                format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
            }
        },
        Err(_) => address.trim().chars().take(64).collect(),
    }
}

/// The network that a subscriber's provider hands out whole, where there is such a thing: the /48
/// of an IPv6 address.
pub fn network(address: &str) -> Option<String> {
    match address.trim().parse::<IpAddr>() {
        Ok(IpAddr::V6(address)) if address.to_ipv4_mapped().is_none() => {
            let [a, b, c, ..] = address.segments();
            Some(format!("{a:x}:{b:x}:{c:x}::/48"))
        }
        _ => None,
    }
}

/// Is it the machine itself.
pub fn is_loopback(address: &str) -> bool {
    match address.parse::<IpAddr>() {
        Ok(address) => address.is_loopback(),
        Err(_) => address == "0:0:0:0::/64",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subscriber_has_one_ipv4_address_and_a_whole_ipv6_network() {
        assert_eq!(subscriber("203.0.113.7"), "203.0.113.7");
        assert_eq!(subscriber("::ffff:203.0.113.7"), "203.0.113.7");
        assert_eq!(subscriber("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
        assert_eq!(
            subscriber("2001:db8:1:2:3:4:5:6"),
            subscriber("2001:DB8:1:2:ffff::1")
        );
        assert_ne!(subscriber("2001:db8:1:2::1"), subscriber("2001:db8:1:3::1"));
        assert!(is_loopback(&subscriber("127.0.0.1")) && is_loopback(&subscriber("::1")));
        assert!(!is_loopback(&subscriber("203.0.113.7")) && !is_loopback(""));
        assert_eq!(network("2001:db8:1:2::1"), network("2001:db8:1:ffff::1"));
        assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:2:2::1"));
        assert_eq!(
            network("203.0.113.7").or(network("::ffff:203.0.113.7")),
            None
        );
        assert_eq!(subscriber(&"x".repeat(1_000)).len(), 64);
    }
}
