//! Shortlist × what was learned → Plan: the policy's choice, among the models that are not out.

use crate::domain::{
    policy::{self, Candidate, Plan},
    quarantine::Standing,
};

use super::{Brief, Shortlist, World};

/// Lets the policy choose among the shortlisted models that are not in quarantine. If every one
/// is, all are candidates and the least recently failed is tried first, rather than refusing.
/// Gives the plan, and the models to call in its order; those that are out come last, for when
/// all others have failed.
pub fn route<'a, W: World>(
    world: &W,
    brief: &Brief,
    shortlist: &Shortlist<'a>,
) -> (Plan, Vec<&'a str>) {
    let (now, seed) = (world.now(), world.seed());
    world.memory(|memory| {
        memory.sweep(now);
        let all = shortlist.candidates(|model| memory.pending(brief.task, model, now));
        let standing: Vec<Candidate<'a>> = all
            .iter()
            .filter(|candidate| memory.standing(candidate.model, now) != Standing::Out)
            .cloned()
            .collect();
        let out: Vec<Candidate<'a>> = all
            .iter()
            .filter(|candidate| memory.standing(candidate.model, now) == Standing::Out)
            .cloned()
            .collect();
        let everyone_is_out = standing.is_empty();
        let candidates = if everyone_is_out { all } else { standing };
        let mut plan = policy::route(
            brief.task,
            &candidates,
            memory.learned(),
            &world.settings().tunables,
            seed,
        );
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
        let models = plan
            .ranked
            .iter()
            .filter_map(|index| candidates.get(*index))
            .map(|candidate| candidate.model)
            .chain(out.iter().map(|candidate| candidate.model))
            .take(shortlist.models.len())
            .collect();
        (plan, models)
    })
}
