//! Deeds that are kept for good: who changed a key, or what everyone shares.
//!
//! The law: a deed and its row are written together or not at all. A row holds no key, no secret
//! and nothing of a request.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::key::KeyStatus;

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Deed {
    /// Somebody made a key for themselves; an operator made one for somebody.
    Register,
    Mint,
    Rotate,
    Pause,
    Resume,
    Revoke,
    Terms,
    Reset,
    SimulatePrice,
    Pool,
    Serve,
}

impl Deed {
    /// What it is that gives a key this status.
    pub fn of(status: KeyStatus) -> Deed {
        match status {
            KeyStatus::Active => Deed::Resume,
            KeyStatus::Paused => Deed::Pause,
            KeyStatus::Revoked => Deed::Revoke,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Deed::Register => "register",
            Deed::Mint => "mint",
            Deed::Rotate => "rotate",
            Deed::Pause => "pause",
            Deed::Resume => "resume",
            Deed::Revoke => "revoke",
            Deed::Terms => "terms",
            Deed::Reset => "reset",
            Deed::SimulatePrice => "simulate-price",
            Deed::Pool => "pool",
            Deed::Serve => "serve",
        }
    }
}

/// A deed, by whom, and to what.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Act {
    pub deed: Deed,
    /// The name of an operator, or the id of a key.
    pub who: String,
    /// The id of a key or of a model; empty where it is all.
    pub subject: String,
    pub detail: Value,
}

/// Who registers is not known by any name.
pub const ANYONE: &str = "anyone";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deed_is_called_alike_wherever_it_is_told() {
        for deed in [Deed::Register, Deed::SimulatePrice, Deed::Terms] {
            assert_eq!(serde_json::to_value(deed).unwrap(), deed.name());
        }
    }
}
