//! Whose fault it is, and what follows from it.

use super::{
    laws::{ANSWER, models, status, whole_stream},
    memory_world::{MemoryWorld, Script},
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
