//! What the policies make of recorded answers of real models, with margins for the noise.

// Helpers outside #[test] functions may stop a test as the functions themselves may.
#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "../examples/replay/change.rs"]
#[allow(dead_code)]
mod change;
#[path = "../examples/replay/data.rs"]
#[allow(dead_code)]
mod data;
#[path = "../examples/replay/measure.rs"]
#[allow(dead_code)]
mod measure;
#[path = "../examples/replay/run.rs"]
#[allow(dead_code)]
mod run;

use std::path::Path;

use arbiter::domain::policy::{Strategy, Tunables};
use change::{share, stream};
use chat::Task;
use data::Set;
use measure::{Figures, Yardstick, mean};
use run::{Event, Graded, Options};

const ORDERS: u64 = 30;

fn fixture() -> Set {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/replay/common12.jsonl.gz");
    data::read(&path, None).unwrap()
}

fn options(strategy: Strategy, events: Vec<Event>) -> Options {
    Options {
        tunables: Tunables {
            strategy,
            ..Tunables::default()
        },
        graded: Graded::All,
        judge_cost: 0.0,
        classifier_cost: 0.0,
        events,
        hostile: 0.0,
    }
}

fn figures(set: &Set, strategy: Strategy, upto: usize) -> Vec<Figures> {
    let yardstick = Yardstick::new(set, set.position("gpt-4o-2024-08-06").unwrap(), 0.05);
    (0..ORDERS)
        .map(|seed| {
            let order = stream(set, 3_000, seed);
            let calls = run::play(set, &order, seed, &options(strategy, Vec::new()));
            yardstick.figures(set, &calls[..upto], None)
        })
        .collect()
}

fn of(figures: &[Figures], figure: fn(&Figures) -> f64) -> f64 {
    mean(&figures.iter().map(figure).collect::<Vec<_>>()).mean
}

#[test]
fn adaptive_saves_far_more_than_plain_at_the_same_quality() {
    let set = fixture();
    for (upto, least, ahead) in [(500, 0.36, 0.2), (3_000, 0.33, 0.12)] {
        let plain = figures(&set, Strategy::Plain, upto);
        let adaptive = figures(&set, Strategy::Adaptive, upto);
        let (p, a) = (of(&plain, |f| f.saved), of(&adaptive, |f| f.saved));
        assert!(a > least && a > p + ahead, "{upto}: saved {a} after {p}");
        let (p, a) = (of(&plain, |f| f.quality), of(&adaptive, |f| f.quality));
        assert!(a > p - 0.005, "{upto}: quality {a} after {p}");
        let (p, a) = (of(&plain, |f| f.gap), of(&adaptive, |f| f.gap));
        assert!(
            a < p + 0.02,
            "{upto}: the worst task's gap is {a} after {p}"
        );
        let (p, a) = (of(&plain, |f| f.explored), of(&adaptive, |f| f.explored));
        assert!(a <= p, "{upto}: explored {a} after {p}");
    }
}

#[test]
fn without_published_figures_it_still_saves_more_at_the_same_quality() {
    let mut set = fixture();
    let plain = figures(&set, Strategy::Plain, 3_000);
    set.make_anonymous();
    let adaptive = figures(&set, Strategy::Adaptive, 3_000);
    let (p, a) = (of(&plain, |f| f.saved), of(&adaptive, |f| f.saved));
    assert!(a > p + 0.15, "saved {a} after {p}");
    let (p, a) = (of(&plain, |f| f.quality), of(&adaptive, |f| f.quality));
    assert!(a > p - 0.012, "quality {a} after {p}");
}

#[test]
fn newcomers_are_adopted_or_refused_and_a_worse_model_left_within_150_calls() {
    let noticed = change::measure(
        &fixture(),
        &options(Strategy::Adaptive, Vec::new()),
        ORDERS as usize,
    );
    assert_eq!(noticed.len(), 4 * 4);
    for one in &noticed {
        let share = one.delays.len() as f64 / one.orders as f64;
        let (task, change) = (one.task, &one.change);
        assert!(share >= 0.75, "{task:?}, {change}: followed in {share}");
    }
    let share = |kind: &str| {
        let of_kind: Vec<f64> = noticed
            .iter()
            .filter(|one| one.change.contains(kind))
            .map(|one| one.delays.len() as f64 / one.orders as f64)
            .collect();
        mean(&of_kind).mean
    };
    for (kind, least) in [("as good", 0.85), ("below", 0.85), ("falls", 0.9)] {
        assert!(share(kind) >= least, "{kind}: followed in {}", share(kind));
    }
}

fn only(task: Task) -> Set {
    change::only(&fixture(), task)
}

#[test]
fn a_price_that_multiplies_moves_the_traffic_elsewhere() {
    let set = only(Task::Structured);
    let model = set.position("gpt-4o-mini-2024-07-18").unwrap();
    let shares: Vec<(f64, f64)> = (0..ORDERS)
        .map(|seed| {
            let price = Event::Price {
                model,
                at: 600,
                by: 50.0,
            };
            let order = stream(&set, 900, seed);
            let calls = run::play(
                &set,
                &order,
                seed,
                &options(Strategy::Adaptive, vec![price]),
            );
            (
                share(&calls[450..600], model),
                share(&calls[700..850], model),
            )
        })
        .collect();
    let before = mean(&shares.iter().map(|s| s.0).collect::<Vec<_>>()).mean;
    let after = mean(&shares.iter().map(|s| s.1).collect::<Vec<_>>()).mean;
    assert!(
        before > 0.3 && after < before / 3.0,
        "{before}, then {after}"
    );
}
