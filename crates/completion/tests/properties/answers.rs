//! Whole answers.

use completion::{Completion, Usage};
use proptest::prelude::*;
use serde_json::{Value, json};

fn odd() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        Just(json!([])),
        Just(json!({})),
        Just(json!([null, 7, {"function": {"name": 1, "arguments": {}}}])),
        Just(json!([{"type": "text", "text": "a"}, {"text": 7}, "b"])),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_text_is_an_answer_or_none(text in "\\PC{0,300}") {
        let _ = Completion::parse(text.clone());
        let _ = Usage::parse(&text);
    }

    #[test]
    fn every_field_is_kept_whatever_its_type(
        id in odd(), content in odd(), calls in odd(), usage in odd(), reason in odd(), extra in odd(),
    ) {
        let body = json!({
            "id": id, "usage": usage, "extra": extra,
            "choices": [{"index": 0, "message": {"content": content, "tool_calls": calls}, "finish_reason": reason}],
        });
        let completion = Completion::parse(body.to_string()).unwrap();
        let mut expected = body;
        expected["arbiter"] = json!({"a": 1});
        prop_assert_eq!(completion.with("arbiter", "{\"a\":1}"), expected.to_string());
    }
}
