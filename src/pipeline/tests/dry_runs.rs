//! A dry run tells what a request would become, and with which chances.

use std::{collections::BTreeMap, time::Duration};

use chat::{RequestBounds, Task};
use serde_json::{Value, json};

use super::{
    laws::ANSWER,
    memory_world::{MemoryWorld, Script},
};
use crate::{
    domain::{
        books::book::Book,
        conversation::{Kept, Session, Whose},
        policy::{Evidence, Mode, Row, Strategy, Tunables},
        reason::ClassifiedBy,
        runtime::{limits::Limit, quarantine::Quarantine},
        wire::request::ChatRequest,
    },
    pipeline::{DryRun, World, dry_run, explain},
};

const SEEDS: u64 = 10_000;

fn request(world: &MemoryWorld, fields: &Value) -> ChatRequest {
    let mut body = json!({"messages": [{"role": "user", "content": "Tell me about rivers."}]});
    let own = fields.as_object().unwrap().clone();
    body.as_object_mut().unwrap().extend(own);
    let mut request = ChatRequest::parse(body.to_string(), RequestBounds::default()).unwrap();
    let whose = Whose::of(&request, "caller", |_| None);
    let kept = world.kept.borrow().clone();
    request.session = whose.map(|whose| Session { whose, kept });
    request
}

fn run(world: &MemoryWorld, request: &ChatRequest, seed: u64) -> DryRun {
    let (pool, settings) = (world.pool(), &world.settings);
    let memory = world.memory.borrow();
    dry_run(request, &pool, &memory, settings, world.now(), seed).unwrap()
}

fn cold(strategy: Strategy) -> MemoryWorld {
    let mut world = MemoryWorld::new(Vec::new());
    *world.otherwise.borrow_mut() = Some(Script::answer(ANSWER));
    world.settings.tunables.strategy = strategy;
    world
}

/// A world whose models have some grades each on every task, the dearer ones the better.
fn known(strategy: Strategy) -> MemoryWorld {
    let world = cold(strategy);
    for (at, model) in world.pool().iter().enumerate() {
        for task in Task::ALL {
            let mut row = Row::default();
            for n in 0..6 + 2 * at {
                let quality = if n % 5 == 0 {
                    0.4
                } else {
                    0.7 + 0.03 * at as f64
                };
                let charge = model.list_cost(20.0, 200.0);
                row.fold(&Evidence::graded(charge, quality), &Tunables::default());
            }
            let book = Book {
                seq: 1,
                row,
                ..Book::default()
            };
            world.memory(|memory| memory.absorb(task, model.id.clone(), book));
        }
    }
    world
}

/// Every model is being asked already.
fn under_way(strategy: Strategy) -> MemoryWorld {
    let world = cold(strategy);
    for model in world.pool().iter() {
        for _ in 0..2 {
            world.memory(|memory| memory.choose(Task::Open, &model.id, 1e9));
        }
    }
    world
}

fn put_out(world: &MemoryWorld, model: &str) {
    let out = Quarantine::after_failure(None, world.now(), 300.0, None);
    world.set_quarantine(model, Some(out));
}

/// A world by its name: what is known, and what is wrong.
fn world(name: &str, strategy: Strategy) -> MemoryWorld {
    match name {
        "cold" => cold(strategy),
        "under way" => under_way(strategy),
        "some are out" => {
            let world = known(strategy);
            put_out(&world, "mistral-small-3.2-24b-instruct-2506");
            put_out(&world, "gpt-4o");
            world
        }
        "all are out" => {
            let world = known(strategy);
            let pool = world.pool();
            pool.iter().for_each(|model| put_out(&world, &model.id));
            world
        }
        "samples failed" => {
            let world = cold(strategy);
            for model in world.pool().iter().take(4) {
                world.memory(|memory| {
                    let health = &mut memory.health;
                    health.sample_failed(Task::Open, &model.id, 0.0, 300.0);
                });
            }
            world
        }
        "a conversation" => {
            let world = known(strategy);
            *world.kept.borrow_mut() = Some(with("gpt-4o-mini"));
            world
        }
        _ => known(strategy),
    }
}

fn with(model: &str) -> Kept {
    let kept =
        json!({"model": model, "task": "open", "classified_by": "rules", "at": 0.0, "turns": 1});
    serde_json::from_value(kept).unwrap()
}

