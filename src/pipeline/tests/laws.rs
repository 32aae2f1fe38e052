//! What holds whatever the runtime and the client do.

use chat::Task;

use super::memory_world::{MemoryWorld, Script, Served, Step};
use crate::domain::{
    books::feed::Outcome, isolate::memory::Memory, runtime::quarantine::Quarantine,
};

pub(super) const ANSWER: &str = r#"{"choices":[{"message":{"content":"Rivers flow to the sea."},"finish_reason":"stop"}],"usage":{"prompt_tokens":5,"completion_tokens":7}}"#;
pub(super) const FIRST: &str =
    "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Rivers flow\"}}]}\n\n";
pub(super) const LAST: &str =
    "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
pub(super) const DONE: &str = "data: [DONE]\n\n";
pub(super) const ERROR: &str = "data: {\"error\":{\"message\":\"overloaded\"}}\n\n";

pub(super) fn whole_stream() -> Script {
    Script::stream(vec![
        Step::Bytes(0.1, FIRST),
        Step::Bytes(0.1, LAST),
        Step::Bytes(0.1, DONE),
    ])
}

/// The one settlement, with everything handed back.
pub(super) fn settled_once(world: &MemoryWorld) -> Outcome {
    let settled = world.settled.borrow();
    assert_eq!(settled.len(), 1, "settled exactly once");
    assert_eq!(world.lines.borrow().len(), 1, "one line a request");
    assert_eq!(under_way(world), 0, "what was pending is handed back");
    let settlement = &settled[0];
    assert_eq!(
        settlement.evidence.is_some(),
        settlement.decision.outcome == Outcome::Finished,
        "only a whole answer teaches"
    );
    settlement.decision.outcome
}

fn under_way(world: &MemoryWorld) -> u64 {
    let calls = world.calls.borrow();
    let memory = world.memory.borrow();
    let of = |memory: &Memory, model: &str| -> u64 {
        Task::ALL
            .iter()
            .map(|task| memory.pending(*task, model, 0.0))
            .sum()
    };
    calls.iter().map(|call| of(&memory, &call.model)).sum()
}

pub(super) fn models(world: &MemoryWorld) -> Vec<String> {
    let calls = world.calls.borrow();
    calls.iter().map(|call| call.model.clone()).collect()
}

pub(super) fn status(served: &Served) -> u16 {
    served.got.whole.as_ref().map_or(0, |whole| whole.status)
}

pub(super) fn body(served: &Served) -> serde_json::Value {
    serde_json::from_str(&served.got.whole.as_ref().unwrap().body).unwrap()
}

#[test]
fn a_model_that_fails_by_its_own_doing_is_followed_by_the_next() {
    for failure in [
        Script::status(429),
        Script::status(500),
        Script::status(503),
        Script::status(302),
        Script::refused(),
        Script::answer("<html>"),
        Script::answer(""),
        Script::answer("[]"),
        Script::answer(r#"{"error":{"message":"x"}}"#),
        Script {
            steps: vec![Step::Bytes(0.1, "{\"choices\":["), Step::Break(0.1)],
            ..Script::answer("")
        },
    ] {
        let world = MemoryWorld::new(vec![failure.clone(), Script::answer(ANSWER)]);
        let served = world.serve(false);
        assert_eq!(status(&served), 200, "{failure:?}");
        let tried = models(&world);
        assert_ne!(tried[0], tried[1]);
        let arbiter = &body(&served)["arbiter"];
        assert_eq!(arbiter["failover_from"], serde_json::json!([tried[0]]));
        assert_eq!(arbiter["model"], tried[1]);
        assert!(world.memory.borrow().quarantine(&tried[0]).is_some());
        assert!(world.memory.borrow().quarantine(&tried[1]).is_none());
        assert_eq!(settled_once(&world), Outcome::Finished);
        assert!(served.took <= 100.0, "{failure:?}: {}", served.took);
    }
}

#[test]
fn an_answer_behind_a_byte_order_mark_is_an_answer() {
    let marked = Script {
        steps: vec![Step::Bytes(0.0, "\u{feff}"), Step::Bytes(0.0, ANSWER)],
        ..Script::answer("")
    };
    let world = MemoryWorld::new(vec![marked]);
    assert_eq!(status(&world.serve(false)), 200);
}

#[test]
fn an_answer_of_4_mb_is_an_answer_and_a_byte_more_is_none() {
    let answer_of = |bytes: usize| -> &'static str {
        let more = "x".repeat(bytes - ANSWER.len());
        ANSWER.replace("Rivers", &format!("Rivers{more}")).leak()
    };
    const MOST: usize = 4 * 1024 * 1024;
    let world = MemoryWorld::new(vec![Script::answer(answer_of(MOST))]);
    let served = world.serve(false);
    assert_eq!(status(&served), 200);
    let text = body(&served)["choices"][0]["message"]["content"]
        .as_str()
        .map(str::len);
    assert_eq!(text, Some(MOST - ANSWER.len() + 23));
    assert_eq!(models(&world).len(), 1);
    assert_eq!(settled_once(&world), Outcome::Finished);

    let world = MemoryWorld::new(vec![
        Script::answer(answer_of(MOST + 1)),
        Script::answer(ANSWER),
    ]);
    let served = world.serve(false);
    assert_eq!(status(&served), 200);
    let tried = models(&world);
    let arbiter = &body(&served)["arbiter"];
    assert_eq!(arbiter["failover_from"], serde_json::json!([tried[0]]));
    assert_eq!(arbiter["model"], tried[1]);
    assert_eq!(settled_once(&world), Outcome::Finished);
}

