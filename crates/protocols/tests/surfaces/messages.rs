//! The Messages protocol.

use chat::{RequestBounds, Wrong};
use protocols::{Asked, Failed, Room, messages};
use serde_json::{Value, json};

use crate::{
    chats::{Ends, Event, OWN, Writer, opening, stream},
    grammar,
};

fn read(mut body: Value) -> Result<Asked<messages::Form>, Wrong> {
    if body.get("max_tokens").is_none() {
        body["max_tokens"] = 100.into();
    }
    messages::read(&body.to_string(), RequestBounds::default())
}

fn chat(body: Value) -> Value {
    Value::Object(read(body).unwrap().chat)
}

fn turns(messages: Value) -> Value {
    chat(json!({"messages": messages}))["messages"].take()
}

fn hi() -> Value {
    json!([{"role": "user", "content": "hi"}])
}

fn whole(body: Value, message: Value, finish: &str) -> Value {
    let form = read(body).unwrap().form;
    let completion = json!({
        "choices": [{"index": 0, "message": message, "finish_reason": finish, "stop_reason": "END"}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 7, "prompt_tokens_details": {"cached_tokens": 40}},
    });
    let text = messages::whole(&form, &opening(), &completion.to_string(), OWN);
    serde_json::from_str(&text).unwrap()
}

fn streamed(body: Value, deltas: &[Value], finish: Option<&str>) -> (Vec<Event>, Vec<Value>) {
    let form = read(body).unwrap().form;
    let bytes = stream(deltas, finish, None);
    let events = Writer::messages(form.clone()).events(&bytes, 7, Ends::Whole);
    assert_eq!(
        events,
        Writer::messages(form).events(&bytes, 1, Ends::Whole)
    );
    let blocks = grammar::messages(&events).unwrap();
    (events, blocks)
}

#[test]
fn every_kind_of_block_becomes_its_message() {
    for (messages, expected) in [
        (
            json!([{"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": ""}, {"type": "text", "text": "b"}]}]),
            json!([{"role": "user", "content": "a\n\nb"}]),
        ),
        (
            json!([{"role": "user", "content": [
                {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AA"}},
                {"type": "image", "source": {"type": "url", "url": "https://x/y.png"}},
                {"type": "document", "title": "T", "source": {"type": "text", "media_type": "text/plain", "data": "words"}},
                {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "AA"}},
                {"type": "search_result", "title": "S", "source": "https://s", "content": [{"type": "text", "text": "found"}]},
            ]}]),
            json!([{"role": "user", "content": [
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}},
                {"type": "image_url", "image_url": {"url": "https://x/y.png"}},
                {"type": "text", "text": "T\n\nwords"},
                {"type": "file", "file": {"filename": "document.pdf", "file_data": "data:application/pdf;base64,AA"}},
                {"type": "text", "text": "S\nhttps://s\nfound"},
            ]}]),
        ),
        (
            json!([
                {"role": "user", "content": "go"},
                {"role": "assistant", "content": [
                    {"type": "thinking", "thinking": "hm", "signature": "s"},
                    {"type": "text", "text": "on it"},
                    {"type": "tool_use", "id": "a", "name": "f", "input": {"x": 1}},
                    {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}},
                    {"type": "web_search_tool_result", "tool_use_id": "s", "content": []},
                    {"type": "tool_use", "id": "b", "name": "f", "input": {}},
                ]},
                {"role": "user", "content": [
                    {"type": "text", "text": "hurry"},
                    {"type": "tool_result", "tool_use_id": "b", "content": [{"type": "text", "text": "2"}, {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AA"}}]},
                    {"type": "tool_result", "tool_use_id": "a", "content": "no such file", "is_error": true},
                    {"type": "text", "text": "<system-reminder>\nmind\n</system-reminder>"},
                ]},
            ]),
            json!([
                {"role": "user", "content": "go"},
                {"role": "assistant", "content": "on it", "tool_calls": [
                    {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{\"x\":1}"}},
                    {"id": "b", "type": "function", "function": {"name": "f", "arguments": "{}"}},
                ]},
                {"role": "tool", "tool_call_id": "b", "content": "2"},
                {"role": "tool", "tool_call_id": "a", "content": "Error: no such file\n\n<system-reminder>\nmind\n</system-reminder>"},
                {"role": "user", "content": [{"type": "text", "text": "Images in the result of `b`:"}, {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}}]},
                {"role": "user", "content": "hurry"},
            ]),
        ),
    ] {
        assert_eq!(turns(messages.clone()), expected, "{messages}");
    }
}

