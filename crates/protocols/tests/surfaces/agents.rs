//! What two agents really send with their first turn.

use chat::RequestBounds;
use protocols::{messages, responses};
use serde_json::Value;

fn fixture(name: &str) -> String {
    let path = format!(
        "{}/../../tests/fixtures/agents/{name}",
        env!("CARGO_MANIFEST_DIR")
    );
    std::fs::read_to_string(path).unwrap()
}

fn roles(chat: &Value) -> Vec<&str> {
    let messages = chat["messages"].as_array().unwrap();
    messages
        .iter()
        .map(|it| it["role"].as_str().unwrap())
        .collect()
}

fn tools(chat: &Value) -> Vec<&str> {
    let tools = chat["tools"].as_array().unwrap();
    tools
        .iter()
        .map(|it| it["function"]["name"].as_str().unwrap())
        .collect()
}

fn fields(chat: &Value) -> Vec<&str> {
    chat.as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect()
}

#[test]
fn codex_is_read_without_a_drop_but_the_named_one() {
    let body = fixture("codex-0.171-first-turn.json");
    let asked = responses::read(&body, RequestBounds::default()).unwrap();
    assert_eq!(asked.dropped, ["web_search"]);
    let chat = Value::Object(asked.chat);
    assert_eq!(roles(&chat), ["system", "user", "user"]);
    assert_eq!(
        fields(&chat),
        ["messages", "tools", "stream", "stream_options"]
    );
    assert_eq!(tools(&chat).len(), 12);
    assert!(tools(&chat).contains(&"multi_agent_v1__close_agent"));
    assert_eq!(asked.ceiling, None);
    assert!(asked.conversation.is_some());
    assert_eq!(chat["messages"][2]["content"], "Write hello to a file");
}

#[test]
fn claude_code_is_read_without_a_drop() {
    let body = fixture("claude-code-2.1-first-turn.json");
    let asked = messages::read(&body, RequestBounds::default()).unwrap();
    assert_eq!(asked.dropped, [""; 0]);
    let chat = Value::Object(asked.chat);
    assert_eq!(roles(&chat), ["system", "user"]);
    assert_eq!(
        fields(&chat),
        ["messages", "tools", "stream", "stream_options"]
    );
    assert_eq!(
        tools(&chat).len(),
        11,
        "the placeholder of deferred tools is none"
    );
    assert_eq!(asked.ceiling, Some(128_000));
    assert_eq!(asked.hints, [("reasoning_effort", "\"medium\"".to_owned())]);
    assert_eq!(
        asked.conversation.as_deref(),
        Some("00000000-0000-4000-8000-000000000000")
    );
    assert!(!chat.to_string().contains("x-anthropic-billing-header"));
    assert!(messages::count(&body, RequestBounds::default()).unwrap() > 8_000);
}
