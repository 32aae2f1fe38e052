use super::*;
use chat::json::RawObject;

fn needs(body: &str) -> Vec<Need> {
    read(body).list
}

fn read(body: &str) -> Needs {
    Needs::read(RawObject::parse(body).unwrap().iter(body))
}

#[test]
fn what_a_request_needs_is_read_from_its_fields_and_parts() {
    let part = |part: &str| format!(r#"{{"messages":[{{"role":"user","content":[{part}]}}]}}"#);
    for (body, expected) in [
        (
            r#"{"messages":[{"role":"user","content":"an \"image_url\""}],"temperature":1}"#.into(),
            vec![],
        ),
        (part(r#"{"type":"text","text":"x"}"#), vec![]),
        (
            part(r#"{"type":"image_url","image_url":{"url":"u"}}"#),
            vec![Need::Images],
        ),
        (
            part(r#"{"type":"image_url","image_url":"u"}"#),
            vec![Need::Images],
        ),
        (
            part(r#"{"type":"input_audio"}, {"type":"file"}"#),
            vec![Need::Audio, Need::Files],
        ),
        (part(r#"7, null, {"type":7}"#), vec![]),
        (
            r#"{"tools":[{}],"reasoning_effort":"low"}"#.into(),
            vec![Need::Tools, Need::Reasoning],
        ),
        (
            r#"{"tools":[],"functions":null,"reasoning":null}"#.into(),
            vec![],
        ),
        (
            r#"{"response_format":{"type":"json_schema"},"seed":7}"#.into(),
            vec![Need::JsonSchema, Need::Parameters],
        ),
        (
            r#"{"response_format":{"type":"json_object"},"max_tokens":7}"#.into(),
            vec![Need::Output],
        ),
        (
            r#"{"messages":[{"role":"tool"},{"role":"user"}]}"#.into(),
            vec![Need::Order],
        ),
        (r#"{"messages":7}"#.into(), vec![]),
    ] {
        assert_eq!(needs(&body), expected, "{body}");
    }
}

#[test]
fn a_picture_counts_by_its_tiles_not_by_its_length() {
    let url = format!(
        "data:image/png;base64,{}",
        "iVBORw0KGgoAAAANSUhEUg".repeat(70_000)
    );
    let body = |detail: &str| {
        format!(
            r#"{{"messages":[{{"role":"user","content":[{{"type":"image_url","image_url":{{"url":"{url}","detail":"{detail}"}}}}]}}]}}"#
        )
    };
    assert_eq!(read(&body("low")).picture_tokens, 85);
    assert!(read(&body("high")).picture_tokens < 2_000);
}
