//! The adaptive policy: the plain one's contract, with posteriors for means.

use super::{Candidate, Learned, Plan, Tunables, plain};
use crate::domain::task::Task;

pub(super) fn route(
    task: Task,
    candidates: &[Candidate<'_>],
    learned: &Learned,
    tunables: &Tunables,
    seed: u64,
) -> Plan {
    plain::route(task, candidates, learned, tunables, seed)
}
