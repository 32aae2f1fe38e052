//! What is said to Durable Objects and what they answer. JSON, over their fetch.

use serde::{Deserialize, Serialize};

use crate::domain::feed::{Alert, Decision};

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
