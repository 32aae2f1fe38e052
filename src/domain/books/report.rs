//! What the books add up to: the answers of the read-only views.

use std::collections::BTreeMap;

use chat::Task;
use serde::Serialize;

use crate::domain::money::Pico;

use super::{
    book::{Book, Classified},
    feed::Decision,
};

/// The savings, as `/v1/report` shows them. USD.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Report {
    pub calls: u64,
    pub actual_spend: f64,
    pub baseline_spend: f64,
    pub saved: f64,
    pub saved_pct: f64,
    /// The parts of `actual_spend` that the runtime named, that were worked out from the tokens it
    /// counted where it names none, and that were estimated.
    pub charged_spend: f64,
    pub computed_spend: f64,
    pub estimated_spend: f64,
    /// What classifying and judging were charged, kept apart.
    pub overhead_spend: f64,
    /// The same by task.
    pub tasks: BTreeMap<&'static str, TaskReport>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct TaskReport {
    pub calls: u64,
    pub actual_spend: f64,
    pub baseline_spend: f64,
    /// Mean measured cost of the baseline on this task; null while it has no sample.
    pub baseline_cost: Option<f64>,
}

/// A row of `/v1/policy`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PolicyRow {
    pub model: String,
    pub n: u64,
    pub quality: Option<f64>,
    pub avg_cost: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quarantined_until: Option<f64>,
    /// Expected quality, 0..=1, and the standard deviation of that.
    pub belief: Option<f64>,
    pub doubt: Option<f64>,
    /// Share of the task's newest choices, 0..=1; null where none is known.
    pub share: Option<f64>,
    /// Whether a middling request goes to it where nothing is explored.
    pub winner: bool,
    /// What was charged for each USD of list price; null while nobody knows.
    pub charged_of_list: Option<f64>,
}

/// As many of a task's newest choices as shares are told of.
const CHOICES: usize = 100;

/// The share of the task's newest choices that fell on the model. What was chosen counts, whoever
/// answered in its place. `newest` first.
pub fn share(newest: &[Decision], task: Task, model: &str) -> Option<f64> {
    let chosen = newest
        .iter()
        .filter(|row| row.task == task)
        .map(|row| row.failover_from.first().unwrap_or(&row.model))
        .filter(|chosen| !chosen.is_empty())
        .take(CHOICES);
    let (own, all) = chosen.fold((0_u32, 0_u32), |(own, all), chosen| {
        (own + u32::from(chosen == model), all + 1)
    });
    (all > 0).then(|| f64::from(own) / f64::from(all))
}

/// Tokens of a middling request of the task: the median of its newest choices. `None` where none is known.
pub fn middling(newest: &[Decision], task: Task) -> Option<u64> {
    let own = newest.iter().filter(|row| row.task == task);
    let told = own.filter_map(|row| row.detail.in_tokens);
    let mut tokens: Vec<u64> = told.take(CHOICES).collect();
    tokens.sort_unstable();
    tokens.get(tokens.len() / 2).copied()
}

/// Adds up the books. Each task's whole answers are re-priced at the baseline's mean measured
/// cost for the task; where that has no sample, and for answers that were not whole, the
/// baseline would have cost the same: no saving is claimed.
pub fn report<'a>(
    books: impl Iterator<Item = (Task, &'a str, &'a Book)>,
    baseline: &str,
) -> Report {
    #[derive(Default)]
    struct Sums {
        calls: u64,
        spend: Pico,
        counted: u64,
        all_spend: Pico,
        baseline_cost: Option<f64>,
    }
    let (mut tasks, mut overhead) = (BTreeMap::<Task, Sums>::new(), Pico::default());
    let (mut estimated, mut computed) = (Pico::default(), Pico::default());
    for (task, model, book) in books {
        let sums = tasks.entry(task).or_default();
        sums.calls += book.calls;
        sums.spend = sums.spend.plus(book.spend);
        sums.counted += book.calls + book.dropped;
        sums.all_spend = sums.all_spend.plus(book.all_spend());
        overhead = overhead.plus(book.overhead);
        estimated = estimated.plus(book.estimated);
        computed = computed.plus(book.computed);
        if model == baseline {
            sums.baseline_cost = book.row.avg_cost();
        }
    }
    let (mut calls, mut actual, mut would_be) = (0, Pico::default(), Pico::default());
    let mut by_task = BTreeMap::new();
    for (task, sums) in tasks {
        let unclaimed = Pico(sums.all_spend.0.saturating_sub(sums.spend.0));
        let baseline_spend = match sums.baseline_cost {
            Some(cost) => Pico::from_usd(cost * sums.calls as f64).plus(unclaimed),
            None => sums.all_spend,
        };
        calls += sums.counted;
        actual = actual.plus(sums.all_spend);
        would_be = would_be.plus(baseline_spend);
        by_task.insert(
            task.name(),
            TaskReport {
                calls: sums.counted,
                actual_spend: sums.all_spend.usd(),
                baseline_spend: baseline_spend.usd(),
                baseline_cost: sums.baseline_cost,
            },
        );
    }
    let saved = Pico(would_be.0.saturating_sub(actual.0));
    Report {
        calls,
        actual_spend: actual.usd(),
        baseline_spend: would_be.usd(),
        saved: saved.usd(),
        saved_pct: percent(saved, would_be),
        charged_spend: Pico(
            actual
                .0
                .saturating_sub(estimated.0)
                .saturating_sub(computed.0),
        )
        .usd(),
        computed_spend: computed.usd(),
        estimated_spend: estimated.usd(),
        overhead_spend: overhead.usd(),
        tasks: by_task,
    }
}