fn situations() -> Vec<(&'static str, Value)> {
    vec![
        ("cold", json!({})),
        ("under way", json!({})),
        ("samples failed", json!({})),
        ("known", json!({})),
        ("known", json!({"arbiter_tolerance": 0.3})),
        ("known", json!({"arbiter_exclude": ["gpt-4o", "mistral*"]})),
        ("known", json!({"arbiter_models": ["gpt-4.1"]})),
        ("known", json!({"arbiter_max_cost": 0.0005})),
        ("known", json!({"arbiter_max_cost": 0})),
        ("known", json!({"max_tokens": 150_000})),
        ("known", json!({"arbiter_session": "new"})),
        ("some are out", json!({})),
        ("all are out", json!({})),
        ("a conversation", json!({"arbiter_session": "one"})),
    ]
}

/// The statistic of Pearson's test that draws follow what was stated, and its degrees of freedom.
/// What is expected fewer than five times is taken together.
fn chi_squared(stated: &[(f64, u64)]) -> (f64, usize) {
    let mut cells = Vec::new();
    let mut rare = (0.0, 0.0);
    for (probability, seen) in stated {
        let expected = probability * SEEDS as f64;
        assert!(*probability > 0.0 || *seen == 0, "drawn against all odds");
        if expected < 5.0 {
            rare = (rare.0 + expected, rare.1 + *seen as f64);
        } else {
            cells.push((expected, *seen as f64));
        }
    }
    if rare.0 > 0.0 {
        cells.push(rare);
    }
    let of = |(expected, seen): &(f64, f64)| (seen - expected).powi(2) / expected;
    (cells.iter().map(of).sum(), cells.len() - 1)
}

/// What the statistic exceeds once in a thousand times, by degrees of freedom.
const ONCE_IN_A_THOUSAND: [f64; 9] = [
    1e-9, 10.828, 13.816, 16.266, 18.467, 20.515, 22.458, 24.322, 26.124,
];

#[test]
fn ten_thousand_dry_runs_fall_as_their_stated_probabilities_say() {
    let mut modes = BTreeMap::new();
    for strategy in [Strategy::Plain, Strategy::Adaptive] {
        for (name, fields) in situations() {
            let what = format!("{strategy:?}, {name}, {fields}");
            let world = world(name, strategy);
            let request = request(&world, &fields);
            let stated = run(&world, &request, 0).candidates;
            let sum: f64 = stated.iter().filter_map(|it| it.probability).sum();
            assert!((sum - 1.0).abs() < 1e-9, "{what}: {sum}");
            let mut seen: BTreeMap<String, u64> = BTreeMap::new();
            for seed in 0..SEEDS {
                let run = run(&world, &request, seed);
                assert_eq!(run.candidates, stated, "{what}: chances hang on no seed");
                let own = stated.iter().find(|it| it.model == run.decision.model);
                let own = own.unwrap().probability.unwrap_or(0.0);
                assert!((own - run.decision.propensity).abs() < 1e-12, "{what}");
                *modes.entry(run.decision.reason_code).or_insert(0) += 1;
                *seen.entry(run.decision.model).or_default() += 1;
            }
            let counted: Vec<(f64, u64)> = stated
                .iter()
                .map(|it| {
                    let seen = seen.get(&it.model).copied().unwrap_or(0);
                    (it.probability.unwrap_or(0.0), seen)
                })
                .collect();
            let (statistic, freedom) = chi_squared(&counted);
            assert!(
                statistic <= ONCE_IN_A_THOUSAND[freedom],
                "{what}: {statistic} of {freedom}: {counted:?}"
            );
        }
    }
    for code in [
        "gathering",
        "recheck",
        "cheapest_within",
        "failover",
        "stays",
    ] {
        assert!(modes.contains_key(code), "{code}: {modes:?}");
    }
}

#[test]
fn the_request_that_follows_becomes_what_its_dry_run_told() {
    for strategy in [Strategy::Plain, Strategy::Adaptive] {
        for (name, fields) in situations() {
            let world = world(name, strategy);
            let request = request(&world, &fields);
            let told = run(&world, &request, world.seed());
            assert_eq!((world.calls.borrow().len(), world.news.get()), (0, 0));
            assert_eq!(told, run(&world, &request, world.seed()), "nothing changed");
            world.serve_request(&request);
            let settled = world.settled.borrow();
            let decision = &settled.last().unwrap().decision;
            let what = format!("{strategy:?}, {name}, {fields}");
            assert_eq!(decision.model, told.decision.model, "{what}");
            assert_eq!(decision.mode, told.decision.mode, "{what}");
            assert_eq!(decision.propensity, told.decision.propensity, "{what}");
            let detail = &decision.detail;
            let code = detail.reason_code.as_deref();
            assert_eq!(code, Some(told.decision.reason_code), "{what}");
            assert_eq!(detail.confidence, told.confidence, "{what}");
            let kept = explain::kept(told.candidates);
            assert_eq!(detail.candidates, kept, "{what}");
        }
    }
}

