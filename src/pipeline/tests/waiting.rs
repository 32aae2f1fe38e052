//! What a client gets while the runtime takes its time, and of a runtime that says in its own way
//! what went wrong.

use super::{
    laws::{DONE, FIRST, LAST, settled_once},
    memory_world::{MemoryWorld, Script, Served, Step},
};
use crate::domain::{books::feed::Outcome, surface::Protocol};

const ANSWER: &str = r#"{"id":"c","choices":[{"index":0,"message":{"role":"assistant","content":"Rivers flow to the sea."},"finish_reason":"stop"}],"usage":{"prompt_tokens":5,"completion_tokens":7}}"#;
const ALIVE: &str = ": keep-alive\n\n";
const PING: &str = ": ping\n\n";

fn late(first: f64) -> Script {
    Script::stream(vec![
        Step::Bytes(first, FIRST),
        Step::Bytes(0.1, LAST),
        Step::Bytes(0.1, DONE),
    ])
}

fn message(served: &Served) -> String {
    served.refusal.as_ref().unwrap().message()
}

#[test]
fn a_stream_has_its_headers_within_a_second_whatever_the_runtime_does() {
    for script in [
        late(20.0),
        Script {
            head_after: Some(20.0),
            ..late(0.1)
        },
    ] {
        let world = MemoryWorld::new(vec![script]);
        let served = world.serve(true);
        // The classifier took 0.1 s before.
        assert!(served.got.at <= 1.1, "{}", served.got.at);
        let headers = served.got.headers.unwrap();
        assert!(headers.iter().any(|(name, _)| *name == "x-arbiter-model"));
        // One and two seconds after its headers, then every fifteen.
        let company = ALIVE.repeat(3);
        assert!(served.got.text.starts_with(&format!("{company}{FIRST}")));
        assert_eq!(settled_once(&world), Outcome::Finished);
    }
}

#[test]
fn each_protocol_has_a_sign_of_life_of_its_own_while_the_runtime_is_silent() {
    let comments = Script::stream(vec![
        Step::Bytes(10.0, PING),
        Step::Bytes(10.0, PING),
        Step::Bytes(5.0, FIRST),
        Step::Bytes(0.1, LAST),
        Step::Bytes(0.1, DONE),
    ]);
    let messages =
        r#"{"max_tokens":9,"stream":true,"messages":[{"role":"user","content":"Rivers?"}]}"#;
    let responses = r#"{"stream":true,"input":"Rivers?"}"#;
    for (protocol, body, sign, opening) in [
        (
            Protocol::Messages,
            messages,
            "event: ping\ndata: {\"type\":\"ping\"}\n\n",
            "event: message_start",
        ),
        (
            Protocol::Responses,
            responses,
            "event: response.in_progress\n",
            "event: response.created",
        ),
    ] {
        for script in [late(25.0), comments.clone()] {
            let world = MemoryWorld::new(vec![script]);
            let text = world.serve_door(protocol, body).got.text;
            assert!(text.starts_with(opening), "{text}");
            assert_eq!(text.matches(opening).count(), 1, "{text}");
            // What is a sign of life here is told by the runtime in a comment, which has no word there.
            let signs = text.matches(sign).count();
            assert!((3..=4).contains(&signs), "{signs}: {text}");
            assert_eq!(settled_once(&world), Outcome::Finished);
        }
    }
}

#[test]
fn a_client_that_leaves_before_the_first_event_is_noticed_within_seconds() {
    let world = MemoryWorld::new(vec![late(25.0)]);
    world.leaves_at.set(1.5);
    let served = world.serve(true);
    assert!(served.took < 4.0, "{}", served.took);
    assert!(world.calls.borrow()[0].aborted.get());
    assert_eq!(world.calls.borrow().len(), 1, "nobody else is asked");
    assert_eq!(settled_once(&world), Outcome::Dropped);
}

#[test]
fn a_failure_after_the_headers_is_an_error_event() {
    let hang = Script::hang;
    let world = MemoryWorld::new(vec![hang(), hang(), hang()]);
    let served = world.serve(true);
    assert!(served.got.whole.is_none() && served.got.closed);
    let last = served.got.text.trim_end().rsplit("\n\n").next().unwrap();
    assert!(last.starts_with("data: {\"error\":{"), "{last}");
    assert!(!served.got.text.contains("[DONE]"));
    assert_eq!(settled_once(&world), Outcome::Failed);
}

#[test]
fn comments_of_the_runtime_are_signs_of_life_that_reach_the_client() {
    let mut steps = vec![Step::Bytes(14.0, PING); 20];
    steps.extend([Step::Bytes(14.0, FIRST)]);
    steps.extend(vec![Step::Bytes(14.0, PING); 20]);
    steps.extend([Step::Bytes(14.0, LAST), Step::Bytes(0.1, DONE)]);
    let world = MemoryWorld::new(vec![Script::stream(steps)]);
    let served = world.serve(true);
    assert_eq!(settled_once(&world), Outcome::Finished);
    assert_eq!(world.calls.borrow().len(), 1, "nobody else is asked");
    let passed = served.got.text.replace(ALIVE, "");
    assert!(passed.starts_with(&PING.repeat(20)));
    assert_eq!(passed.matches(PING).count(), 40);
}

#[test]
fn signs_of_life_that_never_end_are_given_up_in_the_end() {
    let endless = Script::stream(vec![Step::Bytes(10.0, PING); 10_000]);
    let world = MemoryWorld::new(vec![endless]);
    let served = world.serve(true);
    assert!(served.got.text.contains("\n\ndata: {\"error\":{"));
    assert_eq!(settled_once(&world), Outcome::Failed);
    assert!(served.took < 10.0 * 100.0, "{}", served.took);
}

