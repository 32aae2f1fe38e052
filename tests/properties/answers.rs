//! Errors of the runtime.

use arbiter::domain::refusal::{Refusal, redact::redact};
use proptest::prelude::*;
use serde_json::{Value, json};

fn odd() -> impl Strategy<Value = Value> {
    let shapes = [
        json!(null),
        json!(-7),
        json!(0.5),
        json!([null]),
        json!({"code": [7], "message": {}}),
    ];
    prop_oneof![
        prop::sample::select(shapes.to_vec()),
        "\\PC{0,12}".prop_map(Value::from),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_error_becomes_a_body_that_clients_can_read(
        error in odd(), message in odd(), code in odd(), status in any::<u16>(),
    ) {
        for error in [error, json!({"message": message, "code": code, "type": code, "param": code})] {
            let refusal = Refusal::Upstream { status, model: "m".into(), error, retry_after: None };
            prop_assert!((400..600).contains(&refusal.status()));
            let body = refusal.body();
            prop_assert!(body["error"]["message"].is_string() && body["error"]["type"].is_string());
            prop_assert!(body["error"]["code"].is_string());
            prop_assert!(body["error"]["param"].is_string() || body["error"]["param"].is_null());
            prop_assert!(!body.to_string().contains('\n'), "one line");
        }
    }

    #[test]
    fn a_secret_never_remains(before in "\\PC{0,9}", after in "\\PC{0,9}") {
        let text = format!("{before}sk-canary-123{after}");
        let mut value = json!({"message": text, text.clone(): [text]});
        redact(&mut value, "sk-canary-123");
        prop_assert!(!value.to_string().contains("sk-canary-123"));
    }
}
