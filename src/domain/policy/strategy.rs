//! From what was learned to one ranking: which model to try first, which next, and why.

use chat::Task;

use super::{Candidate, Learned, Mode, Ranking, Row, Strategy, Tunables, adaptive, plain};
use crate::domain::reason::Reason;

/// Chooses a model for a request of that task. Pure: the same arguments give the same ranking.
///
/// `seed` is uniform random; everything random is drawn from it. `candidates` is never empty;
/// where it is, nothing is ranked.
pub fn route(
    task: Task,
    candidates: &[Candidate<'_>],
    learned: &Learned,
    tunables: &Tunables,
    seed: u64,
) -> Ranking {
    if candidates.is_empty() {
        return Ranking {
            ranked: Vec::new(),
            mode: Mode::Exploit,
            reason: "no model is eligible".into(),
            propensity: 1.0,
            code: Reason::CheapestWithin,
            weighed: Vec::new(),
            worth: 0.0,
        };
    }
    let known = learned.get(&task);
    let rows: Vec<Option<&Row>> = candidates
        .iter()
        .map(|candidate| known.and_then(|rows| rows.get(candidate.model)))
        .collect();
    match tunables.strategy {
        Strategy::Plain => plain::route(candidates, &rows, tunables, seed),
        Strategy::Adaptive => adaptive::route(task, candidates, &rows, learned, tunables, seed),
    }
}
