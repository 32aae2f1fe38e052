//! From what was learned to one plan: which model to try first, which next, and why.

use chat::Task;
use std::{cmp::Ordering, collections::BTreeMap};

use serde::{Deserialize, Serialize};

use super::{Load, Row, Strategy, Tunables, adaptive, plain};
use crate::domain::{reason::Reason, registry::Tier};

/// So many of a plan's models stand in the order of the rule.
const ORDERED: usize = 16;

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
pub struct Plan {
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
    if candidates.is_empty() {
        return Plan {
            ranked: Vec::new(),
            mode: Mode::Exploit,
            reason: "no model is eligible".into(),
            propensity: 1.0,
            code: Reason::CheapestWithin,
            weighed: Vec::new(),
            worth: 0.0,
        };
    }
    match tunables.strategy {
        Strategy::Plain => plain::route(task, candidates, learned, tunables, seed),
        Strategy::Adaptive => adaptive::route(task, candidates, learned, tunables, seed),
    }
}

/// Puts the first [`ORDERED`] in order and leaves the rest as it falls: linear in the pool. No
/// request fails over further than that.
pub(super) fn order_front<T>(standings: &mut [T], by: impl Fn(&T, &T) -> Ordering) {
    if standings.len() > ORDERED {
        standings.select_nth_unstable_by(ORDERED - 1, &by);
    }
    let front = standings.len().min(ORDERED);
    if let Some(front) = standings.get_mut(..front) {
        front.sort_by(&by);
    }
}

/// Of two candidates that cost the same the quicker one; who was never measured comes last.
pub(super) fn quicker(rows: &[Option<&Row>], a: usize, b: usize) -> Ordering {
    let usual = |index: usize| {
        let row = rows.get(index).copied().flatten();
        row.and_then(|row| row.latency.usual())
            .unwrap_or(f64::INFINITY)
    };
    usual(a).total_cmp(&usual(b))
}

/// The eligible model that is still owed samples and has the fewest, the smaller tier first
/// among equals, the earlier candidate among equal tiers; `None` once every one has its
/// `MIN_SAMPLES`, those under way included. Both strategies begin with this.
pub(super) fn least_sampled(
    candidates: &[Candidate<'_>],
    rows: &[Option<&Row>],
    min_samples: u64,
) -> Option<(usize, u64)> {
    candidates
        .iter()
        .zip(rows)
        .enumerate()
        .map(|(index, (candidate, row))| {
            let folded = row.map_or(0, |row| row.n);
            (
                folded.saturating_add(candidate.pending),
                candidate.tier,
                index,
            )
        })
        .min()
        .filter(|&(samples, ..)| samples < min_samples)
        .map(|(samples, _, index)| (index, samples))
}

/// The plan that gathers a first sample, its failover order that of `next`.
pub(super) fn gather(
    candidates: &[Candidate<'_>],
    (chosen, samples): (usize, u64),
    next: &[usize],
    tunables: &Tunables,
    mut weighed: Vec<Weighed>,
) -> Plan {
    for (index, weighed) in weighed.iter_mut().enumerate() {
        weighed.probability = if index == chosen { 1.0 } else { 0.0 };
    }
    let model = candidates
        .get(chosen)
        .map_or("", |candidate| candidate.model);
    Plan {
        ranked: lead(chosen, next),
        mode: Mode::Explore,
        reason: format!(
            "gathering baseline data: {model} has {samples} of {} samples for this task",
            tunables.min_samples
        ),
        propensity: 1.0,
        code: Reason::Gathering,
        weighed,
        worth: 0.0,
    }
}

/// `order` with `first` moved to its front.
pub(super) fn lead(first: usize, order: &[usize]) -> Vec<usize> {
    std::iter::once(first)
        .chain(order.iter().copied().filter(|&index| index != first))
        .collect()
}
