//! How runtimes fare, as the newest decisions tell it: an isolate's breakers are its own memory, and
//! the clock runs in any isolate.

use std::collections::BTreeMap;

use crate::domain::{books::feed::Outcome, runtime::registry::Model};

/// As much of a decision as tells of its runtimes.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// Unix seconds.
    pub ts: f64,
    pub model: String,
    pub outcome: Outcome,
    /// What the client was answered with.
    pub status: Option<u16>,
    pub failover_from: Vec<String>,
}

/// What came of a runtime's newest calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Came {
    /// The newest was answered.
    Answers,
    /// Nothing does, and enough was asked to say so.
    Nothing,
}

/// Calls that have to fail in a row, as with a breaker, and seconds without any answer.
const FAILURES: usize = 3;
const SILENT: f64 = 60.0;

#[derive(Default)]
struct Run {
    failed: usize,
    newest_failure: f64,
    /// When the newest answer came, Unix seconds.
    answered: Option<f64>,
}

/// How each runtime fares of which the calls tell anything. `calls` newest first.
pub fn came(calls: &[Trace], pool: &[Model]) -> BTreeMap<String, Came> {
    let mut runs: BTreeMap<&str, Run> = BTreeMap::new();
    let runtime_of = |id: &str| {
        let model = pool.iter().find(|model| model.id == id);
        model.map(|model| model.runtime.as_str())
    };
    for call in calls {
        let own = call.answered();
        let refused = call.outcome == Outcome::Failed && own == Some(true);
        let before = call.failover_from.iter().rev().filter(|_| !refused);
        let asked = own.map(|answered| (&call.model, answered)).into_iter();
        for (id, answered) in asked.chain(before.map(|id| (id, false))) {
            let Some(runtime) = runtime_of(id) else {
                continue;
            };
            let run = runs.entry(runtime).or_default();
            match answered {
                _ if run.answered.is_some() => {}
                true => run.answered = Some(call.ts),
                false => {
                    run.failed += 1;
                    run.newest_failure = run.newest_failure.max(call.ts);
                }
            }
        }
    }
    let verdict = |(name, run): (&str, Run)| {
        let silent = run
            .answered
            .is_none_or(|at| run.newest_failure - at >= SILENT);
        let came = match run.failed {
            0 => Came::Answers,
            FAILURES.. if silent => Came::Nothing,
            _ => return None,
        };
        Some((name.to_owned(), came))
    };
    runs.into_iter().filter_map(verdict).collect()
}

impl Trace {
    /// Did the model that is named answer; `None` where that says nothing of its runtime: the client
    /// went away, or an answer broke off.
    fn answered(&self) -> Option<bool> {
        match (self.outcome, self.status) {
            (Outcome::Finished, _) => Some(true),
            (Outcome::Dropped, _) | (_, None | Some(200)) => None,
            // What the client did wrong the runtime had to read.
            (Outcome::Failed, Some(status)) => Some(!is_doubtful(status)),
        }
    }
}

/// Could it be the runtime's doing: its account, or itself.
fn is_doubtful(status: u16) -> bool {
    matches!(status, 401..=403 | 500..)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pool() -> Vec<Model> {
        [("a", "near"), ("b", "near"), ("c", "far")]
            .map(|(id, runtime)| Model {
                runtime: runtime.into(),
                ..Model::named(id)
            })
            .into()
    }

    fn call(ts: f64, model: &str, outcome: Outcome, status: u16, before: &[&str]) -> Trace {
        Trace {
            ts,
            model: model.into(),
            outcome,
            status: Some(status),
            failover_from: before.iter().map(|id| (*id).to_owned()).collect(),
        }
    }

    fn told(calls: &[Trace]) -> Vec<(String, Came)> {
        came(calls, &pool()).into_iter().collect()
    }

    #[test]
    fn three_failures_in_a_row_without_an_answer_for_a_minute_are_an_outage() {
        let failed = |ts| call(ts, "a", Outcome::Failed, 502, &[]);
        let near = |came| vec![("near".to_owned(), came)];
        assert_eq!(told(&[failed(3.0), failed(2.0)]), []);
        let mut calls = vec![failed(50.0), failed(40.0), failed(30.0)];
        assert_eq!(told(&calls), near(Came::Nothing));
        calls.push(call(20.0, "b", Outcome::Finished, 200, &[]));
        assert_eq!(told(&calls), [], "it answered half a minute before");
        calls.insert(0, failed(80.0));
        assert_eq!(told(&calls), near(Came::Nothing));
        calls.insert(0, call(81.0, "b", Outcome::Finished, 200, &[]));
        assert_eq!(told(&calls), near(Came::Answers));
    }

    #[test]
    fn a_runtime_is_told_from_another_that_answers_in_its_place() {
        let over = |ts| call(ts, "c", Outcome::Finished, 200, &["a", "b"]);
        assert_eq!(
            told(&[over(2.0), over(1.0)]),
            [
                ("far".to_owned(), Came::Answers),
                ("near".to_owned(), Came::Nothing)
            ]
        );
    }

    #[test]
    fn what_is_the_clients_doing_is_no_outage() {
        let bad = call(2.0, "a", Outcome::Failed, 400, &["b"]);
        let calls = vec![bad; 5];
        assert_eq!(told(&calls), [("near".to_owned(), Came::Answers)]);
        let broke = call(2.0, "a", Outcome::Failed, 200, &[]);
        let left = call(2.0, "a", Outcome::Dropped, 200, &[]);
        let gone = call(2.0, "no longer there", Outcome::Failed, 502, &[]);
        for tells_nothing in [broke, left, gone] {
            assert_eq!(told(&vec![tells_nothing; 5]), []);
        }
    }
}
