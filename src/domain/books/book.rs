//! The book of one (task, model): the learned row, and the totals that no wipe touches.
//!
//! A Learner keeps one book and is its only writer; the store and every isolate hold copies,
//! of which the one with the highest `seq` of the highest `epoch` is the newest.

use chat::Task;
use serde::{Deserialize, Serialize};

use crate::domain::{
    money::Pico,
    policy::{PriceShift, Row, Tunables},
    reason::ClassifiedBy,
};

use super::{
    feed::{Decision, Detail, Outcome},
    history::{self, Histogram},
    settlement::Settlement,
};

/// All that is known of one model on one task.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Book {
    /// Which reset it began after.
    pub epoch: u64,
    /// Settlements applied in this epoch.
    pub seq: u64,
    pub row: Row,
    /// Whole answers, and what they cost.
    pub calls: u64,
    pub spend: Pico,
    /// Answers that the client did not wait for, and what is known of their cost. They claim no
    /// saving.
    pub dropped: u64,
    pub dropped_spend: Pico,
    /// Requests that no model answered, and what they cost all the same.
    pub failed: u64,
    pub failed_spend: Pico,
    /// The parts of all spend that were estimated rather than charged, and that were worked out
    /// from counted tokens where nothing is ever charged.
    pub estimated: Pico,
    pub computed: Pico,
    /// What classifying and judging were charged.
    pub overhead: Pico,
    /// The whole answers whose tokens were counted.
    #[serde(skip_serializing_if = "Tally::is_none")]
    pub counted: Tally,
    /// Calls by the time to their first byte and by their time in all, and those times' sums in
    /// milliseconds.
    pub first: Histogram,
    pub first_ms: f64,
    pub whole: Histogram,
    pub whole_ms: f64,
    pub classified: Classified,
    /// Prices seen to move.
    pub alerts: u64,
    /// Was it begun because the one before could not be read.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub set_aside: bool,
    /// Isolates that told of a settlement lately, where it was more than one.
    #[serde(skip_serializing_if = "is_one")]
    pub isolates: u64,
}

fn is_one(isolates: &u64) -> bool {
    *isolates < 2
}

/// Whole answers whose tokens were counted, and those.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tally {
    pub calls: u64,
    pub input: u64,
    /// Of the input, what a cache of the runtime's held.
    pub cached: u64,
    pub output: u64,
}

impl Tally {
    fn is_none(&self) -> bool {
        self.calls == 0
    }

    /// One answer with these tokens; `None` where they were not counted, or cannot be counts.
    pub fn one(input: Option<u64>, cached: Option<u64>, output: Option<u64>) -> Option<Tally> {
        let (input, output) = (input?, output?);
        (input.max(output) < MOST_TOKENS).then(|| Tally {
            calls: 1,
            input,
            cached: cached.unwrap_or(0).min(input),
            output,
        })
    }

    fn plus(self, other: Tally) -> Tally {
        Tally {
            calls: self.calls + other.calls,
            input: self.input.saturating_add(other.input),
            cached: self.cached.saturating_add(other.cached),
            output: self.output.saturating_add(other.output),
        }
    }
}

/// No single call holds as many tokens: what claims to is a broken usage figure.
const MOST_TOKENS: u64 = 1_000_000_000;

/// How the settled calls were classified.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Classified {
    pub rules: u64,
    pub model: u64,
    pub model_fallback: u64,
}

impl Classified {
    pub fn plus(self, other: Classified) -> Classified {
        Classified {
            rules: self.rules + other.rules,
            model: self.model + other.model,
            model_fallback: self.model_fallback + other.model_fallback,
        }
    }
}

/// What became of a settlement that reached its book.
#[derive(Clone, Debug, PartialEq)]
pub enum Applied {
    /// It was routed before the last reset: dropped.
    Stale,
    /// Counted, and the price shift that it proved.
    Counted(Option<PriceShift>),
}

impl Book {
    /// The epoch of a book that does not know its own yet.
    pub const UNKNOWN: u64 = 0;

