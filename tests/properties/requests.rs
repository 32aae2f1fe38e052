//! Request bodies.

use std::collections::BTreeMap;

use arbiter::domain::{refusal::Refusal, runtime::registry::Model, wire::request::ChatRequest};
use chat::{
    RequestBounds,
    json::{self, RawObject},
};
use proptest::prelude::*;
use serde_json::{Map, Value, json, value::RawValue};

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::hash_map("[a-z_]{0,8}", inner, 0..6)
                .prop_map(|fields| Value::Object(fields.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

fn parse(body: String) -> Result<ChatRequest, Refusal> {
    ChatRequest::parse(body, RequestBounds::default())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_text_is_read_or_refused_with_422(body in "\\PC{0,300}") {
        if let Err(refusal) = parse(body) {
            prop_assert_eq!(refusal.status(), 422);
        }
    }

    #[test]
    fn any_fields_reach_the_runtime_or_are_refused(
        fields in prop::collection::hash_map("(arbiter_)?[a-z_]{1,10}", value(), 0..8),
        model in "[ -~]{1,20}",
    ) {
        let mut fields: Map<String, Value> = fields.into_iter().collect();
        fields.insert("messages".into(), json!([{"role": "user", "content": "x"}]));
        let body = Value::Object(fields.clone()).to_string();
        match parse(body) {
            Err(refusal) => prop_assert_eq!(refusal.status(), 422),
            Ok(request) => {
                // Compared as written: a number read and written again may differ in its last digit.
                let sent = request.upstream_body(&Model::named(&model));
                let sent: BTreeMap<String, &RawValue> = serde_json::from_str(&sent).unwrap();
                prop_assert_eq!(sent["model"].get(), json!(model).to_string());
                fields.retain(|name, _| name != "model" && !name.starts_with("arbiter_"));
                fields.insert("model".into(), json!(model));
                prop_assert_eq!(sent.len(), fields.len());
                for (name, value) in &fields {
                    prop_assert_eq!(sent[name].get(), value.to_string());
                }
            }
        }
    }

    #[test]
    fn messages_of_any_shape_are_read_or_refused(messages in value()) {
        if let Err(refusal) = parse(json!({"messages": messages}).to_string()) {
            prop_assert_eq!(refusal.status(), 422);
        }
    }

    #[test]
    fn a_damaged_body_never_panics(
        at in 0usize..200,
        byte in any::<char>(),
    ) {
        let body = r#"{"messages":[{"role":"user","content":[{"type":"text","text":"h\u00e9 \ud83e\udd80"}]}],"max_tokens":10,"stream":true,"stream_options":{"include_usage":true},"arbiter_max_cost":0.5}"#;
        let mut characters: Vec<char> = body.chars().collect();
        let at = at % characters.len();
        characters[at] = byte;
        let _ = parse(characters.into_iter().collect());
    }

    #[test]
    fn the_parts_of_json_reading_take_any_text(text in "\\PC{0,200}") {
        text::nesting::json(&text);
        json::has_unrepresentable_number(&text);
        json::is_json(&text);
        if let Ok(object) = RawObject::parse(&text) {
            for (_, raw) in object.iter(&text) {
                prop_assert!(json::is_json(raw));
            }
        }
    }
}

#[test]
fn hostile_sizes_are_refused_or_read_without_harm() {
    for body in [
        "[".repeat(1_000_000),
        "{\"a\":".repeat(200_000),
        format!(
            "{{\"messages\":{}{}}}",
            "[".repeat(99_999),
            "]".repeat(99_999)
        ),
        format!(
            "{{\"messages\":[{{\"role\":\"user\"}}],\"n\":{}}}",
            "9".repeat(1_000_000)
        ),
        format!(
            "{{\"messages\":[{{\"role\":\"user\"}}],\"n\":{}}}",
            "-".repeat(1_000_000)
        ),
        format!("{{{}\"a\":1}}", "\"a\":1,".repeat(500_000)),
        format!("{{\"messages\":[{}{{}}]}}", "{},".repeat(500_000)),
    ] {
        assert!(parse(body).is_err());
    }
    let long = format!(
        r#"{{"messages":[{{"role":"user","content":"{}"}}]}}"#,
        "\\ud800".repeat(300_000)
    );
    assert!(parse(long).is_ok());
}
