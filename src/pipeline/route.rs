//! Brief × Shortlist × what is remembered → Plan: the policy's choice, among the models that are
//! not out. Pure: the same arguments give the same plan.

use crate::domain::{
    memory::Memory,
    policy::{self, Candidate, Mode, Tunables},
    quarantine::Standing,
    registry::Model,
};

use super::{Brief, Shortlist};

/// Which models to call, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan<'a> {
    /// The chosen one first, then the next best; those that are out come last, for when all
    /// others have failed.
    pub models: Vec<&'a Model>,
    pub mode: Mode,
    /// One plain sentence: why this model.
    pub reason: String,
    /// Probability over the seed with which this choice is made in this situation.
    pub propensity: f64,
}

/// Lets the policy choose among the shortlisted models that are not in quarantine. If every one
/// is, all are candidates and the least recently failed is tried first, rather than refusing.
/// `now` is Unix seconds, `seed` uniform random: everything random is drawn from it.
pub fn route<'a>(
    brief: &Brief,
    shortlist: &Shortlist<'a>,
    memory: &Memory,
    tunables: &Tunables,
    now: f64,
    seed: u64,
) -> Plan<'a> {
    let all = shortlist.candidates(|model| memory.pending(brief.task, model, now));
    let (out, standing): (Vec<Candidate<'a>>, Vec<Candidate<'a>>) = all
        .iter()
        .cloned()
        .partition(|candidate| memory.standing(candidate.model, now) == Standing::Out);
    let everyone_is_out = standing.is_empty();
    let candidates = if everyone_is_out { all } else { standing };
    let mut plan = policy::route(brief.task, &candidates, memory.learned(), tunables, seed);
    if everyone_is_out {
        let failed_at = |index: &usize| {
            candidates
                .get(*index)
                .and_then(|candidate| memory.quarantine(candidate.model))
                .map_or(0.0, |quarantine| quarantine.failed_at)
        };
        plan.ranked
            .sort_by(|a, b| failed_at(a).total_cmp(&failed_at(b)));
        plan.reason = "every model failed lately: trying the least recently failed".into();
    }
    let ranked = plan
        .ranked
        .iter()
        .filter_map(|index| candidates.get(*index))
        .chain(&out)
        .take(shortlist.models.len());
    Plan {
        models: ranked.filter_map(|it| shortlist.model(it.model)).collect(),
        mode: plan.mode,
        reason: plan.reason,
        propensity: plan.propensity,
    }
}
