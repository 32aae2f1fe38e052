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

use arbiter::domain::{
    policy::{Strategy, Tunables},
    runtime::registry::Tier,
};
use change::{share, stream};
use chat::Task;
use data::{Cell, Model, Prompt, Set};
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

/// Two models on a task that only a judge can tell of: 0.80 beside 0.90 at five times the price, the
/// judge's single grades of either off by 0.1.
fn rated() -> Set {
    let model = |name: &str, price: f64| Model {
        name: name.into(),
        tier: Tier::Mid,
        in_price: price,
        out_price: price,
    };
    let mut state = 1;
    // Twelve uniform numbers add up to about a normal one, of mean 6 and variance 1.
    let mut noise = || {
        let uniform = || run::random(&mut state) as f64 / u64::MAX as f64;
        0.1 * (std::iter::repeat_with(uniform).take(12).sum::<f64>() - 6.0)
    };
    let mut cell = |quality: f64, price: f64| {
        Some(Cell {
            quality: (quality + noise()).clamp(0.0, 1.0),
            in_tokens: 100.0,
            out_tokens: 200.0,
            cost: 300.0 * price,
        })
    };
    let prompt = |_| Prompt {
        task: Task::Open,
        cells: vec![cell(0.8, 1e-6), cell(0.9, 5e-6)],
    };
    Set {
        name: "rated".into(),
        models: vec![model("cheap", 1e-6), model("dear", 5e-6)],
        prompts: (0..600).map(prompt).collect(),
    }
}

#[test]
fn a_worse_model_that_only_a_noisy_judge_can_tell_of_is_soon_left() {
    let set = rated();
    let options = Options {
        graded: Graded::Explore,
        ..options(Strategy::Adaptive, Vec::new())
    };
    let mut left: Vec<usize> = (0..100)
        .map(|seed| {
            let calls = run::play(&set, &stream(&set, 600, seed), seed, &options);
            let last = calls.windows(30).rposition(|some| share(some, 0) > 0.3);
            last.map_or(0, |at| at + 1)
        })
        .collect();
    left.sort_unstable();
    assert!(left[50] <= 70, "half of the orders: {}", left[50]);
    assert!(left[75] <= 170, "three in four: {}", left[75]);
}

/// Four models on three tasks. The cheapest is nearly always right on one of them, and the worst
/// on the others; the rest are as good on each.
fn specialist() -> Set {
    let models = [
        ("specialist", 1e-6, 0.65),
        ("middling", 3e-6, 0.8),
        ("good", 8e-6, 0.97),
        ("dear", 4e-5, 0.98),
    ];
    let mut state = 1;
    let mut prompt = |task: Task| {
        let mut cell = |model: usize| {
            let (_, price, skill) = models[model];
            let special = model == 0 && task == Task::Structured;
            let skill = if special { 0.995 } else { skill };
            let right = (run::random(&mut state) as f64 / u64::MAX as f64) < skill;
            Some(Cell {
                quality: f64::from(u8::from(right)),
                in_tokens: 100.0,
                out_tokens: 200.0,
                cost: 300.0 * price,
            })
        };
        Prompt {
            task,
            cells: (0..models.len()).map(&mut cell).collect(),
        }
    };
    let model = |(name, price, _): (&str, f64, f64)| Model {
        name: name.into(),
        tier: Tier::Mid,
        in_price: price,
        out_price: price,
    };
    let tasks = [Task::Code, Task::Math, Task::Structured];
    Set {
        name: "specialist".into(),
        models: models.into_iter().map(model).collect(),
        prompts: (0..1_500).map(|at| prompt(tasks[at % 3])).collect(),
    }
}

#[test]
fn a_model_that_is_good_at_one_task_only_is_found_out_there_within_a_hundred_calls() {
    let set = specialist();
    let found = (0..100)
        .filter(|&seed| {
            let order = run::drawn(set.prompts.len(), 300, seed);
            let calls = run::play(&set, &order, seed, &options(Strategy::Adaptive, Vec::new()));
            let task = |call: &&run::Call| set.prompts[call.prompt].task == Task::Structured;
            let there: Vec<run::Call> = calls.iter().filter(task).copied().collect();
            share(&there[there.len() - 20..], 0) > 0.5
        })
        .count();
    assert!(found >= 90, "in {found} of 100 orders");
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
