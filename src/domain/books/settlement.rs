//! What one call came to, as the Learner of its (task, model) is told it.

use serde::{Deserialize, Serialize};

use crate::domain::{money::Pico, policy::Evidence};

use super::feed::Decision;

/// One accepted request, ended. Sent to the Learner of its (task, model) exactly once, folded
/// exactly once however often it arrives.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settlement {
    /// The epoch that the request was routed under; `None` where the store was away and it is
    /// not known: then it belongs to the Learner's own.
    pub epoch: Option<u64>,
    /// What it cost: charged where known, else estimated.
    pub spend: Pico,
    /// What classifying and judging it was charged.
    pub overhead: Pico,
    /// The judge's part of that.
    #[serde(default)]
    pub judged: Pico,
    /// What it would have cost on the baseline; `None` where nobody knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub would_be: Option<Pico>,
    /// What it teaches; `None` unless the answer was whole.
    pub evidence: Option<Evidence>,
    pub decision: Decision,
}
