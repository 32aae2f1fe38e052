//! Where a request comes from and to, as far as that decides what it may do.
//!
//! The law: on somebody's own machine a web page from elsewhere registers nothing and changes
//! nothing, whatever name it gave the machine; what is open to any key there is open nowhere else.
//! A caller that is no browser says no origin, and is stopped by nothing here.

/// What is known of a request before its key is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Door<'a> {
    /// The name that it was sent to, without a port.
    pub host: &'a str,
    /// `Origin`, where a browser sent one.
    pub origin: Option<&'a str>,
    /// `Sec-Fetch-Site`, where a browser sent it.
    pub site: Option<&'a str>,
    /// The network address that it came from, where the platform says so.
    pub from: Option<&'a str>,
}

impl Door<'_> {
    /// Was it sent to this very machine.
    pub fn is_local(&self) -> bool {
        is_loopback(self.host)
    }

    /// Is it the doing of a web page from elsewhere, at a server on the machine of whoever looks
    /// at that page: straight to it, or by a name that was made to mean it.
    pub fn is_foreign_page(&self) -> bool {
        let served_here = self.from.is_none_or(super::address::is_loopback);
        let from_elsewhere = match (self.origin, self.site) {
            (Some(origin), _) => !is_loopback(host_of(origin)),
            (None, Some(site)) => site.eq_ignore_ascii_case("cross-site"),
            (None, None) => false,
        };
        let by_page = self.origin.is_some() || self.site.is_some();
        served_here && by_page && (from_elsewhere || !self.is_local())
    }
}

/// The host of an origin, which is a scheme, a host and perhaps a port: `null`, and whatever else is
/// none, has no host.
fn host_of(origin: &str) -> &str {
    let rest = origin.split_once("://").map_or("", |(_, rest)| rest);
    let (host, port) = match rest.strip_prefix('[') {
        Some(inner) => inner.split_once(']').unwrap_or_default(),
        None => rest.split_at(rest.find(':').unwrap_or(rest.len())),
    };
    let is_port = |port: &str| !port.is_empty() && port.bytes().all(|it| it.is_ascii_digit());
    match port.is_empty() || port.strip_prefix(':').is_some_and(is_port) {
        true => host,
        false => "",
    }
}

fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || host.to_ascii_lowercase().ends_with(".localhost")
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn door<'a>(
        host: &'a str,
        origin: Option<&'a str>,
        site: Option<&'a str>,
        from: Option<&'a str>,
    ) -> Door<'a> {
        Door {
            host,
            origin,
            site,
            from,
        }
    }

    #[test]
    fn a_page_from_elsewhere_is_told_from_a_local_one_and_from_no_page() {
        let here = Some("127.0.0.1");
        for foreign in [
            door("127.0.0.1", Some("https://evil.example"), None, here),
            door("localhost", Some("null"), Some("cross-site"), here),
            door("localhost", None, Some("cross-site"), None),
            // A name that was made to mean this machine.
            door(
                "evil.example",
                Some("http://evil.example:8787"),
                Some("same-origin"),
                here,
            ),
            door("evil.example", None, Some("same-origin"), None),
            door(
                "127.0.0.1",
                Some("http://localhost.evil.example"),
                None,
                here,
            ),
            door(
                "127.0.0.1",
                Some("http://127.0.0.1.evil.example"),
                None,
                here,
            ),
            door("127.0.0.1", Some("garbage"), None, here),
            door("127.0.0.1", Some(""), None, here),
            door("127.0.0.1", Some("http://[::1].evil.example"), None, here),
            door(
                "127.0.0.1",
                Some("http://localhost:80@evil.example"),
                None,
                here,
            ),
            door("127.0.0.1", Some("http://localhost/evil"), None, here),
            door("127.0.0.1", None, Some("Cross-Site"), here),
        ] {
            assert!(foreign.is_foreign_page(), "{foreign:?}");
        }
        for fine in [
            door("127.0.0.1", None, None, here),
            door(
                "localhost",
                Some("http://localhost:3000"),
                Some("same-site"),
                here,
            ),
            door(
                "127.0.0.1",
                Some("http://[::1]:8787"),
                Some("cross-site"),
                here,
            ),
            // A container, or another machine, with a key.
            door("host.docker.internal", None, None, here),
            door("192.168.1.5", None, None, Some("192.168.1.9")),
            // A deployment: pages of any origin are welcome.
            door(
                "arbiter.example",
                Some("https://app.example"),
                Some("cross-site"),
                Some("203.0.113.7"),
            ),
        ] {
            assert!(!fine.is_foreign_page(), "{fine:?}");
        }
    }

    #[test]
    fn only_this_machine_is_local() {
        for (host, local) in [
            ("127.0.0.1", true),
            ("[::1]", true),
            ("LOCALHOST", true),
            ("app.localhost", true),
            ("localhost.example", false),
            ("10.0.0.1", false),
            ("", false),
        ] {
            assert_eq!(door(host, None, None, None).is_local(), local, "{host}");
        }
    }
}
