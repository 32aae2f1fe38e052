use super::*;

fn parse(body: &str) -> Result<ChatRequest, Refusal> {
    ChatRequest::parse(body.to_owned(), RequestBounds::default())
}

fn refused_field(body: &str) -> Option<String> {
    match parse(body) {
        Err(Refusal::Invalid { field, .. }) => field,
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_field_reaches_the_runtime_as_it_was_written() {
    let request = parse(
        r#"{"messages":[{"role":"user","content":"h\u00e9"}],"model":"gpt-9","seed":12345678901234567890,
           "arbiter_max_cost":0.5,"arbiter_else":[1],"x":{"b":1,"a":1.10}, "max_tokens": null}"#,
    )
    .unwrap();
    assert_eq!(
        request.upstream_body(&Model::named("m\"1")),
        r#"{"model":"m\"1","messages":[{"role":"user","content":"h\u00e9"}],"seed":12345678901234567890,"x":{"b":1,"a":1.10},"max_tokens":null}"#
    );
    assert_eq!(request.messages[0].text, "hé");
    assert_eq!(request.max_cost, Some(0.5));
    assert_eq!(request.max_tokens, None);
}

#[test]
fn our_own_fields_and_what_chooses_another_model_are_taken_out_in_any_case_of_letters() {
    let body = r#"{"messages":[{"role":"user"}],"Model":"x","ARBITER_x":1,"Models":["y"],"provider":{},"store":true,"seed":1}"#;
    let mut request = parse(body).unwrap();
    assert_eq!(
        request.upstream_body(&Model::named("m")),
        r#"{"model":"m","messages":[{"role":"user"}],"Models":["y"],"provider":{},"store":true,"seed":1}"#
    );
    request.safe_only = true;
    assert_eq!(
        request.upstream_body(&Model::named("m")),
        r#"{"model":"m","messages":[{"role":"user"}],"seed":1}"#
    );
}

#[test]
fn what_openai_takes_only_beside_the_other_is_taken_out_with_it() {
    let sent = |body: &str| {
        let mut request = parse(body).unwrap();
        request.safe_only = true;
        request.upstream_body(&Model::named("m"))
    };
    let both = r#"{"messages":[{"role":"user"}],"store":true,"metadata":{"a":"b"}}"#;
    assert!(!sent(both).contains("metadata"));
    let one = r#"{"messages":[{"role":"user"}],"metadata":{"a":"b"}}"#;
    assert!(sent(one).contains("metadata"));
}

#[test]
fn a_tool_that_the_runtime_runs_is_told_from_a_function() {
    let hosted = |tools: &str| {
        let body = format!(r#"{{"messages":[{{"role":"user"}}],"tools":{tools}}}"#);
        parse(&body).unwrap().hosted_tool()
    };
    let function = r#"{"type":"function","function":{"name":"f"}}"#;
    assert_eq!(hosted(&format!("[{function}]")), None);
    assert_eq!(hosted("[]"), None);
    let search = r#"{"type":"openrouter:web_search"}"#;
    assert_eq!(
        hosted(&format!("[{function},{search}]")).as_deref(),
        Some("openrouter:web_search")
    );
}

#[test]
fn a_stream_is_asked_for_its_usage_whatever_the_client_asked_for() {
    for (options, sent) in [
        ("", r#"{"include_usage":true}"#),
        (r#","stream_options":null"#, r#"{"include_usage":true}"#),
        (
            r#","stream_options":{"include_usage":false,"x":1}"#,
            r#"{"include_usage":true,"x":1}"#,
        ),
    ] {
        let body = format!(r#"{{"messages":[{{"role":"user"}}],"stream":true{options}}}"#);
        let sent = format!(r#","stream_options":{sent}}}"#);
        assert!(
            parse(&body)
                .unwrap()
                .upstream_body(&Model::named("m"))
                .ends_with(&sent)
        );
    }
    let plain = parse(r#"{"messages":[{"role":"user"}]}"#).unwrap();
    assert!(
        !plain
            .upstream_body(&Model::named("m"))
            .contains("stream_options")
    );
}

#[test]
fn a_format_of_any_type_is_read_without_error() {
    for (format, json) in [
        (r#"{"type":"json_object"}"#, true),
        (r#"{"type":"json_schema","json_schema":{}}"#, true),
        (r#"{"type":"text"}"#, false),
        (r#"{"type":7}"#, false),
        ("7", false),
        ("null", false),
    ] {
        let body = format!(r#"{{"messages":[{{"role":"user"}}],"response_format":{format}}}"#);
        assert_eq!(parse(&body).unwrap().wants_json(), json, "{format}");
    }
}

#[test]
fn a_bad_field_of_ours_is_refused_by_its_name() {
    for (field, value) in [
        ("arbiter_explain", "1"),
        ("arbiter_max_cost", "-0.1"),
        ("arbiter_max_cost", "\"1\""),
        ("arbiter_max_cost", "true"),
        ("arbiter_max_cost", "1e400"),
        ("max_tokens", "-1"),
        ("stream", "\"yes\""),
    ] {
        let body = format!(r#"{{"messages":[{{"role":"user"}}],"{field}":{value}}}"#);
        assert_eq!(refused_field(&body).as_deref(), Some(field), "{body}");
    }
    let free = parse(r#"{"messages":[{"role":"user"}],"arbiter_max_cost":-0.0}"#).unwrap();
    assert!(free.max_cost.is_some_and(f64::is_sign_positive));
}

#[test]
fn content_arrays_and_nulls_are_read() {
    let request = parse(
        r#"{"messages":[{"role":"assistant","content":null,"tool_calls":[]},
            {"role":"user","content":[{"type":"text","text":"a"},{"type":"image_url","image_url":{"url":"data:"}}]}],
            "stream":true,"stream_options":{"include_usage":true},"max_completion_tokens":7,"max_tokens":9}"#,
    )
    .unwrap();
    assert_eq!(request.messages[0].text, "");
    assert_eq!(request.messages[1].text, "a");
    assert!(request.stream && request.include_usage && !request.wants_json());
    assert_eq!(request.max_tokens, Some(7));
}

#[test]
fn what_is_set_aside_is_what_is_likely_and_not_what_an_agent_allows_itself() {
    let model = Model {
        in_price: Some(0.0),
        out_price: Some(10.0),
        ..Model::named("m")
    };
    let tokens = |request: &ChatRequest, usual| {
        let estimate = request.estimate(std::iter::once(&model), &Terms::default(), usual);
        assert_eq!(estimate.dearest, estimate.cheapest);
        (estimate.dearest.usd() / 10.0 * 1e6).round()
    };
    let plain = r#"{"messages":[{"role":"user","content":"x"}]}"#;
    let mut agent = parse(plain).unwrap();
    agent.ceiling = Some(128_000);
    let chat =
        |most: u64| parse(&plain.replace("]}", &format!("],\"max_tokens\":{most}}}"))).unwrap();
    let wild = Some(f64::INFINITY);
    for (usual, expected) in [
        (None, 2_048.0),
        (Some(100.0), 2_048.0),
        (Some(1_000.0), 4_000.0),
        (Some(1e9), 16_384.0),
        (wild, 16_384.0),
        (Some(f64::NAN), 2_048.0),
    ] {
        for request in [&agent, &chat(128_000), &parse(plain).unwrap()] {
            assert_eq!(tokens(request, usual), expected, "{usual:?}");
        }
        assert_eq!(tokens(&chat(100), usual), 100.0, "{usual:?}");
    }
}

#[test]
fn whatever_a_runtime_may_read_as_a_bound_is_counted_as_one() {
    let meant = |more: &str| {
        let body = format!(r#"{{"messages":[{{"role":"user"}}],{more}}}"#);
        let request = parse(&body).unwrap();
        (request.choices, request.output_meant)
    };
    assert_eq!(meant(r#""n":null,"max_tokens":null"#), (1, None));
    assert_eq!(meant(r#""n":4,"max_tokens":100"#), (4, Some(100)));
    // A text that holds a number, a name in other letters, both names at once, the same name twice.
    assert_eq!(meant(r#""n":"128""#).0, 128);
    assert_eq!(meant(r#""n":1,"N":128"#).0, 128);
    assert_eq!(meant(r#""n":1,"\u006e":128"#).0, 128);
    assert_eq!(meant(r#""n":1e300"#).0, 1_000_000_000);
    assert_eq!(meant(r#""n":"many""#).0, 1);
    let both = r#""max_completion_tokens":10,"max_tokens":32000"#;
    assert_eq!(meant(both).1, Some(32_000));
    assert_eq!(
        meant(r#""max_tokens":10,"Max_Tokens":"32000""#).1,
        Some(32_000)
    );
}

#[test]
fn a_field_that_is_read_stands_in_no_other_letters_beside_itself_where_only_safe_ones_pass() {
    let body = r#"{"messages":[{"role":"user"}],"Messages":[],"STREAM":true,"N":9,"seed":1}"#;
    let mut request = parse(body).unwrap();
    request.safe_only = true;
    assert_eq!(
        request.upstream_body(&Model::named("m")),
        r#"{"model":"m","messages":[{"role":"user"}],"seed":1}"#
    );
}