#[test]
fn every_field_has_its_fate() {
    let asked = read(json!({
        "model": "claude-x", "messages": hi(), "max_tokens": 128_000, "stream": true, "temperature": 0.5, "top_p": 0.9, "top_k": 5,
        "system": [
            {"type": "text", "text": "x-anthropic-billing-header: cc_version=1"},
            {"type": "text", "text": "be brief", "cache_control": {"type": "ephemeral"}},
            {"type": "text", "text": "be kind"},
        ],
        "stop_sequences": ["END"], "thinking": {"type": "enabled", "budget_tokens": 5_000}, "service_tier": "auto", "speed": "fast",
        "metadata": {"user_id": "{\"device_id\":\"d\",\"session_id\":\"s-1\"}", "team": "blue"}, "context_management": {}, "x_tags": ["eu"],
        "output_config": {"format": {"type": "json_schema", "schema": {"type": "object"}}},
    }))
    .unwrap();
    let chat = Value::Object(asked.chat);
    assert_eq!(
        chat,
        json!({
            "messages": [{"role": "system", "content": "be brief\n\nbe kind"}, {"role": "user", "content": "hi"}],
            "stop": ["END"], "temperature": 0.5, "top_p": 0.9,
            "response_format": {"type": "json_schema", "json_schema": {"name": "answer", "schema": {"type": "object"}}},
            "stream": true, "stream_options": {"include_usage": true},
        })
    );
    assert_eq!(
        asked.hints,
        [
            ("top_k", "5".to_owned()),
            ("reasoning_effort", "\"medium\"".to_owned())
        ]
    );
    assert_eq!(
        (asked.ceiling, asked.conversation.as_deref()),
        (Some(128_000), Some("s-1"))
    );
    assert_eq!(asked.metadata["team"], "blue");
    assert_eq!(asked.rest["x_tags"], json!(["eu"]));
    assert_eq!(asked.dropped, [""; 0]);
}

#[test]
fn two_requests_that_differ_in_who_pays_are_one() {
    let with = |billing: &str| {
        let system = json!([{"type": "text", "text": format!("x-anthropic-billing-header: {billing}")}, {"type": "text", "text": "s"}]);
        chat(json!({"messages": hi(), "system": system}))
    };
    assert_eq!(with("a"), with("b"));
}

#[test]
fn the_beginning_of_a_conversation_stays_as_it_grows() {
    let mut conversation = vec![
        json!({"role": "user", "content": [{"type": "text", "text": "go"}]}),
        json!({"role": "system", "content": "environment"}),
        json!({"role": "assistant", "content": [{"type": "tool_use", "id": "a", "name": "f", "input": {}}]}),
        json!({"role": "user", "content": [{"type": "tool_result", "tool_use_id": "a", "content": "1"}]}),
        json!({"role": "system", "content": [{"type": "text", "text": "reminder"}]}),
    ];
    let before = turns(conversation.clone().into());
    conversation.push(json!({"role": "assistant", "content": "done"}));
    conversation.push(json!({"role": "user", "content": "thanks"}));
    let after = turns(conversation.into());
    let (before, after) = (before.as_array().unwrap(), after.as_array().unwrap());
    assert_eq!(before.as_slice(), &after[..before.len()]);
    assert_eq!(
        before.len(),
        3,
        "no message is added for what the system says"
    );
}

