use super::*;
use chat::json::RawObject;

fn wishes(body: &str) -> Result<Wishes, Refusal> {
    let fields = RawObject::parse(body).unwrap();
    Wishes::read(|name| fields.get(body, name))
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
