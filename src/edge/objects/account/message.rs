//! What is said to an account, and what it answers. JSON, over its fetch.

use serde::{Deserialize, Serialize};

use crate::domain::{
    account::{
        Account, Minted,
        audit::Act,
        budget::{Estimate, Spent},
        key::{KeyHash, KeyStatus},
        limit::Window,
        terms::Terms,
    },
    money::Pico,
    refusal::Exceeded,
};

/// To an account.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountMessage {
    /// May a request be answered; if so it is counted, and what it may cost is set aside.
    Take {
        key: KeyHash,
        id: String,
        estimate: Estimate,
    },
    /// Would a request with that estimate be answered. Nothing is counted but the looking.
    Look { key: KeyHash, estimate: Estimate },
    /// That one was not answered after all: it is no longer counted, but for an attempt.
    GiveBack { key: Option<KeyHash>, id: String },
    /// The request has ended, and cost that much.
    Settle {
        key: Option<KeyHash>,
        id: String,
        spent: Pico,
        /// It was settled before, and this comes on top. What is said again counts once, either way.
        #[serde(default)]
        late: bool,
        #[serde(default)]
        answered: bool,
    },
    /// How does the key stand, and what of its windows is used. Nothing is counted.
    Show { key: KeyHash },
    /// The same for an operator, who has another key.
    Inspect { key: KeyHash },
    /// The key is new: it is written to the store.
    Open {
        key: KeyHash,
        minted: Box<Minted>,
        act: Act,
    },
    /// The key is to stand like this from now on.
    Change {
        key: KeyHash,
        to: KeyStatus,
        act: Act,
    },
    /// A newer key takes the place of this one, which lives on for a while.
    Rotate {
        key: KeyHash,
        newer: KeyHash,
        hint: String,
        act: Act,
    },
    /// The key is given on these terms from now on, if it still is as it was at that revision.
    SetTerms {
        key: KeyHash,
        terms: Terms,
        revision: u64,
        act: Act,
    },
    /// Counts what comes from one address, if the window has room.
    Count { id: String, window: Window },
    /// To the ledger of all minted keys: one key wants to be able to spend that much on that day,
    /// in all. May be said again, and lowered.
    Lease(Lease),
}

impl AccountMessage {
    /// The key that it is about, where that is one which exists.
    pub fn key(&self) -> Option<&KeyHash> {
        match self {
            AccountMessage::Take { key, .. }
            | AccountMessage::Look { key, .. }
            | AccountMessage::Show { key }
            | AccountMessage::Inspect { key }
            | AccountMessage::Change { key, .. }
            | AccountMessage::Rotate { key, .. }
            | AccountMessage::SetTerms { key, .. } => Some(key),
            AccountMessage::GiveBack { key, .. } | AccountMessage::Settle { key, .. } => {
                key.as_ref()
            }
            AccountMessage::Open { .. }
            | AccountMessage::Count { .. }
            | AccountMessage::Lease(_) => None,
        }
    }
}

/// What a request has cost, as its account is told.
#[derive(Clone, Copy, Debug, Default)]
pub struct Paid {
    pub spent: Pico,
    /// It was settled before, and this comes on top.
    pub late: bool,
    /// There was an answer, from its beginning to its end.
    pub answered: bool,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct Lease {
    /// The key's id.
    pub key: String,
    /// When the day began, Unix seconds.
    pub day: f64,
    pub want: Pico,
    /// What all may spend together.
    pub cap: Pico,
}

/// What a key got of what it wanted, and what all have together.
#[derive(Debug, Serialize, Deserialize)]
pub struct Leased {
    pub granted: Pico,
    pub all: Pico,
}

/// May the request be answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Taken {
    Yes {
        account: Account,
        /// What was set aside for it, where it has a budget: models that may cost more are out.
        within: Option<Pico>,
    },
    /// No such key, or one that was revoked.
    Unknown,
    Paused,
    /// The window that is full for longest, and whole seconds until it has room.
    Full {
        limit: String,
        retry_after: u64,
    },
    /// As many requests of the key are under way as may be.
    Crowded {
        max: u64,
    },
    Exceeded(Exceeded),
}

/// How a key stands.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Shown {
    pub account: Account,
    pub used: Vec<Used>,
    /// What its budget is, and what of it is gone; null where it has none.
    pub budget: Option<Exceeded>,
    /// Its sums of money as they are now.
    pub spent: Spent,
    /// Unix seconds; null where it has asked nothing within a week.
    pub last_used: Option<f64>,
}

/// One window's use.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Used {
    pub used: u64,
    pub max: u64,
    /// Whole seconds until the oldest counted request leaves the window; null where none stands.
    pub frees_in: Option<u64>,
}
