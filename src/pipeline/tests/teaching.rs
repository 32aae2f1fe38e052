//! Who may teach what everyone shares, and who may not.

use chat::RequestBounds;

use super::memory_world::{MemoryWorld, Script, Step};
use crate::domain::{policy::GradedBy, wire::request::ChatRequest};

const JSON: &str = r#"{"choices":[{"message":{"content":"{\"age\": 3}"},"finish_reason":"stop"}],"usage":{"prompt_tokens":5,"completion_tokens":7}}"#;
const ERROR: &str = r#"{"error":{"message":"overloaded"}}"#;
const WORDY: &str = "data: {\"error\":{\"message\":\"overloaded\",\"code\":\"server_error\"}}\n\n";

fn of_key(scripts: Vec<Script>, key: &str) -> MemoryWorld {
    let mut world = MemoryWorld::new(scripts);
    world.key = Some(key.to_owned());
    world
}

/// What ten requests of one key that each fail in that way at every model leave out.
fn left_out_by_one_key(failure: &Script, stream: bool) -> usize {
    let mut world = of_key(Vec::new(), "key-1");
    for _ in 0..10 {
        world.scripts = vec![failure.clone(); 3]
            .into_iter()
            .collect::<std::collections::VecDeque<_>>()
            .into();
        world.serve(stream);
    }
    world.memory.borrow().quarantined().len()
}

#[test]
fn ten_failures_of_any_kind_by_one_key_put_no_model_out_for_others() {
    let large = Script {
        steps: vec![Step::Bytes(0.0, "x"), Step::Break(0.0)],
        ..Script::answer("")
    };
    let wordy = Script::stream(vec![Step::Bytes(0.1, WORDY)]);
    let statuses = [404, 408, 409, 429, 500, 503].map(Script::status);
    for failure in statuses.iter().chain([&Script::answer(ERROR), &large]) {
        assert_eq!(left_out_by_one_key(failure, false), 0, "{failure:?}");
    }
    assert_eq!(left_out_by_one_key(&wordy, true), 0);
}

#[test]
fn a_model_that_fails_where_another_answers_or_for_two_keys_is_out() {
    let world = of_key(vec![Script::status(503), Script::answer(JSON)], "key-1");
    world.serve(false);
    assert_eq!(world.memory.borrow().quarantined().len(), 1);

    let mut world = of_key(vec![Script::status(429); 3], "key-1");
    world.serve(false);
    assert!(world.memory.borrow().quarantined().is_empty());
    world.key = Some("key-2".into());
    world
        .scripts
        .borrow_mut()
        .extend(vec![Script::status(429); 3]);
    world.serve(false);
    assert_eq!(
        world.memory.borrow().quarantined().len(),
        2,
        "those of both"
    );
}

/// What a request with that schema teaches of an answer, and what its client is told.
fn under(schema: &str) -> (Option<f64>, Option<f64>) {
    let body = format!(
        r#"{{"messages":[{{"role":"user","content":"Return JSON about Ann."}}],
            "response_format":{{"type":"json_schema","json_schema":{{"name":"a","schema":{schema}}}}}}}"#
    );
    let world = of_key(vec![Script::answer(JSON)], "key-1");
    world.serve_request(&ChatRequest::parse(body, RequestBounds::default()).unwrap());
    let settled = world.settled.borrow();
    let taught = settled[0].evidence.as_ref().unwrap();
    (taught.quality, settled[0].decision.quality)
}

#[test]
fn a_schema_that_nothing_fits_or_everything_does_teaches_nothing() {
    for schema in [
        r#"{"not":{}}"#,
        "false",
        r#"{"type":"object","required":["x"],"properties":{"x":false}}"#,
    ] {
        assert_eq!(under(schema), (None, Some(0.0)), "{schema}");
    }
    for schema in ["{}", "true", r#"{"title":"anything"}"#] {
        assert_eq!(under(schema), (None, Some(1.0)), "{schema}");
    }
    let age = r#"{"type":"object","required":["age"],"properties":{"age":{"type":"integer"}}}"#;
    assert_eq!(under(age), (Some(1.0), Some(1.0)));
    assert_eq!(
        under(&age.replace("integer", "string")),
        (Some(0.0), Some(0.0))
    );
}

#[test]
fn a_format_without_a_schema_is_known_to_refute_only() {
    let body = r#"{"messages":[{"role":"user","content":"Return JSON about Ann."}],"response_format":{"type":"json_object"}}"#;
    let world = MemoryWorld::new(vec![Script::answer(JSON)]);
    world.serve_request(&ChatRequest::parse(body.into(), RequestBounds::default()).unwrap());
    let settled = world.settled.borrow();
    let taught = settled[0].evidence.as_ref().unwrap();
    assert_eq!(
        (taught.quality, taught.graded_by),
        (Some(1.0), GradedBy::Form)
    );
}

#[test]
fn the_evidence_names_its_key_and_whether_the_choice_was_narrowed() {
    let body = r#"{"messages":[{"role":"user","content":"Hi"}],"arbiter_max_cost":1}"#;
    let world = of_key(vec![Script::answer(JSON)], "key-1");
    world.serve_request(&ChatRequest::parse(body.into(), RequestBounds::default()).unwrap());
    let settled = world.settled.borrow();
    let taught = settled[0].evidence.as_ref().unwrap();
    assert_eq!(
        (taught.key.as_deref(), taught.narrowed),
        (Some("key-1"), true)
    );
}
