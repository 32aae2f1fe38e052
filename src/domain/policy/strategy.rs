//! From what was learned to one plan: which model to try first, which next, and why.

use chat::Task;

use super::{Candidate, Learned, Mode, Plan, Strategy, Tunables, adaptive, plain};
use crate::domain::reason::Reason;

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
