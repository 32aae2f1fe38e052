//! The doors, from outside: what the router adds to a protocol, and how its refusals look in each.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use arbiter::domain::{
    considered::Considered,
    conversation::Source,
    policy::Mode,
    reason::ClassifiedBy,
    refusal::Refusal,
    surface::{Arbiter, Beside, Foreign, Opening, Protocol, Room, Surface, Writer},
    wire::request::ChatRequest,
};
use chat::{RequestBounds, Task};
use completion::sse::StreamReader;
use runtimes::charge::CostSource;
use serde_json::{Value, json};

fn read(protocol: Protocol, body: &Value) -> Result<(ChatRequest, Option<Foreign>), Refusal> {
    protocol.read(body.to_string(), RequestBounds::default())
}

/// Status, headers and body of a refusal.
fn told(
    protocol: Protocol,
    refusal: &Refusal,
    beside: Beside<'_>,
) -> (u16, Vec<(&'static str, String)>, Value) {
    let said = protocol.refuse(refusal, beside, "req-1");
    let body = serde_json::from_str(&said.body).unwrap();
    (said.status, said.headers, body)
}

fn upstream(status: u16, error: Value) -> Refusal {
    Refusal::Upstream {
        status,
        model: "m".into(),
        error,
        retry_after: Some(7),
    }
}

#[test]
fn our_own_fields_are_read_whichever_protocol_they_come_in() {
    let own = |mut body: Value| {
        for (name, value) in [
            ("arbiter_max_cost", json!(0.5)),
            ("arbiter_explain", json!(true)),
            ("stream", json!(true)),
            ("unknown", json!([1])),
        ] {
            body[name] = value;
        }
        body
    };
    let responses = own(json!({
        "input": "hi", "max_output_tokens": 900, "prompt_cache_key": "k", "metadata": {"team": "blue"},
        "tools": [{"type": "function", "name": "f"}, {"type": "web_search"}], "reasoning": {"effort": "low"},
    }));
    let messages = own(json!({
        "messages": [{"role": "user", "content": "hi"}], "max_tokens": 900,
        "metadata": {"user_id": "user_x_account_y_session_k", "team": "blue"},
        "tools": [{"name": "f", "input_schema": {}}, {"type": "web_search", "name": "w"}],
        "output_config": {"effort": "low"},
    }));
    for (protocol, body, source) in [
        (Protocol::Responses, responses, Source::PromptCacheKey),
        (Protocol::Messages, messages, Source::UserId),
    ] {
        let (request, foreign) = read(protocol, &body).unwrap();
        assert_eq!(foreign.unwrap().route(), protocol.path());
        assert_eq!((request.max_cost, request.explain), (Some(0.5), true));
        assert!(request.stream && request.include_usage);
        assert_eq!((request.max_tokens, request.ceiling), (None, Some(900)));
        assert_eq!(
            request.tags,
            [("team".to_owned(), "blue".to_owned())].into()
        );
        assert_eq!(request.said.other, Some((source, "k".to_owned())));
        assert_eq!(request.dropped, ["web_search"]);
        assert_eq!(request.hints, [("reasoning_effort", "\"low\"".to_owned())]);
        assert_eq!(request.messages.last().unwrap().text, "hi");
        assert!(request.has_tools());
    }
}

#[test]
fn what_is_wrong_is_refused_by_the_name_of_its_field() {
    let item = json!([{"type": "item_reference", "id": "fc_1"}]);
    for (protocol, body, code, field) in [
        (Protocol::Responses, json!({}), "invalid_request", "input"),
        (
            Protocol::Responses,
            json!({"input": item}),
            "item_not_found",
            "input[0]",
        ),
        (
            Protocol::Responses,
            json!({"input": "x", "arbiter_max_cost": "dear"}),
            "invalid_request",
            "arbiter_max_cost",
        ),
        (
            Protocol::Messages,
            json!({"messages": []}),
            "invalid_request",
            "max_tokens",
        ),
        (
            Protocol::Messages,
            json!({"messages": [{"role": "user", "content": "x"}], "max_tokens": 1, "tools": [{"type": "bash", "name": "b"}]}),
            "unsupported_tool",
            "tools",
        ),
    ] {
        let refusal = read(protocol, &body).unwrap_err();
        let (status, _, told) = told(protocol, &refusal, Beside::default());
        assert_eq!(status, 400, "{body}");
        assert_eq!(told["detail"]["field"], field, "{body}");
        assert_eq!(told["detail"]["error"], code, "{body}");
        match protocol {
            Protocol::Messages => assert_eq!(told["error"]["type"], "invalid_request_error"),
            _ => {
                assert_eq!(told["error"]["param"], field, "{body}");
                assert_eq!(told["error"]["code"], code, "{body}");
            }
        }
    }
}

#[test]
fn refusals_have_the_form_of_the_messages_protocol() {
    let room = Room {
        needed: 140_000,
        largest: 128_000,
    };
    for (refusal, status, kind) in [
        (Refusal::Unauthorized, 401, "authentication_error"),
        (Refusal::KeyPaused, 403, "permission_error"),
        (Refusal::TooLarge { limit: 9 }, 413, "request_too_large"),
        (
            Refusal::RateLimited {
                limit: "l".into(),
                retry_after: 9,
            },
            429,
            "rate_limit_error",
        ),
        (
            upstream(402, json!({"message": "no credit"})),
            402,
            "billing_error",
        ),
        (upstream(500, json!({"message": "oops"})), 500, "api_error"),
        (
            upstream(503, json!({"message": "busy"})),
            529,
            "overloaded_error",
        ),
        (
            Refusal::TimedOut {
                model: "m".into(),
                seconds: 9.0,
            },
            504,
            "timeout_error",
        ),
        (
            upstream(400, json!({"message": "context length exceeded"})),
            400,
            "invalid_request_error",
        ),
    ] {
        let beside = Beside {
            room,
            ..Beside::default()
        };
        let (said, headers, body) = told(Protocol::Messages, &refusal, beside);
        assert_eq!(
            (said, &body["error"]["type"]),
            (status, &json!(kind)),
            "{refusal:?}"
        );
        assert_eq!(
            (&body["type"], &body["request_id"]),
            (&json!("error"), &json!("req-1"))
        );
        assert_eq!(body["detail"], refusal.body()["detail"]);
        if status == 401 {
            assert!(headers.contains(&("x-should-retry", "false".into())));
        }
        if matches!(refusal, Refusal::Upstream { .. }) {
            assert!(headers.contains(&("retry-after", "7".into())));
        }
        if status == 400 {
            assert_eq!(
                body["error"]["message"],
                "prompt is too long: 140000 tokens > 128000 maximum"
            );
        }
    }
}

#[test]
fn refusals_have_the_status_that_clients_of_responses_read_once() {
    let limited = |retry_after| Refusal::RateLimited {
        limit: "50 in 6 hours".into(),
        retry_after,
    };
    for (refusal, status, code) in [
        (Refusal::Unauthorized, 401, "invalid_api_key"),
        (Refusal::TooLarge { limit: 9 }, 413, "body_too_large"),
        (limited(9), 429, "rate_limit_exceeded"),
        (limited(900), 429, "insufficient_quota"),
        (
            upstream(402, json!({"message": "no credit"})),
            429,
            "insufficient_quota",
        ),
        (
            upstream(429, json!({"message": "x", "code": "insufficient_quota"})),
            429,
            "insufficient_quota",
        ),
        (
            upstream(
                400,
                json!({"message": "maximum context length is 8192 tokens, got 9000"}),
            ),
            400,
            "context_length_exceeded",
        ),
        (
            upstream(422, json!({"message": "bad", "param": "top_p"})),
            400,
            "upstream_error",
        ),
        (
            upstream(500, json!({"message": "oops"})),
            503,
            "upstream_error",
        ),
        (
            Refusal::Unreachable {
                model: "m".into(),
                retry_after: None,
            },
            503,
            "upstream_unreachable",
        ),
    ] {
        let beside = Beside {
            failover_from: &["other".into()],
            ..Beside::default()
        };
        let (said, _, body) = told(Protocol::Responses, &refusal, beside);
        assert_eq!(
            (said, &body["error"]["code"]),
            (status, &json!(code)),
            "{refusal:?}"
        );
        assert_eq!(
            body["error"]["param"],
            refusal.body()["error"]["param"],
            "{refusal:?}"
        );
        assert_eq!(body["detail"]["failover_from"][0], "other");
    }
}

fn foreign() -> [Foreign; 2] {
    [
        (Protocol::Responses, json!({"input": "x"})),
        (
            Protocol::Messages,
            json!({"max_tokens": 9, "messages": [{"role": "user", "content": "x"}]}),
        ),
    ]
    .map(|(protocol, body)| read(protocol, &body).unwrap().1.unwrap())
}

fn opening() -> Opening {
    Opening {
        id: "req-1".into(),
        model: "routed".into(),
        created: 1_700_000_000.0,
        input_tokens: 42,
    }
}

fn arbiter<'a>() -> Arbiter<'a> {
    Arbiter {
        task: Task::Open,
        classified_by: ClassifiedBy::Rules,
        model: "routed",
        mode: Mode::Exploit,
        reason: "cheapest".into(),
        session: None,
        quality: None,
        quality_reason: None,
        cost: 0.0,
        cost_estimated: false,
        cost_source: CostSource::Charge,
        baseline_cost: None,
        saved: None,
        tokens_needed: 9,
        eligible_models: 1,
        budget_max_cost: None,
        budget_met: None,
        latency_met: None,
        failover_from: &[],
        candidates: &[],
        dropped: &[],
    }
}

/// Feeds a stream of these texts, and hands back the reader that it was read with.
fn feed(writer: &mut impl Writer, texts: &[String]) -> StreamReader {
    let mut reader = StreamReader::default();
    for text in texts {
        let chunk = json!({"id": "c", "choices": [{"index": 0, "delta": {"content": text}}]});
        let line = format!("data: {chunk}\n\n");
        reader.feed(line.as_bytes(), |line, raw| writer.event(&line, raw));
    }
    reader
}

/// The data of the events that were written, each an object.
fn events(writer: &mut impl Writer) -> Vec<Value> {
    let text = String::from_utf8(writer.written()).unwrap();
    let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
    data.map(|data| serde_json::from_str(data).unwrap())
        .collect()
}

#[test]
fn the_end_of_a_stream_tells_how_it_was_routed() {
    for foreign in foreign() {
        let mut writer = foreign.writer(opening());
        let reader = feed(&mut writer, &["hi".into()]);
        writer.finish(&reader, &arbiter());
        let events = events(&mut writer);
        let last = events.last().unwrap();
        let told = last.pointer("/response/arbiter").or(last.get("arbiter"));
        assert_eq!(told.unwrap()["model"], "routed");
        assert_eq!(told.unwrap()["quality"], Value::Null, "it is still owed");
    }
}

#[test]
fn an_answer_that_is_too_long_is_told_while_it_comes() {
    let texts = |megabytes| vec!["x".repeat(1 << 20); megabytes];
    for foreign in foreign() {
        for (megabytes, lost) in [(8, None), (9, Some("more than 8 MB"))] {
            let mut writer = foreign.writer(opening());
            feed(&mut writer, &texts(megabytes));
            assert_eq!(writer.lost(), lost);
        }
    }
}

#[test]
fn a_stream_that_fails_tells_the_models_that_it_could_have_had_where_it_is_asked() {
    let refusal = upstream(400, json!({"message": "context length exceeded"}));
    let candidates = [Considered {
        model: "m".into(),
        ..Considered::default()
    }];
    for foreign in foreign() {
        for asked in [false, true] {
            let mut writer = foreign.writer(opening());
            feed(&mut writer, &["hal".into()]);
            let beside = Beside {
                failover_from: &["other".into()],
                candidates: if asked { &candidates } else { &[] },
                room: Room {
                    needed: 9_000,
                    largest: 8_000,
                },
            };
            writer.fail(&refusal, beside);
            let events = events(&mut writer);
            let error = events.iter().find(|it| it["type"] == "error").unwrap();
            let told = "prompt is too long: 9000 tokens > 8000 maximum";
            assert_eq!(error["error"]["message"], told);
            let detail = error.get("detail");
            let expected = json!({"candidates": [{"model": "m"}]});
            assert_eq!(detail, asked.then_some(&expected));
        }
    }
}
