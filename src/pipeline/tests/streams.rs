//! What a client gets of a stream, byte by byte.

use super::{
    laws::{DONE, ERROR, FIRST, LAST, settled_once},
    memory_world::{MemoryWorld, Script, Step},
};
use crate::domain::{books::feed::Outcome, surface::Protocol};

#[test]
fn a_stream_that_ends_is_not_broken_off() {
    for last in [Step::Bytes(0.1, DONE), Step::Bytes(0.1, ERROR)] {
        let world = MemoryWorld::new(vec![Script::stream(vec![Step::Bytes(0.1, FIRST), last])]);
        let served = world.serve(true);
        assert!(served.got.closed && !served.got.broken_off);
    }
}

#[test]
fn what_names_a_usage_event_that_is_left_out_is_left_out_with_it() {
    let usage = "event: usage\r\nid: 7\r\ndata: {\"choices\":[],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":7}}\r\nretry: 1\r\n\r\n";
    let named = "event: chunk\nid: 8\ndata: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
    let world = MemoryWorld::new(vec![Script::stream(vec![
        Step::Bytes(0.1, FIRST),
        Step::Bytes(0.1, usage),
        Step::Bytes(0.1, "event: chu"),
        Step::Bytes(0.1, named.strip_prefix("event: chu").unwrap()),
        Step::Bytes(0.1, "id: 9\n"),
        Step::Bytes(0.1, DONE),
    ])]);
    let served = world.serve(true);
    let passed = format!("{FIRST}{named}{DONE}");
    assert!(served.got.text.starts_with(&passed), "{}", served.got.text);
    assert_eq!(settled_once(&world), Outcome::Finished);
}

#[test]
fn names_without_an_event_are_passed_on_and_not_kept() {
    let id = "id: 1234567890123456789012345678901234567890123456789012345678901234567890123456\n";
    let mut steps = vec![Step::Bytes(0.1, FIRST)];
    steps.extend(vec![Step::Bytes(0.1, id); 1_000]);
    steps.push(Step::Bytes(0.1, LAST));
    let world = MemoryWorld::new(vec![Script::stream(steps)]);
    let served = world.serve(true);
    let passed = format!("{FIRST}{}{LAST}", id.repeat(1_000));
    assert!(served.got.text.starts_with(&passed));
}

#[test]
fn a_stream_of_any_legal_form_is_an_answer() {
    const SPREAD: &str = "\u{feff}id: 1\ndata: {\ndata: \"choices\":[{\"index\":0,\"delta\":{\"content\":\"Rivers\"}}]\ndata: }\n\n";
    const BARE: &str =
        "event: chunk\rdata: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Rivers\"}}]}\r\r";
    for (first, passed) in [
        (SPREAD, SPREAD.strip_prefix('\u{feff}').unwrap()),
        (BARE, BARE),
    ] {
        let world = MemoryWorld::new(vec![Script::stream(vec![
            Step::Bytes(0.1, first),
            Step::Bytes(0.1, LAST),
            Step::Bytes(0.1, DONE),
        ])]);
        let served = world.serve(true);
        let whole = format!("{passed}{LAST}{DONE}event: arbiter\n");
        assert!(served.got.text.starts_with(&whole), "{}", served.got.text);
        assert_eq!(settled_once(&world), Outcome::Finished);
        assert_eq!(world.calls.borrow().len(), 1);
    }
}

#[test]
fn a_usage_event_spread_over_lines_is_left_out_whole() {
    let usage = "data: {\"choices\":[],\nid: 3\ndata: \"usage\":{\"prompt_tokens\":5,\"completion_tokens\":7}}\n\n";
    let world = MemoryWorld::new(vec![Script::stream(vec![
        Step::Bytes(0.1, FIRST),
        Step::Bytes(0.1, LAST),
        Step::Bytes(0.1, usage),
        Step::Bytes(0.1, DONE),
    ])]);
    let served = world.serve(true);
    let passed = format!("{FIRST}{LAST}{DONE}event: arbiter\n");
    assert!(served.got.text.starts_with(&passed), "{}", served.got.text);
    let settled = world.settled.borrow();
    assert_eq!(settled[0].evidence.as_ref().unwrap().out_tokens, Some(7));
}