    /// Counts a settlement in. One of a later epoch first empties the book.
    pub fn apply(&mut self, settlement: &Settlement, tunables: &Tunables) -> Applied {
        let epoch = settlement.epoch.unwrap_or(self.epoch);
        if epoch < self.epoch {
            return Applied::Stale;
        }
        if epoch != Self::UNKNOWN {
            self.turn_to(epoch);
        }
        self.seq += 1;
        self.overhead = self.overhead.plus(settlement.overhead);
        let decision = &settlement.decision;
        let (count, spend) = match decision.outcome {
            Outcome::Finished => (&mut self.calls, &mut self.spend),
            Outcome::Dropped => (&mut self.dropped, &mut self.dropped_spend),
            Outcome::Failed => (&mut self.failed, &mut self.failed_spend),
        };
        *count += 1;
        *spend = spend.plus(settlement.spend);
        if decision.outcome == Outcome::Finished {
            let Detail {
                in_tokens,
                cached_tokens,
                out_tokens,
                ..
            } = decision.detail;
            let one = Tally::one(in_tokens, cached_tokens, out_tokens);
            self.counted = self.counted.plus(one.unwrap_or_default());
        }
        if decision.cost_estimated {
            self.estimated = self.estimated.plus(settlement.spend);
        } else if decision.is_computed() {
            self.computed = self.computed.plus(settlement.spend);
        }
        let detail = &decision.detail;
        self.first_ms += history::sort_in(&mut self.first, detail.first_ms);
        self.whole_ms += history::sort_in(&mut self.whole, detail.total_ms);
        self.time(decision);
        if decision.outcome != Outcome::Failed {
            match decision.classified_by {
                ClassifiedBy::Rules => self.classified.rules += 1,
                ClassifiedBy::Model => self.classified.model += 1,
                ClassifiedBy::ModelFallback => self.classified.model_fallback += 1,
            }
        }
        let shift = settlement
            .evidence
            .as_ref()
            .and_then(|evidence| self.row.fold(evidence, tunables));
        self.alerts += u64::from(shift.is_some());
        Applied::Counted(shift)
    }

    /// Learns how long the model took: from when it was asked, and where it was the first that was.
    fn time(&mut self, decision: &Decision) {
        let latency = &mut self.row.latency;
        let stage = |name: &str| decision.detail.ms.get(name).copied();
        let alone = decision.failover_from.is_empty();
        match (decision.outcome, stage("runtime")) {
            (Outcome::Finished, Some(called)) if alone => match stage("stream") {
                Some(rest) => latency.note(decision.ts, Some(called), called + rest),
                None => latency.note(decision.ts, None, called),
            },
            (Outcome::Failed, _) if is_slow(decision.detail.status) => latency.failed(decision.ts),
            _ => {}
        }
    }

    /// Begins an epoch with an empty book, unless it is this one or an older one. A book that
    /// was begun while the store was away, and so without an epoch, takes the epoch on and keeps
    /// what it holds. Says whether it was emptied.
    pub fn turn_to(&mut self, epoch: u64) -> bool {
        if self.epoch == Self::UNKNOWN {
            self.epoch = epoch;
            return false;
        }
        let newer = epoch > self.epoch;
        if newer {
            *self = Book {
                epoch,
                ..Book::default()
            };
        }
        newer
    }

    /// Is this copy newer than the other.
    pub fn supersedes(&self, other: &Book) -> bool {
        (self.epoch, self.seq) > (other.epoch, other.seq)
    }

    /// Is one settlement more or less no news: then what is told of it may wait a moment.
    pub fn is_mature(&self) -> bool {
        self.calls + self.dropped + self.failed >= MATURE
    }

    /// All that was spent on answers.
    pub fn all_spend(&self) -> Pico {
        self.spend.plus(self.dropped_spend).plus(self.failed_spend)
    }
}

/// Was it for the lack of an answer that it failed, rather than for what was asked.
fn is_slow(status: Option<u16>) -> bool {
    status.is_some_and(|status| status == 408 || status >= 500)
}

/// Settlements from which on a book is mature.
const MATURE: u64 = 20;

