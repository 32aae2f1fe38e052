//! The classifier model and the judge: nobody, one of the pool, one that fails, one that says the same.

use std::time::Duration;

use super::{
    laws::ANSWER,
    memory_world::{MemoryWorld, Script},
};
use crate::{domain::reason::ClassifiedBy, pipeline::World};

/// What the last request was told: who classified it, and the quality that the policy learns.
fn last(world: &MemoryWorld) -> (ClassifiedBy, Option<f64>) {
    let settled = world.settled.borrow();
    let last = settled.last().unwrap();
    let quality = last.evidence.as_ref().and_then(|evidence| evidence.quality);
    (last.decision.classified_by, quality)
}

fn world() -> MemoryWorld {
    let world = MemoryWorld::new(Vec::new());
    *world.otherwise.borrow_mut() = Some(Script::answer(ANSWER));
    world
}

const FOUND: &str = r#"{"choices":[{"message":{"content":"0.7"},"finish_reason":"stop"}]}"#;
const UNREADABLE: &str =
    r#"{"choices":[{"message":{"content":"no word of the list"},"finish_reason":"stop"}]}"#;

#[test]
fn where_a_role_is_none_nobody_is_asked() {
    let mut world = world();
    world.settings.classifier_model = None;
    world.settings.judge_model = None;
    world.serve_text("ok");
    assert_eq!(last(&world), (ClassifiedBy::ModelFallback, None));
    assert_eq!(world.asked.get(), 0);
}

#[test]
fn what_fails_three_times_is_left_alone_for_a_minute_and_then_one_tries_it() {
    let world = world();
    *world.judge.borrow_mut() = Script::answer(UNREADABLE);
    (0..5).for_each(|_| drop(world.serve_text("ok")));
    assert_eq!(last(&world), (ClassifiedBy::ModelFallback, None));
    assert_eq!(world.asked.get(), 6, "three times each");
    world.run(world.sleep(Duration::from_secs(61)));
    (0..3).for_each(|_| drop(world.serve_text("ok")));
    assert_eq!(world.asked.get(), 8, "once more each");
    *world.judge.borrow_mut() = Script::answer(FOUND);
    world.run(world.sleep(Duration::from_secs(61)));
    world.serve_text("ok");
    assert_eq!(last(&world).1, Some(0.7));
    world.serve_text("ok");
    assert_eq!(last(&world).1, Some(0.7), "it is asked as before");
}

#[test]
fn a_judge_that_says_the_same_of_everything_is_not_believed_until_it_says_another() {
    let mut world = world();
    world.settings.classifier_model = None;
    world.settings.tunables.min_samples = 1_000;
    let mut told = 0;
    for _ in 0..40 {
        if world.asked.get() < 25 {
            world.serve(false);
            told += usize::from(last(&world).1.is_some());
        }
    }
    assert_eq!((world.asked.get(), told), (25, 19));
    assert!(!world.memory.borrow().judged.are_believed());
    *world.judge.borrow_mut() = Script::answer(FOUND);
    world.serve(false);
    assert_eq!((world.asked.get(), last(&world).1), (26, Some(0.7)));
    assert!(world.memory.borrow().judged.are_believed());
}

#[test]
fn a_role_of_the_pool_is_asked_in_other_words_where_its_runtime_wants_them() {
    let mut world = world();
    world.settings.classifier_model = None;
    world.settings.judge_model = Some("gpt-4o".into());
    let refusal = r#"{"error":{"message":"Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.","type":"invalid_request_error","param":"max_tokens","code":"unsupported_parameter"}}"#;
    *world.judge.borrow_mut() = Script {
        status: 400,
        ..Script::answer(refusal)
    };
    // The baseline is the judge's own here, so another one answers.
    let others = world.pool.iter().filter(|model| model.id != "gpt-4o");
    let others: Vec<_> = others.cloned().collect();
    world.pool = others.into();
    world.serve(false);
    assert_eq!(world.asked.get(), 2, "once more, and no more");
    let now = world.now();
    let known = world
        .memory
        .borrow()
        .limits
        .wordings("gpt-4o", "default", now);
    assert_eq!(known.len(), 1, "the next is worded so at once");
}

#[test]
fn a_judge_rates_no_answer_of_itself_under_whichever_id() {
    let mut world = world();
    world.settings.classifier_model = None;
    let mut twin = world
        .pool
        .iter()
        .find(|it| it.id == "gpt-4o")
        .cloned()
        .unwrap();
    twin.id = "another-name".into();
    world.pool = vec![twin].into();
    world.settings.judge_model = Some("gpt-4o".into());
    world.serve(false);
    // The one that it asked is the one that answers.
    assert_eq!((world.asked.get(), last(&world).1), (1, None));
}
