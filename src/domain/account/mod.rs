//! A key's account: whose it is, how it stands, and what it may use.
//!
//! The law: the store's row is the record, told apart by its revision; what is held elsewhere is a
//! copy of it, and of two copies the one of the higher revision is the newer.

pub mod address;
pub mod email;
pub mod key;
pub mod limit;
pub mod wrong;

use serde::{Deserialize, Serialize};

use key::KeyStatus;

/// What is known of a minted key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Account {
    /// Its name in lists and logs: tells nothing of the key.
    pub id: String,
    pub email: String,
    pub status: KeyStatus,
    /// Rises with every change.
    #[serde(default)]
    pub revision: u64,
}

/// What is written of a new key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Minted {
    /// The last characters of the key.
    pub hint: String,
    pub account: Account,
    /// Unix seconds.
    pub created: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_stored_like_this_and_read_from_what_was_stored_before() {
        let account = Account {
            id: "key_1".into(),
            email: "a@b.co".into(),
            status: KeyStatus::Paused,
            revision: 3,
        };
        let stored = r#"{"id":"key_1","email":"a@b.co","status":"paused","revision":3}"#;
        assert_eq!(serde_json::to_string(&account).unwrap(), stored);
        assert_eq!(serde_json::from_str::<Account>(stored).unwrap(), account);
        let first = r#"{"id":"key_1","email":"a@b.co","status":"active"}"#;
        assert_eq!(serde_json::from_str::<Account>(first).unwrap().revision, 0);
    }
}
