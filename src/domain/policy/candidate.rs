//! Who may answer, how each was weighed, and the plan that follows.

use std::collections::BTreeMap;

use chat::Task;
use serde::{Deserialize, Serialize};

use super::{Load, Row};
use crate::domain::{reason::Reason, runtime::registry::Tier};

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
    /// What that follows from; where nothing is told of it, means are compared.
    pub load: Load,
    /// Did the client say which models may answer, or how dear they may be.
    pub narrowed: bool,
    /// What it costs to the end of the conversation that it would begin or go on with, USD; `None`
    /// where the request is of none.
    pub ahead: Option<f64>,
    /// Calls chosen by this isolate for this task and not yet folded: they count as samples
    /// already under way, so that a burst does not explore one model fifty times.
    pub pending: u64,
}

impl Candidate<'_> {
    /// What choosing it is expected to cost, USD: as its row has it, else at list price.
    pub(super) fn cost(&self, row: Option<&Row>) -> f64 {
        let learned = || row.and_then(|row| row.expected_cost(&self.load));
        self.ahead.or_else(learned).unwrap_or(self.estimate)
    }
}

/// How a candidate was weighed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Weighed {
    /// Expected quality, 0..=1, and the standard deviation of that; `None` where nothing is known.
    pub belief: Option<f64>,
    pub doubt: Option<f64>,
    /// Expected cost of the request, USD.
    pub cost: f64,
    /// With which it comes first, over the seed: those of all candidates add up to 1.
    pub probability: f64,
}

/// Rows by task, then by model.
pub type Learned = BTreeMap<Task, BTreeMap<String, Row>>;

/// Which model to call, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranking {
    /// Indices into the candidates: the chosen one first, then the next best for failover.
    pub ranked: Vec<usize>,
    pub mode: Mode,
    /// One plain sentence: why this model.
    pub reason: String,
    /// Probability over the seed with which this policy picks the chosen model in this
    /// situation, whichever the mode; above 0, at most 1.
    pub propensity: f64,
    /// Why, in a word.
    pub code: Reason,
    /// How each candidate was weighed, in their order.
    pub weighed: Vec<Weighed>,
    /// Share of such answers that the judge is to rate where nothing else does, 0..=1: the more, the
    /// likelier its grade changes what is chosen.
    pub worth: f64,
}
