//! What these very requests would have cost on the baseline: like compared with like.
//!
//! The report's baseline spend is calls times the baseline's mean, and that mean is made by the few
//! requests which the baseline happened to answer. Here each request counts with its own tokens: its
//! prompt as it was counted, what was cached of it, and an answer as long as the one that was given,
//! times how much more or less the baseline writes. Of that little is believed while little was
//! heard. Tokens are priced as the baseline was charged so far.
//!
//! A task that the baseline has answered nothing of claims no saving, nor does an answer that was
//! not whole; what the baseline itself answered would have cost what it did.

use std::collections::BTreeMap;

use chat::Task;
use serde::Serialize;

use crate::domain::{money::Pico, policy::Row, runtime::registry::Model};

use super::{
    book::{Book, Tally},
    report::percent,
};

/// Answers of both models after which half is believed of how much more or less one writes than the
/// other.
const HALF_BELIEVED: f64 = 20.0;
/// No model writes so many times more than another.
const MOST_RATIO: f64 = 20.0;

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct LikeForLike {
    pub baseline_spend: f64,
    pub saved: f64,
    pub saved_pct: f64,
}

/// What answers with these tokens would have cost on the baseline, by what its row on the task has
/// seen; `given`: the row of the model that gave them. USD; `None` while the baseline has no sample.
pub fn would_be(baseline: &Model, own: &Row, given: &Row, tokens: &Tally) -> Option<f64> {
    let (in_price, out_price) = baseline.expected_prices();
    let cached_price = baseline.cached_in_price.unwrap_or(in_price);
    let cached = tokens.cached.min(tokens.input) as f64;
    let (input, output) = (
        tokens.input as f64,
        tokens.output as f64 * length_ratio(own, given),
    );
    let listed = (input - cached) * in_price + cached * cached_price + output * out_price;
    own.expected_of(listed / 1e6, input + output, tokens.calls as f64)
        .filter(|usd| usd.is_finite())
}

/// How many times as long the baseline's answers are.
fn length_ratio(own: &Row, given: &Row) -> f64 {
    let heard = own.output.heard().min(given.output.heard());
    let (Some(own), Some(given)) = (own.output.mean(), given.output.mean()) else {
        return 1.0;
    };
    let raw = own / given;
    if !(raw > 0.0 && raw.is_finite()) {
        return 1.0;
    }
    let raw = raw.clamp(1.0 / MOST_RATIO, MOST_RATIO);
    raw.powf(heard / (heard + HALF_BELIEVED))
}

/// Adds up the books, as the report does.
pub fn like_for_like<'a>(
    books: impl Iterator<Item = (Task, &'a str, &'a Book)>,
    baseline: &Model,
) -> LikeForLike {
    let mut tasks = BTreeMap::<Task, Vec<(&str, &Book)>>::new();
    for (task, model, book) in books {
        tasks.entry(task).or_default().push((model, book));
    }
    let (mut actual, mut would) = (Pico::default(), Pico::default());
    for books in tasks.values() {
        let own = books.iter().find(|(model, _)| *model == baseline.id);
        let own = own.map(|(_, book)| &book.row);
        for (model, book) in books {
            let all = book.all_spend();
            actual = actual.plus(all);
            let claimed = own
                .filter(|_| *model != baseline.id)
                .and_then(|own| of_book(baseline, own, book));
            would = would.plus(match claimed {
                Some(usd) => Pico::from_usd(usd).plus(Pico(all.0.saturating_sub(book.spend.0))),
                None => all,
            });
        }
    }
    let saved = Pico(would.0.saturating_sub(actual.0));
    LikeForLike {
        baseline_spend: would.usd(),
        saved: saved.usd(),
        saved_pct: percent(saved, would),
    }
}