#[test]
fn silence_is_filled_so_that_a_client_that_has_gone_is_noticed() {
    let world = MemoryWorld::new(vec![Script::stream(vec![
        Step::Bytes(0.1, FIRST),
        Step::Bytes(29.0, LAST),
        Step::Bytes(0.1, DONE),
    ])]);
    let served = world.serve(true);
    let passed = format!("{FIRST}{ALIVE}{LAST}{DONE}");
    assert!(served.got.text.starts_with(&passed), "{}", served.got.text);
    let mut quiet = MemoryWorld::new(vec![late(29.0)]);
    quiet.settings.keepalive_seconds = 0.0;
    assert!(quiet.serve(true).got.text.starts_with(FIRST));
}

#[test]
fn a_judge_that_dawdles_holds_a_plain_answer_two_seconds_and_is_folded_in_later() {
    let world = MemoryWorld::new(vec![Script::answer(ANSWER)]);
    let late = Script {
        head_after: Some(4.0),
        ..world.judge.borrow().clone()
    };
    *world.judge.borrow_mut() = late;
    let served = world.serve(false);
    // Classifier, then answer, then 2 s.
    assert!(served.got.at <= 4.0 + 0.2 + 2.0, "{}", served.got.at);
    let body = served.got.whole.unwrap().body;
    assert!(body.contains("has not answered yet"), "{body}");
    let (at, spend) = world.paid_early.get().unwrap();
    assert!(
        at <= served.got.at && spend.usd() == 0.00001,
        "its place is free once it is answered"
    );
    let settled = world.settled.borrow();
    assert_eq!(settled[0].evidence.as_ref().unwrap().quality, Some(0.8));
}

#[test]
fn a_plain_completion_in_place_of_a_stream_is_streamed() {
    for pretty in [false, true] {
        let answer: &'static str = match pretty {
            false => ANSWER,
            true => ANSWER.replace(',', ",\n  ").leak(),
        };
        let world = MemoryWorld::new(vec![Script::answer(answer)]);
        let served = world.serve(true);
        let text = &served.got.text;
        assert!(
            text.starts_with("data: {\"id\":\"c\",\"choices\":[{"),
            "{text}"
        );
        assert!(text.contains("\"delta\":{\"role\":\"assistant\","));
        assert!(text.contains("\"content\":\"Rivers flow"));
        assert!(text.contains(&format!("{DONE}event: arbiter\n")), "{text}");
        assert_eq!(settled_once(&world), Outcome::Finished);
        let settled = world.settled.borrow();
        assert_eq!(settled[0].evidence.as_ref().unwrap().out_tokens, Some(7));
    }
}

#[test]
fn the_runtimes_own_words_reach_the_client_however_it_frames_them() {
    for text in [
        r#"{"error":{"code":400,"message":"too long"}}"#,
        "error: {\"code\":400,\"message\":\"too long\"}\n\n",
        "event: error\ndata: {\"code\":400,\"message\":\"too long\"}\n\n",
        "data: {\"error\":{\"code\":\"INVALID_ARGUMENT\",\"message\":\"too long\"}}\n\n",
        "data: {\"error\":{\"code\":\"odd\",\"type\":\"invalid_request_error\",\"message\":\"too long\"}}\n\n",
        "data: {\"choices\":[{\"index\":0,\"delta\":{},\"error\":{\"code\":400,\"message\":\"too long\"},\"finish_reason\":\"error\"}]}\n\n",
        "data: {\"object\":\"error\",\"message\":\"too long\",\"code\":400}\n\n",
    ] {
        let world = MemoryWorld::new(vec![Script::answer(text)]);
        let served = world.serve(true);
        assert_eq!(message(&served), "too long", "{text}");
        assert_eq!(served.refusal.unwrap().status(), 400, "{text}");
        let memory = world.memory.borrow();
        assert!(memory.quarantined().is_empty(), "nobody is put out: {text}");
    }
    for text in [
        "data: Internal Server Error\n\n",
        "data: {\"detail\":\"Internal Server Error\"}\n\n",
        "data: {\"errors\":[{\"message\":\"Internal Server Error\"}]}\n\n",
    ] {
        let scripts = || Script::stream(vec![Step::Bytes(0.1, FIRST), Step::Bytes(0.1, text)]);
        let world = MemoryWorld::new(vec![scripts()]);
        let served = world.serve(true);
        assert!(served.got.text.contains("Internal Server Error"), "{text}");
        assert!(!served.got.text.contains("[DONE]") && served.got.closed);
        assert_eq!(settled_once(&world), Outcome::Failed);
    }
}

#[test]
fn an_error_in_a_choice_of_a_whole_answer_is_no_answer() {
    let fault = r#"{"choices":[{"index":0,"message":{"content":""},"error":{"code":502,"message":"fell over"},"finish_reason":"error"}]}"#;
    let world = MemoryWorld::new(vec![Script::answer(fault), Script::answer(ANSWER)]);
    let served = world.serve(false);
    assert!(served.refusal.is_none());
    assert_eq!(world.calls.borrow().len(), 2);
}

#[test]
fn thinking_counts_as_output_where_characters_stand_for_tokens() {
    const THOUGHT: &str = "data: {\"choices\":[{\"index\":0,\"delta\":{\"reasoning_content\":\"Let me weigh the options one by one, slowly and with care.\"}}]}\n\n";
    let cost = |thoughts: usize| {
        let mut steps = vec![Step::Bytes(0.1, THOUGHT); thoughts];
        steps.extend([Step::Bytes(0.1, FIRST), Step::Bytes(0.1, LAST)]);
        let world = MemoryWorld::new(vec![Script::stream(steps)]);
        world.serve(true);
        let settled = world.settled.borrow();
        settled[0].decision.cost
    };
    assert!(cost(100) > 10.0 * cost(0));
}
