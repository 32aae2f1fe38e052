//! Keys: how one is made, told from garbage, and remembered without being kept.

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// What every minted key begins with.
const PREFIX: &str = "arb_";
/// Random characters of base 62: 190 bits.
const RANDOM: usize = 32;
/// Checksum characters of base 62: garbage passes once in 900 million.
const CHECKSUM: usize = 5;
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A minted key's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct KeyHash(pub String);

/// A key as it is made from [`SEED_BYTES`] random bytes.
pub fn mint(random: &[u8; SEED_BYTES]) -> String {
    // Two bytes a character: modulo 62 of 65,536 values favours none by more than a thousandth.
    let body: String = random
        .chunks_exact(2)
        .map(|pair| match pair {
            [first, second] => {
                let index = (u16::from(*first) << 8 | u16::from(*second)) % 62;
                char::from(ALPHABET.get(index as usize).copied().unwrap_or(b'0'))
            }
            _ => '0',
        })
        .collect();
    let check = checksum(&body);
    format!("{PREFIX}{body}{check}")
}

/// Random bytes that a key takes.
pub const SEED_BYTES: usize = RANDOM * 2;

/// Could this text be a minted key: right prefix, length, alphabet and checksum. Garbage is
/// refused here, without a look-up.
pub fn is_well_formed(key: &str) -> bool {
    let Some(rest) = key.strip_prefix(PREFIX) else {
        return false;
    };
    if rest.len() != RANDOM + CHECKSUM || !rest.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return false;
    }
    rest.split_at_checked(RANDOM)
        .is_some_and(|(body, check)| same(check, &checksum(body)))
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

/// Is it one of the operator keys: compared in time that tells nothing of either.
pub fn is_operator(key: &str, operator_keys: &[String]) -> bool {
    let key = Sha256::digest(key.as_bytes());
    operator_keys.iter().fold(0u8, |found, operator| {
        let operator = Sha256::digest(operator.as_bytes());
        found | key.as_slice().ct_eq(operator.as_slice()).unwrap_u8()
    }) == 1
}

/// The token of an `Authorization` header of scheme `Bearer`, in any case.
pub fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.trim().split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
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

    #[test]
    fn a_minted_key_is_well_formed_and_a_changed_one_is_not() {
        let key = mint(&seed());
        assert!(is_well_formed(&key), "{key}");
        for at in PREFIX.len()..key.len() {
            let mut changed = key.clone().into_bytes();
            changed[at] = if changed[at] == b'a' { b'b' } else { b'a' };
            assert!(!is_well_formed(std::str::from_utf8(&changed).unwrap()));
        }
        for garbage in [
            "",
            "arb_",
            "arb_é",
            "sk-123",
            &key[..key.len() - 1],
            &format!("{key}0"),
        ] {
            assert!(!is_well_formed(garbage), "{garbage}");
        }
    }

    #[test]
    fn only_a_whole_operator_key_is_one() {
        let keys = ["alpha".to_owned(), "beta".to_owned()];
        assert!(is_operator("beta", &keys));
        assert!(!is_operator("bet", &keys) && !is_operator("", &keys) && !is_operator("x", &[]));
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
        let key = mint(&seed());
        assert_eq!(hash(&key).0.len(), 64);
        assert_eq!(hint(&key), key[key.len() - 4..]);
    }
}
