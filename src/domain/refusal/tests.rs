use serde_json::json;

use super::*;

#[test]
fn a_refusal_of_the_runtime_keeps_its_words_but_not_its_types() {
    let refusal = Refusal::Upstream {
        status: 402,
        model: "m".into(),
        error: json!({"message": "no credit", "code": 402, "type": "billing", "param": []}),
        retry_after: None,
    };
    let body = refusal.body();
    assert_eq!(body["error"]["message"], "no credit");
    assert_eq!(body["error"]["type"], "billing");
    assert_eq!(body["error"]["code"], "upstream_error", "never a number");
    assert_eq!(body["error"]["param"], Value::Null);
    assert_eq!(body["detail"]["model"], "m");
    assert_eq!(body["detail"]["error"]["code"], 402);
    assert!(
        refusal
            .headers()
            .contains(&("x-should-retry", "false".into()))
    );
    assert!(body.to_string().starts_with(r#"{"error":"#), "{body}");
}

#[test]
fn a_field_is_named_in_both_shapes() {
    let body = Refusal::invalid(Some("messages".into()), "x").body();
    assert_eq!(body["detail"]["field"], "messages");
    assert_eq!(body["error"]["param"], "messages");
}

#[test]
fn a_status_that_is_no_error_is_not_passed_on() {
    let refusal = |status| Refusal::Upstream {
        status,
        model: String::new(),
        error: Value::Null,
        retry_after: Some(7),
    };
    assert_eq!(refusal(302).status(), 502);
    assert_eq!(refusal(429).status(), 429);
    assert_eq!(refusal(429).headers(), [("retry-after", "7".to_owned())]);
}

#[test]
fn a_time_out_is_told_in_round_seconds() {
    let message = |seconds| {
        let model = "m".to_owned();
        Refusal::TimedOut { model, seconds }.message()
    };
    assert!(message(3.999_000_072).ends_with("within 4 s"));
    assert!(message(22.53).ends_with("within 22.5 s"));
}
