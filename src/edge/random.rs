//! What the platform draws at random.

/// A uniform number.
pub fn number() -> u64 {
    let mut bytes = [0u8; 8];
    // Without entropy every request would make the same choice, and still be answered.
    let _ = getrandom::fill(&mut bytes);
    u64::from_le_bytes(bytes)
}
