//! Ids of answers and of what is in them, made from the id of the request: the same in every
//! event, and unique in a conversation.

use std::fmt::Write;

use sha2::{Digest, Sha256};

/// 24 hexadecimal digits that stand for a text.
pub fn stem(text: &str) -> String {
    hex(text, 12)
}

/// Hexadecimal digits that stand for a text: two for each byte of its hash.
pub fn hex(text: &str, bytes: usize) -> String {
    let mut out = String::with_capacity(2 * bytes);
    for byte in Sha256::digest(text.as_bytes()).iter().take(bytes) {
        let _ = write!(out, "{byte:02x}");
    }
    out
}
