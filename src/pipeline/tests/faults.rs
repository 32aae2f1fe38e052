//! Whose fault it is, and what follows from it.

use chat::Task;
use runtimes::needs::Need;

use super::{
    laws::{ANSWER, body, models, settled_once, status, whole_stream},
    memory_world::{MemoryWorld, Script, Step},
};
use crate::{
    domain::{
        books::feed::Outcome,
        runtime::{breaker::Gate, registry},
    },
    pipeline::World,
};

#[test]
fn a_field_that_is_refused_is_left_out_or_spelled_otherwise_and_that_is_remembered() {
    for (stream, field, message, sent) in [
        (
            true,
            "",
            "stream_options: Extra inputs are not permitted",
            None,
        ),
        (
            false,
            r#","temperature":0"#,
            "Unsupported value: 'temperature' does not support 0 with this model.",
            None,
        ),
        (
            false,
            r#","max_tokens":9"#,
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
            Some(("max_completion_tokens", 9)),
        ),
        (
            false,
            r#","max_completion_tokens":9"#,
            "max_completion_tokens: Extra inputs are not permitted",
            Some(("max_tokens", 9)),
        ),
    ] {
        let refused = format!(r#"{{"error":{{"message":"{message}"}}}}"#);
        let refused = Script {
            status: 400,
            ..Script::answer(Box::leak(refused.into_boxed_str()))
        };
        let answer = || match stream {
            true => whole_stream(),
            false => Script::answer(ANSWER),
        };
        let mut world = MemoryWorld::new(vec![refused, answer(), answer()]);
        let served = world.serve_with(stream, field);
        assert!(served.refusal.is_none(), "{message}");
        let tried = models(&world);
        assert_eq!(tried.len(), 2);
        assert_eq!(tried[0], tried[1], "the same model");
        assert!(world.memory.borrow().quarantined().is_empty());
        let is_worded = |world: &MemoryWorld, index: usize| {
            let body = &world.calls.borrow()[index].body;
            assert_eq!(body.get("stream_options"), None);
            assert_eq!(body.get("temperature"), None);
            if let Some((name, value)) = sent {
                assert_eq!(body[name], value, "{body}");
            }
        };
        is_worded(&world, 1);
        world.pin(&tried[0]);
        world.serve_with(stream, field);
        assert_eq!(models(&world).len(), 3, "not refused once more");
        is_worded(&world, 2);
    }
}

#[test]
fn a_field_that_stays_refused_is_not_asked_for_ever() {
    const REFUSED: &str = r#"{"error":{"message":"'temperature' does not support 0"}}"#;
    let refused = || Script {
        status: 400,
        ..Script::answer(REFUSED)
    };
    let world = MemoryWorld::new(vec![refused(), refused(), Script::answer(ANSWER)]);
    let served = world.serve_with(false, r#","temperature":0"#);
    assert_eq!(status(&served), 200);
    let tried = models(&world);
    assert!(tried[0] == tried[1] && tried[1] != tried[2], "{tried:?}");
}

fn saying(status: u16, text: &'static str) -> Script {
    Script {
        status,
        charge: None,
        ..Script::answer(text)
    }
}

#[test]
fn what_the_account_refuses_is_asked_of_exactly_one_other_model() {
    for code in [401, 402, 403] {
        for stream in [false, true] {
            let world = MemoryWorld::new(vec![Script::status(code), Script::status(code)]);
            let served = world.serve(stream);
            assert_eq!(status(&served), code);
            let own = "not yours";
            assert_eq!(
                body(&served)["error"]["message"].to_string().contains(own),
                code == 401
            );
            assert!(world.memory.borrow().quarantined().is_empty());
            assert!(!world.memory.borrow().health.is_clean("default"));
            assert_eq!(settled_once(&world), Outcome::Failed);

            let world = MemoryWorld::new(vec![
                Script::status(code),
                match stream {
                    true => whole_stream(),
                    false => Script::answer(ANSWER),
                },
            ]);
            assert!(world.serve(stream).refusal.is_none());
            let tried = models(&world);
            let memory = world.memory.borrow();
            assert!(memory.quarantine(&tried[0]).unwrap().unknown, "{code}");
            assert!(memory.health.is_clean("default"));
        }
    }
}

#[test]
fn an_outage_puts_no_model_out_and_is_over_with_the_first_answer() {
    for away in [Script::refused(), Script::status(503), Script::status(502)] {
        let world = MemoryWorld::new(Vec::new());
        *world.otherwise.borrow_mut() = Some(away.clone());
        for _ in 0..5 {
            let served = world.serve(false);
            assert!([502, 503].contains(&status(&served)), "{away:?}");
            let whole = served.got.whole.unwrap();
            let told = whole.headers.iter().any(|(name, _)| *name == "retry-after");
            assert!(told, "{away:?}");
        }
        assert!(world.memory.borrow().quarantined().is_empty());
        let now = world.now();
        assert_ne!(
            world.memory.borrow().health.gate("default", now),
            Gate::Closed
        );
        let first = models(&world)[0].clone();
        *world.scripts.borrow_mut() = vec![Script::answer(ANSWER)].into();
        assert_eq!(status(&world.serve(false)), 200);
        assert_eq!(
            *models(&world).last().unwrap(),
            first,
            "as if nothing had been"
        );
        let memory = world.memory.borrow();
        assert!(memory.health.is_clean("default") && memory.quarantined().is_empty());
    }
}

#[test]
fn while_a_runtime_comes_back_nobody_is_put_out() {
    let away = || Script::status(503);
    let world = MemoryWorld::new(vec![away(), away(), away(), away(), Script::answer(ANSWER)]);
    assert_eq!(status(&world.serve(false)), 503);
    assert_eq!(status(&world.serve(false)), 200);
    assert!(world.memory.borrow().quarantined().is_empty());
}

#[test]
fn models_that_fail_by_themselves_are_told_from_an_outage() {
    let world = MemoryWorld::new(vec![Script::status(503); 3]);
    assert_eq!(status(&world.serve(false)), 503);
    let broken = models(&world);
    for model in &broken {
        let script = Script::status(503);
        world.of_model.borrow_mut().insert(model.clone(), script);
    }
    *world.otherwise.borrow_mut() = Some(Script::answer(ANSWER));
    for _ in 0..8 {
        assert_eq!(status(&world.serve(false)), 200, "three of nine are broken");
    }
    let memory = world.memory.borrow();
    let out: Vec<&String> = memory.quarantined().keys().collect();
    assert!(!out.is_empty() && out.iter().all(|model| broken.contains(*model)));
}

/// Every way in which runtimes say that they don't know a model.
const UNKNOWN: [(u16, &str); 10] = [
    (
        404,
        r#"{"error":{"message":"The model `x` does not exist"}}"#,
    ),
    (400, r#"{"error":{"message":"x is not a valid model ID"}}"#),
    (401, r#"{"error":{"message":"Incorrect API key provided"}}"#),
    (402, r#"{"error":{"message":"Insufficient credits"}}"#),
    (
        403,
        r#"{"error":{"message":"This key may not use it","code":"model_forbidden"}}"#,
    ),
    (403, r#"{"error":{"message":"forbidden"}}"#),
    (
        400,
        r#"{"error":{"message":"This model's maximum context length is 16 tokens. However, your messages resulted in 30 tokens.","code":"context_length_exceeded"}}"#,
    ),
    (
        400,
        r#"{"error":{"message":"Please reduce the length of the messages"}}"#,
    ),
    (
        200,
        r#"{"error":{"message":"The model `x` does not exist"}}"#,
    ),
    (
        200,
        r#"{"choices":[{"index":0,"message":{"role":"assistant","content":""},"finish_reason":"error","error":{"code":404,"message":"No endpoints found for x."}}]}"#,
    ),
];

#[test]
fn one_id_that_is_not_known_takes_nothing_down_whichever_way_that_is_said() {
    for (code, text) in UNKNOWN {
        for (place, unknown) in registry::pool("gpt-4o", None).iter().enumerate() {
            let world = MemoryWorld::new(Vec::new());
            let script = saying(code, text);
            let id = unknown.id.clone();
            world.of_model.borrow_mut().insert(id.clone(), script);
            *world.otherwise.borrow_mut() = Some(Script::answer(ANSWER));
            for _ in 0..30 {
                let served = world.serve(false);
                assert_eq!(status(&served), 200, "{place} {code} {text}");
            }
            let tries = models(&world).iter().filter(|model| **model == id).count();
            assert!(tries <= 1, "{tries} tries of {id}: {code} {text}");
            let memory = world.memory.borrow();
            assert!(memory.quarantined().keys().all(|model| *model == id));
        }
    }
}

#[test]
fn what_is_too_long_for_one_is_asked_of_one_with_a_larger_window() {
    const LONG: &str = r#"{"error":{"message":"This model's maximum context length is 128000 tokens","code":"context_length_exceeded"}}"#;
    let world = MemoryWorld::new(Vec::new());
    for model in registry::pool("gpt-4o", None) {
        let script = match model.window() > 200_000 {
            true => Script::answer(ANSWER),
            false => saying(400, LONG),
        };
        world.of_model.borrow_mut().insert(model.id, script);
    }
    let text = "word ".repeat(90_000);
    for _ in 0..4 {
        assert_eq!(status(&world.serve_text(&text)), 200);
    }
    assert!(world.memory.borrow().quarantined().is_empty());
    let before = models(&world).len();
    assert_eq!(status(&world.serve_text(&text)), 200);
    assert_eq!(models(&world).len(), before + 1, "the guess is put right");
}

#[test]
fn what_no_window_holds_is_passed_on_to_the_client() {
    const LONG: &str = r#"{"error":{"message":"This model's maximum context length is 9000 tokens. However, you requested 9500.","code":"context_length_exceeded"}}"#;
    let world = MemoryWorld::new(Vec::new());
    *world.otherwise.borrow_mut() = Some(saying(400, LONG));
    let served = world.serve_text(&"word ".repeat(9_000));
    assert_eq!(status(&served), 400);
    assert!(world.memory.borrow().quarantined().is_empty());
}

#[test]
fn what_a_model_cannot_do_is_remembered_of_it_and_of_no_other() {
    const BLIND: &str = r#"{"error":{"message":"No endpoints found that support image input"}}"#;
    let world = MemoryWorld::new(vec![saying(404, BLIND), Script::answer(ANSWER)]);
    assert_eq!(status(&world.serve(false)), 200);
    let tried = models(&world);
    let memory = world.memory.borrow();
    let refuses = |model: &str| memory.limits.refuses(model, Need::Images, 80_000.0);
    assert!(refuses(&tried[0]) && !refuses(&tried[1]));
    assert!(memory.quarantined().is_empty());
}

#[test]
fn what_most_models_cannot_do_ends_at_one_that_can() {
    const BLIND: &str = r#"{"error":{"message":"This model does not support image input"}}"#;
    let pool = registry::pool("gpt-4o", None);
    for able in &pool {
        let world = MemoryWorld::new(Vec::new());
        *world.otherwise.borrow_mut() = Some(saying(400, BLIND));
        let answer = Script::answer(ANSWER);
        world.of_model.borrow_mut().insert(able.id.clone(), answer);
        assert_eq!(status(&world.serve(false)), 200, "{}", able.id);
        let mut tried = models(&world);
        assert!(world.memory.borrow().quarantined().is_empty());
        tried.sort();
        tried.dedup();
        assert_eq!(tried.len(), models(&world).len(), "each once");
    }
    let world = MemoryWorld::new(Vec::new());
    *world.otherwise.borrow_mut() = Some(saying(400, BLIND));
    assert_eq!(status(&world.serve(false)), 400);
    assert_eq!(models(&world).len(), pool.len());
}

#[test]
fn a_failed_sample_counts_as_tried() {
    const CALLERS: &str = r#"{"error":{"message":"what is this"}}"#;
    let world = MemoryWorld::new(vec![saying(400, CALLERS); 9]);
    (0..9).for_each(|_| {
        world.serve(false);
    });
    let tried = models(&world);
    let others = tried.iter().filter(|model| **model != tried[0]).count();
    assert!(others > 5, "{tried:?}");
    let failed = |model: &str| {
        let memory = world.memory.borrow();
        memory.health.failed_samples(Task::Open, model, 1.0)
    };
    assert!(failed(&tried[0]) > 0);
}

#[test]
fn a_plain_answer_that_outlasts_its_time_counts_only_where_that_is_usual() {
    for slow in [
        Script::hang(),
        Script {
            steps: vec![Step::Bytes(0.1, " "), Step::Hang],
            ..Script::answer("")
        },
    ] {
        let mut world = MemoryWorld::new(vec![slow.clone(), Script::answer(ANSWER)]);
        let served = world.serve(false);
        let first = models(&world)[0].clone();
        assert!(world.memory.borrow().quarantined().is_empty(), "{slow:?}");
        assert!([200, 504].contains(&status(&served)));
        world.pin(&first);
        *world.scripts.borrow_mut() = vec![slow.clone(), slow.clone()].into();
        world.serve(false);
        assert!(world.memory.borrow().quarantined().is_empty());
        world.serve(false);
        assert!(
            world.memory.borrow().quarantine(&first).is_some(),
            "three of three"
        );
    }
}

/// Four models of a runtime `near`, the others of `far`. The ids of the four.
fn on_two_runtimes(world: &mut MemoryWorld) -> Vec<String> {
    let near: Vec<String> = world.pool.iter().take(4).map(|it| it.id.clone()).collect();
    let mut pool = world.pool.to_vec();
    for model in &mut pool {
        let runtime = if near.contains(&model.id) {
            "near"
        } else {
            "far"
        };
        model.runtime = runtime.into();
    }
    world.pool = pool.into();
    near
}

#[test]
fn two_models_that_fail_alone_in_a_row_are_their_runtime_and_let_in_again() {
    const AWAY: &str = r#"{"error":{"message":"away"}}"#;
    let away = Script {
        status: 503,
        ..Script::answer(AWAY)
    };
    let mut world = MemoryWorld::new(Vec::new());
    let near = on_two_runtimes(&mut world);
    for model in &near {
        let mut own = world.of_model.borrow_mut();
        own.insert(model.clone(), away.clone());
    }
    *world.otherwise.borrow_mut() = Some(Script::answer(ANSWER));
    let pool = world.pool.clone();
    world.pin(&near[0]);
    world.serve(false);
    assert!(world.memory.borrow().quarantine(&near[0]).is_some());
    world.pool = pool;
    world.pin(&near[1]);
    world.serve(false);
    assert!(world.memory.borrow().quarantined().is_empty());
    let memory = world.memory.borrow();
    assert!(!memory.health.is_clean("near"), "it is counted");
}

#[test]
fn of_two_runtimes_one_that_is_away_leaves_the_other_serving() {
    let mut world = MemoryWorld::new(Vec::new());
    let near = on_two_runtimes(&mut world);
    for model in &near {
        let mut own = world.of_model.borrow_mut();
        own.insert(model.clone(), Script::refused());
    }
    *world.otherwise.borrow_mut() = Some(Script::answer(ANSWER));
    for _ in 0..20 {
        assert_eq!(status(&world.serve(false)), 200);
    }
    assert!(world.memory.borrow().quarantined().is_empty());
    let tries = models(&world).iter().filter(|it| near.contains(it)).count();
    assert!(
        (3..20).contains(&tries),
        "{tries} tries: three, then probes"
    );
    let calls = world.calls.borrow();
    for call in calls.iter() {
        let expected = if near.contains(&call.model) {
            "near"
        } else {
            "far"
        };
        assert_eq!(call.runtime, expected);
    }
}

#[test]
fn the_third_try_goes_to_another_runtime_where_two_models_of_one_failed() {
    for sick in [
        Script::status(503),
        Script::answer("<html>"),
        Script::hang(),
    ] {
        let mut world = MemoryWorld::new(Vec::new());
        let mut pool = world.pool.to_vec();
        let last = pool.len() - 1;
        for model in &mut pool[..last] {
            model.runtime = "sick".into();
            let mut own = world.of_model.borrow_mut();
            own.insert(model.id.clone(), sick.clone());
        }
        pool[last].runtime = "well".into();
        world.pool = pool.into();
        *world.otherwise.borrow_mut() = Some(Script::answer(ANSWER));
        let served = world.serve(false);
        let calls = world.calls.borrow();
        let runtimes: Vec<&str> = calls.iter().map(|call| &*call.runtime).collect();
        assert_eq!(runtimes, ["sick", "sick", "well"], "{sick:?}");
        assert_eq!(status(&served), 200);
    }
}