#[test]
fn what_the_local_rules_leave_open_is_told_without_asking() {
    let mut world = cold(Strategy::Adaptive);
    let vague = json!({"messages": [{"role": "user", "content": "ok"}]});
    let told = |world: &MemoryWorld, fields: &Value| run(world, &request(world, fields), 1);
    let plain = told(&world, &json!({}));
    assert_eq!(plain.classified_by, ClassifiedBy::Rules);
    assert!(plain.confidence.is_some_and(|it| it > 0.0 && it <= 1.0));
    assert!(!plain.would_ask_classifier);
    let open = told(&world, &vague);
    let by = (open.task, open.classified_by, open.confidence);
    assert_eq!(by, (Task::Open, ClassifiedBy::ModelFallback, None));
    assert!(open.would_ask_classifier);
    // The form decides: that is no guess of the classifier's.
    let form = told(&world, &json!({"response_format": {"type": "json_object"}}));
    assert_eq!((form.task, form.confidence), (Task::Structured, None));

    *world.judge.borrow_mut() = Script::answer(r#"{"choices":[{"message":{"content":"?"}}]}"#);
    (0..3).for_each(|_| drop(world.serve_text("ok")));
    assert!(
        !told(&world, &vague).would_ask_classifier,
        "it is left alone"
    );
    world.run(world.sleep(Duration::from_secs(61)));
    for _ in 0..2 {
        assert!(
            told(&world, &vague).would_ask_classifier,
            "nobody took its turn"
        );
    }
    world.settings.classifier_model = None;
    assert!(!told(&world, &vague).would_ask_classifier);
}

#[test]
fn a_dry_run_tells_what_the_request_needs_and_what_kept_models_out() {
    let world = known(Strategy::Adaptive);
    let fields = json!({
        "messages": [{"role": "user", "content": [{"type": "text", "text": "What is this?"},
            {"type": "image_url", "image_url": {"url": "https://x/y.png"}}]}],
        "max_tokens": 100_000,
        "arbiter_exclude": ["gpt-4o-mini"],
        "arbiter_max_cost": 0.5,
        "arbiter_max_latency": 1.0,
    });
    put_out(&world, "llama-3.1-70b-instruct");
    world.remember(Limit::window("gemini-2.5-pro", 50_000, 0.0));
    let told = run(&world, &request(&world, &fields), 1);
    assert_eq!(told.needs, ["images", "output"]);
    assert!(told.tokens_needed > 100_000);
    assert_eq!(
        (told.budget_met, told.latency_met),
        (Some(true), Some(true))
    );
    let why = |model: &str| {
        let found = told.candidates.iter().find(|it| it.model == model);
        found.unwrap().excluded.clone().unwrap_or_default()
    };
    for (model, reason) in [
        ("gpt-4o-mini", "arbiter_exclude"),
        ("llama-3.1-70b-instruct", "out"),
        // Its window was found to be smaller than the pool says.
        ("gemini-2.5-pro", "context"),
        ("gpt-4o", "budget"),
        (told.decision.model.as_str(), ""),
    ] {
        assert_eq!(why(model), reason, "{model}: {:?}", told.candidates);
    }
    let eligible = told.candidates.iter().filter(|it| it.excluded.is_none());
    assert_eq!(
        eligible.count() + 1,
        told.eligible_models,
        "one of them is out"
    );
}

#[test]
fn the_reason_is_that_of_the_choice() {
    let code = |world: &MemoryWorld, fields: Value| {
        let told = run(world, &request(world, &fields), 1);
        (told.decision.reason_code, told.decision.mode)
    };
    let all = known(Strategy::Adaptive);
    for one in [
        json!(["gpt-4.1"]),
        json!(["gpt-4.1", "gpt-4.1"]),
        json!(["*-pro"]),
    ] {
        assert_eq!(code(&all, json!({"arbiter_models": one})).0, "pinned");
    }
    let two = json!({"arbiter_models": ["gpt-4.1", "gpt-4o"]});
    assert_ne!(code(&all, two).0, "pinned");
    assert_eq!(
        code(&all, json!({"arbiter_max_cost": 0})).0,
        "budget_fallback"
    );
    let one = json!({"arbiter_exclude": ["gpt*", "gem*", "deep*", "llama*"]});
    assert_eq!(code(&all, one).0, "only_eligible");
    for model in all.pool().iter() {
        all.remember(Limit::window(&model.id, 10, 0.0));
    }
    assert_eq!(code(&all, json!({})).0, "context_fallback");
    let out = world("all are out", Strategy::Adaptive);
    assert_eq!(code(&out, json!({})), ("failover", Mode::Exploit));
}
