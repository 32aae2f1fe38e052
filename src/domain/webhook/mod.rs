//! What an owner is told of as it happens, by a POST to an address of theirs.
//!
//! The law: it is told from the clock, never from a request; what stands is told once, and what
//! could not be delivered is tried again, five times in all.

mod calls;
mod event;
mod watch;

pub use calls::{Came, Trace, came};
pub use event::{Event, Kind};
pub use watch::{Delivery, Look, Watch};

use hmac::{Hmac, Mac};
use sha2::Sha256;

use super::account::door::Door;

/// Where it is told, and what is signed with.
#[derive(Clone, PartialEq, Eq)]
pub struct Webhook {
    url: String,
    secret: Option<String>,
}

/// Bytes of a URL at the most.
const LONGEST: usize = 2_000;
/// The header that the signature stands in.
pub const SIGNATURE: &str = "x-arbiter-signature";

impl Webhook {
    /// `None` for what is no https URL; plain http is one of this very machine only.
    pub fn new(url: &str, secret: Option<String>) -> Option<Webhook> {
        let (scheme, rest) = url.split_once("://")?;
        let place = rest.split(['/', '?']).next().unwrap_or_default();
        let host = match place.strip_prefix('[') {
            Some(inner) => inner.split(']').next().unwrap_or_default(),
            None => place.split(':').next().unwrap_or_default(),
        };
        let local = || {
            let door = Door {
                host,
                ..Door::default()
            };
            door.is_local()
        };
        let fine = !host.is_empty()
            && url.len() <= LONGEST
            && url.bytes().all(|byte| byte.is_ascii_graphic())
            && !url.contains(['#', '@', '\\'])
            && (scheme == "https" || (scheme == "http" && local()));
        fine.then(|| Webhook {
            url: url.to_owned(),
            secret,
        })
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// The header [`SIGNATURE`] of a body that is sent at that time, Unix seconds: `t=<time>,v1=<hex>`,
    /// the HMAC-SHA256 of `<time>.<body>`. `None` without a secret.
    pub fn signature(&self, time: u64, body: &str) -> Option<String> {
        let secret = self.secret.as_ref()?;
        // A key of any length is one to HMAC: there is nothing that could fail.
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).ok()?;
        mac.update(format!("{time}.{body}").as_bytes());
        let bytes = mac.finalize().into_bytes();
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        Some(format!("t={time},v1={hex}"))
    }
}

/// Addresses of this kind hold a secret as often as not.
impl std::fmt::Debug for Webhook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Webhook")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_https_or_of_this_machine() {
        for url in [
            "https://hooks.example/x?y=z",
            "https://hooks.example:8443",
            "http://127.0.0.1:9000/x",
            "http://localhost/",
            "http://[::1]:9000/",
        ] {
            assert_eq!(Webhook::new(url, None).unwrap().url(), url);
        }
        for url in [
            "",
            "hooks.example",
            "http://hooks.example/",
            "http://localhost.evil.example/",
            "http://127.0.0.1@evil.example/",
            "http://evil.example\\@127.0.0.1/",
            "https://",
            "https:///x",
            "ftp://h/",
            "https://u:p@h/",
            "https://h/#x",
            "https://h/ x",
            "https://h/é",
        ] {
            assert!(Webhook::new(url, None).is_none(), "{url}");
        }
    }

    #[test]
    fn what_is_signed_is_the_time_and_the_body() {
        let hook =
            |secret: Option<&str>| Webhook::new("https://h/", secret.map(str::to_owned)).unwrap();
        assert_eq!(hook(None).signature(1, "{}"), None);
        // Worked out by `printf '1700000000.{}' | openssl dgst -sha256 -hmac secret`.
        assert_eq!(
            hook(Some("secret")).signature(1_700_000_000, "{}").unwrap(),
            "t=1700000000,v1=b8569b78799ff9e3cbff0fc2d63a33a2b57f3282abd07c37ae5e8e7d79a5f163"
        );
        assert!(!format!("{:?}", hook(Some("secret"))).contains("secret"));
    }
}
