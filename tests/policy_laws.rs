//! What holds for the policies whatever was learned and whatever arrives.

// Helpers outside #[test] functions may stop a test as the functions themselves may.
#![allow(clippy::unwrap_used, clippy::panic)]

use arbiter::domain::{
    policy::{Candidate, Evidence, Learned, Load, Mode, Row, Strategy, Tunables, route},
    runtime::registry::Tier,
};
use chat::Task;
use proptest::{prelude::*, strategy::Strategy as Generator};

/// Any number that a broken header or usage figure could turn into.
fn wild() -> impl Generator<Value = f64> {
    prop_oneof![
        Just(f64::NAN),
        Just(f64::INFINITY),
        Just(f64::NEG_INFINITY),
        Just(-0.5),
        Just(0.0),
        Just(1e308),
        Just(5e-324),
        0.0..1.0_f64,
        1e-7..1e-2_f64,
    ]
}

prop_compose! {
    fn any_evidence()(
        charge in proptest::option::of(wild()),
        charge_quantum in wild(),
        cache_hit in any::<bool>(),
        in_tokens in proptest::option::of(prop_oneof![0..5_000_u64, Just(u64::MAX)]),
        out_tokens in proptest::option::of(prop_oneof![0..5_000_u64, Just(u64::MAX)]),
        list_cost in proptest::option::of(wild()),
        quality in proptest::option::of(wild()),
    ) -> Evidence {
        Evidence {
            charge,
            charge_quantum,
            cache_hit,
            in_tokens,
            out_tokens,
            list_cost,
            quality,
            ..Evidence::default()
        }
    }
}

const MODELS: [&str; 6] = ["gpt-4o", "gpt-4o-mini", "c", "d", "e", "f"];
const TASKS: [Task; 2] = [Task::Code, Task::Open];

prop_compose! {
    /// Up to 60 calls, each of some model on some task.
    fn any_learned()(calls in proptest::collection::vec(
        (0..MODELS.len(), 0..TASKS.len(), any_evidence()), 0..60,
    )) -> Learned {
        let mut learned = Learned::new();
        for (model, task, evidence) in calls {
            let rows = learned.entry(TASKS[task]).or_default();
            let row: &mut Row = rows.entry(MODELS[model].into()).or_default();
            row.fold(&evidence, &Tunables::default());
        }
        learned
    }
}

fn candidates(pending: u64, estimate: f64) -> Vec<Candidate<'static>> {
    MODELS
        .iter()
        .map(|&model| Candidate {
            model,
            tier: Tier::Mid,
            estimate,
            load: Load::default(),
            narrowed: false,
            ahead: None,
            pending,
        })
        .collect()
}

fn tunables(strategy: Strategy, epsilon: f64) -> Tunables {
    Tunables {
        strategy,
        epsilon,
        ..Tunables::default()
    }
}

fn strategies() -> impl Generator<Value = Strategy> {
    prop_oneof![Just(Strategy::Plain), Just(Strategy::Adaptive)]
}