#[test]
fn a_stream_that_fails_before_its_first_event_is_followed_by_the_next() {
    for failure in [
        Script::status(500),
        Script::stream(vec![Step::Bytes(0.1, ERROR)]),
        Script::stream(vec![Step::Bytes(0.1, ": wait\n\n"), Step::Hang]),
        Script::stream(vec![Step::Bytes(0.1, ": wait\n\n"), Step::Break(0.1)]),
        Script::stream(vec![Step::Bytes(0.1, DONE)]),
        Script::stream(vec![]),
        Script::answer("<html></html>"),
    ] {
        let world = MemoryWorld::new(vec![failure.clone(), whole_stream()]);
        let served = world.serve(true);
        assert!(served.got.text.contains(DONE), "{failure:?}");
        assert!(
            !served.got.text.contains("overloaded"),
            "no event of the first"
        );
        assert_eq!(models(&world).len(), 2);
        assert_eq!(settled_once(&world), Outcome::Finished);
        assert!(served.got.at <= 100.0, "{failure:?}");
    }
}

#[test]
fn what_is_the_callers_doing_is_passed_on_at_once() {
    for code in [400, 413, 422] {
        for stream in [false, true] {
            let world = MemoryWorld::new(vec![Script::status(code)]);
            let served = world.serve(stream);
            assert_eq!(status(&served), code);
            assert!(world.memory.borrow().quarantined().is_empty());
            assert_eq!(settled_once(&world), Outcome::Failed);
            assert_eq!(served.refusal.unwrap().status(), code);
        }
    }
}

#[test]
fn a_refusal_that_does_not_count_is_taken_back_before_its_settlement() {
    for (code, uncounted) in [(400, false), (402, false), (403, true), (422, true)] {
        let world = MemoryWorld::new(vec![Script::status(code), Script::status(code)]);
        world.settles_after.set(5.0);
        let served = world.serve(false);
        let expected = uncounted.then_some(served.got.at);
        assert_eq!(world.uncounted_at.get(), expected, "{code}");
        assert!(served.took >= served.got.at + 5.0);
    }
}

#[test]
fn after_the_last_attempt_the_last_status_is_passed_on() {
    let world = MemoryWorld::new(vec![
        Script::status(500),
        Script::hang(),
        Script {
            retry_after: Some(900),
            ..Script::status(429)
        },
    ]);
    let served = world.serve(false);
    assert_eq!(status(&served), 429);
    let tried = models(&world);
    assert_eq!(tried.len(), 3, "MAX_ATTEMPTS");
    assert_eq!(
        body(&served)["detail"]["failover_from"],
        serde_json::json!(tried[..2])
    );
    assert_eq!(settled_once(&world), Outcome::Failed);
    let memory = world.memory.borrow();
    let wait = |model: &str| {
        let quarantine = memory.quarantine(model).unwrap();
        quarantine.until - quarantine.failed_at
    };
    assert_eq!(wait(&tried[0]), 20.0);
    assert_eq!(wait(&tried[2]), 900.0, "its longer Retry-After");
}

#[test]
fn hanging_models_never_hold_a_request_longer_than_its_time() {
    let world = MemoryWorld::new(vec![Script::hang(), Script::hang(), Script::hang()]);
    let served = world.serve(false);
    assert_eq!(status(&served), 504);
    assert!(served.got.at <= 100.1, "{}", served.got.at);
    assert!(world.calls.borrow().iter().all(|call| call.aborted.get()));
}

#[test]
fn an_answer_that_drips_is_whole_in_time_or_given_up() {
    let drip = Script {
        steps: vec![Step::Bytes(1.0, " "); 1_000],
        ..Script::answer("")
    };
    let world = MemoryWorld::new(vec![drip.clone(), drip.clone(), drip]);
    let served = world.serve(false);
    assert_eq!(status(&served), 504);
    assert!(served.got.at <= 100.1, "{}", served.got.at);
    assert!(world.calls.borrow().iter().all(|call| call.aborted.get()));
}