/// The name of the Learner that keeps the book.
pub fn learner_name(task: Task, model: &str) -> String {
    format!("{}/{model}", task.name())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::domain::policy::{Evidence, Mode, Teachers};
    use serde_json::Value;

    pub(crate) fn settlement(epoch: Option<u64>, usd: f64, outcome: Outcome) -> Settlement {
        Settlement {
            epoch,
            spend: Pico::from_usd(usd),
            overhead: Pico::default(),
            judged: Pico::default(),
            would_be: None,
            evidence: (outcome == Outcome::Finished).then_some(Evidence {
                ts: 1.0,
                charge: Some(usd),
                charge_quantum: 1e-6,
                in_tokens: Some(100),
                out_tokens: Some(100),
                list_cost: Some(0.001),
                quality: Some(1.0),
                ..Evidence::default()
            }),
            decision: Decision {
                ts: 1.0,
                task: Task::Math,
                classified_by: ClassifiedBy::Rules,
                model: "m".into(),
                mode: Mode::Explore,
                quality: None,
                cost: usd,
                saved: None,
                cost_estimated: false,
                propensity: 1.0,
                outcome,
                failover_from: vec![],
                id: "r".into(),
                detail: Detail::default(),
            },
        }
    }

    /// Every field that a Learner, the store and what was not delivered are stored with. A change of the
    /// file is a change of what the next version has to read: a name that goes is to be read for ever.
    #[test]
    fn what_is_stored_is_pinned_field_by_field() {
        fn is_kept<T: Serialize + serde::de::DeserializeOwned + Default>(stored: &Value) {
            let read: T = serde_json::from_value(stored.clone()).unwrap();
            assert_eq!(&serde_json::to_value(read).unwrap(), stored);
            let fresh = serde_json::to_value(T::default()).unwrap();
            for (name, value) in fresh.as_object().unwrap() {
                assert_ne!(value, &stored[name], "`{name}` of the file says something");
            }
        }
        let path = "/tests/fixtures/state/stored.json";
        let text = std::fs::read_to_string([env!("CARGO_MANIFEST_DIR"), path].concat()).unwrap();
        let stored: Value = serde_json::from_str(&text).unwrap();
        is_kept::<Book>(&stored["book"]);
        is_kept::<Row>(&stored["book"]["row"]);
        is_kept::<history::Hour>(&stored["hour"]);
        is_kept::<Teachers>(&stored["teachers"]);
        is_kept::<Evidence>(&stored["settlement"]["evidence"]);
        let told: Settlement = serde_json::from_value(stored["settlement"].clone()).unwrap();
        assert_eq!(serde_json::to_value(told).unwrap(), stored["settlement"]);
    }

    #[test]
    fn what_was_charged_computed_and_estimated_is_told_apart() {
        let (mut book, tunables) = (Book::default(), Tunables::default());
        for (source, estimated) in [
            ("charge", false),
            ("computed", false),
            ("computed", true),
            ("estimated", true),
        ] {
            let mut settlement = settlement(None, 0.001, Outcome::Finished);
            settlement.decision.cost_estimated = estimated;
            settlement.decision.detail.cost_source = Some(source.into());
            book.apply(&settlement, &tunables);
        }
        assert_eq!((book.spend.usd(), book.computed.usd()), (0.004, 0.001));
        assert_eq!(
            book.estimated.usd(),
            0.002,
            "a charge is usual and this has none"
        );
    }

    #[test]
    fn money_spent_before_a_price_shift_stays_spent() {
        let (mut book, tunables) = (Book::default(), Tunables::default());
        for _ in 0..20 {
            book.apply(&settlement(None, 0.001, Outcome::Finished), &tunables);
        }
        let applied = book.apply(&settlement(None, 0.008, Outcome::Finished), &tunables);
        assert!(matches!(applied, Applied::Counted(Some(_))), "{applied:?}");
        assert_eq!(book.row.n, 1, "wiped, and begun again from this call");
        assert_eq!(book.calls, 21);
        assert_eq!(book.spend.usd(), 0.028);
    }

    #[test]
    fn what_was_routed_before_a_reset_is_dropped() {
        let (mut book, tunables) = (Book::default(), Tunables::default());
        book.apply(&settlement(Some(3), 1.0, Outcome::Finished), &tunables);
        let old = book.apply(&settlement(Some(2), 1.0, Outcome::Finished), &tunables);
        assert_eq!(old, Applied::Stale);
        assert_eq!((book.epoch, book.calls), (3, 1));
        book.apply(&settlement(None, 1.0, Outcome::Finished), &tunables);
        assert_eq!(book.calls, 2, "an unknown epoch is this one");
        book.apply(&settlement(Some(4), 1.0, Outcome::Finished), &tunables);
        assert_eq!((book.epoch, book.calls, book.spend.usd()), (4, 1, 1.0));
    }

    #[test]
    fn a_book_begun_while_the_store_was_away_keeps_what_it_holds() {
        let (mut book, tunables) = (Book::default(), Tunables::default());
        book.apply(&settlement(None, 1.0, Outcome::Finished), &tunables);
        assert!(!book.turn_to(7));
        assert_eq!((book.epoch, book.calls), (7, 1));
        assert!(book.turn_to(8));
        assert_eq!((book.epoch, book.calls), (8, 0));
    }

    #[test]
    fn a_call_that_was_not_whole_is_counted_but_not_learned_from() {
        let (mut book, tunables) = (Book::default(), Tunables::default());
        book.apply(&settlement(None, 0.5, Outcome::Dropped), &tunables);
        book.apply(&settlement(None, 0.25, Outcome::Failed), &tunables);
        assert_eq!(book.row, Row::default());
        assert_eq!((book.calls, book.dropped, book.failed), (0, 1, 1));
        assert_eq!(book.all_spend().usd(), 0.75);
        assert_eq!(book.classified.rules, 1);
    }
}
