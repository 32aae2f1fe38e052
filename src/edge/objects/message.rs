//! What is said to Durable Objects and what they answer. JSON, over their fetch.

use chat::Task;
use serde::{Deserialize, Serialize};

use crate::domain::books::{
    book::Book,
    feed::{Alert, Decision},
    rating::Rating,
    settlement::Settlement,
};

/// To a Learner.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ToLearner {
    /// Settlements `first`, `first + 1`, … of that line, in order.
    Tell {
        line: String,
        first: u64,
        settlements: Vec<Settlement>,
    },
    /// A grade that came after its settlement, of a request of that (task, model).
    Rate {
        task: Task,
        model: String,
        rating: Box<Rating>,
    },
    /// As the version before said it: one settlement, which it says again under the same id.
    Observe(Box<Settlement>),
}

/// A Learner has it: kept through any crash.
#[derive(Debug, Serialize, Deserialize)]
pub struct Told {
    pub book: Book,
    /// Those that the batch raised.
    pub alerts: Vec<Alert>,
}

/// To the Feed.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ToFeed {
    /// What a Learner has written, the newest of it.
    Push {
        epoch: u64,
        decisions: Vec<Decision>,
        alerts: Vec<Alert>,
    },
    /// A new epoch begins, empty.
    Reset {
        epoch: u64,
    },
    /// The newest decisions, and the newest alerts, as JSON arrays.
    Decisions,
    Alerts,
}

impl ToFeed {
    /// The path that it is sent to: what stands in traces.
    pub fn verb(&self) -> &'static str {
        match self {
            ToFeed::Push { .. } => "push",
            ToFeed::Reset { .. } => "reset",
            ToFeed::Decisions => "decisions",
            ToFeed::Alerts => "alerts",
        }
    }
}