#[test]
fn a_healthy_stream_may_take_longer_than_the_time_of_a_request() {
    let mut steps = vec![Step::Bytes(20.0, FIRST); 30];
    steps.extend([Step::Bytes(20.0, LAST), Step::Bytes(20.0, DONE)]);
    let world = MemoryWorld::new(vec![Script::stream(steps)]);
    let served = world.serve(true);
    assert!(served.got.text.contains(DONE) && served.took > 600.0);
    assert_eq!(world.pending_when_settled.get(), 1, "under way to its end");
    assert_eq!(settled_once(&world), Outcome::Finished);
}

#[test]
fn a_stream_that_fails_in_its_middle_ends_without_done_and_teaches_nothing() {
    for step in [
        Step::Break(0.1),
        Step::Hang,
        Step::Bytes(0.1, ERROR),
        Step::Bytes(0.1, "data: {\"cho"),
    ] {
        let world = MemoryWorld::new(vec![Script::stream(vec![
            Step::Bytes(0.1, FIRST),
            step.clone(),
        ])]);
        let served = world.serve(true);
        let text = &served.got.text;
        assert!(text.starts_with(FIRST) && served.got.closed);
        assert!(!text.contains("[DONE]"), "{step:?}: {text}");
        let last = text.trim_end().rsplit("\n\n").next().unwrap();
        assert!(last.starts_with("data: {\"error\":{"), "{last}");
        assert_eq!(settled_once(&world), Outcome::Failed);
        assert!(served.took <= 31.0, "{step:?}: {}", served.took);
        assert!(!world.memory.borrow().quarantined().is_empty());
    }
}

#[test]
fn a_stream_that_is_whole_but_for_done_is_no_failure_and_gets_no_invented_done() {
    for end in [None, Some(Step::Break(0.1))] {
        let mut steps = vec![Step::Bytes(0.1, FIRST), Step::Bytes(0.1, LAST)];
        steps.extend(end);
        let world = MemoryWorld::new(vec![Script::stream(steps)]);
        let served = world.serve(true);
        assert!(!served.got.text.contains("[DONE]"));
        assert!(served.got.text.contains("event: arbiter"));
        assert_eq!(settled_once(&world), Outcome::Finished);
    }
}

#[test]
fn a_client_that_leaves_takes_its_call_along_and_is_settled_once() {
    let stream = || {
        Script::stream(vec![
            Step::Bytes(2.0, FIRST),
            Step::Bytes(2.0, FIRST),
            Step::Bytes(2.0, LAST),
            Step::Bytes(2.0, DONE),
        ])
    };
    let slow = Script {
        head_after: Some(5.0),
        ..Script::answer(ANSWER)
    };
    for (script, is_stream, leaves_at, outcome) in [
        (slow.clone(), false, 1.0, Outcome::Dropped),
        (stream(), true, 1.0, Outcome::Dropped),
        (stream(), true, 3.0, Outcome::Dropped),
        (stream(), true, 7.0, Outcome::Finished),
    ] {
        let world = MemoryWorld::new(vec![script]);
        world.leaves_at.set(leaves_at);
        let served = world.serve(is_stream);
        assert_eq!(settled_once(&world), outcome, "left at {leaves_at}");
        assert!(world.calls.borrow().iter().all(|call| call.aborted.get()));
        assert!(served.took <= leaves_at + 25.0);
        assert!(
            world.memory.borrow().quarantined().is_empty(),
            "not the model's doing"
        );
    }
}

#[test]
fn a_client_that_takes_nothing_is_given_up() {
    let world = MemoryWorld::new(vec![whole_stream()]);
    world.takes.set(false);
    let served = world.serve(true);
    assert_eq!(settled_once(&world), Outcome::Dropped);
    assert!(served.took < 200.0, "{}", served.took);
    assert!(world.calls.borrow()[0].aborted.get());
    assert!(
        served.got.broken_off && !served.got.closed,
        "an end in order would say that it was whole"
    );
}

#[test]
fn a_judge_that_hangs_holds_neither_the_end_of_a_stream_nor_the_settlement() {
    let world = MemoryWorld::new(vec![whole_stream()]);
    *world.judge.borrow_mut() = Script::hang();
    let served = world.serve(true);
    assert!(served.got.closed && served.got.text.contains("\"quality\":null"));
    assert_eq!(settled_once(&world), Outcome::Finished);
    // The classifier is asked first, and has 5 s.
    assert!(served.took <= 5.0 + 1.0 + 20.0, "{}", served.took);
}

