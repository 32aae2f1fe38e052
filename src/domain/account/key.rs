//! Keys: how one is made, told from a made-up one, and remembered without being kept.
//!
//! The law: a key carries a seal that only this deployment can make, so that a made-up one opens
//! nothing and costs no look-up. Keys of before carry a checksum instead, and go on.

use hmac::{Hmac, Mac};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// What every minted key begins with.
const PREFIX: &str = "arb_";
/// Random characters of base 62: 190 bits.
const RANDOM: usize = 32;
/// Characters of the seal, base 62: 95 bits.
const SEAL: usize = 16;
/// Checksum characters of the keys of before: whoever reads this page can compute them.
const CHECKSUM: usize = 5;
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A minted key's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyStatus {
    Active,
    Paused,
    Revoked,
}

impl KeyStatus {
    pub fn name(self) -> &'static str {
        match self {
            KeyStatus::Active => "active",
            KeyStatus::Paused => "paused",
            KeyStatus::Revoked => "revoked",
        }
    }

    pub fn parse(name: &str) -> Option<KeyStatus> {
        [KeyStatus::Active, KeyStatus::Paused, KeyStatus::Revoked]
            .into_iter()
            .find(|status| status.name() == name)
    }
}

/// The SHA-256 of a key, in hexadecimal: all that is stored of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct KeyHash(pub String);

/// What this deployment seals its keys with.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct KeySecret(String);

impl KeySecret {
    pub fn new(secret: String) -> KeySecret {
        KeySecret(secret)
    }

    fn seal(&self, body: &str) -> String {
        // A key of any length is one to HMAC: there is nothing that could fail.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.0.as_bytes()) else {
            return String::new();
        };
        mac.update(b"arbiter key ");
        mac.update(body.as_bytes());
        characters(&mac.finalize().into_bytes())
    }
}

impl std::fmt::Debug for KeySecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeySecret")
    }
}

/// Random bytes that a key takes.
pub const SEED_BYTES: usize = RANDOM * 2;

/// A key as it is made from random bytes.
pub fn mint(random: &[u8; SEED_BYTES], secret: &KeySecret) -> String {
    let body = characters(random);
    let seal = secret.seal(&body);
    format!("{PREFIX}{body}{seal}")
}

/// What a text that could be a minted key carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A seal: to be checked by [`is_sealed`].
    Sealed,
    /// A checksum that fits: whether it was ever minted only the store knows.
    Summed,
}

/// Could this text be a minted key. Garbage is refused here.
pub fn shape(key: &str) -> Option<Shape> {
    let rest = key.strip_prefix(PREFIX)?;
    let (body, check) = rest.split_at_checked(RANDOM)?;
    if !rest.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return None;
    }
    match check.len() {
        SEAL => Some(Shape::Sealed),
        CHECKSUM => same(check, &checksum(body)).then_some(Shape::Summed),
        _ => None,
    }
}

/// Was the key minted with one of these secrets.
pub fn is_sealed<'a>(key: &str, secrets: impl IntoIterator<Item = &'a KeySecret>) -> bool {
    let rest = key.strip_prefix(PREFIX).unwrap_or_default();
    let Some((body, seal)) = rest.split_at_checked(RANDOM) else {
        return false;
    };
    secrets
        .into_iter()
        .any(|secret| same(seal, &secret.seal(body)))
}

