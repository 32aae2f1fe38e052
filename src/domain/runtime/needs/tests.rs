use super::*;
use chat::json::RawObject;

fn needs(body: &str) -> Vec<Need> {
    read(body).list
}

fn read(body: &str) -> Needs {
    Needs::read(RawObject::parse(body).unwrap().iter(body))
}

fn wishes(body: &str) -> Result<Wishes, Refusal> {
    let fields = RawObject::parse(body).unwrap();
    Wishes::read(|name| fields.get(body, name))
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
            r#"{"response_format":{"type":"json_object"},"max_tokens":7,"arbiter_models":["x"]}"#
                .into(),
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

#[test]
fn a_star_stands_for_any_characters() {
    for (pattern, id, fits) in [
        ("gpt-4o", "gpt-4o", true),
        ("gpt-4o", "gpt-4o-mini", false),
        ("gpt-4o*", "gpt-4o-mini", true),
        ("*mini", "gpt-4o-mini", true),
        ("openai/*", "openai/gpt-4o", true),
        ("openai/*", "x/openai/gpt", false),
        ("*/*mini*", "openai/gpt-4.1-mini-x", true),
        ("a*a", "a", false),
        ("*", "anything", true),
        ("**", "", true),
        ("a*b*c", "a-c-b", false),
    ] {
        assert_eq!(Pattern::new(pattern).fits(id), fits, "{pattern} {id}");
    }
    let many = Pattern::new(&"*a".repeat(100));
    assert!(!many.fits(&"b".repeat(100_000)));
}

#[test]
fn a_wish_of_the_wrong_kind_is_refused_by_its_name() {
    for (field, value) in [
        ("arbiter_models", "\"gpt\""),
        ("arbiter_models", "[]"),
        ("arbiter_models", "[7]"),
        ("arbiter_exclude", "[\"\"]"),
        ("arbiter_tags", "{}"),
        ("arbiter_tolerance", "1.5"),
        ("arbiter_tolerance", "\"1\""),
        ("arbiter_max_latency", "0"),
        ("arbiter_max_latency", "1e400"),
    ] {
        match wishes(&format!(r#"{{"{field}":{value}}}"#)) {
            Err(Refusal::Invalid { field: named, .. }) => {
                assert_eq!(named.as_deref(), Some(field), "{value}");
            }
            other => panic!("{field} {value}: {other:?}"),
        }
    }
    let many = format!(r#"{{"arbiter_exclude":[{}"x"]}}"#, "\"x\",".repeat(32));
    assert!(wishes(&many).is_err());
    assert_eq!(
        wishes(r#"{"arbiter_models":null}"#).unwrap(),
        Wishes::default()
    );
}

#[test]
fn only_what_is_known_to_be_missing_keeps_a_model_out() {
    let blind = Accepts {
        images: Some(false),
        ..Accepts::default()
    };
    let tags = ["eu".to_owned()];
    let offer = Offer {
        id: "a/model",
        accepts: &blind,
        tags: &tags,
        max_output: Some(100),
    };
    let wants = |list: &[Need]| Needs {
        list: list.to_vec(),
        picture_tokens: 0,
    };
    let of = |wishes: &str, needs: &[Need], output, refused: Option<Need>| {
        let wishes = self::wishes(wishes).unwrap();
        Excluded::of(&offer, &wishes, &wants(needs), output, |need| {
            Some(need) == refused
        })
    };
    assert_eq!(of("{}", &[], None, None), None);
    assert_eq!(of("{}", &[Need::Tools], None, None), None, "not known");
    assert_eq!(
        of("{}", &[Need::Images], None, None),
        Some(Excluded::Cannot(Need::Images))
    );
    assert_eq!(
        of("{}", &[Need::Tools], None, Some(Need::Tools)),
        Some(Excluded::Refused(Need::Tools))
    );
    assert_eq!(
        of("{}", &[], None, Some(Need::Tools)),
        None,
        "only requests that need it"
    );
    assert_eq!(
        of("{}", &[Need::Output], Some(101), None),
        Some(Excluded::Cannot(Need::Output))
    );
    assert_eq!(of("{}", &[Need::Output], Some(100), None), None);
    assert_eq!(
        of(r#"{"arbiter_models":["b/*"]}"#, &[], None, None),
        Some(Excluded::NotListed)
    );
    assert_eq!(
        of(r#"{"arbiter_exclude":["a/*"]}"#, &[], None, None),
        Some(Excluded::Listed)
    );
    assert_eq!(
        of(r#"{"arbiter_tags":["eu","x"]}"#, &[], None, None),
        Some(Excluded::Tags)
    );
    assert_eq!(
        of(
            r#"{"arbiter_tags":["eu"],"arbiter_models":["a/model"]}"#,
            &[],
            None,
            None
        ),
        None
    );
    let counts = tally([Excluded::Tags, Excluded::Tags, Excluded::Listed].into_iter());
    assert_eq!(
        serde_json::to_string(&counts).unwrap(),
        r#"{"arbiter_exclude":1,"arbiter_tags":2}"#
    );
}