/// What a model's whole answers would have cost on the baseline. Those whose tokens nobody counted
/// are taken to be like the others; where none were counted, like the baseline's own.
fn of_book(baseline: &Model, own: &Row, book: &Book) -> Option<f64> {
    let calls = book.calls as f64;
    if book.counted.calls == 0 {
        return own.avg_cost().map(|mean| mean * calls);
    }
    let counted = would_be(baseline, own, &book.row, &book.counted)?;
    Some(counted * calls / book.counted.calls as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        books::{book::tests::settlement, feed::Outcome, report::report},
        policy::Tunables,
        runtime::registry::{DEFAULT_BASELINE, pool},
    };

    fn model(id: &str) -> Model {
        let all = pool(DEFAULT_BASELINE, None);
        all.into_iter().find(|model| model.id == id).unwrap()
    }

    /// Requests of very different sizes: tokens of the prompt, and of an answer of middling length.
    fn traffic() -> Vec<(u64, u64)> {
        (0..300)
            .map(|n| match n % 3 {
                0 => (40 + n, 8),
                1 => (400 + n, 150),
                _ => (6_000 + 10 * n, 900),
            })
            .collect()
    }

    /// What a model makes of requests that it writes so many times the middling answer to, at `of_list`
    /// of its list price.
    fn answered(model: &Model, requests: &[(u64, u64)], writes: f64, of_list: f64) -> Book {
        let mut book = Book::default();
        for &(input, usual) in requests {
            let output = (usual as f64 * writes).round() as u64;
            let listed = model.list_cost(input as f64, output as f64);
            let charge = listed * of_list;
            let mut one = settlement(None, charge, Outcome::Finished);
            let evidence = one.evidence.as_mut().unwrap();
            evidence.in_tokens = Some(input);
            evidence.out_tokens = Some(output);
            evidence.list_cost = Some(listed);
            evidence.charge_quantum = 0.0;
            one.decision.detail.in_tokens = Some(input);
            one.decision.detail.out_tokens = Some(output);
            book.apply(&one, &Tunables::default());
        }
        book
    }

    #[test]
    fn what_the_baseline_happened_to_answer_does_not_make_the_saving() {
        let (base, cheap) = (model(DEFAULT_BASELINE), model("gpt-4o-mini"));
        let all = traffic();
        let cheaply = answered(&cheap, &all, 1.0, 1.0);
        // Half as much again as the cheap one writes, and nine tenths of the list price are charged.
        let whole: f64 = answered(&base, &all, 1.5, 0.9).spend.usd();
        let (mut means, mut likes) = (Vec::new(), Vec::new());
        // The three that it answered are the shortest, the longest, or any.
        for few in [&all[0..1], &all[299..], &all[1..2], &all[100..103]] {
            let few = few.repeat(3 / few.len());
            let own = answered(&base, &few, 1.5, 0.9);
            let books = || {
                [
                    (Task::Code, "gpt-4o", &own),
                    (Task::Code, "gpt-4o-mini", &cheaply),
                ]
            };
            means.push(
                report(books().into_iter(), DEFAULT_BASELINE).baseline_spend - own.spend.usd(),
            );
            likes.push(like_for_like(books().into_iter(), &base).baseline_spend - own.spend.usd());
        }
        let spread = |all: &[f64]| {
            let most = all.iter().copied().fold(0.0, f64::max);
            most / all.iter().copied().fold(f64::MAX, f64::min)
        };
        assert!(spread(&means) > 50.0, "the mean is made by them: {means:?}");
        assert!(spread(&likes) < 2.0, "{likes:?}");
        for like in &likes {
            assert!((0.6..=1.6).contains(&(like / whole)), "{like} of {whole}");
        }
    }

    #[test]
    fn with_many_answers_it_is_what_the_baseline_would_have_charged() {
        let (base, cheap) = (model(DEFAULT_BASELINE), model("gpt-4o-mini"));
        let all = traffic();
        let cheaply = answered(&cheap, &all, 1.0, 1.0);
        let own = answered(&base, &all, 1.5, 0.9);
        let books = [
            (Task::Code, "gpt-4o", &own),
            (Task::Code, "gpt-4o-mini", &cheaply),
        ];
        let like = like_for_like(books.into_iter(), &base);
        let truth = 2.0 * own.spend.usd();
        assert!(
            (like.baseline_spend / truth - 1.0).abs() < 0.05,
            "{like:?} {truth}"
        );
        assert!(
            (like.saved - (like.baseline_spend - own.spend.usd() - cheaply.spend.usd())).abs()
                < 1e-9
        );
    }

    #[test]
    fn requests_of_one_kind_are_repriced_at_the_mean_as_in_the_report() {
        let (base, cheap) = (model(DEFAULT_BASELINE), model("gpt-4o-mini"));
        let alike = vec![(200, 100); 12];
        let (own, cheaply) = (
            answered(&base, &alike[..3], 1.0, 1.0),
            answered(&cheap, &alike, 1.0, 1.0),
        );
        let books = || {
            [
                (Task::Code, "gpt-4o", &own),
                (Task::Code, "gpt-4o-mini", &cheaply),
            ]
        };
        let (like, report) = (
            like_for_like(books().into_iter(), &base),
            report(books().into_iter(), DEFAULT_BASELINE),
        );
        assert!(
            (like.baseline_spend - report.baseline_spend).abs() < 1e-9,
            "{like:?} {report:?}"
        );
        assert_eq!(like.saved_pct, report.saved_pct);
    }

    #[test]
    fn nothing_is_claimed_where_the_baseline_answered_nothing_or_nobody_was_answered() {
        let (base, cheap) = (model(DEFAULT_BASELINE), model("gpt-4o-mini"));
        let cheaply = answered(&cheap, &traffic(), 1.0, 1.0);
        let alone = like_for_like([(Task::Code, "gpt-4o-mini", &cheaply)].into_iter(), &base);
        assert_eq!((alone.saved, alone.saved_pct), (0.0, 0.0));
        let own = answered(&base, &traffic(), 1.0, 1.0);
        let mut dropped = Book::default();
        dropped.apply(
            &settlement(None, 0.25, Outcome::Dropped),
            &Tunables::default(),
        );
        let books = [(Task::Code, "gpt-4o", &own), (Task::Code, "m", &dropped)];
        assert_eq!(like_for_like(books.into_iter(), &base).saved, 0.0);
        assert_eq!(
            like_for_like(std::iter::empty(), &base),
            LikeForLike::default()
        );
    }

    #[test]
    fn what_was_cached_would_have_been_on_the_baseline() {
        let mut base = model(DEFAULT_BASELINE);
        base.cached_in_price = Some(1.25);
        let own = answered(&base, &[(1_000, 100); 3], 1.0, 1.0);
        let tokens = |cached| Tally {
            calls: 1,
            input: 100_000,
            cached,
            output: 100,
        };
        let cost = |cached| would_be(&base, &own.row, &own.row, &tokens(cached)).unwrap();
        assert!((cost(0) - 0.251).abs() < 1e-9 && (cost(100_000) - 0.126).abs() < 1e-9);
    }

    #[test]
    fn books_of_before_whose_tokens_are_not_known_go_by_the_mean() {
        let base = model(DEFAULT_BASELINE);
        let own = answered(&base, &[(1_000, 100); 2], 1.0, 1.0);
        let old: Book = serde_json::from_str(r#"{"calls":10,"spend":5000000000}"#).unwrap();
        let books = [(Task::Code, "gpt-4o", &own), (Task::Code, "m", &old)];
        let like = like_for_like(books.into_iter(), &base);
        let mean = own.row.avg_cost().unwrap();
        assert!((like.baseline_spend - 12.0 * mean).abs() < 1e-9, "{like:?}");
    }
}
