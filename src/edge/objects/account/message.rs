//! What is said to an account, and what it answers. JSON, over its fetch.

use serde::{Deserialize, Serialize};

use crate::domain::account::{
    Account, Minted,
    key::{KeyHash, KeyStatus},
    limit::Window,
};

/// To an account.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountMessage {
    /// May a request be answered; if so it is counted.
    Take { key: KeyHash, id: String },
    /// That one was not answered after all.
    GiveBack { id: String },
    /// How does the key stand, and what of its windows is used. Nothing is counted.
    Show { key: KeyHash },
    /// The key is new: it is written to the store.
    Open { key: KeyHash, minted: Minted },
    /// The key is to stand like this from now on.
    Change { key: KeyHash, to: KeyStatus },
    /// Counts what comes from one address, if the window has room.
    Count { id: String, window: Window },
}

/// May the request be answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Taken {
    Yes(Account),
    /// No such key, or one that was revoked.
    Unknown,
    Paused,
    /// The window that is full for longest, and whole seconds until it has room.
    Full {
        limit: String,
        retry_after: u64,
    },
}

/// How a key stands.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Shown {
    pub account: Account,
    pub used: Vec<Used>,
}

/// One window's use.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Used {
    pub used: u64,
    pub max: u64,
    /// Whole seconds until the oldest counted request leaves the window; null where none stands.
    pub frees_in: Option<u64>,
}