proptest! {
    #[test]
    fn folding_never_poisons_a_row(calls in proptest::collection::vec(any_evidence(), 0..80)) {
        let mut row = Row::default();
        for evidence in &calls {
            if let Some(shift) = row.fold(evidence, &Tunables::default()) {
                prop_assert!(shift.old_unit.is_finite() && shift.new_unit.is_finite());
                prop_assert_eq!(row.n, 1);
            }
            prop_assert!(row.quality().is_none_or(|q| (0.0..=1.0).contains(&q)));
            prop_assert!(row.avg_cost().is_none_or(|cost| cost.is_finite() && cost >= 0.0));
        }
        let json = serde_json::to_string(&row).unwrap();
        prop_assert!(json.len() < 2_048, "{} bytes", json.len());
        prop_assert!(!json.contains("null"), "a number that is none: {}", json);
        let read: Row = serde_json::from_str(&json).unwrap();
        prop_assert_eq!((read.n, read.cost_n), (row.n, row.cost_n));
    }

    #[test]
    fn a_plan_ranks_every_candidate_once(
        learned in any_learned(), strategy in strategies(), pending in 0..3_u64,
        estimate in wild(), seed in any::<u64>(),
    ) {
        let plan = route(Task::Code, &candidates(pending, estimate), &learned, &tunables(strategy, 0.1), seed);
        let mut ranked = plan.ranked.clone();
        ranked.sort_unstable();
        prop_assert_eq!(ranked, (0..MODELS.len()).collect::<Vec<_>>());
        prop_assert!(plan.propensity > 0.0 && plan.propensity <= 1.0 + 1e-12, "{}", plan.propensity);
        prop_assert!(!plan.reason.is_empty());
    }

    #[test]
    fn a_model_that_is_short_of_samples_is_explored_and_the_least_sampled_first(
        learned in any_learned(), strategy in strategies(), seed in any::<u64>(),
    ) {
        let n = |model: &str| learned.get(&Task::Code).and_then(|r| r.get(model)).map_or(0, |r| r.n);
        let plan = route(Task::Code, &candidates(0, 1e-3), &learned, &tunables(strategy, 0.1), seed);
        let least = MODELS.iter().map(|model| n(model)).min().unwrap();
        if least < 2 {
            prop_assert_eq!(plan.mode, Mode::Explore);
            prop_assert!(plan.reason.contains("gathering baseline data"));
            prop_assert_eq!(n(MODELS[plan.ranked[0]]), least);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn the_propensity_is_the_frequency_over_seeds_and_exploring_stays_within_epsilon(
        learned in any_learned(), strategy in strategies(), epsilon in 0.0..=0.5_f64,
    ) {
        const SEEDS: u64 = 8_000;
        let candidates = candidates(2, 1e-3);
        let mut seen = [0_u32; MODELS.len()];
        let mut told = [None; MODELS.len()];
        let mut explored = 0;
        for seed in 0..SEEDS {
            let plan = route(Task::Code, &candidates, &learned, &tunables(strategy, epsilon), seed);
            let chosen = plan.ranked[0];
            seen[chosen] += 1;
            explored += u32::from(plan.mode == Mode::Explore);
            let before = told[chosen].replace(plan.propensity);
            prop_assert!(before.is_none_or(|p: f64| (p - plan.propensity).abs() < 1e-12));
        }
        for (count, told) in seen.iter().zip(told) {
            let frequency = f64::from(*count) / SEEDS as f64;
            prop_assert!((frequency - told.unwrap_or(0.0)).abs() < 0.025, "{frequency} {told:?}");
        }
        let sum: f64 = told.iter().flatten().sum();
        prop_assert!(sum < 1.0 + 1e-9 && sum > 0.99, "{}", sum);
        prop_assert!(f64::from(explored) / SEEDS as f64 <= epsilon + 0.02);
    }
}

#[test]
fn of_models_that_cost_the_same_the_quicker_one_wins_and_the_slower_follow() {
    for strategy in [Strategy::Plain, Strategy::Adaptive] {
        for (cost, quickest) in [(0.0, 2), (0.0, 5), (1e-3, 0)] {
            let mut learned = Learned::new();
            let rows = learned.entry(Task::Code).or_default();
            for (place, model) in MODELS.iter().enumerate() {
                let row: &mut Row = rows.entry((*model).into()).or_default();
                for second in 0..20 {
                    let evidence = Evidence {
                        computed: Some(cost),
                        quality: Some(1.0),
                        ..Evidence::default()
                    };
                    row.fold(&evidence, &Tunables::default());
                    let seconds = if place == quickest {
                        1.0
                    } else {
                        3.0 + place as f64
                    };
                    row.latency.note(f64::from(second), None, seconds * 1_000.0);
                }
            }
            let plan = route(
                Task::Code,
                &candidates(0, cost),
                &learned,
                &tunables(strategy, 0.0),
                7,
            );
            assert_eq!(plan.ranked[0], quickest, "{strategy:?} at {cost}");
            let others: Vec<usize> = (0..MODELS.len()).filter(|it| *it != quickest).collect();
            assert_eq!(plan.ranked[1..], others, "the quicker of them first");
        }
    }
}

#[test]
fn a_cent_saved_outweighs_a_minute_waited() {
    let mut learned = Learned::new();
    for (model, cost, millis) in [("c", 0.01, 100.0), ("d", 0.0, 60_000.0)] {
        let rows = learned.entry(Task::Code).or_default();
        let row: &mut Row = rows.entry(model.into()).or_default();
        for second in 0..20 {
            let evidence = Evidence {
                computed: Some(cost),
                quality: Some(1.0),
                ..Evidence::default()
            };
            row.fold(&evidence, &Tunables::default());
            row.latency.note(f64::from(second), None, millis);
        }
    }
    let two: Vec<Candidate<'_>> = candidates(0, 1e-3).into_iter().skip(2).take(2).collect();
    for strategy in [Strategy::Plain, Strategy::Adaptive] {
        let plan = route(Task::Code, &two, &learned, &tunables(strategy, 0.0), 7);
        assert_eq!(two[plan.ranked[0]].model, "d", "{strategy:?}");
    }
}