#[test]
fn what_cannot_be_served_is_refused_by_name() {
    for (body, field) in [
        (json!({"messages": []}), "messages"),
        (json!({"messages": "hi"}), "messages"),
        (
            json!({"messages": [{"role": "user", "content": []}]}),
            "messages",
        ),
        (
            json!({"messages": [{"role": "odd", "content": "x"}]}),
            "messages.0.role",
        ),
        (
            json!({"messages": [{"role": "user", "content": [{"type": "odd"}]}]}),
            "messages.0.content.0.type",
        ),
        (
            json!({"messages": [{"role": "user", "content": [{"type": "image", "source": {"type": "file", "file_id": "f"}}]}]}),
            "messages.0.content.0.source",
        ),
        (
            json!({"messages": hi(), "mcp_servers": [{"type": "url"}]}),
            "mcp_servers",
        ),
        (json!({"messages": hi(), "container": "c"}), "container"),
        (json!({"messages": hi(), "max_tokens": "9"}), "max_tokens"),
        (
            json!({"messages": hi(), "tools": [{"type": "web_search_20250305", "name": "web_search"}]}),
            "tools",
        ),
        (
            json!({"messages": hi(), "tools": [{"name": "f", "input_schema": {}}, {"type": "web_search_20250305", "name": "web_search"}], "tool_choice": {"type": "tool", "name": "web_search"}}),
            "tool_choice",
        ),
    ] {
        let wrong = read(body.clone()).unwrap_err();
        assert_eq!(wrong.field.as_deref(), Some(field), "{body}");
    }
    let none = messages::read(
        r#"{"messages":[{"role":"user","content":"x"}]}"#,
        RequestBounds::default(),
    );
    assert_eq!(none.unwrap_err().message, "max_tokens: Field required");
}

#[test]
fn tools_and_the_choice_among_them_are_carried_over() {
    let tools = json!([
        {"name": "f", "description": "d", "input_schema": {"$schema": "s", "type": "object"}, "cache_control": {"type": "ephemeral"}},
        {"type": "custom", "name": "mcp.g", "input_schema": {"type": "object"}},
        {"type": "bash_20250124", "name": "bash"},
        {"name": "later", "input_schema": {"type": "object"}, "defer_loading": true},
    ]);
    for (choice, expected, parallel) in [
        (json!({"type": "auto"}), Value::Null, Value::Null),
        (
            json!({"type": "any", "disable_parallel_tool_use": true}),
            json!("required"),
            json!(false),
        ),
        (json!({"type": "none"}), json!("none"), Value::Null),
        (
            json!({"type": "tool", "name": "f"}),
            json!({"type": "function", "function": {"name": "f"}}),
            Value::Null,
        ),
    ] {
        let body = json!({"messages": hi(), "tools": tools, "tool_choice": choice});
        let asked = read(body).unwrap();
        assert_eq!(asked.dropped, ["bash_20250124"]);
        let chat = Value::Object(asked.chat);
        assert_eq!(
            (&chat["tool_choice"], &chat["parallel_tool_calls"]),
            (&expected, &parallel)
        );
        assert_eq!(
            chat["tools"].as_array().unwrap().len(),
            2,
            "what is to be loaded later is no tool yet"
        );
        assert_eq!(
            chat["tools"][0]["function"],
            json!({"name": "f", "description": "d", "parameters": {"type": "object"}})
        );
    }
    let loaded = json!([
        {"role": "user", "content": "x"},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "a", "name": "f", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "a", "content": [{"type": "tool_reference", "tool_name": "later"}]}]},
    ]);
    let chat = chat(json!({"messages": loaded, "tools": tools}));
    assert_eq!(chat["tools"].as_array().unwrap().len(), 3);
    assert_eq!(
        chat["messages"][2]["content"],
        "The tool later can be called now."
    );
}

