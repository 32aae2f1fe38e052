//! Any chunks, cut anywhere, become a stream that keeps the grammar and loses nothing.

use chat::RequestBounds;
use proptest::prelude::*;
use protocols::{messages, responses};
use serde_json::{Value, json};

use crate::{
    chats::{Ends, Writer, stream},
    grammar,
};

fn delta() -> impl Strategy<Value = Value> {
    let text = "[a-zé🦀\"\\\\ \n]{0,6}";
    let call = (
        proptest::option::of(0u32..3),
        prop_oneof![Just(""), Just("a"), Just("b"), Just("c")],
        prop_oneof![Just(""), Just("f"), Just("g")],
        prop_oneof![
            Just(""),
            Just("{}"),
            Just("{\"x\":"),
            Just("\"}{\"}"),
            Just("1}"),
            Just("null"),
            Just("[é"),
        ],
    )
        .prop_map(|(index, id, name, arguments)| {
            json!({"index": index, "id": id, "function": {"name": name, "arguments": arguments}})
        });
    prop_oneof![
        4 => text.prop_map(|text| json!({"content": text})),
        1 => text.prop_map(|text| json!({"reasoning_content": text})),
        1 => text.prop_map(|text| json!({"refusal": text})),
        4 => proptest::collection::vec(call, 0..3).prop_map(|calls| json!({"tool_calls": calls})),
        1 => Just(json!({"content": null, "tool_calls": []})),
        1 => Just(json!(7)),
    ]
}

fn text_in(deltas: &[Value]) -> String {
    deltas
        .iter()
        .filter_map(|it| it.get("content")?.as_str())
        .collect()
}

fn forms() -> (responses::Form, messages::Form) {
    let bounds = RequestBounds::default();
    let body = r#"{"input":"x","reasoning":{"summary":"auto"},"tools":[{"type":"custom","name":"g"},{"type":"function","name":"f"}]}"#;
    let responses = responses::read(body, bounds).unwrap().form;
    let body = r#"{"max_tokens":9,"messages":[{"role":"user","content":"x"}],"thinking":{"type":"adaptive"}}"#;
    (responses, messages::read(body, bounds).unwrap().form)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn any_chunks_are_a_grammatical_stream_of_either_protocol(
        deltas in proptest::collection::vec(delta(), 0..12),
        finish in prop_oneof![Just(None), Just(Some("stop")), Just(Some("length")), Just(Some("tool_calls"))],
        piece in 1usize..40,
        broken in any::<bool>(),
    ) {
        let ends = if broken { Ends::Broken } else { Ends::Whole };
        let bytes = stream(&deltas, finish, None);
        let (form, _) = forms();
        let events = Writer::responses(form.clone()).events(&bytes, piece, ends);
        let items = grammar::responses(&events).map_err(TestCaseError::fail)?;
        prop_assert_eq!(&events, &Writer::responses(form).events(&bytes, bytes.len(), ends));
        if !broken {
            let said: String = items.iter().filter(|it| it["content"][0]["type"] == "output_text").map(grammar::text_of).collect();
            prop_assert_eq!(said, text_in(&deltas));
            let mut calls: Vec<_> = items.iter().filter_map(|it| it["call_id"].as_str()).collect();
            let count = calls.len();
            calls.sort_unstable();
            calls.dedup();
            prop_assert_eq!(calls.len(), count, "every call has an id of its own");
        }

        let (_, form) = forms();
        let events = Writer::messages(form.clone()).events(&bytes, piece, ends);
        let blocks = grammar::messages(&events).map_err(TestCaseError::fail)?;
        prop_assert_eq!(&events, &Writer::messages(form).events(&bytes, bytes.len(), ends));
        if !broken && !deltas.iter().any(|it| it.get("refusal").is_some()) {
            let said: String = blocks.iter().filter(|it| it["type"] == "text").filter_map(|it| it["streamed"].as_str()).collect();
            prop_assert_eq!(said, text_in(&deltas));
        }
    }

    #[test]
    fn any_body_is_read_or_refused(text in "\\PC{0,200}") {
        let bounds = RequestBounds::default();
        let _ = responses::read(&text, bounds);
        let _ = messages::read(&text, bounds);
        let _ = messages::count(&text, bounds);
        let quoted = Value::from(format!("x{text}"));
        let _ = responses::read(&format!(r#"{{"input":[{{"role":"user","content":{quoted}}}]}}"#), bounds).unwrap();
        for odd in [quoted, json!(7), json!([null]), json!({"type": {}}), json!([{"type": "text"}])] {
            for name in ["input", "instructions", "tools", "tool_choice", "text", "reasoning", "metadata"] {
                let _ = responses::read(&json!({"input": "x", name: odd}).to_string(), bounds);
            }
            for name in ["messages", "system", "tools", "tool_choice", "thinking", "metadata", "output_config", "stop_sequences"] {
                let messages = json!([{"role": "user", "content": "x"}]);
                let _ = messages::read(&json!({"max_tokens": 1, "messages": messages, name: odd}).to_string(), bounds);
            }
            let _ = messages::read(&json!({"max_tokens": 1, "messages": [{"role": "user", "content": odd}]}).to_string(), bounds);
        }
    }
}