/// One decimal; 0 of nothing.
pub(super) fn percent(part: Pico, whole: Pico) -> f64 {
    if whole.0 == 0 {
        return 0.0;
    }
    (1_000.0 * part.0 as f64 / whole.0 as f64).round() / 10.0
}

/// How the counted requests were classified.
pub fn classified<'a>(books: impl Iterator<Item = (Task, &'a str, &'a Book)>) -> Classified {
    books.fold(Classified::default(), |sum, (_, _, book)| {
        sum.plus(book.classified)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        books::{book::tests::settlement, feed::Outcome},
        policy::Tunables,
    };

    fn book(costs: &[f64], outcome: Outcome) -> Book {
        let mut book = Book::default();
        for cost in costs {
            book.apply(&settlement(None, *cost, outcome), &Tunables::default());
        }
        book
    }

    #[test]
    fn savings_are_claimed_only_where_the_baseline_was_sampled() {
        let cheap = book(&[0.1, 0.1, 0.1], Outcome::Finished);
        let dear = book(&[1.0], Outcome::Finished);
        let with = [(Task::Math, "cheap", &cheap), (Task::Math, "base", &dear)];
        let sum = report(with.into_iter(), "base");
        assert_eq!(
            (sum.calls, sum.actual_spend, sum.baseline_spend),
            (4, 1.3, 4.0)
        );
        assert_eq!((sum.saved, sum.saved_pct), (2.7, 67.5));
        let elsewhere = [(Task::Math, "cheap", &cheap), (Task::Code, "base", &dear)];
        let sum = report(elsewhere.into_iter(), "base");
        assert_eq!((sum.calls, sum.saved, sum.saved_pct), (4, 0.0, 0.0));
    }

    #[test]
    fn nothing_is_nothing() {
        assert_eq!(report(std::iter::empty(), "base").saved_pct, 0.0);
    }

    #[test]
    fn a_dropped_answer_is_spent_but_claims_nothing() {
        let base = book(&[1.0], Outcome::Finished);
        let dropped = book(&[0.25], Outcome::Dropped);
        let books = [(Task::Math, "base", &base), (Task::Math, "m", &dropped)];
        let sum = report(books.into_iter(), "base");
        assert_eq!((sum.calls, sum.actual_spend, sum.saved), (2, 1.25, 0.0));
    }

    #[test]
    fn a_share_is_of_the_newest_hundred_choices_of_the_task_whoever_answered() {
        let row = |task: Task, model: &str, failed: &[&str]| -> Decision {
            let row = serde_json::json!({"ts": 1.5, "task": task, "classified_by": "rules", "model": model,
                "mode": "explore", "cost": 0.5, "cost_estimated": false, "propensity": 1.0,
                "outcome": "finished", "failover_from": failed, "id": "r"});
            serde_json::from_value(row).unwrap()
        };
        assert_eq!(share(&[], Task::Math, "a"), None);
        assert_eq!(middling(&[row(Task::Math, "a", &[])], Task::Math), None);
        let asked = [90, 5_000, 30, 1].map(|tokens| {
            let mut asked = row(if tokens == 1 { Task::Code } else { Task::Math }, "a", &[]);
            asked.detail.in_tokens = Some(tokens);
            asked
        });
        assert_eq!(middling(&asked, Task::Math), Some(90));
        let mut rows = vec![
            row(Task::Math, "a", &[]),
            row(Task::Math, "a", &["b"]),
            row(Task::Code, "a", &[]),
            row(Task::Math, "b", &[]),
            row(Task::Math, "", &[]),
            row(Task::Math, "b", &[]),
        ];
        assert_eq!(share(&rows, Task::Math, "a"), Some(0.25));
        assert_eq!(share(&rows, Task::Math, "b"), Some(0.75));
        assert_eq!(share(&rows, Task::Open, "a"), None);
        rows.extend((0..200).map(|_| row(Task::Math, "c", &[])));
        assert_eq!(share(&rows, Task::Math, "a"), Some(0.01));
        assert_eq!(share(&rows, Task::Math, "c"), Some(0.96));
    }
}
