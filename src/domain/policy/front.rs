//! What both strategies share: the first samples, and the order of those that come first.

use std::cmp::Ordering;

use super::{Candidate, Mode, Ranking, Row, Tunables, Weighed};
use crate::domain::reason::Reason;

/// So many of a plan's models stand in the order of the rule.
const ORDERED: usize = 16;

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

/// Are first samples missing that are on their way.
pub(super) fn under_way(rows: &[Option<&Row>], tunables: &Tunables) -> bool {
    rows.iter()
        .any(|row| row.map_or(0, |row| row.n) < tunables.min_samples)
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
) -> Ranking {
    for (index, weighed) in weighed.iter_mut().enumerate() {
        weighed.probability = if index == chosen { 1.0 } else { 0.0 };
    }
    let model = candidates
        .get(chosen)
        .map_or("", |candidate| candidate.model);
    Ranking {
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
