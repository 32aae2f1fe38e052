//! The Responses protocol.

use chat::{RequestBounds, Wrong};
use protocols::{Asked, Failed, responses};
use serde_json::{Value, json};

use crate::{
    chats::{Ends, Event, OWN, Writer, opening, stream},
    grammar,
};

fn read(body: Value) -> Result<Asked<responses::Form>, Wrong> {
    responses::read(&body.to_string(), RequestBounds::default())
}

/// The chat request that a body becomes.
fn chat(body: Value) -> Value {
    Value::Object(read(body).unwrap().chat)
}

fn messages(input: Value) -> Value {
    chat(json!({"input": input}))["messages"].take()
}

fn whole(body: Value, message: Value, finish: &str) -> Value {
    let form = read(body).unwrap().form;
    let completion = json!({
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 7, "prompt_tokens_details": {"cached_tokens": 40}},
    });
    let text = responses::whole(&form, &opening(), &completion.to_string(), OWN);
    serde_json::from_str(&text).unwrap()
}

fn streamed(body: Value, deltas: &[Value], finish: &str) -> Vec<Event> {
    let form = read(body).unwrap().form;
    let bytes = stream(deltas, Some(finish), None);
    let events = Writer::responses(form.clone()).events(&bytes, 7, Ends::Whole);
    assert_eq!(
        events,
        Writer::responses(form).events(&bytes, 1, Ends::Whole)
    );
    grammar::responses(&events).unwrap();
    events
}