#[test]
fn an_answer_of_one_event_that_the_runtime_does_not_end_is_given_whole() {
    let said =
        r#"data: {"choices":[{"index":0,"delta":{"content":"Rivers"},"finish_reason":"stop"}]}"#;
    let spread = said.replace("{\"choices", "{\ndata: \"choices");
    for event in [
        said.to_owned(),
        format!("{said}\n"),
        format!("{said}\r"),
        spread,
    ] {
        let event: &str = event.leak();
        let stream = || Script::stream(vec![Step::Bytes(0.1, event)]);
        let world = MemoryWorld::new(vec![stream()]);
        let served = world.serve(true);
        let text = &served.got.text;
        assert!(text.starts_with(event), "{event:?}: {text:?}");
        let (_, ours) = text.split_once("event: arbiter\n").unwrap();
        assert!(ours.starts_with("data: "), "{text:?}");
        assert_eq!(settled_once(&world), Outcome::Finished);
        for (protocol, body) in [
            (
                Protocol::Responses,
                r#"{"input":"Tell me about rivers.","stream":true}"#,
            ),
            (
                Protocol::Messages,
                r#"{"messages":[{"role":"user","content":"Tell me about rivers."}],"max_tokens":9,"stream":true}"#,
            ),
        ] {
            let world = MemoryWorld::new(vec![stream()]);
            let served = world.serve_door(protocol, body);
            let text = &served.got.text;
            assert!(
                text.contains(r#""Rivers""#),
                "{protocol:?} {event:?}: {text:?}"
            );
            assert!(served.got.closed);
        }
    }
}

#[test]
fn what_follows_an_event_that_was_not_ended_is_an_event_of_its_own() {
    let last = LAST.trim_end();
    for (end, missing) in [
        ("", "\n\n"),
        ("\n", "\n"),
        ("\r\n", "\n"),
        ("\r", "\n\n"),
        ("\r\n\r\n", ""),
    ] {
        let event: &str = format!("{last}{end}").leak();
        for done in ["", DONE] {
            let steps = [FIRST, event, done].map(|text| Step::Bytes(0.1, text));
            let steps = steps.into_iter().take(if done.is_empty() { 2 } else { 3 });
            let world = MemoryWorld::new(vec![Script::stream(steps.collect())]);
            let served = world.serve(true);
            let whole = match (done, end) {
                // Half a line goes on with what follows.
                (DONE, "") => continue,
                _ => format!("{FIRST}{event}{missing}{done}event: arbiter\n"),
            };
            assert!(served.got.text.starts_with(&whole), "{:?}", served.got.text);
            assert_eq!(settled_once(&world), Outcome::Finished);
        }
    }
}

#[test]
fn an_answer_that_a_protocol_cannot_take_fails_and_is_read_no_further() {
    let chunk = |text: &str| -> &'static str {
        format!("data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{text}\"}}}}]}}\n\n")
            .leak()
    };
    let much = vec![Step::Bytes(0.1, chunk(&"x".repeat(1 << 20))); 20];
    let line = vec![
        Step::Bytes(0.1, FIRST),
        Step::Bytes(
            0.1,
            "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"",
        ),
        Step::Bytes(0.1, "x".repeat(5 << 20).leak()),
    ];
    for (steps, taken, what) in [
        (much, 0.95, "more than 8 MB"),
        (line, 0.35, "more than 4 MB"),
    ] {
        for (protocol, body, failed) in [
            (
                Protocol::Responses,
                r#"{"input":"Tell me about rivers.","stream":true}"#,
                "response.failed",
            ),
            (
                Protocol::Messages,
                r#"{"messages":[{"role":"user","content":"Tell me about rivers."}],"max_tokens":9,"stream":true}"#,
                "event: error",
            ),
        ] {
            let mut steps = steps.clone();
            steps.extend([Step::Bytes(0.1, LAST), Step::Bytes(0.1, DONE)]);
            let world = MemoryWorld::new(vec![Script::stream(steps)]);
            let served = world.serve_door(protocol, body);
            assert!(
                served.got.text.contains(failed) && served.got.text.contains(what),
                "{what}"
            );
            assert_eq!(settled_once(&world), Outcome::Failed, "{what}");
            assert!(world.calls.borrow()[0].aborted.get(), "{what}");
            assert!(served.took < taken + 0.2, "{} s: {what}", served.took);
        }
    }
}
