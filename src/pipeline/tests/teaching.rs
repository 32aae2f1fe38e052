//! Who may teach what everyone shares, and who may not.

use chat::RequestBounds;
use runtimes::{needs::Need, tokens::Characters};

use super::memory_world::{MemoryWorld, Script, Step};
use crate::{
    domain::{policy::GradedBy, wire::request::ChatRequest},
    pipeline::World,
};

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

/// The request of somebody (`None`: an operator), which all models refuse with those words but `able`.
fn refused(
    world: &mut MemoryWorld,
    whose: Option<&str>,
    body: &str,
    error: &str,
    able: Option<&str>,
) {
    world.key = whose.map(str::to_owned);
    let error = serde_json::json!({"error": {"message": error}}).to_string();
    let script = Script {
        status: 400,
        charge: None,
        ..Script::answer(Box::leak(error.into_boxed_str()))
    };
    *world.otherwise.borrow_mut() = Some(script);
    let answers = able.map(|model| (model.to_owned(), Script::answer(JSON)));
    *world.of_model.borrow_mut() = answers.into_iter().collect();
    world.serve_request(&ChatRequest::parse(body.to_owned(), RequestBounds::default()).unwrap());
}

/// Of how many models something is remembered that they don't take.
fn limited(world: &MemoryWorld) -> usize {
    let (memory, now) = (world.memory.borrow(), world.now());
    let needs = [Need::Tools, Need::Reasoning, Need::Images, Need::Parameters];
    let of = |model: &str| {
        needs
            .iter()
            .any(|need| memory.limits.refuses(model, *need, now))
            || memory.limits.window(model, now).is_some()
            || !memory.limits.wordings(model, "default", now).is_empty()
    };
    world.pool.iter().filter(|model| of(&model.id)).count()
}

#[test]
fn an_error_that_quotes_its_request_teaches_nothing_whoever_sends_it() {
    for (name, fields) in [
        ("not support tools", r#""tools":[{"type":"function"}]"#),
        ("context_length 1500 1400", r#""n":1"#),
        ("temperature does not support", r#""temperature":1"#),
        (
            "max_completion_tokens unrecognized",
            r#""max_completion_tokens":9"#,
        ),
        ("stream_options unknown", r#""stream":true"#),
        ("model_not_found", r#""n":1"#),
        ("insufficient_quota", r#""n":1"#),
    ] {
        let mut world = MemoryWorld::new(Vec::new());
        let body =
            format!(r#"{{"messages":[{{"role":"user","content":"2+2"}}],{fields},"{name}":1}}"#);
        let error = format!("Unknown parameter: '{name}'.");
        for whose in [Some("a"), Some("b"), None] {
            refused(&mut world, whose, &body, &error, None);
            refused(&mut world, whose, &body, &error, Some("gpt-4o"));
            assert_eq!(limited(&world), 0, "{name} {whose:?}");
            let memory = world.memory.borrow();
            assert!(memory.quarantined().is_empty(), "{name}");
            assert!(memory.health.is_clean("default"), "{name}");
        }
    }
}

#[test]
fn what_a_model_cannot_do_is_told_by_two_keys_or_by_the_next_that_answers() {
    const BODY: &str =
        r#"{"messages":[{"role":"user","content":"2+2"}],"tools":[{"type":"function"}]}"#;
    const ERROR: &str = "This model does not support tools";
    let pool = MemoryWorld::new(Vec::new()).pool.len();
    let mut world = MemoryWorld::new(Vec::new());
    for _ in 0..3 {
        refused(&mut world, Some("a"), BODY, ERROR, None);
    }
    assert_eq!(limited(&world), 0, "one key alone");
    refused(&mut world, Some("b"), BODY, ERROR, None);
    assert_eq!(limited(&world), pool);

    let mut world = MemoryWorld::new(Vec::new());
    refused(&mut world, Some("a"), BODY, ERROR, Some("gpt-4o"));
    let asked = world.calls.borrow().len();
    assert_eq!(limited(&world), asked - 1, "all that came before it");
}

#[test]
fn a_wording_is_remembered_once_it_was_answered() {
    const BODY: &str = r#"{"messages":[{"role":"user","content":"2+2"}],"temperature":1}"#;
    let mut world = MemoryWorld::new(Vec::new());
    let error = "'temperature' is not supported with this model";
    for whose in [Some("a"), Some("b"), None] {
        refused(&mut world, whose, BODY, error, None);
        assert_eq!(limited(&world), 0, "{whose:?}");
    }
}

#[test]
fn what_is_too_long_for_reasons_that_are_not_counted_teaches_no_window_and_no_density() {
    const NAMED: &str = "This model's maximum context length is 128000 tokens. However, your messages resulted in 251204 tokens.";
    let text = Characters::count(&"lorem ".repeat(1_000));
    let words = "lorem ipsum ".repeat(50);
    let functions = format!(
        r#"{{"messages":[{{"role":"user","content":"{words}"}}],"functions":[{{"name":"f","description":"{}"}}]}}"#,
        "lorem ipsum ".repeat(50_000)
    );
    let file = format!(
        r#"{{"messages":[{{"role":"user","content":[{{"type":"text","text":"{words}"}},{{"type":"file","file":{{"file_data":"data:application/pdf;base64,{}"}}}}]}}]}}"#,
        "A".repeat(100_000)
    );
    for body in [&functions, &file] {
        for error in [NAMED, "prompt is too long"] {
            let mut world = MemoryWorld::new(Vec::new());
            let density = world.memory.borrow().density;
            for whose in [Some("a"), Some("b"), None] {
                refused(&mut world, whose, body, error, None);
                refused(&mut world, whose, body, error, Some("gpt-4.1"));
            }
            let memory = world.memory.borrow();
            assert_eq!(memory.density, density, "{error}");
            assert_eq!(memory.density.tokens(text), 1_500);
            for model in world.pool.iter() {
                let window = memory.limits.window(&model.id, world.now());
                assert!(
                    window.is_none_or(|tokens| tokens >= 128_000),
                    "{window:?} {error}"
                );
            }
        }
    }
}

#[test]
fn a_window_is_never_believed_smaller_than_what_it_has_answered() {
    let counted = r#"{"choices":[{"message":{"content":"4"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9000,"completion_tokens":7}}"#;
    let mut world = MemoryWorld::new(vec![Script::answer(counted)]);
    world.pin("gpt-4o");
    world.serve(false);
    let body = r#"{"messages":[{"role":"user","content":"2+2"}]}"#;
    let error = "This model's maximum context length is 4096 tokens. However, you requested 9000.";
    refused(&mut world, None, body, error, None);
    let memory = world.memory.borrow();
    assert_eq!(memory.limits.window("gpt-4o", world.now()), Some(9_000));
}

#[test]
fn what_a_refusal_made_of_a_guess_goes_back_by_what_is_counted() {
    let counted = r#"{"choices":[{"message":{"content":"4"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1000,"completion_tokens":7}}"#;
    let world = MemoryWorld::new(Vec::new());
    *world.otherwise.borrow_mut() = Some(Script::answer(counted));
    let text = "word ".repeat(800);
    let characters = Characters::count(&text);
    let guess = || world.memory.borrow().density.tokens(characters);
    assert_eq!(guess(), 1_000);
    world.memory.borrow_mut().density.refused(characters, 3_000);
    assert_eq!(guess(), 3_300);
    (0..60).for_each(|_| {
        world.serve_text(&text);
    });
    assert_eq!(guess(), 1_000);
}
