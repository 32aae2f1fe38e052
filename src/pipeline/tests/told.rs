//! What a decision tells of a request, however it ended.

use serde_json::{Value, json};

use super::{
    laws::{ANSWER, FIRST, body, whole_stream},
    memory_world::{MemoryWorld, Script, Step},
};
use crate::domain::books::feed::{Decision, Outcome};

fn decision(world: &MemoryWorld) -> Decision {
    world.settled.borrow().last().unwrap().decision.clone()
}

#[test]
fn an_answer_tells_who_could_have_given_it_and_how_long_it_took() {
    for (script, stream) in [(Script::answer(ANSWER), false), (whole_stream(), true)] {
        let world = MemoryWorld::new(vec![script]);
        world.serve(stream);
        let told = decision(&world);
        let detail = &told.detail;
        assert_eq!(told.outcome, Outcome::Finished);
        assert_eq!((detail.status, &detail.error), (Some(200), &None));
        assert_eq!(detail.reason_code.as_deref(), Some("gathering"));
        assert_eq!(detail.candidates.len(), 9);
        let sum: f64 = detail
            .candidates
            .iter()
            .filter_map(|it| it.probability)
            .sum();
        assert!((sum - 1.0).abs() < 1e-9, "{sum}");
        let chosen = &detail.candidates[0];
        assert_eq!(
            (&chosen.model, chosen.probability),
            (&told.model, Some(told.propensity))
        );
        assert!(chosen.belief.is_some() && chosen.sd.is_some() && chosen.expected_cost.is_some());
        assert!(
            detail.first_ms.is_some() && detail.first_ms <= detail.total_ms,
            "{detail:?}"
        );
        assert!(detail.ms.contains_key("runtime") && detail.ms.contains_key("gate"));
    }
}

#[test]
fn tags_stand_in_the_decision_and_teach_nothing() {
    let settled = |fields: &str| {
        let world = MemoryWorld::new(vec![Script::answer(ANSWER)]);
        world.serve_with(false, fields);
        let settlement = world.settled.borrow().last().unwrap().clone();
        (settlement, world.calls.borrow()[0].body.clone())
    };
    let (plain, _) = settled("");
    let (tagged, sent) = settled(r#","metadata":{"team":"blue","n":1}"#);
    let tags = [("team".to_owned(), "blue".to_owned())].into();
    assert_eq!(tagged.decision.detail.tags, tags);
    assert_eq!(sent["metadata"], json!({"team": "blue", "n": 1}));
    assert_eq!(tagged.evidence, plain.evidence);
}

#[test]
fn a_request_that_failed_tells_how() {
    let refusal = r#"{"error":{"message":"`messages` is missing"}}"#;
    let refused = Script {
        status: 400,
        ..Script::answer(refusal)
    };
    let world = MemoryWorld::new(vec![refused]);
    world.serve(false);
    let told = decision(&world);
    assert_eq!(told.outcome, Outcome::Failed);
    assert_eq!(told.detail.status, Some(400));
    assert!(told.detail.error.is_some());

    let world = MemoryWorld::new(vec![Script::stream(vec![Step::Bytes(0.1, FIRST)])]);
    world.serve(true);
    let told = decision(&world);
    assert_eq!(told.outcome, Outcome::Failed, "it broke off");
    assert_eq!(told.detail.status, Some(200), "the headers were out");
    assert!(told.detail.error.is_some());
}

#[test]
fn whoever_answered_after_another_failed_did_so_by_failover() {
    let world = MemoryWorld::new(vec![Script::status(500), Script::answer(ANSWER)]);
    world.serve(false);
    let told = decision(&world);
    assert_eq!(told.failover_from.len(), 1);
    assert_eq!(told.detail.reason_code.as_deref(), Some("failover"));
}

#[test]
fn a_model_that_could_not_answer_is_told_with_what_kept_it() {
    let mut world = MemoryWorld::new(vec![Script::answer(ANSWER)]);
    world.serve_with(false, r#","arbiter_max_cost":0.0002"#);
    let told = decision(&world);
    let why = |model: &str| {
        let all = &told.detail.candidates;
        let found = all.iter().find(|it| it.model == model).unwrap();
        found.excluded.clone()
    };
    assert_eq!(why("gpt-4o").as_deref(), Some("budget"));
    assert_eq!(why(&told.model), None);

    world = MemoryWorld::new(vec![Script::answer(ANSWER)]);
    world.serve_with(false, r#","max_tokens":500000"#);
    let told = decision(&world);
    let out = told
        .detail
        .candidates
        .iter()
        .filter(|it| it.excluded.as_deref() == Some("context"));
    assert!(out.count() > 0);
}

#[test]
fn whoever_asks_is_told_of_the_models_that_it_could_have_had_and_nobody_else() {
    const ASKS: &str = r#","arbiter_explain":true,"arbiter_exclude":["gpt-4o"]"#;
    let of = |told: &Value| {
        let all = told["candidates"].as_array().unwrap();
        assert_eq!(all.len(), 9, "{told}");
        let sum: f64 = all.iter().filter_map(|it| it["probability"].as_f64()).sum();
        assert!((sum - 1.0).abs() < 1e-9, "{sum}");
        assert_eq!(all[8]["model"], "gpt-4o");
        assert_eq!(all[8]["excluded"], "arbiter_exclude");
    };
    let last = |text: &str| -> Value {
        let (_, event) = text.rsplit_once("\ndata: ").unwrap();
        serde_json::from_str(event.trim()).unwrap()
    };
    for (fields, told) in [(ASKS, true), ("", false)] {
        let world = MemoryWorld::new(vec![Script::answer(ANSWER)]);
        let answer = body(&world.serve_with(false, fields));
        match told {
            true => of(&answer["arbiter"]),
            false => assert_eq!(answer["arbiter"]["candidates"], Value::Null),
        }
        let world = MemoryWorld::new(vec![whole_stream()]);
        let event = last(&world.serve_with(true, fields).got.text);
        match told {
            true => of(&event),
            false => assert_eq!(event["candidates"], Value::Null),
        }
        let world = MemoryWorld::new(vec![Script::status(400)]);
        let refused = body(&world.serve_with(false, fields));
        let broken = MemoryWorld::new(vec![Script::stream(vec![Step::Bytes(0.1, FIRST)])]);
        let event = last(&broken.serve_with(true, fields).got.text);
        for refusal in [&refused, &event] {
            match told {
                true => of(&refusal["detail"]),
                false => assert_eq!(refusal["detail"]["candidates"], Value::Null),
            }
        }
    }
}