#[test]
fn how_an_answer_ended_is_told() {
    let call = json!({"id": "call.1", "function": {"name": "f", "arguments": ""}});
    for (message, finish, reason) in [
        (json!({"content": "x"}), "stop", "end_turn"),
        (json!({"content": "x"}), "length", "max_tokens"),
        (json!({"content": "x"}), "content_filter", "refusal"),
        (json!({"content": "x"}), "tool_calls", "end_turn"),
        (
            json!({"content": null, "refusal": "no"}),
            "stop",
            "end_turn",
        ),
        (
            json!({"content": null, "tool_calls": [call]}),
            "stop",
            "tool_use",
        ),
    ] {
        let answer = whole(json!({"messages": hi()}), message.clone(), finish);
        assert_eq!(answer["stop_reason"], reason, "{message}");
        let delta = json!({"content": message["content"], "refusal": message["refusal"], "tool_calls": message["tool_calls"]});
        let (events, blocks) = streamed(json!({"messages": hi()}), &[delta], Some(finish));
        assert_eq!(
            events[events.len() - 2].data["delta"]["stop_reason"],
            reason
        );
        assert_eq!(blocks.len(), 1);
    }
    let stopped = whole(
        json!({"messages": hi(), "stop_sequences": ["END"]}),
        json!({"content": "x"}),
        "stop",
    );
    assert_eq!(
        (&stopped["stop_reason"], &stopped["stop_sequence"]),
        (&json!("stop_sequence"), &json!("END"))
    );
}

#[test]
fn a_whole_answer_has_every_field() {
    let calls = json!([
        {"id": "call.1", "function": {"name": "f", "arguments": ""}},
        {"id": "", "function": {"name": "f", "arguments": "no json"}},
    ]);
    let message = json!({"content": "hi", "reasoning_content": "hm", "tool_calls": calls});
    let body = json!({"messages": hi(), "thinking": {"type": "adaptive"}});
    let answer = whole(body, message.clone(), "tool_calls");
    assert_eq!(
        (&answer["type"], &answer["role"], &answer["model"]),
        (&json!("message"), &json!("assistant"), &json!("routed"))
    );
    let content = &answer["content"];
    assert_eq!(
        content[0],
        json!({"type": "thinking", "thinking": "hm", "signature": ""})
    );
    assert_eq!(content[1], json!({"type": "text", "text": "hi"}));
    assert_eq!(
        content[2],
        json!({"type": "tool_use", "id": "call_1", "name": "f", "input": {}})
    );
    assert_eq!(content[3]["input"], json!({"_raw": "no json"}));
    assert!(content[3]["id"].as_str().unwrap().starts_with("toolu_"));
    assert_eq!(
        answer["usage"],
        json!({"input_tokens": 60, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 40, "output_tokens": 7})
    );
    assert_eq!(answer["own"]["task"], "open");
    let omitted = json!({"messages": hi(), "thinking": {"type": "adaptive", "display": "omitted"}});
    assert_eq!(
        whole(omitted, message, "stop")["content"][0]["type"],
        "text"
    );
}

#[test]
fn calls_are_blocks_one_after_another_and_each_is_json() {
    let piece = |index: u32, id: &str, name: &str, arguments: &str| json!({"tool_calls": [{"index": index, "id": id, "function": {"name": name, "arguments": arguments}}]});
    let deltas = [
        json!({"content": "two"}),
        piece(0, "a", "f", ""),
        piece(1, "b", "g", "{\"y\""),
        piece(0, "", "", "{\"x\":"),
        piece(1, "", "", ":2}"),
        piece(0, "", "", "1}"),
    ];
    let (events, blocks) = streamed(json!({"messages": hi()}), &deltas, None);
    let streamed: Vec<&str> = blocks
        .iter()
        .map(|it| it["streamed"].as_str().unwrap())
        .collect();
    assert_eq!(streamed, ["two", "{\"x\":1}", "{\"y\":2}"]);
    assert_eq!(blocks[1]["input"], json!({}));
    assert_eq!(events[0].data["message"]["usage"]["input_tokens"], 42);
    assert_eq!(events.last().unwrap().data["own"]["task"], "open");
}

