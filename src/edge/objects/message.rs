//! What is said to Durable Objects and what they answer. JSON, over their fetch.

use serde::{Deserialize, Serialize};

use crate::domain::{
    feed::{Alert, Decision},
    limit::Window,
};

/// To a Limiter: may this be accepted; if so it is counted.
#[derive(Debug, Serialize, Deserialize)]
pub struct Take {
    pub id: String,
    pub windows: Vec<Window>,
}

/// To a Limiter: that one was not accepted after all.
#[derive(Debug, Serialize, Deserialize)]
pub struct Refund {
    pub id: String,
}

/// To a Limiter: how many stand in each window.
#[derive(Debug, Serialize, Deserialize)]
pub struct Usage {
    pub windows: Vec<Window>,
}

/// One window's use.
#[derive(Debug, Serialize, Deserialize)]
pub struct Used {
    pub used: u64,
    pub max: u64,
    /// Whole seconds until the oldest counted request leaves the window; null where none stands.
    pub frees_in: Option<u64>,
}

/// To the Feed, from Learners.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Push {
    pub epoch: u64,
    pub decisions: Vec<Decision>,
    pub alerts: Vec<Alert>,
}

/// To the Feed: a new epoch begins, empty.
#[derive(Debug, Serialize, Deserialize)]
pub struct Reset {
    pub epoch: u64,
}