#[test]
fn every_kind_of_item_becomes_its_message() {
    for (input, expected) in [
        (json!("hi"), json!([{"role": "user", "content": "hi"}])),
        (
            json!([
                {"role": "developer", "content": "be brief"},
                {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "a"}, {"type": "input_text", "text": "b"}]},
            ]),
            json!([{"role": "system", "content": "be brief"}, {"role": "user", "content": "a\n\nb"}]),
        ),
        (
            json!([{"role": "user", "content": [
                {"type": "input_text", "text": "look"},
                {"type": "input_image", "image_url": "https://x/y.png", "detail": "low"},
                {"type": "input_image", "image_url": "data:image/png;base64,AA", "detail": "auto"},
                {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,AA"},
            ]}]),
            json!([{"role": "user", "content": [
                {"type": "text", "text": "look"},
                {"type": "image_url", "image_url": {"url": "https://x/y.png", "detail": "low"}},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}},
                {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,AA"}},
            ]}]),
        ),
        (
            json!([
                {"role": "user", "content": "go"},
                {"type": "reasoning", "id": "rs_1", "encrypted_content": "…", "summary": []},
                {"type": "item_reference", "id": "rs_1"},
                {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "on it"}]},
                {"type": "function_call", "call_id": "a", "name": "f", "arguments": "{\"x\":1}"},
                {"type": "custom_tool_call", "call_id": "b", "name": "patch", "input": "*** end"},
                {"type": "function_call_output", "call_id": "a", "output": "1"},
                {"type": "custom_tool_call_output", "call_id": "b", "output": [{"type": "input_text", "text": "p"}, {"type": "input_image", "image_url": "data:,"}]},
            ]),
            json!([
                {"role": "user", "content": "go"},
                {"role": "assistant", "content": "on it", "tool_calls": [
                    {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{\"x\":1}"}},
                    {"id": "b", "type": "function", "function": {"name": "patch", "arguments": "{\"input\":\"*** end\"}"}},
                ]},
                {"role": "tool", "tool_call_id": "a", "content": "1"},
                {"role": "tool", "tool_call_id": "b", "content": "p"},
                {"role": "user", "content": [{"type": "text", "text": "Images in the result of `b`:"}, {"type": "image_url", "image_url": {"url": "data:,"}}]},
            ]),
        ),
        (
            json!([
                {"role": "user", "content": "go"},
                {"type": "function_call", "id": "fc_1", "name": "f", "arguments": ""},
                {"type": "function_call_output", "call_id": "gone", "output": {"a": 1}},
            ]),
            json!([
                {"role": "user", "content": "go"},
                {"role": "assistant", "content": null, "tool_calls": [{"id": "fc_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]},
                {"role": "tool", "tool_call_id": "fc_1", "content": "(no result)"},
                {"role": "user", "content": "Result of an earlier tool call: {\"a\":1}"},
            ]),
        ),
    ] {
        assert_eq!(messages(input.clone()), expected, "{input}");
    }
    let with = chat(json!({"instructions": "be brief", "input": "hi"}));
    assert_eq!(
        with["messages"][0],
        json!({"role": "system", "content": "be brief"})
    );
}

#[test]
fn every_field_has_its_fate() {
    let body = json!({
        "model": "gpt-9", "input": "hi", "stream": true, "store": true, "temperature": 0.5, "top_p": 0.9,
        "max_output_tokens": 900, "parallel_tool_calls": true, "metadata": {"a": "b"}, "prompt_cache_key": "k",
        "safety_identifier": "s", "service_tier": "flex", "truncation": "auto", "include": ["reasoning.encrypted_content"],
        "user": "u", "x_max_cost": 0.5, "unknown": [1], "top_logprobs": 3, "include": ["reasoning.encrypted_content", "message.output_text.logprobs"], "tools": [], "tool_choice": "auto",
        "text": {"verbosity": "low", "format": {"type": "json_schema", "name": "n", "schema": {"type": "object"}, "strict": true}},
        "reasoning": {"effort": "low", "summary": "auto"},
    });
    let asked = read(body).unwrap();
    let chat = Value::Object(asked.chat);
    assert_eq!(
        chat,
        json!({
            "messages": [{"role": "user", "content": "hi"}],
            "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}, "strict": true}},
            "temperature": 0.5, "top_p": 0.9, "user": "u",
            "stream": true, "stream_options": {"include_usage": true},
        })
    );
    let hints = [("verbosity", "\"low\""), ("reasoning_effort", "\"low\"")];
    assert_eq!(
        asked.hints,
        hints.map(|(name, value)| (name, value.to_owned()))
    );
    assert_eq!(asked.ceiling, Some(900));
    assert_eq!(asked.conversation.as_deref(), Some("k"));
    assert_eq!(asked.metadata, json!({"a": "b"}));
    assert_eq!(asked.rest["x_max_cost"], 0.5);
    assert_eq!(
        asked.dropped,
        ["top_logprobs", "message.output_text.logprobs"]
    );
}

#[test]
fn what_cannot_be_served_is_refused_by_name() {
    let user = json!([{"role": "user", "content": "x"}]);
    for (body, field, code) in [
        (json!({}), "input", None),
        (json!({"input": []}), "input", None),
        (json!({"input": [{"type": "reasoning"}]}), "input", None),
        (
            json!({"input": "x", "previous_response_id": "resp_1"}),
            "previous_response_id",
            Some("previous_response_not_found"),
        ),
        (
            json!({"input": "x", "conversation": "c"}),
            "conversation",
            None,
        ),
        (json!({"input": "x", "prompt": {"id": "p"}}), "prompt", None),
        (
            json!({"input": "x", "background": true}),
            "background",
            None,
        ),
        (json!({"input": "x", "stream": "yes"}), "stream", None),
        (
            json!({"input": "x", "max_output_tokens": "9"}),
            "max_output_tokens",
            None,
        ),
        (
            json!({"input": [{"type": "item_reference", "id": "fc_1"}]}),
            "input[0]",
            Some("item_not_found"),
        ),
        (
            json!({"input": [user[0], {"type": "odd"}]}),
            "input[1].type",
            None,
        ),
        (
            json!({"input": [{"role": "user", "content": [{"type": "input_image", "file_id": "f"}]}]}),
            "input[0].content[0]",
            None,
        ),
        (
            json!({"input": "x", "tools": [{"type": "web_search"}]}),
            "tools",
            Some("unsupported_tool"),
        ),
        (
            json!({"input": "x", "tools": [{"type": "function", "name": "f"}], "tool_choice": {"type": "web_search"}}),
            "tool_choice",
            Some("unsupported_tool"),
        ),
    ] {
        let wrong = read(body.clone()).unwrap_err();
        assert_eq!(wrong.field.as_deref(), Some(field), "{body}");
        assert_eq!(wrong.code, code, "{body}");
    }
}

#[test]
fn every_kind_of_tool_goes_there_and_back() {
    let long = format!("mcp.{}", "x".repeat(90));
    let body = json!({
        "input": [
            {"type": "additional_tools", "tools": [{"type": "function", "name": "added", "parameters": {"type": "object"}}]},
            {"role": "user", "content": "x"},
        ],
        "tools": [
            {"type": "function", "name": "f", "parameters": null, "strict": false, "description": "d"},
            {"type": "function", "name": long, "parameters": {"$schema": "s", "type": "object"}, "strict": true},
            {"type": "custom", "name": "apply_patch", "description": "Patch.", "format": {"type": "grammar", "syntax": "lark", "definition": "start: x"}},
            {"type": "namespace", "name": "multi", "tools": [{"type": "function", "name": "close"}]},
            {"type": "web_search"},
        ],
        "tool_choice": {"type": "custom", "name": "apply_patch"}, "parallel_tool_calls": false,
    });
    let chat = chat(body.clone());
    let names: Vec<&str> = chat["tools"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["function"]["name"].as_str().unwrap())
        .collect();
    assert_eq!(names.len(), 5);
    assert_eq!(
        (names[0], names[2], names[3], names[4]),
        ("f", "apply_patch", "multi__close", "added")
    );
    assert!(names[1].len() <= 64);
    assert_eq!(
        chat["tools"][0]["function"],
        json!({"name": "f", "description": "d", "parameters": {"type": "object", "properties": {}}})
    );
    assert_eq!(chat["tools"][1]["function"]["strict"], true);
    assert!(
        chat["tools"][1]["function"]["parameters"]
            .get("$schema")
            .is_none()
    );
    assert!(
        chat["tools"][2]["function"]["description"]
            .as_str()
            .unwrap()
            .ends_with("lark grammar:\nstart: x")
    );
    assert_eq!(
        chat["tool_choice"],
        json!({"type": "function", "function": {"name": "apply_patch"}})
    );
    assert_eq!(chat["parallel_tool_calls"], false);

    let call = |id: &str, name: &str, arguments: &str| json!({"id": id, "type": "function", "function": {"name": name, "arguments": arguments}});
    let calls = json!([
        call("a", names[1], "{}"),
        call("b", "apply_patch", "{\"input\":\"*** x\"}"),
        call("c", "multi__close", ""),
        call("a", "f", "{}"),
    ]);
    let answer = whole(
        body.clone(),
        json!({"content": null, "tool_calls": calls}),
        "tool_calls",
    );
    let output = &answer["output"];
    assert_eq!(output[0]["name"], long);
    assert_eq!(
        (&output[1]["type"], &output[1]["input"]),
        (&json!("custom_tool_call"), &json!("*** x"))
    );
    assert_eq!(
        (
            &output[2]["namespace"],
            &output[2]["name"],
            &output[2]["arguments"]
        ),
        (&json!("multi"), &json!("close"), &json!("{}"))
    );
    assert_ne!(output[3]["call_id"], "a", "an id is used once");

    let deltas: Vec<Value> = calls
        .as_array()
        .unwrap()
        .iter()
        .enumerate()
        .map(|(index, call)| json!({"tool_calls": [{"index": index, "id": call["id"], "function": call["function"]}]}))
        .collect();
    let events = streamed(body, &deltas, "tool_calls");
    assert_eq!(&events.last().unwrap().data["response"]["output"], output);
}

#[test]
fn allowed_tools_are_kept_and_a_choice_without_tools_is_left_out() {
    let tools = json!([{"type": "function", "name": "f"}, {"type": "function", "name": "g"}]);
    let allowed = json!({"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "g"}]});
    let kept = chat(json!({"input": "x", "tools": tools, "tool_choice": allowed}));
    assert_eq!(kept["tools"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&kept["tools"][0]["function"]["name"], &kept["tool_choice"]),
        (&json!("g"), &json!("required"))
    );
    let compaction = chat(
        json!({"input": "x", "tools": [], "tool_choice": "auto", "parallel_tool_calls": false}),
    );
    assert_eq!(
        compaction.as_object().unwrap().keys().collect::<Vec<_>>(),
        ["messages"]
    );
}

#[test]
fn a_whole_answer_has_every_field() {
    let body = json!({"input": "x", "metadata": {"k": "v"}, "temperature": 0.2, "reasoning": {"summary": "auto"}});
    let answer = whole(
        body,
        json!({"content": "hi", "reasoning_content": "hm"}),
        "stop",
    );
    for field in [
        "id",
        "object",
        "created_at",
        "completed_at",
        "status",
        "background",
        "error",
        "incomplete_details",
        "instructions",
        "max_output_tokens",
        "max_tool_calls",
        "metadata",
        "model",
        "output",
        "parallel_tool_calls",
        "presence_penalty",
        "frequency_penalty",
        "previous_response_id",
        "prompt_cache_key",
        "reasoning",
        "safety_identifier",
        "service_tier",
        "store",
        "temperature",
        "text",
        "tool_choice",
        "tools",
        "top_logprobs",
        "top_p",
        "truncation",
        "usage",
        "user",
        "own",
    ] {
        assert!(answer.get(field).is_some(), "{field}");
    }
    assert_eq!(
        (&answer["status"], &answer["model"]),
        (&json!("completed"), &json!("routed"))
    );
    assert_eq!(
        (
            &answer["metadata"]["k"],
            &answer["temperature"],
            &answer["top_p"]
        ),
        (&json!("v"), &json!(0.2), &json!(1))
    );
    assert_eq!(answer["output"][0]["summary"][0]["text"], "hm");
    assert_eq!(
        answer["output"][1]["content"][0],
        json!({"type": "output_text", "text": "hi", "annotations": [], "logprobs": []})
    );
    let usage = &answer["usage"];
    assert_eq!(
        (
            &usage["input_tokens"],
            &usage["input_tokens_details"]["cached_tokens"],
            &usage["total_tokens"]
        ),
        (&json!(100), &json!(40), &json!(107))
    );
    assert_eq!(answer["own"]["task"], "open");
}

#[test]
fn how_an_answer_ended_is_told() {
    let said = |message: Value, finish: &str| whole(json!({"input": "x"}), message, finish);
    let cut = said(json!({"content": "hal"}), "length");
    assert_eq!(
        (&cut["status"], &cut["incomplete_details"]["reason"]),
        (&json!("incomplete"), &json!("max_output_tokens"))
    );
    assert_eq!(cut["output"][0]["status"], "incomplete");
    assert_eq!(
        said(json!({"content": "x"}), "content_filter")["incomplete_details"]["reason"],
        "content_filter"
    );
    let declined = said(json!({"content": null, "refusal": "no"}), "stop");
    assert_eq!(
        (&declined["status"], &declined["output"][0]["content"][0]),
        (
            &json!("completed"),
            &json!({"type": "refusal", "refusal": "no"})
        )
    );
    let nothing = said(json!({"content": null}), "stop");
    assert_eq!(nothing["output"][0]["content"][0]["text"], "");
    assert_eq!(
        said(
            json!({"content": "x", "reasoning": "not asked for"}),
            "stop"
        )["output"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[test]
fn a_stream_tells_what_the_whole_answer_does() {
    let body = json!({"input": "x", "reasoning": {"summary": "auto"}, "tools": [{"type": "function", "name": "f"}]});
    let deltas = [
        json!({"role": "assistant", "content": "", "reasoning_content": "hm"}),
        json!({"content": "o"}),
        json!({"content": "k 🦀", "tool_calls": []}),
        json!({"tool_calls": [{"index": 0, "id": "a", "type": "function", "function": {"name": "f", "arguments": ""}}]}),
        json!({"tool_calls": [{"index": 0, "function": {"arguments": "{\"x\":\"é\"}"}}]}),
    ];
    let events = streamed(body.clone(), &deltas, "tool_calls");
    let last = &events.last().unwrap().data["response"];
    let call = json!({"id": "a", "function": {"name": "f", "arguments": "{\"x\":\"é\"}"}});
    let message = json!({"content": "ok 🦀", "reasoning_content": "hm", "tool_calls": [call]});
    assert_eq!(last["output"], whole(body, message, "tool_calls")["output"]);
    assert_eq!(
        last["usage"]["input_tokens"], 42,
        "the estimate, where the runtime counts none"
    );
    assert!(last["usage"]["output_tokens_details"]["reasoning_tokens"].is_u64());
    assert_eq!(last["own"]["task"], "open");
}

#[test]
fn an_answer_that_is_too_long_fails_and_is_not_cut_in_silence() {
    let form = read(json!({"input": "x"})).unwrap().form;
    let piece = json!({"content": "x".repeat(1 << 20)});
    let bytes = stream(&vec![piece; 9], Some("stop"), None);
    let events = Writer::responses(form).events(&bytes, 1 << 20, Ends::Whole);
    grammar::responses(&events).unwrap();
    let last = &events.last().unwrap().data.to_string();
    assert!(
        last.contains("more than 8 MB"),
        "{}",
        &last[..200.min(last.len())]
    );
}

#[test]
fn a_failure_is_told_twice_and_in_its_own_words() {
    let form = read(json!({"input": "x"})).unwrap().form;
    let bytes = stream(&[json!({"content": "hal"})], None, None);
    let events = Writer::responses(form.clone()).events(&bytes, 9, Ends::Broken);
    grammar::responses(&events).unwrap();
    let [.., error, failed] = events.as_slice() else {
        panic!("two events")
    };
    assert_eq!(
        (error.name.as_str(), failed.name.as_str()),
        ("error", "response.failed")
    );
    assert_eq!(error.data["message"], error.data["error"]["message"]);
    assert_eq!(failed.data["response"]["error"]["code"], "server_error");
    let early = Writer::responses(form).events("", 1, Ends::Broken);
    assert_eq!(early.len(), 1, "what was never begun does not fail");
}

#[test]
fn a_failure_has_the_status_that_is_read_once() {
    let failed = |status, code: &str, message: &str| Failed {
        status,
        code: code.into(),
        message: message.into(),
        param: Some("input".into()),
        detail: json!({"why": "so"}),
        ..Failed::default()
    };
    let by_runtime = |status, message: &str| Failed {
        by_runtime: true,
        ..failed(status, "upstream_error", message)
    };
    let limited = |seconds| Failed {
        retry_after: Some(seconds),
        ..failed(429, "rate_limit_exceeded", "l")
    };
    for (failed, status, code, kind) in [
        (
            failed(401, "invalid_api_key", "k"),
            401,
            "invalid_api_key",
            "authentication_error",
        ),
        (
            failed(402, "budget_exceeded", "b"),
            400,
            "budget_exceeded",
            "invalid_request_error",
        ),
        (
            failed(413, "body_too_large", "b"),
            413,
            "body_too_large",
            "invalid_request_error",
        ),
        (limited(9), 429, "rate_limit_exceeded", "rate_limit_error"),
        (
            limited(900),
            429,
            "insufficient_quota",
            "insufficient_quota",
        ),
        (
            by_runtime(402, "no credit"),
            429,
            "insufficient_quota",
            "insufficient_quota",
        ),
        (
            by_runtime(400, "maximum context length is 8192 tokens, got 9000"),
            400,
            "context_length_exceeded",
            "invalid_request_error",
        ),
        (
            by_runtime(422, "bad"),
            400,
            "upstream_error",
            "invalid_request_error",
        ),
        (
            by_runtime(500, "oops"),
            503,
            "upstream_error",
            "server_error",
        ),
        (
            failed(502, "upstream_unreachable", "u"),
            503,
            "upstream_unreachable",
            "server_error",
        ),
    ] {
        let said = responses::refuse(failed.clone());
        let body: Value = serde_json::from_str(&said.body).unwrap();
        let error = &body["error"];
        assert_eq!(
            (said.status, &error["code"], &error["type"]),
            (status, &json!(code), &json!(kind)),
            "{failed:?}"
        );
        assert_eq!(
            (&error["param"], &body["detail"]["why"]),
            (&json!("input"), &json!("so"))
        );
    }
}
