//! A conversation stays with its model, and leaves it where it has to.

use chat::{RequestBounds, Task};
use serde_json::{Value, json};

use super::{
    super::World,
    memory_world::{MemoryWorld, Script, Served},
};
use crate::domain::{
    books::{book::Book, feed::Decision},
    conversation::{Kept, Session, Whose},
    policy::{Evidence, Mode, Row, Tunables},
    runtime::quarantine::Quarantine,
    wire::request::ChatRequest,
};

const CHEAPEST: &str = "mistral-small-3.2-24b-instruct-2506";
const ANSWER: &str = r#"{"choices":[{"message":{"content":"fine"},"finish_reason":"stop"}],"usage":{"prompt_tokens":2000,"completion_tokens":9,"prompt_tokens_details":{"cached_tokens":1900}}}"#;

/// A world whose models are known, each with that quality.
fn world(answers: usize, quality: impl Fn(&str) -> f64) -> MemoryWorld {
    let world = MemoryWorld::new(vec![Script::answer(ANSWER); answers]);
    for model in world.pool().to_vec() {
        for task in Task::ALL {
            let mut row = Row::default();
            for _ in 0..50 {
                let charge = model.list_cost(2_000.0, 100.0);
                row.fold(
                    &Evidence::graded(charge, quality(&model.id)),
                    &Tunables::default(),
                );
            }
            let book = Book {
                seq: 1,
                row,
                ..Book::default()
            };
            let mut memory = world.memory.borrow_mut();
            memory.absorb(task, model.id.clone(), book);
        }
    }
    world
}

fn alike(_: &str) -> f64 {
    0.9
}

fn said(turns: usize, then: &[Value]) -> Value {
    let mut messages = vec![json!({"role": "user", "content": "Tell me about rivers."})];
    for turn in 0..turns {
        messages.push(json!({"role": "assistant", "content": format!("answer {turn}")}));
        messages
            .push(json!({"role": "user", "content": format!("Tell me about {turn} more rivers.")}));
    }
    messages.extend_from_slice(then);
    json!({"messages": messages, "arbiter_session": "one"})
}

/// Serves a turn as the gate lets it in.
fn turn(world: &MemoryWorld, body: &Value) -> Served {
    let bounds = RequestBounds::default();
    let mut request = ChatRequest::parse(body.to_string(), bounds).unwrap();
    let whose = Whose::of(&request, "caller", |_| None);
    let kept = world.kept.borrow().clone();
    request.session = whose.map(|whose| Session { whose, kept });
    world.serve_request(&request)
}

fn with(model: &str) -> Kept {
    serde_json::from_value(
        json!({"model": model, "task": "open", "classified_by": "rules", "at": 0.0,
        "turns": 1, "cached": 1900}),
    )
    .unwrap()
}

fn told(served: &Served) -> (String, String) {
    let whole = served.got.whole.as_ref().unwrap();
    let body: Value = serde_json::from_str(&whole.body).unwrap();
    let session = &body["arbiter"]["session"];
    let decision = session["decision"].as_str().unwrap_or("none").to_owned();
    let header = |(name, value): &(&'static str, String)| {
        (*name == "x-arbiter-session").then(|| value.clone())
    };
    let header = whole.headers.iter().find_map(header);
    assert_eq!(header.unwrap_or("none".into()), decision);
    (
        decision,
        session["why"].as_str().unwrap_or_default().to_owned(),
    )
}

fn last(world: &MemoryWorld) -> Decision {
    world.settled.borrow().last().unwrap().decision.clone()
}