#[test]
fn an_answer_that_is_too_long_fails_and_is_not_cut_in_silence() {
    let form = read(json!({"messages": hi()})).unwrap().form;
    let piece = json!({"content": "x".repeat(1 << 20)});
    let bytes = stream(&vec![piece; 9], Some("stop"), None);
    let events = Writer::messages(form).events(&bytes, 1 << 20, Ends::Whole);
    grammar::messages(&events).unwrap();
    let last = &events.last().unwrap().data.to_string();
    assert!(
        last.contains("more than 8 MB"),
        "{}",
        &last[..200.min(last.len())]
    );
}

#[test]
fn a_failure_ends_the_stream_in_its_own_words() {
    let form = read(json!({"messages": hi()})).unwrap().form;
    let bytes = stream(&[json!({"content": "hal"})], None, None);
    let events = Writer::messages(form).events(&bytes, 9, Ends::Broken);
    grammar::messages(&events).unwrap();
    let last = &events.last().unwrap().data;
    assert_eq!(
        (&last["error"]["type"], &last["request_id"]),
        (&json!("api_error"), &json!("req-1"))
    );
    assert!(
        last["error"]["message"]
            .as_str()
            .unwrap()
            .contains("could not be reached")
    );
}

#[test]
fn a_failure_has_the_protocols_own_form() {
    let failed = |status, message: &str, by_runtime| Failed {
        status,
        message: message.into(),
        by_runtime,
        detail: json!({"why": "so"}),
        room: Room {
            needed: 140_000,
            largest: 128_000,
        },
        ..Failed::default()
    };
    for (failed, status, kind) in [
        (failed(401, "", false), 401, "authentication_error"),
        (failed(403, "", false), 403, "permission_error"),
        (failed(404, "", false), 404, "not_found_error"),
        (failed(413, "", false), 413, "request_too_large"),
        (failed(422, "", false), 400, "invalid_request_error"),
        (failed(429, "", false), 429, "rate_limit_error"),
        (failed(402, "no credit", true), 402, "billing_error"),
        (failed(500, "oops", true), 500, "api_error"),
        (failed(503, "busy", true), 529, "overloaded_error"),
        (failed(504, "late", false), 504, "timeout_error"),
        (
            failed(413, "context length exceeded", true),
            400,
            "invalid_request_error",
        ),
    ] {
        let said = messages::refuse(failed.clone(), "req-1");
        let body: Value = serde_json::from_str(&said.body).unwrap();
        assert_eq!(
            (said.status, &body["error"]["type"]),
            (status, &json!(kind)),
            "{failed:?}"
        );
        assert_eq!(
            (&body["type"], &body["request_id"], &body["detail"]["why"]),
            (&json!("error"), &json!("req-1"), &json!("so"))
        );
        let once = said.headers.contains(&("x-should-retry", "false".into()));
        assert_eq!(once, status == 401);
        let message = match failed.message.contains("context length") {
            true => "prompt is too long: 140000 tokens > 128000 maximum",
            false => &failed.message,
        };
        assert_eq!(body["error"]["message"], message);
    }
}

#[test]
fn a_count_knows_system_tools_and_pictures() {
    let count = |body: Value| messages::count(&body.to_string(), RequestBounds::default()).unwrap();
    let plain = count(json!({"messages": hi()}));
    let system = count(json!({"messages": hi(), "system": "s".repeat(400)}));
    let tools = count(
        json!({"messages": hi(), "tools": [{"name": "f", "description": "d".repeat(400), "input_schema": {}}]}),
    );
    let picture = json!([{"role": "user", "content": [{"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "A".repeat(400_000)}}]}]);
    let picture = count(json!({"messages": picture}));
    assert!(system >= plain + 100 && tools >= plain + 100);
    assert!((1_000..3_000).contains(&picture), "{picture}");
}