/// What is stored of a key, and how it is looked up.
pub fn hash(key: &str) -> KeyHash {
    let digest = Sha256::digest(key.as_bytes());
    KeyHash(digest.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The last four characters: enough for a person to tell keys apart.
pub fn hint(key: &str) -> String {
    let skipped = key.chars().count().saturating_sub(4);
    key.chars().skip(skipped).collect()
}

/// The name of the operator whose key it is: compared with every one of them, in time that tells
/// nothing of any. A key is set as `name:key`, or bare: the first bare one is `operator-1` where it
/// stands first.
pub fn operator(key: &str, operator_keys: &[String]) -> Option<String> {
    let key = Sha256::digest(key.as_bytes());
    let mut found = None;
    for (index, entry) in operator_keys.iter().enumerate() {
        let (name, operator) = named(entry);
        let is = |text: &str| {
            key.as_slice()
                .ct_eq(Sha256::digest(text.as_bytes()).as_slice())
        };
        // A bare key of before may have a colon in it.
        if bool::from(is(operator) | is(entry)) {
            found = Some(name.map_or_else(|| format!("operator-{}", index + 1), str::to_owned));
        }
    }
    found
}

/// An operator's key and its name, where it has one.
pub fn named(entry: &str) -> (Option<&str>, &str) {
    let fits = |name: &str| {
        (1..=32).contains(&name.len())
            && name
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
    };
    match entry.split_once(':') {
        Some((name, key)) if fits(name) && !key.is_empty() => (Some(name), key),
        _ => (None, entry),
    }
}

/// The token of an `Authorization` header of scheme `Bearer`, in any case.
pub fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.trim().split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// Two bytes a character: modulo 62 of 65,536 values favours none by more than a thousandth.
fn characters(bytes: &[u8]) -> String {
    bytes
        .chunks_exact(2)
        .map(|pair| match pair {
            [first, second] => {
                let index = (u16::from(*first) << 8 | u16::from(*second)) % 62;
                char::from(ALPHABET.get(index as usize).copied().unwrap_or(b'0'))
            }
            _ => '0',
        })
        .collect()
}

fn same(a: &str, b: &str) -> bool {
    a.as_bytes().ct_eq(b.as_bytes()).into()
}

fn checksum(body: &str) -> String {
    let digest = Sha256::digest(format!("arbiter key {body}").as_bytes());
    digest
        .iter()
        .take(CHECKSUM)
        .map(|byte| char::from(ALPHABET.get(*byte as usize % 62).copied().unwrap_or(b'0')))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seed() -> [u8; SEED_BYTES] {
        std::array::from_fn(|index| (index * 37) as u8)
    }

    fn secret(text: &str) -> KeySecret {
        KeySecret::new(text.to_owned())
    }

    #[test]
    fn only_who_knows_the_secret_makes_a_key() {
        let (own, other) = (secret("own"), secret("other"));
        let key = mint(&seed(), &own);
        assert_eq!(shape(&key), Some(Shape::Sealed), "{key}");
        assert!(is_sealed(&key, [&own]) && is_sealed(&key, [&other, &own]));
        assert!(!is_sealed(&key, [&other]) && !is_sealed(&key, []));
        for at in PREFIX.len()..key.len() {
            let mut changed = key.clone().into_bytes();
            changed[at] = if changed[at] == b'a' { b'b' } else { b'a' };
            assert!(!is_sealed(std::str::from_utf8(&changed).unwrap(), [&own]));
        }
    }

    #[test]
    fn a_key_of_before_is_told_from_garbage() {
        // Minted by the version before.
        let key = format!(
            "{PREFIX}{}{}",
            "0".repeat(RANDOM),
            checksum(&"0".repeat(RANDOM))
        );
        assert_eq!(shape(&key), Some(Shape::Summed), "{key}");
        for at in PREFIX.len()..key.len() {
            let mut changed = key.clone().into_bytes();
            changed[at] = if changed[at] == b'a' { b'b' } else { b'a' };
            assert_eq!(shape(std::str::from_utf8(&changed).unwrap()), None);
        }
        for garbage in [
            "",
            "arb_",
            "arb_é",
            "sk-123",
            &key[..key.len() - 1],
            &format!("{key}0"),
            &format!("arb_{}é", "x".repeat(RANDOM - 1)),
        ] {
            assert_eq!(shape(garbage), None, "{garbage}");
            assert!(!is_sealed(garbage, [&secret("own")]));
        }
    }

    #[test]
    fn a_secret_is_not_told() {
        assert!(!format!("{:?}", secret("hidden")).contains("hidden"));
    }

    #[test]
    fn only_a_whole_operator_key_is_one() {
        let keys = [
            "alpha".to_owned(),
            "ada:beta".to_owned(),
            "a b:c".to_owned(),
        ];
        let name = |key| operator(key, &keys);
        assert_eq!(name("alpha").as_deref(), Some("operator-1"));
        assert_eq!(name("beta").as_deref(), Some("ada"));
        assert_eq!(name("a b:c").as_deref(), Some("operator-3"));
        assert_eq!(
            name("ada:beta").as_deref(),
            Some("ada"),
            "a bare key of before"
        );
        for none in ["bet", "", "ada", "c"] {
            assert_eq!(name(none), None, "{none}");
        }
        assert_eq!(operator("x", &[]), None);
    }

    #[test]
    fn the_scheme_is_read_in_any_case() {
        assert_eq!(bearer("bEARER  k "), Some("k"));
        assert_eq!(bearer("Basic k"), None);
        assert_eq!(bearer("Bearer "), None);
        assert_eq!(bearer("Bearer"), None);
    }

    #[test]
    fn nothing_of_the_key_but_a_hint_is_kept() {
        let key = mint(&seed(), &secret("own"));
        assert_eq!(hash(&key).0.len(), 64);
        assert_eq!(hint(&key), key[key.len() - 4..]);
    }
}