#[test]
fn the_first_turn_starts_and_later_ones_stay_and_are_marked() {
    let world = world(4, alike);
    assert_eq!(told(&turn(&world, &said(0, &[]))).0, "start");
    let first = last(&world);
    let code = first.detail.reason_code.as_deref();
    assert_eq!(code, Some("cheapest_within"), "that of its route");
    for turns in 1..4 {
        assert_eq!(told(&turn(&world, &said(turns, &[]))).0, "stay");
        let decision = last(&world);
        assert_eq!(decision.model, first.model);
        assert_eq!((decision.mode, decision.propensity), (Mode::Exploit, 1.0));
        assert_eq!(decision.detail.reason_code.as_deref(), Some("stays"));
        assert_eq!(decision.detail.cached_tokens, Some(1_900));
    }
    assert!(
        world
            .settled
            .borrow()
            .iter()
            .all(|it| it.evidence.is_some()),
        "all are learned from"
    );
    assert_eq!(world.news.get(), 2, "its model, and that it caches");
}

#[test]
fn an_agents_long_conversation_is_hardly_begun_with_another_model_to_look_at_that() {
    let world = world(4, alike);
    // That the choice did not fall on the model it falls on where nothing is looked at again.
    let chance = |body: &Value| {
        turn(&world, body);
        *world.kept.borrow_mut() = None;
        assert_eq!(last(&world).mode, Mode::Exploit);
        1.0 - last(&world).propensity
    };
    let chat = said(0, &[]);
    let mut agent = chat.clone();
    agent["tools"] = json!([{"type": "function", "function": {"name": "run", "parameters": {}}}]);
    for _ in 0..50 {
        (1..=29).for_each(|turn| world.memory.borrow_mut().lengths.note(turn));
    }
    let (of_chat, of_agent) = (chance(&chat), chance(&agent));
    assert!(of_chat > 0.001, "{of_chat}");
    assert!(
        of_agent > 0.0 && of_agent * 20.0 < of_chat,
        "{of_agent}, {of_chat}"
    );
    // Where calls of tools are over with their first turn there is nothing to spare.
    (0..5_000).for_each(|_| world.memory.borrow_mut().lengths.note(1));
    assert!(chance(&agent) * 1.5 > chance(&chat));
}

#[test]
fn a_request_that_is_no_conversation_is_told_of_none() {
    let world = world(2, alike);
    let single = json!({"messages": [{"role": "user", "content": "Tell me about rivers."}]});
    assert_eq!(told(&turn(&world, &single)).0, "none");
    let mut alone = said(2, &[]);
    alone["arbiter_affinity"] = "none".into();
    assert_eq!(told(&turn(&world, &alone)).0, "none");
    assert_eq!(world.news.get(), 0);
    assert_eq!(last(&world).detail.session, None);
}

#[test]
fn a_model_that_is_out_or_cannot_take_the_request_is_left() {
    let world = world(3, alike);
    *world.kept.borrow_mut() = Some(with("gpt-4.1"));
    let out = Quarantine::after_failure(None, 0.0, 300.0, None);
    world.set_quarantine("gpt-4.1", Some(out));
    let (decision, why) = told(&turn(&world, &said(1, &[])));
    assert_eq!(
        (decision.as_str(), why.as_str()),
        ("move", "gpt-4.1 failed lately")
    );
    assert_eq!(last(&world).detail.reason_code.as_deref(), Some("moved"));
    assert_eq!(
        world.kept.borrow().as_ref().unwrap().model,
        last(&world).model
    );

    // Also where it is to stay whatever it costs.
    *world.kept.borrow_mut() = Some(with("gpt-4o"));
    let mut long = said(1, &[]);
    long["max_tokens"] = 500_000.into();
    long["arbiter_affinity"] = "sticky".into();
    let (decision, why) = told(&turn(&world, &long));
    assert_eq!(
        (decision.as_str(), why.as_str()),
        ("move", "gpt-4o cannot take this request")
    );

    *world.kept.borrow_mut() = Some(with("gone"));
    assert_eq!(told(&turn(&world, &said(1, &[]))).0, "move");
}

#[test]
fn a_model_that_fails_in_its_turn_is_left() {
    let world = world(1, alike);
    world.scripts.borrow_mut().push_front(Script::status(503));
    *world.kept.borrow_mut() = Some(with("gpt-4.1-mini"));
    let (decision, why) = told(&turn(&world, &said(1, &[])));
    assert_eq!(
        (decision.as_str(), why.as_str()),
        ("move", "the model before it failed")
    );
    assert_ne!(world.kept.borrow().as_ref().unwrap().model, "gpt-4.1-mini");
}

