//! What the policies make of recorded answers of real models, with margins for the noise.

// Helpers outside #[test] functions may stop a test as the functions themselves may.
#![allow(clippy::unwrap_used, clippy::panic)]

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
    task::Task,
};
use data::{Cell, Set};
use measure::{Figures, Yardstick, mean};
use run::{Call, Event, Graded, Options};

const ORDERS: u64 = 30;

fn fixture() -> Set {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/replay/common12.jsonl.gz");
    data::read(&path, None).unwrap()
}

fn named(set: &Set, name: &str) -> usize {
    set.models.iter().position(|m| m.name == name).unwrap()
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
    }
}

/// `calls` prompts: the whole set in ever new orders.
fn stream(set: &Set, calls: usize, seed: u64) -> Vec<usize> {
    (0..)
        .flat_map(|pass| run::order(set.prompts.len(), seed * 1_000 + pass))
        .take(calls)
        .collect()
}

fn figures(set: &Set, strategy: Strategy, upto: usize) -> Vec<Figures> {
    let yardstick = Yardstick::new(set, named(set, "gpt-4o-2024-08-06"), 0.05);
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
    for (upto, least, ahead) in [(500, 0.28, 0.12), (3_000, 0.33, 0.12)] {
        let plain = figures(&set, Strategy::Plain, upto);
        let adaptive = figures(&set, Strategy::Adaptive, upto);
        let (p, a) = (of(&plain, |f| f.saved), of(&adaptive, |f| f.saved));
        assert!(a > least && a > p + ahead, "{upto}: saved {a} after {p}");
        let (p, a) = (of(&plain, |f| f.quality), of(&adaptive, |f| f.quality));
        assert!(a > p - 0.012, "{upto}: quality {a} after {p}");
        let (p, a) = (of(&plain, |f| f.explored), of(&adaptive, |f| f.explored));
        assert!(a <= p, "{upto}: explored {a} after {p}");
    }
}

/// The set reduced to one task.
fn only(task: Task) -> Set {
    let mut set = fixture();
    set.prompts.retain(|prompt| prompt.task == task);
    set
}

/// Share of the exploiting calls of that stretch that went to the model.
fn share(calls: &[Call], model: usize) -> f64 {
    let exploited = calls.iter().filter(|call| !call.explored);
    let (ours, all) = exploited.fold((0.0, 0.0), |(ours, all), call| {
        (ours + f64::from(u8::from(call.model == model)), all + 1.0)
    });
    ours / f64::max(all, 1.0)
}

#[test]
fn a_model_that_silently_gets_worse_is_left_within_150_calls_of_its_task() {
    let set = only(Task::Structured);
    let (mut before, mut after) = (Vec::new(), Vec::new());
    for seed in 0..ORDERS {
        let order = stream(&set, 900, seed);
        let calm = run::play(&set, &order, seed, &options(Strategy::Adaptive, Vec::new()));
        let chosen = favourite(&set, &calm[350..450]);
        let drop = Event::Drop {
            model: chosen,
            at: 450,
            by: 0.3,
        };
        let calls = run::play(&set, &order, seed, &options(Strategy::Adaptive, vec![drop]));
        before.push(share(&calls[350..450], chosen));
        after.push(share(&calls[600..750], chosen));
    }
    let left = after.iter().filter(|&&share| share < 0.3).count() as f64 / after.len() as f64;
    assert!(left >= 0.9, "left in {left} of the runs");
    let (before, after) = (mean(&before).mean, mean(&after).mean);
    assert!(before > 0.6, "chosen for {before} of the calls before");
    assert!(after < 0.1, "still chosen for {after} of the calls after");
}

/// The model that most exploiting calls of that stretch went to.
fn favourite(set: &Set, calls: &[Call]) -> usize {
    (0..set.models.len())
        .max_by(|&a, &b| share(calls, a).total_cmp(&share(calls, b)))
        .unwrap()
}

/// The set with one more model: the answers of that one at a third of its price.
fn with_newcomer(set: &Set, twin: usize) -> Set {
    let mut set = Set {
        name: set.name.clone(),
        models: set.models.clone(),
        prompts: set.prompts.clone(),
    };
    let mut newcomer = set.models[twin].clone();
    newcomer.name = "newcomer".into();
    newcomer.in_price /= 3.0;
    newcomer.out_price /= 3.0;
    set.models.push(newcomer);
    for prompt in &mut set.prompts {
        let cell = prompt.cells[twin].map(|cell| Cell {
            cost: cell.cost / 3.0,
            ..cell
        });
        prompt.cells.push(cell);
    }
    set
}

#[test]
fn a_cheaper_model_that_is_as_good_is_called_far_above_its_share_150_calls_after_joining() {
    for task in [Task::Structured, Task::Math] {
        let set = only(task);
        let set = with_newcomer(&set, named(&set, "gpt-4o-mini-2024-07-18"));
        let adopted: Vec<f64> = (0..ORDERS)
            .map(|seed| {
                let order = stream(&set, 750, seed);
                let model = set.models.len() - 1;
                let join = Event::Join { model, at: 450 };
                let calls = run::play(&set, &order, seed, &options(Strategy::Adaptive, vec![join]));
                assert_eq!(share(&calls[..450], model), 0.0);
                share(&calls[600..750], model)
            })
            .collect();
        let mean = mean(&adopted).mean;
        assert!(
            mean > 0.35,
            "{task:?}: chosen for {mean} of the calls, {adopted:.2?}"
        );
    }
}

#[test]
fn a_price_that_multiplies_moves_the_traffic_elsewhere() {
    let set = only(Task::Structured);
    let model = named(&set, "gpt-4o-mini-2024-07-18");
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