#[test]
fn the_grade_of_a_late_judge_is_still_folded() {
    let world = MemoryWorld::new(vec![whole_stream()]);
    let late = Script {
        head_after: Some(4.0),
        ..world.judge.borrow().clone()
    };
    *world.judge.borrow_mut() = late;
    let served = world.serve(true);
    assert!(served.got.text.contains("\"quality\":null"), "not by then");
    assert_eq!(settled_once(&world), Outcome::Finished);
    let settled = world.settled.borrow();
    assert_eq!(settled[0].evidence.as_ref().unwrap().quality, Some(0.8));
}

#[test]
fn a_judge_that_hangs_holds_a_plain_answer_no_longer_than_its_bound() {
    let world = MemoryWorld::new(vec![Script::answer(ANSWER)]);
    *world.judge.borrow_mut() = Script::hang();
    let served = world.serve(false);
    assert_eq!(status(&served), 200);
    assert!(served.got.at <= 5.0 + 20.0 + 1.0, "{}", served.got.at);
    assert_eq!(settled_once(&world), Outcome::Finished);
}

fn out(until: f64, failed_at: f64) -> Option<Quarantine> {
    Some(Quarantine {
        until,
        failed_at,
        failures: 1,
        unknown: false,
    })
}

#[test]
fn when_every_model_is_out_the_least_recently_failed_is_tried() {
    let world = MemoryWorld::new(vec![Script::answer(ANSWER)]);
    let ids: Vec<String> = crate::domain::runtime::registry::pool("gpt-4o", 128_000)
        .into_iter()
        .map(|model| model.id)
        .collect();
    for (index, id) in ids.iter().enumerate() {
        let failed_at = if index == 4 { -100.0 } else { -1.0 };
        let mut memory = world.memory.borrow_mut();
        memory.set_quarantine(id, out(1e6, failed_at), 0.0);
    }
    assert_eq!(status(&world.serve(false)), 200);
    assert_eq!(models(&world), [ids[4].as_str()]);
    let memory = world.memory.borrow();
    assert!(memory.quarantine(&ids[4]).is_none(), "it answered");
}

#[test]
fn a_probe_that_answers_lets_its_model_back_in_and_one_that_fails_does_not() {
    for (script, is_back) in [
        (Script::answer(ANSWER), true),
        (Script::status(400), false),
        (Script::status(500), false),
    ] {
        let world = MemoryWorld::new(vec![script, Script::answer(ANSWER)]);
        for model in crate::domain::runtime::registry::pool("gpt-4o", 128_000) {
            let until = if model.id == "gpt-4.1" { -1.0 } else { 1e6 };
            let mut memory = world.memory.borrow_mut();
            memory.set_quarantine(&model.id, out(until, -300.0), 0.0);
        }
        world.serve(false);
        assert_eq!(models(&world)[0], "gpt-4.1");
        let memory = world.memory.borrow();
        assert_eq!(memory.quarantine("gpt-4.1").is_none(), is_back);
    }
}

#[test]
fn the_key_of_the_runtime_is_never_passed_on() {
    let leak = r#"{"error":{"message":"bad key key-of-the-runtime","key-of-the-runtime":1}}"#;
    let frame = "data: {\"error\":{\"message\":\"Bearer key-of-the-runtime\",\"code\":401}}\n\n";
    for (script, stream) in [
        (
            Script {
                status: 401,
                ..Script::answer(leak)
            },
            false,
        ),
        (Script::stream(vec![Step::Bytes(0.1, frame)]), true),
        (
            Script::stream(vec![Step::Bytes(0.1, FIRST), Step::Bytes(0.1, frame)]),
            true,
        ),
    ] {
        let world = MemoryWorld::new(vec![script.clone(), script]);
        let served = world.serve(stream);
        let whole = served.got.whole.map(|whole| whole.body).unwrap_or_default();
        let all = format!("{whole}{}{:?}", served.got.text, world.lines.borrow());
        assert!(!all.contains("key-of-the-runtime"), "{all}");
        assert!(all.contains("[redacted]"), "{all}");
        assert!(
            world.memory.borrow().quarantined().is_empty(),
            "the account's doing"
        );
    }
}

#[test]
fn the_log_tells_all_stages_and_not_a_word_of_what_was_said() {
    let world = MemoryWorld::new(vec![Script::answer(ANSWER)]);
    let served = world.serve(false);
    let lines = world.lines.borrow();
    for field in ["id", "task", "model", "mode", "status", "cost"] {
        assert!(!lines[0][field].is_null(), "{field}");
    }
    let headers = &served.got.whole.as_ref().unwrap().headers;
    let timing = headers.iter().find(|(name, _)| *name == "server-timing");
    for stage in ["gate", "classify", "route", "runtime", "grade"] {
        assert!(lines[0]["ms"][stage].is_number(), "{stage}");
        assert!(timing.unwrap().1.contains(&format!("{stage};dur=")));
    }
    assert!(!lines[0].to_string().contains("ivers"));
}