#[test]
fn a_dear_model_is_left_for_a_cheap_one_where_the_rest_saves_more_than_the_prompt() {
    let world = world(2, alike);
    *world.kept.borrow_mut() = Some(with("gpt-4o"));
    let (decision, why) = told(&turn(&world, &said(8, &[])));
    assert_eq!(decision, "move", "{why}");
    assert!(why.contains("costs less"), "{why}");
    *world.kept.borrow_mut() = Some(with("gpt-4o"));
    let mut sticky = said(8, &[]);
    sticky["arbiter_affinity"] = "sticky".into();
    assert_eq!(told(&turn(&world, &sticky)).0, "stay");
}

fn circles(times: usize) -> Vec<Value> {
    let call = json!({"role": "assistant", "content": null, "tool_calls": [
        {"id": "1", "type": "function", "function": {"name": "run", "arguments": "ls"}}]});
    let result = json!({"role": "tool", "tool_call_id": "1", "content": "a"});
    (0..times)
        .flat_map(|_| [call.clone(), result.clone()])
        .collect()
}

#[test]
fn a_conversation_that_is_stuck_moves_to_a_better_model_once() {
    let better = |model: &str| if model == "gpt-4.1" { 0.92 } else { 0.9 };
    let world = world(3, better);
    *world.kept.borrow_mut() = Some(with(CHEAPEST));
    assert_eq!(told(&turn(&world, &said(0, &circles(1)))).0, "stay");
    let (decision, why) = told(&turn(&world, &said(0, &circles(2))));
    assert_eq!(decision, "move");
    assert!(why.contains("stuck"), "{why}");
    assert_eq!(last(&world).model, "gpt-4.1");
    assert!(world.kept.borrow().as_ref().unwrap().was_stuck);
    assert_eq!(told(&turn(&world, &said(0, &circles(3)))).0, "stay");
    assert_eq!(last(&world).model, "gpt-4.1");
}

#[test]
fn a_loop_of_tools_has_the_task_of_what_was_asked_however_long_it_is() {
    let world = world(2, alike);
    *world.kept.borrow_mut() = Some(Kept {
        task: Task::Math,
        ..with("gpt-4o-mini")
    });
    turn(&world, &said(0, &circles(1)));
    assert_eq!(last(&world).task, Task::Math);
    turn(&world, &said(1, &[]));
    assert_eq!(last(&world).task, Task::Open, "a new question has its own");
    assert_eq!(world.kept.borrow().as_ref().unwrap().task, Task::Open);
}

#[test]
fn what_is_asked_on_the_side_neither_starts_nor_moves_a_conversation() {
    let world = world(2, alike);
    let title = json!({"messages": [{"role": "user", "content":
        "Generate a concise title for this conversation: def f(): return 7"}], "arbiter_session": "one"});
    assert_eq!(told(&turn(&world, &title)).0, "none");
    assert_eq!(last(&world).task, Task::Open);
    assert_eq!(*world.kept.borrow(), None);
    *world.kept.borrow_mut() = Some(with("gpt-4.1"));
    let mut titled = title.clone();
    titled["response_format"] =
        json!({"type": "json_schema", "json_schema": {"name": "t", "schema": {"title": {}}}});
    let (decision, why) = told(&turn(&world, &titled));
    assert_eq!(decision, "stay");
    assert_eq!(
        why,
        "asked on the side: the conversation, open, stays with gpt-4.1"
    );
    let aside = last(&world);
    assert_eq!(aside.task, Task::Structured);
    assert_ne!(aside.model, "gpt-4.1", "it is routed by itself");
    assert_ne!(aside.detail.reason_code.as_deref(), Some("stays"));
    assert!(aside.detail.session.is_some());
    assert_eq!(*world.kept.borrow(), Some(with("gpt-4.1")));
}
